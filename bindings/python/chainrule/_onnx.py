"""Networks from ONNX models."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _prototypes
from ._arrays import count
from ._description import encoded
from ._errors import ArgumentTypeError, check, results
from ._library import library

if TYPE_CHECKING:
    from ._handles import Handle

# A tensor of an ONNX model has no more axes.
_MOST_AXES = 16


class OnnxTensor(NamedTuple):
    """An input or output of an ONNX model.

    Attributes
    ----------
    name
        Its name in the model.
    shape
        The lengths of its axes for one row; the batch's axis has length 1.
    batch_axis
        Which axis the rows are; None if the whole tensor is one row.
    """

    name: str
    shape: tuple[int, ...]
    batch_axis: int | None


def onnx_options(memory_limit: int, input_shapes: Mapping[str, Sequence[int | None]]) -> Any:
    """Options for load_onnx()."""
    if not isinstance(input_shapes, Mapping):
        raise ArgumentTypeError(f"input_shapes must be a dict of names and lengths, not {input_shapes!r}")
    options = _prototypes.crl_onnx_options.default()
    shapes = (_prototypes.crl_onnx_shape * len(input_shapes))()
    for place, (name, given) in zip(shapes, input_shapes.items()):
        if isinstance(given, (str, bytes)) or not isinstance(given, Sequence):
            raise ArgumentTypeError(f"input_shapes[{name!r}] must be a tuple of lengths, not {given!r}")
        axes = [
            _prototypes.CRL_AUTO_SIZE if length is None else count(length, f"a length of {name!r}") for length in given
        ]
        # An array of no elements has no address.
        place.input, place.lengths, place.rank = encoded(name), (ctypes.c_size_t * max(1, len(axes)))(*axes), len(axes)
    options.memory_limit, options.shapes, options.shapes_count = memory_limit, shapes, len(shapes)
    return ctypes.byref(options)


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
