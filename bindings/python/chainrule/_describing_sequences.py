"""Describing a network's layers over sequences, and layers of parameters alone."""

from __future__ import annotations

import ctypes
from typing import TypeVar

from . import _prototypes
from ._arrays import count
from ._describing_combinations import DescribingCombinations
from ._describing_shapes import Lengths, extents_array, lengths
from ._description import InitializerLike, encoded, initializer, layer_options
from ._errors import check
from ._library import library
from ._names import check_name, enumerator
from ._prototypes import Cell, Positions

_Self = TypeVar("_Self", bound="DescribingSequences")


class DescribingSequences(DescribingCombinations):
    """Gives a network its layers over sequences."""

    __slots__ = ()

    def _add_recurrent(
        self,
        cell: str,
        units: int,
        /,
        *,
        sequence: bool,
        backwards: bool,
        bidirectional: bool,
        initial_state: str | None,
        lengths: str | None,
        name: str | None,
        input: str | None,
        bias: bool,
        weight_initializer: InitializerLike,
        bias_initializer: InitializerLike,
        **of_cell: bool,
    ) -> None:
        recurrent = _prototypes.crl_recurrent_options.default()
        recurrent.initial_state = encoded(initial_state)
        recurrent.lengths = encoded(lengths)
        recurrent.last = not sequence
        recurrent.backwards = bool(backwards)
        for option, value in of_cell.items():
            setattr(recurrent, option, bool(value))
        options, _ = layer_options(name, input, "identity", None)
        options.bias = bool(bias)
        options.weight_initializer = initializer(weight_initializer)
        options.bias_initializer = initializer(bias_initializer)
        add = library.crl_network_add_bidirectional if bidirectional else library.crl_network_add_recurrent
        kind = enumerator(Cell, cell, "cell")
        check(add(self._open(), kind, count(units, "units"), ctypes.byref(recurrent), ctypes.byref(options)))

    def add_rnn(
        self: _Self,
        units: int,
        activation: str = "tanh",
        *,
        sequence: bool = True,
        backwards: bool = False,
        bidirectional: bool = False,
        initial_state: str | None = None,
        lengths: str | None = None,
        name: str | None = None,
        input: str | None = None,
        bias: bool = True,
        weight_initializer: InitializerLike = "default",
        bias_initializer: InitializerLike = "default",
    ) -> _Self:
        """Adds a recurrent layer over a sequence (steps, channels): h = σ(W_ih x + W_hh h' + b), h' of the step before.

        Tensors have PyTorch's names and layout: "weight_ih", "weight_hh", and "bias", the sum of PyTorch's two.

        Parameters
        ----------
        units
            The elements of h.
        activation
            "tanh" or "relu".
        sequence
            Whether the output is h of all steps, (steps, units), or h of the last one, (units,).
        backwards
            Whether the steps go from the last one to the first.
        bidirectional
            Adds a layer for each direction, with "_forward" and "_backward" after the name, and their concatenation
            along the channels.
        initial_state
            The layer that gives h before the first step; None: 0. See add_parameter() for one that is learned.
        lengths
            The layer of one element that gives each row's number of steps; None: all. Nothing is computed beyond a
            row's last step, where h is 0.
        name, input, bias
            As for add_dense().
        weight_initializer, bias_initializer
            "default" is uniform in ± 1 / √units.
        """
        check_name(("tanh", "relu"), activation, "activation")
        self._add_recurrent(
            activation,
            units,
            sequence=sequence,
            backwards=backwards,
            bidirectional=bidirectional,
            initial_state=initial_state,
            lengths=lengths,
            name=name,
            input=input,
            bias=bias,
            weight_initializer=weight_initializer,
            bias_initializer=bias_initializer,
        )
        return self

    def add_gru(
        self: _Self,
        units: int,
        *,
        reset_first: bool = False,
        sequence: bool = True,
        backwards: bool = False,
        bidirectional: bool = False,
        initial_state: str | None = None,
        lengths: str | None = None,
        name: str | None = None,
        input: str | None = None,
        bias: bool = True,
        weight_initializer: InitializerLike = "default",
        bias_initializer: InitializerLike = "default",
    ) -> _Self:
        """Adds a gated recurrent unit, gates in PyTorch's order: r, z, n.

        Besides the tensors of add_rnn() there is "bias_hn", PyTorch's bias_hh of the gate n, unless `reset_first`.

        Parameters
        ----------
        units
            The elements of h.
        reset_first
            Whether the reset gate multiplies h' before the product, as in the paper, instead of the product, as in
            PyTorch.
        sequence, backwards, bidirectional, initial_state, lengths
            As for add_rnn().
        name, input, bias, weight_initializer, bias_initializer
            As for add_rnn().
        """
        self._add_recurrent(
            "gru",
            units,
            reset_first=reset_first,
            sequence=sequence,
            backwards=backwards,
            bidirectional=bidirectional,
            initial_state=initial_state,
            lengths=lengths,
            name=name,
            input=input,
            bias=bias,
            weight_initializer=weight_initializer,
            bias_initializer=bias_initializer,
        )
        return self

    def add_lstm(
        self: _Self,
        units: int,
        *,
        peepholes: bool = False,
        cell: bool = False,
        sequence: bool = True,
        backwards: bool = False,
        bidirectional: bool = False,
        initial_state: str | None = None,
        lengths: str | None = None,
        name: str | None = None,
        input: str | None = None,
        bias: bool = True,
        weight_initializer: InitializerLike = "default",
        bias_initializer: InitializerLike = "default",
    ) -> _Self:
        """Adds long short-term memory, gates in PyTorch's order: i, f, g, o.

        Parameters
        ----------
        units
            The elements of h.
        peepholes
            Whether the gates i, f and o also see c: the tensor "peephole", in this order.
        cell
            Whether the output has one more step, c after the last one: (T + 1, units), or (2, units).
        sequence, backwards, bidirectional
            As for add_rnn().
        initial_state
            The layer that gives h and then c before the first step, 2 · units elements; None: 0.
        lengths, name, input, bias, weight_initializer, bias_initializer
            As for add_rnn().
        """
        self._add_recurrent(
            "lstm",
            units,
            peepholes=peepholes,
            cell=cell,
            sequence=sequence,
            backwards=backwards,
            bidirectional=bidirectional,
            initial_state=initial_state,
            lengths=lengths,
            name=name,
            input=input,
            bias=bias,
            weight_initializer=weight_initializer,
            bias_initializer=bias_initializer,
        )
        return self

    def add_parameter(
        self: _Self, shape: Lengths, *, name: str | None = None, weight_initializer: InitializerLike = "default"
    ) -> _Self:
        """Adds parameters as a layer: h is the same for every row, and learned. Its tensor is "value", at first 0.

        Parameters
        ----------
        shape
            The lengths of its axes, channels last.
        name
            The layer's name; None: its position.
        weight_initializer
            As for add_dense(); "default" is 0.
        """
        options, _ = layer_options(name, None, "identity", None)
        options.weight_initializer = initializer(weight_initializer)
        extents = lengths(shape, "shape")
        check(
            library.crl_network_add_parameter(self._open(), extents_array(extents), len(extents), ctypes.byref(options))
        )
        return self

    def add_constant(
        self: _Self, shape: Lengths, *, name: str | None = None, weight_initializer: InitializerLike = "default"
    ) -> _Self:
        """Adds numbers as a layer that no training changes: h is the same for every row.

        They are the network's state, its tensor "value", at first 0. After build(), set
        ``network.state["name.value"][:]``.

        Parameters
        ----------
        shape
            The lengths of its axes, channels last.
        name
            The layer's name; None: its position.
        weight_initializer
            As for add_dense(); "default" is 0.
        """
        options, _ = layer_options(name, None, "identity", None)
        options.weight_initializer = initializer(weight_initializer)
        extents = lengths(shape, "shape")
        check(
            library.crl_network_add_constant(self._open(), extents_array(extents), len(extents), ctypes.byref(options))
        )
        return self

    def add_embedding(
        self: _Self,
        tokens: int,
        width: int,
        *,
        name: str | None = None,
        input: str | None = None,
        weight_initializer: InitializerLike = "default",
    ) -> _Self:
        """Adds a table of vectors, one for each token: h of a position is the row of the table that x there says.

        Its tensor is "weight", (tokens, width), as PyTorch's.

        Parameters
        ----------
        tokens
            The rows of the table. What the layer reads holds whole numbers from 0 to tokens - 1; any other is an
            ArgumentError.
        width
            The elements of a vector. A layer of the shape (T,) gives (T, width); if its last axis is 1, as in (T, 1),
            `width` replaces it.
        name, input
            As for add_dense().
        weight_initializer
            "default" is normal with mean 0 and deviation 1.
        """
        options, _ = layer_options(name, input, "identity", None)
        options.weight_initializer = initializer(weight_initializer)
        check(
            library.crl_network_add_embedding(
                self._open(), count(tokens, "tokens"), count(width, "width"), ctypes.byref(options)
            )
        )
        return self

    def add_positions(
        self: _Self,
        positions: str = "sinusoidal",
        *,
        name: str | None = None,
        input: str | None = None,
        weight_initializer: InitializerLike = "default",
    ) -> _Self:
        """Adds to each element of a sequence (steps, channels) numbers that tell its position.

        Parameters
        ----------
        positions
            "sinusoidal", sines and cosines (Vaswani et al. 2017), or "learned", a sum with a layer of parameters, which
            has "_value" after the name.
        name, input
            As for add_dense().
        weight_initializer
            Of those that are learned; "default" is 0.
        """
        options, _ = layer_options(name, input, "identity", None)
        options.weight_initializer = initializer(weight_initializer)
        kind = enumerator(Positions, positions, "positions")
        check(library.crl_network_add_positions(self._open(), kind, ctypes.byref(options)))
        return self

    def add_attention(
        self: _Self,
        heads: int,
        *,
        key: str | None = None,
        value: str | None = None,
        lengths: str | None = None,
        causal: bool = False,
        width: int | None = None,
        bare: bool = False,
        name: str | None = None,
        input: str | None = None,
        bias: bool = True,
        weight_initializer: InitializerLike = "default",
        bias_initializer: InitializerLike = "default",
    ) -> _Self:
        """Adds multi-head attention over sequences (steps, channels) (Vaswani et al. 2017), with its dense layers.

        The last dense layer has the name, the attention "_heads" after it, and the others "_in" if the input gives all,
        "_query" and "_key_value" if another layer gives keys and values, "_query", "_key" and "_value" if two do.
        "_in.weight" is PyTorch's in_proj_weight, and the weight of the last its out_proj.weight.

        Parameters
        ----------
        heads
            How many share the width, which they divide.
        key
            The layer that gives the keys; None: the input.
        value
            The layer that gives the values; None: as the keys.
        lengths
            The layer of one element that gives each row's number of keys; None: all. If the input gives all, it has as
            many queries, and h is 0 beyond.
        causal
            Whether a query sees no keys after its own position.
        width
            The channels of queries, keys, values and h; None: those of the input.
        bare
            Without the dense layers. Channels that come from one layer lie side by side in it: queries, keys, values.
        name
            As for add_dense().
        input
            The layer that gives the queries.
        bias, weight_initializer, bias_initializer
            As for add_dense(); of all dense layers.
        """
        attention = _prototypes.crl_attention_options.default()
        attention.heads = count(heads, "heads")
        attention.width = 0 if width is None else count(width, "width")
        attention.key, attention.value, attention.lengths = encoded(key), encoded(value), encoded(lengths)
        attention.causal, attention.bare = bool(causal), bool(bare)
        options, _ = layer_options(name, input, "identity", None)
        options.bias = bool(bias)
        options.weight_initializer = initializer(weight_initializer)
        options.bias_initializer = initializer(bias_initializer)
        check(library.crl_network_add_attention(self._open(), ctypes.byref(attention), ctypes.byref(options)))
        return self
