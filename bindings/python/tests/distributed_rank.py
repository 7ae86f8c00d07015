"""A rank of test_distributed.py's runs: `mpirun -n N python distributed_rank.py FOLDER [MODE]`.

It writes what it has seen to FOLDER/rank-I.pickle.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
from distributed_data import data, network
from mpi4py import MPI

from chainrule import Activation, Cost, Epoch, Network, Optimizer, Schedule, Trainer, _ranks, cost, distributed

FOLDER = Path(sys.argv[1])
WORLD = MPI.COMM_WORLD
RANK: int = WORLD.Get_rank()
LAST: int = WORLD.Get_size() - 1

IN_ONE_PIECE = _ranks.Total.PIECE
# Five pieces of network()'s 146 gradients; the second layer has 34.
_ranks.Total.PIECE = 30


def weighted(comm: Any, **options: Any) -> tuple[bytes, list[Epoch]]:
    """Batches of 50, 50, 50 and 31 rows with weights, a schedule, and validation. Each rank begins elsewhere."""
    x, classes, weights = data()
    trained = network(seed=comm.Get_rank() + 1)
    history = distributed.fit(
        trained,
        x,
        classes,
        comm=comm,
        learning_rate=0.01,
        schedule=Schedule("cosine", warmup=3),
        batch_size=50,
        sample_weight=weights,
        validation_data=(x[:40], classes[:40]),
        seed=5,
        **{"epochs": 6, **options},
    )
    assert all(epoch.seconds > 0 and np.isnan(epoch.accuracy) for epoch in history)
    # What differs from run to run, or from itself.
    others = {"seconds": 0, "samples_per_second": 0, "accuracy": 0, "validation_r2": 0}
    return trained.parameters.tobytes(), [epoch._replace(**others) for epoch in history]


def in_one_piece() -> bytes:
    pieces, _ranks.Total.PIECE = _ranks.Total.PIECE, IN_ONE_PIECE
    parameters, _ = weighted(WORLD)
    _ranks.Total.PIECE = pieces
    return parameters


def small_batches() -> tuple[bytes, list[float]]:
    """A cost that is a sum, batches of 3 rows: of four ranks one has none."""
    x = data()[0]
    trained = network()
    options = {"cost": Cost("mean_squared_error", "sum"), "optimizer": "momentum", "learning_rate": 1e-3}
    history = distributed.fit(trained, x[:40], x[:40, 2:4], epochs=2, batch_size=3, shuffle=False, **options)
    return trained.parameters.tobytes(), [epoch.cost for epoch in history]


def statistics() -> tuple[bytes, list[bytes]]:
    """Batch normalization and dropout."""
    x, classes, _ = data()
    trained = Network(6).add_dense(8, "relu").add_normalization().add_dropout(0.3).add_dense(2).build(seed=RANK)
    distributed.fit(trained, x[:176], classes[:176], epochs=2, batch_size=60)
    return trained.parameters.tobytes(), [tensor.tobytes() for tensor in trained.state.values()]


def failure(**options: Any) -> tuple[str, str]:
    """The class and the text of a fit's exception."""
    x, classes, _ = data()
    trained = options.pop("network", None) or network()
    arguments = {"x": x, "targets": classes, "epochs": 3, **options}
    try:
        distributed.fit(trained, arguments.pop("x"), arguments.pop("targets"), **arguments)
    except BaseException as error:
        return type(error).__name__, str(error)
    return "none", ""


def raising(_: Epoch) -> None:
    if RANK == LAST:
        raise LookupError("of the last rank")


def interrupting(y: Any, targets: Any, weights: Any) -> Any:
    if RANK == LAST:
        os.kill(os.getpid(), signal.SIGINT)
    return cost(y, targets.ravel().astype(np.int32), sample_weight=weights)


def failing_cost(y: Any, targets: Any, weights: Any) -> Any:
    if RANK == 0:
        raise LookupError("of rank 0")
    return cost(y, targets.ravel().astype(np.int32), sample_weight=weights)


def failing_derivative(z: Any, h: Any) -> Any:
    """When the gradients of the layer behind it have been sent."""
    if RANK == LAST:
        raise LookupError("of a derivative")
    return 1 - h * h


def failures() -> dict[str, tuple[str, str]]:
    x, classes, _ = data()
    own = network()
    optimizer = Optimizer(own, "adam")
    odd = network()
    stepped = Optimizer(odd, "adam")
    stepped.step(np.zeros(odd.parameters.size, np.float32))

    def own_rate(_: Epoch) -> None:
        optimizer.learning_rate = 0.001 * (1 + RANK)

    return {
        "callback": failure(on_epoch=raising),
        "cost": failure(cost=failing_cost, targets=classes.astype(np.float32)),
        "derivative": failure(
            network=Network(6).add_dense(16, Activation(np.tanh, failing_derivative)).add_dense(2).build(seed=1)
        ),
        "interrupt": failure(cost=interrupting, targets=classes.astype(np.float32)),
        "shape": failure(x=x[:, :5] if RANK == LAST else x),
        "rows": failure(x=x[: 181 - RANK], targets=classes[: 181 - RANK]),
        "epochs": failure(epochs=3 + RANK),
        "batch": failure(batch_size=32 + RANK),
        "variance": failure(network=Network(6).add_normalization().add_dense(2).build(), batch_size=LAST + 1),
        "layers": failure(network=Network(6).add_dense(16 + RANK, "tanh").add_dense(2).build(seed=1)),
        "seed": failure(seed=RANK),
        "optimizer": failure(optimizer="adam" if RANK == 0 else "lion"),
        "nan": failure(x=np.where(np.arange(181)[:, None] == 170, np.nan, x)),
        "rate": failure(network=own, optimizer=optimizer, on_epoch=own_rate),
        "steps": failure(network=odd, optimizer=stepped),
        "plateau": failure(schedule="plateau"),
        "resume": failure(resume=True),
        "every": failure(every=0),
        "folder": failure(checkpoint=FOLDER / "absent" / "run.checkpoint"),
    }


def resumed() -> tuple[bytes, list[Epoch]]:
    """Stops after two epochs, which one rank asks for, and resumes."""
    path = FOLDER / "stopped.checkpoint"
    _, first = weighted(WORLD, checkpoint=path, every=100, on_epoch=lambda epoch: RANK != LAST or epoch.epoch < 2)
    parameters, rest = weighted(WORLD, checkpoint=path, resume=True)
    return parameters, first + rest


def going_on() -> bool:
    """Whether an optimizer goes on: two fits are one."""
    x, classes, _ = data()
    ends = []
    for plan in ([4], [1, 4]):
        trained = network()
        optimizer = Optimizer(trained, "adam", 0.01)
        for epochs in plan:
            distributed.fit(trained, x, classes, optimizer=optimizer, epochs=epochs)
        ends.append(trained.parameters.tobytes())
    return ends[0] == ends[1]


def mapped() -> bytes:
    """From a file in the place of memory."""
    path = FOLDER / "x.npy"
    x, classes, _ = data()
    if RANK == 0:
        np.save(path, x)
    WORLD.Barrier()
    trained = network()
    distributed.fit(trained, np.load(path, mmap_mode="r"), classes, epochs=1)
    in_memory = network()
    distributed.fit(in_memory, x, classes, epochs=1)
    assert trained.parameters.tobytes() == in_memory.parameters.tobytes()
    return trained.parameters.tobytes()


def like_fit() -> dict[str, float]:
    """How far a run of one rank ends from Network.fit()."""
    x, classes, _ = data()
    layers = {
        "dropout": Network(6).add_dense(8, "relu").add_dropout(0.5),
        "normalization": Network(6).add_normalization(),
    }
    distances = {}
    for name, described in layers.items():
        described.add_dense(2).build(seed=1)
        ends = []
        for fit in (Network.fit, distributed.fit):
            trained = described.copy()
            fit(trained, x, classes, epochs=2, shuffle=False, seed=9)
            ends.append(np.concatenate([trained.parameters, *trained.state.values()]))
        distances[name] = float(np.abs(ends[0] - ends[1]).max())
    return distances


def measures() -> tuple[str, bool, bool]:
    """The cost by the targets, without validation data, and afterwards."""
    x, classes, _ = data()
    trained = network()
    history = distributed.fit(trained, x, classes, epochs=3)
    is_last = history.best is history[-1] and bool(np.isnan(history[0].validation_cost))
    return history.cost, is_last, trained.evaluate(x, classes).cost < history[-1].cost


def everything() -> dict[str, Any]:
    handler = signal.getsignal(signal.SIGINT)
    results: dict[str, Any] = {
        "weighted": weighted(WORLD),
        "again": weighted(WORLD),
        "in_one_piece": in_one_piece(),
        "pairs": weighted(WORLD.Split(RANK // 2)),
        "small": small_batches(),
        "statistics": statistics(),
        "failures": failures(),
        "resumed": resumed(),
        "going_on": going_on(),
        "mapped": mapped(),
        "measures": measures(),
    }
    if LAST == 0:
        results["like_fit"] = like_fit()
    results["handler"] = signal.getsignal(signal.SIGINT) is handler
    return results


def killed() -> dict[str, Any]:
    """A run whose last rank dies in the middle of the fourth epoch, if MODE is "kill"; else what follows it."""
    seen = 0

    def dying(y: Any, targets: Any, weights: Any) -> Any:
        nonlocal seen
        seen += 1
        if sys.argv[2] == "kill" and RANK == LAST and seen == 3 * 6 + 4:
            os.kill(os.getpid(), signal.SIGKILL)
        return cost(y, targets.ravel().astype(np.int32), sample_weight=weights)

    def trained(**options: Any) -> tuple[Network, list[int]]:
        x, classes, _ = data()
        result = network()
        history = distributed.fit(result, x, classes.astype(np.float32), cost=dying, epochs=5, **options)
        return result, [epoch.epoch for epoch in history]

    path = FOLDER / "killed.checkpoint"
    resumed, epochs = trained(checkpoint=path, resume=True)
    trainer = Trainer(resumed, cost=dying, optimizer=Optimizer(resumed, "adam"), epochs=5)
    trainer.load(path)  # a checkpoint as any other
    uninterrupted, _ = trained()
    return {
        "parameters": resumed.parameters.tobytes(),
        "epochs": epochs,
        "uninterrupted": uninterrupted.parameters.tobytes(),
    }


def main() -> None:
    results = everything() if len(sys.argv) == 2 else killed()
    with open(FOLDER / f"rank-{RANK}.pickle", "wb") as file:
        pickle.dump(results, file)


if __name__ == "__main__":
    main()
