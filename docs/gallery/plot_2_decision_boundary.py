"""
A decision boundary
===================

Two spirals cannot be divided by a line. A network with two hidden layers divides them.
"""

import matplotlib.pyplot as plt
import numpy as np
from chainrule import Network

rng = np.random.default_rng(0)
turns = np.sqrt(rng.random(400)) * 3 * np.pi
arms = rng.integers(0, 2, 400)
angle = turns + np.pi * arms
points = np.stack([turns * np.cos(angle), turns * np.sin(angle)], axis=1) / 5
x = (points + rng.normal(0, 0.06, points.shape)).astype(np.float32)

fig, panels = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained", sharex=True, sharey=True)
line = np.linspace(-2.1, 2.1, 160, dtype=np.float32)
grid = np.stack(np.meshgrid(line, line), axis=-1)
network = Network(2).add_dense(32, "tanh").add_dense(32, "tanh").add_dense(1).build(seed=1)
epochs = 0
for ax, more in zip(panels, (20, 280, 500)):
    network.fit(x, arms, epochs=more)
    epochs += more
    p = network.predict_proba(grid.reshape(-1, 2))[:, 1].reshape(grid.shape[:2])
    ax.imshow(p, origin="lower", extent=(-2.1, 2.1, -2.1, 2.1), cmap="RdBu", vmin=0, vmax=1)
    ax.contour(grid[..., 0], grid[..., 1], p, levels=[0.5], colors="#555555", linewidths=1)
    ax.scatter(*x.T, c=arms, cmap="RdBu", s=9, edgecolors="white", linewidths=0.5)
    ax.set_title(f"{epochs} epochs: {network.score(x, arms):.0%}")
