"""The plots of bench.html, as SVG."""

from __future__ import annotations

import io
from collections.abc import Iterable

import matplotlib
from tables import LABELS

matplotlib.use("svg")

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLORS = dict(
    zip(LABELS, [*matplotlib.color_sequences["tab20"][::2], *matplotlib.color_sequences["tab20"][1::2]], strict=False)
)


def svg(figure: Figure) -> str:
    figure.tight_layout()
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", bbox_inches="tight")
    pyplot.close(figure)
    return buffer.getvalue().partition("<svg")[1] + buffer.getvalue().partition("<svg")[2]


def draw(axes: Axes, results: list[dict], x: list[float]) -> None:
    """Times over x with the quartiles as a band, ours in bold, and the limit dashed."""
    names = [name for name in LABELS if any(name in result["spread"] for result in results)]
    for name in names:
        points = [(place, result) for place, result in zip(x, results, strict=True) if name in result["spread"]]
        where = [place for place, _ in points]
        times = [
            result["ours"] if name == "chainrule" else result["peers"].get(name, result["ours_network"])
            for _, result in points
        ]
        low, high = zip(*(result["spread"][name] for _, result in points), strict=True)
        is_ours = name == "chainrule"
        axes.plot(
            where,
            times,
            "o-",
            color=COLORS[name],
            label=LABELS[name],
            lw=2.5 if is_ours else 1.2,
            ms=3,
            zorder=3 if is_ours else 2,
        )
        axes.fill_between(where, low, high, color=COLORS[name], alpha=0.2, lw=0)
    limits = [(place, result["limit"]) for place, result in zip(x, results, strict=True) if result["limit"]]
    if limits:
        axes.plot(*zip(*limits, strict=True), "k--", lw=1, label="the machine's limit")
    axes.set_xscale("log", base=2)
    ticks = [place for place, following in zip(x, [*x[1:], 2 * x[-1]], strict=True) if following > 1.1 * place]
    axes.set_xticks(ticks, [f"{place:.0f}" for place in ticks], rotation=90 if len(ticks) > 8 else 0)
    axes.minorticks_off()
    axes.set_yscale("log")
    axes.grid(alpha=0.3, which="both", lw=0.5)


def grid(panels: list[tuple[str, list[dict], list[float], str]], columns: int) -> str:
    """One legend for all panels."""
    rows = -(-len(panels) // columns)
    figure, axes = pyplot.subplots(rows, columns, figsize=(4.6 * columns, 3.6 * rows), squeeze=False)
    for place, (title, results, x, label) in zip(axes.flat, panels, strict=False):
        draw(place, results, x)
        place.set(title=title, xlabel=label, ylabel="seconds")
    for place in list(axes.flat)[len(panels) :]:
        place.axis("off")
    handles = {
        label: handle for place in axes.flat for handle, label in zip(*place.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="upper center", ncol=5, bbox_to_anchor=(0.5, 0), fontsize=9)
    return svg(figure)


def over_batches(results: list[dict], work: str, **wanted: object) -> list[tuple[str, list[dict], list[float], str]]:
    chosen = [
        result
        for result in results
        if result["work"] == work and all(result[key] == value for key, value in wanted.items())
    ]
    panels = []
    for net in dict.fromkeys(result["net"] for result in chosen):
        cells = [result for result in chosen if result["net"] == net]
        title = f"{net}: {cells[0]['widths'].replace('tanh:', '')}" + (
            f", {wanted['variant']}" if work == "train" else ""
        )
        panels.append((title, cells, [float(result["batch"]) for result in cells], "batch"))
    return panels


def all_of(results: list[dict]) -> Iterable[tuple[str, str]]:
    for threads in (1, 2):
        panels = [
            panel
            for variant in ("sgd", "adam")
            for panel in over_batches(results, "train", threads=threads, variant=variant)
        ]
        if panels:
            yield f"Time of a training step, {threads} thread{'s' * (threads > 1)}", grid(panels, 3)
    if panels := over_batches(results, "infer", variant="f32"):
        yield "Time of a prediction, float32", grid(panels, 3)
    growth = [result for result in results if result["work"] == "growth"]
    panels = []
    for axis in dict.fromkeys(result["net"].split()[0] for result in growth):
        cells = [result for result in growth if result["net"].startswith(axis)]
        panels.append((f"growing {axis}", cells, [float(result["net"].split()[1]) for result in cells], axis))
    if panels:
        yield "Growth of a training step", grid(panels, 2)
    yield "Chainrule over the best peer, and as a share of the limit", overview(results)


def overview(results: list[dict]) -> str:
    """One dot for each cell: how far ahead of the best peer, over how close to the limit."""
    figure, axes = pyplot.subplots(figsize=(9, 5))
    for number, work in enumerate(("train", "infer", "conv", "growth")):
        cells = [result for result in results if result["work"] == work and result["ratio"] and result["limit_share"]]
        axes.scatter(
            [100 * result["limit_share"] for result in cells],
            [result["ratio"] for result in cells],
            s=16,
            color=f"C{number}",
            label=work,
        )
    axes.axhline(1, color="k", lw=0.8)
    axes.set(xlabel="share of the machine's limit, %", ylabel="time of the best peer over Chainrule's", yscale="log")
    axes.grid(alpha=0.3)
    axes.legend()
    return svg(figure)
