"""Data that need not fit in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _prototypes
from ._arrays import count, numbers, size_error
from ._costs import class_indices
from ._errors import ArgumentError, ArgumentTypeError
from ._handles import array_at
from ._interrupts import guarded
from ._prototypes import Status

if TYPE_CHECKING:
    import numpy.typing as npt


class Request(NamedTuple):
    """A request for a batch of a data source.

    Attributes
    ----------
    epoch
        The number of the epoch, from 1.
    first_row
        The number of earlier rows in the epoch. A trainer that resumes in the middle of an epoch starts there.
    max_rows
        The most rows that the batch may have.
    """

    epoch: int
    first_row: int
    max_rows: int


class DataSource(NamedTuple):
    """Data that need not fit in memory: a function that returns one batch after the other.

    Parameters
    ----------
    function
        Takes a Request and returns the batch of 1 to max_rows rows: (x, targets) or (x, targets, sample_weight). At the
        end of the epoch it returns None.
    targets
        "classes"; or the number of target values in a row; or None, for a custom cost without targets.
    weights
        Whether batches have sample weights.

    Examples
    --------
    >>> def batch(request):
    ...     rows = slice(request.first_row, request.first_row + request.max_rows)
    ...     return (x[rows], labels[rows]) if request.first_row < len(x) else None
    ...
    >>> trainer.fit(DataSource(batch))
    """

    function: Callable[[Request], Any]
    targets: str | int | None = "classes"
    weights: bool = False


class NativeSource:
    """A DataSource for the library."""

    def __init__(self, source: DataSource, inputs: int) -> None:
        self._source = source
        self._inputs = inputs
        self.native = _prototypes.crl_data_source.default()
        self.native.function = _prototypes.crl_data_function(guarded(self._fill))
        if isinstance(source.targets, str) and source.targets != "classes":
            raise ArgumentError(
                f"targets of a data source are 'classes', a number of columns or None, not {source.targets!r}",
                Status.ERROR_VALUE,
            )
        if source.targets == "classes":
            self.native.classes = 1
        elif source.targets is not None:
            self.native.columns = count(source.targets, "targets")
        self.native.weights = bool(source.weights)

    def _fill(self, _: Any, request: Any, rows: Any) -> int:
        asked = request.contents
        batch = self._source.function(Request(asked.epoch, asked.first_row, asked.max_rows))
        if batch is None:
            rows[0] = 0
            return 0
        x, targets, *weights = batch if isinstance(batch, tuple) else (batch, None)
        x = numbers(x, "the data source's x")
        if x.ndim != 2 or x.shape[1] != self._inputs or not 0 < x.shape[0] <= asked.max_rows:
            raise size_error(
                f"the data source gave x of shape {x.shape}; it must be (rows, {self._inputs}) with 1 to "
                f"{asked.max_rows} rows"
            )
        given = x.shape[0]
        np.copyto(array_at(asked.x, given, self._inputs), x, casting="same_kind")
        if asked.classes:
            labels = numbers(targets, "the data source's targets")
            self._check(labels, (given,), "targets")
            if labels.dtype.kind not in "biu":
                raise ArgumentTypeError(
                    f"the data source's targets are {labels.dtype}, not integers: targets says 'classes'"
                )
            np.copyto(array_at(asked.classes, given, dtype=np.int32), class_indices(labels))
        elif asked.values:
            columns = self.native.columns
            values = numbers(targets, "the data source's targets")
            if columns == 1 and values.ndim == 1:
                values = values[:, np.newaxis]
            self._check(values, (given, columns), "targets")
            np.copyto(array_at(asked.values, given, columns), values, casting="same_kind")
        if asked.weights:
            if len(weights) != 1:
                raise ArgumentTypeError("the data source has weights: it must give (x, targets, sample_weight)")
            weight = numbers(weights[0], "the data source's sample_weight")
            self._check(weight, (given,), "sample_weight")
            np.copyto(array_at(asked.weights, given), weight, casting="same_kind")
        elif weights:
            raise ArgumentTypeError("the data source gives sample weights: it must be made with weights=True")
        rows[0] = given
        return 0

    @staticmethod
    def _check(array: npt.NDArray[Any], shape: tuple[int, ...], what: str) -> None:
        if array.shape != shape:
            raise size_error(f"the data source gave {what} of shape {array.shape}; it must be {shape}")
