"""The Python side of native/worker.hpp: the conversation with bench.py, and the timing of a repetition."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from network import Layers, read_layers

STEPS_TO_CHECK = 10


class Cannot(Exception):
    """A peer that cannot do a cell says why by raising this; the table then says so too."""


class Cell:
    """The cell's words, and its data."""

    def __init__(self, words: str):
        self.words = dict(word.split("=", 1) for word in words.split())
        self.work = self.words["work"]
        self.widths = self.words["widths"]  # empty for a network of other layers: see layers.py
        self.batch = int(self.words["batch"])
        self.threads = int(self.words["threads"])
        self.variant = self.words["variant"]
        self.rate = float(self.words["rate"])
        self.inputs = self.words["inputs"]
        self.is_tanh = self.widths.startswith("tanh:")

    def layers(self) -> Layers:
        return read_layers(self.widths, f"{self.inputs}/parameters")

    def x(self) -> np.ndarray:
        return np.fromfile(f"{self.inputs}/x", np.float32).reshape(len(self.classes()), -1)

    def classes(self) -> np.ndarray:
        return np.fromfile(f"{self.inputs}/classes", np.int32)


class Work(Protocol):
    def check(self) -> list[float]:
        """Training: the costs of the first steps. Inference: the first outputs."""

    def run(self, seconds: float) -> float:
        """Seconds for one step or call, measured over about `seconds`."""


def time_one(seconds: float, repeat: Callable[[int], None]) -> float:
    """Seconds for one of the repetitions of which repeat(n) does n: see the native time_one."""

    def timed(count: int) -> float:
        start = time.perf_counter()
        repeat(count)
        return time.perf_counter() - start

    count = 1
    elapsed = timed(count)
    while elapsed < seconds / 10:
        count *= 2
        elapsed = timed(count)
    if elapsed < seconds:
        elapsed = min(elapsed, timed(count))
    stretch = int(count * seconds / elapsed) + 1
    return timed(stretch) / stretch


def fastest(works: Sequence[Work]) -> Work:
    for work in works:
        work.run(0.01)  # warms up
    return min(works, key=lambda work: min(work.run(0.02), work.run(0.02)))


class Inference:
    """Rows that rotate through a small block, as in native/inference.hpp. predict gets a batch of them, unchanged or
    converted beforehand by `converted`."""

    def __init__(
        self,
        cell: Cell,
        predict: Callable[[Any], Any],
        converted: Callable[[np.ndarray], Any] = lambda x: x,
    ):
        x = cell.x()
        count = max(2, 16384 // (cell.batch * x.shape[1]))
        self.predict = predict
        self.rows = [x[i * cell.batch : (i + 1) * cell.batch] for i in range(count)]
        self.batches = [converted(rows) for rows in self.rows]

    def check(self) -> list[float]:
        return [float(value) for value in np.asarray(self.predict(self.batches[1])).ravel()[:64]]

    def run(self, seconds: float) -> float:
        predict, batches, size = self.predict, self.batches, len(self.batches)

        def repeat(count: int) -> None:
            for _ in range(count // size):
                for x in batches:
                    predict(x)
            for x in batches[: count % size]:
                predict(x)

        return time_one(seconds, repeat)


class DigitsWork:
    """Training on the digits until 97 % of the held-out ones are read: a run is one training from a new seed, and
    check() tells the epochs that the last ones took, as in native/digits_data.hpp."""

    WANTED = 0.97
    MOST_EPOCHS = 500

    def __init__(self, cell: Cell):
        self.cell, self.seed = cell, 0
        self.sizes = list(pairwise(int(width) for width in cell.widths.split("-")))
        self.x, self.classes = cell.x(), cell.classes()
        self.held_out_x = np.fromfile(f"{cell.inputs}/held_out_x", np.float32).reshape(-1, self.sizes[0][0])
        self.held_out_classes = np.fromfile(f"{cell.inputs}/held_out_classes", np.int32)

    def start(self, random: np.random.Generator) -> None:
        """A new network and optimizer."""
        raise NotImplementedError

    def epoch(self) -> None:
        """One epoch, shuffled."""
        raise NotImplementedError

    def outputs(self, x: np.ndarray) -> np.ndarray:
        """The network's outputs, as numpy has them."""
        raise NotImplementedError

    def train(self) -> tuple[float, int]:
        """Seconds, without the evaluation after each epoch, and epochs."""
        self.seed += 1
        self.start(np.random.default_rng(self.seed))
        seconds = 0.0
        for epoch in range(1, self.MOST_EPOCHS + 1):
            start = time.perf_counter()
            self.epoch()
            seconds += time.perf_counter() - start
            if (self.outputs(self.held_out_x).argmax(axis=1) == self.held_out_classes).mean() >= self.WANTED:
                return seconds, epoch
        raise Cannot("did not reach the accuracy")

    def check(self) -> list[float]:
        return [self.train()[1] for _ in range(5)]

    def run(self, seconds: float) -> float:
        return self.train()[0]


def serve(prepare: Callable[[Cell], Work]) -> None:
    """Answers on the standard output, which whatever else writes to it cannot reach."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    work: Work | None = None
    for line in sys.stdin:
        command, _, rest = line.strip().partition(" ")
        try:
            if command == "prepare":
                work = None
                work = prepare(Cell(rest))
                answers.write("ready\n")
            elif command == "check" and work:
                answers.write(" ".join(["values", *(f"{value:.9g}" for value in work.check())]) + "\n")
            elif command == "run" and work:
                answers.write(f"seconds {work.run(float(rest)):.9g}\n")
            else:
                answers.write(f"cannot {command}\n")
        except Exception as error:  # noqa: BLE001 - whatever it is belongs into the table
            answers.write(f"cannot {' '.join(str(error).split())[:200] or type(error).__name__}\n")
