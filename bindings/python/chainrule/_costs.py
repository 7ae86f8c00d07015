"""Costs, targets and sample weights."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, NamedTuple, Union

import numpy as np

from . import _prototypes
from ._arrays import address_of, apart, as_rows, as_vector, numbers, out_rows, real, size_error
from ._callbacks import CostFunction, CustomCost, cost_callbacks
from ._errors import ArgumentError, ArgumentTypeError, check
from ._handles import FloatArray
from ._library import library
from ._names import enumerator
from ._prototypes import CostKind, Reduction, Status

if TYPE_CHECKING:
    import numpy.typing as npt


class Cost(NamedTuple):
    """A built-in cost and its parameters.

    Parameters
    ----------
    kind
        "mean_squared_error", "mean_absolute_error", "huber", "binary_cross_entropy", "binary_cross_entropy_logits" or
        "cross_entropy" (softmax cross-entropy on logits).
    reduction
        How C combines the rows' costs c_r with weights w_r: "mean", Σ w_r c_r / Σ w_r, or "sum", Σ w_r c_r.
    huber_delta
        For "huber": where the square turns into a line, > 0.
    label_smoothing
        For "cross_entropy": ε in [0, 1). It replaces t by (1 − ε) t + ε / N, with N outputs.
    """

    kind: str
    reduction: str = "mean"
    huber_delta: float = 1.0
    label_smoothing: float = 0.0


CostLike = Union[str, Cost, CostFunction, CustomCost]


def cost_options(cost: CostLike) -> Any:
    """The crl_cost_options for a cost given by name, as a Cost, a CustomCost, or a function (see chainrule.cost).

    They keep what was given: `given`.
    """
    options = _prototypes.crl_cost_options.default()
    options.given = cost
    if callable(cost) or isinstance(cost, CustomCost):
        custom = cost if isinstance(cost, CustomCost) else CustomCost(cost)
        options.kind = CostKind.CUSTOM
        options.function, options.hessian_product = cost_callbacks(custom)
        return options
    chosen = cost if isinstance(cost, Cost) else Cost(cost)
    options.kind = enumerator(CostKind, chosen.kind, "cost")
    options.reduction = enumerator(Reduction, chosen.reduction, "reduction")
    options.huber_delta = real(chosen.huber_delta, "huber_delta")
    options.label_smoothing = real(chosen.label_smoothing, "label_smoothing")
    return options


def class_indices(array: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    """Integers as the library's class indices."""
    classes = np.ascontiguousarray(array, dtype=np.int32)
    # A wider integer that does not fit would wrap to another class.
    if not np.can_cast(array.dtype, np.int32) and not np.array_equal(classes, array):
        raise ArgumentError("a class index does not fit 32 bits", Status.ERROR_TARGET)
    return classes


class Targets:
    """Targets and sample weights for the library, with the arrays that own the memory."""

    def __init__(self, targets: Any, sample_weight: Any, kind: int, rows: int, columns: int, single: bool) -> None:
        self.native = _prototypes.crl_targets.default()
        self._arrays: list[npt.NDArray[Any]] = []
        if targets is not None:
            array = numbers(targets, "targets")
            if kind == CostKind.CROSS_ENTROPY and array.dtype.kind in "biu" and array.ndim < 2:
                self._set_classes(array.reshape(-1), rows)
            else:
                self._set_values(array, kind, rows, columns, single)
        elif kind != CostKind.CUSTOM:
            raise ArgumentTypeError("targets may be None for a custom cost only")
        if sample_weight is not None:
            weights = as_vector(np.atleast_1d(numbers(sample_weight, "sample_weight")), rows, "sample_weight")
            self._arrays.append(weights)
            self.native.weights = address_of(weights)
            self.native.weights_count = rows

    def _set_classes(self, array: npt.NDArray[Any], rows: int) -> None:
        if array.size != rows:
            raise size_error(f"there are {array.size} class indices for {rows} rows")
        classes = class_indices(array)
        self._arrays.append(classes)
        self.native.classes = address_of(classes)
        self.native.classes_count = rows

    def _set_values(self, array: npt.NDArray[Any], kind: int, rows: int, columns: int, single: bool) -> None:
        if kind == CostKind.CROSS_ENTROPY and array.ndim == 1 and not single and columns > 1:
            missing = np.flatnonzero(np.isnan(array))
            if missing.size:
                raise ArgumentError(f"targets holds nan at row {missing[0]}: a class is missing", Status.ERROR_TARGET)
            raise size_error(
                f"targets has shape {array.shape} and dtype {array.dtype}; give integer class indices ({rows},) or "
                f"distributions ({rows}, {columns})"
            )
        given = array.shape
        if array.ndim == 0 or (array.ndim == 1 and not single):
            array = array.reshape(-1, 1)
        width = array.shape[-1] if kind == CostKind.CUSTOM else columns
        if array.ndim > 2 or array.shape[-1] != width or (array.ndim == 2 and array.shape[0] != rows):
            wanted = f"({rows},) or ({rows}, 1)" if width == 1 else f"({rows}, {width})"
            raise size_error(f"targets has shape {given} and dtype {array.dtype}; it must be {wanted}")
        values = as_rows(array, width, "targets")
        if values.rows != rows:
            raise size_error(f"targets has shape {given}; there are {rows} rows of x")
        self._arrays.append(values.array)
        self.native.values = values.address
        self.native.rows = rows
        self.native.columns = width
        self.native.stride = values.stride


def cost(
    y: npt.ArrayLike,
    targets: npt.ArrayLike | None,
    cost: CostLike = "cross_entropy",
    *,
    sample_weight: npt.ArrayLike | None = None,
    out: FloatArray | None = None,
) -> tuple[float, FloatArray]:
    """The cost of outputs, and its gradient with respect to them.

    Parameters
    ----------
    y
        Outputs, (rows, columns), or (columns,) for a single row.
    targets
        (rows, columns) values; for one column also (rows,) values; for "cross_entropy" also class indices, (rows,)
        integers. A custom cost takes any width, or None.
    cost
        A name, a Cost, or a function (y, targets, weights) -> (C, dC_dy) of float32 arrays; targets and weights may be
        None. The function reduces over the rows itself. Or a CustomCost: such a function and its Hessian's product.
    sample_weight
        (rows,) weights ≥ 0; None: 1 each.
    out
        A float32 array with the shape of y for dC_dy.

    Returns
    -------
    tuple[float, ndarray]
        (C, dC_dy): a float and a float32 array with the shape of y, ready for Workspace.backward().
    """
    array = numbers(y, "y")
    if array.ndim == 0:
        raise size_error("y must be (rows, columns) or (columns,), not a number")
    outputs = as_rows(array, array.shape[-1], "y")
    columns = outputs.array.shape[1]
    options = cost_options(cost)
    compared = Targets(targets, sample_weight, options.kind, outputs.rows, columns, outputs.single)
    gradient = np.empty(array.shape, np.float32) if out is None else out
    written = out_rows(gradient, outputs.rows, columns, outputs.single)
    outputs = apart(outputs, gradient)
    value = ctypes.c_double()
    status = library.crl_cost(
        ctypes.byref(options),
        outputs.address,
        outputs.rows,
        columns,
        outputs.stride,
        ctypes.byref(compared.native),
        ctypes.byref(value),
        written.address,
        written.rows,
        written.stride,
    )
    check(status)
    return value.value, gradient
