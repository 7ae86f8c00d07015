"""Schedules of the learning rate."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, NamedTuple, Union

from . import _prototypes
from ._arrays import count, optional_count, optional_real, real, set_given
from ._errors import ArgumentTypeError, check
from ._interrupts import guarded
from ._library import library
from ._names import enumerator
from ._prototypes import ScheduleKind


class Schedule(NamedTuple):
    """The learning rate as a function of t, from 0: the number of earlier steps, or of earlier epochs.

    The kinds, with η the rate of the optimizer:

    - "constant": η, for a warm-up alone
    - "step": η γ^⌊t / T⌋
    - "exponential": η γᵗ
    - "cosine": half a cosine from η down to η₋ in T, then again in M T, and so on (Loshchilov and Hutter 2017)
    - "one_cycle": half a cosine up from η / d₀ to η, and another down to η / (d₀ d₁) (Smith 2018; PyTorch's OneCycleLR)
    - "plateau": after more than `patience` epochs without a cost below (1 − threshold) of the lowest, max(γ × the last,
      η₋), then unchanged for `cooldown` epochs

    A number that the kind does not have is an ArgumentError where you use the schedule. For None the kind chooses.

    Parameters
    ----------
    kind
        One of the names above.
    period
        T of "step", ≥ 1, "cosine" and "one_cycle"; None: the whole run, only in fit().
    period_factor
        M of "cosine", ≥ 1; 1.
    factor
        The γ of "step", "exponential" and "plateau", in (0, 1]; 0.1.
    min_rate
        The η₋ of "cosine" and "plateau", ≥ 0; 0.
    peak
        The rising part of "one_cycle", in [0, 1]; 0.3.
    start_divisor
        The d₀ of "one_cycle", ≥ 1; 25.
    end_divisor
        The d₁ of "one_cycle", ≥ 1; 10,000.
    patience
        Of "plateau"; 10.
    cooldown
        Of "plateau"; 0.
    threshold
        Of "plateau", in [0, 1); 0.0001.
    warmup
        For so many t before the schedule starts, the rate rises in a line.
    warmup_start
        The part of the rate at which the warm-up starts, in [0, 1].
    per_epoch
        Whether t counts epochs, not steps.

    Examples
    --------
    >>> network.fit(x, labels, schedule=Schedule("cosine", warmup=500))
    """

    kind: str
    period: int | None = None
    period_factor: int | None = None
    factor: float | None = None
    min_rate: float | None = None
    peak: float | None = None
    start_divisor: float | None = None
    end_divisor: float | None = None
    patience: int | None = None
    cooldown: int | None = None
    threshold: float | None = None
    warmup: int = 0
    warmup_start: float = 1 / 3
    per_epoch: bool = False

    def rate(self, base: float, t: int) -> float:
        """The learning rate at t. Not for "plateau", nor if the period is the whole run.

        Parameters
        ----------
        base
            The optimizer's rate η.
        t
            The number of earlier steps, or epochs.

        Returns
        -------
        float
            The rate.
        """
        rate = ctypes.c_float()
        native = schedule_options(self)
        check(library.crl_schedule_rate(ctypes.byref(native), real(base, "base"), count(t, "t"), ctypes.byref(rate)))
        return rate.value


class Plateau:
    """The "plateau" schedule for your own loop, with its memory of earlier epochs.

    Parameters
    ----------
    schedule
        A Schedule of the kind "plateau".

    Examples
    --------
    >>> plateau = Plateau(Schedule("plateau", patience=5))
    >>> optimizer.learning_rate = plateau.rate(optimizer.learning_rate, validation_cost)
    """

    __slots__ = ("_options", "_state")

    def __init__(self, schedule: Schedule) -> None:
        self._options = schedule_options(schedule)
        self._state = _prototypes.crl_plateau_state.default()

    def rate(self, rate: float, cost: float) -> float:
        """The learning rate after an epoch.

        Parameters
        ----------
        rate
            That of the epoch.
        cost
            Its cost.

        Returns
        -------
        float
            The rate of the next epoch.
        """
        next_rate = ctypes.c_float(real(rate, "rate"))
        state = ctypes.byref(self._state)
        check(library.crl_plateau_rate(ctypes.byref(self._options), state, real(cost, "cost"), ctypes.byref(next_rate)))
        return next_rate.value

    def __repr__(self) -> str:
        return f"Plateau({self._state.epochs} epochs, lowest={self._state.lowest:g}, waited={self._state.waited})"


ScheduleLike = Union[str, Schedule, Callable[[int, float, float], float]]


def schedule_options(schedule: ScheduleLike) -> Any:
    """The crl_schedule_options for a schedule: a name, a Schedule, or a function of t, the base and the last cost."""
    options = _prototypes.crl_schedule_options.default()
    if callable(schedule):
        function: Callable[[int, float, float], float] = schedule

        def native(_: Any, t: int, base: float, cost: float, rate: int) -> int:
            ctypes.c_float.from_address(rate).value = function(t, base, cost)
            return 0

        options.kind = ScheduleKind.CUSTOM
        options.function = _prototypes.crl_schedule_function(guarded(native))
        return options
    if isinstance(schedule, str):
        schedule = Schedule(schedule)
    if not isinstance(schedule, Schedule):
        raise ArgumentTypeError(f"schedule must be a Schedule, its name or a function, not {type(schedule).__name__}")
    options.kind = enumerator(ScheduleKind, schedule.kind, "schedule")
    counts = ("period", "period_factor", "patience", "cooldown")
    numbers = ("factor", "min_rate", "peak", "start_divisor", "end_divisor", "threshold")
    set_given(options, {name: optional_count(getattr(schedule, name), name) for name in counts})
    set_given(options, {name: optional_real(getattr(schedule, name), name) for name in numbers})
    options.warmup = count(schedule.warmup, "warmup")
    options.warmup_start = real(schedule.warmup_start, "warmup_start")
    options.per_epoch = bool(schedule.per_epoch)
    return options
