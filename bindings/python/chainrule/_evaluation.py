"""How a network's outputs compare with targets."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _prototypes
from ._arrays import count
from ._data import Data
from ._errors import check
from ._handles import record
from ._library import library

if TYPE_CHECKING:
    from ._network import Network


class Metrics(NamedTuple):
    """How a network's outputs compare with targets. Sample weights count. A value that does not apply is NaN.

    Attributes
    ----------
    rows
        The number of rows.
    cost
        C.
    accuracy
        The share of correct rows. With "cross_entropy" the largest output is the target class; with binary
        cross-entropies all outputs are on the targets' side of a half.
    top_accuracy
        For "cross_entropy": the share of rows whose class is among the `top` largest outputs.
    r2
        For costs of quantities: R², averaged over the outputs, as in sklearn.metrics.r2_score().
    """

    rows: int
    cost: float
    accuracy: float
    top_accuracy: float
    r2: float


def evaluate(
    network: Network, options: Any, x: Any, targets: Any, sample_weight: Any, top: int, confusion: Any = None
) -> Metrics:
    """Metrics of a network for the crl_cost_options. `confusion` is a float64 array for the confusion matrix."""
    data = Data(network._layout(), x, targets, sample_weight, options)
    native = _prototypes.crl_metrics.default()
    status = library.crl_network_evaluate(
        network._open(),
        ctypes.byref(options),
        *data.arguments,
        count(top, "top"),
        ctypes.byref(native),
        None if confusion is None else (ctypes.c_double * confusion.size).from_buffer(confusion),
        0 if confusion is None else confusion.size,
    )
    check(status)
    metrics: Metrics = record(Metrics, native)
    return metrics
