"""PyTorch, behind BENCH_TORCH=1: eager, with the fused Adam; inference through a traced and frozen module."""

from __future__ import annotations

import numpy as np
import torch
from worker import STEPS_TO_CHECK, Cell, DigitsWork, Inference, Work, serve, time_one


def module(cell: Cell) -> torch.nn.Sequential:
    parts: list[torch.nn.Module] = []
    for weights, bias in cell.layers():
        linear = torch.nn.Linear(weights.shape[1], weights.shape[0])
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weights))
            linear.bias.copy_(torch.from_numpy(bias))
        parts += [linear, torch.nn.Tanh() if cell.is_tanh else torch.nn.ReLU()]
    return torch.nn.Sequential(*parts[:-1])


class Training:
    def __init__(self, cell: Cell):
        self.cell = cell
        self.x, self.classes = torch.from_numpy(cell.x()), torch.from_numpy(cell.classes()).long()
        self.begin()

    def begin(self) -> None:
        self.module = module(self.cell)
        parameters = self.module.parameters()
        kind = torch.optim.Adam if self.cell.variant == "adam" else torch.optim.SGD
        self.optimizer = kind(parameters, lr=self.cell.rate, fused=True)
        self.row = 0

    def step(self) -> torch.Tensor:
        x, t = (array[self.row : self.row + self.cell.batch] for array in (self.x, self.classes))
        self.row = (self.row + self.cell.batch) % (len(self.x) // self.cell.batch * self.cell.batch)
        self.optimizer.zero_grad(set_to_none=True)
        cost = torch.nn.functional.cross_entropy(self.module(x), t)
        cost.backward()
        self.optimizer.step()
        return cost

    def check(self) -> list[float]:
        self.begin()
        return [float(self.step().detach()) for _ in range(STEPS_TO_CHECK)]

    def run(self, seconds: float) -> float:
        self.begin()

        def repeat(count: int) -> None:
            for _ in range(count):
                self.step()

        return time_one(seconds, repeat)


class Digits(DigitsWork):
    def start(self, random: np.random.Generator) -> None:
        torch.manual_seed(self.seed)
        parts: list[torch.nn.Module] = []
        for inputs, outputs in self.sizes:
            linear = torch.nn.Linear(inputs, outputs)
            torch.nn.init.kaiming_uniform_(linear.weight, nonlinearity="relu")
            torch.nn.init.zeros_(linear.bias)
            parts += [linear, torch.nn.ReLU()]
        self.module = torch.nn.Sequential(*parts[:-1])
        self.optimizer = torch.optim.Adam(self.module.parameters(), lr=self.cell.rate, fused=True)
        self.tensors = torch.from_numpy(self.x), torch.from_numpy(self.classes).long()

    def epoch(self) -> None:
        order = torch.randperm(len(self.x))
        x, t = (tensor[order].split(self.cell.batch) for tensor in self.tensors)
        for x_batch, t_batch in zip(x, t, strict=True):
            self.optimizer.zero_grad(set_to_none=True)
            torch.nn.functional.cross_entropy(self.module(x_batch), t_batch).backward()
            self.optimizer.step()

    def outputs(self, x: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return self.module(torch.from_numpy(x)).numpy()


def inference(cell: Cell) -> Work:
    with torch.inference_mode():
        traced = torch.jit.freeze(torch.jit.trace(module(cell).eval(), torch.from_numpy(cell.x()[: cell.batch])))

    def predict(x: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            return traced(x)

    return Inference(cell, predict, torch.from_numpy)


def prepare(cell: Cell) -> Work:
    torch.set_num_threads(cell.threads)
    return {"train": Training, "infer": inference, "digits": Digits}[cell.work](cell)


serve(prepare)
