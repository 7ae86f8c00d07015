"""Trains a small convolutional network on handwritten digits. To run it: as digits.py."""

from pathlib import Path

import numpy as np
from chainrule import Network

table = np.loadtxt(Path(__file__).parent / "data" / "digits.csv", delimiter=",", dtype=np.float32)
x, digits = table[:, :64].reshape(-1, 8, 8, 1) / 16, table[:, 64].astype(int)
held_out = np.arange(len(x)) % 4 == 3
network = Network((8, 8, 1)).add_convolution(16, 3, "relu", padding="same").add_pooling("maximum", 2)
network.add_convolution(32, 3, "relu", padding="same").add_pooling("maximum", 2).add_flatten()
network.add_dense(64, "relu").add_dense(10).build(seed=1)
network.fit(x[~held_out], digits[~held_out], cost="cross_entropy", epochs=30, learning_rate=0.002)
accuracy = np.mean(network.predict(x[held_out]).argmax(axis=1) == digits[held_out])
print(f"{accuracy:.2%} of the images that the network has not seen")
if accuracy < 0.975:
    raise SystemExit("less than 97.5 %")
