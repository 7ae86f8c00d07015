"""
A learning curve
================

``Network.fit()`` returns a :class:`~chainrule.History`. It prints itself as a table and plots itself.
"""

import numpy as np
from chainrule import EarlyStopping, Network

table = np.loadtxt("Examples/data/digits.csv", delimiter=",", dtype=np.float32)
table = np.random.default_rng(1).permutation(table)
x, digits = table[:, :64] / 16, table[:, 64].astype(int)

network = Network(64).add_dense(100, "relu").add_dropout(0.3).add_dense(10).build(seed=1)
history = network.fit(
    x[:1350],
    digits[:1350],
    epochs=60,
    validation_data=(x[1350:], digits[1350:]),
    callbacks=[EarlyStopping(patience=12)],
)
print(f"{len(history)} epochs, the best is number {history.best.epoch}")

# %%
# The cost of training counts each batch before its step and with dropout. The cost of validation comes after the epoch and
# without dropout. So it can be the lower one.

history.plot()
