"""Shows what bench.py measured."""

from __future__ import annotations

UNITS = {
    "seconds": (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)),
    "bytes": (("GiB", 2.0**30), ("MiB", 2.0**20), ("KiB", 2.0**10), ("B", 1.0)),
}


def text(amount: float | None, unit: str = "seconds") -> str:
    if amount is None:
        return "–"
    name, size = next((pair for pair in UNITS[unit] if amount >= pair[1]), UNITS[unit][-1])
    return f"{amount / size:.3g} {name}" if amount / size < 999.5 else f"{amount / size:.0f} {name}"
