"""Trains a network to read handwritten digits from Python, and shows its mistakes.

To run it: `make wheel`, `pip install build/wheel/*.whl`, then `python Examples/digits.py`.
"""

import tempfile
from pathlib import Path

import numpy as np
from chainrule import Epoch, Network, Optimizer

WANTED_ACCURACY = 0.975
DATA = Path(__file__).parent / "data" / "digits.csv"


def read_digits() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The images, (1797, 64) with 0 for paper and 1 for ink; their digits, (1797,); and which ones are held out, (1797,).

    Every fourth image of each digit is held out.
    """
    table = np.loadtxt(DATA, delimiter=",", dtype=np.float32)
    images, digits = table[:, :64] / 16, table[:, 64].astype(int)
    held_out = np.zeros(len(digits), bool)
    for digit in range(10):
        held_out[np.flatnonzero(digits == digit)[3::4]] = True
    return images, digits, held_out


def show(epoch: Epoch) -> None:
    """Prints one line for every fifth epoch."""
    if epoch.epoch % 5 == 0:
        print(
            f"epoch {epoch.epoch:2}/{epoch.epochs}: loss {epoch.cost:.5f}, "
            f"held-out accuracy {epoch.validation_accuracy:.2%}, {epoch.samples_per_second:,.0f} samples/s"
        )


def save_and_load(network: Network) -> Network:
    """A network loaded from the other's file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "digits.safetensors"
        network.save(path)
        return Network.load(path)


def main() -> None:
    """Trains, saves, loads and evaluates."""
    images, digits, held_out = read_digits()
    x, t = images[~held_out], digits[~held_out]
    held_x, held_t = images[held_out], digits[held_out]

    with Network(64).add_dense(100, "relu").add_dense(10).build(seed=1) as network:
        print(network)
        network.fit(
            x,
            t,
            cost="cross_entropy",
            optimizer=Optimizer(network, "adam", learning_rate=0.003),
            epochs=30,
            seed=1,
            validation_data=(held_x, held_t),
            on_epoch=show,
        )
        logits = network.predict(held_x)
        reread = save_and_load(network).predict(held_x)

    said = logits.argmax(axis=1)
    confusion = np.zeros((10, 10), int)
    np.add.at(confusion, (held_t, said), 1)
    print("\nRows: what was written; columns: what the network read.")
    print(confusion)

    np.testing.assert_array_equal(reread, logits)
    accuracy = np.mean(said == held_t)
    print(f"\nHeld-out accuracy: {accuracy:.2%} ({np.sum(said == held_t)} of {held_t.size})")
    if accuracy < WANTED_ACCURACY:
        raise SystemExit(f"accuracy: less than {WANTED_ACCURACY:.1%}")


if __name__ == "__main__":
    main()
