"""The result of Network.check_gradient()."""

from __future__ import annotations

from typing import Any, NamedTuple

from ._names import name_of
from ._prototypes import CheckedQuantity


class GradientReport(NamedTuple):
    """Counts of the checked derivatives, and the one with the largest relative error.

    If a custom function fails, the worst derivative is one of that function: the gradients behind it are then wrong,
    too.

    Attributes
    ----------
    checked
        How many were compared with differences.
    skipped
        How many could not be: beside a kink, or lost in rounding.
    failed
        How many of those compared have a relative error beyond the tolerance.
    quantity
        Of the worst, as is all that follows: "parameter_gradient", "activation_derivative",
        "activation_second_derivative", "cost_gradient" or "cost_hessian_product"; None if nothing could be compared.
    name
        The tensor, such as "0.weight"; the name of an activation's layer; or "cost" for a cost.
    row
        In the tensor; otherwise the row of the batch.
    column
        In the tensor; otherwise the unit or output.
    analytic
        The derivative as it was computed.
    numeric
        The derivative by differences.
    absolute_error
        |analytic − numeric|.
    relative_error
        The same by the larger of the two, or by a hundredth of the largest derivative of the same tensor or function,
        if that is larger still.
    """

    checked: int
    skipped: int
    failed: int
    quantity: str | None
    name: str | None
    row: int
    column: int
    analytic: float
    numeric: float
    absolute_error: float
    relative_error: float

    @property
    def passed(self) -> bool:
        """Whether the check compared something and nothing failed."""
        return self.failed == 0 and self.checked > 0


def report_of(native: Any) -> GradientReport:
    """The report in a crl_gradient_report."""
    name: bytes | None = native.name
    return GradientReport(
        checked=native.checked,
        skipped=native.skipped,
        failed=native.failed,
        quantity=None if name is None else name_of(CheckedQuantity, native.quantity),
        name=None if name is None else name.decode(),
        row=native.row,
        column=native.column,
        analytic=native.analytic,
        numeric=native.numeric,
        absolute_error=native.absolute_error,
        relative_error=native.relative_error,
    )
