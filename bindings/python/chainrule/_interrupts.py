"""Ctrl-C during the library's calls.

Python runs signal handlers between two instructions of the main thread, so not while that thread is in a call of the
library. If a handler raises where ctypes is about to run a callback, the exception is lost. Therefore a call that can
take long, or runs callbacks, has its own handler for SIGINT. This handler passes the signal to the previous one where
an exception gets through: within a guarded callback, which the library calls about every 20 ms, or after the call. An
exception of the previous handler, usually KeyboardInterrupt, ends the call.
"""

from __future__ import annotations

# The signal module without its enumerators, whose lookups take longer than all of this.
import _signal  # type: ignore[import-not-found]
import ctypes
import functools
import threading
from collections.abc import Callable
from typing import Any

from . import _prototypes
from ._errors import check, forget_raised, is_raised, keep_raised
from ._library import library
from ._prototypes import Status

_SIGNAL = int(_signal.SIGINT)

# The functions that can take long or run callbacks. Predictions decide themselves, because most are short.
_LONG = (
    "crl_backward",
    "crl_backward_until",
    "crl_cost",
    "crl_network_check_gradient",
    "crl_network_create_cascade",
    "crl_network_evaluate",
    "crl_network_gauss_newton_product",
    "crl_network_hessian",
    "crl_network_hessian_product",
    "crl_network_jacobian",
    "crl_network_jvp",
    "crl_network_load_from_callback",
    "crl_network_load_parameters_from_callback",
    "crl_network_minimize",
    "crl_network_save_to_callback",
    "crl_network_value_and_gradient",
    "crl_network_vjp",
    "crl_trainer_fit",
    "crl_trainer_fit_source",
    "crl_trainer_load_from_callback",
    "crl_trainer_partial_fit",
    "crl_trainer_save_to_callback",
)


class _Call:
    """A call on the main thread. It owns the handler of SIGINT while it lasts."""

    __slots__ = ("_before", "_is_inside", "_is_waiting", "_outer")

    # The innermost current call.
    present: _Call | None = None

    def __init__(self, before: Callable[[int, Any], Any]) -> None:
        self._before = before
        self._is_inside = False
        self._is_waiting = False
        self._outer = _Call.present
        _signal.signal(_SIGNAL, self._handle)
        _Call.present = self

    def _handle(self, number: int, frame: Any) -> None:
        if not self._is_inside:
            self._is_waiting = True
            return
        # A further signal waits while this exception is on its way out.
        self._is_inside = False
        self._before(number, frame)
        self._is_inside = True

    def enter(self) -> None:
        """Between here and leave() an exception gets through."""
        self._is_inside = True
        if self._is_waiting:
            self._is_waiting = False
            self._handle(_SIGNAL, None)

    def leave(self) -> None:
        self._is_inside = False

    def end(self) -> None:
        """Restores the previous handler, and passes on a signal that has come since."""
        _Call.present = self._outer
        # A callback may have set another handler. It stays.
        if _signal.getsignal(_SIGNAL) == self._handle:
            _signal.signal(_SIGNAL, self._before)
        if self._is_waiting:
            self._before(_SIGNAL, None)


def _is_main_thread() -> bool:
    return threading.get_ident() == threading.main_thread().ident


def guarded(callback: Callable[..., int]) -> Callable[..., int]:
    """Keeps an exception, KeyboardInterrupt included, for the caller of the library, and asks the library to stop."""

    @functools.wraps(callback)
    def guard(*arguments: Any) -> int:
        call = _Call.present if _is_main_thread() else None
        if call is None:
            try:
                return callback(*arguments)
            except BaseException as error:
                keep_raised(error)
                return 1
        try:
            try:
                call.enter()
                return callback(*arguments)
            finally:
                call.leave()
        except BaseException as error:
            keep_raised(error)
            return 1

    return guard


_poll = _prototypes.crl_cancel_poll(guarded(lambda _: 0))
_cancel = _prototypes.crl_cancel()
check(library.crl_cancel_create(_poll, None, ctypes.byref(_cancel)))


def _watching(function: Callable[..., int], arguments: tuple[Any, ...]) -> int:
    """The status of a call that asks the poll: Status.ERROR_CALLBACK if the poll or a callback has raised."""
    watched = _prototypes.crl_cancel()
    forget_raised()
    library.crl_cancel_watch(_cancel, ctypes.byref(watched))
    try:
        status = function(*arguments)
    finally:
        library.crl_cancel_watch(watched, None)
    if not is_raised():
        return status
    library.crl_cancel_reset(_cancel)
    # For any status: the call may have been at its end already.
    return Status.ERROR_CALLBACK


def interruptible(function: Callable[..., int]) -> Callable[..., int]:
    """A function of the library that Ctrl-C ends with Status.ERROR_CALLBACK. failure() gets the exception."""

    def call(*arguments: Any) -> int:
        handler = _signal.getsignal(_SIGNAL) if _is_main_thread() else None
        # None and numbers are handlers outside Python.
        if not callable(handler):
            return function(*arguments)
        try:
            under_way = _Call(handler)
        except ValueError:  # only the main interpreter has signals
            return function(*arguments)
        try:
            return _watching(function, arguments)
        finally:
            under_way.end()

    return call


for _name in _LONG:
    setattr(library, _name, interruptible(getattr(library, _name)))
