"""
What the first layer looks for
==============================

A unit of a dense layer has a weight for each pixel. :func:`~chainrule.plot_weights` draws them as an image: blue is
positive, red is negative. Here the first layer is the only one, with a unit for each digit.
"""

import matplotlib.pyplot as plt
import numpy as np
from chainrule import Network, Optimizer, plot_weights

table = np.loadtxt("Examples/data/digits.csv", delimiter=",", dtype=np.float32)
x, digits = table[:, :64] / 16, table[:, 64].astype(int)

network = Network(64).add_dense(10).build(seed=1)
fig, axes = plt.subplots(2, 5, figsize=(6.5, 2.8), layout="constrained")
before = plot_weights(network, shape=(8, 8), axes=axes)

# %%
# Training leaves images of the digits: ink on blue pixels speaks for the digit, ink on red ones against it.

optimizer = Optimizer(network, "adamw", learning_rate=0.01, weight_decay=0.1)
network.fit(x, digits, epochs=40, optimizer=optimizer)
fig, axes = plt.subplots(2, 5, figsize=(6.5, 3.1), layout="constrained")
for digit, ax in enumerate(plot_weights(network, shape=(8, 8), axes=axes)):
    ax.set_title(digit)
