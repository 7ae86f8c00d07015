"""Writes the inputs of the cells `lenet` into a folder: 4,000 images of MNIST, and first parameters, as the library has them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[2] / "Examples" / "learning"))

from lenet5 import lenet5, read_mnist

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
images, digits, held_out = read_mnist()
images[~held_out].tofile(folder / "x")
digits[~held_out].astype(np.int32).tofile(folder / "classes")
lenet5().build(seed=1).parameters.tofile(folder / "parameters")
