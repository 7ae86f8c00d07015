"""Trains a network with minimizers of scipy, by its objective. To run it: as digits.py, with scipy installed."""

from pathlib import Path

import numpy as np
import scipy.optimize
from chainrule import Input, Sequential
from chainrule.layers import Dense

table = np.loadtxt(Path(__file__).parent / "data" / "digits.csv", delimiter=",", dtype=np.float32)
x, digits = table[:, :64] / 16, table[:, 64].astype(int)
held_out = np.arange(len(x)) % 4 == 3
network = Sequential([Input(64), Dense(12, "tanh"), Dense(10)], seed=1)

# C as a function of the parameters, with its gradient, and its Hessian's products.
objective = network.objective(x[~held_out], digits[~held_out])
first, _ = objective(objective.x0)
for method, options in (("L-BFGS-B", {"maxiter": 60}), ("Newton-CG", {"maxiter": 3})):
    result = scipy.optimize.minimize(
        objective,
        objective.x0,
        jac=True,
        hessp=objective.hessp if method == "Newton-CG" else None,
        method=method,
        options=options,
    )
    network.parameters[:] = result.x
    accuracy = network.score(x[held_out], digits[held_out])
    print(f"{method}: C = {result.fun:.4f}, {accuracy:.2%} of the images that the network has not seen")
if not result.fun < first / 50 or accuracy < 0.93:
    raise SystemExit("it did not learn")
