"""Chainrule from Python: predictions on arrays that are bound beforehand, or as they come; and LeNet-5."""

from __future__ import annotations

import sys
from pathlib import Path

import chainrule
import numpy as np
from lenet import LenetWork
from worker import Cell, Inference, Work, serve

sys.path.append(str(Path(__file__).resolve().parents[2] / "Examples" / "learning"))

from lenet5 import lenet5


class Lenet(LenetWork):
    def begin(self, dropout: float) -> None:
        self.network = lenet5(dropout).build()
        self.network.parameters[...] = np.concatenate([array.ravel() for array in self.parameters()])
        self.optimizer = chainrule.Optimizer(self.network, "adam", learning_rate=self.cell.rate)

    def step(self, x: np.ndarray, classes: np.ndarray) -> float:
        cost, gradient = self.network.value_and_grad(x, classes, "cross_entropy")
        self.optimizer.step(gradient)
        return cost

    def epoch(self) -> None:
        self.network.fit(
            self.x,
            self.classes,
            optimizer=self.optimizer,
            epochs=1,
            batch_size=self.cell.batch,
            threads=self.cell.threads,
        )


def inference(cell: Cell) -> Work:
    layers = cell.layers()
    network = chainrule.Network(layers[0][0].shape[1])
    for _, bias in layers[:-1]:
        network.add_dense(len(bias), "tanh" if cell.is_tanh else "relu")
    network.add_dense(len(layers[-1][1])).build(seed=1)
    network.parameters[...] = np.concatenate([array.ravel() for layer in layers for array in layer])
    predictor = network.prepare("float32")
    predict, bind = predictor.predict, predictor.bind
    y = np.empty((cell.batch, len(layers[-1][1])), np.float32)
    if cell.variant == "bound":
        return Inference(cell, lambda step: step(), lambda x: bind(x, y))
    return Inference(cell, lambda x: predict(x, out=y))


serve(lambda cell: Lenet(cell) if cell.work == "lenet" else inference(cell))
