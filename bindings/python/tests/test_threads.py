"""Several Python threads in the library at once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import chainrule


def test_eight_threads_predict_what_one_does(rng: np.random.Generator) -> None:
    network = chainrule.Network(16).add_dense(64, "relu").add_dense(8, "softmax").build(seed=1)
    batches = [rng.standard_normal((int(rows), 16)).astype(np.float32) for rows in rng.integers(1, 60, 200)]
    expected = [network.predict(batch) for batch in batches]
    with ThreadPoolExecutor(8) as pool:
        for y, one in zip(pool.map(network.predict, batches), expected):
            np.testing.assert_array_equal(y, one)


def test_two_threads_are_in_the_library_at_once(x: np.ndarray) -> None:
    """Each prediction waits, inside the library, until the other has got there too."""
    both = threading.Barrier(2)

    def meet(z: np.ndarray) -> np.ndarray:
        both.wait(timeout=30)
        return z

    network = chainrule.Network(4).add_activation((meet, lambda z, h: np.ones_like(z))).build()
    with ThreadPoolExecutor(2) as pool:
        for y in pool.map(network.predict, [x, x + 1]):
            assert y.shape == (8, 4)


def test_other_threads_run_during_a_fit(rng: np.random.Generator) -> None:
    network = chainrule.Network(128).add_dense(256, "tanh").add_dense(10).build()
    x = rng.standard_normal((4000, 128)).astype(np.float32)
    labels = rng.integers(0, 10, 4000)
    ticks, stop = 0, threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not stop.is_set():
            ticks += 1
            time.sleep(0.001)

    # One epoch is one stretch without any Python; make it long enough to tell.
    rows, seconds = 500, 0.0
    ticker = threading.Thread(target=tick)
    ticker.start()
    try:
        while seconds < 0.25:
            before = ticks
            (record,) = network.fit(np.tile(x, (rows // 500, 1)), np.tile(labels, rows // 500), epochs=1)
            during, seconds = ticks - before, record.seconds
            rows *= 2
    finally:
        stop.set()
        ticker.join()
    # With the lock held throughout, the ticker would get a turn before and after the call only.
    assert during > 20


def test_networks_are_made_and_dropped_in_many_threads(x: np.ndarray) -> None:
    def work(seed: int) -> float:
        network = chainrule.Network(4).add_dense(5, "tanh").add_dense(3).build(seed)
        view = network.parameters
        network.fit(x, np.zeros(8, np.int32), epochs=2)
        network.close()
        return float(view.sum())

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(40))) == [work(seed) for seed in range(40)]


def test_closing_while_another_thread_predicts(x: np.ndarray) -> None:
    """The call under way finishes; the next one says that the network is closed."""
    inside, closed = threading.Event(), threading.Event()

    def wait(z: np.ndarray) -> np.ndarray:
        inside.set()
        assert closed.wait(timeout=30)
        return z

    network = chainrule.Network(4).add_activation((wait, lambda z, h: np.ones_like(z))).build()
    with ThreadPoolExecutor(1) as pool:
        prediction = pool.submit(network.predict, x)
        assert inside.wait(timeout=30)
        network.close()
        closed.set()
        np.testing.assert_array_equal(prediction.result(), x)
    with pytest.raises(chainrule.ArgumentError, match="closed"):
        network.predict(x)


def test_messages_belong_to_their_thread() -> None:
    def fail(size: int) -> str:
        with pytest.raises(chainrule.ArgumentError) as caught:
            chainrule.Network(4).add_dense(3, name="!" * size)
        return str(caught.value)

    sizes = [1, 2, 3, 4] * 50
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(fail, sizes)) == [fail(size) for size in sizes]
