"""Pictures by matplotlib, which only these functions import."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ._arrays import count
from ._errors import ArgumentError, ArgumentTypeError
from ._prototypes import Status

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._costs import CostLike
    from ._history import History
    from ._network import Network


def _pyplot() -> Any:
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install chainrule[plot]") from error
    return pyplot


def plot_history(history: History, axes: Sequence[Any] | None = None) -> list[Any]:
    """Draws a learning curve.

    Parameters
    ----------
    history
        What fit() returns.
    axes
        As for History.plot().

    Returns
    -------
    list of Axes
        Those drawn on.
    """
    measures = history.measures
    if not measures:
        raise ArgumentError("the history has no epochs to plot", Status.ERROR_VALUE)
    panels = [[name for name in measures if name.endswith("cost")], [m for m in measures if not m.endswith("cost")]]
    panels = [names for names in panels if names]
    if axes is None:
        width = 5.0 * len(panels)
        _, made = _pyplot().subplots(1, len(panels), figsize=(width, 3.5), squeeze=False, layout="constrained")
        axes = list(made[0])
    numbers = [epoch.epoch for epoch in history]
    for ax, names in zip(axes, panels):
        for name in names:
            ax.plot(numbers, [getattr(epoch, name) for epoch in history], label=name.replace("_", " "))
        if history.best is not None:
            ax.axvline(history.best.epoch, color="0.8", zorder=0, label="best epoch")
        ax.set_xlabel("epoch")
        ax.set_ylabel(history.cost.replace("_", " ") if names[0].endswith("cost") else "share or R²")
        ax.legend()
    return list(axes)


def plot_confusion(
    network: Network,
    x: npt.ArrayLike,
    targets: npt.ArrayLike | None,
    cost: CostLike | None = None,
    *,
    sample_weight: npt.ArrayLike | None = None,
    normalize: bool = False,
    ax: Any = None,
) -> Any:
    """Draws the confusion matrix: how often each class is taken for each class. Needs `pip install chainrule[plot]`.

    Parameters
    ----------
    network
        A classifier; its class_labels name the rows and columns.
    x
        (rows, inputs).
    targets
        The classes, (rows,); or as for chainrule.cost().
    cost
        As for Network.confusion().
    sample_weight
        (rows,) weights ≥ 0.
    normalize
        Whether to show the shares of each class instead of the weights of its rows.
    ax
        Matplotlib Axes to draw on; None: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes.
    """
    counts = network.confusion(x, targets, cost, sample_weight=sample_weight)
    if normalize:
        totals = counts.sum(axis=1, keepdims=True)
        counts = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    if ax is None:
        side = max(3.5, 0.5 * len(counts))
        _, ax = _pyplot().subplots(figsize=(side, side), layout="constrained")
    ax.imshow(counts, cmap="Blues")
    labels = [str(label) for label in network.classes_]
    ax.set_xticks(range(len(labels)), labels, rotation=90 if max(map(len, labels)) > 3 else 0)
    ax.set_yticks(range(len(labels)), labels)
    ax.set_xlabel("decision")
    ax.set_ylabel("class")
    middle = counts.max() / 2
    for (row, column), value in np.ndenumerate(counts):
        text = f"{value:.2f}" if normalize else f"{value:g}"
        ax.text(column, row, text, ha="center", va="center", color="white" if value > middle else "black")
    return ax


def plot_weights(
    network: Network,
    layer: str | None = None,
    *,
    shape: Sequence[int] | None = None,
    max_images: int = 64,
    axes: Any = None,
) -> Any:
    """Draws what each unit of a layer looks for: its weights as an image. Needs `pip install chainrule[plot]`.

    Parameters
    ----------
    network
        A built network.
    layer
        The name of a dense layer or a convolution over images; None: the first with weights.
    shape
        Of the image, for a dense layer: (height, width) or (height, width, channels); None: that of the network's
        input, or a square.
    max_images
        Draw so many units at most.
    axes
        Matplotlib Axes to draw on, as many as images; None: a new figure.

    Returns
    -------
    ndarray of Axes
        One for each image.

    Raises
    ------
    ArgumentError
        The weights are no images of that shape.
    """
    images = _images(network, layer, shape)[: count(max_images, "max_images")]
    if not len(images):
        raise ArgumentError("max_images is 0; at least 1 is needed", Status.ERROR_SIZE)
    if axes is None:
        columns = math.ceil(math.sqrt(len(images)))
        rows = math.ceil(len(images) / columns)
        _, axes = _pyplot().subplots(rows, columns, figsize=(columns, rows), squeeze=False)
    flat = np.asarray(axes, object).reshape(-1)
    limit = float(np.abs(images).max()) or 1.0
    for ax, image in zip(flat, images):
        if image.shape[-1] == 3:
            ax.imshow(image / (2 * limit) + 0.5)
        else:
            ax.imshow(image.mean(axis=-1), cmap="RdBu", vmin=-limit, vmax=limit)
    for ax in flat:
        ax.set_axis_off()
    return flat


def _images(network: Network, layer: str | None, shape: Sequence[int] | None) -> npt.NDArray[np.float32]:
    """(units, height, width, channels) weights of a layer."""
    tensors = network.tensors
    name = layer or next((name[: -len(".weight")] for name in tensors if name.endswith(".weight")), "")
    if f"{name}.weight" not in tensors:
        named = ", ".join(tensor[: -len(".weight")] for tensor in tensors if tensor.endswith(".weight"))
        raise ArgumentError(f"layer {name!r} has no weights; those with some: {named}", Status.ERROR_NAME)
    weight = tensors[f"{name}.weight"].copy()
    if weight.ndim == 4:
        return weight
    if weight.ndim != 2:
        raise ArgumentError(
            f"the weights of {name!r} have the shape {weight.shape}, which are no images", Status.ERROR_SIZE
        )
    given = _image_shape(network, weight.shape[1]) if shape is None else tuple(shape)
    if not 2 <= len(given) <= 3:
        raise ArgumentTypeError(f"shape must be (height, width) or (height, width, channels), not {shape!r}")
    if math.prod(given) != weight.shape[1]:
        raise ArgumentError(
            f"a unit of {name!r} has {weight.shape[1]} weights, which are no image of the shape {given}: give shape",
            Status.ERROR_SIZE,
        )
    return weight.reshape(len(weight), *given, *[1] * (3 - len(given)))


def _image_shape(network: Network, weights: int) -> tuple[int, ...]:
    first = network.layers[0].shape
    if 2 <= len(first) <= 3 and math.prod(first) == weights:
        return first
    return (math.isqrt(weights), math.isqrt(weights))
