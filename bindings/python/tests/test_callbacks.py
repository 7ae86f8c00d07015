"""Custom costs and activations, and what happens when they fail."""

from __future__ import annotations

import gc
import threading
from typing import Any

import numpy as np
import pytest
import reference

import chainrule


def cube(z: np.ndarray) -> np.ndarray:
    return z**3


def cube_derivative(z: np.ndarray, h: np.ndarray) -> np.ndarray:
    np.testing.assert_allclose(h, z**3, rtol=1e-6)
    return 3 * z**2


def sum_of_squares(y: np.ndarray, targets: np.ndarray | None, weights: np.ndarray | None) -> tuple[float, np.ndarray]:
    assert targets is not None
    difference = y - targets
    if weights is not None:
        difference = difference * weights[:, np.newaxis]
        return float((difference * (y - targets)).sum()), 2 * difference
    return float((difference**2).sum()), 2 * difference


@pytest.mark.parametrize("activation", [(cube, cube_derivative), chainrule.Activation(cube, cube_derivative)])
def test_custom_activation(activation: Any, rng: np.random.Generator, x: np.ndarray) -> None:
    network = chainrule.Network(4).add_dense(3, activation).add_activation(activation).build(seed=2)
    targets = rng.standard_normal((8, 3))

    def outputs(parameters: np.ndarray) -> np.ndarray:
        tensors = network.unflatten(parameters)
        return ((x @ tensors["0.weight"].T + tensors["0.bias"]) ** 3) ** 3

    np.testing.assert_allclose(network.predict(x), outputs(network.parameters), rtol=1e-4, atol=1e-6)
    _, gradient = network.value_and_grad(x, targets, "mean_squared_error")
    expected = reference.central_differences(
        lambda p: float(((outputs(p) - targets) ** 2).mean()), network.parameters.astype(np.float64)
    )
    np.testing.assert_allclose(gradient, expected, rtol=1e-3, atol=1e-4)


def test_a_custom_activation_lives_as_long_as_the_network(x: np.ndarray) -> None:
    network = chainrule.Network(4).add_activation((lambda z: z + 1, lambda z, h: np.ones_like(z))).build()
    gc.collect()
    np.testing.assert_array_equal(network.predict(x), x + 1)


@pytest.mark.parametrize("weighted", [False, True])
def test_custom_cost(network: chainrule.Network, x: np.ndarray, rng: np.random.Generator, weighted: bool) -> None:
    targets = rng.standard_normal((8, 3)).astype(np.float32)
    weights = rng.uniform(0.5, 2, 8).astype(np.float32) if weighted else None
    same = chainrule.Cost("mean_squared_error", reduction="sum")
    value, gradient = network.value_and_grad(
        x, targets, sum_of_squares, sample_weight=weights, out=np.empty(43, np.float32)
    )
    expected, expected_gradient = network.value_and_grad(x, targets, same, sample_weight=weights)
    assert value == pytest.approx(3 * expected, rel=1e-5)
    np.testing.assert_allclose(gradient, 3 * expected_gradient, rtol=1e-4, atol=1e-5)

    y = network.predict(x)
    value, dC_dy = chainrule.cost(y, targets, sum_of_squares, sample_weight=weights)
    assert value == pytest.approx(3 * expected, rel=1e-5)
    np.testing.assert_allclose(dC_dy, sum_of_squares(y, targets, weights)[1], rtol=1e-6)


def test_a_custom_cost_without_targets_or_with_wider_ones(network: chainrule.Network, x: np.ndarray) -> None:
    seen = []

    def total(y: np.ndarray, targets: np.ndarray | None, weights: np.ndarray | None) -> tuple[float, np.ndarray]:
        seen.append((None if targets is None else targets.shape, weights))
        return y.sum(), np.ones(y.shape)

    y = network.predict(x)
    for targets in (None, np.zeros((8, 11)), np.zeros(8)):
        assert network.value_and_grad(x, targets, total)[0] == pytest.approx(float(y.sum()), rel=1e-5)
    assert seen == [(None, None), ((8, 11), None), ((8, 1), None)]


def test_what_callbacks_keep_stays_valid(network: chainrule.Network, x: np.ndarray) -> None:
    kept: list[np.ndarray] = []

    def keep(y: np.ndarray, targets: np.ndarray | None, weights: np.ndarray | None) -> tuple[float, np.ndarray]:
        kept.append(y)
        return 0.0, np.zeros_like(y)

    expected = network.predict(x)
    network.value_and_grad(x, None, keep)
    network.value_and_grad(x + 1, None, keep)
    network.close()
    gc.collect()
    np.testing.assert_allclose(kept[0], expected, rtol=1e-6)


def test_fit_with_a_custom_cost(network: chainrule.Network, x: np.ndarray) -> None:
    history = network.fit(
        x, np.zeros((8, 3)), cost=sum_of_squares, epochs=50, batch_size=3, optimizer="adam", learning_rate=0.02
    )
    assert history[-1].cost < history[0].cost / 2


class Failure(Exception):
    pass


def failing(*_: Any) -> Any:
    raise Failure("on purpose")


def test_what_a_custom_activation_raises_comes_out(x: np.ndarray, labels: np.ndarray) -> None:
    network = chainrule.Network(4).add_dense(3, (failing, failing)).build()
    with pytest.raises(Failure, match="on purpose"):
        network.predict(x)
    network = chainrule.Network(4).add_dense(3, (cube, failing)).build()
    network.predict(x)
    before = network.parameters.copy()
    with pytest.raises(Failure, match="on purpose"):
        network.value_and_grad(x, labels)
    with pytest.raises(Failure, match="on purpose"):
        network.fit(x, labels, epochs=1)
    np.testing.assert_array_equal(network.parameters, before)


@pytest.mark.parametrize("raised", [Failure, KeyboardInterrupt, SystemExit])
def test_what_a_custom_cost_raises_comes_out(
    network: chainrule.Network, x: np.ndarray, labels: np.ndarray, raised: type[BaseException]
) -> None:
    def cost(*_: Any) -> Any:
        raise raised

    before = network.parameters.copy()
    for call in (
        lambda: network.value_and_grad(x, None, cost),
        lambda: network.fit(x, None, cost=cost),
        lambda: chainrule.cost(network.predict(x), None, cost),
    ):
        with pytest.raises(raised):
            call()
    np.testing.assert_array_equal(network.parameters, before)
    assert network.value_and_grad(x, labels)[0] > 0


def test_an_exception_does_not_reach_a_later_failure(network: chainrule.Network, x: np.ndarray) -> None:
    with pytest.raises(Failure):
        network.value_and_grad(x, None, failing)
    with pytest.raises(chainrule.CallbackError):
        network.value_and_grad(x, None, lambda y, targets, weights: (np.nan, np.zeros_like(y)))


def test_an_exception_reaches_its_own_thread(x: np.ndarray) -> None:
    """Two threads fail in the same network at the same time; each gets its own exception."""
    both = threading.Barrier(2)
    caught: dict[str, BaseException] = {}

    def function(z: np.ndarray) -> np.ndarray:
        both.wait(timeout=30)
        raise Failure(threading.current_thread().name)

    network = chainrule.Network(4).add_activation((function, failing)).build()

    def predict() -> None:
        try:
            network.predict(x)
        except Failure as error:
            caught[threading.current_thread().name] = error

    threads = [threading.Thread(target=predict, name=name) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: str(error) for name, error in caught.items()} == {"one": "one", "two": "two"}


@pytest.mark.parametrize(
    ("result", "error", "message"),
    [
        ((1.0, np.zeros((8, 2))), ValueError, r"shape \(8, 2\); it must be \(8, 3\)"),
        ((1.0, 0.0), ValueError, r"it must be \(8, 3\)"),
        ((1.0, np.zeros((8, 3), complex)), TypeError, "cast"),
        ((1.0, None), ValueError, "shape"),
        (1.0, TypeError, "pair"),
        (None, TypeError, "pair"),
        ((None, np.zeros((8, 3))), TypeError, "float"),
        (("x", np.zeros((8, 3))), ValueError, "float"),
    ],
)
def test_a_custom_cost_that_returns_something_else(
    network: chainrule.Network, x: np.ndarray, result: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        network.value_and_grad(x, None, lambda y, targets, weights: result)


@pytest.mark.parametrize("result", [(np.nan, np.zeros((8, 3))), (1.0, np.full((8, 3), np.nan))])
def test_a_custom_cost_that_writes_nan(network: chainrule.Network, x: np.ndarray, result: Any) -> None:
    before = network.parameters.copy()
    with pytest.raises(chainrule.CallbackError) as caught:
        network.value_and_grad(x, None, lambda y, targets, weights: result)
    assert (caught.value.status, caught.value.name) == (401, "CRL_ERROR_CALLBACK")
    with pytest.raises(chainrule.CallbackError):
        network.fit(x, None, cost=lambda y, targets, weights: (0.0, np.full_like(y, np.nan)))
    np.testing.assert_array_equal(network.parameters, before)


def test_a_custom_activation_of_the_wrong_shape(x: np.ndarray) -> None:
    network = chainrule.Network(4).add_activation((lambda z: z[0], cube_derivative)).build()
    with pytest.raises(ValueError, match=r"the activation function returned shape \(4,\); it must be \(8, 4\)"):
        network.predict(x)


def test_a_callback_may_use_another_network(network: chainrule.Network, x: np.ndarray) -> None:
    inner = chainrule.Network(3).add_activation("tanh").build()
    before = chainrule.Network(4).add_dense(3, "tanh").build(seed=1)
    outer = chainrule.Network(4).add_dense(3, (inner.predict, lambda z, h: 1 - h**2)).build(seed=1)
    np.testing.assert_allclose(outer.predict(x), before.predict(x), rtol=1e-6)
