"""Optimizers."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from . import _prototypes
from ._arrays import address_of, as_vector
from ._errors import check, results
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
        weight_decay: float | None = None,
        growth: float | None = None,
        shrink: float | None = None,
        min_step: float | None = None,
        max_step: float | None = None,
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
        - "adamw": Adam with decoupled weight decay, w ← w − η (m̂ / (√v̂ + ε) + λ w)
        - "amsgrad": Adam with the largest v so far
        - "nadam": Adam with Nesterov's momentum
        - "lion": w ← w − η (sign(β₁ m + (1 − β₁) g) + λ w); m ← β₂ m + (1 − β₂) g
        - "irprop_minus", for gradients over all of the data: w ← w − Δ sign(g), where each parameter's Δ begins as η,
          grows by η⁺ while g keeps its sign, and shrinks by η⁻, without a step, where it does not
        - "quickprop", for gradients over all of the data: g ← g + λ w; d ← r d − η g with r = g / (p − g), at most μ,
          and p the g of the step before; − η g only where g keeps its sign; w ← w + d

        Args:
            network: the network whose parameters step() changes.
            method: one of the names above.
            learning_rate: η, finite and ≥ 0; 0.001 unless given.
            momentum: μ of "momentum" and "nesterov", in [0, 1); 0.9.
            beta1: β₁ of "adam", "adamw", "amsgrad", "nadam" and "lion", in [0, 1); 0.9.
            beta2: β₂ of the same and "rmsprop", in [0, 1); 0.999, but 0.99 of "lion" and "rmsprop".
            epsilon: ε of "adagrad", "rmsprop", "adam", "adamw", "amsgrad" and "nadam", ≥ 1e-30; 1e-8, but 1e-10 of
                "adagrad".
            weight_decay: λ ≥ 0 of "adamw" (0.01), "lion" (0) and "quickprop" (0.0001).
            growth: η⁺ ≥ 1 of "irprop_minus" (1.2) and μ > 0 of "quickprop" (1.75).
            shrink: η⁻ of "irprop_minus", in [0, 1); 0.5.
            min_step: below which Δ of "irprop_minus" does not shrink, > 0 and ≤ max_step; 1e-6.
            max_step: beyond which Δ of "irprop_minus" does not grow, and where |d| of "quickprop" is cut, > 0; 50.
        """
        options = _prototypes.crl_optimizer_options.default()
        options.method = enumerator(METHODS, method, "optimizer")
        given = {
            "learning_rate": learning_rate,
            "momentum": momentum,
            "beta1": beta1,
            "beta2": beta2,
            "epsilon": epsilon,
            "weight_decay": weight_decay,
            "growth": growth,
            "shrink": shrink,
            "min_step": min_step,
            "max_step": max_step,
        }
        for name, value in given.items():
            if value is not None:
                setattr(options, name, value)
        owner = network._open()
        (pointer,) = results(library.crl_optimizer_create, owner, ctypes.byref(options))
        self._handle = Handle(pointer, library.crl_optimizer_destroy, owner)
        self._method = method
        self.network = network

    def step(self, gradients: npt.ArrayLike | None = None) -> None:
        """Changes the network's parameters once.

        Args:
            gradients: (count,) ∂C/∂w; None: network.gradients.
        """
        own = self.network.gradients
        vector = own if gradients is None else as_vector(gradients, own.size, "gradients")
        check(library.crl_step(self._open(), self.network._open(), address_of(vector), vector.size))

    @property
    def learning_rate(self) -> float:
        """η; it can be set between steps, and from on_epoch during a fit."""
        rate = ctypes.c_float()
        check(library.crl_optimizer_learning_rate(self._open(), ctypes.byref(rate)))
        return rate.value

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        check(library.crl_optimizer_set_learning_rate(self._open(), value))

    def __repr__(self) -> str:
        return (
            "Optimizer(closed)" if self.closed else f"Optimizer({self._method}, learning_rate={self.learning_rate:g})"
        )


def optimizer_for(network: Network, optimizer: str | Optimizer, learning_rate: float | None) -> Optimizer:
    """The optimizer that a fit asks for: a new one by name, or the caller's own."""
    if not isinstance(optimizer, Optimizer):
        return Optimizer(network, optimizer, learning_rate)
    if learning_rate is not None:
        raise TypeError(
            "learning_rate goes with an optimizer given by name; set the learning_rate of the Optimizer instead"
        )
    return optimizer
