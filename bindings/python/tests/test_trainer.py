"""Trainers: stopping and going on, what they are told and what they tell, evaluation, and serving while training."""

from __future__ import annotations

import gc
import math
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import counts_references

import chainrule

ROWS = 60


@pytest.fixture
def data(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """60 rows for the network, and classes that they decide."""
    x = rng.standard_normal((ROWS, 4)).astype(np.float32)
    return x, x[:, :3].argmax(axis=1)


def make_network() -> chainrule.Network:
    return chainrule.Network(4).add_dense(8, "tanh").add_dense(3).build(seed=1)


def make_trainer(**options: Any) -> chainrule.Trainer:
    return chainrule.Trainer(make_network(), **{"epochs": 4, "batch_size": 16, "learning_rate": 0.01, **options})


def same(a: chainrule.Trainer, b: chainrule.Trainer) -> bool:
    return a.network.parameters.tobytes() == b.network.parameters.tobytes()


def test_fit_is_a_trainer_for_one_use(data: tuple[np.ndarray, np.ndarray]) -> None:
    x, labels = data
    trainer = make_trainer(seed=3, validation_split=0.25)
    history = trainer.fit(x, labels)
    network = make_network()
    again = network.fit(x, labels, epochs=4, batch_size=16, learning_rate=0.01, seed=3, validation_split=0.25)
    assert [e.cost for e in history] == [e.cost for e in again]
    assert [e.validation_cost for e in history] == [e.validation_cost for e in again]
    assert network.parameters.tobytes() == trainer.network.parameters.tobytes()
    assert [e.epoch for e in history] == [1, 2, 3, 4]
    assert history[-1].cost < history[0].cost
    assert 0 <= history[-1].validation_accuracy <= 1
    assert math.isnan(history[-1].validation_r2)
    assert [e.is_best for e in history] == [True, True, True, True]


def test_a_checkpoint_goes_on_bit_for_bit(data: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    x, labels = data
    whole = make_trainer()
    history = whole.fit(x, labels)
    for stop in (1, 4, 6):
        seen: list[chainrule.Batch] = []

        def on_batch(batch: chainrule.Batch, seen: list[chainrule.Batch] = seen, stop: int = stop) -> bool:
            seen.append(batch)
            return len(seen) < stop

        first = make_trainer(on_batch=on_batch)
        done = first.fit(x, labels)
        assert len(done) == (stop - 1) // 4
        assert first.progress.steps == stop
        assert [b.rows for b in seen] == ([16, 16, 16, 12] * 2)[:stop]
        first.save(tmp_path / "checkpoint")
        second = make_trainer()
        second.load(tmp_path / "checkpoint")
        assert second.progress == first.progress
        rest = second.fit(x, labels)
        assert same(second, whole)
        assert [e.cost for e in rest] == [e.cost for e in history[-len(rest) :]]


def test_saving_from_on_epoch(data: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    x, labels = data
    trainers: list[chainrule.Trainer] = []

    def on_epoch(epoch: chainrule.Epoch) -> None:
        if epoch.epoch == 2:
            trainers[0].save(tmp_path / "checkpoint")

    trainers.append(make_trainer(on_epoch=on_epoch))
    trainers[0].fit(x, labels)
    resumed = make_trainer()
    resumed.load(tmp_path / "checkpoint")
    assert resumed.progress.epochs == 2
    assert [e.epoch for e in resumed.fit(x, labels)] == [3, 4]
    assert same(resumed, trainers[0])
    assert resumed.fit(x, labels) == []


def test_checkpoints_of_other_runs(data: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    trainer = make_trainer()
    trainer.save(tmp_path / "checkpoint")
    other = chainrule.Trainer(chainrule.Network(4).add_dense(3).build())
    with pytest.raises(chainrule.StateError, match="another network"):
        other.load(tmp_path / "checkpoint")
    with pytest.raises(chainrule.StateError, match="batch_size 16; the trainer has 8"):
        make_trainer(batch_size=8).load(tmp_path / "checkpoint")
    make_network().save(tmp_path / "model")
    with pytest.raises(chainrule.FileFormatError, match="no checkpoint"):
        trainer.load(tmp_path / "model")
    with pytest.raises(chainrule.FileError):
        trainer.load(tmp_path / "nowhere")


def test_checkpoints_are_safetensors(data: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    trainer = make_trainer()
    trainer.fit(*data)
    trainer.save(tmp_path / "checkpoint")
    tensors = load_file(tmp_path / "checkpoint")
    np.testing.assert_array_equal(tensors["0.weight"], trainer.network.tensors["0.weight"])
    assert {"optimizer.0", "optimizer.1", "best"} < set(tensors)


def test_patience_puts_the_best_back(rng: np.random.Generator) -> None:
    x = rng.standard_normal((ROWS, 4)).astype(np.float32)
    noise = rng.integers(0, 3, ROWS)
    kept: dict[int, bytes] = {}
    network = make_network()
    trainer = chainrule.Trainer(
        network,
        epochs=500,
        learning_rate=0.05,
        validation_split=0.25,
        patience=5,
        on_epoch=lambda e: kept.update({e.epoch: network.parameters.tobytes()}),
    )
    history = trainer.fit(x, noise)
    best = int(np.argmin([e.validation_cost for e in history])) + 1
    assert trainer.progress.best_epoch == best == len(history) - 5 < 495
    assert trainer.progress.best_cost == history[best - 1].validation_cost
    assert network.parameters.tobytes() == kept[best]


def test_divergence_keeps_the_best(data: tuple[np.ndarray, np.ndarray]) -> None:
    network = make_network()
    optimizer = chainrule.Optimizer(network, "gradient_descent", 0.1)
    best: list[bytes] = []

    def on_epoch(epoch: chainrule.Epoch) -> None:
        if epoch.is_best:
            best[:] = [network.parameters.tobytes()]
        if epoch.epoch == 2:
            optimizer.learning_rate = 3e38

    trainer = chainrule.Trainer(network, optimizer=optimizer, epochs=50, on_epoch=on_epoch)
    with pytest.raises(chainrule.NotFiniteError, match=r"epoch \d+, batch \d+, step \d+: "):
        trainer.fit(*data)
    assert network.parameters.tobytes() == best[0]


@pytest.mark.parametrize("weighted", [False, True])
def test_a_data_source_gives_the_same_as_memory(
    data: tuple[np.ndarray, np.ndarray], rng: np.random.Generator, weighted: bool
) -> None:
    x, labels = data
    weights = rng.uniform(0, 2, ROWS).astype(np.float32)

    def batch(request: chainrule.Request) -> Any:
        rows = slice(request.first_row, request.first_row + request.max_rows)
        if request.first_row == ROWS:
            return None
        # float64 and int64, as numpy has them.
        given = (x[rows].astype(np.float64), labels[rows])
        return (*given, weights[rows]) if weighted else given

    source, memory = make_trainer(), make_trainer(shuffle=False)
    history = source.fit(chainrule.DataSource(batch, weights=weighted), validation_data=(x, labels))
    expected = memory.fit(x, labels, sample_weight=weights if weighted else None, validation_data=(x, labels))
    assert same(source, memory)
    assert [e.validation_cost for e in history] == [e.validation_cost for e in expected]


def test_a_data_source_of_values() -> None:
    x = np.linspace(-1, 1, 40, dtype=np.float32)[:, np.newaxis]
    network = chainrule.Network(1).add_dense(8, "tanh").add_dense(1).build(seed=1)

    def batch(request: chainrule.Request) -> Any:
        rows = slice(request.first_row, request.first_row + request.max_rows)
        return (x[rows], x[rows, 0] ** 2) if request.first_row < 40 else None

    memory = chainrule.Network(1).add_dense(8, "tanh").add_dense(1).build(seed=1)
    network.fit(chainrule.DataSource(batch, targets=1), cost="mean_squared_error", epochs=3)
    memory.fit(x, x**2, cost="mean_squared_error", epochs=3, shuffle=False)
    assert network.parameters.tobytes() == memory.parameters.tobytes()


SOURCES: dict[str, tuple[Callable[[chainrule.Request], Any], type[BaseException], str]] = {
    "no rows": (lambda r: None, chainrule.CallbackError, "no rows for epoch 1"),
    "an empty batch": (lambda r: (np.zeros((0, 4)), []), chainrule.ArgumentError, r"shape \(0, 4\)"),
    "too many rows": (lambda r: (np.zeros((17, 4)), np.zeros(17, int)), chainrule.ArgumentError, r"1 to 16 rows"),
    "too few columns": (lambda r: (np.zeros((2, 3)), [0, 0]), chainrule.ArgumentError, r"shape \(2, 3\)"),
    "too few targets": (lambda r: (np.zeros((2, 4)), [0]), chainrule.ArgumentError, r"targets of shape \(1,\)"),
    "fractions": (lambda r: (np.zeros((2, 4)), [0.5, 0]), TypeError, "not integers"),
    "NaN": (lambda r: (np.full((2, 4), np.nan), [0, 0]), chainrule.CallbackError, "x is nan at row 0, column 0"),
    "a class too many": (lambda r: (np.zeros((2, 4)), [0, 3]), chainrule.CallbackError, "class of row 1 is 3"),
    "an exception": (lambda r: 1 / 0, ZeroDivisionError, "division"),
    "a class that wraps": (lambda r: (np.zeros((2, 4)), [2**32, 0]), chainrule.ArgumentError, "does not fit 32 bits"),
    "weights unasked for": (lambda r: (np.zeros((2, 4)), [0, 1], [1, 1]), TypeError, "weights=True"),
}


@pytest.mark.parametrize(("source", "error", "message"), SOURCES.values(), ids=SOURCES)
def test_bad_data_sources(source: Any, error: type[BaseException], message: str) -> None:
    trainer = make_trainer()
    before = trainer.network.parameters.copy()
    with pytest.raises(error, match=message):
        trainer.fit(chainrule.DataSource(source))
    np.testing.assert_array_equal(trainer.network.parameters, before)


def test_kinds_of_targets_of_a_data_source() -> None:
    with pytest.raises(ValueError, match="not 'values'"):
        make_trainer().fit(chainrule.DataSource(lambda r: None, targets="values"))
    with pytest.raises(chainrule.CallbackError, match="no rows"):
        make_trainer(cost="mean_squared_error").fit(chainrule.DataSource(lambda r: None, targets=np.int64(3)))


def test_a_partial_fit_that_was_stopped(data: tuple[np.ndarray, np.ndarray]) -> None:
    trainer = make_trainer(on_batch=lambda batch: False)
    assert trainer.partial_fit(*data) is None
    assert trainer.progress.epochs == 0


def test_a_refused_call_leaves_the_history_alone(data: tuple[np.ndarray, np.ndarray]) -> None:
    trainers: list[chainrule.Trainer] = []

    def on_epoch(epoch: chainrule.Epoch) -> None:
        with pytest.raises(chainrule.StateError):
            trainers[0].partial_fit(*data)

    trainers.append(make_trainer(on_epoch=on_epoch))
    assert [epoch.epoch for epoch in trainers[0].fit(*data)] == [1, 2, 3, 4]


def test_validation_data_of_four_things(data: tuple[np.ndarray, np.ndarray]) -> None:
    with pytest.raises(TypeError, match="not 4 things"):
        make_trainer().fit(*data, validation_data=(*data, None, None))


def test_targets_beside_a_data_source(data: tuple[np.ndarray, np.ndarray]) -> None:
    with pytest.raises(TypeError, match="come from the data source"):
        make_trainer().fit(chainrule.DataSource(lambda r: None), data[1])


def test_partial_fit_is_an_epoch(data: tuple[np.ndarray, np.ndarray]) -> None:
    parts, whole = make_trainer(), make_trainer()
    history = whole.fit(*data)
    epochs = [parts.partial_fit(*data) for _ in range(4)]
    assert [e and e.cost for e in epochs] == [e.cost for e in history]
    assert same(parts, whole)


def test_class_weights(data: tuple[np.ndarray, np.ndarray]) -> None:
    x, labels = data
    by_row = make_trainer()
    by_row.fit(x, labels, sample_weight=np.array([2, 1, 0.5], np.float32)[labels])
    for weights in ([2, 1, 0.5], {0: 2, 2: 0.5}, np.array([2, 1, 0.5])):
        by_class = make_trainer(class_weight=weights)
        by_class.fit(x, labels)
        assert same(by_class, by_row)


def test_balanced_classes(data: tuple[np.ndarray, np.ndarray]) -> None:
    from sklearn.utils.class_weight import compute_class_weight

    x, labels = data
    # One class is never seen.
    labels = np.where(labels == 1, 0, labels)
    expected = {c: w for c, w in zip((0, 2), compute_class_weight("balanced", classes=np.array([0, 2]), y=labels))}
    balanced, given = make_network(), make_network()
    balanced.fit(x, labels, epochs=2, class_weight="balanced")
    given.fit(x, labels, epochs=2, class_weight=expected)
    assert balanced.parameters.tobytes() == given.parameters.tobytes()


def test_metrics_are_those_of_scikit_learn(data: tuple[np.ndarray, np.ndarray], rng: np.random.Generator) -> None:
    from sklearn.metrics import accuracy_score, confusion_matrix, r2_score, top_k_accuracy_score

    x, labels = data
    weights = rng.uniform(0.5, 2, ROWS).astype(np.float32)
    network = make_network()
    y = network.predict(x)
    metrics = network.evaluate(x, labels, sample_weight=weights, top=2)
    decisions = y.argmax(axis=1)
    assert metrics.rows == ROWS
    assert metrics.cost == pytest.approx(chainrule.cost(y, labels, sample_weight=weights)[0], rel=1e-12)
    assert metrics.accuracy == pytest.approx(accuracy_score(labels, decisions, sample_weight=weights))
    assert metrics.top_accuracy == pytest.approx(top_k_accuracy_score(labels, y, k=2, sample_weight=weights))
    assert math.isnan(metrics.r2)
    np.testing.assert_allclose(
        network.confusion(x, labels, sample_weight=weights),
        confusion_matrix(labels, decisions, labels=[0, 1, 2], sample_weight=weights),
    )

    values = rng.standard_normal((ROWS, 3)).astype(np.float32)
    metrics = network.evaluate(x, values, "mean_squared_error", sample_weight=weights)
    assert metrics.r2 == pytest.approx(r2_score(values, y, sample_weight=weights))
    assert math.isnan(metrics.accuracy)
    trainer = chainrule.Trainer(network, cost="mean_squared_error")
    assert trainer.evaluate(x, values, sample_weight=weights).r2 == metrics.r2


def test_binary_decisions(data: tuple[np.ndarray, np.ndarray]) -> None:
    x, labels = data
    network = chainrule.Network(4).add_dense(1).build(seed=2)
    wanted = labels > 0
    decisions = network.predict(x)[:, 0] > 0
    metrics = network.evaluate(x, wanted, "binary_cross_entropy_logits")
    assert metrics.accuracy == pytest.approx(np.mean(decisions == wanted))
    confusion = network.confusion(x, wanted, "binary_cross_entropy_logits")
    assert confusion.tolist() == [
        [np.sum(~decisions & ~wanted), np.sum(decisions & ~wanted)],
        [np.sum(~decisions & wanted), np.sum(decisions & wanted)],
    ]


OPTIONS: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "validation_split 1": ({"validation_split": 1.0}, chainrule.ArgumentError, "validation_split is 1"),
    "validation_split NaN": ({"validation_split": math.nan}, chainrule.ArgumentError, "validation_split is nan"),
    "patience negative": ({"patience": -1}, chainrule.ArgumentError, "patience is -1"),
    "min_delta negative": ({"min_delta": -0.5}, chainrule.ArgumentError, "min_delta is -0.5"),
    "two class weights": ({"class_weight": [1, 2]}, chainrule.ArgumentError, "class_weights_count is 2"),
    "class weight NaN": ({"class_weight": [1, math.nan, 1]}, chainrule.ArgumentError, "class 1 is nan"),
    "class 3": ({"class_weight": {3: 1.0}}, chainrule.ArgumentError, "class 3; classes go from 0 to 2"),
    "balanced": ({"class_weight": "balanced"}, ValueError, "takes numbers"),
    "epochs 0": ({"epochs": 0}, chainrule.ArgumentError, "epochs is 0"),
}


@pytest.mark.parametrize(("options", "error", "message"), OPTIONS.values(), ids=OPTIONS)
def test_bad_options(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make_trainer(**options)


def test_callbacks_cannot_train(data: tuple[np.ndarray, np.ndarray]) -> None:
    trainers: list[chainrule.Trainer] = []
    trainers.append(make_trainer(on_epoch=lambda e: trainers[0].partial_fit(*data)))
    with pytest.raises(chainrule.StateError, match="the trainer is training"):
        trainers[0].fit(*data)


def test_what_a_batch_callback_raises_comes_out(data: tuple[np.ndarray, np.ndarray]) -> None:
    def on_batch(batch: chainrule.Batch) -> None:
        raise KeyError(batch.step)

    trainer = make_trainer(on_batch=on_batch)
    with pytest.raises(KeyError, match="1"):
        trainer.fit(*data)
    assert trainer.progress.steps == 1


@counts_references
def test_a_trainer_is_freed_without_the_garbage_collector(data: tuple[np.ndarray, np.ndarray]) -> None:
    gc.collect()
    gc.disable()
    try:
        trainer = make_trainer(on_batch=lambda b: None)
        trainer.fit(*data)
        freed = weakref.ref(trainer)
        handle = weakref.ref(trainer._open())
        del trainer
        assert freed() is None
        assert handle() is None
    finally:
        gc.enable()


def test_closed_and_shown() -> None:
    trainer = make_trainer()
    assert repr(trainer).startswith("Trainer(epochs=0 of 4, steps=0, Network(4 -> ")
    trainer.close()
    assert repr(trainer) == "Trainer(closed)"
    with pytest.raises(chainrule.ArgumentError, match="trainer is closed"):
        _ = trainer.progress


def test_publishing(data: tuple[np.ndarray, np.ndarray]) -> None:
    x, labels = data
    network = make_network()
    publisher = chainrule.Publisher(network)
    first = network.predict(x)
    network.fit(x, labels, epochs=1)
    np.testing.assert_array_equal(publisher.predict(x), first)
    publisher.publish(network)
    np.testing.assert_array_equal(publisher.predict(x), network.predict(x))
    assert repr(publisher) == "Publisher(4 -> 3, float32)"
    assert (publisher.inputs, publisher.outputs, publisher.precision, publisher.publications) == (4, 3, "float32", 2)
    assert chainrule.Publisher(network, "int8").precision == "int8"
    with pytest.raises(chainrule.StateError, match="4 inputs and 1 outputs"):
        publisher.publish(chainrule.Network(4).add_dense(1).build())


def test_serving_while_training(data: tuple[np.ndarray, np.ndarray]) -> None:
    x, labels = data
    network = make_network()
    publisher = chainrule.Publisher(network)
    published = {publisher.predict(x).tobytes()}
    seen: set[bytes] = set()
    done = threading.Event()

    def serve() -> None:
        while not done.is_set():
            seen.add(publisher.predict(x).tobytes())

    def on_epoch(epoch: chainrule.Epoch) -> None:
        published.add(network.predict(x).tobytes())
        publisher.publish(network)

    threads = [threading.Thread(target=serve) for _ in range(3)]
    for thread in threads:
        thread.start()
    network.fit(x, labels, epochs=50, on_epoch=on_epoch)
    done.set()
    for thread in threads:
        thread.join()
    assert seen
    assert seen <= published
