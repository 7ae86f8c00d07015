"""jvp, vjp, second-order products, Hessians, Jacobians and check_gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule import Activation, ArgumentError, CustomCost, Network, NotFiniteError, StateError

CUBE = Activation(lambda z: z**3 + z, lambda z, h: 3 * z**2 + 1, lambda z, h: 6 * z)


def fourth_power(error: float = 0.0, second_error: float = 0.0) -> CustomCost:
    """C = Σ (y − t)⁴ with a gradient and a Hessian product that may be wrong by some factor."""

    def function(y: np.ndarray, t: Any, w: Any) -> tuple[float, np.ndarray]:
        d = y.astype(float) - t
        return float((d**4).sum()), 4 * d**3 * (1 + error)

    return CustomCost(function, lambda y, t, w, v: 12 * (y - t) ** 2 * v * (1 + second_error))


def test_the_jvp_is_a_difference(network: Network, x: np.ndarray, rng: np.random.Generator) -> None:
    dx, dw = rng.standard_normal(x.shape), rng.standard_normal(network.parameters.size)
    y, tangent = network.jvp(x, dx, dw)
    np.testing.assert_array_equal(y, network.predict(x))
    kept, step = network.parameters.copy(), 1e-2
    differences = []
    for h in (step, step / 2):  # extrapolated, for float32 rounds
        network.parameters[:] = kept + h * dw
        above = network.predict(x + h * dx)
        network.parameters[:] = kept - h * dw
        differences.append((above - network.predict(x - h * dx)) / (2 * h))
    np.testing.assert_allclose(tangent, (4 * differences[1] - differences[0]) / 3, atol=1e-3)


def test_jvp_and_vjp_are_adjoint(network: Network, x: np.ndarray, rng: np.random.Generator) -> None:
    dx, dw = rng.standard_normal(x.shape), rng.standard_normal(network.parameters.size)
    u = rng.standard_normal((8, 3))
    gradients, x_gradient = network.vjp(x, u)
    assert gradients.shape == network.parameters.shape
    assert x_gradient.shape == x.shape
    backwards = (gradients * dw).sum() + (x_gradient * dx).sum()
    assert (u * network.jvp(x, dx, dw)[1]).sum() == pytest.approx(backwards, rel=1e-5)
    parts = network.jvp(x, dx)[1] + network.jvp(x, w_tangent=dw)[1]
    np.testing.assert_allclose(network.jvp(x, dx, dw)[1], parts, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_products_are_those_of_the_matrices(
    network: Network, x: np.ndarray, labels: np.ndarray, rng: np.random.Generator, reduction: str
) -> None:
    cost = chainrule.Cost("cross_entropy", reduction)
    weights = rng.uniform(size=8)
    v = rng.standard_normal(network.parameters.size)
    hessian = network.hessian(x, labels, cost, sample_weight=weights)
    np.testing.assert_array_equal(hessian, hessian.T)
    product = network.hessian_product(x, labels, v, cost, sample_weight=weights)
    np.testing.assert_allclose(product, hessian @ v, rtol=1e-4, atol=1e-5)

    jacobian = network.jacobian(x).astype(float)
    y = network.predict(x).astype(float)
    p = np.exp(y) / np.exp(y).sum(1, keepdims=True)
    scale = weights if reduction == "sum" else weights / weights.sum()
    expected = np.zeros(v.size)
    for row in range(8):
        block = np.diag(p[row]) - np.outer(p[row], p[row])
        expected += scale[row] * jacobian[row].T @ block @ jacobian[row] @ v
    product = network.gauss_newton_product(x, labels, v, cost, sample_weight=weights)
    np.testing.assert_allclose(product, expected, rtol=1e-4, atol=1e-5)
    assert v @ product >= 0


def test_the_hessian_is_the_slope_of_the_gradient(network: Network, x: np.ndarray, rng: np.random.Generator) -> None:
    targets = rng.standard_normal((8, 3))
    v = rng.standard_normal(network.parameters.size)
    product = network.hessian_product(x, targets, v, "mean_squared_error")
    kept, step = network.parameters.copy(), 1e-2
    network.parameters[:] = kept + step * v
    above = network.value_and_grad(x, targets, "mean_squared_error")[1].copy()
    network.parameters[:] = kept - step * v
    below = network.value_and_grad(x, targets, "mean_squared_error")[1]
    np.testing.assert_allclose(product, (above - below) / (2 * step), atol=5e-3 * np.abs(product).max())


def test_jacobians(network: Network, x: np.ndarray) -> None:
    by_parameters, by_input = network.jacobian(x), network.jacobian(x, "input")
    assert by_parameters.shape == (8, 3, network.parameters.size)
    assert by_input.shape == (8, 3, 4)
    for row in range(8):
        for output in range(3):
            u = np.zeros((8, 3))
            u[row, output] = 1
            gradients, x_gradient = network.vjp(x, u)
            np.testing.assert_allclose(by_parameters[row, output], gradients, atol=1e-6)
            np.testing.assert_allclose(by_input[row, output], x_gradient[row], atol=1e-6)


def test_single_rows(network: Network, x: np.ndarray) -> None:
    y, tangent = network.jvp(x[0], x[1])
    assert y.shape == tangent.shape == (3,)
    gradients, x_gradient = network.vjp(x[0], np.ones(3))
    assert gradients.shape == network.parameters.shape
    assert x_gradient.shape == (4,)
    assert network.jacobian(x[0]).shape == (3, network.parameters.size)
    assert network.jacobian(x[0], "input").shape == (3, 4)
    v = np.ones(network.parameters.size)
    one = network.hessian_product(x[0], [1, 0, 0], v, "mean_squared_error")
    np.testing.assert_array_equal(one, network.hessian_product(x[:1], [[1, 0, 0]], v, "mean_squared_error"))


def test_results_go_where_they_are_wanted(network: Network, x: np.ndarray, labels: np.ndarray) -> None:
    v = np.linspace(-1, 1, network.parameters.size, dtype=np.float32)
    expected = network.hessian_product(x, labels, v)
    out = np.empty_like(v)
    assert network.hessian_product(x, labels, v, out=out) is out
    np.testing.assert_array_equal(out, expected)
    assert network.hessian_product(x, labels, v, out=v) is v  # in the place of the vector
    np.testing.assert_array_equal(v, expected)
    assert network.gauss_newton_product(x, labels, out, out=out) is out


def test_custom_functions(x: np.ndarray, rng: np.random.Generator) -> None:
    network = Network(4).add_dense(3, CUBE).add_dense(2).build(seed=2)
    targets = rng.standard_normal((8, 2))
    v = rng.standard_normal(network.parameters.size)
    hessian = network.hessian(x, targets, fourth_power())
    product = network.hessian_product(x, targets, v, fourth_power())
    np.testing.assert_allclose(product, hessian @ v, rtol=1e-3, atol=1e-5 * np.abs(product).max())
    jacobian = network.jacobian(x).reshape(16, -1).astype(float)
    curvature = 12 * (network.predict(x).astype(float) - targets).reshape(-1) ** 2
    product = network.gauss_newton_product(x, targets, v, fourth_power())
    exact = jacobian.T @ (curvature * (jacobian @ v))
    np.testing.assert_allclose(product, exact, rtol=1e-3, atol=1e-5 * np.abs(exact).max())


def test_custom_functions_without_second_derivatives(network: Network, x: np.ndarray, rng: np.random.Generator) -> None:
    targets = rng.standard_normal((8, 3))
    v = np.ones(network.parameters.size)
    for product in (network.hessian_product, network.gauss_newton_product):
        with pytest.raises(StateError, match="no Hessian product"):
            product(x, targets, v, fourth_power().function)
    custom = Network(4).add_dense(3, (CUBE.function, CUBE.derivative), name="cube").build()
    v = np.ones(custom.parameters.size)
    with pytest.raises(StateError, match=r"layer 'cube'.*second derivative"):
        custom.hessian_product(x, targets, v, "mean_squared_error")
    assert custom.gauss_newton_product(x, targets, v, "mean_squared_error").any()
    assert custom.jvp(x, w_tangent=v)[1].any()


def test_what_callbacks_raise_comes_out(x: np.ndarray, rng: np.random.Generator) -> None:
    def failing(*_: Any) -> Any:
        raise LookupError("here")

    targets = rng.standard_normal((8, 2))
    network = Network(4).add_dense(2, Activation(CUBE.function, CUBE.derivative, failing)).build()
    v = np.ones(network.parameters.size)
    with pytest.raises(LookupError, match="here"):
        network.hessian_product(x, targets, v, "mean_squared_error")
    with pytest.raises(LookupError, match="here"):
        network.gauss_newton_product(x, targets, v, CustomCost(fourth_power().function, failing))
    with pytest.raises(ValueError, match="hessian_product returned shape"):
        network.gauss_newton_product(x, targets, v, CustomCost(fourth_power().function, lambda y, t, w, v: v[0]))
    with pytest.raises(TypeError, match="two or three functions"):
        Network(4).add_dense(2, Activation(CUBE.function, CUBE.derivative, 3))  # type: ignore[arg-type]


def test_bad_input(network: Network, x: np.ndarray, labels: np.ndarray) -> None:
    count = network.parameters.size
    v, bad = np.ones(count), x.copy()
    bad[2, 1] = np.nan
    with pytest.raises(NotFiniteError, match="x holds nan at row 2, column 1"):
        network.jvp(bad)
    with pytest.raises(NotFiniteError, match="the tangent of x holds nan"):
        network.jvp(x, bad)
    with pytest.raises(NotFiniteError, match="the vector holds inf"):
        network.hessian_product(x, labels, np.full(count, np.inf))
    with pytest.raises(NotFiniteError, match="the result is"):
        network.hessian_product(x, labels, np.full(count, 3e38))
    with pytest.raises(NotFiniteError, match="x holds nan"):
        network.jacobian(bad)
    with pytest.raises(ArgumentError, match=r"vector has shape \(3,\)"):
        network.gauss_newton_product(x, labels, np.ones(3))
    with pytest.raises(ArgumentError, match=r"w_tangent has shape \(3,\)"):
        network.jvp(x, w_tangent=np.ones(3))
    with pytest.raises(ArgumentError, match="x_tangent has 2 rows for 8 rows"):
        network.jvp(x, x[:2])
    with pytest.raises(ArgumentError, match=r"u has shape \(8, 2\)"):
        network.vjp(x, np.ones((8, 2)))
    with pytest.raises(ArgumentError, match="unknown variable 'weights'; there are parameters, input"):
        network.jacobian(x, "weights")
    with pytest.raises(ArgumentError, match="class indices for 8 rows"):
        network.hessian(x, labels[:3])
    with pytest.raises(ArgumentError, match="out must be"):
        network.hessian_product(x, labels, v, out=np.empty(3, np.float32))
    unbuilt = Network(4).add_dense(3)
    for call in (
        lambda: unbuilt.jvp(x),
        lambda: unbuilt.vjp(x, x),
        lambda: unbuilt.hessian_product(x, labels, v),
        lambda: unbuilt.hessian(x, labels),
        lambda: unbuilt.jacobian(x),
        lambda: unbuilt.check_gradient(x, labels),
    ):
        with pytest.raises(StateError, match="not built"):
            call()


def test_a_good_network_passes_the_check(network: Network, x: np.ndarray, labels: np.ndarray) -> None:
    kept = network.parameters.copy()
    report = network.check_gradient(x, labels)
    assert report.passed
    assert report.checked + report.skipped == network.parameters.size
    assert report.quantity == "parameter_gradient"
    assert report.name in network.tensors
    assert report.relative_error <= 0.005
    np.testing.assert_array_equal(network.parameters, kept)
    few = network.check_gradient(x, labels, max_coordinates=8, seed=3)
    assert few.checked + few.skipped == 8
    assert few.passed


@pytest.mark.parametrize(
    ("activation", "cost", "quantity", "name"),
    [
        (CUBE, fourth_power(), None, None),
        (CUBE._replace(derivative=lambda z, h: 1.01 * (3 * z**2 + 1)), fourth_power(), "activation_derivative", "cube"),
        (
            CUBE._replace(second_derivative=lambda z, h: 6.06 * z),
            fourth_power(),
            "activation_second_derivative",
            "cube",
        ),
        (CUBE, fourth_power(0.01), "cost_gradient", "cost"),
        (CUBE, fourth_power(0, 0.01), "cost_hessian_product", "cost"),
    ],
)
def test_the_check_finds_one_percent(
    x: np.ndarray,
    rng: np.random.Generator,
    activation: Activation,
    cost: CustomCost,
    quantity: str | None,
    name: str | None,
) -> None:
    network = Network(4).add_dense(3, activation, name="cube").add_dense(2).build(seed=2)
    report = network.check_gradient(x, rng.standard_normal((8, 2)), cost)
    if quantity is None:
        assert report.passed
    else:
        assert not report.passed
        assert (report.quantity, report.name) == (quantity, name)
        assert report.relative_error == pytest.approx(0.01, rel=0.2)
        assert report.absolute_error == abs(report.analytic - report.numeric)


def test_the_checks_options(network: Network, x: np.ndarray, labels: np.ndarray) -> None:
    with pytest.raises(ArgumentError, match="the tolerance is -1"):
        network.check_gradient(x, labels, tolerance=-1)
    with pytest.raises(ArgumentError, match="the step is nan"):
        network.check_gradient(x, labels, step=np.nan)
    with pytest.raises(ArgumentError, match="at least 1 coordinate"):
        network.check_gradient(x, labels, max_coordinates=0)
    with pytest.raises(ArgumentError, match="max_coordinates is -1"):
        network.check_gradient(x, labels, max_coordinates=-1)
    strict = network.check_gradient(x, labels, tolerance=1e-6)
    assert strict.skipped > 0
