"""What happens during a fit beside the training: the history, the callbacks, the progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from . import _prototypes
from ._callbacks import stops
from ._errors import ArgumentTypeError
from ._fit_callbacks import Callback
from ._handles import record
from ._history import Batch, Epoch, History, epoch_of
from ._interrupts import guarded

if TYPE_CHECKING:
    from ._progress import Bar, Lines
    from ._trainer import Trainer


class Recorder:
    """Keeps a trainer's history, calls the caller's callbacks and shows the progress: a context of each call.

    Between calls it holds no reference to the trainer: only the garbage collector could free such a cycle.
    """

    def __init__(
        self,
        epochs: int,
        cost: str,
        on_batch: Callable[[Batch], Any] | None,
        on_epoch: Callable[[Epoch], Any] | None,
        callbacks: Sequence[Callback],
        progress: bool,
    ) -> None:
        self.epochs = epochs
        # Epochs of all calls; those of the current call start at `_start`.
        self.history = History(cost=cost)
        self.stopped = False
        self._start = 0
        self._on_batch = on_batch
        self._on_epoch = on_epoch
        self._callbacks = _checked(callbacks)
        # A callback for each batch takes time: only those that do something.
        self._batch_callbacks = [
            each for each in self._callbacks if getattr(each.on_batch, "__func__", None) is not Callback.on_batch
        ]
        self._progress = progress
        self._calls = 0
        self._bar: Bar | Lines | None = None
        self._trainer: Trainer | None = None

    def attach(self, options: Any) -> list[Any]:
        """Sets the callbacks in crl_train_options. Returns the objects that must outlive the calls."""
        tell = guarded(self._tell_epoch)

        # Do not guard this: an interrupt waits until the epoch is in the history.
        def record_epoch(_: Any, epoch: Any) -> int:
            self.history.append(epoch_of(epoch.contents))
            return tell(self.history[-1])

        on_epoch = _prototypes.crl_epoch_callback(record_epoch)
        options.on_epoch = on_epoch
        if self._on_batch is None and not self._batch_callbacks:
            return [on_epoch]
        on_batch = _prototypes.crl_batch_callback(guarded(self._tell_batch))
        options.on_batch = on_batch
        return [on_epoch, on_batch]

    def recording(self, trainer: Trainer, done: int, epochs: int) -> Recorder:
        """Records a call of a trainer that starts after so many epochs: a context."""
        # The library refuses a call from a callback. Such a call must not change the state of the call around it.
        if self._calls == 0:
            if self._progress:
                from ._progress import progress_bar

                self._bar = progress_bar(done, epochs)
            self.stopped = False
            self._start = len(self.history)
            self._trainer = trainer
        self._calls += 1
        return self

    def begin(self) -> None:
        """Tells the callbacks that the call begins."""
        if self._calls == 1 and self._trainer is not None:
            for each in self._callbacks:
                each.on_begin(self._trainer)

    def end(self) -> None:
        """Tells the callbacks that the call has ended, without an error."""
        if self._trainer is not None:
            for each in self._callbacks:
                each.on_end(self._trainer)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        self._calls -= 1
        if self._calls == 0:
            self._trainer = None
            if self._bar is not None:
                self._bar.close()
                self._bar = None

    @property
    def present(self) -> History:
        """The epochs of the current call, or of the last."""
        return self.history[self._start :]

    def show(self, epoch: Epoch) -> None:
        """Shows the progress, with the measures that apply."""
        if self._bar is not None:
            self._bar.show({name: getattr(epoch, name) for name in History([epoch]).measures})

    def _tell_batch(self, _: Any, batch: Any) -> int:
        now: Batch = record(Batch, batch.contents)
        answers = [] if self._on_batch is None else [self._on_batch(now)]
        if self._trainer is not None:
            answers += [each.on_batch(self._trainer, now) for each in self._batch_callbacks]
        self.stopped = any(map(stops, answers))
        return int(self.stopped)

    def _tell_epoch(self, epoch: Epoch) -> int:
        self.show(epoch)
        answers = [] if self._on_epoch is None else [self._on_epoch(epoch)]
        if self._trainer is not None:
            answers += [each.on_epoch(self._trainer, epoch) for each in self._callbacks]
        self.stopped = any(map(stops, answers))
        return int(self.stopped)


def _checked(callbacks: Any) -> tuple[Callback, ...]:
    given = callbacks if isinstance(callbacks, (list, tuple)) else (callbacks,)
    for each in given:
        if not isinstance(each, Callback):
            raise ArgumentTypeError(
                f"callbacks must hold objects of chainrule.Callback, not {each!r}; a function is on_epoch or on_batch"
            )
    return tuple(given)
