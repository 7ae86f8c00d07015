"""The forward and backward pass, one call each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

import numpy as np

from ._arrays import RowFunction, address_of, as_rows, count, out_vector, seed_value
from ._description import encoded
from ._errors import ArgumentTypeError, check, results
from ._handles import FloatArray, Handle, NativeObject, array_at
from ._library import library
from ._network import Network
from ._prototypes import Purpose, Quantity

if TYPE_CHECKING:
    import numpy.typing as npt


class Workspace(NativeObject):
    """The memory of one forward and backward pass: z, h and δ of every layer. One per thread.

    Parameters
    ----------
    network
        The network to compute.
    max_rows
        The most rows a pass may have.
    training
        False: forward() only, which keeps only h.

    Examples
    --------
    >>> workspace = Workspace(network, max_rows=32)
    >>> y = workspace.forward(x)                                  # z = W h + b,  h = σ(z), layer by layer
    >>> C, dC_dy = chainrule.cost(y, labels, "cross_entropy")
    >>> gradients = workspace.backward(dC_dy)                     # δ back through every layer, ∂C/∂W = s ⊗ h
    >>> optimizer.step(gradients)                                 # W ← W − η ∂C/∂W
    """

    __slots__ = ("_forward", "_max_rows", "_network", "_training")
    _kind = "workspace"

    def __init__(self, network: Network, max_rows: int, training: bool = True) -> None:
        owner = network._open()
        purpose = Purpose.TRAINING if training else Purpose.INFERENCE
        (pointer,) = results(library.crl_workspace_create, owner, count(max_rows, "max_rows"), purpose)
        self._handle = Handle(pointer, library.crl_workspace_destroy, owner)
        built = network._layout()
        self._forward = RowFunction(
            "crl_forward",
            built.inputs,
            built.outputs,
            built.multiplications,
            owner.callbacks,
            shape=built.shape,
            needs_rows=True,
        )
        self._max_rows = max_rows
        self._training = training
        self._network = network

    @property
    def network(self) -> Network:
        """The workspace's network."""
        return self._network

    def set_noise(self, seed: int | None, step: int = 0) -> None:
        """Chooses what dropout and noise layers draw in later passes.

        The numbers follow from seed, step, layer, row and column alone. fit() uses its seed, and as step the number of
        the optimizer's steps. Afterwards the workspace holds no forward pass.

        Parameters
        ----------
        seed
            None: they do nothing.
        step
            Another step, other numbers.
        """
        active, value = (0, 0) if seed is None else (1, seed_value(seed))
        check(library.crl_workspace_set_noise(self._open(), active, value, count(step, "step")))

    def use_batch_statistics(self, active: bool = True) -> None:
        """Chooses whether batch normalization takes its statistics from the batch in later passes, as fit() does.

        Network.update_statistics() moves the running statistics. Afterwards the workspace
        holds no forward pass.

        Parameters
        ----------
        active
            Whether it does; otherwise it takes its running statistics.
        """
        check(library.crl_workspace_use_batch_statistics(self._open(), bool(active)))

    def forward(self, x: npt.ArrayLike, *, out: FloatArray | None = None) -> FloatArray:
        """Computes z and h of every layer, and y.

        Parameters
        ----------
        x
            (rows, inputs) with rows ≤ max_rows, or (inputs,) for a single row.
        out
            A float32 array for y.

        Returns
        -------
        ndarray
            The outputs y, (rows, outputs), or (outputs,) for a single row: out if given, else a new array.
        """
        return self._forward(x, out, self.network._open(), self._open())

    @overload
    def backward(
        self,
        dC_dy: npt.ArrayLike,
        gradients: FloatArray | None = None,
        *,
        accumulate: bool = False,
        input_gradient: Literal[False] = False,
    ) -> FloatArray: ...
    @overload
    def backward(
        self,
        dC_dy: npt.ArrayLike,
        gradients: FloatArray | None = None,
        *,
        accumulate: bool = False,
        input_gradient: Literal[True],
    ) -> tuple[FloatArray, FloatArray]: ...
    def backward(
        self,
        dC_dy: npt.ArrayLike,
        gradients: FloatArray | None = None,
        *,
        accumulate: bool = False,
        input_gradient: bool = False,
    ) -> FloatArray | tuple[FloatArray, FloatArray]:
        """Passes the error signal δ back through every layer, for the rows of the last forward().

        Parameters
        ----------
        dC_dy
            ∂C/∂y, with the shape of y.
        gradients
            A contiguous float32 (count,) vector for ∂C/∂w, for speed; None: a new one.
        accumulate
            Add to gradients instead of overwriting it. Pass gradients with it.
        input_gradient
            Also return ∂C/∂x.

        Returns
        -------
        ndarray or tuple[ndarray, ndarray]
            The gradients, or (gradients, dC_dx) with dC_dx of the shape of x.
        """
        built = self.network._layout()
        signal = as_rows(dC_dy, built.outputs, "dC_dy")
        if gradients is None and accumulate:
            raise ArgumentTypeError("accumulate needs the gradients to add to")
        vector = (
            np.empty(built.parameter_count, np.float32)
            if gradients is None
            else out_vector(gradients, built.parameter_count, "gradients")
        )
        dC_dx = np.empty((signal.rows, built.inputs), np.float32) if input_gradient else None
        status = library.crl_backward(
            self.network._open(),
            self._open(),
            signal.address,
            signal.rows,
            signal.stride,
            address_of(vector),
            built.parameter_count,
            bool(accumulate),
            None if dC_dx is None else address_of(dC_dx),
            0 if dC_dx is None else signal.rows,
            0 if dC_dx is None else built.inputs,
        )
        check(status)
        if dC_dx is None:
            return vector
        return vector, dC_dx[0] if signal.single else dC_dx

    def backward_until(
        self, first: int, gradients: FloatArray, dC_dy: npt.ArrayLike | None = None, *, accumulate: bool = False
    ) -> FloatArray:
        """Runs a part of a backward pass, from the last layer towards the first: as far as some gradients need.

        These can travel to other processes while the next call goes on. Cut the vector anywhere: give dC_dy with the
        last piece, and none with each piece before it, down to first = 0. All pieces together have the bits of
        backward().

        Parameters
        ----------
        first
            The gradients from this index to the end are complete afterwards. 0: the pass ends.
        gradients
            A contiguous float32 (count,) vector for ∂C/∂w, the same in each call.
        dC_dy
            ∂C/∂y, with the shape of y: starts a pass. None: goes on with it.
        accumulate
            Add to gradients instead of overwriting it.

        Returns
        -------
        ndarray
            A view of gradients[first:].
        """
        built = self.network._layout()
        vector = out_vector(gradients, built.parameter_count, "gradients")
        start, rows = count(first, "first"), None
        if dC_dy is not None:
            rows = as_rows(dC_dy, built.outputs, "dC_dy")
        status = library.crl_backward_until(
            self.network._open(),
            self._open(),
            None if rows is None else rows.address,
            0 if rows is None else rows.rows,
            0 if rows is None else rows.stride,
            start,
            address_of(vector),
            built.parameter_count,
            bool(accumulate),
        )
        check(status)
        return vector[start:]

    def z(self, layer: str | int) -> FloatArray:
        """The preactivation z = W h + b of a layer in the last forward().

        z(), h() and delta() return copies, which later passes do not
        change.

        Parameters
        ----------
        layer
            Its name, or its index in network.layers.

        Returns
        -------
        ndarray
            (rows, units), a copy.
        """
        return self._values(layer, Quantity.Z)

    def h(self, layer: str | int) -> FloatArray:
        """The activation h = σ(z) of a layer in the last forward().

        Parameters
        ----------
        layer
            As for z(); also "input".

        Returns
        -------
        ndarray
            (rows, units), a copy.
        """
        return self._values(layer, Quantity.H)

    def delta(self, layer: str | int) -> FloatArray:
        """The error signal δ = ∂C/∂h that reached a layer in the last backward().

        Parameters
        ----------
        layer
            As for z(); also "input".

        Returns
        -------
        ndarray
            (rows, units), a copy.
        """
        return self._values(layer, Quantity.DELTA)

    def _values(self, layer: str | int, quantity: int) -> FloatArray:
        if isinstance(layer, str):
            name = layer
        elif isinstance(layer, (int, np.integer)):
            name = self.network.layers[layer].name
        else:
            raise ArgumentTypeError(f"layer must be a name or an index, not {layer!r}")
        values, rows, columns = results(library.crl_workspace_values, self._open(), encoded(name), quantity)
        copy: FloatArray = array_at(values.value, rows.value, columns.value).copy()
        return copy

    def __repr__(self) -> str:
        if self.closed:
            return "Workspace(closed)"
        return f"Workspace(max_rows={self._max_rows}, training={self._training}, {self.network!r})"
