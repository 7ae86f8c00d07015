"""The work `lenet`: epochs of training Examples/learning/lenet5.py's network on 4,000 images."""

from __future__ import annotations

import time

import numpy as np
from worker import STEPS_TO_CHECK, Cell

DROPOUT = 0.4
SHAPES = [(6, 5, 5, 1), (6,), (16, 5, 5, 6), (16,), (120, 400), (120,), (84, 120), (84,), (10, 84), (10,)]


class LenetWork:
    """check() takes the first steps without dropout and shuffling; a run is one epoch with both."""

    def __init__(self, cell: Cell):
        self.cell = cell
        self.x = np.fromfile(f"{cell.inputs}/x", np.float32).reshape(-1, 28, 28, 1)
        self.classes = cell.classes()

    def parameters(self) -> list[np.ndarray]:
        """Weights and biases in turns, channels last: [out, height, width, in], and [units, inputs]."""
        every = np.fromfile(f"{self.cell.inputs}/parameters", np.float32)
        ends = np.cumsum([np.prod(shape) for shape in SHAPES])
        return [part.reshape(shape) for part, shape in zip(np.split(every, ends[:-1]), SHAPES, strict=True)]

    def begin(self, dropout: float) -> None:
        """A network with the first parameters."""
        raise NotImplementedError

    def step(self, x: np.ndarray, classes: np.ndarray) -> float:
        """A training step on a batch; the cost before it."""
        raise NotImplementedError

    def epoch(self) -> None:
        """One epoch, shuffled."""
        raise NotImplementedError

    def check(self) -> list[float]:
        size = self.cell.batch
        self.begin(dropout=0)
        batches = [slice(place * size, (place + 1) * size) for place in range(STEPS_TO_CHECK)]
        # The images are in the order of their digits.
        mixed = np.random.default_rng(1).permutation(len(self.x))
        costs = [self.step(self.x[mixed[batch]], self.classes[mixed[batch]]) for batch in batches]
        self.begin(DROPOUT)
        self.epoch()
        return costs

    def run(self, seconds: float) -> float:
        start = time.perf_counter()
        self.epoch()
        return time.perf_counter() - start
