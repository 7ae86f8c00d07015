"""PyTorch on the work `lenet`. Channels first, which took 0.9 of the time of channels last."""

from __future__ import annotations

import numpy as np
import torch
from lenet import LenetWork
from torch.nn import functional
from torch_model import Predict
from torch_training import Trained
from worker import Cell, serve

torch.set_flush_denormal(True)


def lenet(parameters: list[torch.Tensor], dropout: float) -> Predict:
    w1, b1, w2, b2, w3, b3, w4, b4, w5, b5 = parameters

    def outputs(x: torch.Tensor) -> torch.Tensor:
        x = functional.max_pool2d(functional.conv2d(x, w1, b1, padding=2).relu_(), 2)
        x = functional.max_pool2d(functional.conv2d(x, w2, b2).relu_(), 2).flatten(1)
        x = functional.linear(functional.dropout(x, dropout), w3, b3).relu_()
        x = functional.linear(functional.dropout(x, dropout), w4, b4).relu_()
        return functional.linear(x, w5, b5)

    return outputs


class Lenet(LenetWork):
    def begin(self, dropout: float) -> None:
        torch.manual_seed(1)
        arrays = [np.moveaxis(array, -1, 1) if array.ndim == 4 else array for array in self.parameters()]
        arrays[4] = np.moveaxis(arrays[4].reshape(120, 5, 5, 16), -1, 1).reshape(120, 400)
        parameters = [torch.from_numpy(np.array(array, order="C")) for array in arrays]
        self.network = Trained(lenet(parameters, dropout), parameters, self.cell.rate, is_adam=True)
        self.tensors = self.batch(self.x, self.classes)

    def batch(self, x: np.ndarray, classes: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.from_numpy(x).reshape(-1, 1, 28, 28), torch.from_numpy(classes).long()

    def step(self, x: np.ndarray, classes: np.ndarray) -> float:
        return float(self.network.step(*self.batch(x, classes)).detach())

    def epoch(self) -> None:
        order = torch.randperm(len(self.x))
        x, classes = (tensor[order].split(self.cell.batch) for tensor in self.tensors)
        for x_batch, t_batch in zip(x, classes, strict=True):
            self.network.step(x_batch, t_batch)


def prepare(cell: Cell) -> Lenet:
    torch.set_num_threads(cell.threads)
    return Lenet(cell)


serve(prepare)
