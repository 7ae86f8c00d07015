"""The exceptions, and the one place that makes them from the library's statuses."""

from __future__ import annotations

import _thread
import ctypes
import errno
import os
import re
from typing import Any

from ._library import library
from ._prototypes import Status

_STATUSES = frozenset(Status)


class ChainruleError(Exception):
    """A call failed. The text is the library's message: what, where and which value.

    Attributes
    ----------
    status
        A Status, such as Status.ERROR_SIZE; a number that has none yet if the library is newer.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status: Status | int = Status(status) if status in _STATUSES else status

    @property
    def name(self) -> str:
        """The name of the status in C, such as "CRL_ERROR_SIZE"."""
        text: bytes = library.crl_status_name(self.status)
        return text.decode()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), int(self.status))


class ArgumentError(ChainruleError, ValueError):
    """An argument is wrong: a shape, a number, a name, a target, or a closed object. The call changed nothing."""


class ArgumentTypeError(ArgumentError, TypeError):
    """An argument has a wrong type: a sparse matrix, an array of objects, 2.5 for a count."""

    def __init__(self, message: str, status: int = Status.ERROR_VALUE) -> None:
        super().__init__(message, status)


class StateError(ChainruleError, RuntimeError):
    """The call does not fit the object's state; for example, the network is not built. The call changed nothing."""


class NotFiniteError(ChainruleError, FloatingPointError):
    """NaN or infinity in the training data, or from a step.

    If training diverges, Network.fit() and Trainer.fit() leave the parameters of the best epoch; before the end of the
    first epoch, those at the start. minimize() leaves the best parameters seen. step() and partial_fit() leave them as
    the last complete step did.
    """


class CallbackError(ChainruleError, RuntimeError):
    """A custom cost, activation or data source returned a forbidden value, such as NaN.

    An exception that it raises comes out unchanged.
    """


class FileError(ChainruleError, OSError):
    """A file cannot be opened, read, written or renamed.

    It is also the exception that open() would raise: a FileNotFoundError, a PermissionError and so on.

    Attributes
    ----------
    errno
        The system's number for the reason, such as errno.ENOENT; None if it gave none.
    filename
        The path that the caller gave.
    """

    def __init__(self, message: str, status: int, number: int | None = None, filename: Any = None) -> None:
        super().__init__(message, status)
        self.errno = number
        self.strerror: str | None = None if number is None else os.strerror(number)
        self.filename = filename

    def __str__(self) -> str:
        return str(self.args[0])

    def __reduce__(self) -> tuple[Any, ...]:
        return file_error, (str(self), int(self.status), self.errno, self.filename)


class FileFormatError(ChainruleError, ValueError):
    """A file is truncated, altered, from a newer version, or not a model file. The call loaded nothing."""


class OutOfMemoryError(ChainruleError, MemoryError):
    """Memory cannot be allocated, or the size needed overflows."""


_file_errors: dict[type[OSError], type[FileError]] = {OSError: FileError}


def file_error(message: str, status: int, number: int | None, filename: Any) -> FileError:
    """The FileError that is also the system's own exception for this errno."""
    kind = type(OSError(number, ""))
    if kind not in _file_errors:
        _file_errors[kind] = type(kind.__name__, (FileError, kind), {"__doc__": FileError.__doc__})
    return _file_errors[kind](message, status, number, filename)


def _error_number(message: str) -> int | None:
    """The errno of a message that ends in the system's words for it. The library's messages on files do."""
    return next((number for number in errno.errorcode if message.endswith(f": {os.strerror(number)}")), None)


# The codes come in ranges (see crl_status): a later code still gets the right class.
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
    """Keeps a callback's exception until the call that ran the callback has returned."""
    _raised.error = error


def forget_raised() -> None:
    """Forgets the exception of an earlier call's callback."""
    _raised.error = None


def is_raised() -> bool:
    """Whether a callback has raised an exception since."""
    return getattr(_raised, "error", None) is not None


# Parts of messages for C: the function's name in front, the structure of an option, enumerators.
_KINDS = "INSTRUCTIONS|REDUCTION|SCHEDULE|PRECISION|VARIABLE|QUANTITY|PURPOSE|CHECKED"
_OF_C = re.compile(rf"^crl_\w+: |\b\w+->|\bCRL_(?:(?:{_KINDS})_)?(?P<enumerator>\w+)")
# Names of C's parameters, and Python's words for what they say.
_WORDS = {
    "validation->rows": "the number of rows of validation_data",
    "the validation data": "validation_data",
    "x_rows": "the number of rows of x",
    "CRL_AUTO": "None",
    "CRL_AUTO_SIZE": "None",
}
_WORD = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b")


def _python_text(message: str) -> str:
    def replacement(found: re.Match[str]) -> str:
        return f"'{found['enumerator'].lower()}'" if found["enumerator"] else ""

    return _OF_C.sub(replacement, _WORD.sub(lambda found: _WORDS[found[0]], message))


def failure(status: int, path: Any = None) -> BaseException:
    """The exception for a failed call: that of the call's callback, or else one with the library's message.

    `path` is the path of the call's file, if any.
    """
    if status in (Status.CANCELLED, Status.ERROR_CALLBACK):
        error: BaseException | None = getattr(_raised, "error", None)
        if error is not None:
            _raised.error = None
            return error
    message = _python_text(library.crl_error_message().decode(errors="replace"))
    if status == Status.ERROR_FILE:
        return file_error(message, status, _error_number(message), path)
    return _CLASS_OF_RANGE.get(status // 100, ChainruleError)(message, status)


def check(status: int, path: Any = None) -> None:
    """Raises unless the status is Status.OK. `path` is the path of the call's file."""
    if status:
        raise failure(status, path)


def results(function: Any, *arguments: Any) -> list[Any]:
    """Calls a function whose parameters after `arguments` are out-parameters, and returns their values."""
    slots = [parameter._type_() for parameter in function.argtypes[len(arguments) :]]
    check(function(*arguments, *map(ctypes.byref, slots)))
    return slots
