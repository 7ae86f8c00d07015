"""Callbacks as objects, and what shows the progress of a fit."""

from __future__ import annotations

import gc
import io
import re
import sys
import types
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from conftest import counts_references

import chainrule
from chainrule import (
    ArgumentError,
    ArgumentTypeError,
    Batch,
    Callback,
    Checkpoint,
    EarlyStopping,
    Epoch,
    LambdaCallback,
    Network,
    ReduceLROnPlateau,
    StateError,
    Trainer,
    _progress,
)

rng = np.random.default_rng(3)
X = rng.standard_normal((60, 4)).astype(np.float32)
LABELS = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
NOISE = rng.integers(0, 3, 60)


def make_network() -> Network:
    return Network(4).add_dense(8, "tanh").add_normalization().add_dense(3).build(seed=1)


class Noting(Callback):
    """Notes its calls, and answers from a list."""

    def __init__(self, *answers: Any) -> None:
        self.calls: list[str] = []
        self.answers = list(answers)

    def on_begin(self, trainer: Trainer) -> None:
        self.calls.append(f"begin {trainer.progress.epochs}")

    def on_epoch(self, trainer: Trainer, epoch: Epoch) -> Any:
        assert trainer.history[-1] is epoch
        self.calls.append(f"epoch {epoch.epoch}")
        return self.answers.pop(0) if self.answers else None

    def on_end(self, trainer: Trainer) -> None:
        self.calls.append(f"end {trainer.progress.epochs}")


class Batches(Callback):
    def __init__(self) -> None:
        self.seen: list[Batch] = []

    def on_batch(self, trainer: Trainer, batch: Batch) -> Any:
        assert trainer.progress.steps == batch.step
        self.seen.append(batch)
        return batch.step < 5


def test_the_calls_of_a_callback() -> None:
    noting, batches = Noting(), Batches()
    make_network().fit(X, LABELS, epochs=3, callbacks=[noting])
    assert noting.calls == ["begin 0", "epoch 1", "epoch 2", "epoch 3", "end 3"]
    history = make_network().fit(X, LABELS, epochs=3, callbacks=batches)
    assert (len(history), [batch.step for batch in batches.seen]) == (2, [1, 2, 3, 4, 5])


@pytest.mark.parametrize("answer", [False, np.False_])
def test_false_stops_and_all_are_asked(answer: Any) -> None:
    first, second = Noting(None, answer), Noting()
    history = make_network().fit(X, LABELS, epochs=9, callbacks=[first, second])
    assert len(history) == 2
    assert first.calls == second.calls == ["begin 0", "epoch 1", "epoch 2", "end 2"]


@pytest.mark.parametrize("answer", [True, None, 0, 1, "", [], "stop", np.True_])
def test_everything_else_goes_on(answer: Any) -> None:
    noting = Noting(answer, answer)
    assert len(make_network().fit(X, LABELS, epochs=3, callbacks=[noting], on_epoch=lambda _: answer)) == 3


def test_a_trainer_calls_them_each_time() -> None:
    noting = Noting(None, False)
    trainer = Trainer(make_network(), epochs=3, callbacks=(noting,))
    trainer.fit(X, LABELS)
    trainer.fit(X, LABELS)
    assert noting.calls == ["begin 0", "epoch 1", "epoch 2", "end 2", "begin 2", "epoch 3", "end 3"]


def test_an_exception_comes_out_and_leaves_out_the_end() -> None:
    class Failing(Noting):
        def on_epoch(self, trainer: Trainer, epoch: Epoch) -> Any:
            raise KeyError(epoch.epoch)

    class FailingAtOnce(Noting):
        def on_begin(self, trainer: Trainer) -> None:
            raise KeyError("begin")

    for failing, left in ((Failing(), ["begin 0"]), (FailingAtOnce(), [])):
        trainer = Trainer(make_network(), epochs=2, callbacks=[failing])
        with pytest.raises(KeyError):
            trainer.fit(X, LABELS)
        assert failing.calls == left
        with pytest.raises(KeyError):  # it can be called again
            trainer.fit(X, LABELS)


def test_a_call_within_a_callback_is_refused_and_changes_nothing() -> None:
    trainers: list[Trainer] = []

    def again(trainer: Trainer, _: Epoch) -> None:
        with pytest.raises(StateError):
            trainer.fit(X, LABELS)

    noting = Noting()
    trainers.append(Trainer(make_network(), epochs=2, callbacks=[noting, LambdaCallback(on_epoch=again)]))
    trainers[0].fit(X, LABELS)
    assert noting.calls == ["begin 0", "epoch 1", "epoch 2", "end 2"]


def test_functions_as_a_callback() -> None:
    calls: list[str] = []
    callback = LambdaCallback(
        on_begin=lambda trainer: calls.append("begin"),
        on_batch=lambda trainer, batch: calls.append(f"batch {batch.batch}"),
        on_epoch=lambda trainer, epoch: epoch.epoch < 2,
        on_end=lambda trainer: calls.append("end"),
    )
    assert len(make_network().fit(X, LABELS, epochs=5, callbacks=[callback, LambdaCallback()])) == 2
    assert calls == ["begin", "batch 1", "batch 2", "batch 1", "batch 2", "end"]


@counts_references
def test_a_trainer_with_callbacks_is_freed_without_the_garbage_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        trainer = Trainer(make_network(), epochs=2, callbacks=[Noting(), EarlyStopping()])
        trainer.fit(X, LABELS)
        freed = weakref.ref(trainer)
        del trainer
        assert freed() is None
    finally:
        gc.enable()


# Those of the library


@pytest.mark.parametrize("monitor", [None, "validation_cost", "validation_accuracy"])
def test_early_stopping_restores_the_best(monitor: str | None) -> None:
    network, kept = make_network(), {}

    def keep(trainer: Trainer, epoch: Epoch) -> None:
        kept[epoch.epoch] = network.parameters.copy(), network.state["1.running_mean"].copy()

    stopping = EarlyStopping(monitor, patience=4)
    history = network.fit(
        X,
        NOISE,
        epochs=500,
        learning_rate=0.05,
        validation_split=0.5,
        callbacks=[stopping, LambdaCallback(on_epoch=keep)],
    )
    values = [getattr(epoch, monitor or "validation_cost") for epoch in history]
    best = int(np.argmax(values) if monitor == "validation_accuracy" else np.argmin(values)) + 1
    assert stopping.best_epoch == best == len(history) - 4 < 496
    np.testing.assert_array_equal(network.parameters, kept[best][0])
    np.testing.assert_array_equal(network.state["1.running_mean"], kept[best][1])


def test_early_stopping_that_leaves_the_last() -> None:
    network, last = make_network(), []
    stopping = EarlyStopping("accuracy", patience=2, min_delta=0.5, restore_best=False)
    keep = LambdaCallback(on_epoch=lambda trainer, epoch: last.append(network.parameters.copy()))
    assert len(network.fit(X, LABELS, epochs=50, callbacks=[stopping, keep])) == 3
    np.testing.assert_array_equal(network.parameters, last[-1])
    # Each fit begins anew.
    assert len(network.fit(X, LABELS, epochs=50, callbacks=[stopping])) == 3


def test_early_stopping_of_a_custom_activation() -> None:
    network = Network(4).add_dense(3, (lambda z: 2 * z, lambda z, h: np.full_like(z, 2))).build(1)
    stopping = EarlyStopping(patience=1, min_delta=1.0)
    assert len(network.fit(X, LABELS, epochs=50, callbacks=[stopping])) == 2
    assert stopping.best_epoch == 1


def test_checkpoints(tmp_path: Path) -> None:
    network = make_network()
    every = Checkpoint(str(tmp_path / "every-{epoch:02}-{cost:.3f}"), best_only=False, every=2)
    best = Checkpoint(tmp_path / "best.safetensors", "validation_accuracy")
    history = network.fit(
        X, NOISE, epochs=6, learning_rate=0.05, validation_split=0.5, callbacks=[every, best], batch_size=8
    )
    costs = {epoch.epoch: epoch for epoch in history}
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"best.safetensors", *(f"every-{e:02}-{costs[e].cost:.3f}" for e in (2, 4, 6))}
    last = Network.load(tmp_path / f"every-06-{history[-1].cost:.3f}")
    np.testing.assert_array_equal(last.parameters, network.parameters)
    assert Network.load(tmp_path / "best.safetensors").layers[0].name == "0"


def test_the_best_checkpoint_is_the_best(tmp_path: Path) -> None:
    network, held = make_network(), (X[:20], NOISE[:20])
    history = network.fit(
        X, NOISE, epochs=30, learning_rate=0.1, validation_data=held, callbacks=[Checkpoint(tmp_path / "best")]
    )
    assert history.best is not None
    best = Network.load(tmp_path / "best").evaluate(*held, "cross_entropy").cost
    assert best == pytest.approx(min(epoch.validation_cost for epoch in history), rel=1e-6)


def test_a_resumable_checkpoint(tmp_path: Path) -> None:
    def trainer(**more: Any) -> Trainer:
        return Trainer(make_network(), epochs=4, **more)

    whole = trainer()
    whole.fit(X, LABELS)
    saving = Checkpoint(tmp_path / "run", resumable=True, best_only=False, every=2)
    trainer(callbacks=[saving, LambdaCallback(on_epoch=lambda t, epoch: epoch.epoch < 3)]).fit(X, LABELS)
    resumed = trainer()
    resumed.load(tmp_path / "run")
    assert resumed.progress.epochs == 2
    resumed.fit(X, LABELS)
    np.testing.assert_array_equal(resumed.network.parameters, whole.network.parameters)


def test_a_checkpoint_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        make_network().fit(X, LABELS, callbacks=[Checkpoint(tmp_path / "nowhere" / "model")])


def test_a_lower_rate_on_a_plateau() -> None:
    network, rates = make_network(), []
    note = LambdaCallback(on_epoch=lambda trainer, epoch: rates.append(trainer.optimizer.learning_rate))
    plateau = ReduceLROnPlateau(factor=0.5, patience=1, min_rate=0.01)
    network.fit(X, NOISE, epochs=12, optimizer="gradient_descent", learning_rate=0.04, callbacks=[note, plateau])
    by_hand = chainrule.Plateau(chainrule.Schedule("plateau", factor=0.5, patience=1, min_rate=0.01))
    expected = [np.float32(0.04)]
    for epoch in network.history[:-1]:
        expected.append(by_hand.rate(expected[-1], epoch.cost))
    assert rates == expected
    # As the schedule of the library has it.
    same = make_network()
    same.fit(
        X,
        NOISE,
        epochs=12,
        optimizer="gradient_descent",
        learning_rate=0.04,
        schedule=chainrule.Schedule("plateau", factor=0.5, patience=1, min_rate=0.01),
    )
    np.testing.assert_array_equal(network.parameters, same.parameters)


def test_a_plateau_of_the_accuracy() -> None:
    network = make_network()
    optimizer = chainrule.Optimizer(network, "gradient_descent", 1.0)
    network.fit(X, NOISE, epochs=12, optimizer=optimizer, callbacks=[ReduceLROnPlateau("accuracy", patience=0)])
    by_hand, rate = chainrule.Plateau(chainrule.Schedule("plateau", patience=0)), 1.0
    for epoch in network.history:
        rate = by_hand.rate(rate, 1 - epoch.accuracy)
    assert optimizer.learning_rate == rate < 1


REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "a function": (
        lambda: make_network().fit(X, LABELS, callbacks=[print]),
        ArgumentTypeError,
        "callbacks must hold objects of chainrule.Callback, not <built-in function print>; a function is on_epoch",
    ),
    "a class": (
        lambda: make_network().fit(X, LABELS, callbacks=[EarlyStopping]),
        ArgumentTypeError,
        "not <class .*EarlyStopping",
    ),
    "no monitor": (lambda: EarlyStopping("val_loss"), ArgumentError, "monitor is 'val_loss'; an epoch has cost, acc"),
    "no validation": (
        lambda: make_network().fit(X, LABELS, callbacks=[EarlyStopping("validation_cost")]),
        StateError,
        "EarlyStopping watches validation_cost, which epoch 1 does not have: give validation data",
    ),
    "no decision": (
        lambda: make_network().fit(X, X[:, :3], callbacks=[Checkpoint("x", "accuracy")]),
        StateError,
        "Checkpoint watches accuracy, .*the cost decides nothing",
    ),
    "no patience": (lambda: EarlyStopping(patience=0), ArgumentError, "patience is 0"),
    "half a patience": (lambda: EarlyStopping(patience=2.5), ArgumentTypeError, "patience must be an integer"),
    "every none": (lambda: Checkpoint("x", every=0), ArgumentError, "every is 0"),
    "a path of bytes": (lambda: Checkpoint(b"x"), ArgumentTypeError, "path must be a string or a Path, not b'x'"),
    "a path of another field": (
        lambda: Checkpoint("model-{loss:.3f}"),
        ArgumentError,
        r"path is 'model-\{loss:.3f\}'; what stands in braces must be a field of Epoch \('loss'\)",
    ),
    "a path with half a brace": (lambda: Checkpoint("model-{"), ArgumentError, "what stands in braces"),
    "a path with a number": (lambda: Checkpoint("model-{}"), ArgumentError, "what stands in braces"),
    "a factor": (lambda: ReduceLROnPlateau(factor="half"), ArgumentTypeError, "factor must be a number"),
    "no functions": (lambda: LambdaCallback(on_epoch=3), ArgumentTypeError, "on_epoch must be a function, not 3"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    call, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        call()


# Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_has_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tqdm")
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    make_network().fit(X, LABELS, epochs=3, progress=True, validation_split=0.2)
    assert "\r" in shown.getvalue()
    assert re.search(r"3/3 .* cost=[\d.]+, accuracy=[\d.]+, validation_cost=", shown.getvalue())
    assert "nan" not in shown.getvalue()


def test_a_log_has_lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    make_network().fit(X, LABELS, epochs=30, progress=True)
    first, last = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"epoch 1/30: cost=[\d.]+, accuracy=[\d.]+", first)
    assert last.startswith("epoch 30/30: ")
    monkeypatch.setattr(_progress, "_INTERVAL", 0.0)
    make_network().fit(X, LABELS, epochs=5, progress=True, on_epoch=lambda epoch: epoch.epoch < 3)
    assert [line[:9] for line in capsys.readouterr().err.splitlines()] == ["epoch 1/5", "epoch 2/5", "epoch 3/5"]


def test_a_log_needs_no_tqdm(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    make_network().fit(X, LABELS, epochs=1, progress=True)
    assert capsys.readouterr().err.startswith("epoch 1/1: ")


def test_no_stderr_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """As under pythonw and some services."""
    monkeypatch.setattr(sys, "stderr", None)
    assert len(make_network().fit(X, LABELS, epochs=2, progress=True)) == 2


class WidgetBar:
    made: ClassVar[list[WidgetBar]] = []

    def __init__(self, initial: int, total: int, **_: Any) -> None:
        self.shown = [initial]
        self.total = total
        self.closed = False
        self.made.append(self)

    def set_postfix(self, measures: dict[str, float], refresh: bool) -> None:
        assert list(measures) == ["cost", "accuracy"]

    def update(self) -> None:
        self.shown.append(self.shown[-1] + 1)

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("widgets", [True, False])
def test_a_notebook_has_its_own_bar(
    widgets: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook = pytest.importorskip("tqdm.notebook")
    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: types.SimpleNamespace(config={"IPKernelApp": {}})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setattr(notebook, "IProgress", object if widgets else None)
    monkeypatch.setattr(notebook, "tqdm", WidgetBar)
    WidgetBar.made = []
    make_network().fit(X, LABELS, epochs=2, progress=True)
    if widgets:
        (bar,) = WidgetBar.made
        assert (bar.shown, bar.total, bar.closed) == ([0, 1, 2], 2, True)
    else:
        assert not WidgetBar.made
        assert "2/2" in capsys.readouterr().err
