"""Describing a network, layer by layer."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import TypeVar

from ._arrays import count, real, seed_value
from ._describing_sequences import DescribingSequences
from ._describing_shapes import lengths
from ._description import (
    ActivationLike,
    InitializerLike,
    initializer,
    layer_options,
)
from ._errors import check
from ._library import library
from ._names import enumerator
from ._prototypes import Instructions

_Self = TypeVar("_Self", bound="Describing")


class Describing(DescribingSequences):
    """Gives a network its layers and its first parameters."""

    __slots__ = ()

    def add_dense(
        self: _Self,
        units: int,
        activation: ActivationLike = "identity",
        *,
        name: str | None = None,
        input: str | None = None,
        bias: bool = True,
        weight_initializer: InitializerLike = "default",
        bias_initializer: InitializerLike = "default",
        alpha: float | None = None,
    ) -> _Self:
        """Adds h = σ(W h' + b) along the last axis, with W of shape (units, length of that axis).

        Parameters
        ----------
        units
            The length of the layer's last axis, its width where it has one.
        activation
            A name, such as "relu", "tanh", "gelu_tanh" or "log_softmax", or an Activation: the functions σ and σ' on
            (rows, units) arrays, and σ'' for second-order products.
        name
            The layer's name; None: its position, from "0" on.
        input
            The layer to read, "input" for the network's own input; None: the layer before.
        bias
            Whether the layer has a b.
        weight_initializer
            A name, such as "he_normal", or a name with its numbers: ("normal", mean, deviation), ("uniform", low,
            high), ("constant", value). "default" is "he_uniform" in front of "softplus", "lecun_normal" in front of
            "selu", and otherwise "glorot_uniform".
        bias_initializer
            Likewise. "default" is uniform in ± √(6 / (inputs + units)), as in scikit-learn.
        alpha
            The α of "leaky_relu", "elu" and "clipped_relu"; None: the activation's own.
        """
        options, kind = layer_options(name, input, activation, alpha)
        options.bias = bool(bias)
        options.weight_initializer = initializer(weight_initializer)
        options.bias_initializer = initializer(bias_initializer)
        handle = self._open()
        handle.callbacks.append(options)
        check(library.crl_network_add_dense(handle, count(units, "units"), kind, ctypes.byref(options)))
        return self

    def add_activation(
        self: _Self,
        activation: ActivationLike,
        *,
        name: str | None = None,
        input: str | None = None,
        alpha: float | None = None,
    ) -> _Self:
        """Adds h = σ(h').

        Parameters
        ----------
        activation, name, input, alpha
            As for add_dense().
        """
        options, kind = layer_options(name, input, activation, alpha)
        handle = self._open()
        handle.callbacks.append(options)
        check(library.crl_network_add_activation(handle, kind, ctypes.byref(options)))
        return self

    def add_dropout(self: _Self, rate: float, *, name: str | None = None, input: str | None = None) -> _Self:
        """Adds dropout: in training each h' is 0 with a probability of `rate`, or divided by 1 − rate.

        It is active in fit(), and in a workspace after Workspace.set_noise(); elsewhere h is h'.

        Parameters
        ----------
        rate
            The probability, in [0, 1).
        name, input
            As for add_dense().
        """
        options, _ = layer_options(name, input, "identity", None)
        check(library.crl_network_add_dropout(self._open(), real(rate, "rate"), ctypes.byref(options)))
        return self

    def add_noise(self: _Self, deviation: float, *, name: str | None = None, input: str | None = None) -> _Self:
        """Adds Gaussian noise: training adds normal numbers to h'.

        It is active when dropout is.

        Parameters
        ----------
        deviation
            Their standard deviation, ≥ 0.
        name, input
            As for add_dense().
        """
        options, _ = layer_options(name, input, "identity", None)
        check(library.crl_network_add_noise(self._open(), real(deviation, "deviation"), ctypes.byref(options)))
        return self

    def add_reshape(
        self: _Self, shape: int | Sequence[int], *, name: str | None = None, input: str | None = None
    ) -> _Self:
        """Gives h' another shape: the same elements in the same order.

        Dense layers, softmax and concatenations work along the last axis, at every position alike: a dense layer of 8
        units that reads the shape (10, 3) has the shape (10, 8), and 8 × 3 weights.

        Parameters
        ----------
        shape
            The lengths of its 1 to 4 axes, channels last.
        name, input
            As for add_dense().
        """
        wanted = lengths(shape, "shape")
        extents = (ctypes.c_size_t * len(wanted))(*wanted)
        options, _ = layer_options(name, input, "identity", None)
        check(library.crl_network_add_reshape(self._open(), extents, len(wanted), ctypes.byref(options)))
        return self

    def add_flatten(self: _Self, *, name: str | None = None, input: str | None = None) -> _Self:
        """Gives h' one axis of all its elements.

        Parameters
        ----------
        name, input
            As for add_dense().
        """
        options, _ = layer_options(name, input, "identity", None)
        check(library.crl_network_add_reshape(self._open(), None, 0, ctypes.byref(options)))
        return self

    def build(self: _Self, seed: int = 0, *, instruction_set: str | None = None) -> _Self:
        """Fixes the layers and draws the parameters' first values. The same seed gives the same values.

        Parameters
        ----------
        seed
            Of the generator.
        instruction_set
            "baseline", "avx2", "avx512" or "neon": the network, its trainers and its predictors compute with it, to
            reproduce the numbers of another machine. This processor must have it. None: the one that
            chainrule.instruction_set() returns. Files do not hold it.
        """
        if instruction_set is None:
            check(library.crl_network_build(self._open(), seed_value(seed)))
        else:
            chosen = enumerator(Instructions, instruction_set, "instruction_set")
            check(library.crl_network_build_for(self._open(), seed_value(seed), chosen))
        return self
