"""Pickles of networks: what copy() keeps, as bytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from ._callbacks import Activation
from ._costs import cost_options
from ._errors import ArgumentError, FileFormatError
from ._library import __version__
from ._prototypes import Status
from ._trainer import Trainer
from ._training import Optimizer

if TYPE_CHECKING:
    from ._network import Network

_FORMAT = 1
# A pickle can run any code already: the network in it needs no limit of its own.
NO_LIMIT = 2**62


def pickled(network: Network) -> tuple[Any, ...]:
    """What __reduce__() returns for a network."""
    custom = next((layer.name for layer in network.layers if isinstance(layer.activation, Activation)), None)
    if custom is not None:
        raise ArgumentError(f"layer {custom!r} has a custom activation, which a pickle cannot hold", Status.ERROR_VALUE)
    state: dict[str, Any] = {
        "network": network.to_bytes(),
        "cost": None if network._trained_cost is None else network._trained_cost.given,
        "history": network.history,
        "optimizer": _optimizer_state(network),
    }
    return restored, (_FORMAT, __version__, type(network), state)


def restored(form: int, version: str, kind: type[Network], state: dict[str, Any]) -> Network:
    """The network of a pickle."""
    if form != _FORMAT:
        raise FileFormatError(
            f"the pickle of a network is of chainrule {version}, in form {form}; chainrule {__version__} reads form "
            f"{_FORMAT}: exchange networks between versions with save() and load()",
            Status.ERROR_FILE_VERSION,
        )
    network = kind.from_bytes(state["network"], NO_LIMIT)
    if state["cost"] is not None:
        network._trained_cost = cost_options(state["cost"])
    network._history = state["history"]
    if state["optimizer"] is not None:
        method, learning_rate, checkpoint = state["optimizer"]
        optimizer = Optimizer(network, method, learning_rate)
        with checkpointer(network, optimizer) as trainer:
            trainer.load(io.BytesIO(checkpoint))
        network._fitted = method, optimizer._open()
    return network


def _optimizer_state(network: Network) -> tuple[str, float, bytes] | None:
    """The optimizer that fit() goes on with: its method, its rate, and a checkpoint with its state."""
    if network._fitted is None:
        return None
    optimizer = Optimizer._around(network, *network._fitted)
    checkpoint = io.BytesIO()
    with checkpointer(network, optimizer) as trainer:
        trainer.save(checkpoint)
    return network._fitted[0], optimizer.learning_rate, checkpoint.getvalue()


def checkpointer(network: Network, optimizer: Optimizer) -> Trainer:
    """A trainer that trains nothing: its checkpoints hold the optimizer's state. Its cost suits any outputs."""
    return Trainer(network, optimizer=optimizer, cost="mean_squared_error")
