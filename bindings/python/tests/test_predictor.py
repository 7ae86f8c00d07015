"""Networks prepared for prediction."""

from __future__ import annotations

import gc
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from conftest import counts_references

from chainrule import Activation, ArgumentError, CallbackError, Network, Predictor, StateError

PRECISIONS = ["float32", "bfloat16", "int8"]
TOLERANCE = {"float32": 0.0, "bfloat16": 0.03, "int8": 0.06}


@pytest.fixture(params=PRECISIONS)
def precision(request: pytest.FixtureRequest) -> str:
    return request.param


def test_predicts_as_the_network_does(network: Network, x: np.ndarray, precision: str) -> None:
    predictor = network.prepare(precision)
    assert (predictor.inputs, predictor.outputs, predictor.precision) == (4, 3, precision)
    y, expected = predictor.predict(x), network.predict(x)
    assert y.shape == (8, 3)
    assert y.dtype == np.float32
    assert np.abs(y - expected).max() <= TOLERANCE[precision]
    # Alone, a row has the same bits.
    for row in range(8):
        assert predictor.predict(x[row]).tobytes() == y[row].tobytes()


def test_convolutions(precision: str) -> None:
    network = Network((6, 5, 3)).add_convolution(20, 3, "relu", padding="same").add_convolution(4, 2, groups=2)
    network.add_pooling("maximum", 2).add_transposed_convolution(5, 2, "tanh", stride=2).add_flatten().add_dense(3)
    network.build(seed=2)
    x = np.random.default_rng(3).standard_normal((7, 6, 5, 3), dtype=np.float32)
    y, expected = network.prepare(precision).predict(x), network.predict(x)
    assert np.abs(y - expected).max() <= TOLERANCE[precision]
    assert network.prepare(precision).predict(x[2:3]).tobytes() == y[2].tobytes()


def test_batch_normalization_is_folded(precision: str) -> None:
    network = Network((6, 5, 2)).add_convolution(6, 3, bias=False).add_normalization("batch").add_activation("relu")
    network.add_flatten().add_dense(3).build(seed=2)
    for statistics in network.state.values():
        statistics[:] = np.linspace(0.5, 2, 6)
    x = np.random.default_rng(3).standard_normal((7, 6, 5, 2), dtype=np.float32)
    y, expected = network.prepare(precision).predict(x), network.predict(x)
    assert 0 < np.abs(y - expected).max() <= TOLERANCE[precision] + 1e-5


def test_float32_is_the_default(network: Network, x: np.ndarray) -> None:
    assert network.prepare().precision == "float32"
    assert Predictor(network).predict(x).tobytes() == network.predict(x).tobytes()


def test_the_network_may_change_and_go(x: np.ndarray, precision: str) -> None:
    network = Network(4).add_dense(5, "tanh").add_dense(3).build(seed=1)
    before = network.parameters.copy()
    predictor = network.prepare(precision)
    y = predictor.predict(x)
    assert network.parameters.tobytes() == before.tobytes()
    network.parameters[:] = 0
    assert predictor.predict(x).tobytes() == y.tobytes()
    network.close()
    del network
    gc.collect()
    assert predictor.predict(x).tobytes() == y.tobytes()


@pytest.mark.parametrize("shape", [(8, 4), (4,)])
def test_out_is_filled_and_returned(network: Network, x: np.ndarray, shape: tuple[int, ...]) -> None:
    predictor = network.prepare()
    x = x[: shape[0]] if len(shape) == 2 else x[0].copy()
    out = np.full((*shape[:-1], 3), 77, np.float32)
    for change in range(4):
        x += np.float32(change)
        assert predictor.predict(x, out=out) is out
        assert out.tobytes() == network.predict(x).tobytes()


def test_arrays_are_looked_at_in_every_call(network: Network, x: np.ndarray) -> None:
    predictor = network.prepare()
    x = np.ascontiguousarray(x)
    out = np.empty((8, 3), np.float32)
    predictor.predict(x, out=out)
    expected = network.predict(x)

    out.flags.writeable = False
    with pytest.raises(ArgumentError, match="writable"):
        predictor.predict(x, out=out)
    out.flags.writeable = True
    x.flags.writeable = False  # reading is all that is done to x
    assert predictor.predict(x, out=out).tobytes() == expected.tobytes()
    predictor.predict(x, out=out)
    with pytest.raises(ArgumentError, match="shape"):
        predictor.predict(x, out=out[:4])
    with pytest.raises(ArgumentError, match="shape"):
        predictor.predict(x[:4], out=out)
    grown, small = np.zeros((1, 4), np.float32), np.empty((1, 3), np.float32)
    predictor.predict(grown, out=small)
    grown.resize((2, 4), refcheck=False)
    with pytest.raises(ArgumentError, match="shape"):
        predictor.predict(grown, out=small)


def test_any_array_like_will_do(network: Network, x: np.ndarray) -> None:
    predictor = network.prepare()
    expected = network.predict(x).tobytes()
    for given in [x.tolist(), x.astype(np.float64), np.asfortranarray(x), np.repeat(x, 2, axis=0)[::2]]:
        assert predictor.predict(given).tobytes() == expected
    wide = np.zeros((8, 7), np.float32)
    wide[:, :4] = x
    out = np.full((8, 5), 77, np.float32)
    predictor.predict(wide[:, :4], out=out[:, :3])
    assert out[:, :3].tobytes() == expected
    assert (out[:, 3:] == 77).all()


def test_overlapping_arrays_are_told_apart() -> None:
    network = Network(3).add_dense(3, "tanh").build(seed=1)
    predictor = network.prepare()
    x = np.random.default_rng(1).standard_normal((5, 3)).astype(np.float32)
    expected = network.predict(x)
    for _ in range(2):
        both = x.copy()
        assert predictor.predict(both, out=both).tobytes() == expected.tobytes()
    both = x.copy()
    predictor.predict(both, out=both)
    both[:] = x
    assert predictor.predict(both, out=both).tobytes() == expected.tobytes()
    with pytest.raises(ValueError, match="overlap"):
        predictor.bind(both, both)


def test_bound_arrays(network: Network, x: np.ndarray, precision: str) -> None:
    predictor = network.prepare(precision)
    x = np.ascontiguousarray(x)
    for given, out in [
        (x, np.empty((8, 3), np.float32)),
        (x[2], np.empty(3, np.float32)),
        (np.zeros((8, 6), np.float32)[:, :4], np.empty((8, 9), np.float32)[:, 2:5]),
    ]:
        step = predictor.bind(given, out)
        assert step() is out
        assert out.tobytes() == predictor.predict(given).tobytes()
        given += 1
        assert step().tobytes() == predictor.predict(given).tobytes()


@counts_references
def test_a_bound_call_keeps_what_it_needs(x: np.ndarray) -> None:
    network = Network(4).add_dense(5, "tanh").add_dense(3).build(seed=1)
    expected = network.predict(x).tobytes()
    predictor = network.prepare()
    given, out = x.copy(), np.empty((8, 3), np.float32)
    references = sys.getrefcount(given)
    step = predictor.bind(given, out)
    assert sys.getrefcount(given) > references
    del given, network
    predictor.close()
    del predictor
    gc.collect()
    assert step().tobytes() == expected


def test_what_cannot_be_bound(network: Network, x: np.ndarray) -> None:
    predictor = network.prepare()
    out = np.empty((8, 3), np.float32)
    for given in [x.tolist(), x.astype(np.float64), np.asfortranarray(x)]:
        with pytest.raises(TypeError, match="float32"):
            predictor.bind(given, out)
    with pytest.raises(ArgumentError, match="shape"):
        predictor.bind(x, out[:4])
    with pytest.raises(ArgumentError, match="shape"):
        predictor.bind(x[:, :3], out)
    with pytest.raises(ArgumentError, match="float32"):
        predictor.bind(x, np.empty((8, 3), np.float64))


def test_bad_arguments(network: Network, x: np.ndarray) -> None:
    with pytest.raises(ArgumentError, match="float32, bfloat16, int8"):
        network.prepare("float16")
    with pytest.raises(TypeError, match="precision"):
        network.prepare(8)  # type: ignore[arg-type]
    with pytest.raises(StateError, match="not built"):
        Network(2).add_dense(1).prepare()
    predictor = network.prepare()
    with pytest.raises(ArgumentError, match="shape"):
        predictor.predict(x[:, :3])


def test_life(network: Network, x: np.ndarray) -> None:
    predictor = network.prepare("bfloat16")
    assert repr(predictor) == "Predictor(4 -> 3, bfloat16)"
    out = np.empty((8, 3), np.float32)
    with predictor as same:
        assert same is predictor
        predictor.predict(x, out=out)
        predictor.predict(x, out=out)
    assert predictor.closed
    assert repr(predictor) == "Predictor(closed)"
    for call in [
        lambda: predictor.predict(x),
        lambda: predictor.predict(x, out=out),
        lambda: predictor.bind(x, out),
        lambda: predictor.inputs,
        lambda: predictor.outputs,
        lambda: predictor.precision,
    ]:
        with pytest.raises(ArgumentError, match="closed"):
            call()
    predictor.close()


def test_custom_activations_are_still_called(x: np.ndarray) -> None:
    def double(z: np.ndarray) -> np.ndarray:
        if (z > 1e6).any():
            raise KeyError("too large")
        return 2 * z

    network = Network(4).add_dense(5, Activation(double, lambda z, h: np.full_like(z, 2))).add_dense(3).build(seed=1)
    predictor = network.prepare()
    expected = network.predict(x).tobytes()
    network.close()
    del network
    gc.collect()
    assert predictor.predict(x).tobytes() == expected
    with pytest.raises(KeyError, match="too large"):
        predictor.predict(np.full((1, 4), 1e9, np.float32))
    step = predictor.bind(x, np.empty((8, 3), np.float32))
    assert step().tobytes() == expected
    assert issubclass(CallbackError, RuntimeError)


def test_int8_has_no_step_for_what_is_not_finite(network: Network, x: np.ndarray) -> None:
    x = x.copy()
    x[3, 1] = np.inf
    y = network.prepare("int8").predict(x)
    assert np.isnan(y[3]).all()
    assert np.isfinite(np.delete(y, 3, axis=0)).all()


def test_threads_share_a_predictor(network: Network, x: np.ndarray, precision: str) -> None:
    predictor = network.prepare(precision)
    expected = predictor.predict(x).tobytes()
    wrong: list[int] = []

    def run(number: int) -> None:
        out = np.empty((8, 3), np.float32)
        for _ in range(200):
            if predictor.predict(x, out=out).tobytes() != expected:
                wrong.append(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_what_short_numbers_cost_on_the_digits() -> None:
    """At most 0.1 percentage points of the digits in bfloat16, and 0.5 in int8."""
    path = Path(__file__).resolve().parents[3] / "Examples" / "data" / "digits.csv"
    if not path.is_file():
        pytest.skip("the digits lie in the checkout")
    data = np.loadtxt(path, np.float32, delimiter=",")
    pixels, digits = np.ascontiguousarray(data[:, :64] / 16), data[:, 64].astype(np.int32)
    held_out = np.arange(len(digits)) % 4 == 3
    network = Network(64).add_dense(100, "relu").add_dense(10).build(seed=1)
    network.fit(pixels[~held_out], digits[~held_out], epochs=40, batch_size=64)
    right = {name: network.prepare(name).predict(pixels).argmax(axis=1) == digits for name in PRECISIONS}
    exact = right["float32"]
    assert exact[held_out].mean() > 0.95
    for rows in [held_out, slice(None)]:
        for name, most in [("bfloat16", 0.1), ("int8", 0.5)]:
            lost = 100 * (exact[rows].mean() - right[name][rows].mean())
            print(f"{name}: {100 * exact[rows].mean():.3f} % - {lost:.3f} points")
            assert lost <= most
