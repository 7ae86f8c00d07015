"""Outputs, costs and gradients against float64 reference code and central differences."""

from __future__ import annotations

import numpy as np
import pytest
import reference

import chainrule
from chainrule._names import names
from chainrule._prototypes import Activation, CostKind


def test_every_enumerator_has_a_reference() -> None:
    assert set(reference.ACTIVATIONS) == set(names(Activation))
    assert set(reference.COSTS) == set(names(CostKind))


def layers_of(network: chainrule.Network, parameters: np.ndarray, activations: list[str]) -> list[tuple]:
    """The network's layers as reference.forward() takes them, with these parameters."""
    tensors = network.unflatten(parameters)
    return [(tensors[f"{i}.weight"], tensors[f"{i}.bias"], name) for i, name in enumerate(activations)]


def targets_for(cost: str, rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    if cost == "cross_entropy":
        return rng.dirichlet(np.ones(columns), rows).astype(np.float32)
    if cost.startswith("binary"):
        return rng.uniform(0.1, 0.9, (rows, columns)).astype(np.float32)
    return rng.standard_normal((rows, columns)).astype(np.float32)


@pytest.mark.parametrize("activation", sorted(reference.ACTIVATIONS))
def test_predict_and_gradient_of_every_activation(activation: str, rng: np.random.Generator, x: np.ndarray) -> None:
    network = chainrule.Network(4).add_dense(6, activation).add_dense(3).build(seed=3)
    targets = rng.standard_normal((8, 3)).astype(np.float32)
    activations = [activation, "identity"]

    y = network.predict(x)
    np.testing.assert_allclose(
        y, reference.forward(x, layers_of(network, network.parameters, activations)), rtol=2e-5, atol=2e-6
    )

    def cost(parameters: np.ndarray) -> float:
        outputs = reference.forward(x, layers_of(network, parameters, activations))
        return reference.reduced(reference.COSTS["mean_squared_error"](outputs, targets), None, "mean")

    value, gradient = network.value_and_grad(x, targets, "mean_squared_error")
    point = network.parameters.astype(np.float64)
    assert value == pytest.approx(cost(point), rel=1e-5)
    np.testing.assert_allclose(gradient, reference.central_differences(cost, point), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("kind", sorted(reference.COSTS))
def test_gradient_of_every_cost(
    kind: str, reduction: str, weighted: bool, rng: np.random.Generator, x: np.ndarray
) -> None:
    last = "sigmoid" if kind == "binary_cross_entropy" else "identity"
    network = chainrule.Network(4).add_dense(5, "tanh").add_dense(3, last).build(seed=4)
    targets = targets_for(kind, rng, 8, 3)
    weights = rng.uniform(0, 2, 8).astype(np.float32) if weighted else None

    def cost(parameters: np.ndarray) -> float:
        outputs = reference.forward(x, layers_of(network, parameters, ["tanh", last]))
        return reference.reduced(reference.COSTS[kind](outputs, targets), weights, reduction)

    value, gradient = network.value_and_grad(x, targets, chainrule.Cost(kind, reduction), sample_weight=weights)
    point = network.parameters.astype(np.float64)
    assert value == pytest.approx(cost(point), rel=1e-5)
    np.testing.assert_allclose(gradient, reference.central_differences(cost, point), rtol=1e-3, atol=2e-5)


def test_class_indices_are_one_hot_distributions(network: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    by_class, gradient = network.value_and_grad(x, labels, "cross_entropy", out=np.empty(43, np.float32))
    by_distribution, same = network.value_and_grad(x, np.eye(3)[labels], "cross_entropy")
    assert by_class == pytest.approx(by_distribution, rel=1e-6)
    np.testing.assert_allclose(gradient, same, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("smoothing", [0, 0.25])
def test_label_smoothing(smoothing: float, rng: np.random.Generator) -> None:
    y = rng.standard_normal((6, 4)).astype(np.float32)
    classes = rng.integers(0, 4, 6)
    smoothed = chainrule.Cost("cross_entropy", label_smoothing=smoothing)
    targets = (1 - smoothing) * np.eye(4)[classes] + smoothing / 4
    value, slope = chainrule.cost(y, classes, smoothed)
    expected, expected_slope = chainrule.cost(y, targets, "cross_entropy")
    assert value == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(slope, expected_slope, atol=1e-6)
    assert chainrule.cost(y, np.eye(4)[classes], smoothed)[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("huber_delta", [0.25, 3.0])
def test_huber_delta(huber_delta: float, rng: np.random.Generator) -> None:
    y, targets = rng.standard_normal((2, 5, 3)).astype(np.float32)
    value, _ = chainrule.cost(y, targets, chainrule.Cost("huber", huber_delta=huber_delta))
    expected = reference._huber(y.astype(np.float64), targets.astype(np.float64), huber_delta).mean()
    assert value == pytest.approx(expected, rel=1e-5)


def test_a_step_at_a_time_equals_value_and_grad(network: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    workspace = chainrule.Workspace(network, max_rows=8)
    y = workspace.forward(x)
    np.testing.assert_array_equal(y, network.predict(x))
    value, dC_dy = chainrule.cost(y, labels)
    gradients = workspace.backward(dC_dy)
    assert workspace.backward(dC_dy) is not gradients

    whole, gradient = network.value_and_grad(x, labels, out=np.empty(43, np.float32))
    assert value == pytest.approx(whole, rel=1e-6)
    np.testing.assert_allclose(gradients, gradient, rtol=1e-5, atol=1e-7)


def test_a_backward_pass_in_parts(network: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    workspace = chainrule.Workspace(network, max_rows=8)
    _, dC_dy = chainrule.cost(workspace.forward(x), labels)
    whole = workspace.backward(dC_dy)
    parts = np.full(43, np.nan, np.float32)
    complete = workspace.backward_until(40, parts, dC_dy)
    assert np.shares_memory(complete, parts)
    np.testing.assert_array_equal(complete, whole[40:])
    assert np.isnan(parts[:20]).all()
    for first in (30, 10, 0):
        np.testing.assert_array_equal(workspace.backward_until(first, parts), whole[first:])
    workspace.backward_until(40, parts, dC_dy, accumulate=True)
    workspace.backward_until(0, parts, accumulate=True)
    np.testing.assert_array_equal(parts, workspace.backward(dC_dy, whole, accumulate=True))


def test_every_intermediate_is_what_the_formulas_say(network: chainrule.Network, x: np.ndarray) -> None:
    """The formulas z = W h + b and h = σ(z), and the error signal δ passed back through the layers."""
    tensors = network.tensors
    workspace = chainrule.Workspace(network, max_rows=10)
    y = workspace.forward(x)

    z0 = x @ tensors["0.weight"].T + tensors["0.bias"]
    h0 = np.tanh(z0)
    z1 = h0 @ tensors["1.weight"].T + tensors["1.bias"]
    np.testing.assert_array_equal(workspace.h("input"), x)
    np.testing.assert_allclose(workspace.z("0"), z0, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(workspace.h("0"), h0, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(workspace.z(-1), z1, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(workspace.h(-1), y)

    dC_dy = np.linspace(-1, 1, y.size, dtype=np.float32).reshape(y.shape)
    gradients, dC_dx = workspace.backward(dC_dy, input_gradient=True)
    delta0 = dC_dy @ tensors["1.weight"]
    s0 = delta0 * (1 - h0**2)
    np.testing.assert_array_equal(workspace.delta("1"), dC_dy)
    np.testing.assert_allclose(workspace.delta("0"), delta0, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(dC_dx, s0 @ tensors["0.weight"], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(workspace.delta("input"), dC_dx)

    parts = network.unflatten(gradients)
    np.testing.assert_allclose(parts["1.weight"], dC_dy.T @ h0, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(parts["1.bias"], dC_dy.sum(axis=0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(parts["0.weight"], s0.T @ x, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(parts["0.bias"], s0.sum(axis=0), rtol=1e-4, atol=1e-6)


def test_the_two_weight_chain() -> None:
    """The text's y = σ(w2 σ(w1 x)), worked out by hand with the sigmoid."""
    network = chainrule.Network(1).add_dense(1, "sigmoid", bias=False).add_dense(1, "sigmoid", bias=False).build()
    network.parameters[:] = w1, w2 = 0.5, -1.5
    workspace = chainrule.Workspace(network, max_rows=1)
    x = 2.0
    h1 = 1 / (1 + np.exp(-w1 * x))
    y = 1 / (1 + np.exp(-w2 * h1))
    assert workspace.forward([x])[0] == pytest.approx(y, rel=1e-6)

    dy_dw = workspace.backward([1.0])
    assert dy_dw[1] == pytest.approx(y * (1 - y) * h1, rel=1e-5)
    assert dy_dw[0] == pytest.approx(y * (1 - y) * w2 * h1 * (1 - h1) * x, rel=1e-5)


def test_accumulated_batches_sum_to_the_whole(network: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    total = chainrule.Cost("cross_entropy", reduction="sum")
    _, whole = network.value_and_grad(x, labels, total, out=np.empty(43, np.float32))
    workspace = chainrule.Workspace(network, max_rows=4)
    gradients = np.full(43, np.nan, np.float32)
    for start in (0, 4):
        rows = slice(start, start + 4)
        _, dC_dy = chainrule.cost(workspace.forward(x[rows]), labels[rows], total)
        assert workspace.backward(dC_dy, gradients, accumulate=start > 0) is gradients
    np.testing.assert_allclose(gradients, whole, rtol=1e-5, atol=1e-6)


def test_gradient_of_a_residual_network(rng: np.random.Generator, x: np.ndarray) -> None:
    network = (
        chainrule.Network(4)
        .add_dense(4, "tanh", name="a")
        .add_dense(4, "silu", name="b")
        .add_sum(["a", "b", "input"], name="s")
        .add_concatenation(["s", "a"], name="c")
        .add_dense(2, name="y")
        .build(seed=5)
    )
    targets = rng.standard_normal((8, 2))

    def outputs(parameters: np.ndarray) -> np.ndarray:
        t = {name: part.astype(np.float64) for name, part in network.unflatten(parameters).items()}
        a = np.tanh(x @ t["a.weight"].T + t["a.bias"])
        b = reference.ACTIVATIONS["silu"](a @ t["b.weight"].T + t["b.bias"])
        return np.hstack([a + b + x, a]) @ t["y.weight"].T + t["y.bias"]

    def cost(parameters: np.ndarray) -> float:
        return float(((outputs(parameters) - targets) ** 2).mean())

    np.testing.assert_allclose(network.predict(x), outputs(network.parameters), rtol=2e-5, atol=2e-6)
    _, gradient = network.value_and_grad(x, targets, "mean_squared_error")
    expected = reference.central_differences(cost, network.parameters.astype(np.float64))
    np.testing.assert_allclose(gradient, expected, rtol=1e-3, atol=1e-5)
