"""Training a network, and measuring it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from . import _prototypes
from ._arrays import address_of, count, optional_count, optional_real, out_vector, real, seed_value
from ._class_weights import ClassWeight, resolved
from ._costs import CostLike, cost_options
from ._data import Data, validation
from ._data_source import DataSource
from ._default_costs import cost_to_train, given_cost
from ._derivatives import Derivatives
from ._errors import ArgumentTypeError, check, failure
from ._evaluation import Metrics, evaluate
from ._fit_callbacks import Callback
from ._handles import FloatArray, Handle
from ._history import Batch, Epoch, History
from ._library import library
from ._prototypes import Status
from ._schedules import ScheduleLike
from ._trainer import Trainer
from ._training import Optimizer

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._minimizing import Iteration, Minimum
    from ._network import Network


class Fitting(Derivatives):
    """Trains and measures a network, each in one call."""

    __slots__ = ("_fitted", "_history")
    # The optimizer of the last fit that named one: the name and the state.
    _fitted: tuple[str, Handle] | None
    # Of the last fit, which appends to it.
    _history: History

    def value_and_grad(
        self,
        x: npt.ArrayLike,
        targets: npt.ArrayLike | None,
        cost: CostLike | None = None,
        *,
        sample_weight: npt.ArrayLike | None = None,
        out: FloatArray | None = None,
    ) -> tuple[float, FloatArray]:
        """The cost C over the rows, and its gradient ∂C/∂w with respect to all parameters.

        An error leaves `out` undefined.

        Parameters
        ----------
        x
            (rows, inputs), or (inputs,) for a single row.
        targets, cost, sample_weight
            As for chainrule.cost(). A cost of None is the cost of the last training, by fit(), a Trainer, minimize() or
            cascade(), or else by the targets, as for fit().
        out
            A contiguous float32 (count,) vector for the gradient, for speed; None: a new one.

        Returns
        -------
        tuple[float, ndarray]
            (C, gradient), the gradient laid out as parameters.
        """
        built = self._layout()
        gradient = (
            np.empty(built.parameter_count, np.float32)
            if out is None
            else out_vector(out, built.parameter_count, "out")
        )
        options = self._cost(cost, targets)
        data = Data(built, x, targets, sample_weight, options)
        value = ctypes.c_double()
        check(
            library.crl_network_value_and_gradient(
                self._open(),
                ctypes.byref(options),
                *data.arguments,
                ctypes.byref(value),
                address_of(gradient),
                built.parameter_count,
            )
        )
        return value.value, gradient

    def fit(
        self,
        x: npt.ArrayLike | DataSource,
        targets: npt.ArrayLike | None = None,
        *,
        cost: CostLike | None = None,
        loss: CostLike | None = None,
        optimizer: str | Optimizer = "adam",
        learning_rate: float | None = None,
        schedule: ScheduleLike | None = None,
        epochs: int = 10,
        batch_size: int = 32,
        shuffle: bool = True,
        carry_states: bool = False,
        seed: int = 0,
        sample_weight: npt.ArrayLike | None = None,
        class_weight: ClassWeight = None,
        validation_data: tuple[Any, ...] | None = None,
        validation_split: float = 0.0,
        patience: int | None = None,
        min_delta: float = 0.0,
        threads: int | None = None,
        on_batch: Callable[[Batch], Any] | None = None,
        on_epoch: Callable[[Epoch], Any] | None = None,
        callbacks: Sequence[Callback] = (),
        progress: bool = False,
        channels_first: bool = False,
    ) -> History:
        """Trains from the first epoch to the last, with a Trainer for one use.

        A second fit continues the first if both name the same optimizer or get the same Optimizer. Its state (Adam's
        moments), the orders of the rows and the dropout masks continue: fit(epochs=1) sixty times equals
        fit(epochs=60). A schedule, patience and the numbers of the epochs start again. To start everything again, pass
        a new Optimizer.

        Parameters
        ----------
        x
            (rows, inputs), or a DataSource.
        targets
            As for chainrule.cost(); targets are None with a DataSource.
        cost
            As for chainrule.cost(). None: by the targets. Integers: "cross_entropy", of classes; for one output, or
            several that say yes or no, a binary cross-entropy. Floats: "mean_squared_error", or "cross_entropy" if each
            row is a distribution over several outputs. The History that fit() returns says which.
        loss
            Another name of cost.
        optimizer
            As for Trainer.
        learning_rate
            The η for an optimizer given by name; None: that of the fit before, or else the library's default.
        schedule, epochs, batch_size, shuffle, carry_states, seed
            As for Trainer.
        sample_weight
            As for chainrule.cost().
        class_weight
            As for Trainer; or "balanced": rows / (classes · rows of the class), for the classes in targets.
        validation_data
            (x, targets) or (x, targets, sample_weight) to evaluate after each epoch.
        validation_split, patience, min_delta, threads, on_batch, on_epoch, callbacks, progress
            As for Trainer.
        channels_first
            Whether x, that of validation_data too, is (rows, channels, height, width): see predict().

        Returns
        -------
        History
            One Epoch for each epoch: a list that shows itself as a table. After an error, history has them.
        """
        self._history = History()
        cost = cost_to_train(cast("Network", self), cost, loss, x, targets)
        if channels_first:
            x, validation_data = self._channels_last(x, validation_data)
        weights = resolved(class_weight, targets, cost, self._layout().outputs)
        if isinstance(optimizer, str):
            optimizer, learning_rate = self._named_optimizer(optimizer, learning_rate), None
        with Trainer(
            cast("Network", self),
            cost=cost,
            optimizer=optimizer,
            learning_rate=learning_rate,
            schedule=schedule,
            epochs=epochs,
            batch_size=batch_size,
            shuffle=shuffle,
            carry_states=carry_states,
            seed=seed,
            class_weight=weights,
            validation_split=validation_split,
            patience=patience,
            min_delta=min_delta,
            threads=threads,
            on_batch=on_batch,
            on_epoch=on_epoch,
            callbacks=callbacks,
            progress=progress,
        ) as trainer:
            self._history = trainer._recorder.history
            return trainer.fit(x, targets, sample_weight=sample_weight, validation_data=validation_data)

    @property
    def history(self) -> History:
        """The epochs that the last fit() of this network has finished, whatever ended it. Refused arguments leave none.

        A Trainer has its own.
        """
        return self._history[:]

    def _channels_last(self, x: Any, validation_data: tuple[Any, ...] | None) -> tuple[Any, tuple[Any, ...] | None]:
        built = self._layout()
        if isinstance(x, DataSource):
            raise ArgumentTypeError("a data source gives rows with the channels last: leave channels_first out")
        if validation_data:
            validation_data = (built.samples(validation_data[0], "validation_data[0]"), *validation_data[1:])
        return built.samples(x), validation_data

    def _named_optimizer(self, method: str, learning_rate: float | None) -> Optimizer:
        """The optimizer of the fit before if it has the same name, or else a new one for the fits to come."""
        network = cast("Network", self)
        if self._fitted is not None and self._fitted[0] == method:
            optimizer = Optimizer._around(network, *self._fitted)
            if learning_rate is not None:
                optimizer.learning_rate = learning_rate
            return optimizer
        optimizer = Optimizer(network, method, learning_rate)
        # Keep only the handle: an Optimizer holds the network, and only the garbage collector could free such a cycle.
        self._fitted = method, optimizer._open()
        return optimizer

    def evaluate(
        self,
        x: npt.ArrayLike,
        targets: npt.ArrayLike | None,
        cost: CostLike | None = None,
        *,
        loss: CostLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
        top: int = 5,
        channels_first: bool = False,
    ) -> Metrics:
        """Compares the outputs for x with targets.

        Parameters
        ----------
        x
            (rows, inputs).
        targets, cost
            As for chainrule.cost(). A cost of None is the cost of the last training, by fit(), a Trainer, minimize() or
            cascade(), or else by the targets, as for fit().
        loss
            Another name of cost.
        sample_weight
            As for chainrule.cost().
        top
            A class counts in top_accuracy if it is among so many of the largest outputs.
        channels_first
            As for predict().

        Returns
        -------
        Metrics
            C, the accuracy and R², as far as they apply.
        """
        options = self._cost(given_cost(cost, loss), targets)
        x = self._layout().samples(x) if channels_first else x
        return evaluate(cast("Network", self), options, x, targets, sample_weight, top)

    def confusion(
        self,
        x: npt.ArrayLike,
        targets: npt.ArrayLike | None,
        cost: CostLike | None = None,
        *,
        sample_weight: npt.ArrayLike | None = None,
        channels_first: bool = False,
    ) -> npt.NDArray[np.float64]:
        """The confusion matrix: how often each class is taken for each class.

        Parameters
        ----------
        x, targets, cost, sample_weight, channels_first
            As for evaluate().

        Returns
        -------
        ndarray
            (classes, classes): at [t, y] the weight of the rows of class t with the decision y. There is a class for
            each output, or 2 with a binary cross-entropy of one output.
        """
        classes = max(2, self._layout().outputs)
        counts = np.zeros((classes, classes))
        x = self._layout().samples(x) if channels_first else x
        evaluate(cast("Network", self), self._cost(cost, targets), x, targets, sample_weight, 1, counts)
        return counts

    def minimize(
        self,
        x: npt.ArrayLike,
        targets: npt.ArrayLike | None,
        *,
        cost: CostLike | None = None,
        loss: CostLike | None = None,
        method: str = "lbfgs",
        max_iterations: int = 1000,
        max_evaluations: int | None = None,
        gradient_tolerance: float = 1e-5,
        cost_tolerance: float = 1e-9,
        target_cost: float | None = None,
        memory: int | None = None,
        c1: float | None = None,
        c2: float | None = None,
        damping: float | None = None,
        l2: float = 0.0,
        regularize_biases: bool = False,
        sample_weight: npt.ArrayLike | None = None,
        validation_data: tuple[Any, ...] | None = None,
        validation_split: float = 0.0,
        seed: int = 0,
        patience: int | None = None,
        min_delta: float = 0.0,
        threads: int | None = None,
        on_iteration: Callable[[Iteration], Any] | None = None,
    ) -> Minimum:
        """Lowers the cost over all rows of x, starting from the current parameters.

        Leaves the parameters with the lowest C seen; with patience and validation data, those with the best validation
        cost. It does so after an exception, too. C includes the penalty of l2. The methods compute in float64, C and
        its gradient in float32. Each evaluation uses all of the data: see fit() for batches.

        - "lbfgs": L-BFGS, for most networks
        - "bfgs": BFGS, for networks of up to some thousand parameters
        - "fletcher_reeves", "polak_ribiere": nonlinear conjugate gradients, with the least memory
        - "newton_cg": truncated Newton with products of the Gauss-Newton matrix ("Hessian-free")
        - "levenberg_marquardt": for "mean_squared_error" and up to some thousand parameters

        Parameters
        ----------
        x
            (rows, inputs).
        targets
            As for chainrule.cost().
        cost, loss
            As for fit().
        method
            One of the names above.
        max_iterations
            ≥ 1.
        max_evaluations
            Of C and its gradient, ≥ 1; None: no limit.
        gradient_tolerance
            End when no element of ∂√|C|/∂w has a larger magnitude than this times the largest of the run, for any scale
            of C; ≥ 0.
        cost_tolerance
            End when an iteration lowers C by no more than this, relative to C; ≥ 0; 0: never.
        target_cost
            End as soon as C is no larger; None: no target.
        memory
            For "lbfgs": the number of steps to remember, from 1 to 1000; None: 10.
        c1
            The c₁ of the Wolfe conditions, in (0, ½); None: 1e-4.
        c2
            The c₂, in (c₁, 1); None: 0.9, but 0.1 for conjugate gradients.
        damping
            For "newton_cg": the first λ; None: 0.01. For "levenberg_marquardt": the first μ, relative to the largest
            element on the diagonal of the Gauss-Newton matrix; None: 0.001.
        l2
            The λ₂ ≥ 0 of the penalty λ₂/2 Σ w² over the weights. It is a part of C, minimized and reported. With a mean
            it equals scikit-learn's alpha divided by the number of rows. There is no l1: the methods need a smooth C.
        regularize_biases
            Whether the penalty includes biases.
        sample_weight
            As for chainrule.cost().
        validation_data
            (x, targets) or (x, targets, sample_weight) to evaluate at the start and after each iteration.
        validation_split
            The share of the rows, in [0, 1), to hold out for validation, drawn at random.
        seed
            Chooses the held-out rows: those of fit() with the same seed and shuffle=True.
        patience
            End after so many iterations without a new best cost (on the validation data, if given). With validation
            data, any end then leaves the parameters with the best validation cost, the starting ones included. ≥ 1;
            None: neither.
        min_delta
            How much lower a cost must be to count as a new best.
        threads
            The number of threads that share the evaluation of C, from 1 to 1024; None: the library decides. The results
            are the same, bit for bit.
        on_iteration
            Called with the Iteration after each iteration. It must not use the network. It returns False to stop. Its
            exceptions come out of minimize and leave the best parameters so far.

        Returns
        -------
        Minimum
            The cost reached, and why the run ended.
        """
        from ._minimizing import IterationWatcher, minimize_options, minimum_of

        built = self._layout()
        cost_native = cost_options(cost_to_train(cast("Network", self), cost, loss, x, targets))
        data = Data(built, x, targets, sample_weight, cost_native)
        held = validation(built, validation_data, cost_native)
        watcher = IterationWatcher(on_iteration)
        options = minimize_options(
            method,
            {
                "cost": ctypes.pointer(cost_native),
                "max_iterations": count(max_iterations, "max_iterations"),
                "max_evaluations": optional_count(max_evaluations, "max_evaluations"),
                "gradient_tolerance": real(gradient_tolerance, "gradient_tolerance"),
                "cost_tolerance": real(cost_tolerance, "cost_tolerance"),
                "target_cost": optional_real(target_cost, "target_cost"),
                "memory": optional_count(memory, "memory"),
                "c1": optional_real(c1, "c1"),
                "c2": optional_real(c2, "c2"),
                "damping": optional_real(damping, "damping"),
                "l2": real(l2, "l2"),
                "regularize_biases": bool(regularize_biases),
                "validation_split": real(validation_split, "validation_split"),
                "seed": seed_value(seed),
                "patience": optional_count(patience, "patience"),
                "min_delta": real(min_delta, "min_delta"),
                "threads": optional_count(threads, "threads"),
                "on_iteration": watcher.native_callback,
            },
        )
        minimum = _prototypes.crl_minimum.default()
        status = library.crl_network_minimize(
            self._open(),
            *data.arguments,
            held,
            ctypes.byref(options),
            ctypes.byref(minimum),
        )
        if status in (Status.OK, Status.CANCELLED):
            self._trained_cost = cost_native
        if status and not (status == Status.CANCELLED and watcher.stopped):
            raise failure(status)
        return minimum_of(minimum)
