"""Owns native objects. Each is destroyed once, when nothing in Python can reach it or its memory any more."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from ._errors import ArgumentError, ArgumentTypeError
from ._prototypes import Status

if TYPE_CHECKING:
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float32]
else:
    # numpy.typing takes a while to import, and nothing at run time needs it.
    FloatArray = np.ndarray
_Self = TypeVar("_Self", bound="NativeObject")


class _Finalizer(weakref.ref["Handle"]):
    """Calls a function when a handle is gone.

    It does not use weakref.finalize, which is Python code: an interrupt can come in Python code, and a finalizer's
    exception is lost. Here no Python code runs, because ctypes takes the argument from this reference.
    """

    __slots__ = ("_as_parameter_", "held")
    _as_parameter_: Any
    held: Any


# The finalizers of all handles; nothing else holds them.
_finalizers: set[_Finalizer] = set()


class Handle:
    """Owns one native object. Pass it to a library function directly: it stays alive during the call.

    `needs` are handles that must outlive this one. The finalizer holds them: the order of destruction is right even
    when the garbage collector frees all of them together.
    """

    def __init__(self, pointer: Any, destroy: Callable[..., None], *needs: Handle) -> None:
        self._as_parameter_ = pointer
        self.callbacks: list[Any] = []

        # The last one made runs first and destroys the object. Then the other gives up both, and the needs.
        # Do nothing at exit: other exit handlers may still read arrays in this memory.
        release = _Finalizer(self, _finalizers.discard)
        finish = _Finalizer(self, destroy)
        finish._as_parameter_ = pointer
        release.held = (finish, needs)
        _finalizers.add(release)


class _Memory:
    """Lends native numbers to numpy. The array holds this object, and this object holds the owner of the memory."""

    def __init__(self, address: int, shape: tuple[int, ...], owner: Handle | None, dtype: Any) -> None:
        self.owner = owner
        self.__array_interface__ = {
            "version": 3,
            "shape": shape,
            "typestr": np.dtype(dtype).str,
            "data": (address, False),
        }


def array_at(address: int, *shape: int, owner: Handle | None = None, dtype: Any = np.float32) -> Any:
    """A writable array on native memory, without a copy. It keeps the owner of the memory alive."""
    return np.asarray(_Memory(address, shape, owner, dtype))


def record(kind: Any, native: Any) -> Any:
    """A named tuple of this kind, from the native structure's members of the same names."""
    return kind(*[getattr(native, name) for name in kind._fields])


class NativeObject:
    """A Python object with a handle. It can be closed, and is a context manager.

    It cannot be copied or pickled, unless its class says otherwise.
    """

    # No other attributes: nobody can set a misspelt one.
    __slots__ = ("__weakref__", "_handle")
    _kind: ClassVar[str]
    _handle: Handle | None

    def close(self) -> None:
        """Gives up the native object. Every later use raises ArgumentError. Closing twice is harmless.

        Memory that arrays still show stays until the last of them is gone.
        """
        self._handle = None

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return self._handle is None

    def _open(self) -> Handle:
        handle = self._handle
        if handle is None:
            raise ArgumentError(f"the {self._kind} is closed", Status.ERROR_HANDLE)
        return handle

    def __enter__(self: _Self) -> _Self:
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> Any:
        article = "an" if self._kind[0] in "aeiou" else "a"
        raise ArgumentTypeError(
            f"{article} {self._kind} holds native memory and cannot be copied or pickled; use Network.copy(), or "
            "Network.save() and Network.load()"
        )
