"""From array-likes to what the library takes: float32 rows with a stride. What fits already is not copied."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _prototypes
from ._errors import ArgumentError
from ._handles import FloatArray

if TYPE_CHECKING:
    import numpy.typing as npt

FLOAT = np.dtype(np.float32)
_FLOAT_SIZE = FLOAT.itemsize


class Rows(NamedTuple):
    """A matrix as the library takes it: address, rows and stride in floats, and the array that owns the memory."""

    array: FloatArray
    address: int
    rows: int
    stride: int
    single: bool
    """Whether the caller gave one row, a (columns,) array."""


def address_of(array: npt.NDArray[Any]) -> int:
    """The address of the array's first element; several times faster than `array.ctypes.data`."""
    address: int = array.__array_interface__["data"][0]
    return address


def size_error(message: str) -> ArgumentError:
    """The exception for a wrong shape or count."""
    return ArgumentError(message, _prototypes.CRL_ERROR_SIZE)


def count(value: Any, what: str, limit: int = 2**63 - 1) -> int:
    """An integer that the library's unsigned parameter can hold; ctypes alone would wrap it silently."""
    number = operator.index(value)
    if not 0 <= number <= limit:
        raise size_error(f"{what} is {number}; it must be between 0 and {limit}")
    return number


def seed_value(value: Any) -> int:
    """A seed: any unsigned 64-bit integer."""
    return count(value, "seed", 2**64 - 1)


def _fits(array: npt.NDArray[Any]) -> bool:
    """Whether the library can read or write this two-dimensional array in place."""
    if array.dtype != FLOAT or not array.flags.aligned:
        return False
    if array.flags.c_contiguous:
        return True
    row, element = array.strides
    columns = array.shape[1]
    return (element == _FLOAT_SIZE or columns == 1) and row >= columns * _FLOAT_SIZE and row % _FLOAT_SIZE == 0


def _stride(array: FloatArray) -> int:
    return array.shape[1] if array.flags.c_contiguous else array.strides[0] // _FLOAT_SIZE


def _converted(array: npt.NDArray[Any]) -> FloatArray:
    # same_kind: numbers of any size, but no complex numbers, strings or objects.
    return array.astype(np.float32, order="C", casting="same_kind")


def as_rows(values: Any, columns: int, what: str) -> Rows:
    """Rows of `columns` floats from an array-like of shape (rows, columns) or (columns,)."""
    array = values if isinstance(values, np.ndarray) else np.asarray(values, dtype=np.float32)
    single = array.ndim == 1
    if single:
        array = array[np.newaxis]
    if array.ndim != 2 or array.shape[1] != columns:
        raise size_error(f"{what} has shape {np.shape(values)}; it must be (rows, {columns}) or ({columns},)")
    if not _fits(array):
        array = _converted(array)
    return Rows(array, address_of(array), array.shape[0], _stride(array), single)


def out_rows(out: Any, rows: int, columns: int, single: bool) -> Rows:
    """The caller's array for a result of shape (rows, columns), or (columns,) for a single row. Written in place."""
    shape = (columns,) if single else (rows, columns)
    if not isinstance(out, np.ndarray) or out.shape != shape:
        raise size_error(f"out must be an array of shape {shape}, not {type(out).__name__} of shape {np.shape(out)}")
    array = out[np.newaxis] if single else out
    if not _fits(array) or not array.flags.writeable:
        raise ArgumentError("out must be a writable float32 array with contiguous rows", _prototypes.CRL_ERROR_VALUE)
    return Rows(array, address_of(array), rows, _stride(array), single)


class Result(NamedTuple):
    """Where a result of the given rows goes."""

    y: FloatArray
    address: int
    stride: int
    given: Rows  # copied, if the result would be written over them


def result_of(given: Rows, columns: int, out: FloatArray | None) -> Result:
    """The caller's array, or a new one that is a vector if the given row is."""
    if out is None:
        y = np.empty((columns,) if given.single else (given.rows, columns), np.float32)
        return Result(y, address_of(y), columns, given)
    written = out_rows(out, given.rows, columns, given.single)
    return Result(out, written.address, written.stride, apart(given, out))


def apart(given: Rows, out: npt.NDArray[Any]) -> Rows:
    """The given rows, copied if the result would be written over them while they are read."""
    if not np.may_share_memory(given.array, out):
        return given
    array = given.array.copy()
    return Rows(array, address_of(array), given.rows, _stride(array), given.single)


def as_vector(values: Any, size: int, what: str) -> FloatArray:
    """A contiguous float32 vector of `size` elements; converted only if need be."""
    array = values if isinstance(values, np.ndarray) else np.asarray(values, dtype=np.float32)
    if array.shape != (size,):
        raise size_error(f"{what} has shape {array.shape}; it must be ({size},)")
    return array if _fits(array[np.newaxis]) else _converted(array)


def out_vector(out: Any, size: int, what: str) -> FloatArray:
    """The caller's vector for a result of `size` floats. It is written in place."""
    if not isinstance(out, np.ndarray) or out.shape != (size,):
        raise size_error(
            f"{what} must be an array of shape ({size},), not {type(out).__name__} of shape {np.shape(out)}"
        )
    if not _fits(out[np.newaxis]) or not out.flags.writeable:
        raise ArgumentError(f"{what} must be a writable, contiguous float32 array", _prototypes.CRL_ERROR_VALUE)
    return out
