"""Describing a network's layers of shapes: convolution, pooling, normalization, and what moves or combines elements."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, TypeVar, Union

import numpy as np

from . import _prototypes
from ._arrays import count, real
from ._description import ActivationLike, InitializerLike, encoded, initializer, layer_options
from ._errors import ArgumentTypeError, check, results
from ._handles import NativeObject
from ._layout import shape_of
from ._library import library
from ._names import enumerator
from ._prototypes import Normalization, Pooling

_Self = TypeVar("_Self", bound="DescribingShapes")

Lengths = Union[int, "Sequence[int]"]
Padding = Union[str, int, "Sequence[int]", "Sequence[tuple[int, int]]"]


def lengths(given: Any, name: str) -> list[int]:
    """A list of counts, from one number or several."""
    if isinstance(given, (int, float, np.number)):
        return [count(given, name)]
    numbers = given.tolist() if isinstance(given, np.ndarray) else given
    if isinstance(numbers, (str, bytes)) or not isinstance(numbers, Sequence):
        raise ArgumentTypeError(f"{name} must be an integer or a sequence of integers, not {given!r}")
    return [count(number, name) for number in numbers]


def extents_array(numbers: list[int]) -> Any:
    """The counts for a call."""
    return (ctypes.c_size_t * len(numbers))(*numbers)


def _axes(numbers: list[int], name: str) -> Any:
    if len(numbers) > 3:
        raise ArgumentTypeError(
            f"{name} must hold at most 3 numbers, one for each axis but the channels, not {numbers}"
        )
    return _prototypes.crl_axes(*numbers)


def _window(kernel: Lengths, stride: Lengths | None, dilation: Lengths, padding: Padding, axes: int) -> Any:
    """The crl_window. One number stands for all axes."""

    def repeated(given: Lengths, name: str) -> list[int]:
        numbers = lengths(given, name)
        return numbers * max(axes, 1) if isinstance(given, (int, np.integer)) else numbers

    window = _prototypes.crl_window.default()
    taps = repeated(kernel, "kernel")
    window.kernel = _axes(taps, "kernel")
    window.stride = _axes(taps if stride is None else repeated(stride, "stride"), "stride")
    window.dilation = _axes(repeated(dilation, "dilation"), "dilation")
    if isinstance(padding, str):
        window.padding = enumerator(_prototypes.Padding, padding, "padding")
        return window
    window.padding = _prototypes.Padding.EXPLICIT
    pairs = [padding] * len(taps) if isinstance(padding, (int, np.integer)) else list(padding)
    both = [pair if isinstance(pair, (tuple, list)) else (pair, pair) for pair in pairs]
    if any(len(pair) != 2 for pair in both):
        raise ArgumentTypeError(
            f"padding must be a name, a number, or for each axis a number or (before, after), not {padding!r}"
        )
    window.before = _axes([count(pair[0], "padding") for pair in both], "padding")
    window.after = _axes([count(pair[1], "padding") for pair in both], "padding")
    return window


class DescribingShapes(NativeObject):
    """Gives a network its layers of shapes."""

    __slots__ = ()

    def _axes_before(self, input: str | None) -> int:
        """How many axes a layer has before its channels; 0 if there is no such layer, which the library then says."""
        handle = self._open()
        (layers,) = results(library.crl_network_layer_count, handle)
        for index in reversed(range(layers.value)):
            native = _prototypes.crl_layer.default()
            check(library.crl_network_layer(handle, index, ctypes.byref(native)))
            if input is None or native.name == encoded(input):
                return len(shape_of(handle, index)) - 1
        return 0

    def add_input(self: _Self, name: str, shape: Lengths) -> _Self:
        """Names the next part of x, and gives it a shape. Parts follow one another in a row of x.

        Parameters
        ----------
        name
            What layers call it.
        shape
            The lengths of its axes, channels last.
        """
        extents = lengths(shape, "shape")
        check(library.crl_network_add_input(self._open(), encoded(name), extents_array(extents), len(extents)))
        return self

    def _add_convolution(
        self,
        function: Any,
        channels: int,
        kernel: Lengths,
        activation: ActivationLike,
        how: tuple[Lengths, Lengths, Padding, int, Lengths],
        given: dict[str, Any],
    ) -> None:
        stride, dilation, padding, groups, output_padding = how
        options, kind = layer_options(given["name"], given["input"], activation, given["alpha"])
        options.bias = bool(given["bias"])
        options.weight_initializer = initializer(given["weight_initializer"])
        options.bias_initializer = initializer(given["bias_initializer"])
        axes = self._axes_before(given["input"])
        window = _window(kernel, stride, dilation, padding, axes)
        more = lengths(output_padding, "output_padding")
        if isinstance(output_padding, (int, np.integer)):
            more *= max(axes, 1)
        window.output_padding = _axes(more, "output_padding")
        handle = self._open()
        handle.callbacks.append(options)
        check(
            function(
                handle,
                count(channels, "channels"),
                kind,
                ctypes.byref(window),
                count(groups, "groups"),
                ctypes.byref(options),
            )
        )

    def add_convolution(
        self: _Self,
        channels: int,
        kernel: Lengths,
        activation: ActivationLike = "identity",
        *,
        stride: Lengths = 1,
        padding: Padding = "valid",
        dilation: Lengths = 1,
        groups: int = 1,
        name: str | None = None,
        input: str | None = None,
        bias: bool = True,
        weight_initializer: InitializerLike = "default",
        bias_initializer: InitializerLike = "default",
        alpha: float | None = None,
    ) -> _Self:
        """Adds a convolution over the axes before the channels: 1 for (T, C), 2 for (H, W, C), 3 for (D, H, W, C).

        The weight has the shape (channels, *kernel, input channels / groups).

        Parameters
        ----------
        channels
            Of the output.
        kernel
            The taps along each axis; one number for all axes.
        activation
            As for add_dense().
        stride
            How far apart windows lie.
        padding
            "valid": all windows lie within the input. "same": as many windows as positions, divided by the stride and
            rounded up. "causal": the same, with all padding before; for one axis. A number, or for each axis a number
            or (before, after): so many positions of zeros.
        dilation
            How far apart the taps of a window lie.
        groups
            Each group of output channels reads its own group of input channels; as many as channels: depthwise.
        name, input, bias, weight_initializer, bias_initializer, alpha
            As for add_dense().
        """
        given = {
            "name": name,
            "input": input,
            "bias": bias,
            "weight_initializer": weight_initializer,
            "bias_initializer": bias_initializer,
            "alpha": alpha,
        }
        how = (stride, dilation, padding, groups, 0)
        self._add_convolution(library.crl_network_add_convolution, channels, kernel, activation, how, given)
        return self

    def add_transposed_convolution(
        self: _Self,
        channels: int,
        kernel: Lengths,
        activation: ActivationLike = "identity",
        *,
        stride: Lengths = 1,
        padding: Padding = "valid",
        dilation: Lengths = 1,
        groups: int = 1,
        output_padding: Lengths = 0,
        name: str | None = None,
        input: str | None = None,
        bias: bool = True,
        weight_initializer: InitializerLike = "default",
        bias_initializer: InitializerLike = "default",
        alpha: float | None = None,
    ) -> _Self:
        """Adds a transposed convolution: each input position adds a window to the output.

        The output has (n − 1) · stride + (kernel − 1) · dilation + 1 positions along an axis of n, less what the
        padding cuts off; n · stride with "same". The weight has the shape (input channels, *kernel, channels / groups).

        Parameters
        ----------
        channels, kernel, activation, stride, padding, dilation, groups
            As for add_convolution().
        output_padding
            Positions to add after each axis, with a padding of "valid" or of numbers.
        name, input, bias, weight_initializer, bias_initializer, alpha
            As for add_dense().
        """
        given = {
            "name": name,
            "input": input,
            "bias": bias,
            "weight_initializer": weight_initializer,
            "bias_initializer": bias_initializer,
            "alpha": alpha,
        }
        how = (stride, dilation, padding, groups, output_padding)
        self._add_convolution(library.crl_network_add_transposed_convolution, channels, kernel, activation, how, given)
        return self

    def add_pooling(
        self: _Self,
        method: str = "maximum",
        kernel: Lengths | None = None,
        *,
        stride: Lengths | None = None,
        padding: Padding = "valid",
        dilation: Lengths = 1,
        name: str | None = None,
        input: str | None = None,
    ) -> _Self:
        """Adds the largest or the mean of each channel under a window.

        Parameters
        ----------
        method
            "maximum"; "mean", of the positions inside the input; "mean_with_padding", where those outside count as 0.
        kernel
            The taps along each axis; one number for all axes. None: all positions; the output has one axis.
        stride
            None: the kernel.
        padding, dilation
            As for add_convolution().
        name
            The layer's name; None: its position.
        input
            The layer to read; None: the layer before.
        """
        options, _ = layer_options(name, input, "identity", None)
        kind = enumerator(Pooling, method, "method")
        window = None
        if kernel is not None:
            window = ctypes.byref(_window(kernel, stride, dilation, padding, self._axes_before(input)))
        check(library.crl_network_add_pooling(self._open(), kind, window, ctypes.byref(options)))
        return self

    def add_normalization(
        self: _Self,
        method: str = "batch",
        *,
        groups: int = 1,
        epsilon: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        name: str | None = None,
        input: str | None = None,
    ) -> _Self:
        """Adds normalization: z = (h' − mean) / √(variance + epsilon), then a learned scale and offset of each channel.

        Parameters
        ----------
        method
            What is taken together. "batch": each channel over all rows and positions; outside fit() the running
            statistics stand for the batch's (Network.state). "layer": the channels of each position. "rms": the same,
            not centred and without an offset. "group": groups of channels over all positions.
        groups
            For "group"; as many as channels: instance normalization.
        epsilon
            Added to variances.
        momentum
            For "batch": how far each step moves the running statistics.
        affine
            Whether the learned scale and offset follow.
        name
            The layer's name; None: its position.
        input
            The layer to read; None: the layer before.
        """
        options, _ = layer_options(name, input, "identity", None)
        how = _prototypes.crl_normalization_options.default()
        how.groups = count(groups, "groups")
        how.epsilon = real(epsilon, "epsilon")
        how.momentum = real(momentum, "momentum")
        how.affine = bool(affine)
        kind = enumerator(Normalization, method, "method")
        check(library.crl_network_add_normalization(self._open(), kind, ctypes.byref(how), ctypes.byref(options)))
        return self

    def add_prelu(self: _Self, *, name: str | None = None, input: str | None = None) -> _Self:
        """Adds a rectifier whose slope below 0 is learned for each channel: h' where h' > 0, otherwise α h'.

        Parameters
        ----------
        name, input
            As for add_dense().
        """
        options, _ = layer_options(name, input, "identity", None)
        check(library.crl_network_add_prelu(self._open(), ctypes.byref(options)))
        return self

    def add_softmax(self: _Self, axis: int, *, name: str | None = None, input: str | None = None) -> _Self:
        """Adds softmax along an axis: e^h' divided by its sum. Along the last axis it is add_activation().

        Parameters
        ----------
        axis
            The axis, from 0.
        name, input
            As for add_dense().
        """
        options, _ = layer_options(name, input, "identity", None)
        check(library.crl_network_add_softmax(self._open(), count(axis, "axis"), ctypes.byref(options)))
        return self

    def add_channel_dropout(self: _Self, rate: float, *, name: str | None = None, input: str | None = None) -> _Self:
        """Adds dropout of whole channels: as add_dropout(), with one draw for all positions of a channel.

        Parameters
        ----------
        rate
            As for add_dropout().
        name, input
            As for add_dense().
        """
        options, _ = layer_options(name, input, "identity", None)
        check(library.crl_network_add_channel_dropout(self._open(), real(rate, "rate"), ctypes.byref(options)))
        return self

    def add_transpose(self: _Self, axes: Sequence[int], *, name: str | None = None, input: str | None = None) -> _Self:
        """Permutes the axes: as numpy.transpose() does.

        Parameters
        ----------
        axes
            Axis i of h is axis axes[i] of h'.
        name, input
            As for add_dense().
        """
        options, _ = layer_options(name, input, "identity", None)
        order = lengths(axes, "axes")
        check(library.crl_network_add_transpose(self._open(), extents_array(order), len(order), ctypes.byref(options)))
        return self

    def add_slice(
        self: _Self, begin: Lengths, end: Lengths, *, name: str | None = None, input: str | None = None
    ) -> _Self:
        """Takes the elements from `begin` to before `end` along each axis.

        Parameters
        ----------
        begin, end
            A number for each axis, from 0.
        name, input
            As for add_dense().
        """
        options, _ = layer_options(name, input, "identity", None)
        first, last = lengths(begin, "begin"), lengths(end, "end")
        if len(first) != len(last):
            raise ArgumentTypeError(f"begin holds {len(first)} numbers, end {len(last)}")
        check(
            library.crl_network_add_slice(
                self._open(), extents_array(first), extents_array(last), len(first), ctypes.byref(options)
            )
        )
        return self

    def add_split(
        self: _Self, parts: Lengths, axis: int, *, name: str | None = None, input: str | None = None
    ) -> _Self:
        """Cuts a layer along an axis, from 0, into parts one after the other: adds a slice for each.

        The next layer reads the last part, if it names no other.

        Parameters
        ----------
        parts
            How many equal parts, or the length of each; together the axis' length.
        axis
            From 0.
        name
            "part" names them "part-0", "part-1", …; None: their positions.
        input
            The layer to cut; None: the layer before.
        """
        options, _ = layer_options(name, input, "identity", None)
        numbers = lengths(parts, "parts")
        sizes, number = (
            (None, numbers[0]) if isinstance(parts, (int, np.integer)) else (extents_array(numbers), len(numbers))
        )
        place = count(axis, "axis")
        check(library.crl_network_add_split(self._open(), place, sizes, number, ctypes.byref(options)))
        return self

    def add_zero_padding(
        self: _Self,
        before: Lengths,
        after: Lengths | None = None,
        *,
        name: str | None = None,
        input: str | None = None,
    ) -> _Self:
        """Adds positions of zeros before and after each axis but the channels.

        Parameters
        ----------
        before
            How many; one number for all axes.
        after
            Likewise; None: as before.
        name, input
            As for add_dense().
        """
        options, _ = layer_options(name, input, "identity", None)
        first = lengths(before, "before")
        last = first if after is None else lengths(after, "after")
        if len(first) != len(last):
            raise ArgumentTypeError(f"before holds {len(first)} numbers, after {len(last)}")
        check(
            library.crl_network_add_zero_padding(
                self._open(), extents_array(first), extents_array(last), len(first), ctypes.byref(options)
            )
        )
        return self

    def add_take(
        self: _Self, indices: Lengths, axis: int, *, name: str | None = None, input: str | None = None
    ) -> _Self:
        """Takes elements along an axis in any order, as numpy.take() does with indices from 0.

        So positions are picked, reversed, repeated or reflected at the edges.

        Parameters
        ----------
        indices
            The elements' places, from 0.
        axis
            The axis, from 0.
        name, input
            As for add_dense().
        """
        options, _ = layer_options(name, input, "identity", None)
        places, along = lengths(indices, "indices"), count(axis, "axis")
        check(
            library.crl_network_add_take(self._open(), along, extents_array(places), len(places), ctypes.byref(options))
        )
        return self

    def add_upsampling(self: _Self, factors: Lengths, *, name: str | None = None, input: str | None = None) -> _Self:
        """Repeats each position so many times along each axis but the channels.

        Parameters
        ----------
        factors
            How many times; one number for all axes.
        name, input
            As for add_dense().
        """
        options, _ = layer_options(name, input, "identity", None)
        times = lengths(factors, "factors")
        if isinstance(factors, (int, np.integer)):
            times *= max(self._axes_before(input), 1)
        check(library.crl_network_add_upsampling(self._open(), extents_array(times), len(times), ctypes.byref(options)))
        return self

    def add_standardization(self: _Self, *, name: str | None = None, input: str | None = None) -> _Self:
        """Adds (h' − mean) · scale, with a number of each for every channel of h'.

        Inputs as a problem has them become numbers of the size that training likes, and whoever gets the file need not
        know how. Means and scales are state: files hold them, training leaves them alone. Until they are set they are 0
        and 1. It is four layers: the constants NAME_mean and NAME_scale, the difference NAME_difference, and the
        product, NAME.

        Parameters
        ----------
        name, input
            As for add_dense().

        Examples
        --------
        >>> network = Network(4).add_standardization().add_dense(8, "tanh").add_dense(3).build()
        >>> network.fit_standardization(x)
        """
        options, _ = layer_options(name, input, "identity", None)
        check(library.crl_network_add_standardization(self._open(), ctypes.byref(options)))
        return self
