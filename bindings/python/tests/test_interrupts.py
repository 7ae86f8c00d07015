"""Ctrl-C while the library works: KeyboardInterrupt comes out, wherever the signal arrives, and nothing is printed."""

from __future__ import annotations

import ctypes
import functools
import operator
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import interrupted
import numpy as np
import pytest
from conftest import CPYTHON, counts_references, run_python

from chainrule import Network, Trainer

X, TARGETS = interrupted.x, interrupted.targets


@contextmanager
def handler(function: Any) -> Iterator[None]:
    """Has SIGINT handled by a function, which the process may have been started to ignore, or the thread to block."""
    before = signal.signal(signal.SIGINT, function)
    mask = signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        assert signal.getsignal(signal.SIGINT) == function
        signal.signal(signal.SIGINT, before)


@contextmanager
def interrupt(after: float) -> Iterator[None]:
    """As Ctrl-C, so many seconds from now."""

    def send() -> None:
        time.sleep(after)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        thread.join()


@pytest.mark.skipif(not CPYTHON, reason="PyPy drops an interrupt that comes in Python code which numpy's C code calls")
@pytest.mark.parametrize("call", interrupted.CALLS)
def test_every_interrupt_comes_out(call: str) -> None:
    done = run_python(interrupted.__file__, call, "10")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def fitted(steps: int) -> Any:
    """The parameters after so many steps without an interrupt."""
    network = Network(4).add_dense(8, "tanh").add_dense(1).build(1)

    def stop(batch: Any) -> bool:
        return bool(batch.step < steps)

    network.fit(X, TARGETS, cost="mean_squared_error", epochs=10**6, batch_size=10, on_batch=stop)
    return network.parameters.copy()


def test_parameters_are_the_last_step_s() -> None:
    network = Network(4).add_dense(8, "tanh").add_dense(1).build(1)
    seen: list[Any] = []
    trainer = Trainer(network, cost="mean_squared_error", epochs=10**6, batch_size=10, on_epoch=seen.append)
    with handler(signal.default_int_handler), pytest.raises(KeyboardInterrupt), interrupt(0.3):
        trainer.fit(X, TARGETS)
    steps = trainer.progress.steps
    assert steps > 0
    assert trainer.progress.epochs == steps // 300 == len(trainer.history)
    # It may have come as the last on_epoch began.
    assert trainer.history[:-1] == seen[: len(trainer.history) - 1]
    assert len(trainer.history) - len(seen) in (0, 1)
    np.testing.assert_array_equal(network.parameters, fitted(steps))


def test_training_goes_on_afterwards() -> None:
    network = Network(4).add_dense(8, "tanh").add_dense(1).build(1)
    trainer = Trainer(network, cost="mean_squared_error", epochs=400, batch_size=10)
    with handler(signal.default_int_handler), pytest.raises(KeyboardInterrupt), interrupt(0.02):
        trainer.fit(X, TARGETS)
    trainer.fit(X, TARGETS)
    assert trainer.progress.epochs == 400
    np.testing.assert_array_equal(network.parameters, fitted(400 * 300))


def test_a_handler_that_does_not_raise_does_not_end_the_call() -> None:
    numbers: list[int] = []
    network = Network(4).add_dense(8, "tanh").add_dense(1).build(1)
    with handler(lambda number, _: numbers.append(number)), interrupt(0.02):
        history = network.fit(X, TARGETS, cost="mean_squared_error", epochs=100, batch_size=10)
    assert len(history) == 100
    assert numbers == [signal.SIGINT]


def test_a_handler_s_own_exception_comes_out() -> None:
    def leave(*_: Any) -> None:
        raise SystemExit(3)

    network = Network(4).add_dense(8, "tanh").add_dense(1).build(1)
    with handler(leave), pytest.raises(SystemExit, match="3"), interrupt(0.05):
        network.fit(X, TARGETS, cost="mean_squared_error", epochs=10**6)


def test_an_ignored_interrupt_is_ignored() -> None:
    network = Network(4).add_dense(8, "tanh").add_dense(1).build(1)
    with handler(signal.SIG_IGN), interrupt(0.02):
        assert len(network.fit(X, TARGETS, cost="mean_squared_error", epochs=100)) == 100


@counts_references
def test_an_interrupt_is_not_lost_in_a_finalizer() -> None:
    """It comes while a network is freed: Python would drop what a finalizer raises, and the network not be freed."""
    networks = [Network(4).add_dense(1).build()]
    send = functools.partial(ctypes.CDLL(None)["raise"], signal.SIGINT)
    # Nothing between the two is Python's own code, where the handler would run.
    together = map(operator.methodcaller("__call__"), [send, networks.clear])
    with handler(signal.default_int_handler), pytest.raises(KeyboardInterrupt):
        list(together)
    assert networks == []


def test_calls_within_callbacks() -> None:
    """An interrupt in a call that a callback makes ends both; one that the callback catches ends only the inner."""
    network, other = interrupted.network(), interrupted.network(units=200)
    endless: dict[str, Any] = {"cost": "mean_squared_error", "epochs": 10**6}
    with handler(signal.default_int_handler), pytest.raises(KeyboardInterrupt), interrupt(0.05):
        network.fit(X, TARGETS, on_epoch=lambda _: other.fit(X, TARGETS, **endless), **endless)

    caught = []

    def catch(_: Any) -> bool:
        try:
            other.fit(X, TARGETS, **endless)
        except KeyboardInterrupt:
            caught.append(True)
        return len(caught) < 1

    with handler(signal.default_int_handler), interrupt(0.05):
        assert len(network.fit(X, TARGETS, on_epoch=catch, **endless)) == 1
    assert caught == [True]


def test_other_threads_are_left_alone() -> None:
    """A call on another thread goes on, and the main thread gets its KeyboardInterrupt."""
    network = Network(4).add_dense(8, "tanh").add_dense(1).build(1)
    lengths: list[int] = []

    def train() -> None:
        lengths.append(len(network.fit(X, TARGETS, cost="mean_squared_error", epochs=200, batch_size=10)))

    thread = threading.Thread(target=train)
    with handler(signal.default_int_handler):
        thread.start()
        with pytest.raises(KeyboardInterrupt), interrupt(0.02):
            time.sleep(30)
        thread.join()
    assert lengths == [200]


def test_a_handler_that_a_callback_sets_stays() -> None:
    def raise_value_error(*_: Any) -> None:
        raise ValueError

    def change(_: Any) -> bool:
        signal.signal(signal.SIGINT, raise_value_error)
        return False

    before: Callable[..., Any] | int | None = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        interrupted.network().fit(X, TARGETS, cost="mean_squared_error", on_epoch=change)
        assert signal.getsignal(signal.SIGINT) is raise_value_error
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_read_that_waits_is_ended() -> None:
    network = Network(4).add_dense(8, "tanh").build(1)
    near, far = socket.socketpair()
    with near, far, far.makefile("rb") as reading:
        near.sendall(network.to_bytes()[:20])

        def interrupt() -> None:
            time.sleep(0.3)
            # To this thread: it waits in a system call, which the signal ends.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        thread = threading.Thread(target=interrupt)
        thread.start()
        with handler(signal.default_int_handler), pytest.raises(KeyboardInterrupt):
            Network.load(reading)
        thread.join()
