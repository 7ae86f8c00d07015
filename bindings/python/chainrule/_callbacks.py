"""Python functions as the library's callbacks. They get copies of the batch, which stay valid if they keep them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from . import _prototypes
from ._errors import ArgumentError, ArgumentTypeError
from ._handles import FloatArray, array_at
from ._interrupts import guarded
from ._prototypes import Status

# Targets and weights are arrays, or None if the caller gives none. A function need not take what it never gets.
CostFunction = Callable[[FloatArray, Any, Any], "tuple[float, Any]"]
CostHessianProduct = Callable[[FloatArray, Any, Any, FloatArray], Any]


class Activation(NamedTuple):
    """A custom activation. Its functions work elementwise on some rows of a batch: (rows, units) float32 arrays.

    Every thread that uses the network may call them.

    Parameters
    ----------
    function
        The function z -> h = σ(z).
    derivative
        The function (z, h) -> σ'(z).
    second_derivative
        The function (z, h) -> σ''(z), for hessian_product() and hessian(), which raise StateError without it.
    """

    function: Callable[[FloatArray], Any]
    derivative: Callable[[FloatArray, FloatArray], Any]
    second_derivative: Callable[[FloatArray, FloatArray], Any] | None = None


def stops(result: Any) -> bool:
    """Whether a callback's result asks to stop: False does; None and everything else continue."""
    return isinstance(result, (bool, np.bool_)) and not result


def _write(result: Any, address: int, rows: int, columns: int, what: str) -> None:
    values = np.asarray(result)
    if values.shape != (rows, columns):
        raise ArgumentError(f"{what} returned shape {values.shape}; it must be ({rows}, {columns})", Status.ERROR_SIZE)
    np.copyto(array_at(address, rows, columns), values, casting="same_kind")


def activation_callbacks(activation: Activation) -> tuple[Any, Any, Any]:
    """The C callbacks for a custom activation. The last may be a null pointer."""

    @guarded
    def function(_: Any, z: Any, h: Any, rows: int, columns: int) -> int:
        _write(
            activation.function(array_at(z, rows, columns).copy()),
            h,
            rows,
            columns,
            "the activation function",
        )
        return 0

    def derivative(given: Callable[[FloatArray, FloatArray], Any] | None, what: str) -> Any:
        if given is None:
            return _prototypes.crl_activation_derivative()

        @guarded
        def callback(_: Any, z: Any, h: Any, dh_dz: Any, rows: int, columns: int) -> int:
            result = given(array_at(z, rows, columns).copy(), array_at(h, rows, columns).copy())
            _write(result, dh_dz, rows, columns, what)
            return 0

        return _prototypes.crl_activation_derivative(callback)

    return (
        _prototypes.crl_activation_function(function),
        derivative(activation.derivative, "the activation derivative"),
        derivative(activation.second_derivative, "the activation's second derivative"),
    )


class CustomCost(NamedTuple):
    """A custom cost: its function, and the change of its gradient for second-order products.

    Parameters
    ----------
    function
        (y, targets, weights) -> (C, dC_dy), as for chainrule.cost().
    hessian_product
        (y, targets, weights, v) -> H v with H = ∂²C/∂y², of the shape of y, as v is.
    """

    function: CostFunction
    hessian_product: CostHessianProduct | None = None


def cost_callbacks(cost: CustomCost) -> tuple[Any, Any]:
    """The C callbacks for a custom cost. The last may be a null pointer."""

    def copies(
        y: Any, targets: Any, weights: Any, rows: int, columns: int, target_columns: int
    ) -> tuple[Any, Any, Any]:
        return (
            array_at(y, rows, columns).copy(),
            array_at(targets, rows, target_columns).copy() if targets else None,
            array_at(weights, rows).copy() if weights else None,
        )

    @guarded
    def function(
        _: Any,
        y: Any,
        targets: Any,
        weights: Any,
        rows: int,
        columns: int,
        target_columns: int,
        value: Any,
        gradient: Any,
    ) -> int:
        result = cost.function(*copies(y, targets, weights, rows, columns, target_columns))
        if not isinstance(result, tuple) or len(result) != 2:
            raise ArgumentTypeError(f"the custom cost must return the pair (C, dC_dy), not {type(result).__name__}")
        value[0] = float(result[0])
        if gradient:
            _write(result[1], gradient, rows, columns, "the custom cost's gradient")
        return 0

    native = _prototypes.crl_cost_function(function)
    multiply = cost.hessian_product
    if multiply is None:
        return native, _prototypes.crl_cost_hessian_product()

    @guarded
    def hessian_product(
        _: Any,
        y: Any,
        targets: Any,
        weights: Any,
        v: Any,
        rows: int,
        columns: int,
        target_columns: int,
        product: Any,
    ) -> int:
        result = multiply(
            *copies(y, targets, weights, rows, columns, target_columns), array_at(v, rows, columns).copy()
        )
        _write(result, product, rows, columns, "the custom cost's hessian_product")
        return 0

    return native, _prototypes.crl_cost_hessian_product(hessian_product)
