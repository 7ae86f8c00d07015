"""Factors for the sample weights of the rows of each class."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import _prototypes
from ._arrays import numbers, real
from ._costs import CostLike, cost_options
from ._errors import ArgumentError, ArgumentTypeError
from ._handles import FloatArray

ClassWeight = Any
"""A sequence with a factor for each output, or a dict of factors by class."""


def class_weights(given: ClassWeight, cost: Any, outputs: int) -> FloatArray | None:
    """A factor for each output, for a trainer with these crl_cost_options; None for none."""
    if given is None:
        return None
    _check_cost(cost)
    if isinstance(given, str):
        raise ArgumentError(
            f"class_weight is {given!r}; a trainer takes numbers, or a dict of them", _prototypes.CRL_ERROR_VALUE
        )
    if isinstance(given, Mapping):
        weights = np.ones(outputs, np.float32)
        for label, weight in given.items():
            if not 0 <= operator.index(label) < outputs:
                raise ArgumentError(
                    f"class_weight has the class {label}; classes go from 0 to {outputs - 1}",
                    _prototypes.CRL_ERROR_VALUE,
                )
            weights[label] = real(weight, f"the class_weight of {label}")
        return weights
    return np.ascontiguousarray(numbers(given, "class_weight"), np.float32)


def resolved(given: ClassWeight, targets: Any, cost: CostLike, outputs: int) -> ClassWeight:
    """The argument class_weight of a fit as a trainer takes it: "balanced" as numbers.

    Balanced weights make all classes that occur count the same: rows / (classes · rows of the class).
    """
    if not (isinstance(given, str) and given == "balanced"):
        return given
    _check_cost(cost_options(cost))
    labels = numbers(targets, "targets")
    if labels.ndim != 1 or labels.dtype.kind not in "biu" or labels.size == 0:
        raise ArgumentTypeError(
            f"class_weight='balanced' needs targets that are class indices, not {labels.dtype} of shape {labels.shape}"
        )
    if labels.min() < 0 or labels.max() >= outputs:
        raise ArgumentError(
            f"the targets have classes from {labels.min()} to {labels.max()}; classes go from 0 to {outputs - 1}",
            _prototypes.CRL_ERROR_TARGET,
        )
    counts = np.bincount(labels.astype(np.int64), minlength=outputs)
    weights = np.ones(outputs, np.float32)
    seen = counts > 0
    weights[seen] = labels.size / (np.count_nonzero(seen) * counts[seen])
    return weights


def _check_cost(cost: Any) -> None:
    if cost.kind != _prototypes.CRL_CROSS_ENTROPY:
        raise ArgumentError(
            "class_weight is for 'cross_entropy', whose targets are classes; for another cost give each row its weight "
            "as sample_weight",
            _prototypes.CRL_ERROR_VALUE,
        )
