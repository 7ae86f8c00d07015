"""Measures Chainrule against its peers: `make bench` runs everything, this program any part.

    bench.py --work train --net C --batch 64 --variant sgd --threads 1 --peers onednn,openblas

Each of these options takes several values, separated by commas. You may omit any of them.
--work conv measures all cells of this work, of which a run of everything measures some.

With --report, a run that was interrupted goes on: only the cells are measured that are missing or failed, if the
machine, the library, the benchmark and all versions are still the same.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from pathlib import Path

import limits
import machine
import results
from cells import CELLS, Cell
from conductor import failed, measure
from conv_cells import CONV, EVERY
from peers import NOTHING, OURS, OURS_NETWORK, PEERS
from report import is_busy, markdown, page
from tables import text
from workers import Cannot, Workers

# What may go wrong with one cell: its workers, files, programs and numbers.
FAILURES = (Cannot, OSError, subprocess.SubprocessError, ValueError, LookupError, ArithmeticError)
WHOLE: list[Cell] = [*CELLS, *CONV]
ROUNDS, SECONDS = 7, 0.12
SHORT_ROUNDS, SHORT_SECONDS = 5, 0.05


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("work", "net", "batch", "threads", "variant", "peers"):
        parser.add_argument(f"--{name}", type=lambda text: text.split(","), default=[])
    parser.add_argument("--rounds", type=int, help=f"repetitions of each cell and peer ({ROUNDS})")
    parser.add_argument("--seconds", type=float, help=f"length of one repetition ({SECONDS})")
    parser.add_argument("--short", action="store_true", help=f"--rounds {SHORT_ROUNDS} --seconds {SHORT_SECONDS}")
    parser.add_argument("--output", type=Path, help="build/bench.json, or build/bench-part.json for some of the cells")
    parser.add_argument("--report", action="store_true", help="go on, measure the ceilings, write a page with plots")
    parser.add_argument("--again", action="store_true", help="begin anew, whatever an earlier run has measured")
    options = parser.parse_args()
    options.rounds = options.rounds or (SHORT_ROUNDS if options.short else ROUNDS)
    options.seconds = options.seconds or (SHORT_SECONDS if options.short else SECONDS)
    return options


def wanted(cell: Cell, options: argparse.Namespace) -> bool:
    return all(
        not getattr(options, name) or str(getattr(cell, name)) in getattr(options, name)
        for name in ("work", "net", "batch", "threads", "variant")
    )


def chosen(options: argparse.Namespace) -> list[Cell]:
    """Those of a whole run, or with --work conv all of that work."""
    return [cell for cell in ([*CELLS, *EVERY] if "conv" in options.work else WHOLE) if wanted(cell, options)]


def print_cell(result: dict) -> None:
    shares = result["limit_share_of_peers"] | {OURS: result["limit_share"]}
    ratios = result["ratios"]
    epochs = result.get("epochs", {})

    def line(name: str, amount: float | None) -> None:
        share = f"{shares[name]:7.1%} of the limit" if shares.get(name) else ""
        ratio = f"{ratios[name]:7.2f}×" if name in ratios else ""
        print(f"  {name:18} {text(amount, result['unit']):>9}  {share:21}  {ratio}", end="")
        print(f"  {epochs[name]:.0f} epochs" if name in epochs else "")

    line(OURS, result["ours"])
    if result["ours_network"]:
        line(OURS_NETWORK, result["ours_network"])
    for name, amount in sorted(result["peers"].items(), key=lambda item: item[1]):
        line(name, amount)
    if is_busy(result):
        print(f"  the machine was busy with something else: {result['other_load']:.2f} cores")
    for name, note in result["notes"].items():
        print(f"  {name:18} {'–':>9}  {note}")


def measure_all(
    cells: list[Cell], kept: list[dict], options: argparse.Namespace, workers: Workers, output: Path
) -> list[dict]:
    """Measures the cells but for those that are kept, and writes each one at once. A failure or an interruption does
    not lose the others."""
    peers = [peer for peer in PEERS if not options.peers or peer.name in [OURS, OURS_NETWORK, NOTHING, *options.peers]]
    found = {results.key(cell): cell for cell in kept}

    def in_order() -> list[dict]:
        return [found[key] for cell in cells if (key := results.key(vars(cell))) in found]

    for number, cell in enumerate(cells, 1):
        if results.key(vars(cell)) in found:
            continue
        print(f"\n{cell}  [{number} of {len(cells)}]", flush=True)
        # Growth is many cells, of which the trend counts.
        rounds = options.rounds // 2 + 1 if cell.work == "growth" else options.rounds
        try:
            result = measure(cell, peers, workers, rounds, options.seconds)
        except KeyboardInterrupt:
            print(f"interrupted: {len(cells) - len(found)} cells were not measured")
            break
        except FAILURES as error:
            workers.close()
            result = failed(cell, error)
        print_cell(result)
        found[results.key(result)] = result
        results.write(output, in_order())
    return in_order()


def begin_or_go_on(cells: list[Cell], options: argparse.Namespace, workers: Workers, output: Path) -> tuple[dict, list]:
    """The facts of the run, and what an earlier one has measured of it."""
    how = {"rounds": options.rounds, "seconds": options.seconds, "peers": sorted(options.peers)}
    facts = machine.describe() | how
    earlier = "--again was given" if options.again else results.earlier_run(output, facts, cells)
    if isinstance(earlier, str):
        print(f"beginning anew: {earlier}")
        results.set_aside(output)
        facts |= {"date": machine.now(), "resumed": [], "ceilings": machine.ceilings(workers)}
        kept: list[dict] = []
    else:
        facts, kept = earlier
        print(f"going on with the run of {facts['date']}: {len(kept)} of {len(cells)} cells are measured")
        if len(kept) < len(cells):
            facts["resumed"].append(machine.now())
        else:
            print("BENCH=--again measures them again")
    results.write(results.machine_file(output), facts)
    print("\n".join(f"{name}: {value}" for name, value in facts["ceilings"].items()))
    return facts, kept


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    options = arguments()
    cells = chosen(options)
    file = limits.results()
    output = options.output or (file if cells == WHOLE else file.with_stem(file.stem + "-part"))
    workers, kept = Workers(), []
    signal.signal(signal.SIGTERM, interrupt)
    try:
        if options.report:
            facts, kept = begin_or_go_on(cells, options, workers, output)
        found = measure_all(cells, kept, options, workers, output)
    finally:
        workers.close()
    if options.report and found:
        output.with_suffix(".html").write_text(page(found, facts))
        print("\n" + markdown(found, facts))
        print(f"{output} and {output.with_suffix('.html')}")
    return 0 if len(found) == len(cells) and all(result["ours"] is not None for result in found) else 1


if __name__ == "__main__":
    sys.exit(main())
