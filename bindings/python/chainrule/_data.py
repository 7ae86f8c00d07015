"""Rows with targets, as the library's functions take them."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

from ._arrays import as_rows
from ._costs import Targets

if TYPE_CHECKING:
    from ._layout import Layout


class Data:
    """x, targets and sample weights, with the arrays that own the memory.

    `arguments` are what the library's functions take for them: address, rows and stride of x, and the targets.
    """

    def __init__(self, built: Layout, x: Any, targets: Any, sample_weight: Any, cost: Any, what: str = "x") -> None:
        """Of a network with this layout.

        Args:
            x: (rows, inputs), or (inputs,) for a single row.
            targets: as for chainrule.cost(), and so is sample_weight.
            cost: the crl_cost_options.
            what: what x is called in messages.
        """
        self.x = as_rows(x, built.inputs, what)
        self.targets = Targets(targets, sample_weight, cost.kind, self.x.rows, built.outputs, self.x.single)
        self.arguments = (self.x.address, self.x.rows, self.x.stride, ctypes.byref(self.targets.native))
