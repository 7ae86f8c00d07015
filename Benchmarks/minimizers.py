"""How many evaluations, and how much time, methods need to bring the cost of small networks to a given value: Chainrule's,
scipy's on the same function, and scikit-learn's L-BFGS on its own. `make compare-minimizers` writes the tables of
docs/training-methods.md.

    python Benchmarks/minimizers.py [--seeds N] [--problem NAME] [--write FILE]

An evaluation is the cost and its gradient over all rows; for Newton's methods a product of a curvature matrix and a vector
counts apart, and for Levenberg and Marquardt's a Jacobian counts as an evaluation. Every method begins with the same weights.
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

import numpy as np  # noqa: E402
import scipy.optimize  # noqa: E402
import sklearn.neural_network  # noqa: E402
from sklearn.datasets import load_digits, make_friedman1  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("CHAINRULE_LIBRARY", str(ROOT / "build/lib/libchainrule.so"))
sys.path.insert(0, str(ROOT / "bindings/python"))

import chainrule  # noqa: E402

MOST_EVALUATIONS = 5000


class Problem(NamedTuple):
    """Data, a network of tanh layers with a linear one at the end, and the cost to reach."""

    name: str
    x: np.ndarray
    targets: np.ndarray
    layers: tuple[int, ...]
    cost: str
    target: float

    def network(self, seed: int) -> chainrule.Network:
        """The network with its first weights."""
        network = chainrule.Network(self.x.shape[1])
        for units in self.layers[:-1]:
            network.add_dense(units, "tanh")
        return network.add_dense(self.layers[-1]).build(seed)


def problems() -> list[Problem]:
    """The problems, each with a cost that most methods reach."""
    turns = np.arange(97)
    angle, radius = turns * np.pi / 16, 6.5 * (104 - turns) / 104
    spiral = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    spirals = np.concatenate([spiral, -spiral]) / 6.5
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    line = np.linspace(-1, 1, 200)[:, None]
    friedman_x, friedman_y = make_friedman1(500, noise=0.0, random_state=0)
    friedman_y = (friedman_y - friedman_y.mean()) / friedman_y.std()
    digits_x, digits = load_digits(return_X_y=True)
    return [
        Problem("two spirals", f32(spirals), f32(np.repeat([0, 1], 97)), (20, 20, 1), "binary_cross_entropy_logits", 0.01),
        Problem("8-bit parity", f32(2 * bits - 1), f32(bits.sum(1) % 2), (16, 1), "binary_cross_entropy_logits", 0.01),
        Problem("sine", f32(line), f32(np.sin(3 * np.pi * line)), (10, 1), "mean_squared_error", 1e-5),
        Problem("Friedman 1", f32(2 * friedman_x - 1), f32(friedman_y), (15, 1), "mean_squared_error", 1e-3),
        Problem("digits", f32(digits_x / 16), digits.astype(np.int32), (32, 10), "cross_entropy", 1e-3),
    ]


def f32(array: Any) -> np.ndarray:
    """The numbers that every library gets."""
    return np.ascontiguousarray(array, np.float32)


class Result(NamedTuple):
    """One run: whether it reached the cost, and what it took."""

    reached: bool
    evaluations: int
    products: int
    seconds: float
    cost: float


class Reached(Exception):
    """Ends a method of scipy's that has no target of its own."""


class Counted:
    """A function's value and gradient, counted, until the target is reached."""

    def __init__(self, function: Callable[[np.ndarray], tuple[float, np.ndarray]], target: float) -> None:
        self.function = function
        self.target = target
        self.evaluations = 0
        self.lowest = np.inf

    def __call__(self, w: np.ndarray) -> tuple[float, np.ndarray]:
        if self.evaluations >= MOST_EVALUATIONS:
            raise Reached
        self.evaluations += 1
        value, gradient = self.function(w)
        self.lowest = min(self.lowest, value)
        if value <= self.target:
            raise Reached
        return value, gradient

    def run(self, minimize: Callable[[], Any]) -> Result:
        """The result of a call that uses the function."""
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                minimize()
            except Reached:
                pass
        seconds = time.perf_counter() - start
        return Result(self.lowest <= self.target, self.evaluations, 0, seconds, self.lowest)


def by_chainrule(problem: Problem, seed: int, method: str) -> Result:
    """A method of Network.minimize()."""
    network = problem.network(seed)
    start = time.perf_counter()
    found = network.minimize(
        problem.x, problem.targets, cost=problem.cost, method=method, max_iterations=10**6,
        max_evaluations=MOST_EVALUATIONS, gradient_tolerance=0, cost_tolerance=0, target_cost=problem.target, threads=1,
    )
    seconds = time.perf_counter() - start
    return Result(found.reason == "target", found.evaluations, found.products, seconds, found.cost)


def by_scipy(problem: Problem, seed: int, method: str) -> Result:
    """A method of scipy.optimize.minimize() on the network's own function, of float64."""
    network = problem.network(seed)
    parameters = network.parameters
    start = parameters.astype(np.float64)

    def function(w: np.ndarray) -> tuple[float, np.ndarray]:
        parameters[:] = w
        value, gradient = network.value_and_grad(problem.x, problem.targets, problem.cost)
        return value, gradient.astype(np.float64)

    counted = Counted(function, problem.target)
    options = {"maxiter": 10**6, "gtol": 0}
    if method == "L-BFGS-B":
        options |= {"maxfun": 10**6, "ftol": 0}
    return counted.run(lambda: scipy.optimize.minimize(counted, start, jac=True, method=method, options=options))


METHODS = [
    ("L-BFGS", by_chainrule, "lbfgs"),
    ("BFGS", by_chainrule, "bfgs"),
    ("FR", by_chainrule, "fletcher_reeves"),
    ("PR", by_chainrule, "polak_ribiere"),
    ("Newton-CG", by_chainrule, "newton_cg"),
    ("LM", by_chainrule, "levenberg_marquardt"),
    ("L-BFGS scipy", by_scipy, "L-BFGS-B"),
    ("BFGS scipy", by_scipy, "BFGS"),
    ("CG scipy", by_scipy, "CG"),
]

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--problem")
    parser.add_argument("--method")
    a = parser.parse_args()
    for problem in problems():
        if a.problem and a.problem not in problem.name:
            continue
        print(problem.name, problem.network(0))
        for name, run, method in METHODS:
            if a.method and a.method not in name:
                continue
            rs = [run(problem, seed, method) for seed in range(a.seeds)]
            ok = [r for r in rs if r.reached]
            med = statistics.median([r.evaluations if r.reached else 10**6 for r in rs])
            print(f"  {name:14} reached {len(ok)}/{len(rs)} median {med:9} time {statistics.median(r.seconds for r in rs):.4f}",
                  "lowest of others", [f"{r.cost:.2g}@{r.evaluations}" for r in rs if not r.reached][:4])
