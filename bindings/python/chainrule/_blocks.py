"""Blocks of rows, which need not fit in memory together, as the function of a data source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ._data_source import Request


class Blocks:
    """Gives the rows of one block after the other, and holds one.

    Batches do not cross the borders of blocks. What comes follows from the epoch and the row alone.
    """

    def __init__(self, lengths: Sequence[int], load: Callable[[int], Sequence[Any]], shuffle: bool, seed: int) -> None:
        """Blocks of so many rows; load returns the arrays of a block: x, targets and perhaps sample weights."""
        self._lengths = np.asarray(lengths)
        self._load = load
        self._shuffle, self._seed = shuffle, seed
        self._present: tuple[Any, list[Any]] | None = None

    def __call__(self, request: Request) -> Any:
        order = np.arange(len(self._lengths))
        random = np.random.default_rng([self._seed, request.epoch])
        if self._shuffle:
            random.shuffle(order)
        ends = np.cumsum(self._lengths[order])
        place = int(np.searchsorted(ends, request.first_row, side="right"))
        if place == len(ends):
            return None
        key = request.epoch, int(order[place])
        if self._present is None or self._present[0] != key:
            self._present = key, self._block(*key)
        first = request.first_row - (ends[place] - self._lengths[key[1]])
        return tuple(array[first : first + request.max_rows] for array in self._present[1])

    def _block(self, epoch: int, index: int) -> list[Any]:
        rows = np.arange(self._lengths[index])
        if self._shuffle:
            np.random.default_rng([self._seed, epoch, index]).shuffle(rows)
        return [np.asarray(array)[rows] for array in self._load(index)]
