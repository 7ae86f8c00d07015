"""
What the first layer looks for
==============================

A unit of a dense layer has a weight for each pixel. :func:`~chainrule.plot_weights` draws them as an image: blue is
positive, red is negative.
"""

import numpy as np
from chainrule import Network, plot_weights

table = np.loadtxt("Examples/data/digits.csv", delimiter=",", dtype=np.float32)
x, digits = table[:, :64] / 16, table[:, 64].astype(int)

network = Network(64).add_dense(24, "relu").add_dense(10).build(seed=1)
plot_weights(network, shape=(8, 8))

# %%
# After training, the units look for strokes. Weight decay takes away what the digits do not need.

from chainrule import Optimizer

network.fit(x, digits, epochs=60, optimizer=Optimizer(network, "adamw", learning_rate=0.003, weight_decay=0.3))
plot_weights(network, shape=(8, 8))
