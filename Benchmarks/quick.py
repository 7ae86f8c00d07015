"""Checks that Chainrule has not become slower: `make bench-quick`.

Each cell in floors.json has the least speed of Chainrule with an instruction set, as a multiple of a peer's and as a
share of the machine's limit, all measured in the same minute. A cell counts as slow if the best of three measurements
of a figure is below its floor.

    quick.py --update    writes the floors of the instruction set anew, a little below the better of two measurements
    quick.py --lower     the same, but raises none: on a further processor, so that the floors hold on both
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from cells import CELLS, Cell
from conductor import measure
from machine import instruction_set
from peers import OURS, PEERS
from workers import Workers

FLOORS = Path(__file__).with_name("floors.json")
MARGIN = 0.85  # of what is measured
PEERS_OF_QUICK = [peer for peer in PEERS if peer.name in (OURS, "numpy", "by_hand")]
GUARDED = [
    cell
    for cell in CELLS
    if cell.threads == 1
    and (
        (cell.work == "train" and (cell.net, cell.batch) in (("B", 32), ("C", 64), ("D", 64)))
        or (cell.work == "infer" and cell.variant == "f32" and cell.net in "BCD" and cell.batch in (1, 64))
    )
]


def speeds(cell: Cell, workers: Workers) -> dict[str, float]:
    result = measure(cell, PEERS_OF_QUICK, workers, rounds=5, seconds=0.1)
    if result["ours"] is None:
        sys.exit(f"{cell}: {result['notes'].get(OURS, 'not measured')}")
    return result["ratios"] | ({"limit": result["limit_share"]} if result["limit_share"] else {})


def below(floors: dict[str, float], found: dict[str, float]) -> list[str]:
    """What is slower than it must be."""
    return [name for name, floor in floors.items() if found.get(name, 0) < floor]


def read_floors() -> dict[str, dict[str, dict[str, float]]]:
    """By instruction set, cell, and peer or \"limit\"."""
    return json.loads(FLOORS.read_text())


def check(workers: Workers) -> int:
    name = instruction_set()
    floors = read_floors().get(name)
    if floors is None:
        print(f"floors.json has no floors for {name}: nothing is checked")
        return 0
    print(f"instruction set: {name}")
    failed = 0
    for cell in GUARDED:
        wanted = floors.get(str(cell), {})
        found = speeds(cell, workers)
        for _ in range(2):
            if below(wanted, found):
                found = {name: max(speed, found.get(name, 0)) for name, speed in speeds(cell, workers).items()}
        slow = below(wanted, found)
        shown = ", ".join(f"{name} {found.get(name, 0):.2f} (≥ {floor:.2f})" for name, floor in wanted.items())
        print(f"{cell!s:40} {'TOO SLOW' if slow else 'ok':10} {shown}", flush=True)
        failed += bool(slow)
    print(f"{len(GUARDED) - failed} passed, {failed} failed")
    return 1 if failed else 0


def lower(old: dict[str, float], new: dict[str, float]) -> dict[str, float]:
    return {name: min(old.get(name, floor), floor) for name, floor in new.items()}


def update(workers: Workers, may_raise: bool) -> int:
    floors = read_floors()
    measured = [{cell: speeds(cell, workers) for cell in GUARDED} for _ in range(2)]
    new = {
        str(cell): {name: round(MARGIN * max(speed, measured[1][cell][name]), 3) for name, speed in found.items()}
        for cell, found in measured[0].items()
    }
    section = instruction_set()
    old = {} if may_raise else floors.get(section, {})
    floors[section] = {cell: lower(old.get(cell, {}), found) for cell, found in new.items()}
    FLOORS.write_text(json.dumps(floors, indent=4) + "\n")
    return 0


if __name__ == "__main__":
    workers = Workers()
    try:
        options = sys.argv[1:]
        sys.exit(update(workers, options == ["--update"]) if options in (["--update"], ["--lower"]) else check(workers))
    finally:
        workers.close()
