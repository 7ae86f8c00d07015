"""Ctrl-C while the library works: KeyboardInterrupt comes out, wherever in a callback the signal arrives."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from chainrule import Network

Call = Callable[[np.ndarray, np.ndarray, Any], Any]


def cascade(x: np.ndarray, targets: np.ndarray, callback: Any) -> Any:
    return Network.cascade(x, targets, cost="mean_squared_error", max_units=300, candidates=2, on_unit=callback)


def minimize(x: np.ndarray, targets: np.ndarray, callback: Any) -> Any:
    network = Network(4).add_dense(20, "tanh").add_dense(1).build(1)
    return network.minimize(x, targets, cost="mean_squared_error", max_iterations=5000, on_iteration=callback)


def fit(x: np.ndarray, targets: np.ndarray, callback: Any) -> Any:
    network = Network(4).add_dense(20, "tanh").add_dense(1).build(1)
    return network.fit(x, targets, cost="mean_squared_error", epochs=5000, on_epoch=callback)


@contextmanager
def interrupt(after: float) -> Iterator[None]:
    """As Ctrl-C, so many seconds from now: SIGINT itself is ignored where tests run in the background."""
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, after)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# ctypes tells what it has lost on standard error.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("callback", [None, lambda _: None])
@pytest.mark.parametrize("call", [cascade, minimize, fit])
def test_keyboard_interrupt(call: Call, callback: Any) -> None:
    rng = np.random.default_rng(1)
    x, targets = rng.standard_normal((3000, 4)), rng.standard_normal(3000)
    with interrupt(0.05), pytest.raises(KeyboardInterrupt):
        call(x, targets, callback)
