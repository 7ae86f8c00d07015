"""Silero's detector of speech, from the package silero-vad 6.2.3: weights by name, and its ONNX file in ONNX Runtime.

The weights of its safetensors file are not those of its ONNX and TorchScript files: each is compared with itself.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule import Network

SPEC = importlib.util.find_spec("silero_vad")
FRAMES, SAMPLES, CONTEXT, REFLECTED = 40, 512, 64, 64
WIDTH = CONTEXT + SAMPLES + REFLECTED

pytestmark = pytest.mark.skipif(SPEC is None, reason="Tools/setup-python installs silero-vad")


def folder() -> Path:
    """The package's data. The package itself is not imported: it needs torch."""
    assert SPEC is not None
    assert SPEC.submodule_search_locations
    return Path(SPEC.submodule_search_locations[0]) / "data"


def detector() -> Network:
    """Frames of sound, and the first state; a probability of speech for each frame."""
    network = Network(FRAMES * WIDTH + 256).add_input("sound", (FRAMES, WIDTH, 1)).add_input("state", 256)
    network.add_convolution(258, (1, 256), stride=(1, 128), bias=False, input="sound", name="stft_conv")
    # √(re² + im²)
    network.add_function("square").add_split(2, axis=2, name="part").add_sum(["part-0", "part-1"])
    network.add_function("square_root")
    for place, (channels, stride) in enumerate([(128, 1), (64, 2), (64, 2), (128, 1)], 1):
        network.add_convolution(channels, (1, 3), "relu", stride=(1, stride), padding=[0, 1], name=f"conv{place}")
    network.add_reshape((FRAMES, 128)).add_lstm(128, initial_state="state", name="lstm_cell").add_activation("relu")
    return network.add_convolution(1, 1, "sigmoid", name="final_conv")


def sound() -> np.ndarray:
    """A buzz that changes its pitch and its formant, noise and silence."""
    rng = np.random.default_rng(3)
    t = np.arange(FRAMES * SAMPLES) / 16000
    pulses = np.sin(2 * np.pi * np.cumsum(120 + 30 * np.sin(9 * t)) / 16000) > 0.97
    decays = np.exp(-900 * t[:400]) * np.sin(2 * np.pi * (500 + 300 * np.sin(3 * t[:400])) * t[:400])
    voice = np.convolve(pulses, decays)[: len(t)] * (np.sin(7 * t) > -0.3)
    return np.float32(0.3 * voice / np.abs(voice).max() + 0.01 * rng.standard_normal(len(t)) * (t > 0.2))


def by_hand(weights: dict[str, np.ndarray], frames: np.ndarray, state: np.ndarray) -> np.ndarray:
    """The probabilities in float64, from the package's tinygrad_model.py."""

    def convolution(x: np.ndarray, weight: np.ndarray, stride: int) -> np.ndarray:
        windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2], axis=2)[:, :, ::stride]
        return np.einsum("nctk,ock->not", windows, weight)

    def sigmoid(z: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-z))

    h = convolution(np.float64(frames)[:, np.newaxis], weights["stft_conv.weight"], 128)
    h = np.sqrt(h[:, :129] ** 2 + h[:, 129:] ** 2)
    for place, stride in enumerate((1, 2, 2, 1), 1):
        padded = np.pad(h, ((0, 0), (0, 0), (1, 1)))
        bias = weights[f"conv{place}.bias"][:, np.newaxis]
        h = np.maximum(0, convolution(padded, weights[f"conv{place}.weight"], stride) + bias)
    cell = {name: weights[f"lstm_cell.{name}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
    hidden, c = np.float64(state)
    probabilities = []
    for step in h[:, :, 0]:
        gates = cell["weight_ih"] @ step + cell["bias_ih"] + cell["weight_hh"] @ hidden + cell["bias_hh"]
        i, f, g, o = np.split(gates, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        hidden = sigmoid(o) * np.tanh(c)
        heard = np.maximum(0, hidden) @ weights["final_conv.weight"].ravel() + weights["final_conv.bias"]
        probabilities.append(sigmoid(heard)[0])
    return np.array(probabilities)


def fields(message: memoryview) -> Iterator[tuple[int, Any]]:
    """The numbers and values of a protobuf message, which an ONNX file is."""
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte, at = message[at], at + 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        tag = number()
        length = {0: 0, 1: 8, 5: 4}.get(tag & 7)
        if length is None:
            length = number()
        yield tag >> 3, number() if tag & 7 == 0 else message[at : at + length]
        at += length


def onnx_weights(path: Path) -> dict[str, np.ndarray]:
    """The weights of the ONNX file, under the names of the other one: they are of another training."""
    names = {"stft.forward_basis_buffer": "stft_conv.weight", "output": "final_conv"}
    names |= {f"encoder.{place}": f"conv{place + 1}" for place in range(4)}
    lstm, weights = [], {}
    graph = next(value for field, value in fields(memoryview(path.read_bytes())) if field == 7)
    for tensor in (list(fields(value)) for field, value in fields(graph) if field == 5):
        shape = [value for field, value in tensor if field == 1]
        shape = shape if isinstance(shape[0], int) else [n for packed in shape for n in packed]
        name = next(bytes(value).decode() for field, value in tensor if field == 8)
        array = np.frombuffer(next(value for field, value in tensor if field == 9), "<f4").reshape(shape)
        base, _, last = name.rpartition(".")
        if name.startswith("onnx::LSTM"):
            # From the gates i, o, f, g. The two biases are one after the other.
            gates = array.reshape(-1, 4, 128, 128) if array.ndim == 3 else array.reshape(2, 4, 128)
            lstm += [part[[0, 2, 3, 1]].reshape(512, *part.shape[2:]) for part in gates]
        else:
            weights[names.get(name) or f"{names[base]}.{last}"] = array
    tensors = zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), lstm)
    return weights | {f"lstm_cell.{name}": tensor for name, tensor in tensors}


HEARD = sound().reshape(FRAMES, SAMPLES)
CONTEXTS = np.concatenate([np.zeros((1, CONTEXT), np.float32), HEARD[:-1, -CONTEXT:]])
GIVEN = np.concatenate([CONTEXTS, HEARD], axis=1)
REFLECTING = np.pad(GIVEN, ((0, 0), (0, REFLECTED)), "reflect")
STATE = 0.1 * np.random.default_rng(4).standard_normal((2, 128)).astype(np.float32)
X = np.concatenate([REFLECTING.ravel(), STATE.ravel()])


def test_the_weights_load_by_name() -> None:
    network = detector().build()
    weights = chainrule.read_tensors(folder() / "silero_vad_16k.safetensors")
    network.load_state_dict(weights)
    expected = by_hand(weights, REFLECTING, STATE)
    np.testing.assert_allclose(network.predict(X), expected, rtol=3e-5)
    assert expected.min() < 0.1
    assert expected.max() > 0.5

    back = network.state_dict(like=weights)
    for name, weight in weights.items():
        if "bias_" not in name:
            np.testing.assert_array_equal(back[name], weight)
    sums = [tensors["lstm_cell.bias_ih"] + tensors["lstm_cell.bias_hh"] for tensors in (back, weights)]
    np.testing.assert_array_equal(*sums)


def test_probabilities_are_those_of_onnx_runtime() -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    path = folder() / "silero_vad_16k_sequence.onnx"
    network = detector().build()
    network.load_state_dict(onnx_weights(path))
    h, c = STATE[:, np.newaxis, np.newaxis]
    theirs, *_ = onnxruntime.InferenceSession(path).run(None, {"input": GIVEN, "h": h, "c": c})
    np.testing.assert_allclose(network.predict(X), theirs, rtol=3e-5)
