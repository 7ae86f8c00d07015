"""Where save() writes and load() reads: paths, objects like binary files, and bytes."""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING, Any, Protocol, Union

import numpy as np

from . import _prototypes
from ._errors import ArgumentError, ArgumentTypeError, FileError, check
from ._interrupts import guarded
from ._prototypes import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt


class BinaryWriter(Protocol):
    """write() returns the number of bytes it took, or None for all of them."""

    def write(self, data: bytes, /) -> Any: ...


class BinaryReader(Protocol):
    """read() returns at most `size` bytes, and none at the end."""

    def read(self, size: int, /) -> Any: ...


# A file's path, as os.fsencode() takes it: names that are not text are bytes, or strings with surrogate escapes.
AnyPath = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
Destination = Union[AnyPath, BinaryWriter]
Origin = Union[AnyPath, BinaryReader]


def is_path(file: Any, method: str) -> bool:
    """Whether a file is a path, not an object with this method."""
    return isinstance(file, (str, bytes, os.PathLike)) or not hasattr(file, method)


def encoded_path(path: Any) -> bytes:
    """A file's path in C."""
    try:
        encoded = os.fsencode(path)
    except TypeError:
        raise ArgumentTypeError(
            f"path must be a string, a path or an open binary file, not {type(path).__name__}"
        ) from None
    if b"\0" in encoded:
        raise ArgumentError(f"the path {path!r} holds a null character", Status.ERROR_VALUE)
    return encoded


def write_all(file: Any, data: bytes) -> None:
    """Hands bytes to an object's write()."""
    while data:
        taken = file.write(data)
        # Unbuffered files may take fewer.
        if not isinstance(taken, int):
            break
        if taken <= 0:
            raise FileError(f"write() took {taken} of {len(data)} bytes", Status.ERROR_FILE)
        data = data[taken:]


def write_callback(file: Any) -> Any:
    """The crl_write_function that hands bytes to an object's write()."""

    @guarded
    def write(_: Any, address: int, count: int) -> int:
        write_all(file, ctypes.string_at(address, count))
        return 0

    return _prototypes.crl_write_function(write)


def read_callback(file: Any) -> Any:
    """The crl_read_function that takes bytes from an object's read()."""

    @guarded
    def read(_: Any, address: int, capacity: int, count: Any) -> int:
        data = file.read(capacity)
        try:
            view = memoryview(data)
        except TypeError:
            raise ArgumentTypeError(
                f"read() must give bytes, not {type(data).__name__}: open the file in binary mode"
            ) from None
        # The library refuses more than it asked for.
        count[0] = view.nbytes
        if view.nbytes <= capacity:
            ctypes.memmove(address, _bytes_of(view), view.nbytes)
        return 0

    return _prototypes.crl_read_function(read)


def byte_array(data: Any) -> npt.NDArray[np.uint8]:
    """The bytes of an object, without a copy if they are contiguous."""
    try:
        view = memoryview(data)
    except TypeError:
        raise ArgumentTypeError(f"data must be bytes, not {type(data).__name__}") from None
    return np.frombuffer(view if view.c_contiguous else _bytes_of(view), np.uint8)


def _bytes_of(view: memoryview) -> bytes:
    """A copy of its bytes, in order. PyPy's memoryview.tobytes() ignores strides."""
    return view.tobytes() if view.c_contiguous else np.asarray(view).tobytes()


def saved_bytes(save_to_memory: Callable[..., int], *arguments: Any) -> bytes:
    """The bytes that a function of the library saves to memory."""
    count = ctypes.c_size_t()
    check(save_to_memory(*arguments, None, 0, ctypes.byref(count)))
    buffer = ctypes.create_string_buffer(count.value)
    check(save_to_memory(*arguments, buffer, count, ctypes.byref(count)))
    return buffer.raw
