"""Converts array-likes to the library's float32 rows with a stride. Copies only what does not fit already."""

from __future__ import annotations

import ctypes
import operator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _prototypes
from ._errors import ArgumentError, ArgumentTypeError, check, failure
from ._handles import FloatArray, Handle
from ._interrupts import interruptible
from ._library import library
from ._prototypes import Status

if TYPE_CHECKING:
    import numpy.typing as npt

FLOAT = np.dtype(np.float32)
_FLOAT_SIZE = FLOAT.itemsize
_memory: Any = ctypes.c_char.from_buffer
_address = ctypes.addressof
_pointer = ctypes.c_void_p
_size = ctypes.c_size_t


class Rows(NamedTuple):
    """A matrix as the library takes it: address, rows and stride in floats, and the array that owns the memory."""

    array: FloatArray
    address: int
    rows: int
    stride: int
    single: bool
    """Whether the caller gave one row, a (columns,) array."""


def address_of(array: npt.NDArray[Any]) -> int:
    """The address of the array's first element."""
    # The buffer protocol is several times faster than numpy's attributes, but lends writable contiguous memory only.
    if array.flags.carray and array.size:
        return _address(_memory(array))
    address: int = array.__array_interface__["data"][0]
    return address


def size_error(message: str) -> ArgumentError:
    """The exception for a wrong shape or count."""
    return ArgumentError(message, Status.ERROR_SIZE)


def count(value: Any, what: str, limit: int = _prototypes.CRL_AUTO_SIZE // 2) -> int:
    """An integer that fits the library's unsigned parameter; ctypes alone would wrap it silently."""
    try:
        number = operator.index(value)
    except TypeError:
        raise ArgumentTypeError(f"{what} must be an integer, not {value!r}") from None
    if not 0 <= number <= limit:
        raise size_error(f"{what} is {number}; it must be between 0 and {limit}")
    return number


def optional_count(value: Any, what: str) -> int | None:
    """A count, or None: set_given() then leaves the library's own value."""
    return None if value is None else count(value, what)


def real(value: Any, what: str) -> float:
    """A number for one of the library's floating-point parameters."""
    if not isinstance(value, (str, bytes)) and np.ndim(value) == 0:
        try:
            return float(value)
        except (TypeError, ValueError):
            pass
    raise ArgumentTypeError(f"{what} must be a number, not {value!r}")


def optional_real(value: Any, what: str) -> float | None:
    """A number, or None: set_given() then leaves the library's own value."""
    return None if value is None else real(value, what)


def set_given(options: ctypes.Structure, given: dict[str, Any]) -> None:
    """Sets members of an option structure by name. Where a value is None, the default stays."""
    for name, value in given.items():
        if value is not None:
            setattr(options, name, value)


def seed_value(value: Any) -> int:
    """A seed: any unsigned 64-bit integer."""
    return count(value, "seed", 2**64 - 1)


def numbers(values: Any, what: str) -> npt.NDArray[Any]:
    """An array of real numbers from an array-like of any shape and type."""
    given = values
    if type(values) is not np.ndarray:
        if hasattr(values, "toarray"):
            raise ArgumentTypeError(f"{what} is a sparse matrix ({type(values).__name__}); give {what}.toarray()")
        if np.ma.is_masked(values):
            raise ArgumentTypeError(
                f"{what} is a masked array; fill what is masked, or leave rows out by a sample_weight of 0"
            )
        try:
            values = np.asarray(values)
        except ValueError as error:
            raise ArgumentError(f"{what} is no array: {error}", Status.ERROR_SIZE) from None
    array: npt.NDArray[Any] = values
    if array.dtype.kind == "O" and given is not array:
        array = _of_frame(given, array, what)
    if array.dtype.kind not in "biuf":
        raise ArgumentTypeError(f"{what} has the dtype {array.dtype}; numbers are needed, such as float32")
    return array


def _of_frame(given: Any, array: npt.NDArray[Any], what: str) -> npt.NDArray[Any]:
    """What is an array of objects, because a frame's columns differ, or because values are missing."""
    if hasattr(given, "columns"):  # pandas and polars
        columns = []
        for place, name in enumerate(given.columns):
            column = given.iloc[:, place] if hasattr(given, "iloc") else given[name]
            columns.append(numbers(column, f"the column {name!r} of {what}"))
        return np.column_stack(columns)
    if hasattr(given, "isna") and given.isna().any():
        raise ArgumentTypeError(f"{what} has missing values; fill them, or leave their rows out")
    return array


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


def _converted(array: npt.NDArray[Any], what: str) -> FloatArray:
    try:
        with np.errstate(over="raise"):
            return array.astype(np.float32, order="C")
    except FloatingPointError:
        largest = np.max(np.abs(array[np.isfinite(array)]))
        raise ArgumentError(
            f"{what} holds numbers that are too large for float32, up to {largest:g} in size",
            Status.ERROR_VALUE,
        ) from None


def as_rows(values: Any, columns: int, what: str, shape: tuple[int, ...] = ()) -> Rows:
    """Rows of `columns` floats from an array-like of shape (rows, columns) or (columns,).

    A row may have several axes, such as (rows, height, width, channels), with as many elements together. If they are as
    many as those of `shape`, a sample's, they must be equal, but for those of length 1. An array of exactly this shape
    is a single row.
    """
    array = given = numbers(values, what)
    if len(shape) > 1 and array.shape == shape:
        array = array.reshape(columns)
    elif array.ndim > 2 and array.size == array.shape[0] * columns:
        if array.ndim == len(shape) + 1 and _long_axes(array.shape[1:]) != _long_axes(shape):
            raise size_error(
                f"{what} has shape {given.shape}; the network takes {('rows', *shape)}".replace("'", "")
                + ", channels last"
                + ", or channels_first=True" * (array.shape[1:] == (*shape[-1:], *shape[:-1]))
            )
        array = array.reshape(array.shape[0], columns)
    single = array.ndim == 1
    if single:
        array = array[np.newaxis]
    if array.shape[1:] != (columns,):
        raise size_error(f"{what} has shape {given.shape}; it must be (rows, {columns}) or ({columns},)")
    if not _fits(array):
        array = _converted(array, what)
    return Rows(array, address_of(array), array.shape[0], _stride(array), single)


def _long_axes(shape: tuple[int, ...]) -> list[int]:
    return [length for length in shape if length != 1]


def channels_last(values: Any, columns: int, shape: tuple[int, ...], what: str) -> npt.NDArray[Any]:
    """Samples of a shape from an array with the channels first, (rows, channels, …), or a single sample of that."""
    array = numbers(values, what)
    if len(shape) < 2:
        raise ArgumentError(
            "channels_first=True is for a network whose input has a shape, such as Network((28, 28, 1)); this one "
            f"reads rows of {columns} numbers",
            Status.ERROR_VALUE,
        )
    wanted = (*shape[-1:], *shape[:-1])
    if array.shape == wanted:
        return np.moveaxis(array, 0, -1)
    if array.shape[1:] != wanted:
        raise size_error(
            f"{what} has shape {array.shape}; with channels_first=True it must be {('rows', *wanted)}".replace("'", "")
        )
    return np.moveaxis(array, 1, -1)


def out_rows(out: Any, rows: int, columns: int, single: bool) -> Rows:
    """The caller's array for a result of shape (rows, columns), or (columns,) for a single row. Written in place."""
    shape = (columns,) if single else (rows, columns)
    if not isinstance(out, np.ndarray) or out.shape != shape:
        raise size_error(f"out must be an array of shape {shape}, not {type(out).__name__} of shape {np.shape(out)}")
    array = out[np.newaxis] if single else out
    if not _fits(array) or not array.flags.writeable:
        raise ArgumentError("out must be a writable float32 array with contiguous rows", Status.ERROR_VALUE)
    return Rows(array, address_of(array), rows, _stride(array), single)


def apart(given: Rows, out: npt.NDArray[Any]) -> Rows:
    """The given rows, copied if the result would overwrite them while the library reads them."""
    if not np.may_share_memory(given.array, out):
        return given
    array = given.array.copy()
    return Rows(array, address_of(array), given.rows, _stride(array), given.single)


def as_vector(values: Any, size: int, what: str) -> FloatArray:
    """A contiguous float32 vector of `size` elements, converted only if necessary."""
    array = numbers(values, what)
    if array.shape != (size,):
        raise size_error(f"{what} has shape {array.shape}; it must be ({size},)")
    return array if _fits(array[np.newaxis]) else _converted(array, what)


def out_vector(out: Any, size: int, what: str) -> FloatArray:
    """The caller's vector for a result of `size` floats. It is written in place."""
    if not isinstance(out, np.ndarray) or out.shape != (size,):
        raise size_error(
            f"{what} must be an array of shape ({size},), not {type(out).__name__} of shape {np.shape(out)}"
        )
    if not _fits(out[np.newaxis]) or not out.flags.writeable:
        raise ArgumentError(f"{what} must be a writable, contiguous float32 array", Status.ERROR_VALUE)
    return out


class RowFunction:
    """A function of the library that reads rows of x and writes rows of y, for networks of one size.

    It never changes: any number of threads may call it at once.
    """

    # About a millisecond of multiplications.
    _LONG = 10_000_000

    def __init__(
        self,
        name: str,
        inputs: int,
        outputs: int,
        multiplications: int,
        callbacks: list[Any],
        *,
        shape: tuple[int, ...] = (),
        needs_rows: bool = False,
    ) -> None:
        """The function of that name. After the handles it takes x and y, each as address, rows and stride.

        `shape` is a sample's, if x has one. Unless needs_rows is true, no rows of x give no rows of y, without a call:
        the library would refuse them.
        `parameters` and `callbacks`, the options of layers, determine how many rows take so long that the call must be
        interruptible. If it runs Python functions, any number does.
        """
        # A function without argument types: pass it ctypes objects, which it hands on unchanged.
        self.native = library[name]
        self.native.restype = _prototypes.crl_status
        self._interruptible = interruptible(self.native)
        self._long_rows = 0 if any(options.function for options in callbacks) else self._LONG // max(multiplications, 1)
        self.inputs = inputs
        self.outputs = outputs
        self.shape = shape
        self._needs_rows = needs_rows
        self._x_stride = _size(inputs)
        self._y_stride = _size(outputs)

    def native_for(self, rows: int) -> Any:
        """The function for this number of rows."""
        return self._interruptible if rows >= self._long_rows else self.native

    def __call__(self, x: Any, out: Any, *handles: Handle) -> FloatArray:
        """The rows that the function writes for the rows of x.

        Parameters
        ----------
        x
            An array-like of shape (rows, inputs) or (inputs,).
        out
            None, or an array for the result, which may overlap x.
        handles
            The function's first arguments; they stay alive during the call.

        Returns
        -------
        ndarray
            (rows, outputs), or (outputs,) for a single row: out if given, else a new array.
        """
        # A small network takes less time than the checks of its arrays. Arrays that need neither a copy nor a stride
        # take the short way; all others, and all wrong ones, the general one.
        if (
            type(x) is np.ndarray
            and x.dtype is FLOAT
            and x.flags.carray
            and 1 <= x.ndim <= 2
            and x.shape[-1] == self.inputs
        ):
            rows = x.size // self.inputs
            shape = (rows, self.outputs) if x.ndim == 2 else (self.outputs,)
            if rows and (
                out is None
                or (type(out) is np.ndarray and out.dtype is FLOAT and out.flags.carray and out.shape == shape)
            ):
                y: FloatArray = np.empty(shape, np.float32) if out is None else out
                x_address, y_address = _address(_memory(x)), _address(_memory(y))
                if not -y.nbytes < y_address - x_address < x.nbytes:  # they do not overlap
                    count = _size(rows)
                    native = self._interruptible if rows >= self._long_rows else self.native
                    status = native(
                        *handles, _pointer(x_address), count, self._x_stride, _pointer(y_address), count, self._y_stride
                    )
                    if status:
                        raise failure(status)
                    return y
        return self._general(x, out, handles)

    def _general(self, x: Any, out: Any, handles: tuple[Handle, ...]) -> FloatArray:
        given = as_rows(x, self.inputs, "x", self.shape)
        shape = (self.outputs,) if given.single else (given.rows, self.outputs)
        y: FloatArray = np.empty(shape, np.float32) if out is None else out
        written = out_rows(y, given.rows, self.outputs, given.single)
        if given.rows == 0 and not self._needs_rows:
            return y
        given = apart(given, y)
        check(self.native_for(given.rows)(*handles, *self.arguments(given, written)))
        return y

    @staticmethod
    def arguments(given: Rows, written: Rows) -> tuple[Any, ...]:
        """The function's arguments after the handles."""
        count = _size(given.rows)
        return (
            _pointer(given.address),
            count,
            _size(given.stride),
            _pointer(written.address),
            count,
            _size(written.stride),
        )
