"""numpy by hand, without allocating in the loop: products into buffers, elementwise operations in place."""

from __future__ import annotations

import numpy as np
from network import Layers
from worker import STEPS_TO_CHECK, Cell, DigitsWork, Inference, Work, serve, time_one


class Training:
    def __init__(self, cell: Cell):
        self.cell, self.x, self.classes = cell, cell.x(), cell.classes()
        self.begin()

    def begin(self) -> None:
        self.network = TrainedNetwork(self.cell, self.cell.layers())

    def step(self) -> float:
        batch = self.cell.batch
        row = self.network.steps % (len(self.x) // batch) * batch
        return self.network.step(self.x[row : row + batch], self.classes[row : row + batch])

    def check(self) -> list[float]:
        self.begin()
        return [self.step() for _ in range(STEPS_TO_CHECK)]

    def run(self, seconds: float) -> float:
        self.begin()

        def repeat(count: int) -> None:
            for _ in range(count):
                self.step()

        return time_one(seconds, repeat)


class TrainedNetwork:
    """The parameters, in × out, in which BLAS forward products are fastest, and buffers for everything else."""

    def __init__(self, cell: Cell, layers: Layers):
        self.is_adam, self.rate = cell.variant == "adam", cell.rate
        self.layers = [(np.ascontiguousarray(weights.T), bias) for weights, bias in layers]
        self.parameters = [array for layer in self.layers for array in layer]
        self.m = [np.zeros_like(array) for array in self.parameters]
        self.v = [np.zeros_like(array) for array in self.parameters]
        self.gradients = [np.empty_like(array) for array in self.parameters]
        self.scratch = [np.empty_like(array) for array in self.parameters]
        self.full_h = [np.empty((cell.batch, len(bias)), np.float32) for _, bias in self.layers]
        self.full_s = [np.empty_like(h) for h in self.full_h]
        self.full_active = [np.empty(h.shape, bool) for h in self.full_h]
        self.resize(cell.batch)
        self.steps = 0

    def resize(self, batch: int) -> None:
        self.batch, self.rows = batch, np.arange(batch)
        self.h, self.s, self.active = (
            [array[:batch] for array in full] for full in (self.full_h, self.full_s, self.full_active)
        )

    def step(self, x: np.ndarray, t: np.ndarray) -> float:
        if len(x) != self.batch:
            self.resize(len(x))
        last = len(self.layers) - 1
        self.steps += 1
        below = x
        for l, (weights, bias) in enumerate(self.layers):
            h = np.matmul(below, weights, out=self.h[l])
            h += bias
            if l < last:
                np.maximum(h, 0, out=h)
            below = h
        z, s = self.h[last], self.s[last]
        z -= z.max(axis=1, keepdims=True)
        np.exp(z, out=s)
        sums = s.sum(axis=1, keepdims=True)
        cost = float((np.log(sums[:, 0]) - z[self.rows, t]).mean())
        s /= sums
        s[self.rows, t] -= 1
        s /= self.batch
        for l in range(last, 0, -1):
            np.matmul(self.s[l], self.layers[l][0].T, out=self.s[l - 1])
            np.greater(self.h[l - 1], 0, out=self.active[l - 1])
            self.s[l - 1] *= self.active[l - 1]
        for l in range(last + 1):
            np.matmul((self.h[l - 1] if l else x).T, self.s[l], out=self.gradients[2 * l])
            np.sum(self.s[l], axis=0, out=self.gradients[2 * l + 1])
        self.update()
        return cost

    def update(self) -> None:
        rate = np.float32(self.rate)
        if not self.is_adam:
            for w, g in zip(self.parameters, self.gradients, strict=True):
                g *= rate
                w -= g
            return
        corrected = np.float32(self.rate / (1 - 0.9**self.steps))
        second = np.float32(1 / (1 - 0.999**self.steps))
        for w, g, m, v, scratch in zip(self.parameters, self.gradients, self.m, self.v, self.scratch, strict=True):
            m *= np.float32(0.9)
            np.multiply(g, np.float32(0.1), out=scratch)
            m += scratch
            v *= np.float32(0.999)
            g *= g
            g *= np.float32(0.001)
            v += g
            np.multiply(v, second, out=g)
            np.sqrt(g, out=g)
            g += np.float32(1e-8)
            np.divide(m, g, out=g)
            g *= corrected
            w -= g


class Digits(DigitsWork):
    def start(self, random: np.random.Generator) -> None:
        layers = []
        for inputs, outputs in self.sizes:
            bound = (6 / inputs) ** 0.5
            weights = random.uniform(-bound, bound, (outputs, inputs)).astype(np.float32)
            layers.append((weights, np.zeros(outputs, np.float32)))
        self.random, self.network = random, TrainedNetwork(self.cell, layers)

    def epoch(self) -> None:
        order = self.random.permutation(len(self.x))
        x, t, batch = self.x[order], self.classes[order], self.cell.batch
        for row in range(0, len(x), batch):
            self.network.step(x[row : row + batch], t[row : row + batch])

    def outputs(self, x: np.ndarray) -> np.ndarray:
        for weights, bias in self.network.layers[:-1]:
            x = np.maximum(x @ weights + bias, 0)
        return x @ self.network.layers[-1][0] + self.network.layers[-1][1]


def inference(cell: Cell) -> Work:
    layers = [(np.ascontiguousarray(weights.T), bias) for weights, bias in cell.layers()]
    buffers = [np.empty((cell.batch, len(bias)), np.float32) for _, bias in layers]

    def predict(x: np.ndarray) -> np.ndarray:
        for l, (weights, bias) in enumerate(layers):
            h = buffers[l]
            np.matmul(x, weights, h)
            np.add(h, bias, h)
            if l + 1 < len(layers):
                np.tanh(h, h) if cell.is_tanh else np.maximum(h, 0, h)
            x = h
        return x

    return Inference(cell, predict)


serve(lambda cell: {"train": Training, "infer": inference, "digits": Digits}[cell.work](cell))
