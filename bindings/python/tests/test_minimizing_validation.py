"""Network.minimize() with a penalty, against numpy and scikit-learn, and with validation data and patience."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule._names import names
from chainrule._prototypes import Minimizer, MinimumReason

METHODS = list(names(Minimizer))
Rows = tuple[np.ndarray, np.ndarray]


@pytest.fixture
def noisy(rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Few rows with much noise to minimize on, and more to validate on."""

    def rows(count: int) -> Rows:
        x = rng.uniform(-1, 1, (count, 2)).astype(np.float32)
        return x, (x[:, :1] + rng.uniform(-0.7, 0.7, (count, 1))).astype(np.float32)

    return rows(20), rows(60)


def small(seed: int = 5) -> chainrule.Network:
    return chainrule.Network(2).add_dense(12, "tanh").add_dense(1).build(seed=seed)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("biases", [False, True])
def test_linear_regression_with_l2_is_ridge_regression(rng: np.random.Generator, method: str, biases: bool) -> None:
    rows, l2 = 50, 0.4
    x = rng.standard_normal((rows, 4)).astype(np.float32)
    targets = rng.standard_normal((rows, 2)).astype(np.float32)
    network = chainrule.Network(4).add_dense(2).build(seed=3)
    found = network.minimize(
        x, targets, cost="mean_squared_error", method=method, l2=l2, regularize_biases=biases,
        gradient_tolerance=1e-6, cost_tolerance=0,
    )  # fmt: skip
    design = np.hstack([x, np.ones((rows, 1))]).astype(np.float64)
    # C is the mean over rows and both outputs.
    penalties = np.diag([l2 * rows] * 4 + [l2 * rows * biases])
    expected = np.linalg.solve(design.T @ design + penalties, design.T @ targets)
    np.testing.assert_allclose(network.tensors["0.weight"], expected[:4].T, atol=3e-5)
    np.testing.assert_allclose(network.tensors["0.bias"], expected[4], atol=3e-5)
    penalized = network.parameters if biases else network.tensors["0.weight"]
    penalty = l2 / 2 * np.sum(np.square(penalized, dtype=np.float64))
    cost = network.evaluate(x, targets).cost
    assert found.penalty == pytest.approx(penalty, rel=1e-12)
    assert found.cost == pytest.approx(cost + penalty, rel=1e-6)


def test_the_cost_is_scikit_learns_loss(rng: np.random.Generator) -> None:
    """With alpha by the number of rows as l2: the same objective at the same weights, and the same minimum."""
    from sklearn.neural_network import MLPClassifier

    x = rng.standard_normal((120, 3))
    labels = np.argmax(x @ rng.standard_normal((3, 3)) + 0.5 * rng.standard_normal((120, 3)), axis=1)
    alpha = 2.0
    theirs = MLPClassifier((), solver="lbfgs", alpha=alpha, max_iter=2000, tol=1e-10, max_fun=10_000, random_state=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.fit(x, labels)
    network = chainrule.Network(3).add_dense(3).build(seed=1)
    network.tensors["0.weight"][:] = theirs.coefs_[0].T
    network.tensors["0.bias"][:] = theirs.intercepts_[0]
    same = network.minimize(x, labels, l2=alpha / 120, max_evaluations=1)
    assert same.cost == pytest.approx(theirs.loss_, abs=1e-6)
    ours = chainrule.Network(3).add_dense(3).build(seed=2)
    found = ours.minimize(x, labels, l2=alpha / 120, gradient_tolerance=1e-6, cost_tolerance=0)
    assert found.cost == pytest.approx(theirs.loss_, abs=1e-6)
    np.testing.assert_allclose(ours.tensors["0.weight"], theirs.coefs_[0].T, atol=1e-3)
    assert network.minimize(x, labels, max_evaluations=1).penalty == 0


@pytest.mark.parametrize("method", METHODS)
def test_early_stopping_keeps_the_best(noisy: tuple[Rows, Rows], method: str) -> None:
    (x, targets), held = noisy
    network = small()
    seen: list[chainrule.Iteration] = []
    start = network.evaluate(*held, "mean_squared_error").cost
    found = network.minimize(
        x, targets, cost="mean_squared_error", method=method, validation_data=held, patience=5, cost_tolerance=0,
        gradient_tolerance=0, on_iteration=seen.append,
    )  # fmt: skip
    costs = [start, *(iteration.validation_cost for iteration in seen)]
    assert found.reason == "patience"
    assert found.iterations == len(seen) == found.best_iteration + 5
    assert found.validation_cost == min(costs) == costs[found.best_iteration] < costs[-1]
    metrics = network.evaluate(*held)
    assert metrics.cost == found.validation_cost
    best = seen[found.best_iteration - 1]
    assert best.is_best is True
    assert best.validation_r2 == metrics.r2
    assert math.isnan(best.validation_accuracy)
    assert not any(iteration.is_best for iteration in seen[found.best_iteration :])
    assert network.evaluate(x, targets).cost == found.cost == best.cost


def test_sample_weights_of_the_validation_data(noisy: tuple[Rows, Rows]) -> None:
    (x, targets), (held_x, held_targets) = noisy
    weights = np.linspace(0, 1, len(held_x))
    network = small()
    found = network.minimize(
        x, targets, cost="mean_squared_error", validation_data=(held_x, held_targets, weights), patience=3
    )
    metrics = network.evaluate(held_x, held_targets, sample_weight=weights)
    assert metrics.cost == found.validation_cost


def test_accuracy_of_classes(rng: np.random.Generator) -> None:
    x = rng.standard_normal((60, 2))
    labels = (x[:, 0] > 0).astype(int)
    seen: list[chainrule.Iteration] = []
    network = chainrule.Network(2).add_dense(2).build()
    network.minimize(
        x[:40], labels[:40], validation_data=(x[40:], labels[40:]), max_iterations=4, on_iteration=seen.append
    )
    assert len(seen) == 4
    assert seen[-1].validation_accuracy == network.evaluate(x[40:], labels[40:]).accuracy > 0.8
    assert math.isnan(seen[-1].validation_r2)


def test_validation_without_patience_changes_nothing(noisy: tuple[Rows, Rows]) -> None:
    (x, targets), held = noisy
    options: dict[str, Any] = {"cost": "mean_squared_error", "max_iterations": 30}
    one, other = small(), small()
    found = one.minimize(x, targets, validation_data=held, **options)
    plain = other.minimize(x, targets, **options)
    np.testing.assert_array_equal(one.parameters, other.parameters)
    assert found.cost == plain.cost
    assert found.validation_cost > 0
    assert math.isnan(plain.validation_cost)


def test_validation_split_holds_out_what_fit_does(noisy: tuple[Rows, Rows]) -> None:
    (x, targets), _ = noisy
    epochs: list[chainrule.Epoch] = []
    network = small()
    network.minimize(x, targets, cost="mean_squared_error", validation_split=0.3, seed=4, max_iterations=1)
    # A rate of 0: the same parameters, on the rows that the same seed holds out.
    seen: list[float] = []
    network.fit(
        x, targets, cost="mean_squared_error", optimizer="gradient_descent", learning_rate=0, epochs=1,
        validation_split=0.3, seed=4, on_epoch=epochs.append,
    )  # fmt: skip
    again = network.minimize(
        x, targets, cost="mean_squared_error", validation_split=0.3, seed=4, patience=1000, min_delta=1e9,
        max_iterations=2, on_iteration=lambda iteration: seen.append(iteration.validation_cost),
    )  # fmt: skip
    assert again.best_iteration == 0
    assert again.validation_cost == epochs[0].validation_cost
    assert len(seen) == 2
    assert seen[0] != again.validation_cost


def test_patience_without_validation_is_for_the_cost(noisy: tuple[Rows, Rows]) -> None:
    (x, targets), _ = noisy
    network = small()
    found = network.minimize(x, targets, cost="mean_squared_error", patience=3, min_delta=0.01)
    assert found.reason == "patience"
    assert found.cost == network.evaluate(x, targets).cost


def test_every_reason_has_a_name() -> None:
    assert list(names(MinimumReason)) == [
        "gradient", "cost", "target", "max_iterations", "max_evaluations", "no_progress", "cancelled", "patience",
    ]  # fmt: skip


BAD: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"l2": -1.0}, chainrule.ArgumentError, "l2 is -1"),
    ({"l2": math.nan}, chainrule.ArgumentError, "l2 is nan"),
    ({"l2": "much"}, TypeError, "number"),
    ({"patience": -1}, chainrule.ArgumentError, "patience is -1"),
    ({"patience": 1.5}, TypeError, "patience must be an integer"),
    ({"min_delta": math.inf}, chainrule.ArgumentError, "min_delta is inf"),
    ({"validation_split": 1.0}, chainrule.ArgumentError, "validation_split is 1"),
    ({"validation_split": math.nan}, chainrule.ArgumentError, "validation_split is nan"),
    ({"seed": -1}, chainrule.ArgumentError, "seed"),
    ({"validation_data": (np.zeros((2, 2)),)}, TypeError, "validation_data is"),
    ({"validation_data": (np.zeros((2, 2)), np.zeros((3, 1)))}, chainrule.ArgumentError, "validation"),
    (
        {"validation_data": (np.zeros((0, 2)), np.zeros((0, 1)))},
        chainrule.ArgumentError,
        "rows of validation_data is 0",
    ),
    ({"validation_data": (np.zeros((2, 3)), np.zeros((2, 1)))}, chainrule.ArgumentError, "validation_data: x"),
    (
        {"validation_data": (np.full((2, 2), np.nan), np.zeros((2, 1)))},
        chainrule.NotFiniteError,
        "validation_data holds",
    ),
    (
        {"validation_data": (np.zeros((2, 2)), np.zeros((2, 1))), "validation_split": 0.5},
        chainrule.ArgumentError,
        "both validation data and a validation_split",
    ),
]


@pytest.mark.parametrize(("arguments", "error", "message"), BAD)
def test_bad_arguments(
    noisy: tuple[Rows, Rows], arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    (x, targets), _ = noisy
    network = small()
    before = network.parameters.copy()
    with pytest.raises(error, match=message):
        network.minimize(x, targets, cost="mean_squared_error", **arguments)
    np.testing.assert_array_equal(network.parameters, before)
