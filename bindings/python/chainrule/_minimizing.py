"""Minimizing the cost over all of the data, and the report after each iteration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from . import _prototypes
from ._arrays import set_given
from ._callbacks import stops
from ._handles import record
from ._interrupts import guarded
from ._names import enumerator, name_of
from ._prototypes import Minimizer, MinimumReason


class Iteration(NamedTuple):
    """The report of one iteration of Network.minimize().

    Attributes
    ----------
    iteration
        Its number, from 1.
    evaluations
        Evaluations of C and its gradient so far.
    products
        How often the run has made the Gauss-Newton matrix, or multiplied it by a vector.
    cost
        C after the iteration, with the penalty of l2.
    gradient_norm
        The largest magnitude in ∂C/∂w after the iteration.
    step
        ‖Δw‖, the Euclidean length of the step.
    penalty
        The penalty's part of C; 0 without l2.
    validation_cost
        C on the validation data after the iteration, without the penalty; NaN without validation data, infinite if not
        finite.
    validation_accuracy
        Of the validation data, as in Metrics.
    validation_r2
        Likewise.
    is_best
        Whether the cost (on the validation data, if given) is the best so far.
    """

    iteration: int
    evaluations: int
    products: int
    cost: float
    gradient_norm: float
    step: float
    penalty: float
    validation_cost: float
    validation_accuracy: float
    validation_r2: float
    is_best: bool


class Minimum(NamedTuple):
    """The result of Network.minimize().

    Attributes
    ----------
    cost
        C of the parameters, with the penalty of l2.
    gradient_norm
        The largest magnitude in ∂C/∂w.
    iterations
        The number of iterations.
    evaluations
        The number of evaluations of C and its gradient.
    products
        How often the run made the Gauss-Newton matrix, or multiplied it by a vector.
    reason
        Why the run ended: "gradient" (within its tolerance), "cost" (an iteration lowered it by no more than the
        tolerance), "target" (reached), "max_iterations", "max_evaluations", "no_progress" (no step lowers C: it is as
        near to a minimum as float32 can tell, or the gradient is wrong), "cancelled" (by on_iteration) or "patience"
        (so many iterations had no new best cost).
    penalty
        The penalty's part of cost; Network.evaluate() gives the rest.
    best_iteration
        The last with a new best cost (on the validation data, if given); 0: the start.
    validation_cost
        That of best_iteration, without the penalty; NaN without validation data. With patience it is that of the
        parameters.
    """

    cost: float
    gradient_norm: float
    iterations: int
    evaluations: int
    products: int
    reason: str
    penalty: float
    best_iteration: int
    validation_cost: float


class IterationWatcher:
    """Calls the caller's on_iteration."""

    def __init__(self, on_iteration: Callable[[Iteration], Any] | None) -> None:
        self.stopped = False
        self._on_iteration = on_iteration
        self.native_callback = _prototypes.crl_iteration_callback(guarded(self._watch))

    def _watch(self, _: Any, iteration: Any) -> int:
        now: Iteration = record(Iteration, iteration.contents)
        now = now._replace(is_best=bool(now.is_best))
        if self._on_iteration is not None:
            self.stopped = stops(self._on_iteration(now))
        return int(self.stopped)


def minimize_options(method: str, given: dict[str, Any]) -> Any:
    """The crl_minimize_options for a method by name and the other arguments. For None the library chooses."""
    options = _prototypes.crl_minimize_options.default()
    options.method = enumerator(Minimizer, method, "method")
    set_given(options, given)
    return options


def minimum_of(native: Any) -> Minimum:
    """A Minimum with the names of Python."""
    reason = name_of(MinimumReason, native.reason)
    found = {name: getattr(native, name) for name in Minimum._fields if name != "reason"}
    return Minimum(**found, reason=reason)
