"""What measures a network takes the cost that the network was trained with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import chainrule
from chainrule import Network

Train = Callable[[Network, np.ndarray, np.ndarray], object]

TRAINED: dict[str, Train] = {
    "fit": lambda n, x, t: n.fit(x, t, cost="mean_squared_error"),
    "a trainer": lambda n, x, t: chainrule.Trainer(n, cost="mean_squared_error").fit(x, t),
    "a trainer's partial_fit": lambda n, x, t: chainrule.Trainer(n, cost="mean_squared_error").partial_fit(x, t),
    "a fit that was stopped": lambda n, x, t: n.fit(x, t, cost="mean_squared_error", on_batch=lambda batch: False),
    "minimize": lambda n, x, t: n.minimize(x, t, cost="mean_squared_error"),
    "a minimize that was stopped": lambda n, x, t: n.minimize(
        x, t, cost="mean_squared_error", on_iteration=lambda iteration: False
    ),
}


@pytest.fixture
def data(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.standard_normal((16, 3)).astype(np.float32), rng.standard_normal((16, 2)).astype(np.float32)


@pytest.mark.parametrize("way", TRAINED)
def test_measures_take_the_cost_of_the_training(
    way: str, data: tuple[np.ndarray, np.ndarray], rng: np.random.Generator
) -> None:
    x, targets = data
    network = Network(3).add_dense(4, "tanh").add_dense(2).build()
    TRAINED[way](network, x, targets)
    expected = np.mean((network.predict(x) - targets) ** 2)
    metrics = network.evaluate(x, targets)
    assert metrics.cost == pytest.approx(expected, rel=1e-5)
    assert np.isnan(metrics.accuracy)
    assert metrics.r2 < 1
    assert network.value_and_grad(x, targets)[0] == pytest.approx(expected, rel=1e-5)
    v = np.ones(network.parameters.size)
    given = network.hessian_product(x, targets, v, "mean_squared_error")
    np.testing.assert_array_equal(network.hessian_product(x, targets, v), given)
    np.testing.assert_array_equal(
        network.gauss_newton_product(x, targets, v),
        network.gauss_newton_product(x, targets, v, "mean_squared_error"),
    )
    np.testing.assert_array_equal(network.hessian(x, targets), network.hessian(x, targets, "mean_squared_error"))
    network.parameters[:] = rng.standard_normal(network.parameters.size) / 2
    assert network.check_gradient(x, targets) == network.check_gradient(x, targets, "mean_squared_error")
    assert network.check_gradient(x, targets) != network.check_gradient(x, targets, "huber")
    with pytest.raises(chainrule.ArgumentError, match="mean_squared_error"):
        network.confusion(x, targets)
    # Another can still be given.
    assert network.evaluate(x, targets, "huber").cost != network.evaluate(x, targets).cost


def test_a_cascade_is_measured_with_its_cost(data: tuple[np.ndarray, np.ndarray]) -> None:
    x, targets = data
    network = Network.cascade(x, targets, cost="mean_squared_error", max_units=1)
    assert network.evaluate(x, targets).cost == network.evaluate(x, targets, "mean_squared_error").cost


def test_a_custom_cost_is_remembered(data: tuple[np.ndarray, np.ndarray]) -> None:
    x, targets = data

    def cost(y: np.ndarray, t: np.ndarray | None, w: np.ndarray | None) -> tuple[float, np.ndarray]:
        return float(np.sum(y)), np.ones_like(y)

    network = Network(3).add_dense(2).build()
    network.fit(x, targets, cost=cost, epochs=1)
    assert network.evaluate(x, targets).cost == pytest.approx(float(network.predict(x).sum()), rel=1e-4)


def test_a_refused_training_is_not_remembered(data: tuple[np.ndarray, np.ndarray]) -> None:
    x, targets = data
    network = Network(3).add_dense(2).build()
    network.fit(x, targets, cost="huber", epochs=1)
    with pytest.raises(chainrule.ArgumentError):
        network.fit(x, targets[:5], cost="mean_squared_error")
    with pytest.raises(chainrule.ArgumentError):
        network.minimize(x, targets, cost="mean_squared_error", memory=5000)
    assert network.evaluate(x, targets).cost == network.evaluate(x, targets, "huber").cost


def test_an_untrained_network_takes_cross_entropy(network: Network, x: np.ndarray, labels: np.ndarray) -> None:
    assert network.evaluate(x, labels).cost == network.evaluate(x, labels, "cross_entropy").cost
