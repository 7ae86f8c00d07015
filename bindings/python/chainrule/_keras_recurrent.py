"""Keras' recurrent layers, made of this library's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._exchange import refused

if TYPE_CHECKING:
    from ._handles import FloatArray
    from ._keras_building import Building, Given

_KINDS = {"SimpleRNN": "rnn", "GRU": "gru", "LSTM": "lstm"}
_GATES = {"rnn": 1, "gru": 3, "lstm": 4}
# How two directions are joined.
_MERGES = {"sum": "sum", "ave": "mean", "mul": "product", "concat": "concatenation"}


def recurrent(building: Building, given: Given) -> None:
    """SimpleRNN, GRU or LSTM."""
    backwards = bool(given.config.get("go_backwards"))
    if backwards and given.config["return_sequences"]:
        raise refused(f"the layer {given.name!r} gives the steps in reverse order, which this library does not")
    _cell(building, given, backwards)


def bidirectional(building: Building, given: Given) -> None:
    """A layer for each direction, and what joins them."""
    first, merge = given.config["layer"], given.config["merge_mode"]
    second = given.config.get("backward_layer") or first
    kinds = first["class_name"], second["class_name"]
    if kinds[0] not in _KINDS or kinds[0] != kinds[1]:
        raise refused(
            f"the layer {given.name!r} has directions of {' and '.join(kinds)}; there are {', '.join(_KINDS)}"
        )
    if merge not in _MERGES:
        raise refused(f"the layer {given.name!r} has the merge_mode {merge!r}; there are {', '.join(_MERGES)}")
    if first["config"].get("go_backwards"):
        raise refused(f"the first direction of the layer {given.name!r} goes backwards")
    half = len(given.arrays) // 2
    names = [f"{given.name}_forward", f"{given.name}_backward"]
    for name, layer, arrays in zip(names, (first, second), (given.arrays[:half], given.arrays[half:])):
        part = given._replace(kind=kinds[0], name=name, config=layer["config"], arrays=arrays)
        _cell(building, part, backwards=name == names[1])
    building.merge(_MERGES[merge], given.name, names)


def _cell(building: Building, given: Given, backwards: bool) -> None:
    given.only(return_state=False, time_major=False)
    kind, units, has_bias = _KINDS[given.kind], given.config["units"], given.config["use_bias"]
    how = {
        "sequence": given.config["return_sequences"],
        "backwards": backwards,
        "bias": has_bias,
        "name": given.name,
        "input": given.source,
    }
    gates = _GATES[kind] * units
    reset_after = kind == "gru" and given.config["reset_after"]
    bias = (2, gates) if reset_after else (gates,)
    read = given.take(
        weight_ih=(building.channels(given.source), gates),
        weight_hh=(units, gates),
        bias=bias if has_bias else None,
    )
    # The last axis of Keras' tensors is the first of ours.
    tensors = {key: tensor.T for key, tensor in read.items()}
    if kind == "rnn":
        activation = given.config["activation"]
        if activation not in ("tanh", "relu"):
            raise refused(f"the layer {given.name!r} has the activation {activation!r:.100}; tanh and relu are read")
        building.network.add_rnn(units, activation, **how)
    else:
        given.only(activation="tanh", recurrent_activation="sigmoid")
        if kind == "gru":
            tensors = _gru(tensors, units)
            building.network.add_gru(units, reset_first=not reset_after, **how)
        else:
            building.network.add_lstm(units, **how)
    building.know(given.name, tensors)


@np.errstate(invalid="ignore")  # files may hold infinite numbers
def _gru(tensors: dict[str, FloatArray], units: int) -> dict[str, FloatArray]:
    """The gates z, r, n as r, z, n. If the reset gate comes after the product, n has two biases."""
    bias = tensors.get("bias")
    if bias is not None and bias.ndim == 2:
        once = np.concatenate([bias[:-units].sum(axis=1), bias[-units:, 0]])
        return {**_gru({**tensors, "bias": once}, units), "bias_hn": bias[-units:, 1]}
    return {
        key: np.concatenate([tensor[units : 2 * units], tensor[:units], tensor[2 * units :]])
        for key, tensor in tensors.items()
    }
