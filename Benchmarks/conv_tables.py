"""The tables of the work `conv`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import exp, log

from conv_cells import PASSES, ConvCell
from models import ALONE
from tables import Columns, ours, share, table

FRAMEWORKS = ("jax", "torch")
RUNTIMES = ("onnxruntime", "litert")


def cell_of(result: dict) -> ConvCell:
    names = ("work", "net", "batch", "threads", "variant", "widths")
    return ConvCell(**{name: result[name] for name in names})


def shape_of(result: dict) -> str:
    """Such as 32×32×16 → 16×16×32, 3×3, stride 2."""
    layer = ALONE[result["net"]].layers[0]
    shapes = ["×".join(map(str, numbers)) for numbers in (layer.shape, layer.output, layer.kernel)]
    step = f", stride {layer.stride[0]}" if max(layer.stride) > 1 else ""
    return f"{shapes[0]} → {shapes[1]}, {shapes[2]}{' depthwise' if layer.is_depthwise else ''}{step}"


def over(peers: Iterable[str]) -> Callable[[dict], float | None]:
    """The time of the fastest of the peers over ours."""
    wanted = tuple(peers)
    return lambda result: min((result["ratios"][name] for name in wanted if name in result["ratios"]), default=None)


def of_the_limit(result: dict) -> float | None:
    return result["limit_share"]


def targets(results: list[dict]) -> list[list[str]]:
    """The geometric mean and the least of each group of cells, beside what they should be."""
    rows = [["what", "cells", "geometric mean", "least", "of", "target"]]

    def add(what: str, cells: list[dict], figure: Callable[[dict], float | None], target: str, unit: str = "×") -> None:
        found = [(value, result) for result in cells if (value := figure(result))]
        if not found:
            return
        least, worst = min(found, key=lambda pair: pair[0])
        mean = exp(sum(log(value) for value, _ in found) / len(found))

        def text(value: float) -> str:
            return f"{value:.2f}×" if unit == "×" else f"{value:.0%}"

        name = f"{worst['net']} {worst['variant']}, batch {worst['batch']}, {worst['threads']} threads"
        rows.append([what, str(len(found)), text(mean), text(least), name.replace(" 1 threads", " 1 thread"), target])

    groups: dict[str, list[dict]] = {}
    for result in results:
        groups.setdefault(cell_of(result).group, []).append(result)
    singles = [result for result in results if result["variant"] in PASSES]
    add("all single convolutions, over oneDNN", singles, over(["onednn"]), "mean 1.00×, each 0.95×")
    for group in ("convolution", "pointwise", "depthwise"):
        for variant in PASSES:
            cells = [result for result in groups.get(group, []) if result["variant"] == variant]
            add(f"{group}, {variant}, over oneDNN", cells, over(["onednn"]), "")
    add("depthwise, of the limit", groups.get("depthwise", []), of_the_limit, "each 80%", "%")
    for batch, target in ((1, ""), (8, ""), (32, "1.30×"), (128, "")):
        cells = [result for result in groups.get("training", []) if result["batch"] == batch]
        add(f"training, batch {batch}, over the fastest framework", cells, over(FRAMEWORKS), target)
    for batch, target in ((1, "1.20×"), (8, ""), (32, "")):
        cells = [result for result in groups.get("inference", []) if result["batch"] == batch]
        add(f"inference, batch {batch}, over the faster of ONNX Runtime and LiteRT", cells, over(RUNTIMES), target)
    return rows


def conv_tables(results: list[dict]) -> Iterable[tuple[str, list[list[str]]]]:
    """Tables of the cells, and how they compare with what is wanted of them."""
    network: Columns = {"network": lambda r: r["net"]}
    size: Columns = {"batch": lambda r: str(r["batch"]), "threads": lambda r: str(r["threads"])}
    times: Columns = {"Chainrule": ours, "of the limit": share}

    def of(*groups: str) -> list[dict]:
        return [result for result in results if cell_of(result).group in groups]

    yield "Convolutions: how they compare", targets(results)
    yield (
        "Convolutions, each alone",
        table(
            of("convolution", "pointwise", "depthwise"),
            {"layer": lambda r: r["net"], "shape": shape_of, "pass": lambda r: r["variant"]} | size | times,
        ),
    )
    yield "Training of convolutional networks, a step", table(of("training"), network | size | times)
    unprepared: Columns = {"not prepared": lambda r: ours({"ours": r["ours_network"], "unit": r["unit"]})}
    yield (
        "Inference of convolutional networks",
        table(of("inference"), network | {"weights": lambda r: r["variant"]} | size | times | unprepared),
    )
