"""Rows as the library takes them: dense float32, all finite; and rows that are equal, made one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.utils.validation import validate_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
# A sum of squares below it has no term that is infinite, NaN or too large for float32.
_SAFE_SQUARES = 1e76
# The numbers in a piece of sparse rows; and how many make sparse rows too many to hold densely.
_PIECE = 1 << 20
_LARGE = 1 << 24


class Rows(NamedTuple):
    """Rows to train on.

    Attributes
    ----------
    x
        (rows, inputs), float32; a sparse matrix if it is large.
    targets
        (rows,) classes or (rows, outputs) numbers.
    weights
        (rows,) float32; None: all are 1.
    """

    x: Any
    targets: npt.NDArray[Any]
    weights: npt.NDArray[Any] | None

    @property
    def weight(self) -> float:
        """The sum of the weights."""
        return float(self.x.shape[0] if self.weights is None else self.weights.sum(dtype=np.float64))

    def at(self, rows: npt.NDArray[Any]) -> Rows:
        """Those of some numbers."""
        return Rows(self.x[rows], self.targets[rows], None if self.weights is None else self.weights[rows])

    @property
    def dense(self) -> Rows:
        """The same rows, with a dense x."""
        return self._replace(x=as_float32(self.x, "X")) if sparse.issparse(self.x) else self


def refuse_masked(values: Any, name: str) -> None:
    """scikit-learn would look at what the mask hides."""
    if np.ma.is_masked(values):
        raise ValueError(f"{name} is a masked array: impute what is masked, or leave its rows out")


def too_large(reason: object) -> ValueError:
    """The error for numbers that float32 cannot hold, with scikit-learn's words."""
    return ValueError(
        "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
        f"preprocessed. {reason}"
    )


def as_float32(values: Any, name: str) -> npt.NDArray[np.float32]:
    """Validated numbers, dense or sparse, as dense float32."""
    with np.errstate(over="ignore"):
        array = values.astype(np.float32).toarray() if sparse.issparse(values) else np.asarray(values, np.float32)
    if not np.isfinite(array).all():
        raise too_large(f"{name} has a value that is infinite or too large for float32.")
    return np.ascontiguousarray(array)


def trained_rows(X: Any) -> Any:
    """Validated numbers to train on: dense, or compressed rows if they are sparse and many."""
    if not sparse.issparse(X) or X.shape[0] * X.shape[1] <= _LARGE:
        return as_float32(X, "X")
    rows = X.tocsr()
    return type(rows)((as_float32(rows.data, "X"), rows.indices, rows.indptr), rows.shape)


def given_rows(estimator: Any, X: Any) -> Any:
    """What to predict for, checked as scikit-learn checks it: dense, float32 or float64 in its range; or sparse.

    Its checks take longer than a prediction. An ordinary array that has nothing to complain about takes a short way.
    """
    if (
        type(X) is np.ndarray
        and X.ndim == 2
        and (X.dtype is _FLOAT64 or X.dtype is _FLOAT32)
        and X.shape[1] == estimator.n_features_in_
        and X.shape[0] > 0
        and "feature_names_in_" not in estimator.__dict__
        and float(np.vdot(X, X)) < _SAFE_SQUARES
    ):
        return X
    refuse_masked(X, "X")
    checked = validate_data(estimator, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
    return checked if sparse.issparse(checked) else as_float32(checked, "X")


def pieces(rows: Any) -> Iterator[npt.NDArray[np.float32]]:
    """Sparse rows made dense, so many at a time that they take a few megabytes."""
    count = max(1, _PIECE // rows.shape[1])
    for start in range(0, rows.shape[0], count):
        yield as_float32(rows[start : start + count], "X")


def merged(data: Rows) -> Rows:
    """Equal rows with equal targets as one row with the sum of their weights, in an order of its own.

    Of all of the data the cost and its gradient stay the same; and weights, repeated rows and another order of the rows
    all give the same bits.
    """
    x, targets, weights = data = data.dense
    columns = targets.reshape(len(x), -1).astype(np.float32)
    # + 0 makes −0 to 0: the bytes of equal rows are equal.
    keys = np.ascontiguousarray(np.hstack([x, columns])) + np.float32(0)
    packed = keys.view(np.dtype((np.void, keys.shape[1] * keys.itemsize))).ravel()
    _, first, place = np.unique(packed, return_index=True, return_inverse=True)
    total = np.bincount(place.ravel(), weights)
    only = data.at(first)
    return Rows(only.x, only.targets, None if (total == 1).all() else total.astype(np.float32))
