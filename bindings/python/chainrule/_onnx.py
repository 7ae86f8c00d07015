"""Networks from ONNX models."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, NamedTuple

from ._errors import check, results
from ._library import library

if TYPE_CHECKING:
    from ._handles import Handle

# A tensor of an ONNX model has no more axes.
_MOST_AXES = 16


class OnnxTensor(NamedTuple):
    """An input or output of an ONNX model.

    Attributes:
        name: its name in the model.
        shape: the lengths of its axes for one row; the batch's axis has length 1.
        batch_axis: which axis the rows are; None if the whole tensor is one row.
    """

    name: str
    shape: tuple[int, ...]
    batch_axis: int | None


def onnx_tensors(network: Handle) -> tuple[tuple[OnnxTensor, ...], tuple[OnnxTensor, ...]]:
    """The inputs and the outputs of the model that a network was read from."""
    inputs, outputs = results(library.crl_network_onnx_count, network)
    return (
        tuple(_tensor(library.crl_network_onnx_input, network, index) for index in range(inputs.value)),
        tuple(_tensor(library.crl_network_onnx_output, network, index) for index in range(outputs.value)),
    )


def _tensor(function: Any, network: Handle, index: int) -> OnnxTensor:
    name, rank, batch_axis = ctypes.c_char_p(), ctypes.c_size_t(), ctypes.c_int32()
    extents = (ctypes.c_size_t * _MOST_AXES)()
    references = map(ctypes.byref, (rank, batch_axis))
    check(function(network, index, ctypes.byref(name), extents, _MOST_AXES, *references))
    text = (name.value or b"").decode("utf-8", "replace")
    return OnnxTensor(text, tuple(extents[: rank.value]), None if batch_axis.value < 0 else batch_axis.value)
