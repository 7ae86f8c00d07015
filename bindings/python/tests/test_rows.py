"""Rows of x to rows of y, the same for a network, its predictor and a workspace: which arrays are used as they are."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pytest
from conftest import counts_references, recorded_calls

from chainrule import ArgumentError, Network, Workspace

Array = np.ndarray


class Way(NamedTuple):
    """One of the three that take rows to rows, and what reached the library: each call's six numbers."""

    call: Callable[..., Array]
    calls: list[tuple[Any, ...]]
    needs_rows: bool = False


WAYS = ["Network.predict", "Predictor.predict", "Workspace.forward"]


def way_of(network: Network, name: str, monkeypatch: pytest.MonkeyPatch) -> Way:
    if name == "Network.predict":
        return Way(network.predict, recorded_calls(network._layout().predict, monkeypatch))
    if name == "Predictor.predict":
        predictor = network.prepare()
        return Way(predictor.predict, recorded_calls(predictor._predict, monkeypatch))
    workspace = Workspace(network, 16)
    return Way(workspace.forward, recorded_calls(workspace._forward, monkeypatch), needs_rows=True)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, network: Network, monkeypatch: pytest.MonkeyPatch) -> Way:
    return way_of(network, request.param, monkeypatch)


@pytest.fixture(params=WAYS)
def square(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Way:
    """That of a network with as many outputs as inputs."""
    return way_of(Network(4).add_dense(4, "tanh").build(seed=2), request.param, monkeypatch)


class Special(np.ndarray):
    """A subclass, which must not be mistaken for what it derives from."""


def unaligned(array: Array) -> Array:
    return np.frombuffer(bytearray(b"\0" + array.tobytes()), np.uint8)[1:].view(np.float32).reshape(array.shape)


def read_only(array: Array) -> Array:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


@pytest.mark.parametrize(
    ("make", "in_place"),
    [
        (lambda x: x, True),
        (lambda x: x[2:5], True),
        (lambda x: x[3], True),
        (lambda x: x[:1], True),
        (read_only, True),
        (lambda x: read_only(x[0]), True),
        (lambda x: np.frombuffer(x.tobytes(), np.float32).reshape(x.shape), True),
        (lambda x: x.view(Special), True),
        (lambda x: x[::2], True),
        (lambda x: x.astype(np.dtype(np.float32, metadata={"unit": "V"})), True),
        (unaligned, False),
        (lambda x: unaligned(x[0]), False),
        (lambda x: x.astype(">f4"), False),
        (lambda x: x.astype(np.float64), False),
        (lambda x: np.asfortranarray(x), False),
        (lambda x: x[::-1], False),
        (lambda x: x.tolist(), False),
        (lambda x: x[0].tolist(), False),
    ],
    ids=[
        "plain",
        "some rows",
        "a vector",
        "one row",
        "read-only",
        "a read-only vector",
        "of immutable bytes",
        "a subclass",
        "every other row",
        "a dtype with metadata",
        "unaligned",
        "an unaligned vector",
        "big-endian",
        "float64",
        "columns first",
        "backwards",
        "a list",
        "a list for a vector",
    ],
)
def test_x_is_read_in_place_or_converted(
    way: Way, network: Network, x: Array, make: Callable[[Array], Any], in_place: bool
) -> None:
    given = make(x)
    shape = np.shape(given)
    expected = network.prepare().predict(np.array(given, np.float32, order="C", ndmin=2)).reshape(*shape[:-1], 3)
    for out in [None, np.full(expected.shape, 77, np.float32)]:
        way.calls.clear()
        y = way.call(given, out=out)
        assert type(y) is np.ndarray
        assert (y.shape, y.dtype) == (expected.shape, np.float32)
        assert y.tobytes() == expected.tobytes()
        assert out is None or y is out
        ((address, rows, stride, *result),) = way.calls
        assert rows == expected.size // 3
        assert stride == (8 if in_place and np.shape(given) == (4, 4) else 4)
        assert result == [y.ctypes.data, rows, 3]
        if isinstance(given, np.ndarray):
            assert (address == given.ctypes.data) == in_place


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.empty((8, 3), np.float32),
        lambda: np.empty((10, 3), np.float32)[1:9],
        lambda: np.empty((8, 3), np.float32).view(Special),
        lambda: np.empty((8, 5), np.float32)[:, 1:4],
        lambda: np.empty((8, 3), np.dtype(np.float32, metadata={"unit": "V"})),
    ],
    ids=["plain", "some rows", "a subclass", "columns", "a dtype with metadata"],
)
def test_out_is_written_in_place(way: Way, network: Network, x: Array, make: Callable[[], Array]) -> None:
    expected = network.prepare().predict(x)
    for given in [x, x.astype(np.float64)]:
        way.calls.clear()
        out = make()
        assert way.call(given, out=out) is out
        assert out.tobytes() == expected.tobytes()
        assert way.calls[0][3:] == (out.ctypes.data, 8, out.strides[0] // 4)


@pytest.mark.parametrize(
    ("out", "message"),
    [
        (np.empty((7, 3), np.float32), r"shape \(8, 3\)"),
        (np.empty((9, 3), np.float32), r"shape \(8, 3\)"),
        (np.empty((8, 2), np.float32), r"shape \(8, 3\)"),
        (np.empty((4, 6), np.float32), r"shape \(8, 3\)"),
        (np.empty(24, np.float32), r"shape \(8, 3\)"),
        (np.empty((8, 3, 1), np.float32), r"shape \(8, 3\)"),
        (np.empty((0, 3), np.float32), r"shape \(8, 3\)"),
        (np.float32(0), r"shape \(8, 3\)"),
        ([[0.0] * 3] * 8, "list"),
        (bytearray(96), "bytearray"),
        (np.empty((8, 3)), "float32"),
        (np.empty((8, 3), np.int32), "float32"),
        (np.empty((8, 3), ">f4"), "float32"),
        (np.empty((3, 8), np.float32).T, "contiguous rows"),
        (unaligned(np.empty((8, 3), np.float32)), "float32"),
        (read_only(np.empty((8, 3), np.float32)), "writable"),
    ],
)
def test_an_out_that_does_not_fit(way: Way, x: Array, out: Any, message: str) -> None:
    for given in [x, read_only(x)]:
        with pytest.raises(ArgumentError, match=message):
            way.call(given, out=out)
    assert not way.calls


@pytest.mark.parametrize(
    "x",
    [
        np.zeros((8, 5), np.float32),
        np.zeros((8, 3), np.float32),
        np.zeros(3, np.float32),
        np.zeros(8, np.float32),
        np.zeros((2, 2, 4), np.float32),
        np.zeros((4, 0), np.float32),
        np.zeros(0, np.float32),
        np.array(1, np.float32),
        np.float32(1),
    ],
    ids=lambda x: str(np.shape(x)),
)
def test_an_x_that_does_not_fit(way: Way, x: Any) -> None:
    for out in [None, np.empty((8, 3), np.float32)]:
        with pytest.raises(ArgumentError, match="x has shape"):
            way.call(x, out=out)
    assert not way.calls


def test_no_rows_give_no_rows(way: Way) -> None:
    if way.needs_rows:
        with pytest.raises(ArgumentError, match="is 0"):
            way.call(np.empty((0, 4), np.float32))
        return
    for x in [np.empty((0, 4), np.float32), np.empty((0, 4)), np.empty((0, 4), int)]:
        y = way.call(x)
        assert y.shape == (0, 3)
        assert y.dtype == np.float32
    out = np.empty((0, 3), np.float32)
    assert way.call(np.empty((0, 4), np.float32), out=out) is out
    for wrong, given in [(np.empty((0, 3)), None), ([], None), (np.empty((0, 4)), np.empty((1, 3), np.float32))]:
        with pytest.raises(ArgumentError, match="shape"):
            way.call(wrong, out=given)


@pytest.mark.parametrize("distance", [-33, -32, -31, -4, -1, 0, 1, 4, 31, 32, 33])
def test_x_is_copied_if_the_result_would_overwrite_it(square: Way, rng: np.random.Generator, distance: int) -> None:
    memory = rng.standard_normal(200).astype(np.float32)
    x, out = memory[80:112].reshape(8, 4), memory[80 + distance : 112 + distance].reshape(8, 4)
    expected = square.call(x.copy())
    square.calls.clear()
    address = x.ctypes.data
    assert square.call(x, out=out) is out
    assert out.tobytes() == expected.tobytes()
    assert (square.calls[0][0] == address) == (abs(distance) >= 32)


def test_one_vector_for_both(square: Way, x: Array) -> None:
    vector = x[0].copy()
    expected = square.call(vector)
    assert square.call(vector, out=vector) is vector
    assert vector.tobytes() == expected.tobytes()


@pytest.mark.filterwarnings("ignore:Setting the shape on a NumPy array")
def test_what_happens_to_arrays_between_calls_is_noticed(way: Way, network: Network, x: Array) -> None:
    x, out = x.copy(), np.empty((8, 3), np.float32)
    expected = network.prepare().predict(x)
    assert way.call(x, out=out).tobytes() == expected.tobytes()

    out.flags.writeable = False
    with pytest.raises(ArgumentError, match="writable"):
        way.call(x, out=out)
    out.flags.writeable = True
    x.resize((9, 4), refcheck=False)
    with pytest.raises(ArgumentError, match=r"shape \(9, 3\)"):
        way.call(x, out=out)
    out.resize((9, 3), refcheck=False)
    assert way.call(x, out=out)[:8].tobytes() == expected.tobytes()
    x.resize((2, 4), refcheck=False)
    assert way.call(x).tobytes() == expected[:2].tobytes()
    x.shape = (8,)
    with pytest.raises(ArgumentError, match=r"x has shape \(8,\)"):
        way.call(x)
    x.resize((0, 4), refcheck=False)
    if not way.needs_rows:
        assert way.call(x).shape == (0, 3)


@counts_references
def test_a_call_keeps_nothing(way: Way, x: Array) -> None:
    x, out = x.copy(), np.empty((8, 3), np.float32)
    references = sys.getrefcount(x), sys.getrefcount(out)
    for given, result in [(x, out), (x, None), (x[::2], out[::2])]:
        way.call(given, out=result)
    del given, result
    assert (sys.getrefcount(x), sys.getrefcount(out)) == references
    assert sys.getrefcount(way.call(x)) <= 2


@pytest.mark.parametrize("prepared", [False, True])
def test_threads_with_arrays_of_their_own(network: Network, rng: np.random.Generator, prepared: bool) -> None:
    shared = network.prepare() if prepared else network
    alone = network.prepare()
    start = threading.Barrier(8)

    def is_right(batches: Array) -> bool:
        expected = [alone.predict(batch).tobytes() for batch in batches]
        out = np.empty((batches.shape[1], 3), np.float32)
        start.wait(timeout=30)
        return all(
            shared.predict(batch, out=out).tobytes() == y and shared.predict(batch).tobytes() == y
            for _ in range(20)
            for batch, y in zip(batches, expected)
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(is_right, [rng.standard_normal((10, rows, 4)).astype(np.float32) for rows in range(1, 9)]))


def test_closing_a_predictor_while_another_thread_predicts(x: Array) -> None:
    """The call under way finishes; the next one says that the predictor is closed."""
    inside, closed = threading.Event(), threading.Event()

    def wait(z: Array) -> Array:
        inside.set()
        assert closed.wait(timeout=30)
        return z

    predictor = Network(4).add_activation((wait, lambda z, h: np.ones_like(z))).build().prepare()
    out = np.empty_like(x)
    with ThreadPoolExecutor(1) as pool:
        prediction = pool.submit(predictor.predict, x, out=out)
        assert inside.wait(timeout=30)
        predictor.close()
        closed.set()
        np.testing.assert_array_equal(prediction.result(), x)
    with pytest.raises(ArgumentError, match="closed"):
        predictor.predict(x, out=out)


def test_what_a_callback_raises_comes_out(x: Array) -> None:
    def fail(z: Array) -> Array:
        raise KeyError("no")

    network = Network(4).add_activation((fail, lambda z, h: np.ones_like(z))).build()
    for call in [network.predict, network.prepare().predict, Workspace(network, 8).forward]:
        for given in [x, read_only(x)]:
            with pytest.raises(KeyError, match="no"):
                call(given)


def test_repeated_predictions_follow_the_parameters(network: Network, rng: np.random.Generator) -> None:
    """A network that predicts often prepares a copy of its parameters, which no result may come from too late."""
    x = rng.standard_normal((3, network.inputs)).astype(np.float32)

    def predictions() -> list[np.ndarray]:
        return [network.predict(x) for _ in range(40)]

    before = predictions()
    parameters = network.parameters
    assert all(np.array_equal(y, before[0]) for y in before + predictions())
    for _ in range(3):
        parameters *= 1.5
        expected = network.copy().predict(x)
        assert not np.array_equal(expected, before[0])
        assert all(np.array_equal(y, expected) for y in predictions())
