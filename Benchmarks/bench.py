"""Measures Chainrule against its peers: `make bench` runs everything, this program any part.

    bench.py --work train --net C --batch 64 --variant sgd --threads 1 --peers onednn,openblas

Each option takes several values, separated by commas. You may omit any of them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import machine
from cells import CELLS, Cell
from conductor import Cannot, Workers, failed, measure
from peers import BUILT, NOTHING, OURS, OURS_NETWORK, PEERS
from report import is_busy, markdown, page, text

# What may go wrong with one cell: its workers, files, programs and numbers.
FAILURES = (Cannot, OSError, subprocess.SubprocessError, ValueError, LookupError, ArithmeticError)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("work", "net", "batch", "threads", "variant", "peers"):
        parser.add_argument(f"--{name}", type=lambda text: text.split(","), default=[])
    parser.add_argument("--rounds", type=int, default=7, help="repetitions of each cell and peer (7)")
    parser.add_argument("--seconds", type=float, default=0.12, help="length of one repetition (0.12)")
    parser.add_argument("--output", type=Path, help="build/bench.json, or build/bench-part.json for some of the cells")
    parser.add_argument("--report", action="store_true", help="measure the ceilings first, write a page with plots")
    return parser.parse_args()


def wanted(cell: Cell, options: argparse.Namespace) -> bool:
    return all(
        not getattr(options, name) or str(getattr(cell, name)) in getattr(options, name)
        for name in ("work", "net", "batch", "threads", "variant")
    )


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


def measure_all(cells: list[Cell], options: argparse.Namespace, workers: Workers, output: Path) -> list[dict]:
    """Measures the cells, and writes each one at once. A failure or an interruption does not lose the others."""
    peers = [peer for peer in PEERS if not options.peers or peer.name in [OURS, OURS_NETWORK, NOTHING, *options.peers]]
    results: list[dict] = []
    for number, cell in enumerate(cells, 1):
        print(f"\n{cell}  [{number} of {len(cells)}]", flush=True)
        # Growth is many cells, of which the trend counts.
        rounds = options.rounds // 2 + 1 if cell.work == "growth" else options.rounds
        try:
            results.append(measure(cell, peers, workers, rounds, options.seconds))
        except KeyboardInterrupt:
            print(f"interrupted: {len(cells) - len(results)} cells were not measured")
            break
        except FAILURES as error:
            workers.close()
            results.append(failed(cell, error))
        print_cell(results[-1])
        output.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    return results


def main() -> int:
    options = arguments()
    cells = [cell for cell in CELLS if wanted(cell, options)]
    output = options.output or BUILT.parent / ("bench.json" if len(cells) == len(CELLS) else "bench-part.json")
    workers = Workers()
    try:
        if options.report:
            facts = machine.describe(workers)
            beside = output.with_name(output.stem + "-machine.json")
            beside.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n")
            print("\n".join(f"{name}: {value}" for name, value in facts["ceilings"].items()))
        results = measure_all(cells, options, workers, output)
    finally:
        workers.close()
    if options.report and results:
        output.with_suffix(".html").write_text(page(results, facts))
        print("\n" + markdown(results, facts))
        print(f"{output} and {output.with_suffix('.html')}")
    return 0 if len(results) == len(cells) and all(result["ours"] is not None for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
