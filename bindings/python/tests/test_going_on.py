"""Training on after training."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from conftest import counts_references

import chainrule
from chainrule import Network, Optimizer, Schedule, Trainer


@pytest.fixture
def data(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.standard_normal((40, 4)).astype(np.float32), np.arange(40) % 3


def make_network() -> Network:
    return Network(4).add_dense(8, "relu").add_dropout(0.5).add_dense(3).build(seed=1)


def test_a_second_fit_goes_on(data: tuple[np.ndarray, np.ndarray]) -> None:
    whole, pieces = make_network(), make_network()
    costs = [e.cost for e in whole.fit(*data, epochs=6, batch_size=8)]
    found = [e.cost for epochs in (1, 2, 1, 2) for e in pieces.fit(*data, epochs=epochs, batch_size=8)]
    assert found == costs
    assert pieces.parameters.tobytes() == whole.parameters.tobytes()


def test_what_begins_anew(data: tuple[np.ndarray, np.ndarray]) -> None:
    history = []
    network = make_network()
    for _ in range(2):
        rates: list[float] = []
        schedule = lambda t, base, cost: rates.append(base / (1 + t)) or rates[-1]  # noqa: B023, E731
        history.append(network.fit(*data, epochs=2, schedule=schedule, validation_split=0.2, patience=5))
        assert rates[:2] == pytest.approx([0.001, 0.0005])
    assert [e.epoch for e in history[1]] == [1, 2]
    assert history[1][0].is_best

    # A new Optimizer, and one of another name, begin at t = 0; so does a network that was not trained.
    state = make_network()
    state.fit(*data, epochs=1)
    anew = [make_network() for _ in range(3)]
    for other in anew:
        other.parameters[:] = state.parameters
    costs = [
        state.fit(*data, epochs=1, optimizer=Optimizer(state, "adam"))[0].cost,
        anew[0].fit(*data, epochs=1)[0].cost,
    ]
    assert costs[0] == costs[1]
    anew[1].fit(*data, epochs=1, optimizer="momentum", learning_rate=0.0)
    assert anew[1].fit(*data, epochs=1)[0].cost == costs[1]
    anew[2].fit(*data, epochs=1, learning_rate=0.0)
    assert anew[2].fit(*data, epochs=1, learning_rate=0.001)[0].cost != costs[1]


def test_the_learning_rate_stays_unless_another_is_given(data: tuple[np.ndarray, np.ndarray]) -> None:
    network = make_network()
    rates: list[float] = []

    def schedule(t: int, base: float, cost: float) -> float:
        rates.append(base)
        return base

    for rate in (0.01, None, 0.125, None):
        network.fit(*data, epochs=1, batch_size=40, learning_rate=rate, schedule=schedule)
    assert rates == pytest.approx([0.01, 0.01, 0.125, 0.125])


def test_a_second_fit_with_the_same_optimizer_goes_on(data: tuple[np.ndarray, np.ndarray]) -> None:
    whole, pieces = make_network(), make_network()
    whole.fit(*data, epochs=3, optimizer=Optimizer(whole, "nadam"))
    optimizer = Optimizer(pieces, "nadam")
    for _ in range(3):
        pieces.fit(*data, epochs=1, optimizer=optimizer)
    assert pieces.parameters.tobytes() == whole.parameters.tobytes()


def test_a_trainer_goes_on_in_one_call(data: tuple[np.ndarray, np.ndarray]) -> None:
    whole, pieces = make_network(), make_network()
    whole.fit(*data, epochs=7)
    trainer = Trainer(pieces, epochs=2)
    trainer.fit(*data)
    assert trainer.fit(*data) == []
    history = trainer.fit(*data, epochs=3)
    assert [(e.epoch, e.epochs) for e in history] == [(3, 5), (4, 5), (5, 5)]
    trainer.epochs += 2
    assert trainer.epochs == 7
    assert len(trainer.fit(*data)) == 2
    assert pieces.parameters.tobytes() == whole.parameters.tobytes()
    for wrong in (0, -1):
        with pytest.raises(chainrule.ArgumentError, match="epochs is"):
            trainer.epochs = wrong
    with pytest.raises(TypeError, match="epochs must be an integer"):
        trainer.epochs = 2.5  # type: ignore[assignment]
    assert trainer.epochs == 7


def test_a_schedule_of_a_trainer_goes_on(data: tuple[np.ndarray, np.ndarray]) -> None:
    schedule = Schedule("step", period=3, factor=0.5, per_epoch=True)
    whole, pieces = make_network(), make_network()
    Trainer(whole, epochs=8, schedule=schedule).fit(*data)
    trainer = Trainer(pieces, epochs=1, schedule=schedule)
    trainer.fit(*data)
    trainer.fit(*data, epochs=7)
    assert pieces.parameters.tobytes() == whole.parameters.tobytes()


@counts_references
def test_a_trained_network_is_freed_without_the_garbage_collector(data: tuple[np.ndarray, np.ndarray]) -> None:
    gc.disable()
    try:
        network = make_network()
        network.fit(*data, epochs=1)
        network.evaluate(*data)
        reference = weakref.ref(network)
        del network
        assert reference() is None
    finally:
        gc.enable()
