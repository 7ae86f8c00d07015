"""Sequences that go through a network frame by frame, as they come."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import numpy as np

from ._arrays import FLOAT, address_of, as_rows, size_error
from ._errors import ArgumentError, ArgumentTypeError, check, results
from ._handles import Handle, NativeObject
from ._library import library
from ._prototypes import Status

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._handles import FloatArray
    from ._predictor import Predictor


class Stream(NativeObject):
    """A sequence on its way through a predictor, frame by frame.

    A frame is a step of the sequence (steps, channels) that the network reads. The outputs are those of the whole
    sequence at once, bit for bit, however it is cut into blocks; the network's own number of steps does not matter.

    Predictor.stream() and Network.stream() make one, too. One thread at a time may push. Streams of one predictor share
    its weights, each on a thread of its own.

    Parameters
    ----------
    predictor
        Of a network whose layers are causal.

    Examples
    --------
    >>> stream = network.stream()
    >>> for block in blocks:  # (frames, inputs), of any number of frames
    ...     y = stream.push(block)  # (frames, outputs)
    """

    __slots__ = ("_sizes",)
    _kind = "stream"

    def __init__(self, predictor: Predictor) -> None:
        owner = predictor._open()
        (pointer,) = results(library.crl_stream_create, owner)
        self._adopt(pointer, owner)

    def _adopt(self, pointer: ctypes.c_void_p, owner: Handle) -> None:
        self._handle = handle = Handle(pointer, library.crl_stream_destroy)
        # The stream still calls the functions of custom activations.
        handle.callbacks.extend(owner.callbacks)
        (inputs,) = results(library.crl_stream_input_size, handle)
        (outputs,) = results(library.crl_stream_output_size, handle)
        self._sizes = (int(inputs.value), int(outputs.value))

    @property
    def inputs(self) -> int:
        """How many numbers a frame of x has."""
        return self._sizes[0]

    @property
    def outputs(self) -> int:
        """How many numbers a frame of y has."""
        return self._sizes[1]

    @property
    def frames(self) -> int:
        """How many frames came since the beginning."""
        (frames,) = results(library.crl_stream_frames, self._open())
        return int(frames.value)

    def push(self, x: npt.ArrayLike, *, out: FloatArray | None = None) -> FloatArray:
        """Takes the next frames.

        Parameters
        ----------
        x
            (frames, inputs); (inputs,) for a single frame; or (frames,) if a frame is one number.
        out
            A C-contiguous float32 array for the result. It may be x, if a frame of y is no longer.

        Returns
        -------
        ndarray
            (frames, outputs), or (outputs,) for a single frame; if a frame is one number, and one of y, too, of x's
            shape: out if given, else a new array.
        """
        handle = self._open()
        inputs, outputs = self._sizes
        # Sound: a number for a frame.
        is_flat = inputs == 1 and np.ndim(x) == 1
        rows = as_rows(np.asarray(x)[:, np.newaxis] if is_flat else x, inputs, "x")
        array = np.ascontiguousarray(rows.array)
        shape: tuple[int, ...] = (rows.rows, outputs)
        if is_flat and outputs == 1:
            shape = (rows.rows,)
        elif rows.single:
            shape = (outputs,)
        if out is None:
            out = np.empty(shape, FLOAT)
        elif not isinstance(out, np.ndarray) or out.dtype != FLOAT or not out.flags.carray:
            raise ArgumentTypeError("out must be a writable, C-contiguous float32 array")
        elif out.shape != shape:
            raise size_error(f"out has shape {out.shape}; the result has {shape}")
        elif np.may_share_memory(array, out) and (address_of(array) != address_of(out) or outputs > inputs):
            raise ArgumentError("x and out overlap", Status.ERROR_OVERLAP)
        if rows.rows == 0:
            raise size_error("x has 0 frames; at least 1 is needed")
        check(library.crl_stream_push(handle, address_of(array), rows.rows, address_of(out)))
        return out

    def reset(self) -> None:
        """Goes back to before the first frame."""
        check(library.crl_stream_reset(self._open()))

    def copy(self) -> Stream:
        """Another stream of the same predictor, which goes on from where this one is.

        Returns
        -------
        Stream
            It goes on from the same frame.
        """
        owner = self._open()
        (pointer,) = results(library.crl_stream_copy, owner)
        copy = object.__new__(Stream)
        copy._adopt(pointer, owner)
        return copy

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, object]) -> Stream:
        return self.copy()

    @property
    def state(self) -> bytes:
        """What came so far, for as much as later outputs depend on it.

        restore() goes on from it, in a stream of this predictor or of another network of the same architecture.
        """
        handle = self._open()
        count = ctypes.c_size_t()
        check(library.crl_stream_save(handle, None, 0, count))
        buffer = ctypes.create_string_buffer(count.value)
        check(library.crl_stream_save(handle, buffer, count.value, count))
        return buffer.raw

    def restore(self, state: bytes) -> None:
        """Goes on from a state. After an error the stream is unchanged.

        Parameters
        ----------
        state
            What the property of this name gave.
        """
        if not isinstance(state, (bytes, bytearray, memoryview)):
            raise ArgumentTypeError(f"state must be bytes, not {type(state).__name__}")
        state = bytes(state)
        check(library.crl_stream_restore(self._open(), state, len(state)))

    def __repr__(self) -> str:
        if self._handle is None:
            return "Stream(closed)"
        return f"Stream({self.inputs} -> {self.outputs}, frame {self.frames})"
