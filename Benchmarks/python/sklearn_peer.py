"""scikit-learn's MLPClassifier: partial_fit over many rows at once, which spreads its checks of the data over many
batches. Without shuffling, regularization, momentum and early stopping, so that it does what the others do."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier
from worker import STEPS_TO_CHECK, Cannot, Cell, DigitsWork, Work, serve, time_one

ROWS_AT_ONCE = 4096


class Training:
    def __init__(self, cell: Cell):
        if cell.is_tanh:
            raise Cannot("only cells with ReLU")
        warnings.simplefilter("ignore")
        self.cell, self.x, self.classes = cell, cell.x(), cell.classes()
        self.labels = np.arange(len(cell.layers()[-1][1]))
        self.begin()

    def begin(self) -> None:
        layers = self.cell.layers()
        self.model = MLPClassifier(
            [len(bias) for _, bias in layers[:-1]],
            solver=self.cell.variant,
            learning_rate_init=self.cell.rate,
            batch_size=self.cell.batch,
            alpha=0,
            momentum=0,
            nesterovs_momentum=False,
            shuffle=False,
            random_state=1,
        )
        # The first call makes the parameters and the optimizer, which are then set back in place.
        self.model.partial_fit(self.x[: self.cell.batch], self.classes[: self.cell.batch], classes=self.labels)
        for (weights, bias), coefficients, intercepts in zip(
            layers, self.model.coefs_, self.model.intercepts_, strict=True
        ):
            coefficients[...] = weights.T
            intercepts[...] = bias
        optimizer = self.model._optimizer
        if self.cell.variant == "adam":
            optimizer.t = 0
            for moment in optimizer.ms + optimizer.vs:
                moment[...] = 0

    def check(self) -> list[float]:
        self.begin()
        costs, batch = [], self.cell.batch
        for step in range(STEPS_TO_CHECK):
            if self.cell.variant == "adam":
                # Its ε is added before the correction of the second moment, so that ours is, in its place:
                self.model._optimizer.epsilon = 1e-8 * (1 - 0.999 ** (step + 1)) ** 0.5
            rows = slice(step * batch, (step + 1) * batch)
            self.model.partial_fit(self.x[rows], self.classes[rows])
            costs.append(float(self.model.loss_))
        return costs

    def run(self, seconds: float) -> float:
        self.begin()
        row = 0

        def repeat(count: int) -> None:
            nonlocal row
            for _ in range(count):
                self.model.partial_fit(self.x[row : row + ROWS_AT_ONCE], self.classes[row : row + ROWS_AT_ONCE])
                row = (row + ROWS_AT_ONCE) % (len(self.x) - ROWS_AT_ONCE)

        return time_one(seconds, repeat) / (ROWS_AT_ONCE // self.cell.batch)


class Digits(DigitsWork):
    def start(self, random: np.random.Generator) -> None:
        warnings.simplefilter("ignore")
        self.model = MLPClassifier(
            [outputs for _, outputs in self.sizes[:-1]],
            learning_rate_init=self.cell.rate,
            batch_size=self.cell.batch,
            alpha=0,
            random_state=self.seed,
        )

    def epoch(self) -> None:
        self.model.partial_fit(self.x, self.classes, classes=np.arange(10))

    def outputs(self, x: np.ndarray) -> np.ndarray:
        return self.model.predict_proba(x)


def prepare(cell: Cell) -> Work:
    return Training(cell) if cell.work == "train" else Digits(cell)


serve(prepare)
