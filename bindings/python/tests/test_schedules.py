"""Schedules of the learning rate, by hand and in a fit."""

from __future__ import annotations

import math

import numpy as np
import pytest

import chainrule


def rates_of_fit(schedule: object, epochs: int = 4, rows: int = 10) -> np.ndarray:
    """The learning rate of each step in batches of 4: what it moves a weight by whose gradient is always −1."""
    network = chainrule.Network(1).add_dense(1, bias=False, weight_initializer="zeros").build()
    weights = [0.0]

    def cost(y: np.ndarray, _: object, __: object) -> tuple[float, np.ndarray]:
        weights.append(float(network.parameters[0]))
        return 1.0, np.full_like(y, -1 / len(y))

    optimizer = chainrule.Optimizer(network, "gradient_descent", 0.5)
    network.fit(
        np.ones((rows, 1)), None, cost=cost, optimizer=optimizer, epochs=epochs, batch_size=4, schedule=schedule
    )
    assert optimizer.learning_rate == 0.5
    return np.diff([*weights[2:], float(network.parameters[0])])


@pytest.mark.parametrize(
    ("schedule", "formula"),
    [
        (chainrule.Schedule("constant", warmup=4, warmup_start=0.5), lambda t: 0.5 * min(1, 0.5 + t / 8)),
        (chainrule.Schedule("step", period=3, factor=0.5), lambda t: 0.5 * 0.5 ** (t // 3)),
        (chainrule.Schedule("exponential", factor=0.75, per_epoch=True), lambda t: 0.5 * 0.75 ** (t // 3)),
        (
            chainrule.Schedule("cosine", period=4, period_factor=2, min_rate=0.125),
            lambda t: 0.125 + 0.375 * (1 + math.cos(math.pi * (t / 4 if t < 4 else (t - 4) / 8))) / 2,
        ),
        ("cosine", lambda t: 0.25 * (1 + math.cos(math.pi * t / 12))),
        (lambda t, base, cost: base / (t + 1), lambda t: 0.5 / (t + 1)),
    ],
)
def test_fit_goes_by_the_schedule(schedule: object, formula: object) -> None:
    expected = [formula(t) for t in range(12)]  # type: ignore[operator]
    np.testing.assert_allclose(rates_of_fit(schedule), expected[1:], atol=1e-5)
    if isinstance(schedule, chainrule.Schedule) and not schedule.per_epoch:
        np.testing.assert_allclose([schedule.rate(0.5, t) for t in range(12)], expected, rtol=1e-6)


def test_one_cycle_rises_and_falls() -> None:
    rates = rates_of_fit(chainrule.Schedule("one_cycle", start_divisor=10, end_divisor=10), epochs=8)
    assert rates.argmax() == round(0.3 * 24) - 2
    assert rates.max() == pytest.approx(0.5, rel=1e-2)
    assert rates[-1] == pytest.approx(0.005, rel=1e-2)


def test_plateau() -> None:
    rates = rates_of_fit(chainrule.Schedule("plateau", patience=0, factor=0.5), epochs=3)
    np.testing.assert_allclose(rates, [0.5] * 5 + [0.25] * 3, atol=1e-6)
    plateau = chainrule.Plateau(chainrule.Schedule("plateau", patience=1, factor=0.5))
    rate = 1.0
    found = []
    for cost in (3, 2, 2, 2, 1, 1, 1):
        rate = plateau.rate(rate, cost)
        found.append(rate)
    assert found == [1, 1, 1, 0.5, 0.5, 0.5, 0.25]
    assert "7 epochs, lowest=1" in repr(plateau)


def test_a_function_sees_the_last_cost(network: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    seen: list[float] = []

    def schedule(t: int, base: float, cost: float) -> float:
        assert t == len(seen)
        seen.append(cost)
        return base

    history = network.fit(x, labels, schedule=schedule, epochs=3, validation_data=(x[:4], labels[:4]))
    assert math.isnan(seen[0])
    assert seen[1:] == [epoch.validation_cost for epoch in history[:2]]


def test_what_a_function_raises_comes_out(network: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    def schedule(t: int, base: float, cost: float) -> float:
        raise ZeroDivisionError("enough")

    with pytest.raises(ZeroDivisionError, match="enough"):
        network.fit(x, labels, schedule=schedule)
