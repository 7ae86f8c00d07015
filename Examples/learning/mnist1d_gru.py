"""Trains recurrent layers on the sequences of MNIST-1D, for several seeds. `make learn` runs it.

    python Examples/learning/mnist1d_gru.py [--seeds N] [--epochs N] [--wanted ACCURACY]

The data's authors (Greydanus and Kobak 2024) read them with a GRU, too. Their package makes the data: pip install mnist1d.
"""

import numpy as np
from chainrule import Network
from mnist1d.data import make_dataset
from seeds import Settings, learn


def recurrent() -> Network:
    """Two GRUs of 16 units in each direction over 40 numbers, and a dense layer that reads all their steps."""
    network = Network((40, 1))
    for _ in range(2):
        network.add_gru(16, bidirectional=True)
    return network.add_flatten().add_dropout(0.2).add_dense(10)


def main() -> None:
    """Trains on 4,000 sequences and reads 1,000 others."""
    data = make_dataset()
    x, held_out_x = (data[name].astype(np.float32)[..., np.newaxis] for name in ("x", "x_test"))
    settings = Settings(epochs=30, batch_size=100, learning_rate=0.01, wanted=0.94)
    learn("MNIST-1D, recurrent", recurrent, (x, data["y"]), (held_out_x, data["y_test"]), settings)


if __name__ == "__main__":
    main()
