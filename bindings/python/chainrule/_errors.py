"""The exceptions, and the one place where a status of the library becomes one of them."""

from __future__ import annotations

import _thread
import ctypes
from typing import Any

from . import _prototypes
from ._library import library


class ChainruleError(Exception):
    """A call into the library failed. The text is the library's own message: what, where and which value.

    Attributes:
        status: the library's status code, an int such as 102.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status

    @property
    def name(self) -> str:
        """The name of the status in C, such as "CRL_ERROR_SIZE"."""
        text: bytes = library.crl_status_name(self.status)
        return text.decode()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.status)


class ArgumentError(ChainruleError, ValueError):
    """An argument is wrong: a shape, a number, a name, a target, or a closed object. Nothing was changed."""


class StateError(ChainruleError, RuntimeError):
    """The call does not fit the object's state: the network is not built, say. Nothing was changed."""


class NotFiniteError(ChainruleError, FloatingPointError):
    """NaN or infinity in what is trained on, or from a step; the parameters are as before that step."""


class CallbackError(ChainruleError, RuntimeError):
    """A custom cost or activation wrote NaN; what a callback raises comes out as itself."""


class FileError(ChainruleError, OSError):
    """A file cannot be opened, read, written or renamed."""


class FileFormatError(ChainruleError, ValueError):
    """A file is truncated, altered, from a newer version, or no model file at all. Nothing was loaded."""


class OutOfMemoryError(ChainruleError, MemoryError):
    """Memory cannot be allocated, or the size needed overflows."""


# The codes are ranged (see crl_status), so that a code added later still gets the right class.
_CLASS_OF_RANGE: dict[int, type[ChainruleError]] = {
    1: ArgumentError,
    2: StateError,
    3: NotFiniteError,
    4: CallbackError,
    5: FileFormatError,
    6: OutOfMemoryError,
}

# The exception that a Python callback raised on this thread, on its way through the library's frames.
_raised = _thread._local()  # threading.local, without the time that importing threading takes


def keep_raised(error: BaseException) -> None:
    """Remembers what a callback raised, until the call that ran the callback has returned."""
    _raised.error = error


def failure(status: int) -> BaseException:
    """The exception for a failed call: what a callback of the call raised, or else the library's message."""
    if status in (_prototypes.CRL_CANCELLED, _prototypes.CRL_ERROR_CALLBACK):
        error: BaseException | None = getattr(_raised, "error", None)
        if error is not None:
            _raised.error = None
            return error
        if status == _prototypes.CRL_CANCELLED:
            # No callback asked for it: ctypes has lost a KeyboardInterrupt that came where one was about to begin.
            return KeyboardInterrupt()
    message: bytes = library.crl_error_message()
    kind = FileError if status == _prototypes.CRL_ERROR_FILE else _CLASS_OF_RANGE.get(status // 100, ChainruleError)
    return kind(message.decode(errors="replace"), status)


def check(status: int) -> None:
    """Raises unless the status is CRL_OK."""
    if status:
        raise failure(status)


def results(function: Any, *arguments: Any) -> list[Any]:
    """Calls a function whose parameters after `arguments` are out-parameters, and gives what it wrote there."""
    slots = [parameter._type_() for parameter in function.argtypes[len(arguments) :]]
    check(function(*arguments, *map(ctypes.byref, slots)))
    return slots
