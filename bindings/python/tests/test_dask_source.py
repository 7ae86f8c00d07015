"""Arrays of Dask as a data source."""

from __future__ import annotations

import io
from typing import Any

import dask.array as da
import numpy as np
import pytest

from chainrule import ArgumentError, ArgumentTypeError, Batch, Cost, Network, Request, Trainer, dask_source


def data() -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((50, 4)).astype(np.float32)
    return x, (x[:, 0] > 0).astype(np.int32), rng.uniform(0.5, 2, 50).astype(np.float32)


def network() -> Network:
    return Network(4).add_dense(5, "tanh").add_dense(2).build(seed=1)


def test_unshuffled_blocks_are_the_array() -> None:
    x, classes, weights = data()
    arrays = [da.from_array(x, chunks=(16, 2)), da.from_array(classes, chunks=50), da.from_array(weights, chunks=7)]
    trained, expected = network(), network()
    trained.fit(dask_source(*arrays, shuffle=False), epochs=3, batch_size=8)
    expected.fit(x, classes, sample_weight=weights, shuffle=False, epochs=3, batch_size=8)
    assert trained.parameters.tobytes() == expected.parameters.tobytes()


def test_each_epoch_has_every_row_once_in_a_new_order() -> None:
    x, classes, _ = data()
    source = dask_source(da.from_array(x, chunks=(12, 4)), da.from_array(classes, chunks=12), seed=3)

    def epoch(number: int) -> Any:
        batches: list[Any] = []
        while True:
            batch = source.function(Request(number, sum(len(rows) for rows, _ in batches), 5))
            if batch is None:
                return [np.concatenate(part) for part in zip(*batches)]
            assert 1 <= len(batch[0]) <= 5
            batches.append(batch)

    orders = [epoch(1), epoch(2), epoch(1)]
    for rows, labels in orders:
        assert sorted(rows[:, 0]) == sorted(x[:, 0])
        np.testing.assert_array_equal(labels, rows[:, 0] > 0)
    assert not np.array_equal(orders[0][0], orders[1][0])
    np.testing.assert_array_equal(orders[0][0], orders[2][0])


def test_floats_are_columns() -> None:
    x, _, weights = data()
    chunked = da.from_array(x, chunks=(20, 4))
    assert dask_source(chunked, chunked[:, :2]).targets == 2
    trained = Network(4).add_dense(1).build(seed=1)
    source = dask_source(chunked, da.from_array(weights, chunks=20))
    history = trained.fit(source, cost=Cost("mean_squared_error"), epochs=5, learning_rate=0.05)
    assert history[-1].cost < history[0].cost


def test_resumes_in_the_middle_of_a_block() -> None:
    x, classes, _ = data()
    checkpoint = io.BytesIO()

    def trainer(stop: bool) -> Trainer:
        def on_batch(batch: Batch) -> bool:
            return not (stop and (batch.epoch, batch.batch) == (2, 4))

        return Trainer(network(), epochs=3, batch_size=6, on_batch=on_batch)

    def source() -> Any:
        return dask_source(da.from_array(x, chunks=(15, 4)), da.from_array(classes, chunks=15))

    whole, stopped, resumed = trainer(False), trainer(True), trainer(False)
    whole.fit(source())
    stopped.fit(source())
    stopped.save(checkpoint)
    checkpoint.seek(0)
    resumed.load(checkpoint)
    resumed.fit(source())
    assert resumed.network.parameters.tobytes() == whole.network.parameters.tobytes()


def test_what_it_refuses() -> None:
    x, classes, _ = data()
    with pytest.raises(ArgumentTypeError, match=r"dask_source\(\) takes arrays of Dask, not ndarray"):
        dask_source(x, classes)
    with pytest.raises(ArgumentError, match="an array has 49 rows; x has 50"):
        dask_source(da.from_array(x), da.from_array(classes[1:]))
