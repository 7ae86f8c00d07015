"""CascadeClassifier and CascadeRegressor: networks that find the number of their hidden units."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, Options, StrOptions

from .._errors import NotFiniteError
from .._names import names
from .._network import Network
from .._prototypes import Activation
from ._classes import Classes
from ._epochs import held_out
from ._fitted import FittedModel
from ._model import Model
from ._quantities import Quantities
from ._rows import merged, too_large

if TYPE_CHECKING:
    from .._cascade import CascadeUnit


class Cascade(FittedModel):
    """The base of CascadeClassifier and CascadeRegressor."""

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "max_units": [Interval(Integral, 1, 4999, closed="both")],
        "candidates": [Interval(Integral, 1, 10000, closed="both")],
        "activation": [StrOptions(set(names(Activation)) - {"softmax", "log_softmax"}), "array-like"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "target_loss": [Interval(Real, 0, None, closed="left"), None],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "threads": [Interval(Integral, 1, 1024, closed="both"), None],
    }

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Grows a network.

        Parameters
        ----------
        X
            (rows, features), dense or sparse.
        y
            (rows,) or (rows, outputs).
        sample_weight
            (rows,) ≥ 0; None: all are 1.

        Returns
        -------
        object
            The model itself.
        """
        data, dtype = self._checked(X, y, sample_weight)
        loss = self._loss()
        random = check_random_state(self.random_state)
        held = None
        if self.early_stopping:
            data, held = held_out(data, self.validation_fraction, self._stratum(data.targets), random)
        data = merged(data)
        curve: list[CascadeUnit] = []

        def watch(unit: CascadeUnit) -> None:
            curve.append(unit)
            if self.verbose:
                print(f"Units {unit.units}, loss = {unit.cost * loss.value_factor:.8f}")

        target = self.target_loss
        try:
            network = Network.cascade(
                data.x,
                data.targets,
                cost=loss.cost,
                outputs=self.n_outputs_,
                activations=self.activation,
                candidates=self.candidates,
                max_units=self.max_units,
                max_iterations=self.max_iter,
                target_cost=None if target is None else target / loss.value_factor,
                patience=None if self.n_iter_no_change == np.inf else self.n_iter_no_change,
                min_delta=self.tol / loss.value_factor,
                seed=int(random.randint(np.iinfo(np.int32).max)),
                sample_weight=data.weights,
                validation_data=held,
                threads=self.threads,
                on_unit=watch,
            )
        except NotFiniteError as error:
            raise too_large(error) from error
        self._model = Model(network, dtype)
        self.out_activation_ = loss.out_activation
        self.n_iter_ = len(curve)
        self.n_units_ = sum(layer.kind == "dense" for layer in network.layers) - 1
        self.loss_curve_ = [unit.cost * loss.value_factor for unit in curve]
        self.loss_ = self.loss_curve_[self.n_units_]
        self.validation_loss_curve_ = (
            [unit.validation_cost * loss.value_factor for unit in curve] if self.early_stopping else None
        )
        if curve[-1].units == self.max_units and self._is_falling(curve):
            warnings.warn(
                f"The network has grown to {self.max_units} units (max_units), and its loss still falls.",
                ConvergenceWarning,
                stacklevel=3,
            )
        return self

    def _is_falling(self, curve: list[CascadeUnit]) -> bool:
        """Whether the last unit lowered the loss by more than the tolerance."""
        costs = [unit.validation_cost if self.early_stopping else unit.cost for unit in curve]
        factor = self._loss().value_factor
        return len(costs) > 1 and (min(costs[:-1]) - costs[-1]) * factor > self.tol


class CascadeClassifier(Classes, Cascade):
    """A classifier whose network grows hidden unit by hidden unit: cascade correlation (Fahlman and Lebiere 1990).

    Parameters
    ----------
    max_units
        The most hidden units.
    candidates
        The number of units that compete for each place.
    activation
        The σ of the hidden units: a name of the library's, or several for the candidates in turn.
    max_iter
        The most L-BFGS iterations for the outputs each time, and for each candidate.
    target_loss
        Ends when the loss is no larger; None: when it is 0.
    tol
        How much lower a loss must be to count.
    n_iter_no_change
        Ends after so many units without a lower loss (of the held-out rows with early_stopping).
    early_stopping
        Whether to hold out validation_fraction of the rows, and to keep the network with the lowest loss on them.
    validation_fraction
        Their share.
    class_weight, random_state, verbose, threads
        As for MLPClassifier.

    Attributes
    ----------
    classes_
        The classes.
    n_units_
        The number of hidden units.
    n_iter_
        How often the outputs were trained: without units, and after each one that was tried.
    loss_
        The loss.
    loss_curve_
        The loss after each unit.
    validation_loss_curve_
        Likewise of the held-out rows.
    network_
        A copy of the network.

    Examples
    --------
    >>> from chainrule.sklearn import CascadeClassifier
    >>> model = CascadeClassifier(max_units=20, early_stopping=True).fit(x, labels)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Cascade._parameter_constraints,
        **Classes._parameter_constraints,
    }

    def __init__(
        self,
        max_units: int = 30,
        *,
        candidates: int = 8,
        activation: Any = "tanh",
        max_iter: int = 200,
        target_loss: float | None = 1e-4,
        tol: float = 1e-4,
        n_iter_no_change: Any = 5,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        class_weight: Any = None,
        random_state: Any = None,
        verbose: Any = False,
        threads: int | None = None,
    ) -> None:
        super().__init__(
            max_units=max_units,
            candidates=candidates,
            activation=activation,
            max_iter=max_iter,
            target_loss=target_loss,
            tol=tol,
            n_iter_no_change=n_iter_no_change,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            class_weight=class_weight,
            random_state=random_state,
            verbose=verbose,
            threads=threads,
        )

    def _targets(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Any, int]:
        X, y = self._checked_labels(X, y, reset)
        self._learn_classes(y)
        return X, *self._encoded(y)


class CascadeRegressor(Quantities, Cascade):
    """A regressor whose network grows hidden unit by hidden unit: cascade correlation (Fahlman and Lebiere 1990).

    See CascadeClassifier for the attributes.

    Parameters
    ----------
    max_units
        As for CascadeClassifier.
    loss
        "squared_error", or "poisson" for counts ≥ 0.
    candidates, activation, max_iter, target_loss, tol, n_iter_no_change, early_stopping, validation_fraction
        As for CascadeClassifier.
    random_state, verbose, threads
        As for CascadeClassifier.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Cascade._parameter_constraints,
        **Quantities._parameter_constraints,
    }

    def __init__(
        self,
        max_units: int = 30,
        *,
        loss: str = "squared_error",
        candidates: int = 8,
        activation: Any = "tanh",
        max_iter: int = 200,
        target_loss: float | None = 1e-4,
        tol: float = 1e-4,
        n_iter_no_change: Any = 5,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        random_state: Any = None,
        verbose: Any = False,
        threads: int | None = None,
    ) -> None:
        super().__init__(
            max_units=max_units,
            loss=loss,
            candidates=candidates,
            activation=activation,
            max_iter=max_iter,
            target_loss=target_loss,
            tol=tol,
            n_iter_no_change=n_iter_no_change,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            random_state=random_state,
            verbose=verbose,
            threads=threads,
        )
