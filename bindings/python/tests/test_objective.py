"""The cost as a function of the parameters, for scipy; and the examples that give networks to other libraries."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import run_python

import chainrule
from chainrule import ArgumentError, Network

EXAMPLES = Path(__file__).resolve().parents[3] / "Examples"


def test_an_objective_gives_the_cost_and_its_derivatives(
    network: Network, x: np.ndarray, labels: np.ndarray, rng: np.random.Generator
) -> None:
    weight = rng.random(8)
    objective = network.objective(x.astype(np.float64), labels, sample_weight=weight)
    w = objective.x0
    assert w.dtype == np.float64
    np.testing.assert_array_equal(w, network.parameters)
    v = rng.standard_normal(43)
    value, gradient = objective(w)
    expected = network.value_and_grad(x, labels, sample_weight=weight)
    assert (value, gradient.dtype) == (expected[0], np.float64)
    np.testing.assert_array_equal(gradient, expected[1])
    np.testing.assert_array_equal(
        objective.hessp(w, v), network.hessian_product(x, labels, v, sample_weight=weight).astype(np.float64)
    )
    # The network is where the last call was, and what a call returned stays.
    before = gradient.copy()
    moved, _ = objective(w + 1)
    np.testing.assert_array_equal(network.parameters, (w + 1).astype(np.float32))
    assert moved != value
    np.testing.assert_array_equal(gradient, before)


@pytest.mark.parametrize("method", ["L-BFGS-B", "BFGS", "CG", "Newton-CG", "trust-ncg"])
def test_scipy_minimizes_it(network: Network, x: np.ndarray, labels: np.ndarray, method: str) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    objective = network.objective(x, labels)
    first, _ = objective(objective.x0)
    hessp = objective.hessp if method in ("Newton-CG", "trust-ncg") else None
    found = optimize.minimize(objective, objective.x0, jac=True, hessp=hessp, method=method, options={"maxiter": 30})
    network.parameters[:] = found.x
    assert network.value_and_grad(x, labels)[0] == pytest.approx(found.fun, rel=1e-5)
    assert found.fun < first / 5


def test_the_cost_follows_from_the_targets_or_is_given(network: Network, x: np.ndarray) -> None:
    w = network.parameters.copy()
    assert network.objective(x, x[:, :3])(w)[0] == network.value_and_grad(x, x[:, :3], "mean_squared_error")[0]
    huber = chainrule.Cost("huber", huber_delta=0.1)
    assert network.objective(x, x[:, :3], huber)(w)[0] == network.value_and_grad(x, x[:, :3], huber)[0]


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda n, x: n.objective(x[:, :3], [0] * 8), r"x has shape \(8, 3\)"),
        (lambda n, x: n.objective(x, [0] * 8)(np.zeros(42)), r"w has shape \(42,\); it must be \(43,\)"),
        (lambda n, x: n.objective(x, [0] * 8).hessp(np.zeros(43), np.zeros(4)), r"vector has shape \(4,\)"),
        (lambda n, x: n.objective(x, [0] * 7)(np.zeros(43)), "7 class indices for 8 rows"),
        (lambda n, x: n.objective(x, ["a"] * 8), "targets has the dtype"),
    ],
)
def test_what_is_refused(
    network: Network, x: np.ndarray, use: Callable[[Network, np.ndarray], object], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        use(network, x)


@pytest.mark.parametrize(
    ("example", "package"), [("scipy_minimize", "scipy"), ("pytorch_layer", "torch"), ("jax_function", "jax")]
)
def test_the_examples_run(example: str, package: str) -> None:
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    run = run_python(str(EXAMPLES / f"{example}.py"))
    assert run.returncode == 0, run.stderr
    assert "needs" not in run.stdout
