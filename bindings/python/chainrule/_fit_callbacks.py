"""Callbacks of a fit, as objects."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Union

from ._arrays import count, real
from ._errors import ArgumentError, ArgumentTypeError, StateError
from ._history import MEASURES, Batch, Epoch
from ._prototypes import Status
from ._schedules import Plateau, Schedule

if TYPE_CHECKING:
    from ._trainer import Trainer

Answer = Union[bool, None]
"""False stops the fit; True and None go on."""


class Callback:
    """What a fit calls at its beginning, after each batch and epoch, and at its end. Override what you need.

    on_batch() and on_epoch() return False to stop; True and None go on. They may read the network, save it or the
    trainer, and set the optimizer's learning rate. Their exceptions come out of the fit. All run on the thread that
    called it, in the order given.

    Examples
    --------
    >>> class Print(Callback):
    ...     def on_epoch(self, trainer, epoch):
    ...         print(epoch.cost, trainer.optimizer.learning_rate)
    ...
    >>> network.fit(x, labels, callbacks=[Print(), EarlyStopping(patience=5)])
    """

    def on_begin(self, trainer: Trainer) -> None:
        """Before the first batch.

        Parameters
        ----------
        trainer
            The Trainer of the fit.
        """

    def on_batch(self, trainer: Trainer, batch: Batch) -> Answer:
        """After each batch.

        Parameters
        ----------
        trainer
            The Trainer of the fit.
        batch
            The batch's report.

        Returns
        -------
        bool or None
            False stops the fit.
        """
        return None

    def on_epoch(self, trainer: Trainer, epoch: Epoch) -> Answer:
        """After each epoch.

        Parameters
        ----------
        trainer
            The Trainer of the fit.
        epoch
            The epoch's report.

        Returns
        -------
        bool or None
            False stops the fit.
        """
        return None

    def on_end(self, trainer: Trainer) -> None:
        """After the last epoch, or when a callback has stopped the fit; not after an exception.

        Parameters
        ----------
        trainer
            The Trainer of the fit.
        """


class LambdaCallback(Callback):
    """A callback of functions.

    Parameters
    ----------
    on_begin, on_batch, on_epoch, on_end
        Functions with the arguments of the method; None: nothing.
    """

    def __init__(
        self,
        *,
        on_begin: Callable[[Trainer], Any] | None = None,
        on_batch: Callable[[Trainer, Batch], Any] | None = None,
        on_epoch: Callable[[Trainer, Epoch], Any] | None = None,
        on_end: Callable[[Trainer], Any] | None = None,
    ) -> None:
        given = {"on_begin": on_begin, "on_batch": on_batch, "on_epoch": on_epoch, "on_end": on_end}
        for name, function in given.items():
            if function is not None:
                if not callable(function):
                    raise ArgumentTypeError(f"{name} must be a function, not {function!r}")
                setattr(self, name, function)


class _Watching(Callback):
    """Watches a measure of the epochs."""

    def __init__(self, monitor: str | None) -> None:
        if monitor is not None and monitor not in MEASURES:
            raise ArgumentError(f"monitor is {monitor!r}; an epoch has {', '.join(MEASURES)}", Status.ERROR_VALUE)
        self.monitor = monitor

    def _value(self, epoch: Epoch) -> float:
        """What is to become small: the cost, or how far the accuracy or R² is from 1."""
        name = self.monitor or ("cost" if math.isnan(epoch.validation_cost) else "validation_cost")
        value: float = getattr(epoch, name)
        if math.isnan(value):
            raise StateError(
                f"{type(self).__name__} watches {name}, which epoch {epoch.epoch} does not have: "
                + ("give validation data" if name.startswith("validation") else "the cost decides nothing"),
                Status.ERROR_VALUE,
            )
        return value if name.endswith("cost") else 1 - value


class EarlyStopping(_Watching):
    """Stops when a measure has not improved for some epochs, and restores the parameters of the best epoch.

    fit(patience=…) does the same for the cost, a little faster. Each fit begins anew.

    Parameters
    ----------
    monitor
        "cost", "accuracy", "validation_cost", "validation_accuracy" or "validation_r2"; None: the cost, on the
        validation data if given.
    patience
        Stop after so many epochs without an improvement; ≥ 1.
    min_delta
        How much counts as an improvement.
    restore_best
        Whether the fit ends with the best epoch's parameters and state, not the last one's.

    Attributes
    ----------
    best_epoch
        The number of the best epoch of the last fit; 0 without.
    """

    def __init__(
        self, monitor: str | None = None, *, patience: int = 10, min_delta: float = 0.0, restore_best: bool = True
    ) -> None:
        super().__init__(monitor)
        self.patience: int = count(patience, "patience")
        if self.patience < 1:
            raise ArgumentError("patience is 0; it must be at least 1", Status.ERROR_SIZE)
        self.min_delta: float = real(min_delta, "min_delta")
        self.restore_best: bool = bool(restore_best)
        self.best_epoch: int = 0
        self._best = math.inf
        self._waited = 0
        self._saved: bytes | None = None

    def on_begin(self, trainer: Trainer) -> None:
        """Forgets the fit before."""
        self.best_epoch, self._best, self._waited, self._saved = 0, math.inf, 0, None

    def on_epoch(self, trainer: Trainer, epoch: Epoch) -> Answer:
        """Compares the epoch with the best."""
        value = self._value(epoch)
        if value < self._best - self.min_delta or self.best_epoch == 0:
            self.best_epoch, self._best, self._waited = epoch.epoch, value, 0
            if self.restore_best:
                self._saved = trainer.network.to_bytes()
            return None
        self._waited += 1
        return None if self._waited < self.patience else False

    def on_end(self, trainer: Trainer) -> None:
        """Restores the best parameters."""
        if self._saved is not None:
            trainer.network.load_parameters(io.BytesIO(self._saved))
            self._saved = None


class Checkpoint(_Watching):
    """Saves the network, or all that training goes on from, after epochs.

    Parameters
    ----------
    path
        Of the file, which is replaced atomically. Names of Epoch in braces become their values:
        "model-{epoch:03}-{validation_cost:.4f}.safetensors".
    monitor
        What is best, as for EarlyStopping.
    best_only
        Save only epochs that are better than all before.
    every
        Save only each so manyth epoch; ≥ 1.
    resumable
        Write a checkpoint of the trainer, for Trainer.load(), not the network alone.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        monitor: str | None = None,
        *,
        best_only: bool = True,
        every: int = 1,
        resumable: bool = False,
    ) -> None:
        super().__init__(monitor)
        self.path: str = os.fspath(path)
        if not isinstance(self.path, str):
            raise ArgumentTypeError(f"path must be a string or a Path, not {path!r}")
        try:
            self.path.format(**dict.fromkeys(Epoch._fields, 0))
        except (KeyError, IndexError, ValueError) as error:
            raise ArgumentError(
                f"path is {self.path!r}; what stands in braces must be a field of Epoch ({error})",
                Status.ERROR_VALUE,
            ) from None
        self.best_only: bool = bool(best_only)
        self.every: int = count(every, "every")
        if self.every < 1:
            raise ArgumentError("every is 0; it must be at least 1", Status.ERROR_SIZE)
        self.resumable: bool = bool(resumable)
        self._best = math.inf

    def on_begin(self, trainer: Trainer) -> None:
        """Forgets the fit before."""
        self._best = math.inf

    def on_epoch(self, trainer: Trainer, epoch: Epoch) -> Answer:
        """Saves, if it is time."""
        if self.best_only:
            value = self._value(epoch)
            if value >= self._best:
                return None
            self._best = value
        if epoch.epoch % self.every == 0:
            path = self.path.format(**epoch._asdict())
            (trainer if self.resumable else trainer.network).save(path)
        return None


class ReduceLROnPlateau(_Watching):
    """Multiplies the optimizer's learning rate by a factor when a measure no longer improves.

    fit(schedule="plateau") does the same for the cost. The rate stays lowered after the fit. An
    accuracy or R² counts by how far it is from 1.

    Parameters
    ----------
    monitor
        As for EarlyStopping.
    factor, patience, threshold, cooldown, min_rate
        As for Schedule("plateau").
    """

    def __init__(
        self,
        monitor: str | None = None,
        *,
        factor: float | None = None,
        patience: int | None = None,
        threshold: float | None = None,
        cooldown: int | None = None,
        min_rate: float | None = None,
    ) -> None:
        super().__init__(monitor)
        self._schedule = Schedule(
            "plateau", factor=factor, patience=patience, threshold=threshold, cooldown=cooldown, min_rate=min_rate
        )
        self._plateau = Plateau(self._schedule)

    def on_begin(self, trainer: Trainer) -> None:
        """Forgets the fit before."""
        self._plateau = Plateau(self._schedule)

    def on_epoch(self, trainer: Trainer, epoch: Epoch) -> Answer:
        """Sets the rate of the next epoch."""
        optimizer = trainer.optimizer
        optimizer.learning_rate = self._plateau.rate(optimizer.learning_rate, self._value(epoch))
        return None
