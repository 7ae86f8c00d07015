"""The same mathematics in float64 numpy, written for clarity: what the library's results are compared with."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

_erf = np.vectorize(math.erf, otypes=[np.float64])
_SELU_SCALE = 1.0507009873554805
_SELU_ALPHA = 1.6732632423543772


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def _hard_sigmoid(z: np.ndarray) -> np.ndarray:
    return np.clip(z / 6 + 0.5, 0, 1)


def _log_softmax(z: np.ndarray) -> np.ndarray:
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _elu(z: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda z: z,
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "elu": _elu,
    "selu": lambda z: _SELU_SCALE * _elu(z, _SELU_ALPHA),
    "softplus": lambda z: np.logaddexp(0, z),
    "gelu": lambda z: z * 0.5 * (1 + _erf(z / math.sqrt(2))),
    "gelu_tanh": lambda z: 0.5 * z * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))),
    "silu": lambda z: z * _sigmoid(z),
    "softsign": lambda z: z / (1 + np.abs(z)),
    "hard_sigmoid": _hard_sigmoid,
    "hard_swish": lambda z: z * _hard_sigmoid(z),
    "mish": lambda z: z * np.tanh(np.logaddexp(0, z)),
    "clipped_relu": lambda z: np.clip(z, 0, 6),
    "exponential": np.exp,
    "softmax": lambda z: np.exp(_log_softmax(z)),
    "log_softmax": _log_softmax,
}


def _cut_log(p: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(p), -100)


def _huber(y: np.ndarray, t: np.ndarray, delta: float = 1.0) -> np.ndarray:
    distance = np.abs(y - t)
    return np.where(distance <= delta, distance**2 / 2, delta * (distance - delta / 2)).mean(axis=1)


# The cost of each row.
COSTS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "mean_squared_error": lambda y, t: ((y - t) ** 2).mean(axis=1),
    "mean_absolute_error": lambda y, t: np.abs(y - t).mean(axis=1),
    "huber": _huber,
    "binary_cross_entropy": lambda y, t: -(t * _cut_log(y) + (1 - t) * _cut_log(1 - y)).mean(axis=1),
    "binary_cross_entropy_logits": lambda y, t: (np.logaddexp(0, y) - t * y).mean(axis=1),
    "cross_entropy": lambda y, t: -(t * _log_softmax(y)).sum(axis=1),
}


def reduced(row_costs: np.ndarray, weights: np.ndarray | None, reduction: str) -> float:
    """C from the costs of the rows."""
    w = np.ones_like(row_costs) if weights is None else weights
    total = float((w * row_costs).sum())
    return total if reduction == "sum" else total / float(w.sum())


def forward(x: np.ndarray, layers: list[tuple[np.ndarray, np.ndarray, str]]) -> np.ndarray:
    """The outputs y of a chain of dense layers, each given as (W, b, activation)."""
    h = x.astype(np.float64)
    for weight, bias, activation in layers:
        h = ACTIVATIONS[activation](h @ weight.astype(np.float64).T + bias.astype(np.float64))
    return h


def central_differences(function: Callable[[np.ndarray], float], point: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """The gradient of a function of a float64 array, coordinate by coordinate."""
    gradient = np.zeros(point.shape)
    for index in np.ndindex(*point.shape):
        moved = point.copy()
        moved[index] = point[index] + step
        above = function(moved)
        moved[index] = point[index] - step
        gradient[index] = (above - function(moved)) / (2 * step)
    return gradient
