"""Factors for the sample weights of the rows of each class."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ._arrays import numbers, real
from ._costs import CostLike, cost_options
from ._errors import ArgumentError, ArgumentTypeError
from ._handles import FloatArray
from ._prototypes import CostKind, Status

if TYPE_CHECKING:
    import numpy.typing as npt

_BINARY = (CostKind.BINARY_CROSS_ENTROPY, CostKind.BINARY_CROSS_ENTROPY_LOGITS)

ClassWeight = Any
"""A sequence with a factor for each class, or a dict of factors by class."""


def class_weights(given: ClassWeight, cost: Any, outputs: int) -> FloatArray | None:
    """A factor for each class, for a trainer with these crl_cost_options; None for none."""
    if given is None:
        return None
    classes = _classes(cost, outputs)
    if isinstance(given, str):
        raise ArgumentError(
            f"class_weight is {given!r}; a trainer takes numbers, or a dict of them", Status.ERROR_VALUE
        )
    if isinstance(given, Mapping):
        weights = np.ones(classes, np.float32)
        for label, weight in given.items():
            place = _place(label)
            if not 0 <= place < classes:
                raise ArgumentError(
                    f"class_weight has the class {label}; classes go from 0 to {classes - 1}",
                    Status.ERROR_VALUE,
                )
            weights[place] = real(weight, f"the class_weight of {label}")
        return weights
    weights = numbers(given, "class_weight")
    if weights.ndim != 1:
        raise ArgumentTypeError(f"class_weight is an array of shape {weights.shape}, not ({classes},)")
    return np.ascontiguousarray(weights, np.float32)


def _place(label: Any) -> int:
    """The class that a key of a dict names, also as a float: np.unique() of targets can give 0.0 and 1.0."""
    whole: Any = label
    if isinstance(label, (float, np.floating, np.bool_)) and float(label).is_integer():
        # A bool would be a mask as an index.
        whole = int(label)
    try:
        return int(operator.index(whole))  # which is a bool for a bool before Python 3.10
    except TypeError:
        raise ArgumentTypeError(f"class_weight has the class {label!r}; classes are whole numbers") from None


def resolved(given: ClassWeight, targets: Any, cost: CostLike, outputs: int) -> ClassWeight:
    """Converts the argument class_weight of a fit for a trainer: "balanced" becomes numbers.

    Balanced weights give all classes in the targets the same total: rows / (classes · rows of the class).
    """
    if not (isinstance(given, str) and given == "balanced"):
        return given
    native = cost_options(cost)
    classes = _classes(native, outputs)
    labels = _labels(targets, native)
    if labels.min() < 0 or labels.max() >= classes:
        raise ArgumentError(
            f"the targets have classes from {labels.min()} to {labels.max()}; classes go from 0 to {classes - 1}",
            Status.ERROR_TARGET,
        )
    counts = np.bincount(labels, minlength=classes)
    weights = np.ones(classes, np.float32)
    seen = counts > 0
    weights[seen] = labels.size / (np.count_nonzero(seen) * counts[seen])
    return weights


def _classes(cost: Any, outputs: int) -> int:
    """The number of classes to weight: two for a binary cross-entropy of one output."""
    if cost.kind == CostKind.CROSS_ENTROPY:
        return outputs
    if cost.kind in _BINARY and outputs == 1:
        return 2
    raise ArgumentError(
        "class_weight is for 'cross_entropy', and for a binary cross-entropy of one output, whose targets are classes; "
        "for another cost, or several outputs that say yes or no, give each row its weight as sample_weight",
        Status.ERROR_VALUE,
    )


def _labels(targets: Any, cost: Any) -> npt.NDArray[np.int64]:
    """The class of each row."""
    labels = numbers(targets, "targets")
    if cost.kind in _BINARY:
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        is_class = bool(np.isin(labels, (0, 1)).all())
    else:
        is_class = labels.dtype.kind in "biu"
    if labels.ndim != 1 or labels.size == 0 or not is_class:
        raise ArgumentTypeError(
            f"class_weight='balanced' needs targets that are class indices, not {labels.dtype} of shape {labels.shape}"
            + (" with others than 0 and 1" if cost.kind in _BINARY and labels.ndim == 1 and labels.size > 0 else "")
        )
    return labels.astype(np.int64)
