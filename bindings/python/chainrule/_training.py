"""Optimizers."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from . import _prototypes
from ._arrays import address_of, as_vector, real
from ._description import encoded
from ._errors import ArgumentTypeError, check, results
from ._handles import Handle, NativeObject
from ._library import library
from ._names import METHODS, enumerator

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._network import Network


class Optimizer(NativeObject):
    """A method, its hyperparameters and its state (momenta) for one network's parameters.

    optimizer = Optimizer(network, "momentum", learning_rate=0.1)
    C, gradient = network.value_and_grad(x, labels)
    optimizer.step(gradient)
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
        """An optimizer for a built network. What is None gets the library's default, or the method's own.

        The methods, with g for ∂C/∂w:

        - "gradient_descent": w ← w − η g
        - "momentum": v ← μ v + g; w ← w − η v
        - "nesterov": v ← μ v + g; w ← w − η (g + μ v)
        - "adagrad": v ← v + g²; w ← w − η g / (√v + ε)
        - "rmsprop": v ← β₂ v + (1 − β₂) g²; w ← w − η g / (√v + ε)
        - "adam": m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← w − η m̂ / (√v̂ + ε), m̂ and v̂ being m and v
          corrected for their beginning at 0
        - "adamw": Adam with a weight_decay of 0.01 unless another is given
        - "amsgrad": Adam with the largest v so far
        - "nadam": Adam with Nesterov's momentum
        - "lion": w ← w − η sign(β₁ m + (1 − β₁) g); m ← β₂ m + (1 − β₂) g
        - "irprop_minus", for gradients over all of the data: w ← w − Δ sign(g), where each parameter's Δ begins as η,
          grows by η⁺ while g keeps its sign, and shrinks by η⁻, without a step, where it does not
        - "quickprop", for gradients over all of the data: d ← r d − η g with r = g / (p − g), at most μ, and p the g of
          the step before; − η g only where g keeps its sign; w ← w + d

        Args:
            network: the network whose parameters step() changes.
            method: one of the names above.
            learning_rate: η, finite and ≥ 0; 0.001 unless given.
            momentum: μ of "momentum" and "nesterov", in [0, 1); 0.9.
            beta1: β₁ of "adam", "adamw", "amsgrad", "nadam" and "lion", in [0, 1); 0.9.
            beta2: β₂ of the same and "rmsprop", in [0, 1); 0.999, but 0.99 of "lion" and "rmsprop".
            epsilon: ε of "adagrad", "rmsprop", "adam", "adamw", "amsgrad" and "nadam", ≥ 1e-30; 1e-8, but 1e-10 of
                "adagrad".
            growth: η⁺ ≥ 1 of "irprop_minus" (1.2) and μ > 0 of "quickprop" (1.75).
            shrink: η⁻ of "irprop_minus", in [0, 1); 0.5.
            min_step: below which Δ of "irprop_minus" does not shrink, > 0 and ≤ max_step; 1e-6.
            max_step: beyond which Δ of "irprop_minus" does not grow, and where |d| of "quickprop" is cut, > 0; 50.
            weight_decay: λ ≥ 0 of decoupled weight decay, w ← w − η λ w before the method's step; 0, but 0.01 of
                "adamw".
            l1: λ₁ ≥ 0 of g ← g + λ₁ sign(w); 0.
            l2: λ₂ ≥ 0 of g ← g + λ₂ w; 0. The penalties' own values are not part of the C that is reported.
            max_norm: after a step each unit's row of W is scaled back to a norm of at most this, > 0; no limit.
            clip_norm: before the penalties g ← g min(1, c / (‖g‖ + 1e-6)), ‖g‖ over all parameters, c > 0; no limit.
            clip_value: before that each element of g is cut at ± this, > 0; no limit.
            regularize_biases: whether weight_decay, l1 and l2 are for biases, too, not only for weights.
        """
        options = _prototypes.crl_optimizer_options.default()
        options.method = enumerator(METHODS, method, "optimizer")
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
        _set_given(options, given)
        options.regularize_biases = bool(regularize_biases)
        owner = network._open()
        (pointer,) = results(library.crl_optimizer_create, owner, ctypes.byref(options))
        self._handle = Handle(pointer, library.crl_optimizer_destroy, owner)
        self._method = method
        self._network = network

    @classmethod
    def _around(cls, network: Network, method: str, handle: Handle) -> Optimizer:
        optimizer = cls.__new__(cls)
        optimizer._handle = handle
        optimizer._method = method
        optimizer._network = network
        return optimizer

    @property
    def network(self) -> Network:
        """The network whose parameters step() changes."""
        return self._network

    def step(self, gradients: npt.ArrayLike) -> None:
        """Changes the network's parameters once.

        Args:
            gradients: (count,) ∂C/∂w.
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
        """Says how one layer's parameters are stepped from now on; it replaces what was said of the layer before.

        Args:
            name: the layer's.
            learning_rate_factor: what η is multiplied by, ≥ 0; 1. "irprop_minus" only begins with η.
            weight_decay: as of the optimizer, and if None the optimizer's.
            l1: likewise.
            l2: likewise.
            max_norm: likewise; infinity for no limit.
            frozen: whether the parameters stay as they are, and with them their part of the optimizer's state. Their
                gradients are not looked at, and Network.fit() does not compute them.
        """
        options = _prototypes.crl_layer_step.default()
        given = {
            "learning_rate_factor": learning_rate_factor,
            "weight_decay": weight_decay,
            "l1": l1,
            "l2": l2,
            "max_norm": max_norm,
        }
        _set_given(options, given)
        options.frozen = bool(frozen)
        check(library.crl_optimizer_set_layer(self._open(), encoded(name), ctypes.byref(options)))

    @property
    def learning_rate(self) -> float:
        """η; it can be set between steps, and from on_epoch during a fit."""
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


def _set_given(options: ctypes.Structure, given: dict[str, float | None]) -> None:
    for name, value in given.items():
        if value is not None:
            setattr(options, name, real(value, name))


def optimizer_for(network: Network, optimizer: str | Optimizer, learning_rate: float | None) -> Optimizer:
    """The optimizer that a fit asks for: a new one by name, or the caller's own."""
    if not isinstance(optimizer, Optimizer):
        return Optimizer(network, optimizer, learning_rate)
    if learning_rate is not None:
        raise ArgumentTypeError(
            "learning_rate goes with an optimizer given by name; set the learning_rate of the Optimizer instead"
        )
    return optimizer
