"""The networks of the cells, as numpy arrays."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

Layers = list[tuple[np.ndarray, np.ndarray]]


def read_layers(widths: str, path: Path | str) -> Layers:
    """W (out × in) and b of each layer, from Chainrule's parameter vector."""
    sizes = [int(width) for width in widths.removeprefix("tanh:").split("-")]
    parameters = np.fromfile(path, np.float32)
    layers, place = [], 0
    for inputs, outputs in pairwise(sizes):
        weights = parameters[place : place + inputs * outputs].reshape(outputs, inputs).copy()
        place += inputs * outputs
        layers.append((weights, parameters[place : place + outputs].copy()))
        place += outputs
    if place != len(parameters):
        raise ValueError("the inputs are another network's")
    return layers
