"""Shows what bench.py measured.

report.py --markdown          the tables of the last run
report.py --html FILE         the tables and plots in one file
report.py --into FILE SET     puts the tables between FILE's marks of the instruction set SET: avx512 or avx2

--into takes the last run that measured SET, limited to it or not.
"""

from __future__ import annotations

import argparse
import html
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import limits
from cells import NETWORKS
from conv_tables import conv_tables
from results import machine_file
from tables import LABELS, Columns, ours, rate, share, table, text

OF_PROCESS = {
    "start": "process that loads a model and predicts once: time",
    "resident": "the same: largest memory",
    "disk": "the same: program and libraries on disk",
    "import": "import in Python, beyond that of numpy",
    "bound": "one prediction of network A from Python, its arrays bound beforehand",
    "call": "the same, of arrays as they come",
}


def tables(results: list[dict]) -> Iterable[tuple[str, list[list[str]]]]:
    def select(work: str, wanted: Callable[[dict], bool] = lambda _: True) -> list[dict]:
        return [result for result in results if result["work"] == work and wanted(result)]

    one_thread = {
        (result["net"], result["batch"], result["variant"]): result["ours"]
        for result in select("train", lambda r: r["threads"] == 1)
    }

    def speed_up(result: dict) -> str:
        alone = one_thread.get((result["net"], result["batch"], result["variant"]))
        return f"{alone / result['ours']:.2f}×" if alone and result["ours"] else "–"

    start: Columns = {"network": lambda r: r["net"], "batch": lambda r: str(r["batch"])}
    training = start | {
        "optimizer": lambda r: {"sgd": "gradient descent", "adam": "Adam"}[r["variant"]],
        "Chainrule": ours,
        "samples/s": rate,
        "of the limit": share,
    }
    inference = start | {"Chainrule": ours, "of the limit": share}
    unprepared: Columns = {"not prepared": lambda r: text(r["ours_network"])}
    yield "Training, a step on one thread", table(select("train", lambda r: r["threads"] == 1), training)
    yield (
        "Training, a step on two threads",
        table(select("train", lambda r: r["threads"] == 2), training | {"over one thread": speed_up}),
    )
    yield (
        "Inference, float32, one thread",
        table(select("infer", lambda r: r["variant"] == "f32"), inference | unprepared),
    )
    yield (
        "Inference with weights in reduced precision, against peers in float32",
        table(
            select("infer", lambda r: r["variant"] != "f32"),
            start
            | {
                "weights": lambda r: {"bf16": "bfloat16", "int8": "int8"}[r["variant"]],
                "Chainrule": ours,
                "of the limit": share,
            },
        ),
    )
    epochs: Columns = {"epochs": epochs_of}
    yield "Training on the digits until 97 %", table(select("digits"), {"Chainrule": ours} | epochs)
    yield (
        "An epoch of LeNet-5 on 4,000 images",
        table(
            select("lenet"),
            {"threads": lambda r: str(r["threads"]), "batch": lambda r: str(r["batch"]), "Chainrule": ours},
        ),
    )
    yield (
        "Processes and Python",
        table(
            select("process"), {"what": lambda r: OF_PROCESS[r["variant"]], "Chainrule": ours, "empty process": empty}
        ),
    )
    yield (
        "Growth of a training step",
        table(select("growth"), {"what": lambda r: r["net"], "Chainrule": ours, "of the limit": share}),
    )
    yield from conv_tables(select("conv"))


def epochs_of(result: dict) -> str:
    return ", ".join(f"{LABELS[name]} {count:.0f}" for name, count in result.get("epochs", {}).items())


def empty(result: dict) -> str:
    return text(result["limit"], result["unit"])


def of_run(machine: dict) -> str:
    """When and where a run was, and with which instruction set."""
    name = limits.NAMES.get(machine["instruction_set"], machine["instruction_set"])
    limited = f"**{name}.** The library and its peers were limited to it; the processor has more."
    resumed = f", interrupted and resumed on {', '.join(machine['resumed'])}" if machine["resumed"] else ""
    return (
        f"{limited if machine['limited'] else f'**{name}**, the best of the library on this processor.'} "
        f"Measured on {machine['date']}{resumed}, on {machine['cores']} cores of {machine['processor']} "
        f"({machine['caches']}), {machine['system']}. Times are medians of {machine['rounds']} rounds of "
        f"{machine['seconds']} s."
    )


def markdown(results: list[dict], machine: dict) -> str:
    lines = [
        of_run(machine),
        "",
        "| ceiling of this machine | measured |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in machine["ceilings"].items()),
        "",
        "Versions: " + ", ".join(f"{name} {version}" for name, version in machine["versions"].items()) + ".",
        "",
        "Networks: "
        + ", ".join(f"{name} {widths.replace('tanh:', '')}" for name, widths in NETWORKS.items())
        + ". A has tanh in its hidden layer, the others ReLU; all outputs are linear.",
    ]
    for title, rows in tables(results):
        if len(rows) > 1:
            lines += ["", f"### {title}", "", "| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])]
            lines += ["| " + " | ".join(row) + " |" for row in rows[1:]]
    lines += ["", "A number in brackets is the ratio to Chainrule's. The best peer is in bold."]
    return "\n".join(lines + failures(results)) + "\n"


def is_busy(result: dict) -> bool:
    """Whether other programs used so much of the machine that a cell should be measured again."""
    return result["other_load"] > 0.15


def failures(results: list[dict]) -> list[str]:
    """Why peers have no number where one would be expected, and which numbers to doubt."""
    reasons: dict[str, list[str]] = {}
    for result in results:
        for name, note in result["notes"].items():
            cell = f"{result['work']} {result['net']} {result['batch']} {result['variant']}"
            reasons.setdefault(f"{LABELS.get(name, name)}: {note}", []).append(cell)
    busy = [result for result in results if is_busy(result)]
    if busy:
        reasons["The machine was busy with something else"] = [
            f"{result['work']} {result['net']} {result['batch']}" for result in busy
        ]
    if not reasons:
        return []
    shown = [f"- {reason} ({len(cells)} cells, the first: {cells[0]})" for reason, cells in reasons.items()]
    return ["", "Not measured, or doubtful:", "", *shown]


def as_html(rows: list[list[str]]) -> str:
    def cell(kind: str, content: str) -> str:
        bold = content.startswith("**")
        shown = html.escape(content.strip("*"))
        return f"<{kind}>{f'<b>{shown}</b>' if bold else shown}</{kind}>"

    parts = ["<table>", "<tr>" + "".join(cell("th", name) for name in rows[0]) + "</tr>"]
    parts += ["<tr>" + "".join(cell("td", content) for content in row) + "</tr>" for row in rows[1:]]
    return "\n".join([*parts, "</table>"])


STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: #222 }
table { border-collapse: collapse; font-size: 13px; display: block; overflow-x: auto }
td, th { padding: .2em .7em; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap }
td:first-child, th:first-child { text-align: left }
svg { max-width: 100%; height: auto }
"""


def page(results: list[dict], machine: dict) -> str:
    import plots  # matplotlib, which the tables need not

    pairs = [
        ["what", "value"],
        *([name, str(value)] for name, value in (machine["ceilings"] | machine["versions"]).items()),
    ]
    parts = [
        "<!doctype html><meta charset='utf-8'><title>Chainrule against its peers</title>",
        f"<style>{STYLE}</style><h1>Chainrule against its peers</h1>",
        f"<p>{html.escape(of_run(machine).replace('**', ''))} A number in brackets is the ratio to Chainrule's.</p>",
        *(f"<h2>{html.escape(title)}</h2>{svg}" for title, svg in plots.all_of(results)),
        *(f"<h2>{html.escape(title)}</h2>{as_html(rows)}" for title, rows in tables(results) if len(rows) > 1),
        *(f"<p>{html.escape(line)}</p>" for line in failures(results) if line),
        f"<h2>The machine</h2>{as_html(pairs)}",
    ]
    return "\n".join(parts) + "\n"


def marks(instruction_set: str) -> tuple[str, str]:
    """The lines of a page between which the tables of an instruction set are."""
    return (
        f"<!-- tables of {instruction_set}, by report.py --into -->\n",
        f"<!-- end of tables of {instruction_set} -->\n",
    )


def put_between(page: str, instruction_set: str, content: str) -> str:
    """A page with its tables of an instruction set replaced."""
    first, last = marks(instruction_set)
    before, found, rest = page.partition(first)
    _, ended, after = rest.partition(last)
    if not (found and ended):
        sys.exit(f"there is no {first.strip()} before {last.strip()}")
    return f"{before}{first}\n{content}\n{last}{after}"


def read_run(file: Path) -> tuple[list[dict], dict]:
    return json.loads(file.read_text()), json.loads(machine_file(file).read_text())


def run_with(instruction_set: str, files: Iterable[Path]) -> tuple[list[dict], dict]:
    """The latest of the runs in the files that measured an instruction set."""
    runs = [run for run in map(read_run, filter(Path.exists, files)) if run[1]["instruction_set"] == instruction_set]
    if not runs:
        sys.exit(f"no run has measured {instruction_set}")
    return max(runs, key=lambda run: run[1]["date"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", type=Path, help="another file than that of the last whole run")
    parser.add_argument("--markdown", action="store_true", help="print the tables")
    parser.add_argument("--html", type=Path, help="write a page")
    parser.add_argument("--into", nargs=2, metavar=("FILE", "SET"), help="replace the tables in a page")
    options = parser.parse_args()
    if options.into:
        file, instruction_set = Path(options.into[0]), options.into[1]
        every = [limits.results(limit) for limit in ("", *limits.SETTINGS)]
        tables = markdown(*run_with(instruction_set, [options.input] if options.input else every))
        file.write_text(put_between(file.read_text(), instruction_set, tables))
        return
    results, machine = read_run(options.input or limits.results())
    if options.html:
        options.html.write_text(page(results, machine))
    if options.markdown or not options.html:
        print(markdown(results, machine), end="")


if __name__ == "__main__":
    main()
