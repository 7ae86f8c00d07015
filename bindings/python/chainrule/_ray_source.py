"""Datasets of Ray as a data source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ._arrays import seed_value
from ._blocks import Blocks
from ._data_source import DataSource
from ._errors import ArgumentTypeError


def ray_source(
    dataset: Any,
    x: str | Sequence[str],
    targets: str,
    sample_weight: str | None = None,
    *,
    shuffle: bool = True,
    seed: int = 0,
) -> DataSource:
    """A data source of a dataset of Ray, whose blocks lie in Ray's object store: it holds one block of rows at a time.

    Ray computes the dataset here, once. Batches do not cross the borders of blocks: the last batch of a block may be
    shorter. A trainer that resumes in the middle of an epoch finds its place again, if the dataset's rows come in the
    same order.

    Parameters
    ----------
    dataset
        A ray.data.Dataset.
    x
        The name of a column of vectors, or names of columns of numbers, one for each input.
    targets
        The name of a column: of integers, which are classes, or of floats, or of vectors.
    sample_weight
        The name of a column of weights, or None.
    shuffle
        Whether each epoch goes through the blocks, and through the rows of each, in a new order. The trainer's own
        shuffle leaves a data source as it is.
    seed
        Of the orders.

    Returns
    -------
    DataSource
        For a Trainer or fit().

    Examples
    --------
    >>> trainer.fit(ray_source(ray.data.read_parquet("rows.parquet"), x=["width", "height"], targets="label"))
    """
    if not hasattr(dataset, "to_numpy_refs"):
        raise ArgumentTypeError(f"ray_source() takes a dataset of Ray, not {type(dataset).__name__}")
    import ray  # pyright: ignore[reportMissingImports]

    names = [x] if isinstance(x, str) else list(x)
    columns = [*names, targets, *([] if sample_weight is None else [sample_weight])]
    references = dataset.select_columns(list(dict.fromkeys(columns))).to_numpy_refs()
    length = ray.remote(lambda block: len(block[targets]))
    lengths = ray.get([length.remote(block) for block in references])
    references = [reference for reference, rows in zip(references, lengths) if rows > 0]

    def load(index: int) -> list[Any]:
        block = ray.get(references[index])
        rows = block[x] if isinstance(x, str) else np.stack([block[name] for name in names], axis=1)
        return [rows, *(block[name] for name in columns[len(names) :])]

    blocks = Blocks([rows for rows in lengths if rows > 0], load, bool(shuffle), seed_value(seed))
    first = load(0)[1]
    is_classes = first.ndim == 1 and first.dtype.kind in "biu"
    width = 1 if first.ndim == 1 else int(first.shape[1])
    return DataSource(blocks, "classes" if is_classes else width, weights=sample_weight is not None)
