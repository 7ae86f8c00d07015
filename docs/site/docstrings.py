"""Turns docstrings, which help() shows as they are, into what Sphinx reads."""

from __future__ import annotations

import re
from typing import Any


def as_restructured_text(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Marks indented examples as code, and escapes signs that have a meaning in reStructuredText."""
    written: list[str] = []
    code = False
    for number, line in enumerate(lines):
        before = next((each for each in reversed(lines[:number]) if each.strip()), "")
        starts = line.startswith("    ") and number > 0 and not lines[number - 1].strip() and not before.startswith(" ")
        if starts and not code:
            written += [".. code-block:: python", ""]
            code = True
        elif line.strip() and not line.startswith(" "):
            code = False
        written.append(line if code else escaped(line))
    lines[:] = written


def escaped(line: str) -> str:
    """Escapes stars, bars and final underscores outside backticks."""
    pieces = re.split(r"(`[^`]*`)", line)
    pieces[::2] = [re.sub(r"(\*|\||(?<=\w)_(?!\w))", r"\\\1", piece) for piece in pieces[::2]]
    return "".join(pieces)


def without_self(
    app: Any, what: str, name: str, thing: Any, options: Any, signature: str | None, result: str | None
) -> tuple[str | None, str | None] | None:
    """Names what returns itself as readers know it. A layer's signature is that of the network's method, but for the result."""
    if result is None or not result.endswith("_Self"):
        return None
    return signature, None if name.startswith("chainrule.layers.") else "Self"


def is_field(app: Any, what: str, name: str, thing: Any, skips: bool, options: Any) -> bool | None:
    """Leaves out the fields of tuples: the class describes them."""
    return True if (getattr(thing, "__doc__", "") or "").startswith("Alias for field number") else None
