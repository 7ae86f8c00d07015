"""The layers of a convolutional network, as the file `layers` of a cell's inputs has them: a line for each, in order.
models.py writes that file; the workers, of both languages, read it. Shapes have their channels last."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from itertools import accumulate, pairwise
from math import prod
from pathlib import Path

import numpy as np

Pair = tuple[int, int]
Shape = tuple[int, ...]
EPSILON = 1e-5  # of batch normalization, which adds it to variances
MOMENTUM = 0.1  # of its running statistics


@dataclass(frozen=True)
class Layer:
    """What every worker needs to know about a layer, worked out."""

    kind: str  # convolution, normalization, relu, maximum, mean, sum, flatten or dense
    inputs: tuple[int, ...]  # the layers that it reads; -1 is x
    shape: Shape  # of the first of them
    output: Shape
    relu: bool = False  # convolution, dense, sum: whether it follows
    bias: bool = False  # convolution
    groups: int = 1  # convolution
    kernel: Pair = (1, 1)  # convolution, maximum, mean
    stride: Pair = (1, 1)
    before: Pair = (0, 0)  # positions of zeros before the first, along each axis
    after: Pair = (0, 0)

    @property
    def parameters(self) -> dict[str, Shape]:
        """The shapes of its parameter tensors, in the order of Chainrule's parameter vector."""
        channels = self.output[-1:]
        match self.kind:
            case "convolution":
                weight = {"weight": (*channels, *self.kernel, self.shape[-1] // self.groups)}
                return weight | {"bias": channels} if self.bias else weight
            case "normalization":
                return {"scale": channels, "offset": channels}
            case "dense":
                return {"weight": (*channels, self.shape[-1]), "bias": channels}
        return {}

    @property
    def state(self) -> dict[str, Shape]:
        """The same of its running statistics."""
        return {"mean": self.output[-1:], "variance": self.output[-1:]} if self.kind == "normalization" else {}

    @property
    def is_depthwise(self) -> bool:
        return self.groups > 1

    @property
    def multiplications(self) -> int:
        """Of one sample's forward pass."""
        if self.kind == "convolution":
            return prod(self.output) * prod(self.kernel) * self.shape[-1] // self.groups
        return prod(self.shape) * prod(self.output) if self.kind == "dense" else 0


def to_line(layer: Layer) -> str:
    def text(value: object) -> str:
        return ",".join(map(str, value)) if isinstance(value, tuple) else str(int(value) if value in (0, 1) else value)

    return " ".join(f"{field.name}={text(getattr(layer, field.name))}" for field in fields(layer))


def from_line(line: str) -> Layer:
    words = dict(word.split("=", 1) for word in line.split())

    def value(name: str, kind: str) -> object:
        numbers = tuple(map(int, words[name].split(","))) if name != "kind" else ()
        return words[name] if name == "kind" else numbers if kind.endswith(("]", "Pair", "Shape")) else numbers[0]

    return Layer(**{field.name: value(field.name, str(field.type)) for field in fields(Layer)})


def read_layers(folder: Path | str) -> list[Layer]:
    return [from_line(line) for line in Path(folder, "layers").read_text().splitlines()]


def read_tensors(path: Path, shapes: list[Shape]) -> list[np.ndarray]:
    """The tensors that lie one after another in a file of floats."""
    vector = np.fromfile(path, np.float32)
    ends = [0, *accumulate(map(prod, shapes))]
    if ends[-1] != len(vector):
        raise ValueError("the inputs are another network's")
    parts = (vector[begin:end] for begin, end in pairwise(ends))
    return [part.reshape(shape).copy() for part, shape in zip(parts, shapes, strict=True)]


def read_parameters(layers: list[Layer], folder: Path | str) -> list[list[np.ndarray]]:
    """Of each layer: its parameters, and behind them its running statistics."""

    def read(file: str, some: list[dict[str, Shape]]) -> list[list[np.ndarray]]:
        tensors = iter(read_tensors(Path(folder, file), [shape for shapes in some for shape in shapes.values()]))
        return [[next(tensors) for _ in shapes] for shapes in some]

    parameters = read("parameters", [layer.parameters for layer in layers])
    state = read("state", [layer.state for layer in layers])
    return [first + second for first, second in zip(parameters, state, strict=True)]


def folded(layers: list[Layer], tensors: list[list[np.ndarray]]) -> tuple[list[Layer], list[list[np.ndarray]]]:
    """The same for prediction, with batch normalization multiplied into the convolutions before it and each ReLU made
    a part of the layer before it, where that computes."""
    made: list[Layer] = []
    parameters: list[list[np.ndarray]] = []
    place_of = {-1: -1}  # of each layer's result
    for place, (layer, some) in enumerate(zip(layers, tensors, strict=True)):
        inputs = tuple(place_of[read] for read in layer.inputs)
        before = made[inputs[0]] if made else None
        if layer.kind == "normalization" and before and before.kind == "convolution":
            scale = some[0] / np.sqrt(some[3] + EPSILON)
            weights, bias = [*parameters[inputs[0]], np.zeros(len(scale), np.float32)][:2]
            parameters[inputs[0]] = [(weights.T * scale).T, (bias - some[2]) * scale + some[1]]
            made[inputs[0]] = replace(before, bias=True)
        elif layer.kind == "relu" and before and before.kind in ("convolution", "dense", "sum"):
            made[inputs[0]] = replace(before, relu=True)
        else:
            made.append(replace(layer, inputs=inputs))
            parameters.append(some)
            place_of[place] = len(made) - 1
            continue
        place_of[place] = inputs[0]
    return made, parameters
