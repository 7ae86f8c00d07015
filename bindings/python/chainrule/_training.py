"""Optimizers."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

from . import _prototypes
from ._arrays import address_of, as_vector, optional_real, real, set_given
from ._description import encoded
from ._errors import ArgumentTypeError, check, results
from ._handles import Handle, NativeObject
from ._library import library
from ._names import enumerator
from ._prototypes import OptimizerMethod

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._network import Network


class Optimizer(NativeObject):
    """A method, its hyperparameters and its state (momenta) for one network's parameters.

    None means the library's default, or the method's own value. The methods, with g for ∂C/∂w:

    - "gradient_descent": w ← w − η g
    - "momentum": v ← μ v + g; w ← w − η v
    - "nesterov": v ← μ v + g; w ← w − η (g + μ v)
    - "adagrad": v ← v + g²; w ← w − η g / (√v + ε)
    - "rmsprop": v ← β₂ v + (1 − β₂) g²; w ← w − η g / (√v + ε)
    - "adam": m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← w − η m̂ / (√v̂ + ε), where m̂ and v̂ are m and v
      corrected for their start at 0
    - "adamw": Adam with a default weight_decay of 0.01
    - "amsgrad": Adam with the largest v so far
    - "nadam": Adam with Nesterov's momentum
    - "lion": w ← w − η sign(β₁ m + (1 − β₁) g); m ← β₂ m + (1 − β₂) g
    - "irprop_minus", for gradients over all of the data: w ← w − Δ sign(g), where each parameter's Δ starts at η, grows
      by η⁺ while g keeps its sign, and otherwise shrinks by η⁻, without a step
    - "quickprop", for gradients over all of the data: d ← r d − η g with r = g / (p − g), at most μ, and p the g of the
      step before; − η g only where g keeps its sign; w ← w + d

    Parameters
    ----------
    network
        The network whose parameters step() changes.
    method
        One of the names above.
    learning_rate
        The η, finite and ≥ 0; default 0.001.
    momentum
        The μ of "momentum" and "nesterov", in [0, 1); 0.9.
    beta1
        The β₁ of "adam", "adamw", "amsgrad", "nadam" and "lion", in [0, 1); 0.9.
    beta2
        The β₂ of the same and "rmsprop", in [0, 1); 0.999, but 0.99 of "lion" and "rmsprop".
    epsilon
        The ε of "adagrad", "rmsprop", "adam", "adamw", "amsgrad" and "nadam", ≥ 1e-30; 1e-8, but 1e-10 of "adagrad".
    growth
        The η⁺ ≥ 1 of "irprop_minus" (1.2) and μ > 0 of "quickprop" (1.75).
    shrink
        The η⁻ of "irprop_minus", in [0, 1); 0.5.
    min_step
        The smallest Δ of "irprop_minus", > 0 and ≤ max_step; 1e-6.
    max_step
        The largest Δ of "irprop_minus" and |d| of "quickprop", > 0; 50.
    weight_decay
        The λ ≥ 0 of decoupled weight decay, w ← w − η λ w before the method's step; 0, but 0.01 of "adamw".
    l1
        The λ₁ ≥ 0 of g ← g + λ₁ sign(w); 0.
    l2
        The λ₂ ≥ 0 of g ← g + λ₂ w; 0. The reported C does not contain the penalties.
    max_norm
        The largest norm of a unit's row of W; a step scales longer rows back. > 0; no limit.
    clip_norm
        The c > 0 of g ← g min(1, c / (‖g‖ + 1e-6)) before the penalties, ‖g‖ over all parameters; no limit.
    clip_value
        The limit of each element's magnitude in g, applied before clip_norm, > 0; no limit.
    regularize_biases
        Whether weight_decay, l1 and l2 include biases.

    Examples
    --------
    >>> optimizer = Optimizer(network, "momentum", learning_rate=0.1)
    >>> C, gradient = network.value_and_grad(x, labels)
    >>> optimizer.step(gradient)
    """

    __slots__ = ("_method", "_network")
    _kind = "optimizer"

    def __init__(
        self,
        network: Network,
        method: str = "adam",
        learning_rate: float | None = None,
        *,
        momentum: float | None = None,
        beta1: float | None = None,
        beta2: float | None = None,
        epsilon: float | None = None,
        growth: float | None = None,
        shrink: float | None = None,
        min_step: float | None = None,
        max_step: float | None = None,
        weight_decay: float | None = None,
        l1: float | None = None,
        l2: float | None = None,
        max_norm: float | None = None,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        regularize_biases: bool = False,
    ) -> None:
        options = _prototypes.crl_optimizer_options.default()
        options.method = enumerator(OptimizerMethod, method, "optimizer")
        given = {
            "learning_rate": learning_rate,
            "momentum": momentum,
            "beta1": beta1,
            "beta2": beta2,
            "epsilon": epsilon,
            "growth": growth,
            "shrink": shrink,
            "min_step": min_step,
            "max_step": max_step,
            "weight_decay": weight_decay,
            "l1": l1,
            "l2": l2,
            "max_norm": max_norm,
            "clip_norm": clip_norm,
            "clip_value": clip_value,
        }
        set_given(options, {name: optional_real(value, name) for name, value in given.items()})
        options.regularize_biases = bool(regularize_biases)
        self._handle = _create(network, options)
        self._method = method
        self._network = network

    @classmethod
    def _around(cls, network: Network, method: str, handle: Handle) -> Optimizer:
        optimizer = cls.__new__(cls)
        optimizer._handle = handle
        optimizer._method = method
        optimizer._network = network
        return optimizer

    def copy(self, network: Network) -> Optimizer:
        """An optimizer for another network, with the same method, hyperparameters, layer settings and state.

        Parameters
        ----------
        network
            Built, with tensors of the same names and shapes.

        Returns
        -------
        Optimizer
            For that network.

        Raises
        ------
        StateError
            The network is not built, or its tensors differ.

        Examples
        --------
        >>> other = network.copy()
        >>> optimizer.copy(other).step(gradient)
        """
        return Optimizer._around(network, self._method, optimizer_copy(self._open(), network._open()))

    @property
    def network(self) -> Network:
        """The network whose parameters step() changes."""
        return self._network

    def step(self, gradients: npt.ArrayLike) -> None:
        """Changes the network's parameters once.

        Parameters
        ----------
        gradients
            (count,) ∂C/∂w.
        """
        vector = as_vector(gradients, self.network._layout().parameter_count, "gradients")
        check(library.crl_step(self._open(), self.network._open(), address_of(vector), vector.size))

    def set_layer(
        self,
        name: str,
        *,
        learning_rate_factor: float | None = None,
        weight_decay: float | None = None,
        l1: float | None = None,
        l2: float | None = None,
        max_norm: float | None = None,
        frozen: bool = False,
    ) -> None:
        """Sets the options of one layer's steps from now on. It replaces the layer's earlier options.

        Parameters
        ----------
        name
            The layer's name.
        learning_rate_factor
            The factor of η, ≥ 0; 1. "irprop_minus" uses η only at the start.
        weight_decay
            As for the optimizer; None: the optimizer's.
        l1
            Likewise.
        l2
            Likewise.
        max_norm
            Likewise; infinity for no limit.
        frozen
            Whether the parameters and their part of the optimizer's state stay unchanged. The optimizer ignores their
            gradients, and Network.fit() does not compute them.
        """
        options = _prototypes.crl_layer_step.default()
        given = {
            "learning_rate_factor": learning_rate_factor,
            "weight_decay": weight_decay,
            "l1": l1,
            "l2": l2,
            "max_norm": max_norm,
        }
        set_given(options, {name: optional_real(value, name) for name, value in given.items()})
        options.frozen = bool(frozen)
        check(library.crl_optimizer_set_layer(self._open(), encoded(name), ctypes.byref(options)))

    @property
    def learning_rate(self) -> float:
        """The rate η. Set it between steps, or from on_epoch during a fit."""
        rate = ctypes.c_float()
        check(library.crl_optimizer_learning_rate(self._open(), ctypes.byref(rate)))
        return rate.value

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        check(library.crl_optimizer_set_learning_rate(self._open(), real(value, "learning_rate")))

    def __repr__(self) -> str:
        return (
            "Optimizer(closed)" if self.closed else f"Optimizer({self._method}, learning_rate={self.learning_rate:g})"
        )


def _create(network: Network, options: Any) -> Handle:
    owner = network._open()
    (pointer,) = results(library.crl_optimizer_create, owner, ctypes.byref(options))
    return Handle(pointer, library.crl_optimizer_destroy, owner)


def new_optimizer(network: Network, method: str, options: Any) -> Optimizer:
    """An optimizer with the crl_optimizer_options of a method."""
    return Optimizer._around(network, method, _create(network, options))


def optimizer_copy(optimizer: Handle, network: Handle) -> Handle:
    """A copy of an optimizer with its state, for a network."""
    (pointer,) = results(library.crl_optimizer_copy, optimizer, network)
    return Handle(pointer, library.crl_optimizer_destroy, network)


def optimizer_for(network: Network, optimizer: str | Optimizer, learning_rate: float | None) -> Optimizer:
    """The optimizer for a fit: a new one by name, or the caller's own."""
    if not isinstance(optimizer, Optimizer):
        return Optimizer(network, optimizer, learning_rate)
    if learning_rate is not None:
        raise ArgumentTypeError(
            "learning_rate goes with an optimizer given by name; set the learning_rate of the Optimizer instead"
        )
    return optimizer
