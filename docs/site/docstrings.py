"""Turns docstrings, which help() shows as they are, into what Sphinx reads."""

from __future__ import annotations

import re
from typing import Any


def as_restructured_text(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Escapes signs that have a meaning in reStructuredText, but for those of examples."""
    lines[:] = [line if line.lstrip().startswith((">>>", "...")) else escaped(line) for line in lines]
    if what == "property":
        # Else napoleon takes what is in front of the first line's colon for a type.
        lines.insert(0, "\\")


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
