"""The cost that a call takes if none is given: by the targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._arrays import numbers
from ._costs import CostLike
from ._data_source import DataSource
from ._errors import ArgumentError, ArgumentTypeError, results
from ._layers import layer_at
from ._library import library
from ._prototypes import Status

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._network import Network


def given_cost(cost: CostLike | None, loss: CostLike | None) -> CostLike | None:
    """The one of two names of an argument that is given."""
    if cost is not None and loss is not None:
        raise ArgumentTypeError("cost and loss are two names of one argument: give one of them")
    return loss if cost is None else cost


def cost_to_train(network: Network, cost: CostLike | None, loss: CostLike | None, x: Any, targets: Any) -> CostLike:
    """The cost of a fit."""
    given = given_cost(cost, loss)
    if given is not None:
        return given
    if isinstance(x, DataSource):
        return "cross_entropy" if x.targets == "classes" or x.targets is None else "mean_squared_error"
    chosen = cost_by_targets(network, targets)
    if chosen == "cross_entropy" and last_activation(network) == "softmax":
        raise ArgumentError(
            "the targets are classes, for 'cross_entropy', which applies the softmax itself, and the last layer has "
            "one already: leave its activation out, predict_proba() gives probabilities; or give a cost",
            Status.ERROR_VALUE,
        )
    return chosen


def cost_by_targets(network: Network, targets: Any) -> str:
    """The cost that suits targets.

    - integers: "cross_entropy"; a binary cross-entropy for one output, or several that say yes or no
    - floats: "mean_squared_error"; "cross_entropy" if each row is a distribution over the outputs
    """
    if targets is None:
        return "cross_entropy"
    array, outputs = numbers(targets, "targets"), network._layout().outputs
    is_table = outputs > 1 and array.ndim > 0 and array.shape[-1] == outputs
    if array.dtype.kind != "f":
        return _of_integers(network, array, outputs, is_table and array.ndim == 2)
    if is_table and _are_distributions(array):
        return "cross_entropy"
    # Floats for classes: Targets says what to give instead.
    return "cross_entropy" if array.ndim == 1 and outputs > 1 and not is_table else "mean_squared_error"


def _of_integers(network: Network, array: npt.NDArray[Any], outputs: int, is_table: bool) -> str:
    if outputs > 1 and not is_table:
        return "cross_entropy"
    low, high = (array.min(), array.max()) if array.size else (0, 0)
    if low < 0 or high > 1:
        advice = "floats for quantities, or a cost such as 'mean_squared_error'"
        if outputs == 1 and low >= 0:
            advice = f"a network of {high + 1} outputs for classes, {advice}"
        raise ArgumentError(
            f"the targets are integers from {low} to {high}, and the network has {outputs} "
            f"output{'s' * (outputs > 1)}, which does not say the cost: give {advice}",
            Status.ERROR_TARGET,
        )
    if is_table and _are_distributions(array):
        return "cross_entropy"
    return "binary_cross_entropy" if last_activation(network) == "sigmoid" else "binary_cross_entropy_logits"


def _are_distributions(array: npt.NDArray[Any]) -> bool:
    return bool(array.size and (array >= 0).all() and np.allclose(array.sum(axis=-1), 1, rtol=0, atol=1e-5))


def last_activation(network: Network) -> Any:
    """The activation of the outputs, also if other layers only give them another shape."""
    handle = network._open()
    (number,) = results(library.crl_network_layer_count, handle)
    # Only the last as a rule: a network may have hundreds.
    last = layer_at(handle, number.value - 1)
    while last.kind == "reshape" and last.inputs[0] != "input":
        last = next(layer for layer in network.layers if layer.name == last.inputs[0])
    return last.activation
