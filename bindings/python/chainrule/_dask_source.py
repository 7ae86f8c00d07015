"""Arrays of Dask as a data source."""

from __future__ import annotations

from typing import Any

from ._arrays import seed_value, size_error
from ._blocks import Blocks
from ._data_source import DataSource
from ._errors import ArgumentTypeError


def dask_source(x: Any, targets: Any, sample_weight: Any = None, *, shuffle: bool = True, seed: int = 0) -> DataSource:
    """A data source of Dask arrays, which need not fit in memory: it holds one block of rows at a time.

    Batches do not cross the borders of blocks: the last batch of a block may be shorter. A trainer that resumes in the
    middle of an epoch finds its place again.

    Parameters
    ----------
    x
        (rows, inputs), in blocks of rows of known length.
    targets
        (rows,) integers: classes; or (rows,) or (rows, columns) floats. Another array's blocks become x's.
    sample_weight
        (rows,) weights, or None.
    shuffle
        Whether each epoch goes through the blocks, and through the rows of each, in a new order. The trainer's own
        shuffle leaves a data source as it is.
    seed
        Of the orders.

    Returns
    -------
    DataSource
        What fit() takes as x.

    Examples
    --------
    >>> trainer.fit(dask_source(x, labels))
    """
    arrays = [x, targets] if sample_weight is None else [x, targets, sample_weight]
    for array in arrays:
        if not hasattr(array, "chunks") or not hasattr(array, "blocks"):
            raise ArgumentTypeError(f"dask_source() takes arrays of Dask, not {type(array).__name__}")
        if len(array) != len(x):
            raise size_error(f"an array has {len(array)} rows; x has {len(x)}")
    columns = 1 if targets.ndim == 1 else int(targets.shape[1])
    is_classes = targets.ndim == 1 and targets.dtype.kind in "biu"
    lengths = x.chunks[0]
    # All columns of a row in one block.
    arrays = [each.rechunk({0: lengths, **dict.fromkeys(range(1, each.ndim), -1)}) for each in arrays]
    blocks = Blocks(
        lengths, lambda index: [each.blocks[index].compute() for each in arrays], bool(shuffle), seed_value(seed)
    )
    return DataSource(blocks, "classes" if is_classes else columns, weights=sample_weight is not None)
