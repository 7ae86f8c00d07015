"""PyTorch, without the layers of Python that cost time: functions in place of modules, the gradient of the parameters
alone, and the optimizers' own kernels without their bookkeeping. That takes 0.4 to 1 of the time of nn.Sequential with
torch.optim's fused optimizers. torch.compile reached 0.35 to 1.04 of its speed in training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional
from torch_model import FORMATS, Predict, model_of, predictions
from torch_training import Trained
from worker import STEPS_TO_CHECK, Cell, DigitsWork, Inference, Work, fastest, serve, time_one

torch.set_flush_denormal(True)


def dense(parameters: list[torch.Tensor]) -> Predict:
    """A network with ReLU in its hidden layers, of weights and biases in turns."""
    *hidden, weights, bias = parameters

    def outputs(x: torch.Tensor) -> torch.Tensor:
        for place in range(0, len(hidden), 2):
            x = functional.linear(x, hidden[place], hidden[place + 1]).relu()
        return functional.linear(x, weights, bias)

    return outputs


class Training:
    def __init__(self, cell: Cell):
        self.cell, rows = cell, len(cell.classes()) // cell.batch * cell.batch
        self.x = self.batches(cell.x()[:rows])
        self.classes = torch.from_numpy(cell.classes()[:rows]).long().split(cell.batch)
        self.begin()

    def batches(self, rows: np.ndarray) -> Sequence[torch.Tensor]:
        return torch.from_numpy(rows).split(self.cell.batch)

    def initial(self) -> tuple[Predict, list[torch.Tensor]]:
        """The outputs of a network as it is before training, and what is to be trained."""
        parameters = [torch.from_numpy(array.copy()) for layer in self.cell.layers() for array in layer]
        return dense(parameters), parameters

    def begin(self) -> None:
        self.network, self.place = Trained(*self.initial(), self.cell.rate, self.cell.variant == "adam"), 0

    def step(self) -> torch.Tensor:
        place = self.place
        self.place = (place + 1) % len(self.x)
        return self.network.step(self.x[place], self.classes[place])

    def check(self) -> list[float]:
        self.begin()
        return [float(self.step().detach()) for _ in range(STEPS_TO_CHECK)]

    def run(self, seconds: float) -> float:
        self.begin()

        def repeat(count: int) -> None:
            for _ in range(count):
                self.step()

        return time_one(seconds, repeat)


class ModelTraining(Training):
    """Of a convolutional network, with its arrays in one of PyTorch's layouts."""

    def __init__(self, cell: Cell, layout: torch.memory_format):
        self.layout = layout
        super().__init__(cell)

    def batches(self, rows: np.ndarray) -> Sequence[torch.Tensor]:
        model = model_of(self.cell, self.layout)
        return [model.batch(some) for some in np.split(rows, len(rows) // self.cell.batch)]

    def initial(self) -> tuple[Predict, list[torch.Tensor]]:
        model = model_of(self.cell, self.layout)
        return model.outputs, model.parameters


def training(cell: Cell) -> Work:
    return Training(cell) if cell.widths else fastest([ModelTraining(cell, layout) for layout in FORMATS])


class Digits(DigitsWork):
    def start(self, random: np.random.Generator) -> None:
        torch.manual_seed(self.seed)
        parameters = []
        for inputs, outputs in self.sizes:
            weights = torch.nn.init.kaiming_uniform_(torch.empty(outputs, inputs), nonlinearity="relu")
            parameters += [weights, torch.zeros(outputs)]
        self.network = Trained(dense(parameters), parameters, self.cell.rate, is_adam=True)
        self.tensors = torch.from_numpy(self.x), torch.from_numpy(self.classes).long()

    def epoch(self) -> None:
        order = torch.randperm(len(self.x))
        x, t = (tensor[order].split(self.cell.batch) for tensor in self.tensors)
        for x_batch, t_batch in zip(x, t, strict=True):
            self.network.step(x_batch, t_batch)

    def outputs(self, x: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return self.network.outputs(torch.from_numpy(x)).numpy()


def ways(cell: Cell) -> list[Predict]:
    """Products with the weights as they are, with transposed ones, and a network that PyTorch optimized for oneDNN."""
    layers = [tuple(map(torch.from_numpy, layer)) for layer in cell.layers()]
    transposed = [(bias, weights.t().contiguous()) for weights, bias in layers]
    activate = torch.tanh_ if cell.is_tanh else torch.relu_

    def with_weights(x: torch.Tensor) -> torch.Tensor:
        for weights, bias in layers[:-1]:
            x = activate(functional.linear(x, weights, bias))
        return functional.linear(x, *layers[-1])

    def with_transposed(x: torch.Tensor) -> torch.Tensor:
        for bias, weights in transposed[:-1]:
            x = activate(torch.addmm(bias, x, weights))
        return torch.addmm(transposed[-1][0], x, transposed[-1][1])

    parts: list[torch.nn.Module] = []
    for weights, bias in layers:
        linear = torch.nn.Linear(weights.shape[1], weights.shape[0])
        linear.weight.data, linear.bias.data = weights, bias
        parts += [linear, torch.nn.Tanh() if cell.is_tanh else torch.nn.ReLU()]
    module = torch.nn.Sequential(*parts[:-1]).eval()
    traced = torch.jit.trace(module, torch.from_numpy(cell.x()[: cell.batch]))
    return [with_weights, with_transposed, torch.jit.optimize_for_inference(traced)]


class Prediction:
    """The fastest of the ways."""

    def __init__(self, cell: Cell):
        with torch.inference_mode():
            if cell.widths:
                works = [Inference(cell, predict, torch.from_numpy) for predict in ways(cell)]
            else:
                works = [Inference(cell, predict, converted) for predict, converted in predictions(cell)]
            self.work = fastest(works)

    @torch.inference_mode()
    def check(self) -> list[float]:
        return self.work.check()

    @torch.inference_mode()
    def run(self, seconds: float) -> float:
        return self.work.run(seconds)


def prepare(cell: Cell) -> Work:
    torch.set_num_threads(cell.threads)
    return {"train": training, "infer": Prediction, "digits": Digits}[cell.work](cell)


serve(prepare)
