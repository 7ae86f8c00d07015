"""What test_distributed.py and its ranks train."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule import Network


def data() -> tuple[Any, Any, Any]:
    """x, classes and sample weights of 181 rows, some of which weigh nothing."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal((181, 6)).astype(np.float32)
    return x, (x[:, 0] * x[:, 1] > 0).astype(np.int32), rng.integers(0, 4, 181).astype(np.float32)


def network(seed: int = 1) -> Network:
    return Network(6).add_dense(16, "tanh").add_dense(2).build(seed=seed)
