"""What training reports: batches, epochs, and the history of a fit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from ._handles import record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import SupportsIndex


class Batch(NamedTuple):
    """The report of one batch of a fit.

    Attributes
    ----------
    epoch
        The number of the epoch, from 1.
    batch
        The number of the batch in the epoch, from 1.
    step
        The number of the optimizer's steps, this one included.
    rows
        The number of rows in the batch.
    cost
        C of the batch before its step.
    """

    epoch: int
    batch: int
    step: int
    rows: int
    cost: float


class Epoch(NamedTuple):
    """The report of one epoch of a fit.

    Attributes
    ----------
    epoch
        Its number, from 1.
    epochs
        The number of epochs to run.
    cost
        C of the epoch's rows, of each batch before its step.
    accuracy
        The weighted share of correct rows in the epoch, each before the step of its batch; otherwise as in Metrics. NaN
        for costs that decide nothing.
    validation_cost
        C on the validation data after the epoch; NaN without any.
    validation_accuracy
        Of the validation data, as in Metrics.
    validation_r2
        Likewise.
    is_best
        Whether the cost (on the validation data, if given) is the best so far.
    seconds
        The epoch's time, without validation.
    samples_per_second
        Trained rows / seconds.
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


MEASURES = ("cost", "accuracy", "validation_cost", "validation_accuracy", "validation_r2")


def epoch_of(native: Any) -> Epoch:
    """An Epoch from a crl_epoch."""
    epoch: Epoch = record(Epoch, native)
    return epoch._replace(is_best=bool(epoch.is_best))


class History(list[Epoch]):
    """The epochs of a fit: a list of Epoch, which shows itself as a table, plots itself and becomes a frame.

    Parameters
    ----------
    epochs
        Reports of epochs, in order.
    cost
        What the fit lowered: the name of a built-in cost, or "custom".

    Attributes
    ----------
    cost
        The same.
    """

    def __init__(self, epochs: Iterable[Epoch] = (), cost: str = "") -> None:
        super().__init__(epochs)
        self.cost = cost

    @overload
    def __getitem__(self, place: SupportsIndex, /) -> Epoch: ...

    @overload
    def __getitem__(self, place: slice, /) -> History: ...

    def __getitem__(self, place: SupportsIndex | slice, /) -> Epoch | History:
        if isinstance(place, slice):
            return History(super().__getitem__(place), self.cost)
        return super().__getitem__(place)

    @property
    def best(self) -> Epoch | None:
        """The epoch with the lowest cost, on the validation data if given; None without epochs."""
        return next((epoch for epoch in reversed(self) if epoch.is_best), None)

    @property
    def measures(self) -> tuple[str, ...]:
        """The names of the measures that some epoch has: "cost", "accuracy", "validation_cost" and so on."""
        # NaN is no measure.
        return tuple(name for name in MEASURES if any(getattr(e, name) == getattr(e, name) for e in self))

    def to_frame(self) -> Any:
        """The epochs as a table of pandas, which it needs.

        Returns
        -------
        pandas.DataFrame
            A row for each epoch, whose number is the index.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("to_frame() needs pandas: pip install pandas") from error
        return pd.DataFrame([tuple(epoch) for epoch in self], columns=list(Epoch._fields)).set_index("epoch")

    def plot(self, axes: Sequence[Any] | None = None) -> list[Any]:
        """Draws the learning curve: the costs, and beside them the accuracies or R², if there are some.

        Parameters
        ----------
        axes
            Matplotlib Axes to draw on, one or two; None: a new figure. Needs `pip install chainrule[plot]`.

        Returns
        -------
        list of Axes
            Those drawn on.
        """
        from ._plots import plot_history

        return plot_history(self, axes)

    def __repr__(self) -> str:
        count = f"History of {len(self)} epoch{'s' * (len(self) != 1)}"
        best = self.best
        if best is None:
            return count
        columns = self.measures
        shown = _shown(len(self), self.index(best))
        lines = [["epoch", *columns]]
        for place in shown:
            if place is None:
                lines.append(["…"] + [""] * len(columns))
                continue
            epoch = self[place]
            lines.append([f"{epoch.epoch}{'*' * (epoch is best)}", *(f"{getattr(epoch, c):.4g}" for c in columns)])
        widths = [max(map(len, column)) for column in zip(*lines)]
        table = ["  ".join(f"{text:>{width}}" for text, width in zip(line, widths)) for line in lines]
        seconds = sum(epoch.seconds for epoch in self)
        head = f"{count} in {seconds:.3g} s{f', {self.cost}' if self.cost else ''}; best: {best.epoch}"
        return "\n".join([head, *(line.rstrip() for line in table)])


def _shown(count: int, best: int) -> list[int | None]:
    """The places of the epochs that a repr shows; None for some left out."""
    last = count - 1
    places = sorted({place for place in (0, 1, 2, best, last - 2, last - 1, last) if 0 <= place <= last})
    shown: list[int | None] = []
    for before, place in zip([-1, *places], places):
        if place - before > 1:
            shown.append(None)
        shown.append(place)
    return shown
