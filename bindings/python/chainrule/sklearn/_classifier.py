"""MLPClassifier."""

from __future__ import annotations

from typing import Any, ClassVar

from sklearn.base import _fit_context
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target, unique_labels

from ._classes import Classes
from ._perceptron import Perceptron, _goes_through_batches


class MLPClassifier(Classes, Perceptron):
    """Scikit-learn's MLPClassifier on libchainrule.

    Computes in float32. The parameters are those of sklearn.neural_network.MLPClassifier, and more.

    Parameters
    ----------
    hidden_layer_sizes, activation
        As in scikit-learn.
    solver
        Also "adamw", "amsgrad", "nadam", "adagrad", "rmsprop", "lion", "irprop_minus" and "quickprop", which go through
        the rows in batches; "bfgs", "newton_cg", "polak_ribiere", "fletcher_reeves" and, of a regressor alone, "lm"
        (Levenberg and Marquardt), which look at all of the data.
    alpha, batch_size
        As in scikit-learn.
    learning_rate
        Also the name of a chainrule.Schedule, a Schedule, or a function (see Trainer), for every solver that goes
        through batches. scikit-learn's own names are for "sgd" alone.
    learning_rate_init, power_t, max_iter, shuffle, random_state, tol, verbose, warm_start
        As in scikit-learn.
    momentum
        < 1.
    nesterovs_momentum, early_stopping, validation_fraction, beta_1, beta_2, epsilon, n_iter_no_change, max_fun
        As in scikit-learn.
    class_weight
        A dict of factors by class, 1 for the others; or "balanced"; of several labels a list of dicts.
    dropout
        The probability with which each hidden value is left out of a training step.
    solver_params
        More arguments of chainrule.Optimizer or of Network.minimize(), such as {"clip_norm": 1}.
    threads
        The number of threads that share the work; None: the library decides. It does not change the results.

    Examples
    --------
    >>> from chainrule.sklearn import MLPClassifier
    >>> model = MLPClassifier(hidden_layer_sizes=(50,), class_weight="balanced", dropout=0.2).fit(x, labels)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Perceptron._parameter_constraints,
        **Classes._parameter_constraints,
    }

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: Any = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: Any = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: Any = 10,
        max_fun: int = 15000,
        class_weight: Any = None,
        dropout: float = 0.0,
        solver_params: dict[str, Any] | None = None,
        threads: int | None = None,
    ) -> None:
        super().__init__(
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
            solver=solver,
            alpha=alpha,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            power_t=power_t,
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            verbose=verbose,
            warm_start=warm_start,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            n_iter_no_change=n_iter_no_change,
            max_fun=max_fun,
            class_weight=class_weight,
            dropout=dropout,
            solver_params=solver_params,
            threads=threads,
        )

    @available_if(_goes_through_batches)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Any:
        """Goes once through these rows, in batches. n calls with the same rows are a fit of n epochs, bit for bit.

        Parameters
        ----------
        X, y, sample_weight
            As for fit().
        classes
            All classes of all calls; the first call needs them.

        Returns
        -------
        object
            The model itself.
        """
        if isinstance(self.class_weight, str):
            raise ValueError(
                f"class_weight={self.class_weight!r} is not supported for partial_fit, which sees a part of the rows "
                "at a time. Give a dict, such as sklearn.utils.compute_class_weight() makes from all of them."
            )
        if _check_partial_fit_first_call(self, classes):
            self._learn_kind(y, type_of_target(y))
        return self._fit(X, y, sample_weight, incremental=True)

    def _targets(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Any, int]:
        X, y = self._checked_labels(X, y, reset)
        if "classes_" not in self.__dict__ or not (self.warm_start or incremental):
            self._learn_classes(y)
            return X, *self._encoded(y)
        self._expect_the_kind(y)
        present = unique_labels(y)
        if self.warm_start and set(present) != set(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. Previously "
                f"got {self.classes_}, `y` has {present}"
            )
        if not set(present) <= set(self.classes_):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. 'y' has {present}."
            )
        return X, *self._encoded(y)
