"""A network's recipe: how it is trained, as far as its files can hold it."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _prototypes
from ._arrays import address_of
from ._costs import Cost
from ._errors import ArgumentTypeError, check
from ._library import library
from ._names import name_of
from ._prototypes import CostKind, OptimizerMethod, Reduction, ScheduleKind, Status
from ._schedules import Schedule
from ._trainer import train_options
from ._training import new_optimizer

if TYPE_CHECKING:
    from ._network import Network


def set_recipe(network: Network, recipe: Mapping[str, Any] | None) -> None:
    """Keeps a recipe, the arguments of fit(), or forgets it."""
    if recipe is None:
        check(library.crl_network_set_recipe(network._open(), None))
        return
    if not isinstance(recipe, Mapping):
        raise ArgumentTypeError(f"a recipe is a dict of arguments of fit(), not {type(recipe).__name__}")
    options, _optimizer, _kept = train_options(network, **recipe)
    check(library.crl_network_set_recipe(network._open(), ctypes.byref(options)))


def recipe_of(network: Network) -> dict[str, Any] | None:
    """The arguments of fit(); None if the network has no recipe."""
    options = _prototypes.crl_train_options.default()
    optimizer = _prototypes.crl_optimizer_options.default()
    cost = _prototypes.crl_cost_options.default()
    schedule = _prototypes.crl_schedule_options.default()
    weights = np.empty(max(2, network._layout().outputs), np.float32)
    status = library.crl_network_recipe(
        network._open(),
        ctypes.byref(options),
        ctypes.byref(optimizer),
        ctypes.byref(cost),
        ctypes.byref(schedule),
        address_of(weights),
        weights.size,
    )
    if status == Status.ERROR_NAME:
        return None
    check(status)
    return {
        "cost": Cost(
            name_of(CostKind, cost.kind), name_of(Reduction, cost.reduction), cost.huber_delta, cost.label_smoothing
        ),
        "optimizer": new_optimizer(network, name_of(OptimizerMethod, optimizer.method), optimizer),
        "schedule": _schedule(schedule) if options.schedule else None,
        "epochs": options.epochs,
        "batch_size": options.batch_size,
        "shuffle": bool(options.shuffle),
        "carry_states": bool(options.carry_states),
        "seed": options.seed,
        "validation_split": options.validation_split,
        "class_weight": weights[: options.class_weights_count].copy() if options.class_weights_count else None,
        "patience": None if options.patience == _prototypes.CRL_AUTO_SIZE else options.patience,
        "min_delta": options.min_delta,
    }


def _schedule(options: Any) -> Schedule:
    def given(name: str) -> Any:
        value = getattr(options, name)
        return None if value in (_prototypes.CRL_AUTO_SIZE, _prototypes.CRL_AUTO) else value

    numbers = {name: given(name) for name in Schedule._fields if name not in ("kind", "per_epoch")}
    return Schedule(name_of(ScheduleKind, options.kind), **numbers, per_epoch=bool(options.per_epoch))
