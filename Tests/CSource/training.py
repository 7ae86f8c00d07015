"""Networks as C that train."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
from chainrule import Network
from compiling import address, compiled
from trained_networks import trained_rows


class Trained:
    """A network as C that trains."""

    def __init__(
        self, network: Network, cost: str, folder: Path, compiler: str = "gcc", momentum: bool = False
    ) -> None:
        source = network.to_c_source(trains=True, momentum=momentum, cost=cost)
        self.library = compiled(source, folder, compiler)
        self.library.network_train_step.restype = ctypes.c_float
        self.has_momentum = momentum
        self.parameter_count = network.parameters.size

    def numbers(self, name: str, count: int) -> np.ndarray:
        return np.ctypeslib.as_array((ctypes.c_float * count).in_dll(self.library, name))

    def step(self, x: np.ndarray, t: np.ndarray, rate: float, momentum: float = 0) -> float:
        rates = [ctypes.c_float(number) for number in ([rate, momentum] if self.has_momentum else [rate])]
        return self.library.network_train_step(address(x), address(t), *rates)


def samples(name: str, network: Network, cost: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows, and targets for a cost."""
    rng = np.random.default_rng(5)
    x = trained_rows(name, rng.normal(size=(count, network.inputs)).astype(np.float32))
    t = rng.normal(size=(count, network.outputs)).astype(np.float32)
    if cost == "cross_entropy":
        t = np.eye(network.outputs, dtype=np.float32)[rng.integers(network.outputs, size=count)]
    elif cost != "mean_squared_error":
        t = (t > 0).astype(np.float32)
    return x, t
