"""
What the first layer looks for
==============================

A unit of a dense layer has a weight for each pixel. :func:`~chainrule.plot_weights` draws them as an image: blue is
positive, red is negative. Here the first layer is the only one, with a unit for each digit.
"""

import numpy as np
from chainrule import Network, Optimizer, plot_weights

table = np.loadtxt("Examples/data/digits.csv", delimiter=",", dtype=np.float32)
x, digits = table[:, :64] / 16, table[:, 64].astype(int)

network = Network(64).add_dense(10).build(seed=1)
before = plot_weights(network, shape=(8, 8))

# %%
# Training leaves images of the digits: ink on blue pixels speaks for the digit, ink on red ones against it.

optimizer = Optimizer(network, "adamw", learning_rate=0.01, weight_decay=0.1)
network.fit(x, digits, epochs=40, optimizer=optimizer)
for digit, ax in enumerate(plot_weights(network, shape=(8, 8))[:10]):
    ax.set_title(digit)
