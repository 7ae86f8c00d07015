"""What is known of the epochs that are finished, whatever ended the call."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule import Epoch, Network, Trainer

rng = np.random.default_rng(3)
X = rng.standard_normal((60, 4)).astype(np.float32)
LABELS = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)


def make_network() -> Network:
    return Network(4).add_dense(8, "tanh").add_dense(3).build(seed=1)


def raising(error: BaseException, epoch: int) -> Any:
    """An on_epoch that raises at the end of this epoch."""

    def on_epoch(record: Epoch) -> None:
        if record.epoch == epoch:
            raise error

    return on_epoch


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(2), ValueError("no"), chainrule.StateError("no", 0)])
def test_a_network_s_history_after_an_error(error: BaseException) -> None:
    network, whole = make_network(), make_network()
    assert network.history == []
    expected = whole.fit(X, LABELS, epochs=3)
    with pytest.raises(type(error)):
        network.fit(X, LABELS, epochs=10, on_epoch=raising(error, 3))
    assert [(e.epoch, e.epochs) for e in network.history] == [(1, 10), (2, 10), (3, 10)]
    assert [(e.cost, e.accuracy) for e in network.history] == [(e.cost, e.accuracy) for e in expected]
    # The next fit begins a new one, even if it is refused.
    with pytest.raises(chainrule.ChainruleError):
        network.fit(X[:3], LABELS)
    assert network.history == []
    assert network.fit(X, LABELS, epochs=2) == network.history
    assert len(network.history) == 2


def test_a_network_s_history_after_divergence() -> None:
    network = make_network()
    optimizer = chainrule.Optimizer(network, "gradient_descent", 0.1)

    def on_epoch(epoch: Epoch) -> None:
        optimizer.learning_rate = 3e38 if epoch.epoch == 2 else 0.1

    with pytest.raises(chainrule.NotFiniteError, match="epoch"):
        network.fit(X, LABELS, epochs=50, optimizer=optimizer, on_epoch=on_epoch)
    assert 2 <= len(network.history) < 50
    with pytest.raises(chainrule.ArgumentError, match="epochs is 0"):
        network.fit(X, LABELS, epochs=0)
    assert network.history == []


def test_the_history_while_training() -> None:
    network, lengths = make_network(), []
    network.fit(X, LABELS, epochs=4, on_epoch=lambda _: lengths.append(len(network.history)))
    assert lengths == [1, 2, 3, 4]
    network.history.clear()
    assert len(network.history) == 4


def test_a_trainer_s_history_of_all_its_calls(tmp_path: Path) -> None:
    network = make_network()
    trainer = Trainer(network, epochs=5, on_epoch=lambda epoch: epoch.epoch != 2)
    assert trainer.history == []
    first = trainer.fit(X, LABELS)
    rest = trainer.fit(X, LABELS)
    assert [e.epoch for e in first + rest] == [1, 2, 3, 4, 5]
    assert trainer.history == first + rest
    more = trainer.partial_fit(X, LABELS)
    assert trainer.history == [*first, *rest, more]
    assert trainer.fit(X, LABELS) == []
    assert len(trainer.history) == 6
    # A network's own are those of its fit.
    assert network.history == []
    trainer.save(tmp_path / "run.checkpoint")
    with pytest.raises(chainrule.FileError):
        trainer.load(tmp_path / "nothing")
    assert len(trainer.history) == 6
    trainer.load(tmp_path / "run.checkpoint")
    assert trainer.history == []


def test_a_trainer_s_history_after_an_error() -> None:
    trainer = Trainer(make_network(), epochs=6, on_epoch=raising(KeyboardInterrupt(), 4))
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(X, LABELS)
    assert [e.epoch for e in trainer.history] == [1, 2, 3, 4]
    assert [e.epoch for e in trainer.fit(X, LABELS)] == [5, 6]
    assert [e.epoch for e in trainer.history] == [1, 2, 3, 4, 5, 6]


def test_accuracy_is_that_of_the_rows_as_they_were_trained() -> None:
    network, weight = make_network(), rng.random(60).astype(np.float32)
    right: list[float] = []

    def note(rows: slice) -> None:
        right.append(float(weight[rows] @ (network.predict(X[rows]).argmax(axis=1) == LABELS[rows])))

    def on_batch(batch: chainrule.Batch) -> None:
        if batch.batch < 4:
            note(slice(batch.batch * 15, batch.batch * 15 + 15))

    note(slice(0, 15))
    (epoch,) = network.fit(
        X, LABELS, sample_weight=weight, epochs=1, batch_size=15, shuffle=False, learning_rate=0.1, on_batch=on_batch
    )
    assert epoch.accuracy == pytest.approx(sum(right) / weight.sum(), rel=1e-6)


def test_accuracy_where_nothing_is_decided() -> None:
    def cost(y: np.ndarray, t: Any, _: Any) -> tuple[float, np.ndarray]:
        return float(np.mean((y - t) ** 2)), 2 * (y - t) / len(y)

    for given in ("mean_squared_error", cost):
        (epoch,) = make_network().fit(X, X[:, :3], cost=given, epochs=1)
        assert math.isnan(epoch.accuracy)


def test_accuracy_of_yes_and_no() -> None:
    network = Network(4).add_dense(2).build(seed=1)
    targets = X[:, :2] > 0
    expected = ((network.predict(X) > 0) == targets).all(axis=1).mean()
    (epoch,) = network.fit(X, targets, cost="binary_cross_entropy_logits", epochs=1, batch_size=60)
    assert epoch.accuracy == expected
