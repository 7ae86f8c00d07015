"""The cost as a function of the parameters, for minimizers of other libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._arrays import as_rows, as_vector
from ._costs import CostLike

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._network import Network


class Objective:
    """C of some data as a function of a network's parameters, as scipy.optimize.minimize() takes it.

    Each call sets the network's parameters, and leaves them so. What it returns is new: the next call overwrites
    nothing. The parameters are rounded to float32, and C and its derivatives are computed in it: differences below some
    1e-7 of C are noise.

    Parameters
    ----------
    network
        Built.
    x, targets, cost, sample_weight
        As for Network.objective(), which is shorter.

    Examples
    --------
    >>> objective = network.objective(x, labels)
    >>> result = scipy.optimize.minimize(objective, objective.x0, jac=True, method="L-BFGS-B")
    >>> network.parameters[:] = result.x
    """

    def __init__(
        self, network: Network, x: npt.ArrayLike, targets: npt.ArrayLike | None, cost: Any, sample_weight: Any
    ) -> None:
        network._open()
        built = network._layout()
        # Converted once.
        self._x = as_rows(x, built.inputs, "x", built.shape).array
        self._targets = targets
        self._cost: CostLike = network._cost(cost, targets).given
        self._sample_weight = sample_weight
        self._network = network

    @property
    def x0(self) -> npt.NDArray[np.float64]:
        """The network's parameters now, a (count,) copy."""
        return self._network.parameters.astype(np.float64)

    def __call__(self, w: npt.ArrayLike) -> tuple[float, npt.NDArray[np.float64]]:
        """C and its gradient at parameters.

        Parameters
        ----------
        w
            (count,) parameters.

        Returns
        -------
        tuple[float, ndarray]
            (C, gradient): a float and a new (count,) float64 array.
        """
        self._move(w)
        value, gradient = self._network.value_and_grad(
            self._x, self._targets, self._cost, sample_weight=self._sample_weight
        )
        return value, gradient.astype(np.float64)

    def hessp(self, w: npt.ArrayLike, v: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """The Hessian at parameters times a vector: the argument hessp of scipy's methods "Newton-CG" and "trust-ncg".

        Parameters
        ----------
        w
            (count,) parameters.
        v
            (count,) vector.

        Returns
        -------
        ndarray
            (count,): a new float64 array.
        """
        self._move(w)
        product = self._network.hessian_product(
            self._x, self._targets, v, self._cost, sample_weight=self._sample_weight
        )
        return product.astype(np.float64)

    def _move(self, w: npt.ArrayLike) -> None:
        parameters = self._network.parameters
        parameters[:] = as_vector(w, parameters.size, "w")
