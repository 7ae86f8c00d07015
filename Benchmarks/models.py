"""The convolutional networks of the benchmark: the one place that defines them. Each is a list of layers, which
`write_inputs` writes for the workers with the parameters and data that all of them start from."""

from __future__ import annotations

import sys
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

sys.path.append(str(Path(__file__).resolve().parent / "python"))

from layers import Layer, Pair, Shape, to_line


class Model:
    """Layers that are added one after another. Each method returns the place of the layer that it adds."""

    def __init__(self, *shape: int):
        self.shape: Shape = shape
        self.layers: list[Layer] = []

    @property
    def last(self) -> int:
        return len(self.layers) - 1

    @property
    def text(self) -> str:
        """The file `layers`."""
        return "".join(to_line(layer) + "\n" for layer in self.layers)

    def output(self, place: int) -> Shape:
        return self.shape if place == -1 else self.layers[place].output

    def add(self, kind: str, output: Shape | None = None, inputs: tuple[int, ...] = (), **settings: Any) -> int:
        """A layer that reads the one before, or others. Without an output its shape is theirs."""
        inputs = inputs or (self.last,)
        shape = self.output(inputs[0])
        self.layers.append(Layer(kind, inputs, shape, output or shape, **settings))
        return self.last

    def window(
        self, kind: str, channels: int, kernel: Pair, stride: Pair, same: bool, inputs: tuple[int, ...], **settings: Any
    ) -> int:
        """A layer whose windows lie within its input, or with `same` so that there are input / stride of them."""
        sizes = self.output((inputs or (self.last,))[0])[:2]
        before, after, counts = [], [], []
        for size, taps, step in zip(sizes, kernel, stride, strict=True):
            count = -(-size // step) if same else (size - taps) // step + 1
            beyond = max(0, (count - 1) * step + taps - size)
            before.append(beyond // 2)
            after.append(beyond - beyond // 2)
            counts.append(count)
        places = {"kernel": kernel, "stride": stride, "before": tuple(before), "after": tuple(after)}
        return self.add(kind, (*counts, channels), inputs, **places, **settings)

    def convolution(
        self,
        channels: int,
        kernel: Pair,
        stride: Pair = (1, 1),
        *,
        same: bool = True,
        bias: bool = True,
        relu: bool = False,
        inputs: tuple[int, ...] = (),
    ) -> int:
        return self.window("convolution", channels, kernel, stride, same, inputs, bias=bias, relu=relu)

    def depthwise(self, kernel: Pair, stride: Pair = (1, 1), *, bias: bool = True) -> int:
        channels = self.output(self.last)[-1]
        return self.window("convolution", channels, kernel, stride, True, (), bias=bias, groups=channels)

    def normalized(self, place: int, relu: bool = True) -> int:
        """Batch normalization, and ReLU, behind a layer."""
        place = self.add("normalization", inputs=(place,))
        return self.relu() if relu else place

    def relu(self) -> int:
        return self.add("relu")

    def pooling(self, kind: str, kernel: Pair) -> int:
        return self.window(kind, self.output(self.last)[-1], kernel, kernel, False, ())

    def dense(self, units: int, relu: bool = False) -> int:
        if len(self.output(self.last)) > 1:
            self.add("flatten", (prod(self.output(self.last)),))
        return self.add("dense", (units,), relu=relu)


def lenet() -> Model:
    """LeNet-5 (LeCun et al. 1998) with ReLU and maxima."""
    model = Model(28, 28, 1)
    model.convolution(6, (5, 5), relu=True)
    model.pooling("maximum", (2, 2))
    model.convolution(16, (5, 5), same=False, relu=True)
    model.pooling("maximum", (2, 2))
    model.dense(120, relu=True)
    model.dense(84, relu=True)
    model.dense(10)
    return model


def resnet8() -> Model:
    """The ResNet-8 of MLPerf Tiny: three residual blocks. The last two begin with a stride and have a projection."""
    model = Model(32, 32, 3)
    shortcut = model.normalized(model.convolution(16, (3, 3), bias=False))
    for channels, step in ((16, 1), (32, 2), (64, 2)):
        begin = shortcut
        model.normalized(model.convolution(channels, (3, 3), (step, step), bias=False))
        last = model.normalized(model.convolution(channels, (3, 3), bias=False), relu=False)
        if step > 1:
            shortcut = model.convolution(channels, (1, 1), (step, step), inputs=(begin,))
        model.add("sum", inputs=(last, shortcut))
        shortcut = model.relu()
    model.pooling("mean", (8, 8))
    model.dense(10)
    return model


def separable(model: Model, channels: int, step: int = 1) -> None:
    """A depthwise convolution and a pointwise one, each with batch normalization and ReLU."""
    model.normalized(model.depthwise((3, 3), (step, step), bias=False))
    model.normalized(model.convolution(channels, (1, 1), bias=False))


def ds_cnn() -> Model:
    """The DS-CNN of MLPerf Tiny, which spots keywords. Without dropout, which no two libraries draw alike."""
    model = Model(49, 10, 1)
    model.normalized(model.convolution(64, (10, 4), (2, 2), bias=False))
    for _ in range(4):
        separable(model, 64)
    model.pooling("mean", (25, 5))
    model.dense(12)
    return model


def mobilenet() -> Model:
    """MobileNetV1 (Howard et al. 2017) with a quarter of the channels, as in MLPerf Tiny."""
    model = Model(96, 96, 3)
    model.normalized(model.convolution(8, (3, 3), (2, 2), bias=False))
    pairs = ((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), *((128, 1),) * 5, (256, 2), (256, 1))
    for channels, step in pairs:
        separable(model, channels, step)
    model.pooling("mean", (3, 3))
    model.dense(2)
    return model


MODELS = {"lenet": lenet(), "resnet8": resnet8(), "ds-cnn": ds_cnn(), "mobilenet": mobilenet()}


def alone(layer: Layer) -> Model:
    """A network of one convolution with a bias, and without what follows it."""
    model = Model(*layer.shape)
    settings = {name: getattr(layer, name) for name in ("groups", "kernel", "stride", "before", "after")}
    model.add("convolution", layer.output, bias=True, **settings)
    return model


def convolutions() -> dict[str, Model]:
    """The different convolutions of all models, each alone, by the name of the first model that has it."""
    found: dict[Layer, str] = {}
    for name, model in MODELS.items():
        for number, layer in enumerate((layer for layer in model.layers if layer.kind == "convolution"), 1):
            found.setdefault(alone(layer).layers[0], f"{name}.{number}")
    return {name: alone(layer) for layer, name in found.items()}


ALONE = convolutions()


def initial(name: str, shape: Shape, random: np.random.Generator) -> np.ndarray:
    """A tensor such as training might leave behind."""
    match name:
        case "weight":  # He et al. 2015
            return (2 / prod(shape[1:])) ** 0.5 * random.standard_normal(shape)
        case "scale" | "variance":
            return random.uniform(0.5, 1.5, shape)
        case _:
            return random.uniform(-0.1, 0.1, shape)


def write_inputs(model: Model, rows: int, folder: Path) -> None:
    """Writes the layers, their parameters and running statistics, rows of x in [0, 1), a class for each, and a gradient
    at the outputs for each."""
    random = np.random.default_rng(1)
    folder.mkdir(parents=True, exist_ok=True)

    def vector(tensors: list[dict[str, Shape]]) -> np.ndarray:
        arrays = [initial(name, shape, random).ravel() for some in tensors for name, shape in some.items()]
        return np.concatenate([*arrays, np.empty(0)]).astype(np.float32)

    outputs = prod(model.layers[-1].output)
    arrays = {
        "parameters": vector([layer.parameters for layer in model.layers]),
        "state": vector([layer.state for layer in model.layers]),
        "x": random.random((rows, prod(model.shape)), np.float32),
        "direction": random.standard_normal((rows, outputs), np.float32),
        "classes": random.integers(0, outputs, rows, np.int32),
    }
    for name, array in arrays.items():
        array.tofile(folder / name)
    (folder / "layers").write_text(model.text)
