"""Scores of networks on small data sets by the first weights and biases: the table of docs/training.md.

    python Benchmarks/first_weights.py [--activation NAME] [--depths N ...] [--seeds N]

Each score is the accuracy or R² of held-out rows. All ways get the same rows, orders and seeds. It needs numpy and
scikit-learn, and about a minute for each seed and layer.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import datasets
from sklearn.model_selection import train_test_split

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("CHAINRULE_LIBRARY", str(ROOT / "build/lib/libchainrule.so"))
sys.path.insert(0, str(ROOT / "bindings/python"))

import chainrule

UNITS = 50
EPOCHS = 40

Rows = tuple[np.ndarray, np.ndarray]


def spirals(seed: int) -> Rows:
    """Two arms, which turn one and a half times."""
    rng = np.random.default_rng(seed)
    angle, arm = np.sqrt(rng.random(1000)) * 3 * np.pi, rng.integers(0, 2, 1000)
    points = angle / (3 * np.pi) * [np.cos(angle + np.pi * arm), np.sin(angle + np.pi * arm)]
    return points.T + 0.02 * rng.standard_normal((1000, 2)), arm


def parity(seed: int) -> Rows:
    """Of five bits, beside three numbers that do not matter."""
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, (1000, 5))
    return np.hstack([bits, rng.standard_normal((1000, 3))]), bits.sum(axis=1) % 2


def checkerboard(seed: int) -> Rows:
    """Of four by four fields."""
    x = np.random.default_rng(seed).random((1000, 2)) * 4
    return x, (np.floor(x).sum(axis=1) % 2).astype(int)


DATA: dict[str, Callable[[int], Rows]] = {
    "iris": lambda seed: datasets.load_iris(return_X_y=True),
    "wine": lambda seed: datasets.load_wine(return_X_y=True),
    "breast cancer": lambda seed: datasets.load_breast_cancer(return_X_y=True),
    "digits": lambda seed: datasets.load_digits(return_X_y=True),
    "diabetes": lambda seed: datasets.load_diabetes(return_X_y=True),
    "Friedman 1, 800 rows": lambda seed: datasets.make_friedman1(800, noise=1, random_state=seed),
    "Friedman 1, 2000 rows": lambda seed: datasets.make_friedman1(2000, noise=1, random_state=seed),
    "Friedman 2": lambda seed: datasets.make_friedman2(1000, noise=20, random_state=seed),
    "Friedman 3": lambda seed: datasets.make_friedman3(1000, random_state=seed),
    "parity": parity,
    "spirals": spirals,
    "moons": lambda seed: datasets.make_moons(600, noise=0.2, random_state=seed),
    "checkerboard": checkerboard,
}


def ways(inputs: int, units: int) -> dict[str, tuple[Any, Any]]:
    """The initializers of weights and biases that are compared."""
    narrow = ("uniform", -1 / math.sqrt(inputs), 1 / math.sqrt(inputs))
    return {
        "He uniform, zeros": ("he_uniform", "zeros"),
        "Glorot uniform, zeros": ("glorot_uniform", "zeros"),
        "the default": ("default", "default"),
        "± 1 / √fan_in, both": (narrow, narrow),
    }


def score(way: str, rows: list[np.ndarray], activation: str, depth: int, seed: int) -> float:
    """Accuracy or R² of the held-out rows."""
    x, held_x, y, held_y = rows
    is_classes = y.dtype.kind == "i"
    network, width = chainrule.Network(x.shape[1]), x.shape[1]
    for layer in range(depth + 1):
        units = UNITS if layer < depth else int(y.max()) + 1 if is_classes else 1
        weights, biases = ways(width, units)[way]
        if layer == depth and weights == "he_uniform":
            weights = "glorot_uniform"
        chosen = activation if layer < depth else "identity"
        network.add_dense(units, chosen, weight_initializer=weights, bias_initializer=biases)
        width = units
    network.build(seed)
    cost = "cross_entropy" if is_classes else "mean_squared_error"
    network.fit(x, y, cost=cost, epochs=EPOCHS, seed=seed, threads=1)
    metrics = network.evaluate(held_x, held_y)
    return metrics.accuracy if is_classes else metrics.r2


def split(name: str, seed: int) -> list[np.ndarray]:
    """Rows to train on and held-out ones, scaled by the former."""
    x, y = DATA[name](seed)
    x, held_x, y, held_y = train_test_split(x, y, test_size=0.3, random_state=seed)
    mean, deviation = x.mean(axis=0), x.std(axis=0) + 1e-9
    if y.dtype.kind == "f":
        y, held_y = (y - y.mean()) / y.std(), (held_y - y.mean()) / y.std()
    return [(x - mean) / deviation, (held_x - mean) / deviation, y, held_y]


def main() -> None:
    """Prints a table for each depth: a line for each way, a column for each data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--activation", default="relu")
    parser.add_argument("--depths", type=int, nargs="+", default=[1, 3, 10])
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    for depth in options.depths:
        print(f"\n{options.activation}, {depth} layers of {UNITS}: mean, then {', '.join(DATA)}")
        for way in ways(1, 1):
            means = []
            for name in DATA:
                seeds = range(options.seeds)
                means.append(np.mean([score(way, split(name, s), options.activation, depth, s) for s in seeds]))
            print(f"{way:24}{np.mean(means):7.3f}  " + " ".join(f"{mean:6.3f}" for mean in means), flush=True)


if __name__ == "__main__":
    main()
