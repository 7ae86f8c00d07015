"""The fixed facts of a built network: its sizes, and the places of its tensors in the flat parameter vector."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from . import _prototypes
from ._arrays import RowFunction, channels_last, size_error
from ._errors import check, results
from ._handles import FloatArray, Handle
from ._library import library
from ._prototypes import LayerKind


class Tensor(NamedTuple):
    """A parameter tensor: its name, its first element in the flat vector and its shape."""

    name: str
    offset: int
    shape: tuple[int, ...]

    def view(self, vector: FloatArray) -> FloatArray:
        """The tensor's part of a flat vector, in its shape."""
        return vector[self.offset : self.offset + math.prod(self.shape)].reshape(self.shape)


class Layout(NamedTuple):
    """A built network's sizes, the tensors of its parameters, and prediction for these sizes."""

    inputs: int
    shape: tuple[int, ...]  # of x for one sample, if the network has a first layer that says it
    outputs: int
    parameter_count: int
    multiplications: int  # of a row's forward pass, at most
    tensors: tuple[Tensor, ...]
    predict: RowFunction

    def samples(self, x: Any, what: str = "x") -> Any:
        """Samples with the channels last, of those with the channels first."""
        return channels_last(x, self.inputs, self.shape, what)

    def unflatten(self, vector: FloatArray) -> Mapping[str, FloatArray]:
        """Views of the tensors in a flat vector, by name."""
        if vector.shape != (self.parameter_count,):
            raise size_error(f"vector has shape {vector.shape}; it must be ({self.parameter_count},)")
        # Read-only: an array assigned to a dict's key would change nothing.
        return MappingProxyType({tensor.name: tensor.view(vector) for tensor in self.tensors})


def layout_of(network: Handle) -> Layout:
    """The layout of a network, or StateError if it is not built."""
    (inputs,) = results(library.crl_network_input_size, network)
    (outputs,) = results(library.crl_network_output_size, network)
    (tensor_count,) = results(library.crl_network_tensor_count, network)
    tensors = tuple(_tensor(network, index) for index in range(tensor_count.value))
    count = sum(math.prod(tensor.shape) for tensor in tensors)
    (layers,) = results(library.crl_network_layer_count, network)
    work = count * max(math.prod(shape_of(network, index)[:-1]) for index in range(layers.value))
    shape = _input_shape(network, inputs.value)
    predict = RowFunction("crl_network_predict", inputs.value, outputs.value, work, network.callbacks, shape=shape)
    return Layout(inputs.value, shape, outputs.value, count, work, tensors, predict)


def _input_shape(network: Handle, inputs: int) -> tuple[int, ...]:
    """The shape of x for one sample: that of a first layer that gives it one. ONNX models have their own order."""
    onnx_inputs, _ = results(library.crl_network_onnx_count, network)
    if onnx_inputs.value:
        return (inputs,)
    first = _prototypes.crl_layer.default()
    check(library.crl_network_layer(network, 0, ctypes.byref(first)))
    shape = shape_of(network, 0)
    gives = first.kind in (LayerKind.RESHAPE, LayerKind.INPUT) and math.prod(shape) == inputs
    return shape if gives else (inputs,)


def shape_of(network: Handle, layer: int) -> tuple[int, ...]:
    """The lengths of a layer's axes."""
    extents = (ctypes.c_size_t * 4)()
    (rank,) = results(library.crl_network_layer_shape, network, layer, extents, len(extents))
    return tuple(extents[: rank.value])


def _tensor(network: Handle, index: int) -> Tensor:
    tensor = _prototypes.crl_tensor.default()
    check(library.crl_network_tensor(network, index, ctypes.byref(tensor)))
    extents = (ctypes.c_size_t * 5)()
    (rank,) = results(library.crl_network_tensor_shape, network, index, extents, len(extents))
    return Tensor(tensor.name.decode(), tensor.offset, tuple(extents[: rank.value]))


def state_tensors_of(network: Handle) -> tuple[Tensor, ...]:
    """The tensors of a network's state, and their places in the state vector."""
    (number,) = results(library.crl_network_state_tensor_count, network)
    tensors = []
    for index in range(number.value):
        tensor = _prototypes.crl_tensor.default()
        check(library.crl_network_state_tensor(network, index, ctypes.byref(tensor)))
        extents = (ctypes.c_size_t * 4)()
        (rank,) = results(library.crl_network_state_tensor_shape, network, index, extents, len(extents))
        tensors.append(Tensor(tensor.name.decode(), tensor.offset, tuple(extents[: rank.value])))
    return tuple(tensors)
