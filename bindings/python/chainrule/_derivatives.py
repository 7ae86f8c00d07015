"""Derivatives beyond the gradient."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from . import _prototypes
from ._arrays import (
    Rows,
    address_of,
    as_rows,
    as_vector,
    optional_count,
    optional_real,
    out_vector,
    seed_value,
    set_given,
    size_error,
)
from ._costs import CostLike, cost_options
from ._data import Data
from ._default_costs import cost_by_targets
from ._errors import check
from ._handles import FloatArray, NativeObject
from ._library import library
from ._names import enumerator
from ._prototypes import Variable

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._gradient_report import GradientReport
    from ._layout import Layout
    from ._network import Network
    from ._objective import Objective


class Derivatives(NativeObject):
    """A network's derivatives beyond the gradient."""

    __slots__ = ()
    _trained_cost: Any

    def _layout(self) -> Layout:
        raise NotImplementedError

    def _cost(self, cost: CostLike | None, targets: Any) -> Any:
        """The crl_cost_options for a cost; None: the cost of the network's last training, or else by the targets."""
        if cost is not None:
            return cost_options(cost)
        if self._trained_cost is not None:
            return self._trained_cost
        return cost_options(cost_by_targets(cast("Network", self), targets))

    def objective(
        self,
        x: npt.ArrayLike,
        targets: npt.ArrayLike | None,
        cost: CostLike | None = None,
        *,
        sample_weight: npt.ArrayLike | None = None,
    ) -> Objective:
        """C of these data as a function of the parameters, for scipy.optimize.minimize().

        See minimize() for the library's own methods, which are faster.

        Parameters
        ----------
        x, targets, cost, sample_weight
            As for value_and_grad().

        Returns
        -------
        Objective
            It takes parameters, and gives C and its gradient.
        """
        from ._objective import Objective

        return Objective(cast("Network", self), x, targets, cost, sample_weight)

    def jvp(
        self,
        x: npt.ArrayLike,
        x_tangent: npt.ArrayLike | None = None,
        w_tangent: npt.ArrayLike | None = None,
    ) -> tuple[FloatArray, FloatArray]:
        """The Jacobian-vector product: the outputs, and their change along a direction.

        Parameters
        ----------
        x
            (rows, inputs), or (inputs,) for a single row; all finite.
        x_tangent
            The direction of x, of its shape; None for 0.
        w_tangent
            The direction of the parameters, a (count,) vector; None for 0.

        Returns
        -------
        tuple[ndarray, ndarray]
            (y, y_tangent), each (rows, outputs), or (outputs,) for a single row.
        """
        built = self._layout()
        given = as_rows(x, built.inputs, "x", built.shape)
        moved = None if x_tangent is None else self._rows_like(given, x_tangent, built.inputs, "x_tangent")
        direction = None if w_tangent is None else as_vector(w_tangent, built.parameter_count, "w_tangent")
        y = np.empty((given.rows, built.outputs), np.float32)
        y_tangent = np.empty((given.rows, built.outputs), np.float32)
        check(
            library.crl_network_jvp(
                self._open(),
                given.address,
                given.rows,
                given.stride,
                moved and moved.address,
                moved.stride if moved else 0,
                None if direction is None else address_of(direction),
                built.parameter_count,
                address_of(y),
                given.rows,
                built.outputs,
                address_of(y_tangent),
                given.rows,
                built.outputs,
            )
        )
        return (y[0], y_tangent[0]) if given.single else (y, y_tangent)

    def vjp(self, x: npt.ArrayLike, u: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """The vector-Jacobian products uᵀ ∂y/∂w, summed over the rows, and uᵀ ∂y/∂x, row by row.

        Parameters
        ----------
        x
            (rows, inputs), or (inputs,) for a single row; all finite.
        u
            (rows, outputs), or (outputs,): replaces ∂C/∂y in a backward pass.

        Returns
        -------
        tuple[ndarray, ndarray]
            (gradients, x_gradient): a (count,) vector, and an array of the shape of x.
        """
        built = self._layout()
        given = as_rows(x, built.inputs, "x", built.shape)
        vector = self._rows_like(given, u, built.outputs, "u")
        gradients = np.empty(built.parameter_count, np.float32)
        x_gradient = np.empty((given.rows, built.inputs), np.float32)
        check(
            library.crl_network_vjp(
                self._open(),
                given.address,
                given.rows,
                given.stride,
                vector.address,
                vector.stride,
                address_of(gradients),
                built.parameter_count,
                address_of(x_gradient),
                given.rows,
                built.inputs,
            )
        )
        return gradients, x_gradient[0] if given.single else x_gradient

    def hessian_product(
        self,
        x: npt.ArrayLike,
        targets: npt.ArrayLike | None,
        vector: npt.ArrayLike,
        cost: CostLike | None = None,
        *,
        sample_weight: npt.ArrayLike | None = None,
        out: FloatArray | None = None,
    ) -> FloatArray:
        """H v with the Hessian H = ∂²C/∂w², exact. It takes the time of two to three gradients.

        Parameters
        ----------
        x
            (rows, inputs), or (inputs,) for a single row; all finite.
        targets
            As for value_and_grad().
        vector
            The v, (count,), laid out as parameters; all finite.
        cost, sample_weight
            As for value_and_grad().
        out
            A contiguous float32 (count,) vector for the result.

        Returns
        -------
        ndarray
            (count,): out if given, else a new array.

        Raises
        ------
        StateError
            A custom activation has no second_derivative, or a custom cost no hessian_product.
        """
        return self._product(library.crl_network_hessian_product, x, targets, vector, cost, sample_weight, out)

    def gauss_newton_product(
        self,
        x: npt.ArrayLike,
        targets: npt.ArrayLike | None,
        vector: npt.ArrayLike,
        cost: CostLike | None = None,
        *,
        sample_weight: npt.ArrayLike | None = None,
        out: FloatArray | None = None,
    ) -> FloatArray:
        """G v with the Gauss-Newton matrix G = Σ Jᵀ H_C J, J = ∂y/∂w and H_C = ∂²C/∂y².

        G is positive semidefinite for every built-in cost.

        Parameters
        ----------
        x, targets, vector, cost, sample_weight, out
            As for hessian_product().

        Returns
        -------
        ndarray
            (count,): out if given, else a new array.
        """
        return self._product(library.crl_network_gauss_newton_product, x, targets, vector, cost, sample_weight, out)

    def hessian(
        self,
        x: npt.ArrayLike,
        targets: npt.ArrayLike | None,
        cost: CostLike | None = None,
        *,
        sample_weight: npt.ArrayLike | None = None,
    ) -> FloatArray:
        """The whole Hessian ∂²C/∂w², for small networks.

        Parameters
        ----------
        x, targets, cost, sample_weight
            As for hessian_product().

        Returns
        -------
        ndarray
            (count, count).
        """
        built = self._layout()
        options = self._cost(cost, targets)
        data = Data(built, x, targets, sample_weight, options)
        hessian = np.empty((built.parameter_count, built.parameter_count), np.float32)
        check(
            library.crl_network_hessian(
                self._open(),
                ctypes.byref(options),
                *data.arguments,
                address_of(hessian),
                built.parameter_count,
                built.parameter_count,
            )
        )
        return hessian

    def jacobian(self, x: npt.ArrayLike, variable: str = "parameters") -> FloatArray:
        """The derivatives of every output of every row, for small networks.

        Parameters
        ----------
        x
            (rows, inputs), or (inputs,) for a single row; all finite.
        variable
            "parameters" for ∂y/∂w, "input" for ∂y/∂x.

        Returns
        -------
        ndarray
            (rows, outputs, count) or (rows, outputs, inputs); without the first axis for a single row.
        """
        built = self._layout()
        given = as_rows(x, built.inputs, "x", built.shape)
        kind = enumerator(Variable, variable, "variable")
        columns = built.parameter_count if kind == Variable.PARAMETERS else built.inputs
        jacobian = np.empty((given.rows, built.outputs, columns), np.float32)
        check(
            library.crl_network_jacobian(
                self._open(),
                given.address,
                given.rows,
                given.stride,
                kind,
                address_of(jacobian),
                given.rows * built.outputs,
                columns,
            )
        )
        return jacobian[0] if given.single else jacobian

    def check_gradient(
        self,
        x: npt.ArrayLike,
        targets: npt.ArrayLike | None,
        cost: CostLike | None = None,
        *,
        sample_weight: npt.ArrayLike | None = None,
        step: float | None = None,
        tolerance: float | None = None,
        max_coordinates: int | None = None,
        seed: int = 0,
    ) -> GradientReport:
        """Compares derivatives with differences of values: first those of custom functions, then ∂C/∂w.

        It finds an error of 1 % in a custom derivative. Each parameter takes up to 18 forward passes over x, so pass a
        few dozen rows. The network does not change.

        Parameters
        ----------
        x
            (rows, inputs), or (inputs,) for a single row; all finite.
        targets, cost, sample_weight
            As for value_and_grad().
        step
            The largest step of the differences, for numbers up to 1 in size; None: 0.1.
        tolerance
            The largest relative error that passes; None: 0.005. Float32 rounds: the smaller the tolerance, the fewer
            coordinates can be checked; below about 1e-4 few.
        max_coordinates
            The most parameters to check, some of every tensor; None: 1000.
        seed
            Chooses the parameters if there are more.

        Returns
        -------
        GradientReport
            How many passed, and the worst.
        """
        from ._gradient_report import report_of

        built = self._layout()
        cost_native = self._cost(cost, targets)
        data = Data(built, x, targets, sample_weight, cost_native)
        options = _prototypes.crl_gradient_check_options.default()
        given = {
            "step": optional_real(step, "step"),
            "tolerance": optional_real(tolerance, "tolerance"),
            "max_coordinates": optional_count(max_coordinates, "max_coordinates"),
        }
        set_given(options, given)
        options.seed = seed_value(seed)
        report = _prototypes.crl_gradient_report.default()
        check(
            library.crl_network_check_gradient(
                self._open(),
                ctypes.byref(cost_native),
                *data.arguments,
                ctypes.byref(options),
                ctypes.byref(report),
            )
        )
        return report_of(report)

    def _product(
        self,
        function: Any,
        x: npt.ArrayLike,
        targets: npt.ArrayLike | None,
        vector: npt.ArrayLike,
        cost: CostLike | None,
        sample_weight: npt.ArrayLike | None,
        out: FloatArray | None,
    ) -> FloatArray:
        built = self._layout()
        options = self._cost(cost, targets)
        data = Data(built, x, targets, sample_weight, options)
        direction = as_vector(vector, built.parameter_count, "vector")
        product = (
            np.empty(built.parameter_count, np.float32)
            if out is None
            else out_vector(out, built.parameter_count, "out")
        )
        if np.may_share_memory(direction, product):
            direction = direction.copy()
        check(
            function(
                self._open(),
                ctypes.byref(options),
                *data.arguments,
                address_of(direction),
                built.parameter_count,
                address_of(product),
                built.parameter_count,
            )
        )
        return product

    @staticmethod
    def _rows_like(given: Rows, values: npt.ArrayLike, columns: int, what: str) -> Rows:
        """Rows that belong to the rows given."""
        rows = as_rows(values, columns, what)
        if rows.rows != given.rows:
            raise size_error(f"{what} has {rows.rows} rows for {given.rows} rows of x")
        return rows
