"""Minimizing the cost over all of the data, and what happens in each iteration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from . import _prototypes
from ._callbacks import stops
from ._handles import record
from ._interrupts import guarded
from ._names import MINIMIZERS, MINIMUM_REASONS, enumerator


class Iteration(NamedTuple):
    """What happened in one iteration of Network.minimize().

    Attributes:
        iteration: its number, from 1.
        evaluations: how often C and its gradient were computed so far.
        products: how often the Gauss-Newton matrix was made, or multiplied by a vector so far.
        cost: C after the iteration.
        gradient_norm: the largest magnitude in ∂C/∂w after the iteration.
        step: ‖Δw‖, the Euclidean length of the step.
    """

    iteration: int
    evaluations: int
    products: int
    cost: float
    gradient_norm: float
    step: float


class Minimum(NamedTuple):
    """What Network.minimize() found.

    Attributes:
        cost: C of the parameters.
        gradient_norm: the largest magnitude in ∂C/∂w.
        iterations: how many there were.
        evaluations: how often C and its gradient were computed.
        products: how often the Gauss-Newton matrix was made, or multiplied by a vector.
        reason: why it ended: "gradient" (within its tolerance), "cost" (an iteration lowered it by no more than the
            tolerance), "target" (reached), "max_iterations", "max_evaluations", "no_progress" (no step lowers C: it is
            as near to a minimum as float32 can tell, or the gradient is not C's) or "cancelled" (by on_iteration).
    """

    cost: float
    gradient_norm: float
    iterations: int
    evaluations: int
    products: int
    reason: str


class IterationWatcher:
    """Calls the caller's on_iteration."""

    def __init__(self, on_iteration: Callable[[Iteration], Any] | None) -> None:
        self.stopped = False
        self._on_iteration = on_iteration
        self.native_callback = _prototypes.crl_iteration_callback(guarded(self._watch))

    def _watch(self, _: Any, iteration: Any) -> int:
        now: Iteration = record(Iteration, iteration.contents)
        if self._on_iteration is not None:
            self.stopped = stops(self._on_iteration(now))
        return int(self.stopped)


def minimize_options(method: str, given: dict[str, Any]) -> Any:
    """The crl_minimize_options for a method by name, and what else was given: what is None is the library's choice."""
    options = _prototypes.crl_minimize_options.default()
    options.method = enumerator(MINIMIZERS, method, "method")
    for name, value in given.items():
        if value is not None:
            setattr(options, name, value)
    return options


def minimum_of(native: Any) -> Minimum:
    """A Minimum with the names of Python."""
    reason = next(name for name, value in MINIMUM_REASONS.items() if value == native.reason)
    found = {name: getattr(native, name) for name in Minimum._fields if name != "reason"}
    return Minimum(**found, reason=reason)
