"""Network.minimize(): against scipy on the same function, its options, callbacks and errors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.optimize

import chainrule
from chainrule._names import names
from chainrule._prototypes import Minimizer

METHODS = list(names(Minimizer))
FIRST_ORDER = ["lbfgs", "bfgs", "fletcher_reeves", "polak_ribiere"]
GENERAL = [*FIRST_ORDER, "newton_cg"]


def test_the_methods_are_these() -> None:
    assert set(METHODS) == {*GENERAL, "levenberg_marquardt"}


def scipys_minimum(x: np.ndarray, targets: np.ndarray) -> Any:
    """Of the logistic regression's mean cross-entropy, in float64: the weights and then the bias."""
    design = np.hstack([x.astype(np.float64), np.ones((len(x), 1))])

    def function(w: np.ndarray) -> tuple[float, np.ndarray]:
        y = design @ w
        return float(np.mean(np.logaddexp(0, y) - targets * y)), design.T @ (1 / (1 + np.exp(-y)) - targets) / len(x)

    return scipy.optimize.minimize(function, np.zeros(design.shape[1]), jac=True, method="BFGS", options={"gtol": 1e-9})


@pytest.mark.parametrize("method", GENERAL)
def test_logistic_regression_has_scipys_weights(rng: np.random.Generator, method: str) -> None:
    """A convex cost has one minimum, if classes overlap."""
    x = rng.standard_normal((200, 3)).astype(np.float32)
    targets = (x @ [1.0, -2.0, 0.5] + rng.standard_normal(200) > 0).astype(np.float32)
    cost = "binary_cross_entropy_logits"
    network = chainrule.Network(3).add_dense(1).build(seed=3)
    expected = scipys_minimum(x, targets)
    found = network.minimize(x, targets, cost=cost, method=method, gradient_tolerance=1e-6, cost_tolerance=0)
    assert found.reason == "gradient"
    np.testing.assert_allclose(network.parameters, expected.x, atol=2e-5)
    assert found.cost == pytest.approx(expected.fun, abs=1e-7)


@pytest.mark.parametrize("method", METHODS)
def test_linear_regression_has_numpys_weights(rng: np.random.Generator, method: str) -> None:
    x = rng.standard_normal((50, 4)).astype(np.float32)
    targets = rng.standard_normal((50, 2)).astype(np.float32)
    weights = rng.uniform(0.1, 2, 50).astype(np.float32)
    network = chainrule.Network(4).add_dense(2).build(seed=3)
    network.minimize(
        x, targets, cost="mean_squared_error", method=method, sample_weight=weights, gradient_tolerance=1e-6,
        cost_tolerance=0,
    )  # fmt: skip
    root = np.sqrt(weights)[:, None]
    design = np.hstack([x, np.ones((50, 1))])
    expected = np.linalg.lstsq(root * design, root * targets, rcond=None)[0]
    np.testing.assert_allclose(network.tensors["0.weight"], expected[:4].T, atol=3e-5)
    np.testing.assert_allclose(network.tensors["0.bias"], expected[4], atol=3e-5)


def test_lbfgs_needs_no_more_evaluations_than_scipys(rng: np.random.Generator) -> None:
    x = rng.uniform(-1, 1, (200, 3)).astype(np.float32)
    targets = np.sin(3 * x[:, :1]) * x[:, 1:2] + x[:, 2:]

    def built() -> chainrule.Network:
        return chainrule.Network(3).add_dense(12, "tanh").add_dense(1).build(seed=5)

    network = built()
    costs: list[float] = []

    def function(w: np.ndarray) -> tuple[float, np.ndarray]:
        network.parameters[:] = w
        value, gradient = network.value_and_grad(x, targets, "mean_squared_error")
        costs.append(value)
        return value, gradient.astype(np.float64)

    start = network.parameters.astype(np.float64)
    options = {"gtol": 0, "ftol": 0, "maxfun": 400}
    scipy.optimize.minimize(function, start, jac=True, method="L-BFGS-B", options=options)
    target = 0.01
    evaluations = next(i + 1 for i, cost in enumerate(costs) if cost <= target)
    found = built().minimize(x, targets, cost="mean_squared_error", target_cost=target)
    assert found.reason == "target"
    assert found.evaluations <= 1.2 * evaluations


@pytest.mark.parametrize("method", METHODS)
def test_minimum_tells_of_the_parameters(network: chainrule.Network, x: np.ndarray, method: str) -> None:
    targets = np.tanh(x[:, :3])
    first, _ = network.value_and_grad(x, targets, "mean_squared_error")
    found = network.minimize(x, targets, cost="mean_squared_error", method=method, max_iterations=20)
    cost, gradient = network.value_and_grad(x, targets, "mean_squared_error")
    assert found.cost == cost < 0.5 * first
    assert found.gradient_norm == abs(gradient).max()
    assert found.iterations <= 20
    assert found.evaluations > found.iterations
    assert (found.products > 0) == (method in ("newton_cg", "levenberg_marquardt"))


def test_on_iteration_sees_every_iteration_and_stops(
    network: chainrule.Network, x: np.ndarray, labels: np.ndarray
) -> None:
    seen: list[chainrule.Iteration] = []

    def on_iteration(iteration: chainrule.Iteration) -> bool:
        seen.append(iteration)
        return iteration.iteration < 4

    found = network.minimize(x, labels, on_iteration=on_iteration)
    assert found.reason == "cancelled"
    assert [iteration.iteration for iteration in seen] == [1, 2, 3, 4]
    assert seen[-1].cost == found.cost == min(iteration.cost for iteration in seen)
    assert all(iteration.step > 0 and iteration.gradient_norm > 0 for iteration in seen)


def test_what_on_iteration_raises_comes_out(network: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    first, _ = network.value_and_grad(x, labels)

    def on_iteration(iteration: chainrule.Iteration) -> None:
        if iteration.iteration == 2:
            raise KeyError("iteration 2")

    with pytest.raises(KeyError, match="iteration 2"):
        network.minimize(x, labels, on_iteration=on_iteration)
    assert network.value_and_grad(x, labels)[0] < first


@pytest.mark.parametrize("method", FIRST_ORDER)
def test_custom_cost_and_activation(x: np.ndarray, method: str) -> None:
    activation = chainrule.Activation(np.sin, lambda z, h: np.cos(z))
    network = chainrule.Network(4).add_dense(5, activation).add_dense(1).build(seed=2)

    def cost(y: np.ndarray, targets: Any, weights: Any) -> tuple[float, np.ndarray]:
        return float(np.sum(np.log(np.cosh(y - targets)))), np.tanh(y - targets)

    targets = x[:, :1] ** 2
    first, _ = network.value_and_grad(x, targets, cost)
    assert network.minimize(x, targets, cost=cost, method=method, max_iterations=30).cost < 0.3 * first


def test_a_cost_that_becomes_nan_is_stepped_back_from(x: np.ndarray) -> None:
    network = chainrule.Network(4).add_dense(1).build(seed=2)

    def cost(y: np.ndarray, targets: Any, weights: Any) -> tuple[float, np.ndarray]:
        total = float(y.sum())
        return (total if total > -100 else math.nan), np.ones_like(y)

    found = network.minimize(x, None, cost=cost, max_evaluations=200)
    assert -100 < found.cost < -90


def test_a_gradient_that_is_not_the_costs_makes_no_progress(x: np.ndarray) -> None:
    network = chainrule.Network(4).add_dense(1).build(seed=2)
    before = network.parameters.copy()
    found = network.minimize(x, None, cost=lambda y, t, w: (float((y**2).sum()), -2 * y))
    assert found.reason == "no_progress"
    np.testing.assert_array_equal(network.parameters, before)


def test_threads_change_no_bit(rng: np.random.Generator) -> None:
    x = rng.standard_normal((2000, 4)).astype(np.float32)
    labels = rng.integers(0, 3, 2000)

    def trained(threads: int | None) -> np.ndarray:
        network = chainrule.Network(4).add_dense(16, "tanh").add_dense(3).build(seed=1)
        network.minimize(x, labels, max_iterations=10, threads=threads)
        return network.parameters.copy()

    for threads in (2, 3, None):
        np.testing.assert_array_equal(trained(threads), trained(1))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"method": "newton"}, chainrule.ArgumentError, "unknown method 'newton'; there are lbfgs"),
        ({"method": 3}, TypeError, "method must be one of"),
        ({"max_iterations": 0}, chainrule.ArgumentError, "max_iterations is 0"),
        ({"max_iterations": -1}, chainrule.ArgumentError, "max_iterations is -1"),
        ({"max_iterations": 1.5}, TypeError, "max_iterations must be an integer"),
        ({"max_evaluations": 0}, chainrule.ArgumentError, "max_evaluations is 0"),
        ({"memory": 0}, chainrule.ArgumentError, "memory of lbfgs is 0"),
        ({"memory": 1001}, chainrule.ArgumentError, "memory of lbfgs is 1001"),
        ({"gradient_tolerance": math.nan}, chainrule.ArgumentError, "gradient_tolerance is nan"),
        ({"cost_tolerance": -1.0}, chainrule.ArgumentError, "cost_tolerance is -1"),
        ({"target_cost": math.nan}, chainrule.ArgumentError, "target_cost is nan"),
        ({"c1": 0.7}, chainrule.ArgumentError, "c1 of lbfgs is 0.7"),
        ({"c2": 2.0}, chainrule.ArgumentError, "c2 of lbfgs is 2"),
        ({"c2": "wide"}, TypeError, "number"),
        ({"threads": 5000}, chainrule.ArgumentError, "threads is 5000"),
        ({"method": "newton_cg", "damping": 0.0}, chainrule.ArgumentError, "damping of newton_cg is 0"),
        ({"method": "levenberg_marquardt"}, chainrule.ArgumentError, "must be 'mean_squared_error'"),
    ],
)
def test_bad_arguments(
    network: chainrule.Network,
    x: np.ndarray,
    labels: np.ndarray,
    arguments: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    before = network.parameters.copy()
    with pytest.raises(error, match=message):
        network.minimize(x, labels, **arguments)
    np.testing.assert_array_equal(network.parameters, before)


def test_bad_data(network: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    with pytest.raises(chainrule.ArgumentError):
        network.minimize(x[:0], labels[:0])
    with pytest.raises(chainrule.ArgumentError, match="class"):
        network.minimize(x, labels[:-1])
    broken = x.copy()
    broken[1, 2] = np.nan
    with pytest.raises(chainrule.NotFiniteError, match="x holds nan at row 1, column 2"):
        network.minimize(broken, labels)
    network.parameters[0] = np.inf
    with pytest.raises(chainrule.NotFiniteError, match=r"0.weight\[0, 0\]"):
        network.minimize(x, labels)
    with pytest.raises(chainrule.StateError, match="not built"):
        chainrule.Network(4).add_dense(3).minimize(x, labels)
