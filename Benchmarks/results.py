"""The files of a run: its cells in build/bench.json and, beside it, the machine and all that must be the same for an
interrupted run to go on."""

from __future__ import annotations

import json
import os
from pathlib import Path

from cells import Cell

BESIDES = ("date", "resumed", "ceilings")  # facts that may differ when a run goes on


def machine_file(output: Path) -> Path:
    return output.with_name(output.stem + "-machine.json")


def write(file: Path, content: object) -> None:
    """Whole or not at all, whatever interrupts it."""
    beside = file.with_name(file.name + ".part")
    beside.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    os.replace(beside, file)


def key(cell: dict) -> tuple:
    return tuple(cell[name] for name in ("work", "net", "batch", "threads", "variant"))


def differences(earlier: dict, now: dict) -> list[str]:
    """The names of the facts that differ; for versions, of what has another."""
    differ = [name for name in {**earlier, **now} if name not in BESIDES and earlier.get(name) != now.get(name)]
    if "versions" in differ:
        differ.remove("versions")
        old, new = earlier.get("versions", {}), now["versions"]
        differ += [f"version of {name}" for name in {**old, **new} if old.get(name) != new.get(name)]
    return differ


def earlier_run(output: Path, facts: dict, cells: list[Cell]) -> tuple[dict, list[dict]] | str:
    """The facts of the run that the files hold and those of the cells that it measured, or why it cannot go on."""
    try:
        earlier = json.loads(machine_file(output).read_text())
        found = json.loads(output.read_text())
    except FileNotFoundError:
        return "there is no earlier run"
    except ValueError as error:
        return f"the earlier run cannot be read: {error}"
    if differ := differences(earlier, facts):
        return f"since the earlier run changed: {', '.join(differ)}"
    wanted = {key(vars(cell)) for cell in cells}
    return earlier, [cell for cell in found if cell["ours"] is not None and key(cell) in wanted]


def set_aside(output: Path) -> None:
    """Keeps an earlier run's files as …-before.json, in place of those of the run before it."""
    for file in (output, machine_file(output)):
        if file.exists():
            file.replace(file.with_name(file.stem.replace(output.stem, output.stem + "-before", 1) + file.suffix))
