"""Checks that Chainrule has not become slower: `make bench-quick`.

Each cell in floors.json has the least speed of Chainrule, as a multiple of a peer's and as a share of the machine's
limit, all measured in the same minute. A cell below it counts only after a second measurement. With --update, this
program writes a new floors.json, a little below the current speeds.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from cells import CELLS, Cell
from conductor import Workers, measure
from peers import OURS, PEERS

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


def check(workers: Workers) -> int:
    floors: dict[str, dict[str, float]] = json.loads(FLOORS.read_text())
    failed = 0
    for cell in GUARDED:
        wanted = floors.get(str(cell), {})
        found = speeds(cell, workers)
        if below(wanted, found):
            found = speeds(cell, workers)
        slow = below(wanted, found)
        shown = ", ".join(f"{name} {found.get(name, 0):.2f} (≥ {floor:.2f})" for name, floor in wanted.items())
        print(f"{cell!s:40} {'TOO SLOW' if slow else 'ok':10} {shown}", flush=True)
        failed += bool(slow)
    print(f"{len(GUARDED) - failed} passed, {failed} failed")
    return 1 if failed else 0


def update(workers: Workers) -> int:
    floors = {
        str(cell): {name: round(MARGIN * value, 3) for name, value in speeds(cell, workers).items()} for cell in GUARDED
    }
    FLOORS.write_text(json.dumps(floors, indent=4) + "\n")
    return 0


if __name__ == "__main__":
    workers = Workers()
    try:
        sys.exit(update(workers) if sys.argv[1:] == ["--update"] else check(workers))
    finally:
        workers.close()
