"""Training that can stop anywhere and resume, and its reports."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _prototypes
from ._arrays import address_of, count, optional_count, real, seed_value, set_given
from ._class_weights import ClassWeight, class_weights
from ._costs import CostLike, cost_options
from ._data import Data, validation
from ._data_source import DataSource, NativeSource
from ._default_costs import given_cost
from ._errors import ArgumentTypeError, check, failure, results
from ._evaluation import Metrics, evaluate
from ._files import Destination, Origin, encoded_path, is_path, read_callback, write_callback
from ._fit_callbacks import Callback
from ._handles import Handle, NativeObject, record
from ._history import Batch, Epoch, History, epoch_of
from ._library import library
from ._names import name_of
from ._prototypes import CostKind, Status
from ._recording import Recorder
from ._schedules import ScheduleLike, schedule_options
from ._training import Optimizer, optimizer_for

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._network import Network


class Progress(NamedTuple):
    """A trainer's progress.

    Attributes
    ----------
    epochs
        The number of finished epochs.
    rows
        The number of rows done in the next epoch; 0 between epochs.
    batches
        The number of batches done in it.
    steps
        The number of the optimizer's steps.
    best_epoch
        The epoch with the lowest cost; 0 before the first.
    best_cost
        Its cost; infinity before the first.
    """

    epochs: int
    rows: int
    batches: int
    steps: int
    best_epoch: int
    best_cost: float


def train_options(
    network: Network,
    *,
    cost: CostLike | None = None,
    loss: CostLike | None = None,
    optimizer: str | Optimizer = "adam",
    learning_rate: float | None = None,
    schedule: ScheduleLike | None = None,
    epochs: int = 10,
    batch_size: int = 32,
    shuffle: bool = True,
    carry_states: bool = False,
    seed: int = 0,
    validation_split: float = 0.0,
    class_weight: ClassWeight = None,
    patience: int | None = None,
    min_delta: float = 0.0,
) -> tuple[Any, Optimizer, list[Any]]:
    """The crl_train_options for a trainer or a recipe, the optimizer, and what outlives them: first the cost."""
    chosen = optimizer_for(network, optimizer, learning_rate)
    wanted = given_cost(cost, loss)
    native_cost = cost_options("cross_entropy" if wanted is None else wanted)
    options = _prototypes.crl_train_options.default()
    options.cost = ctypes.pointer(native_cost)
    options.optimizer = chosen._open()._as_parameter_
    options.epochs = count(epochs, "epochs")
    options.batch_size = count(batch_size, "batch_size")
    options.shuffle = bool(shuffle)
    options.carry_states = bool(carry_states)
    options.seed = seed_value(seed)
    options.validation_split = real(validation_split, "validation_split")
    options.min_delta = real(min_delta, "min_delta")
    set_given(options, {"patience": optional_count(patience, "patience")})
    planned = None if schedule is None else schedule_options(schedule)
    if planned is not None:
        options.schedule = ctypes.pointer(planned)
    weights = class_weights(class_weight, native_cost, network._layout().outputs)
    if weights is not None:
        options.class_weights = address_of(weights)
        options.class_weights_count = weights.size
    return options, chosen, [native_cost, planned, weights]


class Trainer(NativeObject):
    """A training run that can stop after any batch, be saved, and resume, with the same bits as without the stop.

    Network.fit() uses a trainer once. Everything random in an epoch follows from the seed and the optimizer's earlier
    epochs; dropout and noise also follow from its earlier steps.

    Parameters
    ----------
    network
        The network to train.
    cost
        A name, a Cost or a function, as for chainrule.cost(); None: "cross_entropy".
    loss
        Another name of cost.
    optimizer
        The name of a method of Optimizer, or an Optimizer made for this network, whose state continues.
    learning_rate
        The η for an optimizer given by name; None: the library's default.
    schedule
        The course of the learning rate: a Schedule, its kind, or a function that returns the rate from three numbers:
        t, the number of earlier steps; η; and the cost of the epoch before, on the validation data if given (NaN in the
        first epoch). η is the optimizer's rate. The optimizer gets it back after each fit.
    epochs
        How often to go through the rows in total, ≥ 1.
    batch_size
        Rows for each step, ≥ 1. The last batch of an epoch may be shorter.
    shuffle
        Whether each epoch has a new order of the rows.
    carry_states
        Whether recurrent layers carry their states from batch to batch: row i of a batch begins with the state that row
        i of the batch before ended with, and gradients stop there. Each epoch of fit() begins with states of 0;
        partial_fit() goes on with those of the call before (reset_states()). Needs shuffle=False, whole batches, and
        recurrent layers that go forwards and have no initial_state.
    seed
        For everything random: the held-out rows, the orders, and, with the number of the optimizer's steps, dropout and
        noise.
    validation_split
        The share of the rows, in [0, 1), to hold out for validation: the last, or with shuffle any.
    class_weight
        Factors for the sample weights of the rows of each class: (outputs,) numbers ≥ 0, or a dict of them by class,
        with 1 for the others. The targets must be classes. A binary cross-entropy of one output has two factors, and
        targets 0 and 1.
    patience
        Stop after so many epochs without a new best cost (on the validation data, if given). Then, or after the last
        epoch, restore the best parameters. ≥ 1; None: neither.
    min_delta
        How much lower a cost must be to count as a new best.
    threads
        The number of threads that share the work, from 1 to 1024; None: the library decides, by the size of a step and
        the time of earlier steps. The results are the same, bit for bit.
    on_batch
        Called with the Batch after each batch; otherwise as on_epoch.
    on_epoch
        Called with the Epoch after each epoch. It may read the network, save the trainer and set the optimizer's
        learning rate. It returns False to stop. Its exceptions come out of fit.
    callbacks
        Objects of Callback, such as EarlyStopping and Checkpoint, called after on_batch and on_epoch.
    progress
        Show the progress: in a terminal or a notebook with a bar, which needs tqdm (`pip install chainrule[progress]`);
        otherwise, as in a log file, with a line every ten seconds, on sys.stderr.

    Examples
    --------
    >>> trainer = Trainer(network, cost="cross_entropy", epochs=100, validation_split=0.1, patience=5)
    >>> history = trainer.fit(x, labels)
    >>> trainer.save("run.checkpoint")
    """

    __slots__ = ("_cost", "_network", "_optimizer", "_recorder")
    _kind = "trainer"

    def __init__(
        self,
        network: Network,
        *,
        cost: CostLike | None = None,
        loss: CostLike | None = None,
        optimizer: str | Optimizer = "adam",
        learning_rate: float | None = None,
        schedule: ScheduleLike | None = None,
        epochs: int = 10,
        batch_size: int = 32,
        shuffle: bool = True,
        carry_states: bool = False,
        seed: int = 0,
        validation_split: float = 0.0,
        class_weight: ClassWeight = None,
        patience: int | None = None,
        min_delta: float = 0.0,
        threads: int | None = None,
        on_batch: Callable[[Batch], Any] | None = None,
        on_epoch: Callable[[Epoch], Any] | None = None,
        callbacks: Sequence[Callback] = (),
        progress: bool = False,
    ) -> None:
        owner = network._open()
        options, chosen, kept = train_options(
            network,
            cost=cost,
            loss=loss,
            optimizer=optimizer,
            learning_rate=learning_rate,
            schedule=schedule,
            epochs=epochs,
            batch_size=batch_size,
            shuffle=shuffle,
            carry_states=carry_states,
            seed=seed,
            validation_split=validation_split,
            class_weight=class_weight,
            patience=patience,
            min_delta=min_delta,
        )
        self._cost = kept[0]
        set_given(options, {"threads": optional_count(threads, "threads")})
        cost_name = name_of(CostKind, self._cost.kind)
        self._recorder = Recorder(options.epochs, cost_name, on_batch, on_epoch, callbacks, progress)
        callbacks = self._recorder.attach(options)
        (pointer,) = results(library.crl_trainer_create, owner, ctypes.byref(options))
        self._handle = Handle(pointer, library.crl_trainer_destroy, owner)
        self._handle.callbacks.extend([*kept, *callbacks])
        self._network = network
        self._optimizer = chosen

    @property
    def network(self) -> Network:
        """The trained network."""
        return self._network

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer of this trainer."""
        return self._optimizer

    @property
    def epochs(self) -> int:
        """How often fit() goes through the rows in total. Raise it, and fit() continues."""
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
    ) -> History:
        """Trains to the last epoch from the trainer's current state. It finishes an interrupted epoch first.

        After all its epochs a trainer does nothing until you give it more. After its patience has ended it does
        nothing. When training diverges, NotFiniteError names the step. The parameters are then the best so far and the
        optimizer has forgotten its steps: the trainer can continue at a lower rate. After other errors the parameters
        are as the last complete step left them.

        Parameters
        ----------
        x
            (rows, inputs), or a DataSource.
        targets
            As for chainrule.cost(); None with a DataSource.
        epochs
            Run so many more than the finished ones; None: run to the trainer's number of epochs.
        sample_weight
            As for chainrule.cost().
        validation_data
            (x, targets) or (x, targets, sample_weight) to evaluate after each epoch.

        Returns
        -------
        History
            One Epoch for each epoch of this call. After an error, history has them.
        """
        if epochs is not None:
            self.epochs = self.progress.epochs + count(epochs, "epochs")
        handle = self._open()
        held = validation(self.network._layout(), validation_data, self._cost)
        if isinstance(x, DataSource):
            if targets is not None or sample_weight is not None:
                raise ArgumentTypeError("targets and sample_weight come from the data source")
            source = NativeSource(x, self.network._layout().inputs)
            return self._run(library.crl_trainer_fit_source, handle, ctypes.byref(source.native), held)
        data = Data(self.network._layout(), x, targets, sample_weight, self._cost)
        return self._run(library.crl_trainer_fit, handle, *data.arguments, held)

    def partial_fit(
        self, x: npt.ArrayLike, targets: npt.ArrayLike | None = None, *, sample_weight: npt.ArrayLike | None = None
    ) -> Epoch | None:
        """Goes once through these rows, in batches. Use it for data that arrive in pieces.

        It is a separate epoch, without validation, and is never the best. It gives up an interrupted epoch.

        Parameters
        ----------
        x, targets, sample_weight
            As for fit().

        Returns
        -------
        Epoch or None
            The report; None if on_batch stopped it.
        """
        data = Data(self.network._layout(), x, targets, sample_weight, self._cost)
        epoch = _prototypes.crl_epoch.default()
        arguments = (*data.arguments, ctypes.byref(epoch))
        epochs = self._run(library.crl_trainer_partial_fit, self._open(), *arguments, partial=epoch)
        return epochs[0] if epochs else None

    def reset_states(self) -> None:
        """Makes the next batch begin with states of 0, with carry_states: before the first part of new sequences."""
        check(library.crl_trainer_reset_states(self._open()))

    def evaluate(
        self,
        x: npt.ArrayLike,
        targets: npt.ArrayLike | None,
        *,
        sample_weight: npt.ArrayLike | None = None,
        top: int = 5,
    ) -> Metrics:
        """Compares outputs with targets, as Network.evaluate(), with the trainer's cost.

        Parameters
        ----------
        x, targets, sample_weight, top
            As for Network.evaluate().

        Returns
        -------
        Metrics
            As of Network.evaluate().
        """
        return evaluate(self.network, self._cost, x, targets, sample_weight, top)

    @property
    def history(self) -> History:
        """Every epoch finished since the trainer was made or loaded, whatever ended the call."""
        return self._recorder.history[:]

    @property
    def progress(self) -> Progress:
        """The progress so far. Callbacks may read it, too."""
        native = _prototypes.crl_progress.default()
        check(library.crl_trainer_progress(self._open(), ctypes.byref(native)))
        progress: Progress = record(Progress, native)
        return progress

    def save(self, path: Destination) -> None:
        """Writes a checkpoint: parameters, optimizer state, progress. on_batch and on_epoch may call it.

        Parameters
        ----------
        path
            A path, which save() replaces atomically; or an object with write(), such as io.BytesIO.
        """
        if is_path(path, "write"):
            check(library.crl_trainer_save(self._open(), encoded_path(path)), path)
        else:
            check(library.crl_trainer_save_to_callback(self._open(), write_callback(path), None))

    def load(self, path: Origin) -> None:
        """Continues from a checkpoint of a trainer with the same network, optimizer and options.

        The number of epochs, patience, min_delta, threads and callbacks may differ. An error changes nothing.

        Parameters
        ----------
        path
            A path, or an object with read(). load() reads up to the end of the checkpoint and not beyond.
        """
        if is_path(path, "read"):
            check(library.crl_trainer_load(self._open(), encoded_path(path)), path)
        else:
            check(library.crl_trainer_load_from_callback(self._open(), read_callback(path), None))
        self._recorder.history.clear()

    def _run(self, function: Any, *arguments: Any, partial: Any = None) -> History:
        """Calls a function that trains. `partial` is the crl_epoch that a partial fit fills."""
        before = self.progress
        done, epochs = (before.epochs, self.epochs) if partial is None else (0, 1)
        with self._recorder.recording(self, done, epochs) as recorder:
            recorder.begin()
            try:
                status = function(*arguments)
            finally:
                now = self.progress
                if now.steps > before.steps:
                    self._network._trained_cost = self._cost
                if partial is not None and now.epochs > before.epochs:
                    recorder.history.append(epoch_of(partial))
                    recorder.show(recorder.history[-1])
            if status and not (status == Status.CANCELLED and recorder.stopped):
                raise failure(status)
            recorder.end()
        return recorder.present

    def __repr__(self) -> str:
        if self._handle is None:
            return "Trainer(closed)"
        done = self.progress
        return f"Trainer(epochs={done.epochs} of {self._recorder.epochs}, steps={done.steps}, {self.network!r})"
