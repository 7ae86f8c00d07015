"""Going through the rows in batches: epochs, their losses, and when they end."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split

from .._data_source import DataSource
from .._errors import NotFiniteError
from ._rows import Rows, merged, too_large
from ._solvers import CALLER

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._data_source import Request
    from .._history import Epoch
    from ._losses import Loss
    from ._model import Model, Stepper
    from ._perceptron import Perceptron

# The names of learning_rate that scikit-learn has; they are for "sgd" alone. Others are the library's schedules.
RATES = ("constant", "invscaling", "adaptive")


def held_out(data: Rows, fraction: float, stratify: Any, random: np.random.RandomState) -> tuple[Rows, Rows]:
    """The rows to train on and those to validate on, as scikit-learn draws them."""
    rows = np.arange(data.x.shape[0])
    train, held = train_test_split(rows, random_state=random, test_size=fraction, stratify=stratify)
    if len(held) < 2:
        raise ValueError("The validation set is too small. Increase 'validation_fraction' or the size of your dataset.")
    return data.at(train), data.at(held).dense


def batch_rows(batch_size: Any, rows: int) -> int:
    """The number of rows of a batch."""
    if batch_size == "auto":
        return min(200, rows)
    if batch_size > rows:
        warnings.warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped", stacklevel=CALLER + 1
        )
    return min(int(batch_size), rows)


def _source(data: Rows, shuffle: bool, stepper: Stepper) -> DataSource:
    """The batches of sparse rows, made dense one at a time."""
    rows = data.x.shape[0]
    order = np.arange(rows)

    def batch(request: Request) -> tuple[Any, ...] | None:
        if request.first_row == 0 and shuffle:
            number = (stepper.seed + stepper.epochs + request.epoch) % 2**32
            order[:] = np.random.RandomState(number).permutation(rows)
        places = order[request.first_row : request.first_row + request.max_rows]
        if len(places) == 0:
            return None
        x, targets, weights = data.at(places).dense
        return (x, targets) if weights is None else (x, targets, weights)

    columns = "classes" if data.targets.ndim == 1 else data.targets.shape[1]
    return DataSource(batch, columns, data.weights is not None)


class Epochs:
    """One fit: what scikit-learn does after each epoch."""

    def __init__(self, estimator: Perceptron, model: Model, loss: Loss, held: Rows | None) -> None:
        self._estimator, self._model, self._loss, self._held = estimator, model, loss, held
        network = model.network
        assert network is not None
        tensors = network.tensors
        # Contiguous, for the sums of squares.
        self._weights = [tensors[f"{name}.weight"].ravel() for name in model.layers]
        self._parameters = network.parameters
        self._best: npt.NDArray[Any] | None = None

    def run(self, data: Rows, *, epochs: int, incremental: bool) -> None:
        """Trains, and sets the attributes that tell of it."""
        estimator, network, stepper = self._estimator, self._model.network, self._estimator._optimizer
        assert network is not None
        self._rows = rows = data.x.shape[0]
        size = batch_rows(estimator.batch_size, rows)
        is_one_batch = size == rows
        if is_one_batch:
            data = merged(data)
        self._penalty = estimator.alpha / (data.weight if is_one_batch else size * data.weight / rows)
        stepper.penalize(self._penalty / self._loss.gradient_factor)
        estimator.n_iter_ = 0
        self._is_over = incremental
        # The batches of a source are its own matter: their order, and what is in them.
        is_source = sparse.issparse(data.x)
        try:
            network.fit(
                _source(data, estimator.shuffle, stepper) if is_source else data.x,
                None if is_source else data.targets,
                cost=self._loss.cost,
                optimizer=stepper.native,
                schedule=None if estimator.learning_rate in RATES else estimator.learning_rate,
                epochs=epochs,
                batch_size=max(size, len(data.x)) if is_one_batch else size,
                shuffle=estimator.shuffle and not is_one_batch,
                seed=stepper.seed,
                sample_weight=None if is_source else data.weights,
                validation_data=self._held,
                threads=estimator.threads,
                on_epoch=self._after,
            )
        except KeyboardInterrupt:
            self._is_over = True
            warnings.warn("Training interrupted by user.", stacklevel=CALLER)
        except NotFiniteError as error:
            self._diverged(error)
        finally:
            self._model.changed()
            stepper.epochs += estimator.n_iter_
        if self._best is not None:
            self._parameters[:] = self._best
        if not self._is_over:
            warnings.warn(
                f"Stochastic Optimizer: Maximum iterations ({estimator.max_iter}) reached and the optimization hasn't "
                "converged yet.",
                ConvergenceWarning,
                stacklevel=CALLER,
            )

    def _diverged(self, error: NotFiniteError) -> None:
        if self._held is None:
            raise too_large(error) from error
        estimator = self._estimator
        estimator.loss_ = float("nan")
        estimator.loss_curve_.append(estimator.loss_)
        estimator.validation_scores_.append(float("nan"))
        self._is_over = True
        warnings.warn(f"Training diverged. {error}", ConvergenceWarning, stacklevel=CALLER + 1)

    def _after(self, epoch: Epoch) -> bool:
        """Whether to go on."""
        estimator = self._estimator
        squares = sum(float(np.vdot(weights, weights)) for weights in self._weights)
        estimator.loss_ = epoch.cost * self._loss.value_factor + self._penalty / 2 * squares
        estimator.n_iter_ += 1
        estimator.t_ += self._rows
        estimator.loss_curve_.append(estimator.loss_)
        if estimator.verbose:
            print(f"Iteration {estimator.n_iter_}, loss = {estimator.loss_:.8f}")
        if self._held is None:
            self._compare_loss(estimator.loss_)
        else:
            self._compare_score(self._score(epoch))
        stepper = estimator._optimizer
        is_adaptive = estimator.solver == "sgd" and estimator.learning_rate == "adaptive"
        if estimator.solver == "sgd" and estimator.learning_rate == "invscaling":
            stepper.learning_rate = estimator.learning_rate_init / (estimator.t_ + 1) ** estimator.power_t
        if estimator._no_improvement_count <= estimator.n_iter_no_change:
            return True
        what = "Training loss" if self._held is None else "Validation score"
        message = (
            f"{what} did not improve more than tol={estimator.tol:f} for {estimator.n_iter_no_change} consecutive "
            "epochs."
        )
        if is_adaptive and stepper.learning_rate > 1e-6:
            stepper.learning_rate /= 5
            estimator._no_improvement_count = 0
            message += f" Setting learning rate to {stepper.learning_rate:f}"
        else:
            self._is_over = True
            message += " Learning rate too small. Stopping." if is_adaptive else " Stopping."
        if estimator.verbose:
            print(message)
        return not self._is_over

    def _compare_loss(self, loss: float) -> None:
        estimator = self._estimator
        if loss > estimator.best_loss_ - estimator.tol:
            estimator._no_improvement_count += 1
        else:
            estimator._no_improvement_count = 0
        estimator.best_loss_ = min(estimator.best_loss_, loss)

    def _compare_score(self, score: float) -> None:
        estimator = self._estimator
        estimator.validation_scores_.append(score)
        if estimator.verbose:
            print(f"Validation score: {score:f}")
        if score < estimator.best_validation_score_ + estimator.tol:
            estimator._no_improvement_count += 1
        else:
            estimator._no_improvement_count = 0
        if score > estimator.best_validation_score_:
            estimator.best_validation_score_ = score
            self._best = self._parameters.copy()

    def _score(self, epoch: Epoch) -> float:
        """The accuracy, or R²."""
        assert self._held is not None
        if self._loss.out_activation == "identity":
            return epoch.validation_r2
        if self._loss.out_activation != "exp":
            return epoch.validation_accuracy
        network = self._model.network
        assert network is not None
        y = self._estimator._activated(network.predict(self._held.x))
        return float(r2_score(self._held.targets, y, sample_weight=self._held.weights))
