"""Ray as a data source and as an engine: `python ray_run.py`.

Ray takes seconds to start, and a gigabyte: no test of the suite starts it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import ray
import ray.data

from chainrule import ArgumentTypeError, Network, distributed, ray_source


def data() -> tuple[Any, Any]:
    rng = np.random.default_rng(3)
    x = rng.standard_normal((180, 6)).astype(np.float32)
    return x, (x[:, 0] * x[:, 1] > 0).astype(np.int32)


def network() -> Network:
    return Network(6).add_dense(16, "tanh").add_dense(2).build(seed=1)


def tables() -> Any:
    x, classes = data()
    rows = [{"x": x[i], "first": x[i, 0], "label": int(classes[i]), "weight": 1 + i % 2} for i in range(len(x))]
    return ray.data.from_items(rows, override_num_blocks=4)


def check_source() -> None:
    x, classes = data()
    table = tables().materialize()
    trained, expected = network(), network()
    source = ray_source(table, "x", "label", "weight", shuffle=False)
    trained.fit(source, epochs=3, batch_size=45)
    weights = 1 + np.arange(180) % 2
    expected.fit(x, classes, sample_weight=weights, shuffle=False, epochs=3, batch_size=45)
    assert trained.parameters.tobytes() == expected.parameters.tobytes()

    one = Network(2).add_dense(1).build(seed=1)
    history = one.fit(ray_source(table, ["first", "weight"], "first", seed=2), epochs=200, learning_rate=0.01)
    assert history[-1].cost < 0.01 * history[0].cost
    assert ray_source(table, "x", "x").targets == 6
    with pytest.raises(ArgumentTypeError, match="not ndarray"):
        ray_source(x, "x", "label")


def check_engine() -> None:
    def engine(function: Any, *arguments: Any) -> Any:
        remote = ray.remote(function)
        return ray.get([remote.remote(*each) for each in zip(*arguments)])

    x, classes = data()
    parts = [(x[i::2], classes[i::2]) for i in range(2)]
    trained, expected = network(), network()
    distributed.fit_averaged(trained, parts, engine, rounds=3, epochs=2)
    distributed.fit_averaged(expected, parts, rounds=3, epochs=2)
    assert trained.parameters.tobytes() == expected.parameters.tobytes()


def main() -> None:
    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=100 << 20, logging_level="error")
    check_source()
    check_engine()
    ray.shutdown()
    print("ray: passed")


if __name__ == "__main__":
    main()
