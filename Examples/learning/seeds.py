"""Trains a network of classes from several seeds, and compares its mean accuracy with the one that is wanted."""

import argparse
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from chainrule import Network, Optimizer, Schedule

Rows = tuple[np.ndarray, np.ndarray]


class Settings(NamedTuple):
    """How to train, and the accuracy to reach. Options of the command line replace epochs and accuracy."""

    epochs: int
    batch_size: int
    learning_rate: float
    wanted: float


def train(network: Network, rows: Rows, settings: Settings, seed: int) -> None:
    """Adam, with a learning rate that falls as half a cosine."""
    network.fit(
        *rows,
        optimizer=Optimizer(network, "adam", learning_rate=settings.learning_rate),
        schedule=Schedule("cosine"),
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        seed=seed,
    )


def learn(name: str, describe: Callable[[], Network], rows: Rows, held_out: Rows, settings: Settings) -> None:
    """Trains with each seed on the rows. Exits with 1 if the mean accuracy on the others is too low."""
    parser = argparse.ArgumentParser(description=name)
    parser.add_argument("--seeds", type=int, default=5, help="how many seeds")
    parser.add_argument("--epochs", type=int, default=settings.epochs)
    parser.add_argument("--wanted", type=float, default=settings.wanted, help="the mean accuracy to reach")
    options = parser.parse_args()
    settings = settings._replace(epochs=options.epochs, wanted=options.wanted)

    accuracies = []
    for seed in range(1, options.seeds + 1):
        with describe().build(seed) as network:
            start = time.perf_counter()
            train(network, rows, settings, seed)
            seconds = time.perf_counter() - start
            accuracies.append(network.evaluate(*held_out, "cross_entropy").accuracy)
        print(f"seed {seed}: {accuracies[-1]:.2%} of those held out, trained in {seconds:.1f} s", flush=True)
    print(f"{name}: {np.mean(accuracies):.2%} of those held out, the mean of {options.seeds}")
    if np.mean(accuracies) < settings.wanted:
        raise SystemExit(f"less than {settings.wanted:.1%}")
