"""A network that PyTorch trains, without the layers of Python that cost time (torch_peer.py)."""

from __future__ import annotations

import torch
from torch.nn import functional
from torch_model import Predict


class Trained:
    """A network with its optimizer."""

    def __init__(self, outputs: Predict, parameters: list[torch.Tensor], rate: float, is_adam: bool):
        self.outputs, self.parameters = outputs, [parameter.requires_grad_() for parameter in parameters]
        self.values = [parameter.detach() for parameter in parameters]
        self.rate, self.is_adam = rate, is_adam
        self.m, self.v = ([torch.zeros_like(value) for value in self.values] for _ in range(2))
        self.steps = [torch.tensor(0.0) for _ in self.values]

    def step(self, x: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
        """The cost before the step."""
        cost = functional.cross_entropy(self.outputs(x), classes)
        gradient = torch.autograd.grad(cost, self.parameters)
        if self.is_adam:
            torch._foreach_add_(self.steps, 1)
            torch._fused_adam_(
                self.values,
                gradient,
                self.m,
                self.v,
                [],
                self.steps,
                lr=self.rate,
                beta1=0.9,
                beta2=0.999,
                weight_decay=0,
                eps=1e-8,
                amsgrad=False,
                maximize=False,
            )
        else:
            torch._foreach_add_(self.values, gradient, alpha=-self.rate)
        return cost
