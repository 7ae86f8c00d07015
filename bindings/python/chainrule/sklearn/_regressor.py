"""MLPRegressor."""

from __future__ import annotations

from typing import Any, ClassVar

from ._perceptron import Perceptron
from ._quantities import Quantities


class MLPRegressor(Quantities, Perceptron):
    """Scikit-learn's MLPRegressor on libchainrule.

    Computes in float32. The parameters are those of sklearn.neural_network.MLPRegressor, and more.

    Parameters
    ----------
    loss
        "squared_error", or "poisson" for counts ≥ 0.
    hidden_layer_sizes, activation, solver, alpha, batch_size, learning_rate, learning_rate_init, power_t
        As for MLPClassifier.
    max_iter, shuffle, random_state, tol, verbose, warm_start, momentum, nesterovs_momentum, early_stopping
        As for MLPClassifier.
    validation_fraction, beta_1, beta_2, epsilon, n_iter_no_change, max_fun, dropout, solver_params, threads
        As for MLPClassifier.

    Examples
    --------
    >>> from chainrule.sklearn import MLPRegressor
    >>> model = MLPRegressor(hidden_layer_sizes=(50,), solver="lm").fit(x, y)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Perceptron._parameter_constraints,
        **Quantities._parameter_constraints,
    }

    def __init__(
        self,
        loss: str = "squared_error",
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
        dropout: float = 0.0,
        solver_params: dict[str, Any] | None = None,
        threads: int | None = None,
    ) -> None:
        super().__init__(
            loss=loss,
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
            dropout=dropout,
            solver_params=solver_params,
            threads=threads,
        )
