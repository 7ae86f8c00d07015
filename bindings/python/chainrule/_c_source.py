"""What to write as C source."""

from __future__ import annotations

import ctypes
from typing import Any

from . import _prototypes
from ._costs import CostLike, cost_options
from ._description import encoded
from ._names import enumerator
from ._prototypes import Precision


def c_source_options(name: str, precision: str, trains: bool, momentum: bool, cost: CostLike) -> tuple[Any, Any]:
    """The crl_c_source_options, and what they point to."""
    options = _prototypes.crl_c_source_options.default()
    kept = cost_options(cost)
    options.name = encoded(name)
    options.precision = enumerator(Precision, precision, "precision")
    options.trains = bool(trains)
    options.has_momentum = bool(momentum)
    options.cost = ctypes.pointer(kept)
    return options, kept
