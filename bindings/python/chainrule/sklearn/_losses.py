"""scikit-learn's losses as costs of networks that end in what the output function is applied to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.special import xlogy

from .._callbacks import CustomCost

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._costs import CostLike


class Loss(NamedTuple):
    """A loss.

    Attributes
    ----------
    out_activation
        Scikit-learn's name for the output function.
    cost
        What the library minimizes.
    value_factor
        Scikit-learn's loss divided by the cost.
    gradient_factor
        The gradient that scikit-learn follows, divided by the cost's. Of several outputs the library takes means,
        scikit-learn sums.
    """

    out_activation: str
    cost: CostLike
    value_factor: float
    gradient_factor: float


def log_loss(outputs: int, *, multiclass: bool) -> Loss:
    """Of classes: one of many, or for each output yes or no."""
    if multiclass:
        return Loss("softmax", "cross_entropy", 1, 1)
    return Loss("logistic", "binary_cross_entropy_logits", outputs, outputs)


def regression_loss(name: str, outputs: int) -> Loss:
    """Of quantities: scikit-learn's "squared_error" or "poisson"."""
    if name == "poisson":
        return Loss("exp", CustomCost(_poisson, _poisson_product), 1, 1)
    return Loss("identity", "mean_squared_error", 0.5, outputs / 2)


def _share(weights: Any, rows: int) -> npt.NDArray[np.float64]:
    """What part of the mean each row is."""
    if weights is None:
        return np.full((rows, 1), 1 / rows)
    column = np.float64(weights).reshape(-1, 1)
    share: npt.NDArray[np.float64] = column / column.sum()
    return share


def _poisson(z: Any, targets: Any, weights: Any) -> tuple[float, Any]:
    """Half the deviance of counts from exp(z)."""
    z, targets = np.float64(z), np.float64(targets)
    share = _share(weights, len(z))
    # What is too large becomes infinite, which the library reports.
    with np.errstate(over="ignore", invalid="ignore"):
        y = np.exp(z)
        value = float((share * (xlogy(targets, targets) - targets * z - targets + y)).sum())
        return value, (share * (y - targets)).astype(np.float32)


def _poisson_product(z: Any, targets: Any, weights: Any, v: Any) -> Any:
    with np.errstate(over="ignore", invalid="ignore"):
        return (_share(weights, len(z)) * np.exp(np.float64(z)) * v).astype(np.float32)
