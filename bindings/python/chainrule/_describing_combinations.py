"""Describing a network's layers that combine layers, reduce axes, or compute a function of each element."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import TypeVar

from ._arrays import count, real
from ._describing_shapes import DescribingShapes, Lengths, extents_array, lengths
from ._description import encoded, encoded_list, layer_options
from ._errors import check
from ._library import library
from ._names import enumerator
from ._prototypes import Function, ReductionMethod

_Self = TypeVar("_Self", bound="DescribingCombinations")


class DescribingCombinations(DescribingShapes):
    """Gives a network its layers that combine others, and what works element by element."""

    __slots__ = ()

    def add_sum(self: _Self, inputs: Sequence[str], *, name: str | None = None) -> _Self:
        """Adds the elementwise sum of the named layers.

        Parameters
        ----------
        inputs
            Their names; shapes as for add_product().
        name
            The layer's name; None: its position.
        """
        names = encoded_list(inputs)
        check(library.crl_network_add_sum(self._open(), names, len(names), encoded(name)))
        return self

    def add_concatenation(
        self: _Self, inputs: Sequence[str], *, axis: int | None = None, name: str | None = None
    ) -> _Self:
        """Adds a concatenation of the named layers along an axis, side by side in this order.

        Parameters
        ----------
        inputs
            Their names.
        axis
            The axis, from 0; None: the last.
        name
            The layer's name; None: its position.
        """
        names = encoded_list(inputs)
        if axis is None:
            check(library.crl_network_add_concatenation(self._open(), names, len(names), encoded(name)))
        else:
            place = count(axis, "axis")
            check(library.crl_network_add_concatenation_along(self._open(), names, len(names), place, encoded(name)))
        return self

    def add_broadcast(self: _Self, shape: Lengths, *, name: str | None = None, input: str | None = None) -> _Self:
        """Repeats the elements in a larger shape, as numpy.broadcast_to() does.

        Parameters
        ----------
        shape
            The lengths of the larger shape's axes.
        name, input
            As for add_dense().
        """
        options, _ = layer_options(name, input, "identity", None)
        extents = lengths(shape, "shape")
        check(
            library.crl_network_add_broadcast(self._open(), extents_array(extents), len(extents), ctypes.byref(options))
        )
        return self

    def add_mean(self: _Self, inputs: Sequence[str], *, name: str | None = None) -> _Self:
        """Adds the elementwise mean of the named layers.

        Parameters
        ----------
        inputs
            Their names; shapes as for add_product().
        name
            The layer's name; None: its position.
        """
        names = encoded_list(inputs)
        check(library.crl_network_add_mean(self._open(), names, len(names), encoded(name)))
        return self

    def add_difference(self: _Self, a: str, b: str, *, name: str | None = None) -> _Self:
        """Adds a − b, elementwise.

        Parameters
        ----------
        a, b
            As for add_product().
        name
            The layer's name; None: its position.
        """
        check(library.crl_network_add_difference(self._open(), encoded(a), encoded(b), encoded(name)))
        return self

    def add_product(self: _Self, a: str, b: str, *, name: str | None = None) -> _Self:
        """Adds a ⊙ b, elementwise.

        They are repeated by numpy's rules: along axes of length 1, and along axes that they lack before their first.

        Parameters
        ----------
        a, b
            The names of two layers, or "input".
        name
            The layer's name; None: its position.
        """
        check(library.crl_network_add_product(self._open(), encoded(a), encoded(b), encoded(name)))
        return self

    def add_quotient(self: _Self, a: str, b: str, *, name: str | None = None) -> _Self:
        """Adds a / b, elementwise.

        Parameters
        ----------
        a, b
            As for add_product().
        name
            The layer's name; None: its position.
        """
        check(library.crl_network_add_quotient(self._open(), encoded(a), encoded(b), encoded(name)))
        return self

    def add_matrix_product(self: _Self, a: str, b: str, *, transpose_b: bool = False, name: str | None = None) -> _Self:
        """Adds the matrix product a @ b over the last two axes, as numpy.matmul().

        Both layers have at least two axes. Those before the last two are repeated as in add_product().

        Parameters
        ----------
        a, b
            The names of two layers, or "input".
        transpose_b
            Whether to multiply with the transpose of b.
        name
            The layer's name; None: its position.
        """
        check(
            library.crl_network_add_matrix_product(
                self._open(), encoded(a), encoded(b), bool(transpose_b), encoded(name)
            )
        )
        return self

    def add_maximum(self: _Self, a: str, b: str, *, name: str | None = None) -> _Self:
        """Adds the larger of a and b, elementwise; of equal ones, a gets δ.

        Parameters
        ----------
        a, b
            As for add_product().
        name
            The layer's name; None: its position.
        """
        check(library.crl_network_add_maximum(self._open(), encoded(a), encoded(b), encoded(name)))
        return self

    def add_minimum(self: _Self, a: str, b: str, *, name: str | None = None) -> _Self:
        """Adds the smaller of a and b, elementwise; of equal ones, a gets δ.

        Parameters
        ----------
        a, b
            As for add_product().
        name
            The layer's name; None: its position.
        """
        check(library.crl_network_add_minimum(self._open(), encoded(a), encoded(b), encoded(name)))
        return self

    def add_power(self: _Self, a: str, b: str, *, name: str | None = None) -> _Self:
        """Adds a to the power of b, elementwise; NaN for a negative a, unless b is whole.

        The derivatives along b are 0 where a is not above 0.

        Parameters
        ----------
        a, b
            As for add_product().
        name
            The layer's name; None: its position.
        """
        check(library.crl_network_add_power(self._open(), encoded(a), encoded(b), encoded(name)))
        return self

    def add_reduction(
        self: _Self,
        method: str,
        axes: Lengths,
        *,
        keepdims: bool = False,
        name: str | None = None,
        input: str | None = None,
    ) -> _Self:
        """Adds a reduction over some axes, from 0, each at most once.

        Parameters
        ----------
        method
            "sum", "mean", "maximum", "minimum", or "argmax": the place of the first of the largest elements, over
            several axes counted row by row, with the gradient 0.
        axes
            One or several.
        keepdims
            Whether they stay, with length 1. Otherwise they go; of all axes, one of length 1 is left.
        name
            The layer's name; None: its position.
        input
            The layer to read; None: the layer before.
        """
        options, _ = layer_options(name, input, "identity", None)
        kind, along = enumerator(ReductionMethod, method, "method"), lengths(axes, "axes")
        check(
            library.crl_network_add_reduction(
                self._open(), kind, extents_array(along), len(along), bool(keepdims), ctypes.byref(options)
            )
        )
        return self

    def add_function(
        self: _Self, function: str, p: float = 0, q: float = 0, *, name: str | None = None, input: str | None = None
    ) -> _Self:
        """Adds a function of each element.

        Parameters
        ----------
        function
            "affine", p h' + q; "clip", the nearest number from p to q, each possibly infinite; "log", "square_root",
            "absolute", "reciprocal", "square", "erf", "sine", "step", "stepwise_sigmoid"; "quantize", round(h' / p) +
            q, whose derivative is that without rounding, 1 / p; "floor". They are as IEEE arithmetic has them: the
            logarithm of -1 is NaN.
        p, q
            The numbers of "affine", "clip" and "quantize"; 0 for the others.
        name
            The layer's name; None: its position.
        input
            The layer to read; None: the layer before.
        """
        options, _ = layer_options(name, input, "identity", None)
        kind = enumerator(Function, function, "function")
        check(library.crl_network_add_function(self._open(), kind, real(p, "p"), real(q, "q"), ctypes.byref(options)))
        return self
