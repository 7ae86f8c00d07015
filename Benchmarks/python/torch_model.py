"""A convolutional network in PyTorch: functions in place of modules."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from layers import EPSILON, MOMENTUM, Layer, folded, read_layers, read_parameters
from torch.nn import functional
from worker import Cell

Predict = Callable[[torch.Tensor], torch.Tensor]
FORMATS = (torch.channels_last, torch.contiguous_format)


def tensors_of(layer: Layer, arrays: list[np.ndarray], layout: torch.memory_format) -> list[torch.Tensor]:
    """A layer's parameters, the channels of convolutions where PyTorch has them."""
    tensors = [torch.from_numpy(array) for array in arrays]
    if layer.kind == "convolution":
        tensors[0] = tensors[0].permute(0, 3, 1, 2).contiguous(memory_format=layout)
    return tensors


class Model:
    """A network whose arrays have one of FORMATS."""

    def __init__(self, layers: list[Layer], arrays: list[list[np.ndarray]], layout: torch.memory_format):
        self.layers, self.layout = layers, layout
        self.tensors = [tensors_of(layer, some, layout) for layer, some in zip(layers, arrays, strict=True)]

    @property
    def parameters(self) -> list[torch.Tensor]:
        """Those that are trained."""
        return [tensor for some in self.tensors for tensor in some[:2]]

    def batch(self, rows: np.ndarray) -> torch.Tensor:
        shape = self.layers[0].shape
        return torch.from_numpy(rows.reshape(-1, *shape)).permute(0, 3, 1, 2).contiguous(memory_format=self.layout)

    def outputs(self, x: torch.Tensor) -> torch.Tensor:
        results = {-1: x}
        for place, (layer, tensors) in enumerate(zip(self.layers, self.tensors, strict=True)):
            h = self.result(layer, tensors, [results[read] for read in layer.inputs])
            results[place] = h.relu_() if layer.relu else h
        return results[len(self.layers) - 1]

    def result(self, layer: Layer, tensors: list[torch.Tensor], inputs: list[torch.Tensor]) -> torch.Tensor:
        h = inputs[0]
        match layer.kind:
            case "convolution":
                padding = layer.before
                if layer.before != layer.after:
                    (top, left), (bottom, right) = layer.before, layer.after
                    h, padding = functional.pad(h, (left, right, top, bottom)), (0, 0)
                return functional.conv2d(
                    h, *tensors[:1], *(tensors[1:] or [None]), layer.stride, padding, 1, layer.groups
                )
            case "normalization":
                scale, offset, mean, variance = tensors
                return functional.batch_norm(h, mean, variance, scale, offset, True, MOMENTUM, EPSILON)
            case "relu":
                return h.relu_()
            case "maximum":
                return functional.max_pool2d(h, layer.kernel, layer.stride)
            case "mean":
                return functional.avg_pool2d(h, layer.kernel, layer.stride)
            case "sum":
                return inputs[0] + inputs[1]
            case "flatten":
                return h.permute(0, 2, 3, 1).flatten(1)  # the order of Chainrule's weights behind it
            case _:
                return functional.linear(h, *tensors)


def model_of(cell: Cell, layout: torch.memory_format) -> Model:
    """For training."""
    layers = read_layers(cell.inputs)
    return Model(layers, read_parameters(layers, cell.inputs), layout)


def predictions(cell: Cell) -> list[tuple[Predict, Callable[[np.ndarray], torch.Tensor]]]:
    """Ways to predict, each with what it makes of rows beforehand: in either layout, as it is or optimized by PyTorch."""
    layers = read_layers(cell.inputs)
    layers, arrays = folded(layers, read_parameters(layers, cell.inputs))
    found: list[tuple[Predict, Callable[[np.ndarray], torch.Tensor]]] = []
    for layout in FORMATS:
        model = Model(layers, arrays, layout)
        traced = torch.jit.trace(Traced(model).eval(), model.batch(cell.x()[: cell.batch]))
        found += [(model.outputs, model.batch), (torch.jit.optimize_for_inference(traced), model.batch)]
    return found


class Traced(torch.nn.Module):
    """A model as tracing wants it."""

    def __init__(self, model: Model):
        super().__init__()
        self.outputs = model.outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.outputs(x)
