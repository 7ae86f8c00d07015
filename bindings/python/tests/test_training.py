"""Optimizers and fit."""

from __future__ import annotations

import math
import sys
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


def test_step_uses_the_networks_gradients(network: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    optimizer = chainrule.Optimizer(network, "gradient_descent", learning_rate=1)
    before = network.parameters.copy()
    network.value_and_grad(x, labels)
    optimizer.step()
    np.testing.assert_allclose(network.parameters, before - network.gradients, rtol=1e-6, atol=1e-8)


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


@pytest.mark.parametrize(("optimizer", "learning_rate"), [("adam", 0.01), ("momentum", 0.1), ("gradient_descent", 0.5)])
def test_fit_learns(rng: np.random.Generator, optimizer: str, learning_rate: float) -> None:
    x, labels = two_moons(rng, 400)
    network = chainrule.Network(2).add_dense(32, "tanh").add_dense(2).build(seed=1)
    history = network.fit(
        x[:300],
        labels[:300],
        optimizer=optimizer,
        learning_rate=learning_rate,
        epochs=80,
        batch_size=16,
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
    chainrule.Optimizer(twin, "adam", 0.05).step(gradient)
    (record,) = network.fit(x, labels, learning_rate=0.05, epochs=1, batch_size=8, shuffle=False, optimizer="adam")
    np.testing.assert_allclose(network.parameters, twin.parameters, rtol=1e-5, atol=1e-7)
    assert record.cost == pytest.approx(value, rel=1e-6)
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


def test_on_epoch_stops_by_returning_true(network: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    history = network.fit(x, labels, epochs=100, on_epoch=lambda record: record.epoch == 3)
    assert [record.epoch for record in history] == [1, 2, 3]


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


def test_progress_shows_a_bar(
    network: chainrule.Network, x: np.ndarray, labels: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tqdm")
    network.fit(x, labels, epochs=3, progress=True)
    shown = capsys.readouterr().err
    assert "3/3" in shown
    assert "cost=" in shown


def test_progress_without_tqdm_says_what_to_install(
    network: chainrule.Network, x: np.ndarray, labels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    before = network.parameters.copy()
    with pytest.raises(ImportError, match=r"pip install chainrule\[progress\]"):
        network.fit(x, labels, progress=True)
    np.testing.assert_array_equal(network.parameters, before)
