"""Keras on JAX: compile() and fit(), as its users have them. Its step is compiled by XLA."""

from __future__ import annotations

import os

# As in jax_peer.py.
if os.environ["OMP_NUM_THREADS"] == "1":
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np
from keras import layers
from lenet import LenetWork
from worker import serve


class Lenet(LenetWork):
    def begin(self, dropout: float) -> None:
        self.model = keras.Sequential(
            [
                layers.Input((28, 28, 1)),
                layers.Conv2D(6, 5, padding="same", activation="relu"),
                layers.MaxPooling2D(),
                layers.Conv2D(16, 5, activation="relu"),
                layers.MaxPooling2D(),
                layers.Flatten(),
                layers.Dropout(dropout),
                layers.Dense(120, activation="relu"),
                layers.Dropout(dropout),
                layers.Dense(84, activation="relu"),
                layers.Dense(10),
            ]
        )
        self.model.set_weights([np.moveaxis(array, 0, -1) for array in self.parameters()])
        self.model.compile(
            # Keras adds epsilon before it corrects the second moment: the first steps have up to 30 times as much.
            optimizer=keras.optimizers.Adam(self.cell.rate, epsilon=1e-10),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )

    def step(self, x: np.ndarray, classes: np.ndarray) -> float:
        self.model.reset_metrics()
        return float(self.model.train_on_batch(x, classes))

    def epoch(self) -> None:
        self.model.fit(self.x, self.classes, batch_size=self.cell.batch, verbose=0)


serve(Lenet)
