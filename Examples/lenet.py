"""Trains a small convolutional network on handwritten digits. To run it: as digits.py."""

from pathlib import Path

import numpy as np
from chainrule import Network

table = np.loadtxt(Path(__file__).parent / "data" / "digits.csv", delimiter=",", dtype=np.float32)
x, digits = table[:, :64].reshape(-1, 8, 8, 1) / 16, table[:, 64].astype(int)
network = Network((8, 8, 1)).add_convolution(16, 3, "relu", padding="same").add_pooling("maximum", 2)
network.add_convolution(32, 3, "relu", padding="same").add_pooling("maximum", 2).add_flatten()
network.add_dense(64, "relu").add_dense(10).build(seed=1)
network.fit(x[:1400], digits[:1400], cost="cross_entropy", epochs=15, learning_rate=0.002)
print(f"{network.score(x[1400:], digits[1400:]):.2%} of the images that the network has not seen")
