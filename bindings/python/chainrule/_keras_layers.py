"""Keras' layers, made of this library's."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ._exchange import refused
from ._keras_recurrent import bidirectional, recurrent

if TYPE_CHECKING:
    from ._handles import FloatArray
    from ._keras_building import Building, Given


def add(building: Building, given: Given) -> None:
    """Adds what computes the same as the layer."""
    if given.kind not in _KINDS:
        raise refused(f"the layer {given.name!r} is a {given.kind}, which is not read")
    _KINDS[given.kind](building, given)


def _dense(building: Building, given: Given) -> None:
    units, has_bias = given.config["units"], given.config["use_bias"]
    read = given.take(weight=(building.channels(given.source), units), bias=(units,) if has_bias else None)
    how = building.activation(given)
    building.network.add_dense(units, name=given.name, input=given.source, bias=has_bias, **how)
    building.know(given.name, {key: tensor.T for key, tensor in read.items()})


def _embedding(building: Building, given: Given) -> None:
    given.only(mask_zero=False)
    tokens, width = given.config["input_dim"], given.config["output_dim"]
    read = given.take(weight=(tokens, width))
    building.network.add_embedding(tokens, width, name=given.name, input=given.source)
    building.know(given.name, read)


# Convolution and pooling


def _window(given: Given) -> dict[str, Any]:
    given.only(data_format="channels_last", output_padding=None)
    if given.config["padding"] not in ("valid", "same", "causal"):
        raise refused(f"the layer {given.name!r} has the padding {given.config['padding']!r:.100}")
    keys = {"kernel": "kernel_size", "stride": "strides", "dilation": "dilation_rate"}
    return {"padding": given.config["padding"], **{ours: list(given.config[key]) for ours, key in keys.items()}}


def _convolution(building: Building, given: Given) -> None:
    window, channels, groups = _window(given), given.config["filters"], given.config.get("groups") or 1
    has_bias = given.config["use_bias"]
    read = given.take(
        weight=(*window["kernel"], building.channels(given.source) // groups, channels),
        bias=(channels,) if has_bias else None,
    )
    how = {**window, **building.activation(given), "name": given.name, "input": given.source}
    building.network.add_convolution(channels, groups=groups, bias=has_bias, **how)
    building.know(given.name, {**read, "weight": np.moveaxis(read["weight"], -1, 0)})


def _transposed_convolution(building: Building, given: Given) -> None:
    given.only(groups=1)
    window, channels, has_bias = _window(given), given.config["filters"], given.config["use_bias"]
    read = given.take(
        weight=(*window["kernel"], channels, building.channels(given.source)),
        bias=(channels,) if has_bias else None,
    )
    how = {**window, **building.activation(given), "name": given.name, "input": given.source}
    building.network.add_transposed_convolution(channels, bias=has_bias, **how)
    building.know(given.name, {**read, "weight": np.moveaxis(read["weight"], -1, 0)})


def _depthwise(building: Building, given: Given) -> None:
    window, inputs = _window(given), building.channels(given.source)
    each, has_bias = given.config["depth_multiplier"], given.config["use_bias"]
    channels = inputs * each
    read = given.take(weight=(*window["kernel"], inputs, each), bias=(channels,) if has_bias else None)
    how = {**window, **building.activation(given), "name": given.name, "input": given.source}
    building.network.add_convolution(channels, groups=inputs, bias=has_bias, **how)
    building.know(given.name, {**read, "weight": _weight_of_depthwise(read["weight"])})


def _separable(building: Building, given: Given) -> None:
    window, inputs, channels = _window(given), building.channels(given.source), given.config["filters"]
    each, has_bias = given.config["depth_multiplier"], given.config["use_bias"]
    ones, first = [1] * len(window["kernel"]), f"{given.name}_depthwise"
    read = given.take(
        depthwise=(*window["kernel"], inputs, each),
        weight=(*ones, inputs * each, channels),
        bias=(channels,) if has_bias else None,
    )
    building.network.add_convolution(inputs * each, groups=inputs, bias=False, name=first, input=given.source, **window)
    building.know(first, {"weight": _weight_of_depthwise(read.pop("depthwise"))})
    how = building.activation(given)
    building.network.add_convolution(channels, ones, bias=has_bias, name=given.name, input=first, **how)
    building.know(given.name, {**read, "weight": np.moveaxis(read["weight"], -1, 0)})


def _weight_of_depthwise(kernel: FloatArray) -> FloatArray:
    """(taps…, channels, each) as (channels · each, taps…, 1)."""
    *taps, channels, each = kernel.shape
    return np.moveaxis(kernel.reshape(*taps, channels * each), -1, 0)[..., np.newaxis]


def _pooling(building: Building, given: Given) -> None:
    given.take()
    given.only(data_format="channels_last")
    method = "maximum" if "Max" in given.kind else "mean"
    how: dict[str, Any] = {"name": given.name, "input": given.source}
    if given.config.get("keepdims"):
        positions = list(range(len(building.shape(given.source)) - 1))
        building.network.add_reduction(method, positions, keepdims=True, **how)
    elif given.kind.startswith("Global"):
        building.network.add_pooling(method, **how)
    else:
        size, stride, padding = (given.config[key] for key in ("pool_size", "strides", "padding"))
        building.network.add_pooling(method, size, stride=size if stride is None else stride, padding=padding, **how)
    building.know(given.name)


# Normalization


def _normalization(building: Building, given: Given) -> None:
    # Keras counts an axis for the rows.
    axis = given.config["axis"]
    if (axis if isinstance(axis, list) else [axis]) not in ([-1], [len(building.shape(given.source))]):
        raise refused(f"the layer {given.name!r} works along the axis {axis!r:.100}; only the last one is read")
    given.only(rms_scaling=False)
    channels = (building.channels(given.source),)
    is_batch = given.kind == "BatchNormalization"
    read = given.take(
        weight=channels if given.config["scale"] else None,
        bias=channels if given.config["center"] else None,
        **({"running_mean": channels, "running_var": channels} if is_batch else {}),
    )
    how: dict[str, Any] = {"epsilon": given.config["epsilon"], "name": given.name, "input": given.source}
    if is_batch:
        how["momentum"] = 1 - given.config["momentum"]
    building.network.add_normalization("batch" if is_batch else "layer", **how)
    unchanging = {"weight": np.ones(channels, np.float32), "bias": np.zeros(channels, np.float32)}
    building.know(given.name, {**unchanging, **read})


# Activations


def _activation(building: Building, given: Given) -> None:
    given.take()
    building.network.add_activation(name=given.name, input=given.source, **building.activation(given))
    building.know(given.name)


def _rectifier(building: Building, given: Given) -> None:
    """ReLU, LeakyReLU or ELU, each with its own number."""
    given.take()
    given.only(threshold=0)
    config = given.config
    largest, slope = config.get("max_value"), config.get("negative_slope", config.get("alpha", 0.0))
    if largest is not None and slope:
        raise refused(f"the layer {given.name!r} has a slope below 0 and a largest value; one of them is read")
    activation, alpha = ("leaky_relu", slope) if slope else ("relu", None)
    if given.kind == "ELU":
        activation, alpha = "elu", slope
    elif largest is not None:
        activation, alpha = "clipped_relu", largest
    building.network.add_activation(activation, alpha=alpha, name=given.name, input=given.source)
    building.know(given.name)


def _rescaling(building: Building, given: Given) -> None:
    given.take()
    scale, offset = given.config["scale"], given.config["offset"]
    building.network.add_function("affine", scale, offset, name=given.name, input=given.source)
    building.know(given.name)


def _softmax(building: Building, given: Given) -> None:
    given.take()
    axis = _axis(building, given)
    building.network.add_softmax(axis, name=given.name, input=given.source)
    building.know(given.name)


def _prelu(building: Building, given: Given) -> None:
    *positions, channels = building.shape(given.source)
    read = given.take(weight=(*[1] * len(positions), channels))
    building.network.add_prelu(name=given.name, input=given.source)
    building.know(given.name, {"weight": read["weight"].reshape(channels)})


# Moving and combining


def _axis(building: Building, given: Given) -> int:
    """Our number of an axis: Keras counts one for the rows, and from the end, too."""
    axis: int = given.config["axis"]
    return axis + len(building.shape(given.inputs[0])) if axis < 0 else axis - 1


def _reshape(building: Building, given: Given) -> None:
    given.take()
    shape = list(given.config["target_shape"])
    if -1 in shape:
        shape[shape.index(-1)] = math.prod(building.shape(given.source)) // max(1, -math.prod(shape))
    building.network.add_reshape(shape, name=given.name, input=given.source)
    building.know(given.name)


def _permute(building: Building, given: Given) -> None:
    given.take()
    building.network.add_transpose([axis - 1 for axis in given.config["dims"]], name=given.name, input=given.source)
    building.know(given.name)


def _zero_padding(building: Building, given: Given) -> None:
    given.take()
    given.only(data_format="channels_last")
    pairs = given.config["padding"]
    if len(building.shape(given.source)) == 2:
        pairs = [pairs]
    before, after = ([pair[end] for pair in pairs] for end in (0, 1))
    building.network.add_zero_padding(before, after, name=given.name, input=given.source)
    building.know(given.name)


def _upsampling(building: Building, given: Given) -> None:
    given.take()
    given.only(data_format="channels_last", interpolation="nearest")
    building.network.add_upsampling(given.config["size"], name=given.name, input=given.source)
    building.know(given.name)


def _concatenation(building: Building, given: Given) -> None:
    given.take()
    building.network.add_concatenation(given.inputs, axis=_axis(building, given), name=given.name)
    building.know(given.name)


def _merge(how: str) -> Callable[[Building, Given], None]:
    def merge(building: Building, given: Given) -> None:
        given.take()
        building.merge(how, given.name, given.inputs)

    return merge


def _plain(method: str, *options: str) -> Callable[[Building, Given], None]:
    """A layer without weights: the method that adds it, and the options that are its arguments."""

    def add(building: Building, given: Given) -> None:
        given.take()
        given.only(data_format="channels_last")
        arguments = [given.config[option] for option in options]
        getattr(building.network, f"add_{method}")(*arguments, name=given.name, input=given.source)
        building.know(given.name)

    return add


def _at_every_step(building: Building, given: Given) -> None:
    layer = given.config["layer"]
    if layer["class_name"] not in ("Dense", "Activation", "Dropout"):
        raise refused(
            f"the layer {given.name!r} has a {layer['class_name']} for every step; "
            "Dense, Activation and Dropout are read"
        )
    add(building, given._replace(kind=layer["class_name"], config=layer["config"]))


def _of_dimensions(kind: str, *dimensions: int) -> list[str]:
    return [kind.replace("#", f"{number}D") for number in dimensions]


_KINDS: dict[str, Callable[[Building, Given], None]] = {
    "Dense": _dense,
    "Embedding": _embedding,
    **dict.fromkeys(_of_dimensions("Conv#", 1, 2, 3), _convolution),
    **dict.fromkeys(_of_dimensions("Conv#Transpose", 1, 2, 3), _transposed_convolution),
    **dict.fromkeys(_of_dimensions("DepthwiseConv#", 1, 2), _depthwise),
    **dict.fromkeys(_of_dimensions("SeparableConv#", 1, 2), _separable),
    **dict.fromkeys(_of_dimensions("MaxPooling#", 1, 2, 3), _pooling),
    **dict.fromkeys(_of_dimensions("AveragePooling#", 1, 2, 3), _pooling),
    **dict.fromkeys(_of_dimensions("GlobalMaxPooling#", 1, 2, 3), _pooling),
    **dict.fromkeys(_of_dimensions("GlobalAveragePooling#", 1, 2, 3), _pooling),
    "BatchNormalization": _normalization,
    "LayerNormalization": _normalization,
    "Activation": _activation,
    "ReLU": _rectifier,
    "LeakyReLU": _rectifier,
    "ELU": _rectifier,
    "Softmax": _softmax,
    "PReLU": _prelu,
    "SimpleRNN": recurrent,
    "GRU": recurrent,
    "LSTM": recurrent,
    "Bidirectional": bidirectional,
    "TimeDistributed": _at_every_step,
    "Flatten": _plain("flatten"),
    "Reshape": _reshape,
    "Permute": _permute,
    "Dropout": _plain("dropout", "rate"),
    **dict.fromkeys(_of_dimensions("SpatialDropout#", 1, 2, 3), _plain("channel_dropout", "rate")),
    "GaussianNoise": _plain("noise", "stddev"),
    "Rescaling": _rescaling,
    **dict.fromkeys(_of_dimensions("ZeroPadding#", 1, 2, 3), _zero_padding),
    **dict.fromkeys(_of_dimensions("UpSampling#", 1, 2, 3), _upsampling),
    "Add": _merge("sum"),
    "Average": _merge("mean"),
    "Subtract": _merge("difference"),
    "Multiply": _merge("product"),
    "Maximum": _merge("maximum"),
    "Minimum": _merge("minimum"),
    "Concatenate": _concatenation,
}
