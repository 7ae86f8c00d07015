"""Measures chainrule.distributed beside one process: the tables of docs/distributed.md.

    export PYTHONPATH=bindings/python CHAINRULE_LIBRARY=build/lib/libchainrule.so
    mpirun -n 2 --bind-to none build/venv/bin/python Benchmarks/distributed.py

The same two ranks with 1 Gbit/s between them: a network namespace of their own, whose only interface is that slow.

    unshare -rn sh -c 'ip link set lo up; tc qdisc add dev lo root tbf rate 1gbit burst 128kb latency 50ms; \
        exec mpirun -n 2 --bind-to none --mca btl tcp,self --mca btl_tcp_if_include lo --mca oob_tcp_if_include lo \
        build/venv/bin/python Benchmarks/distributed.py'

Four kinds of runs take turns: rank 0 alone with whole batches; each rank for itself with its part of a batch, at the same time;
and all ranks together, with gradients in pieces, which overlap the backward pass, and in one piece. The second is what the
processors give without communication. The numbers are milliseconds: medians over the turns. The last two are the medians of the
turns' ratios of the second time and the third, and of the third and the fourth, with their extremes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from chainrule import Network, _ranks, distributed
from mpi4py import MPI

WORLD = MPI.COMM_WORLD
TURNS = 8
IN_ONE_PIECE = 1 << 30
# The units of the layers, the rows of a batch of all ranks, the steps of an epoch, and the epochs of a run.
CASES = [
    ((64, 100, 10), 128, 10, 100),
    ((64, 100, 10), 2048, 1, 100),
    ((784, 512, 512, 10), 128, 1, 40),
    ((784, 512, 512, 10), 1024, 1, 8),
    ((1024, 2048, 2048, 10), 128, 1, 4),
]


def sleep_until_all_are_here() -> None:
    """A barrier that leaves the processor to the others."""
    request = WORLD.Ibarrier()
    while not request.Test():
        time.sleep(0.001)


def seconds_of(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def network_of(units: tuple[int, ...]) -> Network:
    network = Network(units[0])
    for width in units[1:-1]:
        network.add_dense(width, "relu")
    return network.add_dense(units[-1]).build(seed=1)


def reduction(size: int, start: Callable[[Any], Any]) -> float:
    """The median time of one reduction of so many floats."""
    vector = np.zeros(size, np.float32)
    times = []
    for _ in range(20):
        WORLD.Barrier()
        times.append(seconds_of(lambda: start(vector)))
    return statistics.median(times)


def blocking(vector: Any) -> None:
    WORLD.Allreduce(MPI.IN_PLACE, vector)


def nonblocking(vector: Any) -> None:
    WORLD.Iallreduce(MPI.IN_PLACE, vector).Wait()


def measure(units: tuple[int, ...], batch: int, steps: int, epochs: int) -> str:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((batch * steps, units[0]), dtype=np.float32)
    classes = rng.integers(0, units[-1], len(x))

    def step_of(comm: Any, rows: int) -> float:
        network = network_of(units)
        options = {"comm": comm, "batch_size": rows, "shuffle": False, "optimizer": "gradient_descent"}
        history = distributed.fit(network, x[: rows * steps], classes[: rows * steps], epochs=epochs, **options)
        return statistics.median(epoch.seconds for epoch in history) / steps

    pieces = _ranks.Total.PIECE
    alone, apart, together, whole = [], [], [], []
    for _ in range(TURNS):
        if WORLD.Get_rank() == 0:
            alone.append(step_of(MPI.COMM_SELF, batch))
        sleep_until_all_are_here()
        apart.append(step_of(MPI.COMM_SELF, batch // WORLD.Get_size()))
        sleep_until_all_are_here()
        together.append(step_of(WORLD, batch))
        sleep_until_all_are_here()
        _ranks.Total.PIECE = IN_ONE_PIECE
        whole.append(step_of(WORLD, batch))
        _ranks.Total.PIECE = pieces
    size = network_of(units).parameters.size
    apart = [max(times) for times in zip(*WORLD.allgather(apart))]
    medians = [statistics.median(times) for times in (alone or [1.0], apart, together, whole)]
    reductions = [reduction(size, start) for start in (blocking, nonblocking)]
    shown = " | ".join(f"{1e3 * each:.3g}" for each in [*medians, *reductions])
    return f"| {'-'.join(map(str, units))} | {size:,} | {batch} | {shown} | {ratio(apart, together)} | {ratio(together, whole)} |"


def ratio(ours: list[float], others: list[float]) -> str:
    each = sorted(mine / its for mine, its in zip(ours, others))
    return f"{100 * statistics.median(each):.0f} % ({100 * each[0]:.0f} to {100 * each[-1]:.0f})"


def wait_after_two_seconds(calls: bool) -> float:
    """The median time of the wait for a reduction of 25 MB that began two seconds before, with or without calls of MPI."""
    vector = np.zeros(6_316_042, np.float32)
    times = []
    for _ in range(3):
        WORLD.Barrier()
        request = WORLD.Iallreduce(MPI.IN_PLACE, vector)
        for _ in range(400):
            time.sleep(0.005)
            if calls:
                request.Test()
        times.append(seconds_of(request.Wait))
    return statistics.median(times)


def main() -> None:
    without, with_calls = wait_after_two_seconds(calls=False), wait_after_two_seconds(calls=True)
    if WORLD.Get_rank() == 0:
        print(f"wait after 2 s: {1e3 * without:.3g} ms, with MPI_Test each 5 ms {1e3 * with_calls:.3g} ms", flush=True)
    for case in CASES:
        line = measure(*case)
        if WORLD.Get_rank() == 0:
            print(line, flush=True)


if __name__ == "__main__":
    main()
