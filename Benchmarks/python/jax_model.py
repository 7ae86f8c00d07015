"""A convolutional network in JAX, its arrays with their channels last."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from layers import EPSILON, MOMENTUM, Layer, folded, read_layers, read_parameters
from worker import Cell

AXES = ("NHWC", "HWIO", "NHWC")


class Model:
    """How depthwise convolutions are computed: as grouped ones, or as the sum over the taps of shifted products, which
    XLA makes one loop of."""

    def __init__(self, cell: Cell, shifts: bool, is_training: bool):
        layers = read_layers(cell.inputs)
        arrays = read_parameters(layers, cell.inputs)
        self.layers, arrays = (layers, arrays) if is_training else folded(layers, arrays)
        self.shifts = shifts
        self.shape = self.layers[0].shape
        self.arrays = [
            [self.in_order(layer, array) for array in some] for layer, some in zip(self.layers, arrays, strict=True)
        ]

    @staticmethod
    def in_order(layer: Layer, array: np.ndarray) -> np.ndarray:
        if array.ndim == 4:
            return array.transpose(1, 2, 3, 0)
        return array.T if layer.kind == "dense" else array

    def initial(self) -> tuple[list, list]:
        """What is trained, and the running statistics, of each layer."""
        tensors = [[jnp.array(array, jnp.float32) for array in some] for some in self.arrays]
        return [some[:2] for some in tensors], [some[2:] for some in tensors]

    def outputs(self, parameters: list, statistics: list, x: jax.Array) -> tuple[jax.Array, list]:
        """Also the running statistics as the batch moves them."""
        results, moved = {-1: x}, []
        for place, (layer, some, state) in enumerate(zip(self.layers, parameters, statistics, strict=True)):
            inputs = [results[read] for read in layer.inputs]
            if layer.kind == "normalization":
                h, state = normalized(inputs[0], *some, *state)
            else:
                h = self.result(layer, some, inputs)
            results[place] = jnp.maximum(h, 0) if layer.relu else h
            moved.append(state)
        return results[len(self.layers) - 1], moved

    def result(self, layer: Layer, parameters: list[jax.Array], inputs: list[jax.Array]) -> jax.Array:
        h = inputs[0]
        window, stride = (1, *layer.kernel, 1), (1, *layer.stride, 1)
        match layer.kind:
            case "convolution":
                z = self.depthwise(layer, parameters[0], h) if layer.is_depthwise else grouped(layer, parameters[0], h)
                return z + parameters[1] if layer.bias else z
            case "relu":
                return jnp.maximum(h, 0)
            case "maximum":
                return jax.lax.reduce_window(h, -jnp.inf, jax.lax.max, window, stride, "VALID")
            case "mean" if layer.kernel == layer.shape[:2]:
                return h.mean((1, 2), keepdims=True)
            case "sum":
                return inputs[0] + inputs[1]
            case "flatten":
                return h.reshape(len(h), -1)
            case "dense":
                return h @ parameters[0] + parameters[1]
            case _:
                raise ValueError(f"no such layer: {layer.kind}")

    def depthwise(self, layer: Layer, weights: jax.Array, h: jax.Array) -> jax.Array:
        if not self.shifts:
            return grouped(layer, weights, h)
        (high, wide), (down, right) = layer.output[:2], layer.stride
        h = jnp.pad(h, ((0, 0), *zip(layer.before, layer.after, strict=True), (0, 0)))
        return sum(
            h[:, i : i + (high - 1) * down + 1 : down, j : j + (wide - 1) * right + 1 : right] * weights[i, j, 0]
            for i in range(layer.kernel[0])
            for j in range(layer.kernel[1])
        )


def grouped(layer: Layer, weights: jax.Array, h: jax.Array) -> jax.Array:
    padding = tuple(zip(layer.before, layer.after, strict=True))
    return jax.lax.conv_general_dilated(
        h, weights, layer.stride, padding, dimension_numbers=AXES, feature_group_count=layer.groups
    )


def normalized(
    h: jax.Array, scale: jax.Array, offset: jax.Array, mean: jax.Array, variance: jax.Array
) -> tuple[jax.Array, list[jax.Array]]:
    own, count = h.mean((0, 1, 2)), h.size // h.shape[-1]
    own_variance = ((h - own) ** 2).mean((0, 1, 2))
    moved = [old + MOMENTUM * (new - old) for old, new in ((mean, own), (variance, own_variance * count / (count - 1)))]
    return (h - own) * (scale * jax.lax.rsqrt(own_variance + EPSILON)) + offset, moved
