"""The numbers of the tests of networks against PyTorch: parameters, rows and summaries, the same on both sides.

They come from numpy's legacy generator, whose stream is frozen.
"""

from __future__ import annotations

import numpy as np

PROJECTIONS = 4


class Numbers:
    """Draws in a fixed order."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.RandomState(seed)

    def normal(self, *shape: int) -> np.ndarray:
        return self._random.standard_normal(shape).astype(np.float32)

    def parameter(self, *shape: int, is_bias: bool) -> np.ndarray:
        """Weights as He's, scales about 1, and biases about 0, in the library's layout."""
        if is_bias:
            return np.float32(0.1) * self.normal(*shape)
        if len(shape) == 1:
            return 1 + np.float32(0.2) * self.normal(*shape)
        return np.float32(np.sqrt(2 / np.prod(shape[1:]))) * self.normal(*shape)


def summary(values: np.ndarray) -> np.ndarray:
    """The norm, and products with fixed random vectors: one wrong element in a thousand would show in them."""
    flat = values.astype(np.float64).ravel()
    directions = np.random.RandomState(7).standard_normal((PROJECTIONS, flat.size))
    return np.array([np.linalg.norm(flat), *(directions @ flat)])
