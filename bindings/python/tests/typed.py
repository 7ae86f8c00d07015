"""How a program of the caller's is typed: mypy checks it, and that each ignored line is an error."""

from __future__ import annotations

import numpy as np

from chainrule import (
    Callback,
    EarlyStopping,
    Epoch,
    History,
    Input,
    Model,
    Network,
    Sequential,
    Trainer,
    distributed,
)
from chainrule.layers import Add, Conv2D, Dense, Flatten, MaxPooling2D, Subtract


class Below(Callback):
    def on_epoch(self, trainer: Trainer, epoch: Epoch) -> bool | None:
        return epoch.cost > 0.1


def described() -> tuple[Network, Network]:
    x = Input(3)
    h = Dense(3, "relu", bias=False)(x)
    graph = Model([x], Subtract()(Add(name="sum")([h, x]), h), seed=1)
    return graph, Sequential([Input((8, 8, 1)), Conv2D(4, 3, stride=2), MaxPooling2D(2), Flatten(), Dense(units=10)])


def fitted(network: Network) -> tuple[History, Epoch, History]:
    history = network.fit(np.zeros((3, 3)), [0, 1, 2], loss="huber", callbacks=[Below(), EarlyStopping()])
    return history, history[0], history[1:]


def wrong() -> None:
    Dense("ten")  # type: ignore[arg-type]
    Dense(10, units_=3)  # type: ignore[call-arg]
    Conv2D(4)  # type: ignore[call-arg]
    MaxPooling2D("maximum")  # type: ignore[arg-type]
    Sequential([Dense])  # type: ignore[list-item]
    Model(Dense(3), Input(3))  # type: ignore[arg-type]


def on_all_ranks(network: Network, x: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> History:
    return distributed.fit(network, x, [0, 1], schedule="cosine", checkpoint="run.checkpoint", every=2, resume=True)
