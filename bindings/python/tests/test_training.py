"""Optimizers and fit."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule


def test_gradient_descent_is_its_formula(network: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    optimizer = chainrule.Optimizer(network, "gradient_descent", learning_rate=0.5)
    w = network.parameters.copy()
    _, g = network.value_and_grad(x, labels)
    optimizer.step(g)
    np.testing.assert_allclose(network.parameters, w - np.float32(0.5) * g, rtol=1e-6, atol=1e-8)


def test_momentum_is_its_formula(network: chainrule.Network, rng: np.random.Generator) -> None:
    optimizer = chainrule.Optimizer(network, "momentum", learning_rate=0.1, momentum=0.75)
    w, v = network.parameters.astype(np.float64), 0.0
    for _ in range(3):
        g = rng.standard_normal(43).astype(np.float32)
        v = 0.75 * v + g
        w = w - 0.1 * v
        optimizer.step(g)
    np.testing.assert_allclose(network.parameters, w, rtol=1e-5, atol=1e-6)


def test_adam_is_its_formula(network: chainrule.Network, rng: np.random.Generator) -> None:
    optimizer = chainrule.Optimizer(network, "adam", 0.01, beta1=0.8, beta2=0.95, epsilon=1e-6)
    w, m, v = network.parameters.astype(np.float64), 0.0, 0.0
    for t in range(1, 5):
        g = rng.standard_normal(43).astype(np.float32)
        m = 0.8 * m + 0.2 * g
        v = 0.95 * v + 0.05 * g.astype(np.float64) ** 2
        w = w - 0.01 * (m / (1 - 0.8**t)) / (np.sqrt(v / (1 - 0.95**t)) + 1e-6)
        optimizer.step(g)
    np.testing.assert_allclose(network.parameters, w, rtol=1e-5, atol=1e-6)


def adam_moments(state: dict[str, Any], t: int, g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The corrected moments of Adam with β₁ = 0.8 and β₂ = 0.95."""
    state["m"] = 0.8 * state.get("m", 0.0) + 0.2 * g
    state["v"] = 0.95 * state.get("v", 0.0) + 0.05 * g**2
    return state["m"] / (1 - 0.8**t), state["v"] / (1 - 0.95**t)


def nesterov(state: dict[str, Any], t: int, w: np.ndarray, g: np.ndarray) -> np.ndarray:
    state["v"] = 0.75 * state.get("v", 0.0) + g
    return w - 0.125 * (g + 0.75 * state["v"])


def adagrad(state: dict[str, Any], t: int, w: np.ndarray, g: np.ndarray) -> np.ndarray:
    state["v"] = state.get("v", 0.0) + g**2
    return w - 0.125 * g / (np.sqrt(state["v"]) + 1e-3)


def rmsprop(state: dict[str, Any], t: int, w: np.ndarray, g: np.ndarray) -> np.ndarray:
    state["v"] = 0.75 * state.get("v", 0.0) + 0.25 * g**2
    return w - 0.125 * g / (np.sqrt(state["v"]) + 1e-3)


def adamw(state: dict[str, Any], t: int, w: np.ndarray, g: np.ndarray) -> np.ndarray:
    m, v = adam_moments(state, t, g)
    return w - 0.125 * (m / (np.sqrt(v) + 1e-3) + 0.25 * w)


def amsgrad(state: dict[str, Any], t: int, w: np.ndarray, g: np.ndarray) -> np.ndarray:
    m, _ = adam_moments(state, t, g)
    state["u"] = np.maximum(state.get("u", 0.0), state["v"])
    return w - 0.125 * m / (np.sqrt(state["u"] / (1 - 0.95**t)) + 1e-3)


def nadam(state: dict[str, Any], t: int, w: np.ndarray, g: np.ndarray) -> np.ndarray:
    _, v = adam_moments(state, t, g)
    mu = [0.8 * (1 - 0.5 * 0.96 ** (0.004 * i)) for i in range(1, t + 2)]
    mean = mu[t] * state["m"] / (1 - math.prod(mu)) + (1 - mu[t - 1]) * g / (1 - math.prod(mu[:t]))
    return w - 0.125 * mean / (np.sqrt(v) + 1e-3)


def lion(state: dict[str, Any], t: int, w: np.ndarray, g: np.ndarray) -> np.ndarray:
    m = state.get("m", 0.0)
    state["m"] = 0.95 * m + 0.05 * g
    return w - 0.125 * (np.sign(0.8 * m + 0.2 * g) + 0.25 * w)


def irprop_minus(state: dict[str, Any], t: int, w: np.ndarray, g: np.ndarray) -> np.ndarray:
    agreement = np.sign(g) * state.get("sign", np.zeros_like(g))
    size = state.get("size", np.full_like(g, 0.125))
    size = np.where(agreement > 0, np.minimum(1.5 * size, 0.25), size)
    state["size"] = np.where(agreement < 0, np.maximum(0.25 * size, 0.0625), size)
    state["sign"] = np.where(agreement < 0, 0, np.sign(g))
    return w - state["size"] * state["sign"]


def quickprop(state: dict[str, Any], t: int, w: np.ndarray, g: np.ndarray) -> np.ndarray:
    g = g + 0.25 * w
    last, before = state.get("step", np.zeros_like(g)), state.get("g", np.ones_like(g))
    grown = g * np.sign(before) > 1.5 / 2.5 * np.abs(before)
    ratio = np.where(grown, 1.5, g / np.where(grown, 1, before - g))
    linear = np.where((last == 0) | (g * before > 0), -0.125 * g, 0)
    state["g"], state["step"] = g, np.clip(ratio * last + linear, -2, 2)
    return w + state["step"]


@pytest.mark.parametrize(
    ("formula", "hyperparameters"),
    [
        (nesterov, {"momentum": 0.75}),
        (adagrad, {"epsilon": 1e-3}),
        (rmsprop, {"beta2": 0.75, "epsilon": 1e-3}),
        (adamw, {"beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3, "weight_decay": 0.25, "regularize_biases": True}),
        (amsgrad, {"beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3}),
        (nadam, {"beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3}),
        (lion, {"beta1": 0.8, "beta2": 0.95, "weight_decay": 0.25, "regularize_biases": True}),
        (irprop_minus, {"growth": 1.5, "shrink": 0.25, "min_step": 0.0625, "max_step": 0.25}),
        (quickprop, {"growth": 1.5, "l2": 0.25, "max_step": 2, "regularize_biases": True}),
    ],
)
def test_method_is_its_formula(
    network: chainrule.Network,
    rng: np.random.Generator,
    formula: Callable[[dict[str, Any], int, np.ndarray, np.ndarray], np.ndarray],
    hyperparameters: dict[str, float],
) -> None:
    optimizer = chainrule.Optimizer(network, formula.__name__, 0.125, **hyperparameters)
    state: dict[str, Any] = {}
    w = network.parameters.astype(np.float64)
    for t in range(1, 6):
        g = rng.standard_normal(43).astype(np.float32)
        w = formula(state, t, w, g.astype(np.float64))
        optimizer.step(g)
        np.testing.assert_allclose(network.parameters, w, rtol=1e-5, atol=1e-5)


def test_hyperparameters_not_given_are_the_methods_own(network: chainrule.Network) -> None:
    own: dict[str, dict[str, float]] = {
        "adagrad": {"epsilon": 1e-10},
        "rmsprop": {"beta2": 0.99, "epsilon": 1e-8},
        "adam": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
        "adamw": {"weight_decay": 0.01},
        "lion": {"beta1": 0.9, "beta2": 0.99, "weight_decay": 0},
        "irprop_minus": {"growth": 1.2, "shrink": 0.5, "min_step": 1e-6, "max_step": 50},
        "quickprop": {"growth": 1.75, "max_step": 50},
    }
    start = network.parameters.copy()
    for method, hyperparameters in own.items():
        ends = []
        for given in ({}, hyperparameters):
            network.parameters[:] = start
            optimizer = chainrule.Optimizer(network, method, 0.01, **given)
            for sign in (1, 1, -1):
                optimizer.step(sign * np.linspace(-1e-3, 1e-3, 43, dtype=np.float32))
            ends.append(network.parameters.copy())
        np.testing.assert_array_equal(ends[0], ends[1], method)


def test_regularization_is_its_formula(network: chainrule.Network, rng: np.random.Generator) -> None:
    optimizer = chainrule.Optimizer(
        network,
        "gradient_descent",
        0.25,
        weight_decay=0.5,
        l1=0.125,
        l2=0.25,
        max_norm=1.5,
        clip_norm=2,
        clip_value=0.75,
    )
    optimizer.set_layer("0", learning_rate_factor=0.5, weight_decay=0.25, l1=0, l2=0.125, max_norm=1)
    w = network.parameters.astype(np.float64)
    decay, l1, l2, factor = (np.zeros(43) for _ in range(4))
    for name, numbers in (("0", (0.25, 0, 0.125)), ("1", (0.5, 0.125, 0.25))):
        for vector, number in zip((decay, l1, l2), numbers):
            network.unflatten(vector)[f"{name}.weight"][:] = number
    for tensor, view in network.unflatten(factor).items():
        view[:] = 0.5 if tensor.startswith("0") else 1
    for _ in range(5):
        gradients = rng.standard_normal(43).astype(np.float32)
        g = np.clip(gradients.astype(np.float64), -0.75, 0.75)
        g *= min(1, 2 / (np.linalg.norm(g) + 1e-6))
        w -= 0.25 * factor * (g + l2 * w + l1 * np.sign(w) + decay * w)
        for name, limit in (("0", 1), ("1", 1.5)):
            rows = network.unflatten(w)[f"{name}.weight"]
            rows *= np.minimum(1, limit / np.linalg.norm(rows, axis=1, keepdims=True))
        optimizer.step(gradients)
        np.testing.assert_allclose(network.parameters, w, rtol=1e-5, atol=1e-6)


def test_frozen_layers_stay(network: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    optimizer = chainrule.Optimizer(network, "adamw", 0.1)
    optimizer.set_layer("0", frozen=True)
    before = network.parameters.copy()
    frozen = network.tensors["0.weight"].size + network.tensors["0.bias"].size
    network.fit(x, labels, optimizer=optimizer, epochs=3)
    optimizer.step(np.concatenate((np.full(frozen, np.nan), np.ones(43 - frozen))))
    np.testing.assert_array_equal(network.parameters[:frozen], before[:frozen])
    assert np.all(network.parameters[frozen:] != before[frozen:])


def test_a_step_of_gradient_descent(network: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    optimizer = chainrule.Optimizer(network, "gradient_descent", learning_rate=1)
    before = network.parameters.copy()
    _, gradient = network.value_and_grad(x, labels)
    optimizer.step(gradient)
    np.testing.assert_allclose(network.parameters, before - gradient, rtol=1e-6, atol=1e-8)


def test_learning_rate_can_be_set(network: chainrule.Network) -> None:
    optimizer = chainrule.Optimizer(network, "gradient_descent")
    assert optimizer.learning_rate == pytest.approx(0.001)
    optimizer.learning_rate = 0.0
    before = network.parameters.copy()
    optimizer.step(np.ones(43))
    np.testing.assert_array_equal(network.parameters, before)
    optimizer.learning_rate = 0.25
    optimizer.step(np.ones(43))
    np.testing.assert_allclose(network.parameters, before - 0.25, rtol=1e-5)


def two_moons(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    angle = rng.uniform(0, np.pi, rows)
    labels = rng.integers(0, 2, rows)
    x = np.where(labels, 1 - np.cos(angle), np.cos(angle)), np.where(labels, 0.5 - np.sin(angle), np.sin(angle))
    return np.stack(x, axis=1) + rng.normal(0, 0.1, (rows, 2)), labels


@pytest.mark.parametrize(
    ("optimizer", "learning_rate", "batch_size"),
    [
        ("gradient_descent", 0.5, 16),
        ("momentum", 0.1, 16),
        ("nesterov", 0.1, 16),
        ("adagrad", 0.1, 16),
        ("rmsprop", 0.01, 16),
        ("adam", 0.01, 16),
        ("adamw", 0.01, 16),
        ("amsgrad", 0.01, 16),
        ("nadam", 0.01, 16),
        ("lion", 0.003, 16),
        ("irprop_minus", 0.1, 300),
        ("quickprop", 0.5, 300),
    ],
)
def test_fit_learns(rng: np.random.Generator, optimizer: str, learning_rate: float, batch_size: int) -> None:
    x, labels = two_moons(rng, 400)
    network = chainrule.Network(2).add_dense(32, "tanh").add_dense(2).build(seed=1)
    history = network.fit(
        x[:300],
        labels[:300],
        optimizer=optimizer,
        learning_rate=learning_rate,
        epochs=80,
        batch_size=batch_size,
        validation_data=(x[300:], labels[300:]),
    )
    assert [record.epoch for record in history] == list(range(1, 81))
    assert all(record.epochs == 80 and record.samples_per_second > 0 for record in history)
    assert history[-1].cost < history[0].cost / 2
    predicted = network.predict(x[300:]).argmax(axis=1)
    assert history[-1].validation_accuracy == pytest.approx((predicted == labels[300:]).mean())
    assert history[-1].validation_accuracy > 0.95
    expected, _ = chainrule.cost(network.predict(x[300:]), labels[300:])
    assert history[-1].validation_cost == pytest.approx(expected, rel=1e-5)


def test_one_full_batch_epoch_is_one_step(network: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    twin = chainrule.Network(4).add_dense(5, "tanh").add_dense(3).build(seed=1)
    value, gradient = twin.value_and_grad(x, labels)
    twin_accuracy = (twin.predict(x).argmax(axis=1) == labels).mean()
    chainrule.Optimizer(twin, "adam", 0.05).step(gradient)
    (record,) = network.fit(x, labels, learning_rate=0.05, epochs=1, batch_size=8, shuffle=False, optimizer="adam")
    np.testing.assert_allclose(network.parameters, twin.parameters, rtol=1e-5, atol=1e-7)
    assert record.cost == pytest.approx(value, rel=1e-6)
    assert record.accuracy == twin_accuracy
    assert math.isnan(record.validation_cost)
    assert math.isnan(record.validation_accuracy)


def test_the_same_seed_trains_the_same_network(x: np.ndarray, labels: np.ndarray) -> None:
    def trained(seed: int) -> np.ndarray:
        network = chainrule.Network(4).add_dense(5, "tanh").add_dense(3).build(seed=1)
        network.fit(x, labels, epochs=3, batch_size=3, seed=seed)
        return network.parameters

    np.testing.assert_array_equal(trained(5), trained(5))
    assert not np.array_equal(trained(5), trained(6))


def test_an_optimizer_keeps_its_state_between_fits(x: np.ndarray, labels: np.ndarray) -> None:
    def trained(*epochs: int) -> np.ndarray:
        network = chainrule.Network(4).add_dense(5, "tanh").add_dense(3).build(seed=1)
        optimizer = chainrule.Optimizer(network, "adam", 0.05)
        for count in epochs:
            network.fit(x, labels, optimizer=optimizer, epochs=count, batch_size=4, shuffle=False)
        return network.parameters

    np.testing.assert_array_equal(trained(4), trained(1, 3))


def test_sample_weights_weigh(x: np.ndarray, labels: np.ndarray) -> None:
    """Rows of weight 0 might as well not be there."""

    def trained(**arguments: Any) -> np.ndarray:
        network = chainrule.Network(4).add_dense(5, "tanh").add_dense(3).build(seed=1)
        network.fit(epochs=3, batch_size=8, shuffle=False, cost="cross_entropy", **arguments)
        return network.parameters

    weighted = trained(x=x, targets=labels, sample_weight=[1, 1, 1, 1, 0, 0, 0, 0])
    np.testing.assert_allclose(weighted, trained(x=x[:4], targets=labels[:4]), rtol=1e-5, atol=1e-6)


def test_validation_weights(network: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    weights = np.linspace(0, 1, 8)
    (record,) = network.fit(x, labels, epochs=1, validation_data=(x, labels, weights))
    expected, _ = chainrule.cost(network.predict(x), labels, sample_weight=weights)
    assert record.validation_cost == pytest.approx(expected, rel=1e-5)


def test_on_epoch_sees_every_epoch_and_can_predict(
    network: chainrule.Network, x: np.ndarray, labels: np.ndarray
) -> None:
    seen = []

    def on_epoch(record: chainrule.Epoch) -> None:
        seen.append((record, network.predict(x)))

    history = network.fit(x, labels, epochs=3, on_epoch=on_epoch)
    assert [record for record, _ in seen] == history
    np.testing.assert_array_equal(seen[-1][1], network.predict(x))
    assert not np.array_equal(seen[0][1], seen[1][1])


@pytest.mark.parametrize("no", [False, np.False_])
def test_callbacks_stop_by_returning_false(
    network: chainrule.Network, x: np.ndarray, labels: np.ndarray, no: object
) -> None:
    history = network.fit(x, labels, epochs=100, on_epoch=lambda record: True if record.epoch < 3 else no)
    assert [record.epoch for record in history] == [1, 2, 3]
    assert network.fit(x, labels, epochs=2, on_batch=lambda batch: no) == []
    assert network.minimize(x, labels, on_iteration=lambda iteration: no).iterations == 1
    units: list[chainrule.CascadeUnit] = []
    chainrule.Network.cascade(x, labels, on_unit=lambda unit: units.append(unit) or no)
    assert [unit.units for unit in units] == [0]


@pytest.mark.parametrize("result", [None, True, np.True_, 1, 0, 0.0, "", "go on", (), np.zeros(3), object()])
def test_whatever_else_a_callback_returns_goes_on(
    network: chainrule.Network, x: np.ndarray, labels: np.ndarray, result: object
) -> None:
    history = network.fit(x, labels, epochs=3, on_epoch=lambda epoch: result, on_batch=lambda batch: result)
    assert len(history) == 3
    found = network.minimize(x, labels, max_iterations=3, on_iteration=lambda iteration: result)
    assert found.reason == "max_iterations"
    seen: list[chainrule.CascadeUnit] = []
    chainrule.Network.cascade(
        np.arange(16).reshape(8, 2) % 5, labels, max_units=2, on_unit=lambda unit: (seen.append(unit), result)[1]
    )
    assert len(seen) >= 2


@pytest.mark.parametrize("raised", [KeyError, KeyboardInterrupt])
def test_what_on_epoch_raises_comes_out(
    network: chainrule.Network, x: np.ndarray, labels: np.ndarray, raised: type[BaseException]
) -> None:
    before = network.parameters.copy()

    def on_epoch(record: chainrule.Epoch) -> None:
        if record.epoch == 2:
            raise raised("stop")

    with pytest.raises(raised, match="stop"):
        network.fit(x, labels, epochs=100, on_epoch=on_epoch)
    assert np.isfinite(network.parameters).all()
    assert not np.array_equal(network.parameters, before)
    assert len(network.fit(x, labels, epochs=2)) == 2


def test_a_learning_rate_schedule_in_on_epoch(network: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    optimizer = chainrule.Optimizer(network, "gradient_descent", 0.5)
    after_first = []

    def on_epoch(record: chainrule.Epoch) -> None:
        after_first.append(network.parameters.copy())
        optimizer.learning_rate = 0.0

    network.fit(x, labels, optimizer=optimizer, epochs=3, on_epoch=on_epoch)
    np.testing.assert_array_equal(after_first[0], network.parameters)


def test_progress_is_shown(
    network: chainrule.Network, x: np.ndarray, labels: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    network.fit(x, labels, epochs=3, progress=True)
    shown = capsys.readouterr().err
    assert "3/3" in shown
    assert "cost=" in shown
    assert "validation" not in shown


def test_the_progress_says_what_its_numbers_are(
    network: chainrule.Network, x: np.ndarray, labels: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    network.fit(x, labels, epochs=2, progress=True, validation_data=(x, labels))
    shown = capsys.readouterr().err
    assert re.search(r" cost=[\d.]+, accuracy=[\d.]+, validation_cost=[\d.]+, validation_accuracy=[\d.]+\n", shown)
    network.fit(x, x[:, :3], cost="mean_squared_error", epochs=2, progress=True, validation_data=(x, x[:, :3]))
    shown = capsys.readouterr().err
    assert re.search(r" cost=[\d.]+, validation_cost=[\d.]+, validation_r2=-?[\d.]+\n", shown)
    assert "nan" not in shown


def test_the_progress_of_partial_fit_and_of_a_run_that_goes_on(
    network: chainrule.Network, x: np.ndarray, labels: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = chainrule.Trainer(network, epochs=3, progress=True)
    trainer.partial_fit(x, labels)
    shown = capsys.readouterr().err
    assert "1/1" in shown
    assert "cost=" in shown
    trainer.fit(x, labels)
    shown = capsys.readouterr().err
    assert "2/3" in shown
    assert "3/3" in shown


def test_class_weights_with_another_cost(x: np.ndarray, labels: np.ndarray) -> None:
    refused = pytest.raises(chainrule.ArgumentError, match=r"class_weight is for 'cross_entropy'.* sample_weight")
    for weight in ("balanced", [1.0], {0: 1.0, 1: 2.0}):
        with refused:
            network = chainrule.Network(4).add_dense(1).build()
            network.fit(x, labels > 0, cost="mean_squared_error", class_weight=weight)
        with refused:
            network = chainrule.Network(4).add_dense(3).build()
            network.fit(x, np.eye(3)[labels], cost="binary_cross_entropy_logits", class_weight=weight)


@pytest.mark.parametrize("cost", ["binary_cross_entropy", "binary_cross_entropy_logits"])
def test_class_weights_of_yes_and_no(x: np.ndarray, labels: np.ndarray, cost: str) -> None:
    yes = labels > 0
    activation = "sigmoid" if cost == "binary_cross_entropy" else "identity"

    def trained(targets: np.ndarray, **options: Any) -> np.ndarray:
        network = chainrule.Network(4).add_dense(1, activation).build(seed=1)
        network.fit(x, targets, cost=cost, epochs=3, batch_size=3, **options)
        return network.parameters

    expected = trained(yes, sample_weight=np.where(yes, 5, 1))
    for targets in (yes, yes.astype(int), yes.astype(np.float32)[:, None]):
        for weight in ({0: 1, 1: 5}, {1: 5}, {True: 5}, {np.True_: 5}, {1.0: 5}, [1, 5], np.array([1.0, 5.0])):
            np.testing.assert_array_equal(trained(targets, class_weight=weight), expected)
        balanced = len(yes) / (2 * np.where(yes, yes.sum(), (~yes).sum()))
        np.testing.assert_array_equal(
            trained(targets, class_weight="balanced"), trained(targets, sample_weight=balanced)
        )
    soft = yes * 0.5
    row = int(np.flatnonzero(yes)[0])
    with pytest.raises(chainrule.ArgumentError, match=rf"the target of row {row} is 0\.5; with class weights"):
        trained(soft, class_weight=[1, 5])
    with pytest.raises(chainrule.ArgumentTypeError, match="others than 0 and 1"):
        trained(soft, class_weight="balanced")
    with pytest.raises(chainrule.ArgumentError, match="class 2; classes go from 0 to 1"):
        trained(yes, class_weight={2: 1})
    for label in ("a", 0.5, np.nan, None):
        with pytest.raises(
            chainrule.ArgumentTypeError, match=r"class_weight has the class .*; classes are whole numbers"
        ):
            trained(yes, class_weight={label: 1})
    with pytest.raises(chainrule.ArgumentTypeError, match=r"class_weight is an array of shape \(1, 2\), not \(2,\)"):
        trained(yes, class_weight=[[1, 2]])
    with pytest.raises(chainrule.ArgumentTypeError, match=r"not bool of shape \(0,\)$"):
        trained(yes[:0], class_weight="balanced")
    # The rows that are held out need no classes.
    last = yes.astype(np.float32)
    last[-1] = 0.5
    trained(last, class_weight=[1, 5], validation_split=0.1, shuffle=False)
    with pytest.raises(chainrule.ArgumentError, match="class_weights_count is 3; there are 2 classes"):
        trained(yes, class_weight=[1, 2, 3])


def test_progress_without_tqdm_says_what_to_install(
    network: chainrule.Network, x: np.ndarray, labels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    before = network.parameters.copy()
    with pytest.raises(ImportError, match=r"pip install chainrule\[progress\]"):
        network.fit(x, labels, progress=True)
    np.testing.assert_array_equal(network.parameters, before)
    # A trainer that was refused can go on.
    noted: list[str] = []
    note = chainrule.LambdaCallback(on_begin=lambda _: noted.append("begin"), on_end=lambda _: noted.append("end"))
    trainer = chainrule.Trainer(network, epochs=2, progress=True, callbacks=[note])
    with pytest.raises(ImportError):
        trainer.fit(x, labels)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    assert len(trainer.fit(x, labels)) == 2
    assert noted == ["begin", "end"]


def test_cross_entropy_of_one_output_is_refused() -> None:
    """The softmax of one output is 1, whatever it is."""
    x, targets = np.zeros((4, 3), np.float32), np.array([0, 1, 0, 1])
    network = chainrule.Network(3).add_dense(1).build()
    before = network.parameters.copy()
    refused = pytest.raises(chainrule.ArgumentError, match=r"of 1 output.*binary_cross_entropy_logits")
    for labels in (targets, np.zeros(4, int), targets.astype(np.float32)):
        with refused:
            network.fit(x, labels, cost="cross_entropy")
        with refused:
            network.minimize(x, labels, cost="cross_entropy")
        with refused:
            network.evaluate(x, labels, "cross_entropy")
        with refused:
            network.value_and_grad(x, labels, "cross_entropy")
        with refused:
            chainrule.cost(x[:, :1], labels, "cross_entropy")
    with refused:
        chainrule.Trainer(network)
    np.testing.assert_array_equal(network.parameters, before)
    with pytest.raises(chainrule.ArgumentError, match=r"'softmax'.*'sigmoid'"):
        chainrule.Network(3).add_dense(1, "softmax")


def test_divergence_is_forgotten() -> None:
    x = np.linspace(-1, 1, 32, dtype=np.float32)[:, None]
    network = chainrule.Network(1).add_dense(4, "tanh").add_dense(1).build(seed=1)
    optimizer = chainrule.Optimizer(network, "momentum", learning_rate=1e30)
    trainer = chainrule.Trainer(network, cost="mean_squared_error", optimizer=optimizer, epochs=40, batch_size=8)
    before = network.parameters.copy()
    with pytest.raises(chainrule.NotFiniteError, match="epoch"):
        trainer.fit(x, x**2)
    np.testing.assert_array_equal(network.parameters, before)
    optimizer.learning_rate = 0.01
    history = trainer.fit(x, x**2)
    assert history[-1].cost < history[0].cost < 1


def test_a_weight_of_zero_masks_any_target() -> None:
    value, gradient = chainrule.cost(
        np.zeros((2, 1)), np.array([[1], [1e20]]), "mean_squared_error", sample_weight=[1, 0]
    )
    assert value == 1
    np.testing.assert_array_equal(gradient, [[-2], [0]])
    value, gradient = chainrule.cost(np.zeros((1, 1)), np.array([[1e20]]), "mean_squared_error")
    assert value == pytest.approx(1e40)
