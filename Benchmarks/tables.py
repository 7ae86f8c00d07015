"""Tables of cells of bench.json: rows of text, a column for each peer that has a number."""

from __future__ import annotations

from collections.abc import Callable

LABELS = {
    "chainrule": "Chainrule",
    "chainrule_network": "Chainrule, not prepared",
    "onednn": "oneDNN, by hand",
    "openblas": "OpenBLAS, by hand",
    "by_hand": "C++ by hand",
    "templates": "C++ templates",
    "onnxruntime": "ONNX Runtime",
    "litert": "LiteRT",
    "fann": "FANN",
    "numpy": "numpy, by hand",
    "jax": "JAX",
    "keras": "Keras on JAX",
    "sklearn": "scikit-learn",
    "torch": "PyTorch",
}
UNITS = {
    "seconds": (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)),
    "bytes": (("GiB", 2.0**30), ("MiB", 2.0**20), ("KiB", 2.0**10), ("B", 1.0)),
}
Columns = dict[str, Callable[[dict], str]]


def text(amount: float | None, unit: str = "seconds") -> str:
    if amount is None:
        return "–"
    name, size = next((pair for pair in UNITS[unit] if amount >= pair[1]), UNITS[unit][-1])
    return f"{amount / size:.3g} {name}" if amount / size < 999.5 else f"{amount / size:.0f} {name}"


def share(result: dict) -> str:
    return f"{result['limit_share']:.0%}" if result["limit_share"] else "–"


def rate(result: dict) -> str:
    if not result["ours"]:
        return "–"
    samples = result["batch"] / result["ours"]
    return next(f"{samples / size:.3g} {name}" for name, size in (("M", 1e6), ("k", 1e3), ("", 1)) if samples >= size)


def of_peer(name: str) -> Callable[[dict], str]:
    """A peer's time and, in brackets, how many times ours it is."""

    def show(result: dict) -> str:
        if name not in result["peers"]:
            return "–"
        shown = text(result["peers"][name], result["unit"])
        if name in result["ratios"]:
            shown += f" ({result['ratios'][name]:.2f}×)"
        return f"**{shown}**" if name == result["best_peer"] else shown

    return show


def table(results: list[dict], columns: Columns) -> list[list[str]]:
    """Rows of text, the header first, with a column for each peer that is in any of the results."""
    seen = {name for result in results for name in result["peers"]}
    columns = columns | {LABELS.get(name, name): of_peer(name) for name in LABELS if name in seen}
    return [list(columns), *([show(result) for show in columns.values()] for result in results)]


def ours(result: dict) -> str:
    return text(result["ours"], result["unit"])
