"""Counts the evaluations and the time that methods need to lower the cost of small networks to a given value: Chainrule's,
scipy's on the same function, and scikit-learn's L-BFGS on its own. `make bench-minimizers` writes the tables of
docs/training-methods.md.

    python Benchmarks/minimizers.py [--seeds N] [--problem NAME] [--write FILE]

An evaluation is the cost and its gradient over all rows. Products of a curvature matrix and a vector, and Jacobians, count
separately. Every method starts from the same weights and has one thread. The evaluation that reaches the cost stops it.
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
import scipy.optimize
import sklearn
import sklearn.neural_network
from machine import processor
from sklearn.datasets import load_digits, make_friedman1

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("CHAINRULE_LIBRARY", str(ROOT / "build/lib/libchainrule.so"))
sys.path.insert(0, str(ROOT / "bindings/python"))

import chainrule

MOST_EVALUATIONS = 5000
MOST_PRODUCTS = 20_000
BEGIN, END = "<!-- tables of Benchmarks/minimizers.py -->", "<!-- end of the tables -->"


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

    @property
    def is_least_squares(self) -> bool:
        """Whether methods for least squares apply."""
        return self.cost == "mean_squared_error"


def problems() -> list[Problem]:
    """The problems, each with a cost that most methods reach."""
    turns = np.arange(97)
    angle, radius = turns * np.pi / 16, (104 - turns) / 104
    spiral = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    spirals = np.concatenate([spiral, -spiral])
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    line = np.linspace(-1, 1, 200)[:, None]
    friedman_x, friedman_y = make_friedman1(500, noise=0.0, random_state=0)
    friedman_y = (friedman_y - friedman_y.mean()) / friedman_y.std()
    digits_x, digits = load_digits(return_X_y=True)
    logits = "binary_cross_entropy_logits"
    squares = "mean_squared_error"
    return [
        Problem("two spirals", f32(spirals), f32(np.repeat([0, 1], 97)), (20, 20, 1), logits, 0.1),
        Problem("8-bit parity", f32(2 * bits - 1), f32(bits.sum(1) % 2), (24, 1), logits, 0.05),
        Problem("8-bit parity, squared", f32(2 * bits - 1), f32(bits.sum(1) % 2), (16, 1), squares, 0.02),
        Problem("sine", f32(line), f32(np.sin(2 * np.pi * line)), (10, 1), squares, 1e-4),
        Problem("Friedman 1", f32(2 * friedman_x - 1), f32(friedman_y), (15, 1), squares, 1e-3),
        Problem("digits", f32(digits_x / 16), digits.astype(np.int32), (10, 10), "cross_entropy", 1e-3),
    ]


def f32(array: Any) -> np.ndarray:
    """The numbers that every library gets."""
    return np.ascontiguousarray(array, np.float32)


class Result(NamedTuple):
    """One run: whether it reached the cost, and what it took."""

    reached: bool
    evaluations: int
    others: int
    seconds: float


class Stop(Exception):
    """Ends a method that has no target of its own."""


class Counted:
    """A function's value and gradient, counted, until the target is reached."""

    def __init__(self, function: Callable[..., tuple[float, Any]], target: float) -> None:
        self.function = function
        self.target = target
        self.evaluations = 0
        self.others = 0
        self.reached = False

    def __call__(self, *arguments: Any) -> tuple[float, Any]:
        if self.evaluations >= MOST_EVALUATIONS:
            raise Stop
        self.evaluations += 1
        value, gradient = self.function(*arguments)
        if value <= self.target:
            self.reached = True
            raise Stop
        return value, gradient

    def run(self, minimize: Callable[[], Any]) -> Result:
        """The result of a call that uses the function."""
        start = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                minimize()
            except Stop:
                pass
        return Result(self.reached, self.evaluations, self.others, time.process_time() - start)


def by_chainrule(problem: Problem, seed: int, method: str) -> Result:
    """A method of Network.minimize()."""
    network = problem.network(seed)
    start = time.process_time()
    found = network.minimize(
        problem.x,
        problem.targets,
        cost=problem.cost,
        method=method,
        max_iterations=10**6,
        max_evaluations=MOST_EVALUATIONS,
        gradient_tolerance=0,
        cost_tolerance=0,
        target_cost=problem.target,
        threads=1,
    )
    seconds = time.process_time() - start
    return Result(found.reason == "target", found.evaluations, found.products, seconds)


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

    def product(w: np.ndarray, v: np.ndarray) -> np.ndarray:
        if counted.others >= MOST_PRODUCTS:
            raise Stop
        counted.others += 1
        parameters[:] = w
        return network.hessian_product(problem.x, problem.targets, f32(v), problem.cost).astype(np.float64)

    options: dict[str, Any] = {"maxiter": 10**6}
    options |= {"L-BFGS-B": {"maxfun": 10**6, "ftol": 0, "gtol": 0}, "Newton-CG": {"xtol": 0}}.get(method, {"gtol": 0})
    hessp = product if method == "Newton-CG" else None
    return counted.run(
        lambda: scipy.optimize.minimize(counted, start, jac=True, hessp=hessp, method=method, options=options)
    )


def by_least_squares(problem: Problem, seed: int, method: str) -> Result:
    """scipy.optimize.least_squares() on the network's residuals and their Jacobian."""
    network = problem.network(seed)
    parameters = network.parameters

    def function(w: np.ndarray) -> tuple[float, np.ndarray]:
        parameters[:] = w
        residuals = (network.predict(problem.x).astype(np.float64) - problem.targets.reshape(-1, 1)).ravel()
        return float(np.mean(residuals**2)), residuals

    counted = Counted(function, problem.target)

    def jacobian(w: np.ndarray) -> np.ndarray:
        counted.others += 1
        parameters[:] = w
        return network.jacobian(problem.x).reshape(-1, parameters.size).astype(np.float64)

    return counted.run(
        lambda: scipy.optimize.least_squares(
            lambda w: counted(w)[1],
            parameters.astype(np.float64),
            jac=jacobian,
            method=method,
            ftol=None if method == "trf" else 1e-15,
            xtol=1e-15,
            gtol=None if method == "trf" else 1e-15,
            max_nfev=10**6,
        )
    )


def by_sklearn(problem: Problem, seed: int, _: str) -> Result:
    """MLPRegressor's or MLPClassifier's L-BFGS, whose cost and gradient are its own, from Chainrule's first weights."""
    network = problem.network(seed)
    kind = sklearn.neural_network.MLPRegressor if problem.is_least_squares else sklearn.neural_network.MLPClassifier
    # Its squared error is halved.
    counted = Counted(lambda: (0.0, None), problem.target / 2 if problem.is_least_squares else problem.target)

    class Watched(kind):  # type: ignore[misc, valid-type]
        def _loss_grad_lbfgs(self, *arguments: Any) -> tuple[float, Any]:
            counted.function = super()._loss_grad_lbfgs
            return counted(*arguments)

    model = Watched(
        hidden_layer_sizes=problem.layers[:-1],
        activation="tanh",
        solver="lbfgs",
        alpha=0,
        tol=0,
        max_fun=10**6,
        max_iter=1,
        warm_start=True,
    )
    x, targets = problem.x.astype(np.float64), problem.targets
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x, targets)
    for layer in range(len(problem.layers)):
        model.coefs_[layer] = network.tensors[f"{layer}.weight"].T.astype(np.float64)
        model.intercepts_[layer] = network.tensors[f"{layer}.bias"].astype(np.float64)
    counted.evaluations = 0
    model.max_iter = 10**6
    return counted.run(lambda: model.fit(x, targets))


class Method(NamedTuple):
    """A row of the tables."""

    name: str
    run: Callable[[Problem, int, str], Result]
    argument: str
    for_least_squares: bool = False
    most_parameters: int = 10**9


METHODS = [
    Method("L-BFGS", by_chainrule, "lbfgs"),
    Method("scipy L-BFGS-B", by_scipy, "L-BFGS-B"),
    Method("scikit-learn lbfgs", by_sklearn, ""),
    Method("BFGS", by_chainrule, "bfgs"),
    Method("scipy BFGS", by_scipy, "BFGS"),
    Method("Fletcher-Reeves", by_chainrule, "fletcher_reeves"),
    Method("Polak-Ribière", by_chainrule, "polak_ribiere"),
    Method("scipy CG", by_scipy, "CG"),
    Method("Newton-CG", by_chainrule, "newton_cg"),
    Method("scipy Newton-CG", by_scipy, "Newton-CG"),
    Method("Levenberg-Marquardt", by_chainrule, "levenberg_marquardt", for_least_squares=True),
    Method("scipy least_squares lm", by_least_squares, "lm", for_least_squares=True),
    Method("scipy least_squares trf", by_least_squares, "trf", for_least_squares=True),
]


def median_text(values: list[float], form: str) -> str:
    """The median of values of which some may be infinite."""
    median = statistics.median(values)
    return form.format(median) if np.isfinite(median) else "—"


def row(method: Method, results: list[Result]) -> str:
    """A line of a table: the medians over the seeds, a run that did not reach the cost counting as infinitely long."""
    reached = sum(result.reached for result in results)
    evaluations = median_text([r.evaluations if r.reached else np.inf for r in results], "{:.0f}")
    others = median_text([r.others if r.reached else np.inf for r in results], "{:.0f}")
    milliseconds = median_text([1e3 * r.seconds if r.reached else np.inf for r in results], "{:.1f}")
    if not any(result.others for result in results):
        others = ""
    return f"| {method.name} | {reached} of {len(results)} | {evaluations} | {others} | {milliseconds} |"


def table(problem: Problem, seeds: int) -> str:
    """A problem's table."""
    network = problem.network(0)
    units = "-".join(map(str, (network.inputs, *problem.layers)))
    lines = [
        f"### {problem.name}: C ≤ {problem.target:g}\n",
        f"{problem.x.shape[0]} rows, {units}, {network.parameters.size} parameters, `{problem.cost}`.\n",
        "| method | reached | evaluations | products or Jacobians | CPU ms |",
        "|---|---:|---:|---:|---:|",
    ]
    for method in METHODS:
        if method.for_least_squares and not problem.is_least_squares:
            continue
        results = [method.run(problem, seed, method.argument) for seed in range(seeds)]
        lines.append(row(method, results))
        print(problem.name, lines[-1], flush=True)
    return "\n".join(lines) + "\n"


def main() -> None:
    """Prints the tables, or writes them into a file between its marks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=51, help="runs of each method, from different first weights")
    parser.add_argument("--problem", default="", help="only the problems whose name begins so")
    parser.add_argument("--write", type=Path, help="a file with marks, which gets the tables between them")
    arguments = parser.parse_args()
    chosen = [problem for problem in problems() if problem.name.startswith(arguments.problem)]
    tables = "\n".join(table(problem, arguments.seeds) for problem in chosen)
    about = (
        f"Medians of {arguments.seeds} runs from different first weights, on {processor()}, with one thread, in processor time; "
        f"scipy {scipy.__version__}, scikit-learn {sklearn.__version__}, numpy {np.__version__}.\n"
    )
    if arguments.write is None:
        print(f"{about}\n{tables}")
        return
    text = arguments.write.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    arguments.write.write_text(f"{before}{BEGIN}\n\n{about}\n{tables}\n{END}{after}")


if __name__ == "__main__":
    main()
