"""Growing a network by cascade correlation, and the report after each unit."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from . import _prototypes
from ._arrays import numbers, set_given, size_error
from ._callbacks import stops
from ._data import Data, Shape, validation
from ._errors import ArgumentTypeError, failure
from ._handles import Handle, record
from ._interrupts import guarded
from ._library import library
from ._names import enumerator
from ._prototypes import CostKind, Status


class CascadeUnit(NamedTuple):
    """The state of a growing network: first without hidden units, then after each new one.

    Attributes
    ----------
    units
        The number of hidden units.
    max_units
        The largest number that growing allows.
    cost
        C of x, with the outputs trained.
    accuracy
        Of x, as in Metrics.
    validation_cost
        C of the validation data; NaN without any, infinite where it is not finite.
    validation_accuracy
        Of the validation data.
    correlation
        S of the last hidden unit, from 0 to 1: how well it follows the error that the network had before; NaN without
        units.
    is_best
        Whether the cost (on the validation data, if given) is the best so far.
    """

    units: int
    max_units: int
    cost: float
    accuracy: float
    validation_cost: float
    validation_accuracy: float
    correlation: float
    is_best: bool


class _UnitWatcher:
    """Calls the caller's on_unit."""

    def __init__(self, on_unit: Callable[[CascadeUnit], Any] | None) -> None:
        if on_unit is not None and not callable(on_unit):
            raise ArgumentTypeError(f"on_unit must be a function, not {type(on_unit).__name__}")
        self.stopped = False
        self._on_unit = on_unit
        self.native_callback = _prototypes.crl_cascade_callback(guarded(self._watch))

    def _watch(self, _: Any, unit: Any) -> int:
        reached: CascadeUnit = record(CascadeUnit, unit.contents)
        if self._on_unit is not None:
            self.stopped = stops(self._on_unit(reached._replace(is_best=bool(reached.is_best))))
        return int(self.stopped)


def _output_count(targets: Any, kind: int) -> int:
    """The number of columns, or of classes, in the targets."""
    if targets is None:
        raise ArgumentTypeError("without targets, outputs must be given")
    array = numbers(targets, "targets")
    outputs = int(array.shape[-1]) if array.ndim >= 2 else 1
    if kind != CostKind.CROSS_ENTROPY:
        return outputs
    if array.ndim < 2 and array.dtype.kind in "biu" and array.size > 0:
        outputs = int(array.max()) + 1
        if outputs > max(array.size, 2):
            raise size_error(f"the largest class of {array.size} rows is {outputs - 1}; if it is meant, give outputs")
    if outputs == 1:
        raise size_error(
            "one output has a cross-entropy of 0 whatever it is: give class indices as integers (rows,), of at least "
            f"two classes, or distributions (rows, classes), not {array.dtype} {array.shape}; or outputs, or another "
            "cost"
        )
    return outputs


def grow(
    x: Any,
    targets: Any,
    sample_weight: Any,
    validation_data: tuple[Any, ...] | None,
    cost: Any,
    outputs: int | None,
    output_activation: str,
    activations: str | Sequence[str],
    on_unit: Callable[[CascadeUnit], Any] | None,
    given: dict[str, Any],
) -> Any:
    """The pointer to a grown network.

    `cost` are the crl_cost_options, and `given` the other options by name, None for the library's own value.
    """
    array = numbers(x, "x")
    if array.ndim != 2 or array.shape[1] == 0:
        raise size_error(f"x has shape {array.shape}; it must be (rows, inputs)")
    if outputs is None:
        outputs = _output_count(targets, cost.kind)
    if outputs < 1:
        raise size_error(f"outputs is {outputs}; at least 1 is needed")
    shape = Shape(array.shape[1], outputs)
    data = Data(shape, array, targets, sample_weight, cost)
    held = validation(shape, validation_data, cost)
    names = [activations] if isinstance(activations, str) else list(activations)
    kinds = [enumerator(_prototypes.Activation, name, "activation") for name in names]
    watcher = _UnitWatcher(on_unit)
    options = _prototypes.crl_cascade_options.default()
    options.cost = ctypes.pointer(cost)
    options.output_activation = enumerator(_prototypes.Activation, output_activation, "activation")
    # At least one, to have an address; the count is the given one.
    options.activations = (_prototypes.crl_activation * max(len(kinds), 1))(*kinds)
    options.activations_count = len(kinds)
    options.on_unit = watcher.native_callback
    set_given(options, given)
    pointer = _prototypes.crl_network()
    status = library.crl_network_create_cascade(
        *shape,
        *data.arguments,
        held,
        ctypes.byref(options),
        ctypes.byref(pointer),
    )
    if status and not (status == Status.CANCELLED and watcher.stopped):
        if pointer:
            # The exception of on_unit comes out instead of the network.
            Handle(pointer, library.crl_network_destroy)
        raise failure(status)
    return pointer
