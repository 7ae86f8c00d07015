#!/usr/bin/env python3
"""Writes shapes.json: what PyTorch makes of convolutions, pooling and normalization, for the tests to compare with.

Run it only to add cases: ``pip install torch && python make_shapes.py``. The tests need the file alone.

PyTorch computes in float64 from float32 numbers, as in make_golden.py. Its arrays are channels first and the library's
channels last: here each input and result is turned over. A convolution's weight is [out, in, taps…] in PyTorch and
[out, taps…, in] in the library, a transposed one's [in, out, taps…] and [in, taps…, out].

A case holds the layer as a member of an architecture's JSON, so that the tests read it with the library's own reader.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

generator = torch.Generator().manual_seed(20260101)
Case = dict[str, Any]


def uniform(*shape: int, low: float = -1.0, high: float = 1.0) -> Tensor:
    """Uniform float32 numbers, as float64."""
    return (low + (high - low) * torch.rand(*shape, generator=generator)).float().double()


def numbers(tensor: Tensor) -> list[float]:
    """The elements, row by row."""
    return [float(f"{x:.10g}") for x in tensor.detach().flatten().tolist()]


def channels_first(x: Tensor) -> Tensor:
    """[rows, …, channels] as [rows, channels, …]."""
    return x.movedim(-1, 1)


def channels_last(x: Tensor) -> Tensor:
    """[rows, channels, …] as [rows, …, channels]."""
    return x.movedim(1, -1)


def case(
    layer: dict[str, Any],
    shape: list[int],
    parameters: list[Tensor],
    function: Callable[..., Tensor],
    state: list[Tensor] | None = None,
    low: float = -2,
) -> Case:
    """h of 2 rows, and the gradients of h · δ. `function` gets x and the parameters in the library's layout."""
    x = uniform(2, *shape, low=low, high=2).requires_grad_()
    for parameter in parameters:
        parameter.requires_grad_()
    h = function(x, *parameters)
    delta = uniform(*h.shape)
    # A place has no gradient in PyTorch: 0.
    gradients = torch.autograd.grad(h + 0 * x.sum(), [x, *parameters], delta)
    return {
        "layer": json.dumps(layer),
        "shape": shape,
        "parameters": [number for parameter in parameters for number in numbers(parameter)],
        "state": [number for tensor in state or [] for number in numbers(tensor)],
        "x": numbers(x),
        "h": numbers(h),
        "delta": numbers(delta),
        "input_gradient": numbers(gradients[0]),
        "gradients": [number for gradient in gradients[1:] for number in numbers(gradient)],
    }


def convolution(
    shape: list[int],
    channels: int,
    kernel: list[int],
    *,
    stride: list[int] | None = None,
    padding: list[int] | None = None,
    dilation: list[int] | None = None,
    groups: int = 1,
    transposed: bool = False,
    output_padding: list[int] | None = None,
) -> Case:
    """A convolution with a bias and tanh."""
    axes = len(kernel)
    stride, dilation = stride or [1] * axes, dilation or [1] * axes
    before = padding or [0] * axes
    layer = {
        "type": "transposed_convolution" if transposed else "convolution",
        "channels": channels,
        "kernel": kernel,
        "stride": stride,
        "dilation": dilation,
        "padding": "explicit",
        "before": before,
        "after": [n - more for n, more in zip(before, output_padding or [0] * axes)],
        "groups": groups,
        "bias": True,
        "activation": "tanh",
    }
    rows, columns = (shape[-1], channels // groups) if transposed else (channels, shape[-1] // groups)
    weight, bias = uniform(rows, *kernel, columns), uniform(channels)
    functions = [F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d]
    if not transposed:
        functions = [F.conv1d, F.conv2d, F.conv3d]

    def compute(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        more = {"output_padding": output_padding} if output_padding else {}
        z = functions[axes - 1](
            channels_first(x), channels_first(weight), bias, stride, before, groups=groups, dilation=dilation, **more
        )
        return torch.tanh(channels_last(z))

    return case(layer, shape, [weight, bias], compute)


def pooling(method: str, shape: list[int], kernel: list[int], stride: list[int], padding: list[int]) -> Case:
    """Pooling with a window."""
    layer = {
        "type": "pooling",
        "method": method,
        "kernel": kernel,
        "stride": stride,
        "dilation": [1] * len(kernel),
        "padding": "explicit",
        "before": padding,
        "after": padding,
    }
    maximum = [F.max_pool1d, F.max_pool2d, F.max_pool3d][len(kernel) - 1]
    mean = [F.avg_pool1d, F.avg_pool2d, F.avg_pool3d][len(kernel) - 1]

    def compute(x: Tensor) -> Tensor:
        first = channels_first(x)
        if method == "maximum":
            return channels_last(maximum(first, kernel, stride, padding))
        return channels_last(mean(first, kernel, stride, padding, count_include_pad=method == "mean_with_padding"))

    return case(layer, shape, [], compute)


def normalization(kind: str, shape: list[int], *, groups: int = 1, epsilon: float = 0.001) -> Case:
    """Normalization with a scale and, except after a root mean square, an offset."""
    layer: dict[str, Any] = {"type": f"{kind}_normalization", "epsilon": epsilon, "affine": True}
    channels = shape[-1]
    parameters = [uniform(channels, low=0.5, high=1.5)] + ([] if kind == "rms" else [uniform(channels)])
    state: list[Tensor] = []
    if kind == "group":
        layer["groups"] = groups
    if kind == "batch":
        layer["momentum"] = 0.1
        state = [uniform(channels), uniform(channels, low=0.5, high=2)]
    epsilon = torch.tensor(epsilon, dtype=torch.float32).double().item()

    def compute(x: Tensor, *parameters: Tensor) -> Tensor:
        if kind == "layer":
            return F.layer_norm(x, [channels], *parameters, eps=epsilon)
        if kind == "rms":
            return F.rms_norm(x, [channels], *parameters, eps=epsilon)
        first = channels_first(x)
        if kind == "group":
            return channels_last(F.group_norm(first, groups, *parameters, eps=epsilon))
        return channels_last(F.batch_norm(first, *state, *parameters, training=False, eps=epsilon))

    return case(layer, shape, parameters, compute, state)


def prelu(shape: list[int]) -> Case:
    """A slope for each channel."""
    return case(
        {"type": "prelu"},
        shape,
        [uniform(shape[-1], low=0, high=0.5)],
        lambda x, weight: channels_last(F.prelu(channels_first(x), weight)),
    )


def function(name: str, compute: Callable[[Tensor], Tensor], *, above: float = -2, **members: float) -> Case:
    """A function of each element."""
    return case({"type": "function", "function": name, **members}, [3, 7], [], compute, low=above)


def reduction(method: str, shape: list[int], axes: list[int], keeps_axes: bool) -> Case:
    """A sum, a mean, an extreme or its place; PyTorch knows the place along one axis alone."""
    layer = {"type": "reduction", "method": method, "axes": axes, "keeps_axes": keeps_axes}
    along = [axis + 1 for axis in axes]

    def compute(x: Tensor) -> Tensor:
        if method == "argmax":
            return x.argmax(along[0], keepdim=keeps_axes).double()
        if method in ("sum", "mean"):
            return getattr(x, method)(along, keepdim=keeps_axes)
        for axis in sorted(along, reverse=True):
            x = getattr(x, method[:3])(axis, keepdim=keeps_axes).values
        return x

    return case(layer, shape, [], compute)


cases = [
    convolution([7, 3], 4, [3]),
    convolution([9, 4], 6, [3], stride=[2], padding=[1], dilation=[2], groups=2),
    convolution([6, 5, 3], 4, [3, 2]),
    convolution([6, 7, 4], 6, [3, 3], stride=[2, 1], padding=[1, 2], groups=2),
    convolution([6, 6, 5], 5, [3, 3], stride=[1, 2], padding=[1, 1], groups=5),
    convolution([5, 4, 3], 8, [1, 1]),
    convolution([4, 5, 4, 2], 3, [2, 3, 2], padding=[1, 0, 1]),
    convolution([5, 3], 4, [3], stride=[2], transposed=True),
    convolution([4, 5, 4], 6, [3, 3], stride=[2, 2], padding=[1, 1], groups=2, transposed=True),
    pooling("maximum", [6, 7, 3], [3, 2], [2, 2], [1, 0]),
    pooling("mean", [6, 7, 3], [3, 3], [2, 2], [1, 1]),
    pooling("mean_with_padding", [6, 7, 3], [3, 3], [2, 2], [1, 1]),
    pooling("maximum", [9, 4], [3], [3], [0]),
    normalization("batch", [3, 4, 5]),
    normalization("layer", [4, 9]),
    normalization("rms", [4, 9]),
    normalization("group", [3, 4, 6], groups=3),
    normalization("group", [3, 4, 6], groups=6),
    prelu([3, 4, 5]),
    case({"type": "broadcast", "shape": [4, 3, 2, 5]}, [3, 1, 5], [], lambda x: x.unsqueeze(1).expand(2, 4, 3, 2, 5)),
    function("affine", lambda x: -1.5 * x + 0.25, factor=-1.5, offset=0.25),
    function("clip", lambda x: x.clamp(-0.75, 1.25), low=-0.75, high=1.25),
    function("log", torch.log, above=0.1),
    function("square_root", torch.sqrt, above=0.1),
    function("absolute", torch.abs),
    function("reciprocal", torch.reciprocal, above=0.1),
    function("square", torch.square),
    function("erf", torch.erf),
    reduction("sum", [3, 4, 5], [1], False),
    reduction("mean", [3, 4, 5], [0, 2], True),
    reduction("maximum", [3, 4, 5], [2, 1], False),
    reduction("minimum", [3, 4, 5], [0, 1], True),
    reduction("argmax", [3, 4, 5], [1], False),
    convolution([5, 3], 4, [2], stride=[3], transposed=True, output_padding=[2]),
    convolution([3, 4, 4], 6, [3, 3], stride=[2, 3], padding=[1, 0], groups=2, transposed=True, output_padding=[1, 2]),
]
Path(__file__).with_name("shapes.json").write_text(json.dumps(cases) + "\n")
