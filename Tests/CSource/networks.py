"""The networks that are written as C: every kind of layer that has a form in it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from chainrule import Network
from chainrule._names import names
from chainrule._prototypes import Activation

FUNCTIONS = [
    "log",
    "square_root",
    "absolute",
    "reciprocal",
    "square",
    "erf",
    "sine",
    "step",
    "stepwise_sigmoid",
    "floor",
]


def activations(width: int) -> Network:
    """All activations side by side, each behind a dense layer and by itself."""
    network = Network(5)
    for name in names(Activation):
        network.add_dense(width, name, name=f"dense-{name}", input="input", bias=name != "relu")
        network.add_activation(name, name=name, input="input")
    return network.add_concatenation([*(f"dense-{name}" for name in names(Activation)), *names(Activation)])


def functions() -> Network:
    network = Network(7)
    for name in FUNCTIONS:
        network.add_function(name, name=name, input="input")
    network.add_function("affine", 1.5, -0.3, name="affine", input="input")
    network.add_function("clip", -0.5, float("inf"), name="clip", input="input")
    network.add_function("quantize", 0.125, 3, name="quantize", input="input")
    return network.add_concatenation([*FUNCTIONS, "affine", "clip", "quantize"])


def pairs() -> Network:
    network = Network(12).add_reshape((2, 3, 2), name="a").add_reduction("sum", [1], keepdims=True, name="b")
    network.add_reduction("maximum", [0, 2], name="c", input="a").add_reshape((3, 1), name="d")
    names = []
    for method in ("product", "quotient", "maximum", "minimum", "power", "difference"):
        for other in ("b", "d"):
            names.append(f"{method}-{other}")
            getattr(network, f"add_{method}")("a", other, name=names[-1])
    network.add_sum(["a", "b", "d"], name="sum").add_mean(["d", "a", "b"], name="mean")
    return network.add_concatenation([*names, "sum", "mean"]).add_flatten()


def moves() -> Network:
    network = Network(24).add_reshape((2, 3, 4), name="image")
    network.add_transpose([2, 0, 1], name="turned").add_slice((1, 0, 1), (4, 2, 3), name="slice")
    network.add_flatten(name="1").add_zero_padding((1, 0), input="image", name="padded").add_flatten(name="2")
    network.add_upsampling((2, 3), input="image", name="more").add_flatten(name="3")
    network.add_slice((0, 0, 1), (2, 3, 2), input="image").add_broadcast((2, 3, 5)).add_flatten(name="4")
    for method in ("sum", "mean", "maximum", "minimum", "argmax"):
        network.add_reduction(method, [0, 2], input="image", name=method)
    network.add_softmax(0, input="image").add_flatten(name="5").add_constant((3,), name="constant")
    network.add_parameter((2,), name="parameter")
    network.add_take([2, 0, 0, 1, 2, 1], 1, input="image").add_flatten(name="6")
    return network.add_concatenation(
        ["1", "2", "3", "4", "5", "6", "sum", "mean", "maximum", "minimum", "argmax", "constant", "parameter"]
    )


def cells() -> Network:
    """The last c beside h of all steps, or of the last one."""
    network = Network(12).add_reshape((4, 3), name="x")
    network.add_lstm(2, cell=True, input="x", name="all").add_flatten(name="1")
    network.add_lstm(3, cell=True, sequence=False, backwards=True, input="x", name="last").add_flatten(name="2")
    return network.add_concatenation(["1", "2"])


def products() -> Network:
    network = Network(54).add_input("a", (2, 1, 3, 4)).add_input("b", (3, 4, 2)).add_input("c", (2, 3))
    network.add_matrix_product("a", "b", name="ab").add_flatten(name="1")
    network.add_matrix_product("c", "c", name="cc", transpose_b=True).add_flatten(name="2")
    network.add_matrix_product("a", "a", name="aa", transpose_b=True).add_flatten(name="3")
    return network.add_concatenation(["1", "2", "3"])


def normalizations() -> Network:
    network = Network(60).add_reshape((5, 12), name="sequence")
    for how in ("batch", "layer", "rms", "group"):
        network.add_normalization(how, groups=3 if how == "group" else 1, name=how, input="sequence")
        network.add_normalization(how, groups=4 if how == "group" else 1, affine=False, name=f"{how}-2")
    network.add_prelu(name="prelu")
    return network.add_concatenation(["prelu", "batch-2", "layer-2", "rms-2", "group"])


def convolutions(channels: int) -> Network:
    network = Network(9 * 7 * 4).add_reshape((9, 7, 4))
    network.add_convolution(channels, 3, "relu", padding="same").add_pooling("maximum", 2)
    network.add_convolution(channels, (3, 2), "tanh", stride=(2, 1), dilation=(1, 2), padding=1)
    network.add_convolution(channels, 3, "silu", padding="same", groups=channels)
    network.add_convolution(channels, 1, "relu", groups=2)
    network.add_convolution(channels, 3, padding="same", groups=2, bias=False).add_normalization("batch")
    network.add_activation("relu").add_pooling("mean", 3, stride=1, padding="same", name="pooled")
    network.add_pooling("mean_with_padding", 2, stride=1, padding=1, name="padded")
    network.add_pooling("maximum", name="all", input="pooled").add_pooling("mean", name="mean", input="padded")
    return network.add_sum(["all", "mean"]).add_dense(3)


def transposed(channels: int) -> Network:
    network = Network(4 * 3 * 4).add_reshape((4, 3, 4))
    network.add_transposed_convolution(channels, 3, "tanh", stride=2, padding="same")
    network.add_transposed_convolution(channels, (2, 3), stride=(1, 2), dilation=(2, 1), groups=2, bias=False)
    network.add_transposed_convolution(channels, 3, "relu", groups=channels, stride=2, output_padding=1)
    return network.add_transposed_convolution(2, 1)


def sequence() -> Network:
    network = Network(40).add_reshape((10, 4)).add_convolution(6, 3, "relu", padding="causal", dilation=2)
    network.add_dropout(0.2).add_noise(0.1).add_dense(5, "gelu").add_convolution(4, 2, stride=3)
    return network.add_pooling("mean").add_dense(3, "softmax")


def volume() -> Network:
    network = Network(3 * 4 * 5 * 2).add_reshape((3, 4, 5, 2)).add_convolution(3, (2, 3, 3), "elu", padding="same")
    return network.add_pooling("maximum", (2, 2, 3), padding="same").add_flatten().add_dense(2)


def recurrent(units: int) -> Network:
    network = Network(31).add_input("sequence", (6, 4)).add_input("first", (5,)).add_input("length", (1,))
    network.add_input("rest", (1,)).add_dense(2 * units, input="first", name="states").add_slice(
        (0,), (units,), name="state"
    )
    names = []
    for cell in ("rnn", "gru", "lstm"):
        add = getattr(network, f"add_{cell}")
        add(
            units,
            input="sequence",
            name=cell,
            initial_state="states" if cell == "lstm" else "state",
            bias=cell != "gru",
        )
        network.add_pooling("mean", name=f"{cell}-mean")
        add(units, input="sequence", name=f"{cell}-last", sequence=False, backwards=True)
        names += [f"{cell}-mean", f"{cell}-last"]
    network.add_gru(units, input="sequence", name="reset", reset_first=True, sequence=False, lengths="length")
    network.add_lstm(units, input="sequence", name="peepholes", peepholes=True, sequence=False)
    network.add_rnn(units, "relu", input="sequence", name="rectified", sequence=False)
    return network.add_concatenation([*names, "reset", "peepholes", "rectified", "length", "rest"])


def embedded() -> Network:
    network = Network(5).add_embedding(9, 6).add_positions().add_lstm(4)
    return network.add_flatten()


def attention(steps: int) -> Network:
    network = Network(steps * 6 + 6 * 6 + 1).add_input("sequence", (steps, 6)).add_input("other", (6, 6))
    network.add_input("length", (1,)).add_attention(2, input="sequence", name="plain", causal=True)
    network.add_pooling("mean", name="seen")
    network.add_attention(3, input="other", key="sequence", name="across").add_flatten(name="flat")
    network.add_slice((0, 0), (4, 6), input="other", name="few").add_attention(1, bare=True, name="bare")
    network.add_attention(1, input="other", name="short", lengths="length", causal=True).add_flatten(name="short-flat")
    return network.add_flatten(input="bare", name="bare-flat").add_concatenation(
        ["seen", "flat", "short-flat", "bare-flat"]
    )


def mlp() -> Network:
    return Network(64).add_dense(100, "relu").add_dropout(0.5).add_dense(37, "tanh").add_dense(10)


def parts() -> Network:
    network = Network(10).add_input("left", (2, 2)).add_input("right", (6,)).add_dense(4, "relu")
    return network.add_flatten(input="left").add_sum(["3", "2"])


FLOAT32: dict[str, Callable[[], Network]] = {
    "mlp": mlp,
    "activations": lambda: activations(5),
    "wide_activations": lambda: activations(41),
    "functions": functions,
    "pairs": pairs,
    "moves": moves,
    "products": products,
    "cells": cells,
    "normalizations": normalizations,
    "convolutions": lambda: convolutions(4),
    "wide_convolutions": lambda: convolutions(20),
    "transposed": lambda: transposed(4),
    "wide_transposed": lambda: transposed(36),
    "sequence": sequence,
    "volume": volume,
    "parts": parts,
    "recurrent": lambda: recurrent(5),
    "wide_recurrent": lambda: recurrent(19),
    "embedded": embedded,
    "attention": lambda: attention(7),
    "long_attention": lambda: attention(300),
    "identity": lambda: Network(3).add_reshape((3, 1)).add_flatten(),
    "one": lambda: Network(1).add_dense(1),
    "constant": lambda: Network(1).add_constant((3,)),
}

INT8: dict[str, Callable[[], Network]] = {
    name: FLOAT32[name]
    for name in (
        "mlp",
        "activations",
        "convolutions",
        "wide_convolutions",
        "transposed",
        "wide_transposed",
        "sequence",
        "volume",
        "recurrent",
        "wide_recurrent",
        "cells",
        "embedded",
        "one",
    )
}


def randomize(network: Network, seed: int) -> None:
    """Gives parameters and state numbers of their own: first biases and statistics are alike."""
    rng = np.random.default_rng(seed)
    network.parameters[:] += rng.normal(0, 0.1, network.parameters.size).astype(np.float32)
    for name, values in network.state.items():
        values[:] = rng.uniform(0.3, 2, values.shape) if name.endswith("var") else rng.normal(0, 0.5, values.shape)


def at_random(seed: int) -> Network:
    """A chain of layers of any kinds, widths and windows."""
    rng = np.random.default_rng(seed)
    height, width, channels = (int(n) for n in rng.integers(3, 9, 3))
    network = Network(height * width * channels).add_reshape((height, width, channels))
    shape = [height, width, channels]
    for _ in range(int(rng.integers(2, 6))):
        # No softmax, which needs several channels.
        activation = rng.choice([name for name in names(Activation) if not name.endswith("softmax")])
        kernel = [int(rng.integers(1, extent + 1)) for extent in shape[:2]]
        stride, padding = [int(n) for n in rng.integers(1, 3, 2)], ("same", "valid")[rng.integers(2)]
        match int(rng.integers(7)):
            case 0 | 1:
                groups = shape[2] if rng.random() < 0.4 else 1
                units = groups if rng.random() < 0.5 and groups > 1 else groups * int(rng.integers(1, 9))
                network.add_convolution(units, kernel, activation, stride=stride, padding=padding, groups=groups)
            case 2:
                how = ("maximum", "mean", "mean_with_padding")[rng.integers(3)]
                network.add_pooling(how, kernel, stride=stride, padding=padding)
            case 3:
                how = ("batch", "layer", "rms", "group")[rng.integers(4)]
                network.add_normalization(how, groups=shape[2] if how == "group" else 1)
            case 4:
                network.add_dense(int(rng.integers(1, 40)), activation)
            case 5:
                network.add_transposed_convolution(int(rng.integers(1, 9)), kernel, activation, stride=stride)
            case _:
                network.add_transpose([int(axis) for axis in rng.permutation(3)])
        shape = list(network.layers[-1].shape)
        if np.prod(shape) > 5000:
            network.add_pooling("maximum", 2)
            shape = list(network.layers[-1].shape)
    return network.add_flatten().add_dense(5, "softmax")
