"""A network prepared for prediction."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _prototypes
from ._arrays import FLOAT, Rows, address_of, as_rows, out_rows, result_of
from ._errors import failure, results
from ._handles import Handle, NativeObject
from ._library import library
from ._names import PRECISIONS, enumerator

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._handles import FloatArray
    from ._network import Network

# The function without argument types: what it is given must be ctypes objects, which are then passed on as they are.
_predict = library["crl_predictor_predict"]
_predict.restype = _prototypes.crl_status
_memory = ctypes.c_float.from_buffer
_address = ctypes.addressof


def _arguments(handle: Handle, x: Rows, address: int, stride: int) -> tuple[Any, ...]:
    """The arguments of a prediction of x into the rows at the address."""
    rows = ctypes.c_size_t(x.rows)
    return (
        handle._as_parameter_,
        ctypes.c_void_p(x.address),
        rows,
        ctypes.c_size_t(x.stride),
        ctypes.c_void_p(address),
        rows,
        ctypes.c_size_t(stride),
    )


class Predictor(NativeObject):
    """A network prepared for prediction: read-only, and independent of the network it was made from.

        predictor = network.prepare("int8")
        y = predictor.predict(x)

    Any number of threads may predict with one predictor at once. The interpreter lock is released during calls.
    """

    _kind = "predictor"

    def __init__(self, network: Network, precision: str = "float32") -> None:
        """Prepares a built network; Network.prepare() says the same shorter.

        Args:
            network: it stays as it is, and its later changes do not reach the predictor.
            precision: "float32", whose results are those of network.predict() bit for bit; or "bfloat16" or "int8",
                which need less memory and time, and round.
        """
        owner = network._open()
        (pointer,) = results(library.crl_predictor_create, owner, enumerator(PRECISIONS, precision, "precision"))
        self._handle = handle = Handle(pointer, library.crl_predictor_destroy)
        # The functions of custom activations are still called.
        handle.callbacks.extend(owner.callbacks)
        (inputs,) = results(library.crl_predictor_input_size, handle)
        (outputs,) = results(library.crl_predictor_output_size, handle)
        self._inputs: int = inputs.value
        self._outputs: int = outputs.value
        self._precision = precision
        self._known: tuple[Any, ...] | None = None

    @property
    def inputs(self) -> int:
        """How many numbers a row of x has."""
        return self._inputs

    @property
    def outputs(self) -> int:
        """How many numbers a row of y has."""
        return self._outputs

    @property
    def precision(self) -> str:
        """What it computes with: "float32", "bfloat16" or "int8"."""
        return self._precision

    def predict(self, x: npt.ArrayLike, *, out: FloatArray | None = None) -> FloatArray:
        """The network's outputs.

        Called again with the same C-contiguous float32 arrays for x and out, it makes nothing and checks little: less
        than a microsecond for a small network. (It keeps the arrays of the last call.) bind() is faster still.

        Args:
            x: (rows, inputs), or (inputs,) for a single row. float32 arrays with contiguous rows are read in place.
                With "int8" a row that holds NaN or infinity gives NaN.
            out: a float32 array for the result.

        Returns:
            (rows, outputs), or (outputs,) for a single row: out if given, else a new array.
        """
        known: Any = self._known
        # The arrays of the call before, whose memory, shapes and type are what they were.
        if (
            known is not None
            and x is known[0]
            and out is known[1]
            and x.shape == known[2]
            and out.shape == known[3]
            and x.dtype is FLOAT
            and out.dtype is FLOAT
        ):
            try:
                same = _address(_memory(x)) == known[4] and _address(_memory(out)) == known[5]
            except (TypeError, ValueError):  # no longer writable, or no longer contiguous
                same = False
            # Held while the call lasts: another thread may close the predictor meanwhile.
            handle = self._handle
            if same and handle is not None:
                status = _predict(*known[6])
                if status:
                    raise failure(status)
                return out  # type: ignore[no-any-return]
        return self._predict(x, out)

    def _predict(self, x: npt.ArrayLike, out: FloatArray | None) -> FloatArray:
        """predict() for any arrays."""
        handle = self._open()
        y, address, stride, given = result_of(as_rows(x, self._inputs, "x"), self._outputs, out)
        arguments = _arguments(handle, given, address, stride)
        status = _predict(*arguments)
        if status:
            raise failure(status)
        if (
            y is out
            and type(x) is np.ndarray
            and x.dtype is y.dtype is FLOAT
            and x.flags.carray
            and y.flags.carray
            and given.address == address_of(x)
        ):
            self._known = (x, out, x.shape, out.shape, given.address, address, arguments)
        return y

    def bind(self, x: FloatArray, out: FloatArray) -> Callable[[], FloatArray]:
        """A function without arguments that predicts from one array into another: the fastest way to call.

            step = predictor.bind(x, y)
            x[:] = ...
            step()  # y holds the outputs

        Everything is checked once, here; each call then costs little more than a call into C. The function keeps both
        arrays and the predictor's memory, also after close(). Do not change an array's memory under it, as
        `x.resize(..., refcheck=False)` does.

        Args:
            x: a float32 array of shape (rows, inputs), or (inputs,), with contiguous rows. It is read at each call.
            out: a writable float32 array of shape (rows, outputs), or (outputs,), that does not overlap x.

        Returns:
            A function that fills out and returns it.
        """
        handle = self._open()
        given = as_rows(x, self._inputs, "x")
        if not isinstance(x, np.ndarray) or not np.may_share_memory(given.array, x):
            raise TypeError("x must be a float32 array with contiguous rows, for it is read in place")
        written = out_rows(out, given.rows, self._outputs, given.single)
        if np.may_share_memory(x, out):
            raise ValueError("x and out overlap")
        arguments = _arguments(handle, given, written.address, written.stride)

        def step(
            predict: Any = _predict, arguments: Any = arguments, out: FloatArray = out, kept: Any = (handle, x)
        ) -> FloatArray:
            status = predict(*arguments)
            if status:
                raise failure(status)
            return out

        return step

    def close(self) -> None:
        """As for every object; lets go of the arrays of the last call, too."""
        self._known = None
        super().close()

    def __repr__(self) -> str:
        if self._handle is None:
            return "Predictor(closed)"
        return f"Predictor({self._inputs} -> {self._outputs}, {self._precision})"
