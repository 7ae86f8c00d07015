"""Tensors as safetensors: read from anyone's bytes, and written for the library, which reads no other format."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ._errors import FileFormatError
from ._prototypes import Status

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._handles import FloatArray

# As long as safetensors itself allows.
_LONGEST_HEADER = 100_000_000
# BF16 has no type in numpy: it is widened.
_TYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": "<u2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "|i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "|u1",
    "BOOL": "|b1",
}


def malformed(message: str) -> FileFormatError:
    """The exception for a file that is not as its format says."""
    return FileFormatError(message, Status.ERROR_FORMAT)


def widened(halves: npt.NDArray[np.uint16]) -> FloatArray:
    """The float32 numbers of bfloat16 bits: a bfloat16 is the upper half of a float32."""
    return (halves.astype(np.uint32) << np.uint32(16)).view(np.float32)


def parsed_json(text: bytes, what: str) -> Any:
    """The value of a JSON text from a file. No object may have a name twice."""

    def once(members: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(members)
        if len(found) < len(members):
            names = [name for name, _ in members]
            raise malformed(f"{what} has {next(name for name in names if names.count(name) > 1)!r} twice")
        return found

    try:
        return json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise malformed(f"{what} is no JSON that can be read: {error}") from None


def read_safetensors(data: bytes) -> dict[str, npt.NDArray[Any]]:
    """The tensors of a safetensors file, by name: read-only arrays on `data`, and float32 ones of bfloat16."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or not 2 <= length <= min(_LONGEST_HEADER, len(data) - 8):
        raise malformed(f"no safetensors file: {len(data)} bytes cannot hold a header of {length}")
    header = parsed_json(data[8 : 8 + length], "the header")
    if not isinstance(header, dict):
        raise malformed(f"the header is a JSON {type(header).__name__}, not an object")
    # The header is ended: offsets count from here.
    return {name: _tensor(data, 8 + length, name, entry) for name, entry in header.items() if name != "__metadata__"}


def _tensor(data: bytes, start: int, name: str, entry: Any) -> npt.NDArray[Any]:
    try:
        kind, shape, (first, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
    except (KeyError, TypeError, ValueError):
        raise malformed(f"the tensor {name!r} has no dtype, shape and two data_offsets") from None
    if not isinstance(kind, str) or kind not in _TYPES:
        raise malformed(f"the tensor {name!r} has the dtype {kind!r}; there are {', '.join(_TYPES)}")
    if not isinstance(shape, list) or len(shape) > 32 or not all(type(n) is int and n >= 0 for n in shape):
        raise malformed(f"the tensor {name!r} has the shape {shape!r}")
    if type(first) is not int or type(end) is not int or not 0 <= first <= end <= len(data) - start:
        raise malformed(f"the tensor {name!r} lies from {first!r} to {end!r} in {len(data) - start} bytes of data")
    dtype = np.dtype(_TYPES[kind])
    count = math.prod(shape)
    if count * dtype.itemsize != end - first:
        raise malformed(f"the tensor {name!r} of shape {shape} has {end - first} bytes")
    array = np.frombuffer(data, dtype, count, start + first).reshape(shape)
    return widened(array) if kind == "BF16" else array


def safetensors_bytes(tensors: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """A safetensors file of these tensors, in float32."""
    header, parts, end = {}, [], 0
    for name, tensor in tensors.items():
        part = np.ascontiguousarray(tensor, "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [end, end + len(part)]}
        parts.append(part)
        end += len(part)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(8, "little"), text, *parts])
