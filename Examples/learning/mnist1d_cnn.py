"""Trains a convolutional network on the sequences of MNIST-1D, for several seeds. `make learn` runs it.

    python Examples/learning/mnist1d_cnn.py [--seeds N] [--epochs N] [--wanted ACCURACY]

The network is that of the data's authors (Greydanus and Kobak 2024). Their package makes the data: pip install mnist1d.
"""

import numpy as np
from chainrule import Network
from mnist1d.data import make_dataset
from seeds import Settings, learn


def convolutional() -> Network:
    """Three convolutions of 25 channels, each with a stride of 2, over 40 numbers."""
    network = Network((40, 1)).add_convolution(25, 5, "relu", stride=2, padding=1)
    for _ in range(2):
        network.add_convolution(25, 3, "relu", stride=2, padding=1)
    return network.add_flatten().add_dropout(0.2).add_dense(10)


def main() -> None:
    """Trains on 4,000 sequences and reads 1,000 others."""
    data = make_dataset()
    x, held_out_x = (data[name].astype(np.float32)[..., np.newaxis] for name in ("x", "x_test"))
    settings = Settings(epochs=150, batch_size=100, learning_rate=0.01, wanted=0.93)
    learn("MNIST-1D, convolutional", convolutional, (x, data["y"]), (held_out_x, data["y_test"]), settings)


if __name__ == "__main__":
    main()
