#!/usr/bin/env python3
"""Writes tiny_models.json: what PyTorch computes with the networks of Examples/tiny_models.py, to compare with.

Run it only to change the cases: ``pip install torch numpy && python make_tiny_models.py``. The tests need the file
alone.

The networks are written anew here, in PyTorch's own terms, and compute in float64. Parameters are drawn in the
library's layout and order; gradients go back into it. A network's whole gradient would be megabytes: the file has
summaries.

Numbers are drawn again until no ReLU reads one close to 0: rounding could put it on the other side, where the gradient
is another one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tiny_numbers import Numbers, summary
from torch import Tensor, nn

CLEAR_OF_ZERO = 3e-5


class ReLU(nn.Module):
    """Keeps how close to 0 its inputs have come."""

    def __init__(self) -> None:
        super().__init__()
        self.closest = float("inf")

    def forward(self, x: Tensor) -> Tensor:
        self.closest = min(self.closest, x.abs().min().item())
        return torch.relu(x)


def convolution(inputs: int, channels: int, kernel: Any, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, channels, kernel, stride, groups=groups)


def norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=float(np.float32(1e-3)), momentum=float(np.float32(0.01)))


def padded(x: Tensor, kernel: tuple[int, int], stride: int) -> Tensor:
    """Zeros as TensorFlow's "same" has them: an odd one is at the end."""
    sides = []
    for size, taps in zip(reversed(x.shape[2:]), reversed(kernel)):
        total = max(0, (-(-size // stride) - 1) * stride + taps - size)
        sides += [total // 2, total - total // 2]
    return nn.functional.pad(x, sides)


class ResNet8(nn.Module):
    """The convolutions and normalizations are in the order of the layers."""

    rows, inputs, outputs = 2, (32, 32, 3), 10

    def __init__(self) -> None:
        super().__init__()
        self.relu = ReLU()
        self.first, self.first_norm = convolution(3, 16, 3), norm(16)
        self.stacks = nn.ModuleList()
        before = 16
        for channels, stride in ((16, 1), (32, 2), (64, 2)):
            parts = [convolution(before, channels, 3, stride), norm(channels)]
            parts += [convolution(channels, channels, 3), norm(channels)]
            if stride > 1:
                parts.append(convolution(before, channels, 1, stride))
            self.stacks.append(nn.ModuleList(parts))
            before = channels
        self.last = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.first_norm(self.first(padded(x, (3, 3), 1))))
        for one, one_norm, two, two_norm, *shortcut in self.stacks:
            h = self.relu(one_norm(one(padded(x, (3, 3), one.stride[0]))))
            h = two_norm(two(padded(h, (3, 3), 1)))
            x = self.relu(h + (shortcut[0](x) if shortcut else x))
        return self.last(x.mean(dim=(2, 3)))


class DSCNN(nn.Module):
    rows, inputs, outputs = 2, (49, 10, 1), 12

    def __init__(self) -> None:
        super().__init__()
        self.relu = ReLU()
        self.first, self.first_norm = convolution(1, 64, (10, 4), 2), norm(64)
        self.pairs = nn.ModuleList(
            nn.ModuleList([convolution(64, 64, 3, groups=64), norm(64), convolution(64, 64, 1), norm(64)])
            for _ in range(4)
        )
        self.last = nn.Linear(64, 12)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.first_norm(self.first(padded(x, (10, 4), 2))))
        for depthwise, depthwise_norm, pointwise, pointwise_norm in self.pairs:
            x = self.relu(depthwise_norm(depthwise(padded(x, (3, 3), 1))))
            x = self.relu(pointwise_norm(pointwise(x)))
        return self.last(nn.functional.avg_pool2d(x, (24, 5)).flatten(1))


class Autoencoder(nn.Module):
    rows, inputs, outputs = 8, (640,), 640

    def __init__(self) -> None:
        super().__init__()
        self.relu = ReLU()
        layers: list[nn.Module] = []
        before = 640
        for units in (128, 128, 128, 128, 8, 128, 128, 128, 128):
            normalization = nn.BatchNorm1d(units, eps=norm(1).eps, momentum=norm(1).momentum)
            layers += [nn.Linear(before, units), normalization, self.relu]
            before = units
        self.layers = nn.Sequential(*layers, nn.Linear(before, 640))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


def channels_last(values: Tensor) -> np.ndarray:
    """As the library has it: an image, or the weight of a convolution."""
    return (values.movedim(1, -1) if values.ndim == 4 else values).detach().numpy()


def fill(network: nn.Module, numbers: Numbers) -> None:
    for name, parameter in network.named_parameters():
        shape = channels_last(parameter).shape
        values = torch.tensor(numbers.parameter(*shape, is_bias=name.endswith("bias")), dtype=torch.float64)
        parameter.data = values.movedim(-1, 1).contiguous() if values.ndim == 4 else values


def drawn(make: type[nn.Module]) -> tuple[int, nn.Module, Tensor, Tensor]:
    """A seed, the network and rows of its numbers, and the network's outputs in training."""
    for seed in range(10_000):
        numbers, network = Numbers(seed), make().double().train()
        fill(network, numbers)
        x = torch.tensor(numbers.normal(network.rows, *network.inputs), dtype=torch.float64)
        x = (x.movedim(-1, 1) if x.ndim == 4 else x).requires_grad_()
        y = network(x)
        if network.relu.closest > CLEAR_OF_ZERO:
            return seed, network, x, y
    raise SystemExit(f"{make.__name__}: no numbers are clear of 0")


def case(make: type[nn.Module]) -> dict[str, Any]:
    """A training pass over a batch, and what the network then predicts for it."""
    seed, network, x, y = drawn(make)
    if network.outputs == x.shape[1]:
        cost = nn.functional.mse_loss(y, x.detach())
    else:
        cost = nn.functional.cross_entropy(y, torch.arange(network.rows))
    cost.backward()
    network.eval()
    statistics = [values for name, values in network.named_buffers() if "running" in name]
    return {
        "seed": seed,
        "rows": network.rows,
        "y": summary(channels_last(y)).tolist(),
        "cost": cost.item(),
        "gradients": [summary(channels_last(parameter.grad)).tolist() for parameter in network.parameters()],
        "input_gradient": summary(channels_last(x.grad)).tolist(),
        "statistics": [summary(channels_last(values)).tolist() for values in statistics],
        "prediction": summary(channels_last(network(x))).tolist(),
    }


cases = {"resnet_8": case(ResNet8), "ds_cnn": case(DSCNN), "autoencoder": case(Autoencoder)}
Path(__file__).with_name("tiny_models.json").write_text(json.dumps(cases, indent=1) + "\n")
