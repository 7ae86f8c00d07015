"""
A confusion matrix
==================

:func:`~chainrule.plot_confusion` counts how often a digit is taken for another.
"""

import numpy as np
from chainrule import Network, plot_confusion

table = np.random.default_rng(1).permutation(np.loadtxt("Examples/data/digits.csv", delimiter=",", dtype=np.float32))
x, digits = table[:, :64] / 16, table[:, 64].astype(int)

network = Network(64).add_dense(12, "relu").add_dense(10).build(seed=1)
network.fit(x[:900], digits[:900], epochs=25)
plot_confusion(network, x[900:], digits[900:])
