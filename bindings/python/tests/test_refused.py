"""What would be computed without an error, and wrongly: each is refused, wherever it can be given."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule import ArgumentError, Cost, Network, StateError
from chainrule._names import names
from chainrule._prototypes import ScheduleKind

X = np.linspace(-1, 1, 32, dtype=np.float32).reshape(8, 4)
LABELS = np.arange(8) % 3

Use = Callable[[Network, Any, Any], Any]

MEASURES: dict[str, Use] = {
    "fit": lambda n, t, cost: n.fit(X, t, cost=cost),
    "a trainer": lambda n, t, cost: chainrule.Trainer(n, cost=cost).fit(X, t),
    "partial_fit": lambda n, t, cost: chainrule.Trainer(n, cost=cost).partial_fit(X, t),
    "a data source": lambda n, t, cost: n.fit(
        chainrule.DataSource(
            lambda request: (X, t) if request.first_row == 0 else None,
            targets=t.shape[-1] if t.ndim == 2 else "classes",
        ),
        cost=cost,
        batch_size=8,
        epochs=1,
    ),
    "minimize": lambda n, t, cost: n.minimize(X, t, cost=cost),
    "evaluate": lambda n, t, cost: n.evaluate(X, t, cost),
    "confusion": lambda n, t, cost: n.confusion(X, t, cost),
    "value_and_grad": lambda n, t, cost: n.value_and_grad(X, t, cost),
    "hessian_product": lambda n, t, cost: n.hessian_product(X, t, np.ones(n.parameters.size), cost),
    "gauss_newton_product": lambda n, t, cost: n.gauss_newton_product(X, t, np.ones(n.parameters.size), cost),
    "hessian": lambda n, t, cost: n.hessian(X, t, cost),
    "check_gradient": lambda n, t, cost: n.check_gradient(X, t, cost),
}


@pytest.mark.parametrize("use", [*MEASURES, "cost", "cascade", "validation_data"])
def test_targets_that_are_no_distributions(network: Network, use: str) -> None:
    uses = {
        **MEASURES,
        "cost": lambda n, t, cost: chainrule.cost(n.predict(X), t, cost),
        "cascade": lambda n, t, cost: Network.cascade(X, t, cost=cost, max_units=1),
        "validation_data": lambda n, t, cost: n.fit(X, LABELS, cost=cost, validation_data=(X, t)),
    }
    before = network.parameters.copy()
    one_hot = np.eye(3)[LABELS]
    for row, total in [([0, 0, 0], "0"), ([1, 1, 0], "2"), ([0.5, 0.25, 0.1], "0.85")]:
        targets = one_hot.copy()
        targets[5] = row
        with pytest.raises(
            (ArgumentError, chainrule.CallbackError),
            match=rf"row 5 add up to {total}.*; 'cross_entropy' takes distributions",
        ):
            uses[use](network, targets, "cross_entropy")
    np.testing.assert_array_equal(network.parameters, before)


def test_rounded_distributions_and_rows_that_do_not_count(network: Network) -> None:
    targets = np.tile([0.333, 0.333, 0.333], (8, 1))
    assert network.value_and_grad(X, targets)[0] > 0
    targets[2] = 0
    weights = (np.arange(8) != 2).astype(float)
    value, _ = network.value_and_grad(X, targets, sample_weight=weights)
    assert value == pytest.approx(network.value_and_grad(np.delete(X, 2, 0), np.delete(targets, 2, 0))[0], rel=1e-5)


@pytest.mark.parametrize("use", MEASURES)
def test_softmax_and_sigmoid_are_not_applied_twice(use: str) -> None:
    one_hot = np.eye(3)[LABELS]
    for activation, cost, instead in [
        ("softmax", "cross_entropy", "identity, or log_softmax"),
        ("sigmoid", "binary_cross_entropy_logits", "identity, or take the cost 'binary_cross_entropy'"),
    ]:
        if use == "confusion" and activation == "sigmoid":
            continue  # There is no confusion of three outputs with it, whatever they are.
        for network in [
            Network(4).add_dense(3, activation, name="last").build(),
            Network(4).add_dense(3).add_activation(activation, name="last").build(),
            Network(4).add_dense(3, activation, name="last").add_dropout(0.5).build(),
        ]:
            with pytest.raises(ArgumentError, match=f"layer 'last' applies {activation}, which .*'{cost}'.*{instead}"):
                MEASURES[use](network, one_hot, cost)


def test_softmax_of_cascade_is_not_applied_twice() -> None:
    with pytest.raises(ArgumentError, match="layer 'output' applies softmax"):
        Network.cascade(X, LABELS, output_activation="softmax")


def test_activations_that_go_with_a_cost(x: np.ndarray, labels: np.ndarray) -> None:
    logits = Network(4).add_dense(3).build(seed=1)
    log_softmax = Network(4).add_dense(3, "log_softmax").build(seed=1)
    assert log_softmax.evaluate(x, labels).cost == pytest.approx(logits.evaluate(x, labels).cost, rel=1e-5)
    one_hot = np.eye(3)[labels]
    for activation, cost in [
        ("softmax", "mean_squared_error"),
        ("sigmoid", "binary_cross_entropy"),
        ("sigmoid", "cross_entropy"),
        ("softmax", "binary_cross_entropy"),
    ]:
        Network(4).add_dense(3, activation).build().fit(x, one_hot, cost=cost, epochs=1)
    # Elsewhere than at the end it is a layer like others.
    Network(4).add_dense(5, "softmax").add_dense(3).build().fit(x, labels, epochs=1)


TAKEN = {
    "gradient_descent": set(),
    "momentum": {"momentum"},
    "nesterov": {"momentum"},
    "adagrad": {"epsilon"},
    "rmsprop": {"beta2", "epsilon"},
    "adam": {"beta1", "beta2", "epsilon"},
    "adamw": {"beta1", "beta2", "epsilon"},
    "amsgrad": {"beta1", "beta2", "epsilon"},
    "nadam": {"beta1", "beta2", "epsilon"},
    "lion": {"beta1", "beta2"},
    "irprop_minus": {"growth", "shrink", "min_step", "max_step"},
    "quickprop": {"growth", "max_step"},
}
VALUES = {
    "momentum": 0.5,
    "beta1": 0.5,
    "beta2": 0.5,
    "epsilon": 1e-3,
    "growth": 1.5,
    "shrink": 0.25,
    "min_step": 1e-5,
    "max_step": 2.0,
}


@pytest.mark.parametrize("method", TAKEN)
def test_hyperparameters_of_other_methods(network: Network, method: str) -> None:
    for name, value in VALUES.items():
        if name in TAKEN[method]:
            chainrule.Optimizer(network, method, **{name: value})
        else:
            with pytest.raises(ArgumentError, match=f"^{name} is .* the method '{method}' takes no {name}"):
                chainrule.Optimizer(network, method, **{name: value})
    # What every method takes.
    chainrule.Optimizer(network, method, weight_decay=0.1, l1=0.1, l2=0.1, max_norm=1, clip_norm=1, clip_value=1)


MINIMIZERS = {
    "lbfgs": {"memory", "c1", "c2"},
    "bfgs": {"c1", "c2"},
    "fletcher_reeves": {"c1", "c2"},
    "polak_ribiere": {"c1", "c2"},
    "newton_cg": {"c1", "c2", "damping"},
    "levenberg_marquardt": {"damping"},
}


@pytest.mark.parametrize("method", MINIMIZERS)
def test_parameters_of_other_minimizers(network: Network, method: str) -> None:
    for name, value in {"memory": 5, "c1": 0.01, "c2": 0.4, "damping": 0.1}.items():

        def minimize(name: str = name, value: float = value) -> None:
            network.minimize(X, X[:, :3], cost="mean_squared_error", method=method, max_iterations=1, **{name: value})

        if name in MINIMIZERS[method]:
            minimize()
        else:
            with pytest.raises(ArgumentError, match=f"^{name} is .* the method '{method}' takes no {name}"):
                minimize()


SCHEDULES: dict[str, set[str]] = {
    "constant": set(),
    "step": {"period", "factor"},
    "exponential": {"factor"},
    "cosine": {"period", "period_factor", "min_rate"},
    "one_cycle": {"period", "peak", "start_divisor", "end_divisor"},
    "plateau": {"factor", "min_rate", "patience", "cooldown", "threshold"},
}
# Also those that a kind would take if they were left to it.
SCHEDULE_NUMBERS = {
    "period": 4,
    "period_factor": 1,
    "factor": 0.1,
    "min_rate": 0.0,
    "peak": 0.3,
    "start_divisor": 25.0,
    "end_divisor": 1e4,
    "patience": 10,
    "cooldown": 1,
    "threshold": 1e-4,
}


@pytest.mark.parametrize("kind", SCHEDULES)
def test_numbers_of_other_schedules(network: Network, kind: str) -> None:
    assert set(SCHEDULES) == set(names(ScheduleKind))
    assert {*SCHEDULE_NUMBERS, "kind", "warmup", "warmup_start", "per_epoch"} == set(chainrule.Schedule._fields)
    needed: dict[str, Any] = {"period": 4} if kind == "step" else {}
    for name, value in SCHEDULE_NUMBERS.items():
        schedule = chainrule.Schedule(kind, **{**needed, name: value})
        if name in SCHEDULES[kind]:
            network.fit(X, LABELS, schedule=schedule, epochs=1)
            continue
        uses = [lambda schedule=schedule: network.fit(X, LABELS, schedule=schedule), lambda s=schedule: s.rate(0.1, 0)]
        for use in uses:
            with pytest.raises(ArgumentError, match=f"{name} is .* the schedule '{kind}' takes no {name}"):
                use()
    # What every kind takes.
    network.fit(
        X, LABELS, epochs=1, schedule=chainrule.Schedule(kind, warmup=2, warmup_start=0.5, per_epoch=True, **needed)
    )


@pytest.mark.parametrize("name", ["factor", "min_rate", "peak", "start_divisor", "end_divisor", "threshold"])
def test_a_schedules_minus_one_is_a_number(network: Network, name: str) -> None:
    kind = next(kind for kind, taken in SCHEDULES.items() if name in taken)
    schedule = chainrule.Schedule(kind, **{"period": 4, name: -1} if kind == "step" else {name: -1})
    with pytest.raises(ArgumentError, match=f"{name} of the {kind} schedule is -1"):
        network.fit(X, LABELS, schedule=schedule)


def test_parameters_of_other_costs(network: Network) -> None:
    with pytest.raises(ArgumentError, match=r"label_smoothing is 0.1.* for cross-entropy"):
        network.fit(X, X[:, :3], cost=Cost("mean_squared_error", label_smoothing=0.1))
    with pytest.raises(ArgumentError, match=r"huber_delta is 2.* for Huber"):
        network.evaluate(X, LABELS, Cost("cross_entropy", huber_delta=2))


def test_numbers_of_other_initializers() -> None:
    for given in [("he_normal", 1.0), ("default", 1), ("constant",), ("constant", 1, 2), ("uniform", 0), ("normal", 0)]:
        with pytest.raises(TypeError, match=f"initializer '{given[0]}' takes"):
            Network(4).add_dense(3, weight_initializer=given)
    with pytest.raises(TypeError, match="initializer 'uniform' takes 2 numbers; 0 were given"):
        Network(4).add_dense(3, bias_initializer="uniform")


def test_a_network_is_not_trained_or_changed_in_its_own_callbacks(network: Network, tmp_path: Path) -> None:
    network.save(tmp_path / "model")
    other = chainrule.Trainer(network)
    optimizer = chainrule.Optimizer(network)
    changes: list[Callable[[], Any]] = [
        lambda: network.fit(X, LABELS),
        lambda: network.minimize(X, LABELS),
        lambda: other.fit(X, LABELS),
        lambda: other.partial_fit(X, LABELS),
        lambda: network.load_parameters(tmp_path / "model"),
        lambda: optimizer.step(np.zeros(43)),
    ]
    refused = 0

    def callback(_: Any) -> None:
        nonlocal refused
        for change in changes:
            before = network.parameters.copy()
            with pytest.raises(StateError, match="the network is being trained") as caught:
                change()
            assert caught.value.name == "CRL_ERROR_BUSY"
            np.testing.assert_array_equal(network.parameters, before)
            refused += 1
        network.evaluate(X, LABELS)
        network.predict(X)
        network.value_and_grad(X, LABELS)

    assert len(network.fit(X, LABELS, epochs=2, on_epoch=callback)) == 2
    assert len(network.fit(X, LABELS, epochs=1, on_batch=callback)) == 1
    network.minimize(X, LABELS, max_iterations=2, on_iteration=callback)
    assert refused == 5 * len(changes)
    for change in changes:
        change()


def test_many_threads_are_no_more_than_there_is_work_for(x: np.ndarray, labels: np.ndarray) -> None:
    def running() -> int:
        return len(os.listdir("/proc/self/task"))

    rows, classes = np.tile(x, (13, 1))[:100], np.tile(labels, 13)[:100]
    trained = []
    for threads in (1000, 1):
        network = Network(4).add_dense(20, "tanh").add_dense(3).build(seed=1)
        alone = running()
        most: list[int] = []

        def on_epoch(epoch: chainrule.Epoch, most: list[int] = most) -> None:
            most.append(running())

        start = time.perf_counter()
        network.fit(rows, classes, epochs=3, threads=threads, on_epoch=on_epoch)
        network.minimize(rows, classes, max_iterations=3, threads=threads)
        assert max(most) - alone <= 8
        assert time.perf_counter() - start < 2
        trained.append(network.parameters.tobytes())
    assert trained[0] == trained[1]


def test_a_checkpoint_is_no_model(network: Network, tmp_path: Path) -> None:
    chainrule.Trainer(network).save(tmp_path / "run.checkpoint")
    for load in (Network.load, network.load_parameters):
        with pytest.raises(chainrule.FileFormatError, match="is a checkpoint, not a model file: a trainer of the same"):
            load(tmp_path / "run.checkpoint")
