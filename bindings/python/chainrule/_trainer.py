"""Training that can stop anywhere and go on, and what is told of it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _prototypes
from ._arrays import address_of, count, real, seed_value
from ._callbacks import stops
from ._class_weights import ClassWeight, class_weights
from ._costs import CostLike, cost_options
from ._data import Data, validation
from ._data_source import DataSource, NativeSource
from ._description import AnyPath, encoded_path
from ._errors import ArgumentTypeError, check, failure, results
from ._evaluation import Metrics, evaluate
from ._handles import Handle, NativeObject, record
from ._interrupts import guarded
from ._library import library
from ._schedules import ScheduleLike, schedule_options
from ._training import Optimizer, optimizer_for

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._network import Network


class Batch(NamedTuple):
    """What happened in one batch of a fit.

    Attributes:
        epoch: the number of the epoch, from 1.
        batch: the number of the batch in the epoch, from 1.
        step: how many steps the optimizer has taken, this one included.
        rows: how many rows the batch had.
        cost: C of the batch before its step.
    """

    epoch: int
    batch: int
    step: int
    rows: int
    cost: float


class Epoch(NamedTuple):
    """What happened in one epoch of a fit.

    Attributes:
        epoch: its number, from 1.
        epochs: how many there will be.
        cost: C of the epoch's rows, each batch's as it was before its step.
        accuracy: the share of the epoch's rows that were right, by their weights, each as it was before the step of its
            batch; otherwise as Metrics has it, NaN with costs that decide nothing.
        validation_cost: C on the validation data after the epoch; NaN without any.
        validation_accuracy: of the validation data, as Metrics has it.
        validation_r2: likewise.
        is_best: whether the cost, that of the validation data if there are any, is the best so far.
        seconds: time the epoch took, validation not included.
        samples_per_second: rows trained on, by seconds.
    """

    epoch: int
    epochs: int
    cost: float
    accuracy: float
    validation_cost: float
    validation_accuracy: float
    validation_r2: float
    is_best: bool
    seconds: float
    samples_per_second: float


class Progress(NamedTuple):
    """How far a trainer has come.

    Attributes:
        epochs: how many are finished.
        rows: of the next epoch, how many rows are done; 0 between epochs.
        batches: and how many batches.
        steps: how many steps the optimizer has taken.
        best_epoch: the epoch with the lowest cost; 0 before the first.
        best_cost: its cost; infinity before the first.
    """

    epochs: int
    rows: int
    batches: int
    steps: int
    best_epoch: int
    best_cost: float


def _epoch(native: Any) -> Epoch:
    epoch: Epoch = record(Epoch, native)
    return epoch._replace(is_best=bool(epoch.is_best))


class _Recorder:
    """Keeps a trainer's history, calls the caller's callbacks, and moves the progress bar, which it closes on exit.

    It does not know the trainer, which could then be freed only by the garbage collector.
    """

    def __init__(
        self,
        epochs: int,
        on_batch: Callable[[Batch], Any] | None,
        on_epoch: Callable[[Epoch], Any] | None,
        progress: bool,
    ) -> None:
        self.epochs = epochs
        # Of all calls; those of the present one begin at `_start`.
        self.history: list[Epoch] = []
        self.stopped = False
        self._start = 0
        self._on_batch = on_batch
        self._on_epoch = on_epoch
        self._progress = progress
        self._calls = 0
        self._bar: Any = None

    def attach(self, options: Any) -> list[Any]:
        """Sets the callbacks in crl_train_options, and returns what must live as long as they are called."""
        tell = guarded(self._tell_epoch)

        # Not guarded itself: an interrupt waits until the epoch is in the history.
        def record_epoch(_: Any, epoch: Any) -> int:
            self.history.append(_epoch(epoch.contents))
            return tell(self.history[-1])

        on_epoch = _prototypes.crl_epoch_callback(record_epoch)
        options.on_epoch = on_epoch
        if self._on_batch is None:
            return [on_epoch]
        on_batch = _prototypes.crl_batch_callback(guarded(self._record_batch))
        options.on_batch = on_batch
        return [on_epoch, on_batch]

    def recording(self, done: int, epochs: int) -> _Recorder:
        """Records a call: a context in which so many of the epochs are done already."""
        # A call from a callback, which the library refuses, leaves alone what belongs to the call that it is a part of.
        self._calls += 1
        if self._calls == 1:
            self.stopped = False
            self._start = len(self.history)
            if self._progress:
                self._bar = _progress_bar(done, epochs)
        return self

    def __enter__(self) -> _Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        self._calls -= 1
        if self._calls == 0 and self._bar is not None:
            self._bar.close()
            self._bar = None

    @property
    def present(self) -> list[Epoch]:
        """The epochs of the present call, or the last."""
        return self.history[self._start :]

    def show(self, epoch: Epoch) -> None:
        """Moves the bar by an epoch, and says beside it what applies."""
        if self._bar is not None:
            names = ("cost", "accuracy", "validation_cost", "validation_accuracy", "validation_r2")
            found = {name: getattr(epoch, name) for name in names}
            self._bar.set_postfix({name: value for name, value in found.items() if value == value}, refresh=False)
            self._bar.update()

    def _record_batch(self, _: Any, batch: Any) -> int:
        if self._on_batch is not None:
            now: Batch = record(Batch, batch.contents)
            self.stopped = stops(self._on_batch(now))
        return int(self.stopped)

    def _tell_epoch(self, epoch: Epoch) -> int:
        self.show(epoch)
        self.stopped = self._on_epoch is not None and stops(self._on_epoch(epoch))
        return int(self.stopped)


class Trainer(NativeObject):
    """A run of training that can stop after any batch, be saved, and go on, bit for bit as if it had never stopped.

        trainer = Trainer(network, cost="cross_entropy", epochs=100, validation_split=0.1, patience=5)
        history = trainer.fit(x, labels)
        trainer.save("run.checkpoint")

    Network.fit() is a trainer for one use. What is random in an epoch follows from the seed, and from the epochs and,
    for dropout and noise, the steps that the optimizer has been through.
    """

    __slots__ = ("_cost", "_network", "_optimizer", "_recorder")
    _kind = "trainer"

    def __init__(
        self,
        network: Network,
        *,
        cost: CostLike = "cross_entropy",
        optimizer: str | Optimizer = "adam",
        learning_rate: float | None = None,
        schedule: ScheduleLike | None = None,
        epochs: int = 10,
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int = 0,
        validation_split: float = 0.0,
        class_weight: ClassWeight = None,
        patience: int = 0,
        min_delta: float = 0.0,
        threads: int = 0,
        on_batch: Callable[[Batch], Any] | None = None,
        on_epoch: Callable[[Epoch], Any] | None = None,
        progress: bool = False,
    ) -> None:
        """A trainer for a built network.

        Args:
            network: the network that it trains.
            cost: a name, a Cost or a function, as for chainrule.cost().
            optimizer: the name of a method of Optimizer, or an Optimizer made for this network, whose state goes on
                from where it is.
            learning_rate: η for an optimizer given by name; None: the library's default.
            schedule: how the learning rate goes: a Schedule, its kind, or a function of three numbers that returns the
                rate: t, the number of steps before; η; and the cost of the epoch before, that of the validation data if
                there are any (NaN in the first). The optimizer's rate is the η it begins with, and what it has again
                after each fit.
            epochs: how often to go through the rows in all, ≥ 1.
            batch_size: rows per step, ≥ 1; the last batch of an epoch may be shorter.
            shuffle: a new order of the rows in each epoch.
            seed: of everything random: which rows are held out, the orders, and the numbers of dropout and noise, which
                follow from this and the steps that the optimizer has taken.
            validation_split: the share of the rows, in [0, 1), that is held out to validate on: the last, or with
                shuffle any.
            class_weight: factors for the sample weights of the rows of each class: (outputs,) numbers ≥ 0, or a dict
                of them by class, 1 for the others. The targets must be classes; or, with a binary cross-entropy of one
                output, for which there are two factors, 0 and 1.
            patience: training stops after so many epochs without a new best cost, that of the validation data if
                there are any, and then, or after the last epoch, the best parameters are put back; 0: neither.
            min_delta: by how much a cost must be lower to be a new best.
            threads: how many threads share the work; 0: the library decides, by the size of a step and by what
                steps took so far. The results are the same bit for bit.
            on_batch: called with the Batch after each batch, as on_epoch.
            on_epoch: called with the Epoch after each epoch. It may read the network, save the trainer and set the
                optimizer's learning rate, and returns False to stop. What it raises comes out of fit.
            progress: show a progress bar; needs tqdm (`pip install chainrule[progress]`).
        """
        owner = network._open()
        chosen = optimizer_for(network, optimizer, learning_rate)
        self._cost = cost_options(cost)
        options = _prototypes.crl_train_options.default()
        options.cost = ctypes.pointer(self._cost)
        options.optimizer = chosen._open()._as_parameter_
        options.epochs = count(epochs, "epochs")
        options.batch_size = count(batch_size, "batch_size")
        options.shuffle = bool(shuffle)
        options.seed = seed_value(seed)
        options.threads = count(threads, "threads")
        options.validation_split = real(validation_split, "validation_split")
        options.patience = count(patience, "patience")
        options.min_delta = real(min_delta, "min_delta")
        planned = None if schedule is None else schedule_options(schedule)
        if planned is not None:
            options.schedule = ctypes.pointer(planned)
        weights = class_weights(class_weight, self._cost, network._layout().outputs)
        if weights is not None:
            options.class_weights = address_of(weights)
            options.class_weights_count = weights.size
        self._recorder = _Recorder(options.epochs, on_batch, on_epoch, progress)
        callbacks = self._recorder.attach(options)
        (pointer,) = results(library.crl_trainer_create, owner, ctypes.byref(options))
        self._handle = Handle(pointer, library.crl_trainer_destroy, owner)
        self._handle.callbacks.extend([self._cost, planned, *callbacks])
        self._network = network
        self._optimizer = chosen

    @property
    def network(self) -> Network:
        """The network that it trains."""
        return self._network

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer that takes the steps."""
        return self._optimizer

    @property
    def epochs(self) -> int:
        """How often fit() goes through the rows in all; more than there were, and fit() goes on."""
        return self._recorder.epochs

    @epochs.setter
    def epochs(self, value: int) -> None:
        epochs = count(value, "epochs")
        check(library.crl_trainer_set_epochs(self._open(), epochs))
        self._recorder.epochs = epochs

    def fit(
        self,
        x: npt.ArrayLike | DataSource,
        targets: npt.ArrayLike | None = None,
        *,
        epochs: int | None = None,
        sample_weight: npt.ArrayLike | None = None,
        validation_data: tuple[Any, ...] | None = None,
    ) -> list[Epoch]:
        """Trains to the last epoch, from wherever the trainer is: an epoch that was interrupted is finished first.

        A trainer that has had all its epochs does nothing, unless it is given more of them, and one whose patience came
        to an end does nothing. When training diverges, NotFiniteError says in which step; the parameters are the best
        so far, and the optimizer has forgotten its steps, so that the trainer can go on at a lower rate. After other
        errors the parameters are as the last complete step left them.

        Args:
            x: (rows, inputs), or a DataSource.
            targets: as for chainrule.cost(), and so is sample_weight; None beside a DataSource.
            epochs: go on for so many, from the epochs that are finished; None: to the trainer's number of epochs.
            validation_data: (x, targets) or (x, targets, sample_weight) to evaluate after each epoch.

        Returns:
            One Epoch for each epoch of this call; history has them after an error, too.
        """
        if epochs is not None:
            self.epochs = self.progress.epochs + count(epochs, "epochs")
        handle = self._open()
        held = validation(self.network._layout(), validation_data, self._cost)
        if isinstance(x, DataSource):
            if targets is not None or sample_weight is not None:
                raise ArgumentTypeError("targets and sample_weight come from the data source")
            source = NativeSource(x, self.network._layout().inputs)
            return self._run(library.crl_trainer_fit_source, handle, ctypes.byref(source.native), *held.arguments)
        data = Data(self.network._layout(), x, targets, sample_weight, self._cost)
        return self._run(library.crl_trainer_fit, handle, *data.arguments, *held.arguments)

    def partial_fit(
        self, x: npt.ArrayLike, targets: npt.ArrayLike | None = None, *, sample_weight: npt.ArrayLike | None = None
    ) -> Epoch | None:
        """Goes once through these rows, in batches: for data that come bit by bit.

        It is an epoch of its own, without validation and without a claim to be the best; an epoch that was
        interrupted is given up. The arguments are those of fit(). Returns None if on_batch stopped it.
        """
        data = Data(self.network._layout(), x, targets, sample_weight, self._cost)
        epoch = _prototypes.crl_epoch.default()
        arguments = (*data.arguments, ctypes.byref(epoch))
        epochs = self._run(library.crl_trainer_partial_fit, self._open(), *arguments, partial=epoch)
        return epochs[0] if epochs else None

    def evaluate(
        self,
        x: npt.ArrayLike,
        targets: npt.ArrayLike | None,
        *,
        sample_weight: npt.ArrayLike | None = None,
        top: int = 5,
    ) -> Metrics:
        """Network.evaluate() with the trainer's cost."""
        return evaluate(self.network, self._cost, x, targets, sample_weight, top)

    @property
    def history(self) -> list[Epoch]:
        """Every epoch that it has finished, whatever ended the call, since it was made or loaded."""
        return list(self._recorder.history)

    @property
    def progress(self) -> Progress:
        """How far it has come; callbacks may ask, too."""
        native = _prototypes.crl_progress.default()
        check(library.crl_trainer_progress(self._open(), ctypes.byref(native)))
        progress: Progress = record(Progress, native)
        return progress

    def save(self, path: AnyPath) -> None:
        """Writes a checkpoint, atomically: parameters, optimizer state, progress. on_batch and on_epoch may do it."""
        check(library.crl_trainer_save(self._open(), encoded_path(path)), path)

    def load(self, path: AnyPath) -> None:
        """Goes on from a checkpoint of a trainer with the same network, optimizer and options.

        The number of epochs, patience, min_delta, threads and callbacks may be others. After an error everything is
        as it was.
        """
        check(library.crl_trainer_load(self._open(), encoded_path(path)), path)
        self._recorder.history.clear()

    def _run(self, function: Any, *arguments: Any, partial: Any = None) -> list[Epoch]:
        """Calls a function that trains; `partial` is the crl_epoch that it fills, of a run of its own."""
        before = self.progress
        done, epochs = (before.epochs, self.epochs) if partial is None else (0, 1)
        with self._recorder.recording(done, epochs) as recorder:
            try:
                status = function(*arguments)
            finally:
                now = self.progress
                if now.steps > before.steps:
                    self._network._trained_cost = self._cost
                if partial is not None and now.epochs > before.epochs:
                    recorder.history.append(_epoch(partial))
                    recorder.show(recorder.history[-1])
        if status and not (status == _prototypes.CRL_CANCELLED and recorder.stopped):
            raise failure(status)
        return recorder.present

    def __repr__(self) -> str:
        if self._handle is None:
            return "Trainer(closed)"
        done = self.progress
        return f"Trainer(epochs={done.epochs} of {self._recorder.epochs}, steps={done.steps}, {self.network!r})"


def _progress_bar(done: int, epochs: int) -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError("progress=True needs tqdm: pip install chainrule[progress]") from error
    return tqdm(initial=done, total=epochs, unit="epoch")
