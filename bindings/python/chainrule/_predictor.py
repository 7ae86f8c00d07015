"""Networks prepared for prediction."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _prototypes
from ._arrays import RowFunction, as_rows, out_rows
from ._class_labels import class_labels
from ._errors import ArgumentError, ArgumentTypeError, check, failure, results
from ._files import AnyPath, encoded_path
from ._handles import Handle, NativeObject
from ._library import library
from ._names import enumerator, name_of
from ._prototypes import Precision, Status
from ._stream import Stream

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._handles import FloatArray
    from ._network import Network


class Predictor(NativeObject):
    """A network prepared for prediction: read-only, and independent of its network.

    Any number of threads may predict with one predictor at once. Calls release the interpreter lock.
    Network.prepare() makes one, too.

    Parameters
    ----------
    network
        Does not change; its later changes do not reach the predictor.
    precision
        "float32" gives the results of network.predict(), bit for bit, unless a batch normalization is folded into the
        layer before it. "bfloat16" and "int8" need less memory and time, and round.

    Examples
    --------
    >>> predictor = network.prepare("int8")
    >>> y = predictor.predict(x)
    """

    __slots__ = ("_predict",)
    _kind = "predictor"

    def __init__(self, network: Network, precision: str = "float32") -> None:
        owner = network._open()
        (pointer,) = results(library.crl_predictor_create, owner, enumerator(Precision, precision, "precision"))
        self._handle = handle = Handle(pointer, library.crl_predictor_destroy)
        # The predictor still calls the functions of custom activations.
        handle.callbacks.extend(owner.callbacks)
        built = network._layout()
        self._adopt(built.multiplications, built.shape)

    def _adopt(self, multiplications: int, shape: tuple[int, ...] = ()) -> None:
        handle = self._open()
        (inputs,) = results(library.crl_predictor_input_size, handle)
        (outputs,) = results(library.crl_predictor_output_size, handle)
        self._predict = RowFunction(
            "crl_predictor_predict", inputs.value, outputs.value, multiplications, handle.callbacks, shape=shape
        )

    def save(self, path: AnyPath) -> None:
        """Saves the predictor as it is prepared, for open(). Replaces the file atomically.

        The file is for this precision and instruction set, and this version of the library: keep the network's file,
        and prepare it anew elsewhere.

        Parameters
        ----------
        path
            Of the file.

        Raises
        ------
        ArgumentError
            The network has a custom activation.
        """
        check(library.crl_predictor_save(self._open(), encoded_path(path)), path)

    @classmethod
    def open(cls, path: AnyPath, *, check_data: bool = False) -> Predictor:
        """Opens a file of save(): a predictor with the same results, bit for bit.

        The file is mapped: its weights are read when a prediction first needs them, and all processes that open it
        share them. While the predictor lives, nobody may write into the file or shorten it. Replacing or removing it is
        safe.

        Parameters
        ----------
        path
            The file.
        check_data
            Read all of the file, and compare the checksum of the weights, too.

        Raises
        ------
        FileFormatError
            The file is damaged, is none of save(), or is of another version.
        StateError
            It is for an instruction set that this processor lacks.
        """
        predictor = cls.__new__(cls)
        pointer = _prototypes.crl_predictor()
        check(library.crl_predictor_open(encoded_path(path), bool(check_data), ctypes.byref(pointer)), path)
        predictor._handle = Handle(pointer, library.crl_predictor_destroy)
        # At least what it multiplies: it has no more positions than inputs.
        predictor._adopt(os.path.getsize(path) * predictor.inputs)
        return predictor

    @property
    def inputs(self) -> int:
        """The number of columns of x."""
        (size,) = results(library.crl_predictor_input_size, self._open())
        return int(size.value)

    @property
    def outputs(self) -> int:
        """The number of columns of y."""
        (size,) = results(library.crl_predictor_output_size, self._open())
        return int(size.value)

    @property
    def precision(self) -> str:
        """The precision: "float32", "bfloat16" or "int8"."""
        (precision,) = results(library.crl_predictor_precision, self._open())
        return name_of(Precision, precision.value)

    @property
    def class_labels(self) -> list[str] | None:
        """The names of the classes that the outputs stand for, as the network had them; None if it had none."""
        return class_labels(self._open(), "predictor")

    def predict(self, x: npt.ArrayLike, *, out: FloatArray | None = None) -> FloatArray:
        """The network's outputs.

        With a small network a call takes little more than a microsecond if the arrays are C-contiguous, writable and
        float32, and about twice as long otherwise. bind() is faster still.

        Parameters
        ----------
        x
            (rows, inputs), or (inputs,) for a single row. The library reads float32 arrays with contiguous rows in
            place. With "int8" a row that holds NaN or infinity gives NaN.
        out
            A float32 array for the result.

        Returns
        -------
        ndarray
            (rows, outputs), or (outputs,) for a single row: out if given, else a new array.
        """
        return self._predict(x, out, self._open())

    def bind(self, x: FloatArray, out: FloatArray) -> Callable[[], FloatArray]:
        """A function without arguments that predicts from one array into another: the fastest way to call.

        It checks everything once; each call then costs little more than a call into C. The function keeps both arrays
        and the predictor's memory, also after close(). Do not change an array's memory meanwhile, as `x.resize(...,
        refcheck=False)` does.

        Parameters
        ----------
        x
            A float32 array of shape (rows, inputs), or (inputs,), with contiguous rows. Each call reads it.
        out
            A writable float32 array of shape (rows, outputs), or (outputs,), that does not overlap x.

        Returns
        -------
        Callable[[], ndarray]
            A function that fills out and returns it.

        Examples
        --------
        >>> step = predictor.bind(x, y)
        >>> x[:] = ...
        >>> step()  # y holds the outputs
        """
        handle = self._open()
        given = as_rows(x, self.inputs, "x", self._predict.shape)
        if not isinstance(x, np.ndarray) or not np.may_share_memory(given.array, x):
            raise ArgumentTypeError("x must be a float32 array with contiguous rows, for it is read in place")
        written = out_rows(out, given.rows, self.outputs, given.single)
        if np.may_share_memory(x, out):
            raise ArgumentError("x and out overlap", Status.ERROR_VALUE)
        native = self._predict.native_for(given.rows)
        arguments = (handle._as_parameter_, *self._predict.arguments(given, written))

        def step(
            native: Any = native,
            arguments: Any = arguments,
            out: FloatArray = out,
            kept: Any = (handle, x),
        ) -> FloatArray:
            status = native(*arguments)
            if status:
                raise failure(status)
            return out

        return step

    def stream(self) -> Stream:
        """Begins a Stream: a sequence that goes through the network frame by frame. Any number may share a predictor.

        Returns
        -------
        Stream
            At its beginning.

        Raises
        ------
        ArgumentError
            A layer is not causal.
        """
        return Stream(self)

    def __repr__(self) -> str:
        if self._handle is None:
            return "Predictor(closed)"
        return f"Predictor({self.inputs} -> {self.outputs}, {self.precision})"


class Publisher(NativeObject):
    """A predictor that you can exchange while others predict with it, to serve a network while training it.

    Any number of threads may predict while one publishes. Each prediction uses one publication from its first row to
    its last.

    Parameters
    ----------
    network
        Does not change; its later changes reach the publisher only by publish().
    precision
        As for Predictor, also for later publications.

    Examples
    --------
    >>> publisher = Publisher(network)
    >>> network.fit(x, labels, on_epoch=lambda epoch: publisher.publish(network))
    >>> y = publisher.predict(x)  # on any thread
    """

    __slots__ = ("_predict",)
    _kind = "publisher"

    def __init__(self, network: Network, precision: str = "float32") -> None:
        owner = network._open()
        (pointer,) = results(library.crl_publisher_create, owner, enumerator(Precision, precision, "precision"))
        self._handle = handle = Handle(pointer, library.crl_publisher_destroy)
        handle.callbacks.extend(owner.callbacks)
        self._predict = self._predict_function(network)

    @property
    def inputs(self) -> int:
        """How many numbers a row of x has."""
        (size,) = results(library.crl_publisher_input_size, self._open())
        return int(size.value)

    @property
    def outputs(self) -> int:
        """How many numbers a row of y has."""
        (size,) = results(library.crl_publisher_output_size, self._open())
        return int(size.value)

    @property
    def precision(self) -> str:
        """What it computes with: "float32", "bfloat16" or "int8"."""
        (precision,) = results(library.crl_publisher_precision, self._open())
        return name_of(Precision, precision.value)

    @property
    def publications(self) -> int:
        """How many times a network was published, the first time included."""
        (publications,) = results(library.crl_publisher_count, self._open())
        return int(publications.value)

    def publish(self, network: Network) -> None:
        """Publishes the network as it is now, and so replaces the last publication.

        Predictions under way finish with the old publication. This reads the network, so nobody may train it meanwhile:
        call it in on_epoch or on_batch.

        Parameters
        ----------
        network
            Built, with the same numbers of inputs and outputs.
        """
        owner = network._open()
        handle = self._open()
        handle.callbacks.extend(callback for callback in owner.callbacks if callback not in handle.callbacks)
        check(library.crl_publisher_publish(handle, owner))
        self._predict = self._predict_function(network)

    def _predict_function(self, network: Network) -> RowFunction:
        built = network._layout()
        return RowFunction(
            "crl_publisher_predict",
            built.inputs,
            built.outputs,
            built.multiplications,
            self._open().callbacks,
            shape=built.shape,
        )

    def predict(self, x: npt.ArrayLike, *, out: FloatArray | None = None) -> FloatArray:
        """The outputs of the last publication.

        Parameters
        ----------
        x, out
            As for Predictor.predict().

        Returns
        -------
        ndarray
            As of Predictor.predict().
        """
        return self._predict(x, out, self._open())

    def __repr__(self) -> str:
        if self._handle is None:
            return "Publisher(closed)"
        return f"Publisher({self.inputs} -> {self.outputs}, {self.precision})"
