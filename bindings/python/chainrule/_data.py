"""Rows with targets for the library's functions."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _prototypes
from ._arrays import as_rows
from ._costs import Targets
from ._errors import ArgumentError, ArgumentTypeError

if TYPE_CHECKING:
    from ._layout import Layout


class Shape(NamedTuple):
    """The lengths of x and y of a network that does not exist yet."""

    inputs: int
    outputs: int

    @property
    def shape(self) -> tuple[int, ...]:
        """That of x for one sample."""
        return (self.inputs,)


class Data:
    """x, targets and sample weights, with the arrays that own the memory.

    `arguments` go to the library's functions: address, rows and stride of x, and the targets.
    """

    def __init__(self, built: Layout | Shape, x: Any, targets: Any, sample_weight: Any, cost: Any) -> None:
        """Data for a network with this layout or shape.

        Parameters
        ----------
        x
            (rows, inputs), or (inputs,) for a single row.
        targets, sample_weight
            As for chainrule.cost().
        cost
            The crl_cost_options.
        """
        self.x = as_rows(x, built.inputs, "x", built.shape)
        self.targets = Targets(targets, sample_weight, cost.kind, self.x.rows, built.outputs, self.x.single)
        self.arguments = (self.x.address, self.x.rows, self.x.stride, ctypes.byref(self.targets.native))


class Validation(Data):
    """Data to validate on. Passed to a library function as it is, it stays alive during the call."""

    def __init__(self, built: Layout | Shape, x: Any, targets: Any, sample_weight: Any, cost: Any) -> None:
        super().__init__(built, x, targets, sample_weight, cost)
        native = _prototypes.crl_validation.default()
        native.x, native.rows, native.stride = self.x.address, self.x.rows, self.x.stride
        native.targets = ctypes.pointer(self.targets.native)
        self._as_parameter_ = ctypes.byref(native)


def validation(built: Layout | Shape, data: tuple[Any, ...] | None, cost: Any) -> Validation | None:
    """Of the argument validation_data: (x, targets) or (x, targets, sample_weight), or None."""
    if data is None:
        return None
    if len(data) not in (2, 3):
        raise ArgumentTypeError(
            f"validation_data is (x, targets) or (x, targets, sample_weight), not {len(data)} things"
        )
    x, targets, *rest = data
    try:
        return Validation(built, x, targets, rest[0] if rest else None, cost)
    except ArgumentError as error:
        raise ArgumentError(f"validation_data: {error}", error.status) from None
