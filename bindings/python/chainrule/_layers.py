"""The layers of a network, as they were described."""

from __future__ import annotations

import ctypes
from typing import Any, NamedTuple

from . import _prototypes
from ._callbacks import Activation
from ._description import InitializerLike, activation_text, numbers_of_initializer
from ._errors import check, results
from ._handles import Handle
from ._layout import shape_of
from ._library import library
from ._names import name_of
from ._prototypes import InitializerKind, LayerKind


class Layer(NamedTuple):
    """A layer of a network.

    Attributes
    ----------
    name
        Its name.
    units
        Its width, or the length of the last of several axes.
    kind
        "dense", "activation", "convolution", "pooling" and so on: what Network.add_…() adds.
    inputs
        The names of the layers it reads; "input" is the network's own input.
    activation
        The name of σ, or the Activation of custom functions; None for a layer without one.
    alpha
        α of "leaky_relu", "elu" and "clipped_relu"; None for other layers.
    bias
        Whether the layer has a b.
    amount
        The rate of dropout, the deviation of noise; None for other layers.
    weight_initializer
        Of a dense or recurrent layer, a convolution, an embedding or parameters, as for Network.add_dense(); None for
        other layers. Files do not keep it: a loaded network has "default".
    bias_initializer
        Likewise, but None for a parameter or constant layer.
    shape
        The lengths of its axes, channels last.
    """

    name: str
    units: int
    kind: str
    inputs: tuple[str, ...]
    activation: str | Activation | None
    alpha: float | None
    bias: bool
    amount: float | None
    weight_initializer: InitializerLike | None
    bias_initializer: InitializerLike | None
    shape: tuple[int, ...]


def layers_of(network: Handle) -> tuple[Layer, ...]:
    """The layers of a network, built or not, in order."""
    (number,) = results(library.crl_network_layer_count, network)
    return tuple(layer_at(network, index) for index in range(number.value))


def layer_at(network: Handle, index: int) -> Layer:
    """The layer at a place, from 0."""
    native = _prototypes.crl_layer.default()
    check(library.crl_network_layer(network, index, ctypes.byref(native)))
    options = _prototypes.crl_layer_options.default()
    check(library.crl_network_layer_options(network, index, ctypes.byref(options)))
    inputs = (results(library.crl_network_layer_input, network, index, place)[0] for place in range(native.inputs))
    kind = name_of(LayerKind, native.kind)
    is_recurrent = kind in ("rnn", "gru", "lstm")
    has_activation = kind in ("dense", "convolution", "transposed_convolution", "activation", "rnn")
    has_weights = is_recurrent or (has_activation and kind != "activation")
    is_table = kind in ("embedding", "parameter", "constant")
    return Layer(
        name=native.name.decode(),
        units=native.units,
        kind=kind,
        inputs=tuple(name.value.decode() for name in inputs),
        activation=_activation(network, native, options) if has_activation else None,
        alpha=None if options.alpha == _prototypes.CRL_AUTO else options.alpha,
        bias=bool(native.bias),
        amount=native.amount if kind in ("dropout", "channel_dropout", "noise") else None,
        weight_initializer=_initializer(options.weight_initializer) if has_weights or is_table else None,
        bias_initializer=_initializer(options.bias_initializer) if has_weights else None,
        shape=shape_of(network, index),
    )


def _activation(network: Handle, native: Any, options: Any) -> str | Activation:
    if native.activation != _prototypes.Activation.CUSTOM:
        return name_of(_prototypes.Activation, native.activation)
    function = _address(options.function)
    activation: Activation = next(
        kept.custom_activation for kept in network.callbacks if _address(kept.function) == function
    )
    return activation


def _address(function: Any) -> int | None:
    return ctypes.cast(function, ctypes.c_void_p).value


def _initializer(native: Any) -> InitializerLike:
    name = name_of(InitializerKind, native.kind)
    taken = numbers_of_initializer(name)
    if taken == 0:
        return name
    return (name, native.a) if taken == 1 else (name, native.a, native.b)


def layer_text(layer: Layer) -> str:
    """How a repr shows the layer."""
    if len(layer.inputs) != 1:
        return f"{layer.kind}({', '.join(layer.inputs)})"
    if layer.amount is not None:
        return f"{layer.kind} {layer.amount:g}"
    activation = "" if layer.activation is None else activation_text(layer.activation)
    if layer.kind == "activation":
        return activation
    if layer.kind == "dense":
        return f"dense {layer.units} {activation}"
    return f"{layer.kind} {layer.shape} {activation}".rstrip()
