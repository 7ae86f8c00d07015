"""Training on several processes and machines, over MPI. Needs an MPI library, and `pip install chainrule[mpi]`.

Start such a program with `mpirun -n 4 python -m mpi4py train.py`. Each process, a rank, computes a part of every batch.
The ranks add up their gradients, those of the last layers while they compute those of the first, and each takes the
same step.

fit_averaged() needs no MPI: it trains copies on parts of the data, in the processes of any engine, and averages them.

Examples
--------
>>> from chainrule import distributed
>>> history = distributed.fit(network, x, labels, epochs=20, batch_size=256, checkpoint="run.checkpoint", resume=True)
"""

from __future__ import annotations

import io
import math
import os
import time
import zlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ._arrays import count, numbers, seed_value, size_error
from ._averaging import Round, fit_averaged
from ._callbacks import stops
from ._costs import CostLike
from ._costs import cost as cost_of
from ._data import Data, validation
from ._default_costs import cost_to_train
from ._errors import ArgumentTypeError, StateError
from ._evaluation import Metrics
from ._history import Epoch, History
from ._instruction_sets import instruction_set
from ._prototypes import CostKind, Reduction, Status
from ._ranks import RankError, Ranks
from ._schedules import Schedule
from ._trainer import Trainer
from ._training import Optimizer
from ._workspace import Workspace

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._network import Network

__all__ = ["RankError", "Round", "fit", "fit_averaged"]


def fit(
    network: Network,
    x: npt.ArrayLike,
    targets: npt.ArrayLike | None = None,
    *,
    comm: Any = None,
    cost: CostLike | None = None,
    loss: CostLike | None = None,
    optimizer: str | Optimizer = "adam",
    learning_rate: float | None = None,
    schedule: str | Schedule | None = None,
    epochs: int = 10,
    batch_size: int = 32,
    shuffle: bool = True,
    seed: int = 0,
    sample_weight: npt.ArrayLike | None = None,
    validation_data: tuple[Any, ...] | None = None,
    on_epoch: Callable[[Epoch], Any] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    every: int = 1,
    resume: bool = False,
) -> History:
    """Trains a network on all ranks of a communicator. Every rank calls it with the same arguments.

    Every rank is given all rows, and reads only those of its part of each batch: pass np.load(path, mmap_mode="r") for
    data larger than the memory. So the batches do not depend on the number of ranks. Two runs on as many ranks give the
    same bits. Another number of ranks adds up in another order, and the results differ by rounding.

    Training begins with the parameters, the running statistics and the optimizer's state of rank 0.

    An exception on one rank ends the call on all of them: there it comes out unchanged, elsewhere as a RankError. The
    parameters are then as the last complete step left them. Ctrl-C ends this rank's part of a step first.

    Parameters
    ----------
    network
        Built, with the same layers on every rank.
    x
        (rows, inputs).
    targets
        As for Network.fit().
    comm
        An mpi4py communicator; None: MPI.COMM_WORLD.
    cost, loss
        As for Network.fit(). A cost function of your own must give the mean over its rows, weighted with their weights.
    optimizer
        The name of a method, or an Optimizer made for this network, which goes on: its steps say how many epochs are
        done.
    learning_rate
        As for Trainer.
    schedule
        A Schedule, or its kind; not "plateau".
    epochs
        How often to go through the rows in total, ≥ 1.
    batch_size
        Rows for each step, of all ranks together, ≥ 1. Rank i of n computes the i-th of n parts.
    shuffle
        Whether each epoch has a new order of the rows.
    seed
        Of the orders; plus the rank, of dropout and noise.
    sample_weight
        As for Network.fit().
    validation_data
        (x, targets) or (x, targets, sample_weight). Rank 0 evaluates it after each epoch.
    on_epoch
        Called on every rank with the same Epoch. If it returns False on one rank, all stop. It may set the optimizer's
        learning rate, to the same number on every rank.
    checkpoint
        The path of a trainer's checkpoint, which rank 0 replaces atomically.
    every
        Save after each so manyth epoch and at the end, ≥ 1.
    resume
        Continue from the checkpoint if the file exists. Only rank 0 reads it.

    Returns
    -------
    History
        One Epoch for each epoch of this call, the same on every rank. Its accuracy is NaN: see validation_accuracy.
        is_best compares with the epochs of this call.

    Raises
    ------
    RankError
        Another rank has failed.
    StateError
        After an epoch the ranks do not hold the same bits.
    """
    with Ranks(comm) as ranks:

        def make() -> _Run:
            return _Run(
                ranks,
                network,
                (x, targets, sample_weight),
                validation_data,
                cost_to_train(network, cost, loss, x, targets),
                _formula(schedule),
                shuffle,
                _Saving(checkpoint, every, resume),
                optimizer=optimizer,
                learning_rate=learning_rate,
                epochs=epochs,
                batch_size=count(batch_size, "batch_size"),
                seed=seed_value(seed),
            )

        return ranks.attempt(make).train(on_epoch)


def _formula(schedule: Any) -> Schedule | None:
    """A schedule of t alone: a resumed run does not know the costs of the epochs before."""
    if isinstance(schedule, str):
        schedule = Schedule(schedule)
    if schedule is not None and (not isinstance(schedule, Schedule) or schedule.kind == "plateau"):
        raise ArgumentTypeError(
            f"schedule must be a Schedule or its kind, but no plateau; not {getattr(schedule, 'kind', schedule)!r}"
        )
    return schedule


class _Saving:
    """Where and when rank 0 saves."""

    def __init__(self, path: Any, every: int, resume: bool) -> None:
        if resume and path is None:
            raise ArgumentTypeError("resume needs a checkpoint")
        self._path = path
        self._every = count(every, "every")
        if self._every < 1:
            raise size_error("every is 0; it must be at least 1")
        self._resume = resume

    def first(self, trainer: Trainer) -> bytes:
        """The checkpoint that all ranks begin with: that of the file, or of the trainer as it is."""
        if self._resume and os.path.exists(self._path):
            with open(self._path, "rb") as file:
                return file.read()
        state = io.BytesIO()
        trainer.save(state)
        return state.getvalue()

    def after(self, trainer: Trainer, epoch: int, is_last: bool) -> None:
        """Saves, if it is time."""
        if self._path is not None and (is_last or epoch % self._every == 0):
            trainer.save(self._path)


class _Checksum:
    """A file whose content only its checksum remembers."""

    def __init__(self) -> None:
        self.value = 0

    def write(self, data: bytes) -> int:
        self.value = zlib.crc32(data, self.value)
        return len(data)


class _Run:
    """A run, on one of its ranks. The trainer only holds, saves and loads the state."""

    def __init__(
        self,
        ranks: Ranks,
        network: Network,
        data: tuple[Any, Any, Any],
        validation_data: tuple[Any, ...] | None,
        cost: CostLike,
        schedule: Schedule | None,
        shuffle: bool,
        saving: _Saving,
        *,
        batch_size: int,
        seed: int,
        **options: Any,
    ) -> None:
        trainer = Trainer(
            network, cost=cost, schedule=schedule, shuffle=shuffle, batch_size=batch_size, seed=seed, **options
        )
        built, native = network._layout(), trainer._cost
        checked = Data(built, *data, native)
        self._x, self._rows = checked.x.array, checked.x.rows
        self._targets = None if data[1] is None else numbers(data[1], "targets")
        self._weights = None if data[2] is None else numbers(data[2], "sample_weight")
        validation(built, validation_data, native)  # a check
        self._validation_data = validation_data
        # A function of the caller's is a mean.
        self._is_sum = native.kind != CostKind.CUSTOM and native.reduction == Reduction.SUM
        self._ranks, self._network, self._trainer, self._saving = ranks, network, trainer, saving
        self._cost, self._schedule, self._shuffle = cost, schedule, bool(shuffle)
        self._batch_size, self._seed = batch_size, seed
        self._steps_per_epoch = -(-self._rows // batch_size)
        self._workspace = Workspace(network, -(-min(batch_size, self._rows) // ranks.size))
        self._workspace.use_batch_statistics()
        self._statistics = [
            tensor for name, tensor in network.state.items() if name.endswith((".running_mean", ".running_var"))
        ]
        self._gradients = ranks.total(built.parameter_count)

    def train(self, on_epoch: Callable[[Epoch], Any] | None) -> History:
        """Trains to the last epoch."""
        ranks, trainer = self._ranks, self._trainer
        ranks.same(
            {
                "the network": repr(self._network),
                "rows": self._rows,
                "epochs": trainer.epochs,
                "batch_size": self._batch_size,
                "shuffle": self._shuffle,
                "seed": self._seed,
                "the instruction set": instruction_set(),
            }
        )
        state = ranks.of_rank_0(lambda: self._saving.first(trainer))
        ranks.attempt(lambda: trainer.load(io.BytesIO(state)))
        done, rest = divmod(trainer.progress.steps, self._steps_per_epoch)
        if rest:
            raise StateError(
                f"the optimizer has taken {trainer.progress.steps} steps: no whole number of epochs of "
                f"{self._steps_per_epoch} steps",
                Status.ERROR_MISMATCH,
            )
        history = History(cost=trainer.history.cost)
        for number in range(done + 1, trainer.epochs + 1):
            epoch = self._epoch(number, history.best)
            history.append(epoch)
            is_last = self._is_last(epoch, on_epoch)
            ranks.of_rank_0(partial(self._saving.after, trainer, number, is_last))
            if is_last:
                break
        return history

    def _is_last(self, epoch: Epoch, on_epoch: Callable[[Epoch], Any] | None) -> bool:
        stop = self._ranks.attempt(lambda: on_epoch is not None and stops(on_epoch(epoch)))
        return any(self._ranks.comm.allgather(stop)) or epoch.epoch == epoch.epochs

    def _epoch(self, number: int, best: Epoch | None) -> Epoch:
        """Goes once through the rows, and compares the ranks."""
        ranks, optimizer, began = self._ranks, self._trainer.optimizer, time.perf_counter()
        base, order = optimizer.learning_rate, np.arange(self._rows)
        cost = 0.0
        if self._shuffle:
            np.random.default_rng([self._seed, number]).shuffle(order)
        try:
            for batch in range(self._steps_per_epoch):
                step = (number - 1) * self._steps_per_epoch + batch
                rate = base if self._schedule is None else self._rate(base, number - 1, step)
                cost += self._step(order[batch * self._batch_size :][: self._batch_size], step, rate)
        finally:
            optimizer.learning_rate = base
        self._network._trained_cost = self._trainer._cost
        told = ranks.comm.allgather((cost, time.perf_counter() - began))
        cost, seconds = sum(each for each, _ in told), told[0][1]
        if not self._is_sum:
            cost /= self._weight(order)
        self._compare(number)
        metrics = ranks.of_rank_0(self._validate)
        measured = cost if metrics is None else metrics.cost
        return Epoch(
            number,
            self._trainer.epochs,
            cost,
            math.nan,
            *((math.nan, math.nan, math.nan) if metrics is None else (metrics.cost, metrics.accuracy, metrics.r2)),
            best is None or measured < (best.cost if metrics is None else best.validation_cost),
            seconds,
            self._rows / seconds,
        )

    def _compare(self, number: int) -> None:
        """Gives all ranks the mean of their running statistics, and checks that their state is the same."""
        ranks, checksum = self._ranks, _Checksum()
        for tensor in self._statistics:
            ranks.add(tensor)
            tensor /= ranks.size
        ranks.attempt(lambda: self._trainer.save(checksum))
        values = ranks.comm.allgather(checksum.value)
        different = next((rank for rank, value in enumerate(values) if value != values[0]), None)
        if different is not None:
            raise StateError(
                f"after epoch {number} rank {different} does not have the parameters and the optimizer of rank 0",
                Status.ERROR_MISMATCH,
            )

    def _validate(self) -> Metrics | None:
        if self._validation_data is None:
            return None
        x, targets, *weights = self._validation_data
        return self._trainer.evaluate(x, targets, sample_weight=weights[0] if weights else None)

    def _rate(self, base: float, epochs: int, steps: int) -> float:
        plan = cast("Schedule", self._schedule)
        if plan.period is None and plan.kind in ("cosine", "one_cycle"):
            whole = self._trainer.epochs * (1 if plan.per_epoch else self._steps_per_epoch)
            plan = plan._replace(period=max(whole - plan.warmup, 1))
        return plan.rate(base, epochs if plan.per_epoch else steps)

    def _step(self, rows: npt.NDArray[np.int64], step: int, rate: float) -> float:
        """Takes a step with a batch. Returns this rank's share of the epoch's cost."""
        ranks = self._ranks
        cost, error = ranks.local(lambda: self._gradient(rows, step))
        if self._gradients.finish(is_complete=cost is not None, has_failed=error is not None):
            ranks.agree(error)
        ranks.later(lambda: self._move(rate, cost is not None))
        return cost or 0.0

    def _move(self, rate: float, has_rows: bool) -> None:
        optimizer = self._trainer.optimizer
        optimizer.learning_rate = rate
        optimizer.step(self._gradients.vector)
        if self._statistics and has_rows:
            self._network.update_statistics(self._workspace)

    def _weight(self, rows: npt.NDArray[np.int64]) -> float:
        return float(len(rows) if self._weights is None else self._weights[rows].sum(dtype=np.float64))

    def _gradient(self, rows: npt.NDArray[np.int64], step: int) -> float | None:
        """The rank's share of a batch's gradient, and of the cost; None if it has no part."""
        mine = self._ranks.part(rows)
        weight = self._weight(mine)
        if weight == 0:
            return None
        workspace = self._workspace
        workspace.set_noise((self._seed + self._ranks.rank) % 2**64, step)
        targets = None if self._targets is None else self._targets[mine]
        weights = None if self._weights is None else self._weights[mine]
        value, signal = cost_of(workspace.forward(self._x[mine]), targets, self._cost, sample_weight=weights)
        if not self._is_sum:
            value *= weight
            signal *= np.float32(weight / self._weight(rows))
        gradients = self._gradients.vector
        workspace.backward_until(len(gradients), gradients, signal)
        for first in self._gradients.firsts:
            workspace.backward_until(first, gradients)
            self._gradients.send()
        workspace.backward_until(0, gradients)
        return value
