"""What the classifier and the regressor have in common: the parameters, and how they are fitted."""

from __future__ import annotations

import operator
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.metaestimators import available_if

from .._names import names
from .._prototypes import ScheduleKind
from .._schedules import Schedule
from ._epochs import RATES, Epochs, held_out
from ._fitted import FittedModel
from ._model import ACTIVATIONS, Model, Stepper, perceptron
from ._rows import merged
from ._solvers import MINIMIZERS, STOCHASTIC, minimize, optimizer_arguments

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._losses import Loss


def _goes_through_batches(estimator: Perceptron) -> bool:
    if estimator.solver not in STOCHASTIC:
        raise AttributeError(
            f"partial_fit is only available for stochastic optimizers. {estimator.solver} is not stochastic."
        )
    return True


class Perceptron(FittedModel):
    """The base of MLPClassifier and MLPRegressor."""

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "solver": [StrOptions({*STOCHASTIC, *MINIMIZERS})],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions({*RATES, *names(ScheduleKind)}), Schedule, callable],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "power_t": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "nesterovs_momentum": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
        "max_fun": [Interval(Integral, 1, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "solver_params": [dict, None],
        "threads": [Interval(Integral, 1, 1024, closed="both"), None],
    }

    # Attributes that fitting sets, besides coefs_ and intercepts_.
    n_iter_: int
    t_: int
    n_layers_: int
    loss_: float
    loss_curve_: list[float]
    best_loss_: Any
    validation_scores_: Any
    best_validation_score_: Any
    _no_improvement_count: int
    _optimizer: Stepper

    # Weights

    @property
    def coefs_(self) -> list[npt.NDArray[Any]]:
        """The weights of each layer, (inputs, units). Read-only arrays; assign others to change them."""
        return self._weight_lists("coefs_")[0]

    @coefs_.setter
    def coefs_(self, coefs: list[npt.NDArray[Any]]) -> None:
        self._set_weights(0, coefs)

    @property
    def intercepts_(self) -> list[npt.NDArray[Any]]:
        """The biases of each layer, (units,). Read-only arrays; assign others to change them."""
        return self._weight_lists("intercepts_")[1]

    @intercepts_.setter
    def intercepts_(self, intercepts: list[npt.NDArray[Any]]) -> None:
        self._set_weights(1, intercepts)

    def _weight_lists(self, name: str) -> list[list[npt.NDArray[Any]]]:
        model = self.__dict__.get("_model")
        if model is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        lists: list[list[npt.NDArray[Any]]] = model.weights
        return lists

    def _set_weights(self, place: int, arrays: list[npt.NDArray[Any]]) -> None:
        if "_model" not in self.__dict__:
            self._model = Model()
        self._model.weights[place] = arrays

    # Fitting

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Fits the model.

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
        return self._fit(X, y, sample_weight, incremental=False)

    @available_if(_goes_through_batches)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Goes once through these rows, in batches. n calls with the same rows are a fit of n epochs, bit for bit.

        Parameters
        ----------
        X, y, sample_weight
            As for fit().

        Returns
        -------
        object
            The model itself.
        """
        return self._fit(X, y, sample_weight, incremental=True)

    def _fit(self, X: Any, y: Any, sample_weight: Any, *, incremental: bool) -> Any:
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        if incremental and self.learning_rate not in RATES:
            raise ValueError(f"partial_fit takes a learning_rate of {', '.join(RATES)}; a schedule is for fit")
        is_first = "_model" not in self.__dict__ or not (self.warm_start or incremental)
        data, dtype = self._checked(X, y, sample_weight, incremental=incremental, reset=is_first)
        loss = self._loss()
        random = check_random_state(self.random_state)
        self._begin(loss, is_first=is_first)
        self._prepare(dtype, self.n_outputs_, random, is_first=is_first, incremental=incremental)
        if self.solver in MINIMIZERS:
            minimize(self, self._model, loss, merged(data))
            self._model.changed()
            return self
        held = None
        if self.early_stopping:
            data, held = held_out(data, self.validation_fraction, self._stratum(data.targets), random)
        if not incremental or "_optimizer" not in self.__dict__:
            method, factor, options = optimizer_arguments(self, loss)
            seed = int(random.randint(np.iinfo(np.int32).max))
            self._optimizer = Stepper(self._model, method, float(self.learning_rate_init), factor, seed, options)
        Epochs(self, self._model, loss, held).run(
            data, epochs=1 if incremental else self.max_iter, incremental=incremental
        )
        return self

    def _begin(self, loss: Loss, *, is_first: bool) -> None:
        """Sets the attributes that tell of the training to their first values, unless it goes on."""
        if is_first:
            self.n_iter_ = self.t_ = self._no_improvement_count = 0
            self.out_activation_ = loss.out_activation
            self.n_layers_ = len(self._hidden()) + 2
        before = self.__dict__
        goes_on = "loss_curve_" in before and (before.get("validation_scores_") is not None) == self.early_stopping
        if self.solver in MINIMIZERS or (goes_on and not is_first):
            return
        self.loss_curve_ = []
        self.best_loss_ = None if self.early_stopping else np.inf
        self.validation_scores_ = [] if self.early_stopping else None
        self.best_validation_score_ = -np.inf if self.early_stopping else None

    def _hidden(self) -> list[int]:
        sizes = self.hidden_layer_sizes
        try:
            hidden = [operator.index(size) for size in (sizes if hasattr(sizes, "__iter__") else [sizes])]
        except TypeError:
            raise ValueError(f"hidden_layer_sizes must be whole numbers, got {sizes}.") from None
        if any(size <= 0 for size in hidden):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {hidden}.")
        return hidden

    def _prepare(
        self, dtype: Any, outputs: int, random: np.random.RandomState, *, is_first: bool, incremental: bool
    ) -> None:
        """Makes the network, with new weights if it is the first, or brings weights that someone has set into it."""
        units = [self.n_features_in_, *self._hidden(), outputs]
        before = self.__dict__.get("_model", Model())
        if incremental and before.network is not None:
            before.take_over()
            return
        model = Model(perceptron(units, self.activation, self.dropout), dtype)
        weights = self._first_weights(units, random) if is_first else before.weights
        model.take_over(weights)
        self._model = model
        self.__dict__.pop("_optimizer", None)

    def _first_weights(self, units: list[int], random: np.random.RandomState) -> list[Any]:
        """Glorot's, drawn as scikit-learn draws them."""
        coefs, intercepts = [], []
        for inputs, width in zip(units, units[1:]):
            bound = np.sqrt((2 if self.activation == "logistic" else 6) / (inputs + width))
            coefs.append(random.uniform(-bound, bound, (inputs, width)))
            intercepts.append(random.uniform(-bound, bound, width))
        return [coefs, intercepts]
