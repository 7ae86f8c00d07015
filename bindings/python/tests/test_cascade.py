"""Network.cascade(): what it learns, its options, callbacks and errors."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule import CascadeUnit, Network


def spirals() -> tuple[np.ndarray, np.ndarray]:
    """Two spirals that turn three times round each other, 97 points each."""
    points = np.arange(97)
    radius, angle = 6.5 * (104 - points) / 104, points * math.pi / 16
    x = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
    return np.vstack([x, -x]).astype(np.float32), np.repeat([0, 1], 97)


def sine(rows: int = 100) -> tuple[np.ndarray, np.ndarray]:
    x = np.linspace(-1, 1, rows, dtype=np.float32)[:, None]
    return x, np.sin(6 * x)


def test_two_spirals() -> None:
    x, labels = spirals()
    network = Network.cascade(x, labels, seed=2, on_unit=lambda unit: unit.accuracy < 1)
    assert network.evaluate(x, labels).accuracy == 1
    assert network.outputs == 2
    assert len(network.layers) <= 2 * 30 + 1


def test_it_is_a_network_like_others(tmp_path: Path) -> None:
    x, targets = sine()
    network = Network.cascade(x, targets, cost="mean_squared_error", max_units=2)
    names = [(layer.name, layer.units) for layer in network.layers]
    assert names == [("unit1", 1), ("features1", 2), ("unit2", 1), ("features2", 3), ("output", 1)]
    network.save(tmp_path / "grown")
    np.testing.assert_array_equal(Network.load(tmp_path / "grown").predict(x), network.predict(x))
    w = {name: value.astype(np.float64) for name, value in network.unflatten(network.parameters).items()}
    features = x.astype(np.float64)
    for unit in ["unit1", "unit2"]:
        h = np.tanh(features @ w[f"{unit}.weight"].T + w[f"{unit}.bias"].T.reshape(1, -1))
        features = np.hstack([features, h])
    y = features @ w["output.weight"].T + w["output.bias"].reshape(1, -1)
    np.testing.assert_allclose(network.predict(x), y, rtol=1e-5, atol=1e-5)
    before = network.evaluate(x, targets, cost="mean_squared_error").cost
    assert network.minimize(x, targets, cost="mean_squared_error").cost < before


def test_every_unit_is_reported() -> None:
    x, targets = sine()
    units: list[CascadeUnit] = []
    network = Network.cascade(
        x, targets, cost="mean_squared_error", max_units=5, activations=["tanh", "relu"], on_unit=units.append
    )
    assert [unit.units for unit in units] == [0, 1, 2, 3, 4, 5]
    costs = [unit.cost for unit in units]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] < 0.1 * costs[0]
    assert network.evaluate(x, targets, cost="mean_squared_error").cost == costs[-1]
    assert all(unit.max_units == 5 and math.isnan(unit.validation_cost) for unit in units)
    assert math.isnan(units[0].correlation)
    assert all(0 < unit.correlation <= 1 for unit in units[1:])
    assert units[0].is_best is True


def test_validation_decides_which_network_is_returned(rng: np.random.Generator) -> None:
    x, targets = rng.standard_normal((2, 40, 3)), rng.standard_normal((2, 40))
    units: list[CascadeUnit] = []
    network = Network.cascade(
        x[0], targets[0], cost="mean_squared_error", max_units=10, patience=3, candidates=4,
        validation_data=(x[1], targets[1]), on_unit=units.append,
    )  # fmt: skip
    costs = [unit.validation_cost for unit in units]
    best = int(np.argmin(costs))
    assert len(units) == min(best + 4, 11)
    assert len(network.layers) == 2 * best + 1
    assert network.evaluate(x[1], targets[1], cost="mean_squared_error").cost == costs[best]


def test_one_seed_one_network() -> None:
    x, targets = sine(2000)

    def parameters(**options: Any) -> np.ndarray:
        network = Network.cascade(x, targets, cost="mean_squared_error", max_units=2, candidates=2, **options)
        return np.array(network.parameters)

    one = parameters(seed=3, threads=1)
    np.testing.assert_array_equal(parameters(seed=3, threads=2), one)
    assert not np.array_equal(parameters(seed=4), one)


def test_on_unit_stops_and_the_network_is_returned() -> None:
    x, targets = sine()
    network = Network.cascade(x, targets, cost="mean_squared_error", on_unit=lambda unit: unit.units < 2)
    assert len(network.layers) == 5


def test_what_on_unit_raises_comes_out() -> None:
    x, targets = sine()

    def on_unit(unit: CascadeUnit) -> None:
        if unit.units == 1:
            raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        Network.cascade(x, targets, cost="mean_squared_error", on_unit=on_unit)


def test_custom_cost_and_what_it_raises() -> None:
    x, targets = sine()

    def squares(y: np.ndarray, t: np.ndarray | None, _: np.ndarray | None) -> tuple[float, np.ndarray]:
        return float(np.mean((y - t) ** 2)), 2 * (y - t) / y.size

    network = Network.cascade(x, targets, cost=squares, max_units=5)
    assert network.evaluate(x, targets, cost="mean_squared_error").cost < 0.1

    def fails(*_: Any) -> tuple[float, np.ndarray]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Network.cascade(x, targets, cost=fails)
    with pytest.raises(TypeError, match="outputs must be given"):
        Network.cascade(x, None, cost=squares)


def test_outputs_follow_from_the_targets() -> None:
    x, _ = sine(6)

    def outputs(targets: Any, cost: str, **options: Any) -> int:
        return Network.cascade(x, targets, cost=cost, max_units=1, candidates=1, **options).outputs

    assert outputs([0, 3, 1, 2, 0, 1], "cross_entropy") == 4
    assert outputs([0, 3, 1, 2, 0, 1], "cross_entropy", outputs=6) == 6
    assert outputs([0, 1, 0, 1, 0, 1], "binary_cross_entropy_logits") == 1
    assert outputs(np.eye(6, 3), "mean_squared_error") == 3


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"activations": []}, chainrule.ArgumentError, "0 activations"),
        ({"activations": ["tanh"] * 9}, chainrule.ArgumentError, "9 activations for 8 candidates"),
        ({"activations": "softmax"}, chainrule.ArgumentError, "softmax"),
        ({"activations": "tangent"}, chainrule.ArgumentError, "unknown activation 'tangent'"),
        ({"activations": [1]}, TypeError, "activation must be one of the strings"),
        ({"output_activation": "none"}, chainrule.ArgumentError, "unknown activation 'none'"),
        ({"candidates": 0}, chainrule.ArgumentError, "candidates is 0"),
        ({"candidates": -1}, chainrule.ArgumentError, "candidates"),
        ({"max_units": 0}, chainrule.ArgumentError, "max_units is 0"),
        ({"max_units": 5000}, chainrule.ArgumentError, "from 1 to 4999"),
        ({"max_iterations": 0}, chainrule.ArgumentError, "max_iterations is 0"),
        ({"target_cost": math.nan}, chainrule.ArgumentError, "target_cost is nan"),
        ({"min_delta": -1}, chainrule.ArgumentError, "min_delta is -1.0"),
        ({"threads": 1025}, chainrule.ArgumentError, "threads is 1025"),
        ({"outputs": 0}, chainrule.ArgumentError, "outputs is 0"),
        ({"sample_weight": [1, 2]}, chainrule.ArgumentError, "sample_weight"),
        ({"validation_data": (np.zeros((2, 2)), np.zeros(2))}, chainrule.ArgumentError, r"validation_data: x"),
        ({"validation_data": (np.zeros(2), np.zeros(2))}, chainrule.ArgumentError, r"validation_data: x"),
        ({"validation_data": (np.zeros((2, 1)), np.zeros(2), None, 1)}, TypeError, "not 4 things"),
    ],
)
def test_bad_options(options: dict[str, Any], error: type[Exception], words: str) -> None:
    x, targets = sine(6)
    with pytest.raises(error, match=words):
        Network.cascade(x, targets, cost="mean_squared_error", **options)


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (np.array([0.0, 1, 0, 1, 0, 1]), r"integers .* not float64 \(6,\)"),
        (np.array([[0], [1], [0], [1], [0], [1]]), r"integers .* not int64 \(6, 1\)"),
        (np.zeros(6, int), "at least two classes"),
        (np.array([0, 1, 2, 3, 4, 10**7]), "the largest class of 6 rows is 10000000"),
    ],
)
def test_targets_that_are_no_classes(targets: np.ndarray, words: str) -> None:
    x, _ = sine(6)
    with pytest.raises(chainrule.ArgumentError, match=words):
        Network.cascade(x, targets)


def test_names_what_is_wrong() -> None:
    x, targets = sine(6)

    def grow(**options: Any) -> None:
        Network.cascade(x, targets, cost="mean_squared_error", **options)

    with pytest.raises(
        chainrule.ArgumentError, match=r"validation_data: targets has shape \(5, 1\) .* must be \(6,\) or"
    ):
        grow(validation_data=(x, targets[:5]))
    with pytest.raises(chainrule.ArgumentError, match="the targets of validation_data: the target at row 2"):
        grow(validation_data=(x, np.where(np.arange(6) == 2, np.nan, targets[:, 0])))
    with pytest.raises(TypeError, match="on_unit must be a function, not int"):
        grow(on_unit=5)


def test_bad_data() -> None:
    x, targets = sine(6)
    with pytest.raises(chainrule.ArgumentError, match=r"x has shape \(6,\)"):
        Network.cascade(x[:, 0], targets, cost="mean_squared_error")
    with pytest.raises(chainrule.ArgumentError, match=r"targets has shape \(5, 1\)"):
        Network.cascade(x, targets[:5], cost="mean_squared_error")
    x[2, 0] = math.inf
    with pytest.raises(chainrule.NotFiniteError, match="x holds inf at row 2, column 0"):
        Network.cascade(x, targets, cost="mean_squared_error")
