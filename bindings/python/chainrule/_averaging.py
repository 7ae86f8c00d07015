"""Training on parts of the data, each somewhere else, whose parameters are averaged."""

from __future__ import annotations

import builtins
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ._arrays import count, seed_value, size_error
from ._callbacks import stops

if TYPE_CHECKING:
    from ._network import Network


class Round(NamedTuple):
    """A round of fit_averaged().

    Attributes
    ----------
    round
        Its number, from 1.
    cost
        The mean over all rows of the copies' costs in their last epoch, each before it was averaged.
    seconds
        How long the round took.
    """

    round: int
    cost: float
    seconds: float


def fit_averaged(
    network: Network,
    parts: Sequence[Any],
    map: Callable[..., Iterable[Any]] = builtins.map,
    *,
    rounds: int = 10,
    seed: int = 0,
    on_round: Callable[[Round], Any] | None = None,
    **options: Any,
) -> list[Round]:
    """Trains a copy of a network on each part of the data, and averages their parameters, round after round.

    The copies need no connection with each other, and one exchange in a round. Any engine serves that calls a function
    with each of some arguments, as the built-in map() does.

    It is an approximation of Network.fit(), worse the longer the rounds and the more unlike the parts. With gradient
    descent, and one batch for each part, once in a round, it is exact.

    An exception of a copy, or of the engine, ends the call. The network is then as before.

    Parameters
    ----------
    network
        Built, without custom activations if map sends it to other processes.
    parts
        (x, targets) or (x, targets, sample_weight) for each copy; or a function without arguments that returns them,
        which is called where the copy trains.
    map
        As the built-in map().
    rounds
        How often to train and average, ≥ 1.
    seed
        Of the orders of rows, of dropout and noise. Each round and copy has its own.
    on_round
        Called after each Round; if it returns False, the training stops.
    **options
        Of Network.fit(), such as epochs, those of a round, and threads. Each copy keeps its optimizer's state.

    Returns
    -------
    list[Round]
        The rounds.

    Examples
    --------
    >>> map = concurrent.futures.ProcessPoolExecutor().map
    >>> map = lambda f, *a: client.gather(client.map(f, *a, pure=False))                       # a client of Dask
    >>> map = lambda f, *a: ray.get([ray.remote(f).remote(*each) for each in zip(*a)])         # Ray
    """
    if len(parts) == 0:
        raise size_error("parts is empty")
    if count(rounds, "rounds") < 1:
        raise size_error("rounds is 0; it must be at least 1")
    first_seed = seed_value(seed)
    copies = [network.copy() for _ in parts]
    history: list[Round] = []
    for number in range(rounds):
        began = time.perf_counter()
        seeds = [(first_seed + number * len(parts) + index) % 2**64 for index in range(len(parts))]
        trained = list(map(_train, copies, parts, seeds, [options] * len(parts)))
        copies = [each for each, _, _ in trained]
        weights = [rows for _, rows, _ in trained]
        for vectors in zip(*(_vectors(each) for each in copies)):
            mean = np.average(vectors, axis=0, weights=weights)
            for vector in vectors:
                vector[...] = mean
        cost = float(np.average([cost for _, _, cost in trained], weights=weights))
        history.append(Round(number + 1, cost, time.perf_counter() - began))
        if on_round is not None and stops(on_round(history[-1])):
            break
    for mine, vector in zip(_vectors(network), _vectors(copies[0])):
        mine[...] = vector
    network._trained_cost = copies[0]._trained_cost
    return history


def _vectors(network: Network) -> list[Any]:
    return [network.parameters, *network.state.values()]


def _train(network: Network, part: Any, seed: int, options: dict[str, Any]) -> tuple[Network, int, float]:
    rows: Any = part() if callable(part) else part
    x, targets, *weights = rows
    history = network.fit(x, targets, sample_weight=weights[0] if weights else None, seed=seed, **options)
    return network, len(x), history[-1].cost
