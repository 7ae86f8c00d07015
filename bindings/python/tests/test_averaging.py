"""Parameter averaging, with the engines at hand: the built-in map(), threads, Dask's processes of one machine."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dask
import numpy as np
import pytest

from chainrule import ArgumentError, Network, distributed
from chainrule.distributed import Round


def data() -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(3)
    x = rng.standard_normal((180, 6)).astype(np.float32)
    return x, (x[:, 0] * x[:, 1] > 0).astype(np.int32), rng.uniform(0.5, 2, 180).astype(np.float32)


def network() -> Network:
    return Network(6).add_dense(16, "tanh").add_normalization().add_dense(2).build(seed=1)


def parts(lengths: tuple[int, ...] = (60, 60, 60)) -> list[Any]:
    arrays = data()[:2]
    ends = np.cumsum(lengths)
    return [tuple(array[end - length : end] for array in arrays) for length, end in zip(lengths, ends)]


def test_one_part_is_fit() -> None:
    x, classes, weights = data()
    averaged, fitted = network(), network()
    (seen,) = distributed.fit_averaged(averaged, [(x, classes, weights)], rounds=1, seed=4, epochs=3)
    history = fitted.fit(x, classes, sample_weight=weights, seed=4, epochs=3)
    assert averaged.parameters.tobytes() == fitted.parameters.tobytes()
    assert seen.round == 1
    assert seen.cost == pytest.approx(history[-1].cost, rel=1e-12)
    assert averaged.evaluate(x, classes).cost == fitted.evaluate(x, classes).cost


def test_averages_of_one_batch_each_are_gradient_descent() -> None:
    x, classes, _ = data()
    described = Network(6).add_dense(16, "tanh").add_dense(2)
    averaged = described.build(seed=1)
    fitted = averaged.copy()
    options: Any = {"optimizer": "gradient_descent", "learning_rate": 0.5, "batch_size": 180}
    history = distributed.fit_averaged(averaged, parts((30, 50, 100)), rounds=5, epochs=1, **options)
    expected = fitted.fit(x, classes, epochs=5, **options)
    np.testing.assert_allclose(averaged.parameters, fitted.parameters, rtol=0, atol=2e-6)
    assert [each.cost for each in history] == pytest.approx([epoch.cost for epoch in expected], abs=2e-6)


def in_threads(function: Any, *arguments: Any) -> Any:
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(function, *arguments))


def in_other_processes(function: Any, *arguments: Any) -> Any:
    """As a process of its own sees them."""
    return [pickle.loads(pickle.dumps(function(*pickle.loads(pickle.dumps(each))))) for each in zip(*arguments)]


def with_dask(function: Any, *arguments: Any) -> Any:
    return dask.compute(*(dask.delayed(function)(*each) for each in zip(*arguments)), scheduler="threads")


def test_every_engine_gives_the_same_bits() -> None:
    ends = []
    for engine in (map, in_threads, in_other_processes, with_dask):
        trained = network()
        history = distributed.fit_averaged(trained, parts(), engine, rounds=3, epochs=2, batch_size=16)
        ends.append((trained.parameters.tobytes(), [tensor.tobytes() for tensor in trained.state.values()]))
        assert [each.round for each in history] == [1, 2, 3]
        assert history[2].cost < history[0].cost
        assert all(each.seconds > 0 for each in history)
    assert all(end == ends[0] for end in ends)


def test_parts_that_are_loaded_where_they_are_trained() -> None:
    loaded, given = network(), network()
    distributed.fit_averaged(loaded, [lambda part=part: part for part in parts()], rounds=2)
    distributed.fit_averaged(given, parts(), rounds=2)
    assert loaded.parameters.tobytes() == given.parameters.tobytes()


def test_the_optimizers_go_on() -> None:
    """Two rounds of a part are not two fits, each with a new Adam."""
    x, classes, _ = data()
    averaged, fitted = network(), network()
    distributed.fit_averaged(averaged, [(x, classes)], rounds=2, epochs=1)
    fitted.fit(x, classes, epochs=1, seed=0)
    fitted.fit(x, classes, epochs=1, seed=1)
    assert averaged.parameters.tobytes() == fitted.parameters.tobytes()


def test_on_round_can_stop() -> None:
    seen: list[Round] = []

    def on_round(each: Round) -> bool:
        seen.append(each)
        return len(seen) < 2

    assert distributed.fit_averaged(network(), parts(), rounds=5, on_round=on_round) == seen
    assert len(seen) == 2


def test_an_error_leaves_the_network() -> None:
    trained = network()
    before = trained.parameters.copy()
    bad = [*parts()[:2], (np.full((4, 6), np.nan, np.float32), np.zeros(4, np.int32))]
    with pytest.raises(ArithmeticError):
        distributed.fit_averaged(trained, bad)
    assert np.array_equal(trained.parameters, before)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"parts": []}, "parts is empty"),
        ({"rounds": 0}, "rounds is 0"),
        ({"rounds": -1}, "rounds"),
        ({"seed": -1}, "seed"),
    ],
)
def test_refused(arguments: Any, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        distributed.fit_averaged(network(), **{"parts": parts(), **arguments})
