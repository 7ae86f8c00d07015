"""What is passed without a copy, what is converted, and what results are written into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import recorded_calls
from hypothesis import given
from hypothesis import strategies as st

import chainrule
from chainrule._library import library


@pytest.fixture
def calls(network: chainrule.Network, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The address, rows and stride of x, and those of y, of every crl_network_predict() call."""
    return recorded_calls(network._layout().predict, monkeypatch)


@pytest.mark.parametrize(
    ("make", "stride"),
    [
        (lambda base: np.ascontiguousarray(base[:, :4]), 4),
        (lambda base: base[:, :4], 7),
        (lambda base: base[:, 2:6], 7),
        (lambda base: base[::2, :4], 14),
        (lambda base: base[3, 1:5], 4),
        (lambda base: np.broadcast_to(base[0, :4], (1, 4)), 4),
    ],
    ids=["contiguous", "columns", "middle columns", "every other row", "one row", "one broadcast row"],
)
def test_float32_rows_are_passed_in_place(
    network: chainrule.Network,
    rng: np.random.Generator,
    calls: list[tuple[Any, ...]],
    make: Callable[[np.ndarray], np.ndarray],
    stride: int,
) -> None:
    x = make(rng.standard_normal((10, 7)).astype(np.float32))
    y = network.predict(x)
    x_address, x_rows, x_stride, y_address, _, y_stride = calls[0]
    assert (x_address, x_rows, x_stride) == (x.ctypes.data, x.size // 4, stride)
    assert (y_address, y_stride) == (y.ctypes.data, 3)
    np.testing.assert_array_equal(y, network.predict(np.array(x)))


@pytest.mark.parametrize(
    "convert",
    [
        lambda x: x.astype(np.float64),
        lambda x: np.asfortranarray(x),
        lambda x: np.repeat(x, 2, axis=1)[:, ::2],
        lambda x: np.array(x[::-1])[::-1],
        lambda x: x.astype(">f4"),
        lambda x: np.frombuffer(b"\0" + x.tobytes(), dtype=np.uint8)[1:].view(np.float32).reshape(x.shape),
        lambda x: x.tolist(),
        lambda x: [list(row) for row in x],
    ],
    ids=[
        "float64",
        "columns first",
        "strided columns",
        "rows reversed",
        "big-endian",
        "unaligned",
        "list",
        "list of scalars",
    ],
)
def test_others_are_converted(
    network: chainrule.Network, x: np.ndarray, convert: Callable[[np.ndarray], Any], calls: list[tuple[Any, ...]]
) -> None:
    converted = convert(x)
    np.testing.assert_array_equal(network.predict(converted), network.predict(x))
    if isinstance(converted, np.ndarray):
        assert calls[0][0] != converted.ctypes.data


def test_integers_and_booleans_are_numbers(network: chainrule.Network) -> None:
    np.testing.assert_array_equal(network.predict([1, 0, 1, 1]), network.predict(np.array([True, False, True, True])))


def test_a_broadcast_row_is_every_row(network: chainrule.Network, x: np.ndarray) -> None:
    np.testing.assert_array_equal(
        network.predict(np.broadcast_to(x[0], (8, 4))), network.predict(np.tile(x[0], (8, 1)))
    )


def test_predicting_into_out_allocates_nothing_of_that_size(rng: np.random.Generator) -> None:
    network = chainrule.Network(50).add_dense(40).build()
    x = rng.standard_normal((5000, 50)).astype(np.float32)
    out = np.empty((5000, 40), np.float32)
    network.predict(x, out=out)
    tracemalloc = pytest.importorskip("tracemalloc", reason="PyPy has none")
    tracemalloc.start()
    try:
        network.predict(x, out=out)
        network.predict(x[::2], out=out[::2])
        _, peak = tracemalloc.get_traced_memory()
        network.predict(x.astype(np.float64), out=out)
        _, converting = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < x.nbytes / 10
    assert converting > x.nbytes


def test_out_with_a_stride(network: chainrule.Network, x: np.ndarray) -> None:
    wide = np.full((16, 9), 5, np.float32)
    out = wide[::2, 1:4]
    assert network.predict(x, out=out) is out
    np.testing.assert_array_equal(out, network.predict(x))
    out[:] = 5
    np.testing.assert_array_equal(wide, np.full((16, 9), 5))


def test_out_for_one_row(network: chainrule.Network, x: np.ndarray) -> None:
    out = np.empty(3, np.float32)
    assert network.predict(x[0], out=out) is out
    np.testing.assert_array_equal(out, network.predict(x[0]))


def test_out_may_overlap_x(rng: np.random.Generator) -> None:
    network = chainrule.Network(4).add_dense(4, "tanh").build(seed=2)
    memory = rng.standard_normal((101, 4)).astype(np.float32)
    x, out = memory[:-1], memory[1:]
    expected = network.predict(x.copy())
    np.testing.assert_array_equal(network.predict(x, out=out), expected)


def test_the_gradient_of_a_cost_may_take_the_outputs_place(network: chainrule.Network, x: np.ndarray) -> None:
    y = network.predict(x)
    value, expected = chainrule.cost(y, np.zeros(8, int))
    same, gradient = chainrule.cost(y, np.zeros(8, int), out=y)
    assert gradient is y
    assert same == value
    np.testing.assert_array_equal(gradient, expected)


@pytest.mark.parametrize(
    ("out", "message"),
    [
        (np.empty((8, 3)), "float32"),
        (np.empty((3, 8), np.float32).T, "contiguous rows"),
        (np.broadcast_to(np.float32(0), (8, 3)), "writable"),
        (np.empty((7, 3), np.float32), r"shape \(8, 3\)"),
        (np.empty(24, np.float32), r"shape \(8, 3\)"),
        ([[0.0] * 3] * 8, "list"),
    ],
)
def test_an_out_that_does_not_fit(network: chainrule.Network, x: np.ndarray, out: Any, message: str) -> None:
    with pytest.raises(chainrule.ArgumentError, match=message):
        network.predict(x, out=out)


def test_targets_with_a_stride_are_passed_in_place(
    network: chainrule.Network, x: np.ndarray, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    call = library.crl_network_value_and_gradient

    def record(*arguments: Any) -> int:
        native = arguments[5]._obj
        seen.append((native.values, native.stride))
        return call(*arguments)

    monkeypatch.setattr(library, "crl_network_value_and_gradient", record)
    wide = rng.standard_normal((8, 6)).astype(np.float32)
    value, _ = network.value_and_grad(x, wide[:, 2:5], "mean_squared_error")
    assert seen == [(wide[:, 2:5].ctypes.data, 6)]
    assert value == network.value_and_grad(x, wide[:, 2:5].copy(), "mean_squared_error")[0]


def test_targets_of_one_output_may_be_flat(x: np.ndarray, rng: np.random.Generator) -> None:
    network = chainrule.Network(4).add_dense(1).build()
    targets = rng.standard_normal(8)
    flat, _ = network.value_and_grad(x, targets, "mean_squared_error")
    assert flat == network.value_and_grad(x, targets[:, np.newaxis], "mean_squared_error")[0]


def test_one_row_with_its_target(network: chainrule.Network, x: np.ndarray) -> None:
    expected, _ = network.value_and_grad(x[:1], [2])
    for targets in (2, np.int64(2), [2], [0.0, 0.0, 1.0]):
        assert network.value_and_grad(x[0], targets)[0] == pytest.approx(expected, rel=1e-6)


@given(
    rows=st.integers(1, 5),
    columns=st.integers(1, 6),
    row_step=st.integers(1, 3),
    column_start=st.integers(0, 2),
    column_step=st.integers(1, 2),
    fortran=st.booleans(),
    dtype=st.sampled_from([np.float32, np.float64, np.int16]),
)
def test_every_layout_predicts_what_its_copy_predicts(
    rows: int, columns: int, row_step: int, column_start: int, column_step: int, fortran: bool, dtype: type
) -> None:
    network = chainrule.Network(columns).add_activation("identity").build()
    shape = (rows * row_step, column_start + columns * column_step + 1)
    base = np.arange(shape[0] * shape[1]).reshape(shape, order="F" if fortran else "C").astype(dtype, order="K")
    x = base[::row_step, column_start : column_start + columns * column_step : column_step]
    np.testing.assert_array_equal(network.predict(x), x)
