"""What PyTorch's tensors of a layer are, made of ours, and the other way round."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from . import _prototypes
from ._errors import check
from ._exchange import refused
from ._library import library
from ._names import name_of
from ._prototypes import Normalization
from ._pytorch_names import RECURRENT, Wanted

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._handles import FloatArray, Handle
    from ._layers import Layer

    Order = npt.NDArray[np.intp]

_CONVOLUTIONS = ("convolution", "transposed_convolution")
# PyTorch's images are channels first. These layers work on images, or on what PyTorch holds alike.
_CHANNELS_FIRST = {
    "convolution",
    "transposed_convolution",
    "pooling",
    "batch_normalization",
    "group_normalization",
    "zero_padding",
    "upsampling",
    "channel_dropout",
}
_CHANNELS_LAST = {
    "rnn",
    "gru",
    "lstm",
    "embedding",
    "positions",
    "attention",
    "dense",
    "layer_normalization",
    "rms_normalization",
    "transpose",
    "matrix_product",
}
# What gives each element of a vector its own place, as it was.
_IN_PLACE = {
    "activation",
    "dropout",
    "noise",
    "function",
    "prelu",
    "batch_normalization",
    "layer_normalization",
    "rms_normalization",
    "group_normalization",
}
_MIXING = {"sum", "mean", "difference", "product", "quotient", "maximum", "minimum", "power", "matrix_product"}


class Form:
    """A layer's tensors as PyTorch has them.

    Attributes
    ----------
    wanted
        The layer's name, and the shapes there.
    """

    def __init__(
        self,
        layer: Layer,
        shapes: dict[str, tuple[int, ...]],
        rows: Order | None,
        columns: Order | None,
        is_backwards: bool,
    ) -> None:
        """A form of the layer with these tensors. See _orders(): the order of what it gives, and of what it reads."""
        self._layer = layer
        self._rows = rows
        self._columns = columns
        zeros = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
        theirs = {name: tensor.shape for name, tensor in self.theirs(zeros).items()}
        self.wanted = Wanted(layer.name, layer.kind, is_backwards, theirs)

    def theirs(self, ours: dict[str, FloatArray]) -> dict[str, FloatArray]:
        """PyTorch's tensors, made of ours."""
        if self._layer.kind in RECURRENT:
            return self._recurrent_theirs(ours)
        if self._layer.kind in _CONVOLUTIONS:
            return {name: np.moveaxis(tensor, -1, 1) if tensor.ndim > 1 else tensor for name, tensor in ours.items()}
        return {name: self._reordered(tensor, np.argsort) for name, tensor in ours.items()}

    def ours(self, theirs: dict[str, FloatArray]) -> dict[str, FloatArray]:
        """Ours, made of PyTorch's, whose axes of 1 do not matter."""
        # A PReLU can have one slope for all channels.
        theirs = {
            name: np.broadcast_to(tensor, shape) if tensor.shape == (1,) else tensor.reshape(shape)
            for name, shape in self.wanted.shapes.items()
            for tensor in [theirs[name]]
        }
        if self._layer.kind in RECURRENT:
            return self._recurrent_ours(theirs)
        if self._layer.kind in _CONVOLUTIONS:
            return {name: np.moveaxis(tensor, 1, -1) if tensor.ndim > 1 else tensor for name, tensor in theirs.items()}
        return {name: self._reordered(tensor, lambda order: order) for name, tensor in theirs.items()}

    def _reordered(self, tensor: FloatArray, order: Callable[[Order], Order]) -> FloatArray:
        if self._rows is not None:
            tensor = tensor[order(self._rows)]
        if self._columns is not None and tensor.ndim == 2:
            tensor = tensor[:, order(self._columns)]
        return tensor

    def _recurrent_theirs(self, ours: dict[str, FloatArray]) -> dict[str, FloatArray]:
        made = {"weight_ih": ours["weight_ih"], "weight_hh": ours["weight_hh"]}
        if self._layer.bias:
            # PyTorch adds two biases. The second is 0, but for a GRU's n.
            made["bias_ih"], made["bias_hh"] = ours["bias"], np.zeros_like(ours["bias"])
            if self._layer.kind == "gru":
                made["bias_hh"][2 * self._layer.units :] = ours["bias_hn"]
        return made

    @np.errstate(invalid="ignore")  # files may hold infinite numbers
    def _recurrent_ours(self, theirs: dict[str, FloatArray]) -> dict[str, FloatArray]:
        made = {"weight_ih": theirs["weight_ih"], "weight_hh": theirs["weight_hh"]}
        if self._layer.bias:
            made["bias"] = theirs["bias_ih"] + theirs["bias_hh"]
            if self._layer.kind == "gru":
                n = 2 * self._layer.units
                made["bias"][n:], made["bias_hn"] = theirs["bias_ih"][n:], theirs["bias_hh"][n:]
        return made


def forms_of(
    handle: Handle, layers: tuple[Layer, ...], tensors: dict[str, FloatArray], flattened: str | None
) -> list[Form]:
    """The forms of all layers that have tensors, in order."""
    layers = tuple(_specific(handle, index, layer) for index, layer in enumerate(layers))
    orders = _orders(layers, flattened)
    made = []
    for index, layer in enumerate(layers):
        prefix = f"{layer.name}."
        shapes = {name[len(prefix) :]: tensor.shape for name, tensor in tensors.items() if name.startswith(prefix)}
        if not shapes:
            continue
        columns = orders.get(layer.inputs[0]) if layer.kind == "dense" else None
        is_backwards = layer.kind in RECURRENT and _is_backwards(handle, index, layer)
        made.append(Form(layer, shapes, orders.get(layer.name), columns, is_backwards))
    return made


def _specific(handle: Handle, index: int, layer: Layer) -> Layer:
    """The layer, with the method of a normalization as its kind."""
    if layer.kind != "normalization":
        return layer
    native = _prototypes.crl_layer.default()
    check(library.crl_network_layer(handle, index, ctypes.byref(native)))
    return layer._replace(kind=f"{name_of(Normalization, native.method)}_normalization")


def _is_backwards(handle: Handle, index: int, layer: Layer) -> bool:
    options = _prototypes.crl_recurrent_options.default()
    check(library.crl_network_layer_recurrent(handle, index, ctypes.byref(options)))
    if options.reset_first or options.peepholes:
        what = "a reset gate before the product" if options.reset_first else "peepholes"
        raise refused(f"the layer {layer.name!r} has {what}, which PyTorch does not have")
    return bool(options.backwards)


def _orders(layers: tuple[Layer, ...], flattened: str | None) -> dict[str, Order]:
    """Where PyTorch's elements of a layer's vector lie: ours[i] is its [order[i]]. Where none moves there is no order.

    Flattened images have another order, their channels being first there. So has a vector that becomes an image.
    """
    by_name = {layer.name: layer for layer in layers}
    orders: dict[str, Order] = {}

    def is_first(layer: Layer) -> bool:
        return flattened == "channels_first" if flattened else _is_channels_first(layer, by_name)

    # Vectors that become images, and what gives them: from the end.
    for layer in reversed(layers):
        source = by_name.get(layer.inputs[0])
        if source is None or len(source.shape) > 1:
            continue
        if layer.kind == "reshape" and len(layer.shape) > 1 and is_first(_reader(layer, layers)):
            orders[source.name] = _order(layer.shape)
        elif layer.kind in _IN_PLACE and layer.name in orders:
            orders[source.name] = orders[layer.name]

    # Images that become vectors, and what they give.
    for layer in layers:
        source = by_name.get(layer.inputs[0])
        if source is None or len(layer.shape) > 1:
            continue
        if layer.kind == "reshape" and len(source.shape) > 1:
            if is_first(source):
                orders[layer.name] = _order(source.shape)
        elif layer.kind in _IN_PLACE | _MIXING or layer.kind == "reshape":
            for name in layer.inputs:
                if name in orders and by_name[name].shape == layer.shape:
                    orders[layer.name] = orders[name]
        elif layer.kind == "concatenation" and any(name in orders for name in layer.inputs):
            parts, offset = [], 0
            for name in layer.inputs:
                units = by_name[name].units
                parts.append(offset + orders.get(name, np.arange(units)))
                offset += units
            orders[layer.name] = np.concatenate(parts)
    return orders


def _order(shape: tuple[int, ...]) -> Order:
    """For each element of (positions…, channels), where it lies in (channels, positions…)."""
    *positions, channels = shape
    return np.moveaxis(np.arange(np.prod(shape)).reshape(channels, *positions), 0, -1).ravel()


def _reader(layer: Layer, layers: tuple[Layer, ...]) -> Layer:
    """The first layer that reads this one and says how PyTorch has it, or itself."""
    for reader in layers:
        if layer.name in reader.inputs:
            return reader if reader.kind in _CHANNELS_FIRST | _CHANNELS_LAST else _reader(reader, layers)
    return layer


def _is_channels_first(layer: Layer, by_name: dict[str, Layer]) -> bool:
    """Whether PyTorch has this value of several axes channels first: an image, or what a convolution gives."""
    while layer.kind not in _CHANNELS_FIRST | _CHANNELS_LAST:
        source = by_name.get(layer.inputs[0])
        if source is None or len(source.shape) < 2:
            return len(layer.shape) > 2
        layer = source
    return layer.kind in _CHANNELS_FIRST
