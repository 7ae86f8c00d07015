"""Writes digits.csv, the handwritten digits that the examples train on, from scikit-learn's copy of them.

To run it: `python -m pip install scikit-learn`, then `python Examples/data/make_digits.py`.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits


def main() -> None:
    """Writes one row per image: 64 pixels (8 rows of 8, each 0 to 16), then the digit, 0 to 9."""
    digits = load_digits()
    rows = np.column_stack([digits.data, digits.target]).astype(int)
    assert rows.shape == (1797, 65) and rows[:, :64].max() == 16 and rows.min() == 0
    assert np.array_equal(rows[:, :64], digits.data), "a pixel is not a whole number"
    np.savetxt(Path(__file__).with_name("digits.csv"), rows, fmt="%d", delimiter=",")


if __name__ == "__main__":
    main()
