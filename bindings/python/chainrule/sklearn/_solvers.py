"""The solvers: scikit-learn's three, and the library's others under its own names."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from sklearn.exceptions import ConvergenceWarning

from .._errors import NotFiniteError
from .._names import names
from .._prototypes import Minimizer, OptimizerMethod
from ._rows import too_large

if TYPE_CHECKING:
    from .._minimizing import Iteration
    from ._losses import Loss
    from ._model import Model
    from ._perceptron import Perceptron
    from ._rows import Rows

# The stack level of whoever calls fit(), in what _fit() calls: scikit-learn's wrapper and fit() are between.
CALLER = 5

# Those that go through the rows in batches. scikit-learn's "sgd" stands for the three that its momentum chooses from.
STOCHASTIC = (
    "sgd",
    *(name for name in names(OptimizerMethod) if name not in ("gradient_descent", "momentum", "nesterov")),
)
# Those that look at all of the data at once, as Network.minimize() calls them.
MINIMIZERS = {"lm" if name == "levenberg_marquardt" else name: name for name in names(Minimizer)}
_BETAS = ("adam", "adamw", "amsgrad", "nadam", "lion")
_EPSILON = ("adam", "adamw", "amsgrad", "nadam", "adagrad", "rmsprop")
# Those whose steps are as long as the gradient.
_PROPORTIONAL = ("gradient_descent", "momentum", "nesterov", "quickprop")


def optimizer_arguments(estimator: Perceptron, loss: Loss) -> tuple[str, float, dict[str, Any]]:
    """The name of an Optimizer's method, the factor of its learning rate, and its options.

    The steps are those along loss.gradient_factor times the library's gradient.
    """
    method = estimator.solver
    if method == "sgd":
        momentum = estimator.momentum
        method = "gradient_descent" if momentum == 0 else "nesterov" if estimator.nesterovs_momentum else "momentum"
    options: dict[str, Any] = {}
    if method in ("momentum", "nesterov"):
        options["momentum"] = estimator.momentum
    if method in _BETAS:
        options.update(beta1=estimator.beta_1, beta2=estimator.beta_2)
    elif method == "rmsprop":
        options["beta2"] = estimator.beta_2
    if method in _EPSILON:
        options["epsilon"] = max(estimator.epsilon / loss.gradient_factor, 1e-30)
    factor = loss.gradient_factor if method in _PROPORTIONAL else 1
    return method, factor, {**options, **(estimator.solver_params or {})}


def minimize(estimator: Perceptron, model: Model, loss: Loss, data: Rows) -> None:
    """Fits by a method that looks at all of the data at once."""
    if estimator.dropout > 0:
        raise ValueError(f"dropout needs a solver that goes through the rows in batches, not {estimator.solver!r}")
    network = model.network
    assert network is not None
    penalty = estimator.alpha / data.weight

    def watch(iteration: Iteration) -> bool:
        if estimator.verbose:
            print(f"Iteration {iteration.iteration}, loss = {iteration.cost * loss.value_factor:.8f}")
        return bool(iteration.gradient_norm * loss.gradient_factor > estimator.tol)

    try:
        found = network.minimize(
            data.x,
            data.targets,
            cost=loss.cost,
            method=MINIMIZERS[estimator.solver],
            sample_weight=data.weights,
            max_iterations=estimator.max_iter,
            max_evaluations=estimator.max_fun,
            gradient_tolerance=0,
            l2=penalty / loss.gradient_factor,
            threads=estimator.threads,
            on_iteration=watch,
            **(estimator.solver_params or {}),
        )
    except NotFiniteError as error:
        raise too_large(error) from error
    estimator.n_iter_ = found.iterations
    estimator.loss_ = (found.cost - found.penalty) * loss.value_factor + found.penalty * loss.gradient_factor
    if found.reason in ("max_iterations", "max_evaluations"):
        what = "iterations" if found.reason == "max_iterations" else "evaluations of the loss"
        warnings.warn(
            f"{estimator.solver} failed to converge after {found.iterations} iterations: it reached the limit of "
            f"{what} (max_iter={estimator.max_iter}, max_fun={estimator.max_fun}).",
            ConvergenceWarning,
            stacklevel=CALLER,
        )
