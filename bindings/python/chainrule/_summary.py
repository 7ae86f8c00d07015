"""A network as a table: its layers, their shapes, parameters, memory and work."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, NamedTuple

from ._layers import Layer, layer_text

if TYPE_CHECKING:
    from ._network import Network


class SummaryRow(NamedTuple):
    """A layer in a Summary.

    Attributes
    ----------
    name
        Its name.
    layer
        What it does.
    inputs
        The names of the layers it reads.
    shape
        Its value's, for one sample.
    parameters
        How many it has.
    flops
        The multiplications and additions of its weights' products for one sample, two for each pair; for a layer
        without such products, one for each of its elements.
    """

    name: str
    layer: str
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    parameters: int
    flops: int


class Summary(NamedTuple):
    """A network's layers and totals. print() shows it as text, a notebook as a table.

    Attributes
    ----------
    inputs
        The number of columns of x.
    rows
        A SummaryRow for each layer.
    parameters
        Of all layers.
    parameter_bytes
        Their memory.
    activation_bytes
        The memory of all layers' values for one sample, as training keeps them.
    flops
        Of all layers, for one sample.
    """

    inputs: int
    rows: tuple[SummaryRow, ...]
    parameters: int
    parameter_bytes: int
    activation_bytes: int
    flops: int

    def _table(self) -> list[list[str]]:
        head = ["name", "layer", "reads", "shape", "parameters", "flops"]
        return [head] + [
            [row.name, row.layer, ", ".join(row.inputs), str(row.shape), f"{row.parameters:,}", f"{row.flops:,}"]
            for row in self.rows
        ]

    def _totals(self) -> str:
        return (
            f"{self.inputs:,} inputs, {self.parameters:,} parameters ({_size(self.parameter_bytes)}); for a sample "
            f"{_size(self.activation_bytes)} of values and {self.flops:,} flops"
        )

    def __str__(self) -> str:
        table = self._table()
        widths = [max(map(len, column)) for column in zip(*table)]
        lines = [
            "  ".join(f"{text:{'<' if place < 4 else '>'}{widths[place]}}" for place, text in enumerate(line)).rstrip()
            for line in table
        ]
        return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:], self._totals()])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        def line(cells: list[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        head, *rows = self._table()
        body = "".join(line(row, "td") for row in rows)
        return f"<table>{line(head, 'th')}{body}</table><p>{html.escape(self._totals())}</p>"


def summary_of(network: Network) -> Summary:
    """The summary of a built network."""
    numbers: dict[str, int] = {}
    weights: dict[str, int] = {}
    for tensor in network._layout().tensors:
        name, _, kind = tensor.name.rpartition(".")
        size = math.prod(tensor.shape)
        numbers[name] = numbers.get(name, 0) + size
        if kind.startswith("weight"):
            weights[name] = weights.get(name, 0) + size
    layers = network.layers
    shapes: dict[str, tuple[int, ...]] = {"input": (network.inputs,), **{layer.name: layer.shape for layer in layers}}
    rows = tuple(
        SummaryRow(
            layer.name,
            layer_text(layer),
            layer.inputs,
            layer.shape,
            numbers.get(layer.name, 0),
            _flops(layer, weights.get(layer.name, 0), [shapes[name] for name in layer.inputs]),
        )
        for layer in layers
    )
    parameters = sum(row.parameters for row in rows)
    values = network.inputs + sum(math.prod(row.shape) for row in rows)
    return Summary(network.inputs, rows, parameters, 4 * parameters, 4 * values, sum(row.flops for row in rows))


def _flops(layer: Layer, weights: int, read: list[tuple[int, ...]]) -> int:
    """The work of a layer for one sample. Each weight takes part once at each of some positions."""
    if layer.kind in ("dense", "convolution"):
        return 2 * weights * math.prod(layer.shape[:-1])
    if layer.kind in ("transposed_convolution", "rnn", "gru", "lstm"):
        return 2 * weights * math.prod(read[0][:-1])
    if layer.kind == "attention":
        # Scores, and their products with the values: each of a pair of positions, along all channels.
        keys = [shape[0] for shape in read if len(shape) > 1][-1]
        return 4 * math.prod(layer.shape) * keys
    if layer.kind == "matrix_product":
        return 2 * math.prod(layer.shape) * read[0][-1]
    return math.prod(layer.shape)


def _size(count: int) -> str:
    for unit in ("bytes", "KB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count = count / 1000  # type: ignore[assignment]
    return f"{count:.3g} GB"
