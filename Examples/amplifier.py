"""Learns the sound of an amplifier, and streams through what it learned, as a plug-in would.

    amplifier.py                          trains a GRU of 12 units for some seconds
    amplifier.py --network wavenet --epochs 60 --save amplifier.safetensors

The amplifier is synthetic: a high-pass, a drive that is not symmetric, and a low-pass. The networks are those of guitar
plug-ins: RTNeural's benchmark (dense, convolution, GRU), LSTM-40, GRU-12, and the WaveNet of Neural Amp Modeler. Examples/
wav_stream.c sends a WAV file through a saved one.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from chainrule import Network, Optimizer

RATE = 48000
STEPS = 512


def filtered(x: np.ndarray, pole: float) -> np.ndarray:
    """A low-pass with one pole: y_t = (1 - p) x_t + p y_(t-1)."""
    y, last = np.empty_like(x), 0.0
    for index, value in enumerate(x):
        last += (1 - pole) * (value - last)
        y[index] = last
    return y


def amplifier(x: np.ndarray) -> np.ndarray:
    """What the network shall learn."""
    x = x - filtered(x, 0.995)
    driven = np.tanh(4 * x + 0.3) - np.tanh(0.3)
    return 0.7 * filtered(driven, 0.6)


def guitar(seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Plucked strings of changing pitch and strength, and a little noise."""
    x = np.zeros(int(seconds * RATE))
    time_of = np.arange(RATE) / RATE
    for start in range(0, len(x), RATE // 6):
        pitch, strength = 82 * 2 ** (rng.integers(0, 36) / 12), rng.uniform(0.1, 0.9)
        tone = sum(np.sin(2 * np.pi * pitch * k * time_of) / k for k in range(1, 6)) * np.exp(-4 * time_of)
        part = x[start : start + RATE]
        part += strength * tone[: len(part)] / 2
    return np.clip(x + 0.002 * rng.standard_normal(len(x)), -1, 1)


def wavenet(steps: int, channels: tuple[int, int] = (16, 8)) -> Network:
    """Dilated convolutions, 1 to 512, twice; what all of them find is added up (van den Oord et al. 2016)."""
    network = Network((steps, 1))
    x, skips = "0", []
    for stack, width in enumerate(channels):
        x = network.add_convolution(width, 1, input=x, bias=False).layers[-1].name
        for power in range(10):
            name = f"s{stack}_{power}"
            network.add_convolution(width, 3, dilation=2**power, padding="causal", input=x, name=name)
            network.add_convolution(width, 1, input="0", bias=False, name=f"{name}_x")
            network.add_sum([name, f"{name}_x"]).add_activation("tanh", name=f"{name}_h")
            skips.append(f"{name}_h")
            if stack == 1 and power == 9:
                break
            network.add_convolution(width, 1, name=f"{name}_out")
            x = network.add_sum([x, f"{name}_out"]).layers[-1].name
        network.add_sum(skips).add_convolution(channels[1] if stack == 0 else 1, 1, name=f"head{stack}")
        skips = ["head0"]
    return network


def build(kind: str, steps: int) -> Network:
    """A network whose frames are one number, in and out."""
    network = Network((steps, 1))
    if kind == "rtneural":
        network.add_dense(8, "tanh").add_convolution(4, 3, "tanh", dilation=2, padding="causal")
        network.add_gru(8).add_dense(1)
    elif kind == "lstm40":
        network.add_lstm(40).add_dense(1)
    elif kind == "gru12":
        network.add_gru(12).add_dense(1)
    else:
        network = wavenet(steps)
    return network.build(seed=0)


def error(y: np.ndarray, t: np.ndarray) -> float:
    """The error's energy over the signal's."""
    return float(np.sum((y - t) ** 2) / np.sum(t**2))


def nanoseconds(network: Network, x: np.ndarray, block: int) -> float:
    """What a frame takes in blocks of so many."""
    stream = network.stream()
    out = np.empty(block, np.float32)
    best = np.inf
    for _ in range(5):
        start = time.perf_counter()
        for first in range(0, len(x) - block + 1, block):
            stream.push(x[first : first + block], out=out)
        best = min(best, (time.perf_counter() - start) / len(x))
    return best * 1e9


def main() -> None:
    """Trains, streams and compares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=["rtneural", "gru12", "lstm40", "wavenet"], default="gru12")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--wanted", type=float, default=0.05, help="the largest error over the signal")
    parser.add_argument("--save", help="a file for the network")
    options = parser.parse_args()

    rng = np.random.default_rng(0)
    steps = 8 * STEPS if options.network == "wavenet" else STEPS
    network = build(options.network, steps)
    x = guitar(8, rng)
    t = amplifier(x)
    rows = len(x) // steps
    x = x[: rows * steps].astype(np.float32).reshape(rows, steps)
    t = t[: rows * steps].astype(np.float32).reshape(rows, steps)
    network.fit(
        x,
        t,
        cost="mean_squared_error",
        optimizer=Optimizer(network, "adam", learning_rate=0.005),
        epochs=options.epochs,
        batch_size=16 if steps == STEPS else 4,
        seed=1,
    )

    # Other sounds, sample by sample and in blocks of 64.
    x = guitar(1, np.random.default_rng(1)).astype(np.float32)
    y, samples = network.stream().push(x), np.empty_like(x)
    stream = network.stream()
    for index in range(len(x)):
        samples[index : index + 1] = stream.push(x[index : index + 1])
    np.testing.assert_array_equal(samples, y)
    found = error(y, amplifier(x))
    print(
        f"{options.network}: {network.parameters.size} parameters, error {found:.4f} of the signal; "
        f"{nanoseconds(network, x, 64):.0f} ns a frame in blocks of 64 (a frame of sound lasts {1e9 / RATE:.0f})"
    )
    if options.save:
        network.save(options.save)
    if not found <= options.wanted:
        raise SystemExit(f"the error is {found:.4f} of the signal; wanted {options.wanted}")


if __name__ == "__main__":
    main()
