"""
Schedules of the learning rate
==============================

Gradient descent moves a weight by the learning rate times the gradient. Here the gradient is always 1, so the way that the
weight goes in each step is the rate itself.
"""

import matplotlib.pyplot as plt
import numpy as np
from chainrule import Network, Optimizer, Schedule

STEPS = 200


def rates(schedule: Schedule) -> np.ndarray:
    """The learning rate of each step, for η = 1."""
    network = Network(1).add_dense(1).build(seed=1)
    weights = [network.tensors["0.bias"][0]]
    network.fit(
        np.zeros((STEPS, 1)),
        np.zeros((STEPS, 1)),
        cost=lambda y, t, _: (float(y.sum()), np.ones_like(y)),
        optimizer=Optimizer(network, "gradient_descent", learning_rate=1.0),
        batch_size=1,
        epochs=1,
        schedule=schedule,
        on_batch=lambda _: weights.append(network.tensors["0.bias"][0]),
    )
    return -np.diff(weights)


schedules = {
    "constant, with warm-up": Schedule("constant", warmup=40),
    "step": Schedule("step", period=50, factor=0.5),
    "exponential": Schedule("exponential", factor=0.98),
    "cosine": Schedule("cosine"),
    "cosine, restarted": Schedule("cosine", period=40, period_factor=2),
    "one cycle": Schedule("one_cycle"),
}
fig, panels = plt.subplots(2, 3, figsize=(9, 4.5), layout="constrained", sharex=True, sharey=True)
for ax, (name, schedule) in zip(panels.flat, schedules.items()):
    ax.plot(rates(schedule))
    ax.set_title(name)
for ax in panels[-1]:
    ax.set_xlabel("step")
for ax in panels[:, 0]:
    ax.set_ylabel("rate / η")
