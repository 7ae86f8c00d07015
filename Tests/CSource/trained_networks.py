"""The networks that train as C: every kind of layer that has a form in it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from chainrule import Network
from chainrule._names import names
from chainrule._prototypes import Activation
from networks import FUNCTIONS, activations


def small_cnn() -> Network:
    network = Network(64).add_reshape((8, 8, 1)).add_convolution(4, 3, "relu", padding="same")
    network.add_pooling("maximum", 2, name="pooled").add_convolution(4, 3, "gelu", padding="same", groups=4)
    network.add_sum(["pooled", "3"]).add_pooling("mean", 2, stride=1, padding="same")
    return network.add_slice((0, 0, 1), (4, 4, 4)).add_flatten().add_dense(10)


def branches() -> Network:
    network = Network(8).add_dense(6, "silu", name="a").add_dense(6, "elu", name="b").add_mean(["a", "b"], name="c")
    network.add_difference("c", "a", name="d").add_activation("leaky_relu").add_concatenation(["d", "4"])
    return network.add_reshape((3, 4)).add_dense(3, "softmax").add_transpose([1, 0]).add_flatten().add_dense(2)


def activation_layers() -> Network:
    """Every activation as a layer of its own, in a chain of its own."""
    network = Network(4)
    for name in names(Activation):
        network.add_dense(3, name=f"dense-{name}", input="input").add_activation(name, name=name)
    return network.add_concatenation(list(names(Activation))).add_dense(2)


def normalized() -> Network:
    """Each kind of normalization, with and without numbers of its own, at the input and behind other layers."""
    network = Network(24).add_reshape((4, 6), name="x")
    for how in ("batch", "layer", "rms", "group"):
        groups = 3 if how == "group" else 1
        network.add_normalization(how, groups=groups, name=f"{how}-first", input="x").add_dense(6, "tanh")
        network.add_normalization(how, groups=groups, name=how).add_dense(6, name=f"{how}-dense")
        network.add_normalization(how, groups=groups, affine=False, name=f"{how}-plain")
    network.add_sum(["batch-plain", "layer-plain", "rms-plain", "group-plain", "batch-dense"])
    return network.add_normalization("group", groups=6, name="instance").add_flatten().add_dense(3)


def image_normalized() -> Network:
    network = Network(64).add_reshape((8, 8, 1)).add_convolution(4, 3, padding="same", bias=False)
    network.add_normalization("batch").add_activation("relu").add_pooling("maximum", 2)
    return network.add_normalization("batch", affine=False, name="plain").add_flatten().add_dense(10)


def trained_functions() -> Network:
    """Functions of positive numbers and of any, each behind a dense layer."""
    network = Network(5).add_dense(4, name="any").add_dense(4, "softplus", name="positive")
    names = [*FUNCTIONS, "affine", "clip", "prelu", "softmax"]
    for name in FUNCTIONS:
        network.add_function(
            name, name=name, input="positive" if name in ("log", "square_root", "reciprocal") else "any"
        )
    network.add_function("affine", 1.5, -0.3, name="affine", input="any")
    network.add_function("clip", -0.5, 0.75, name="clip", input="any")
    network.add_prelu(name="prelu", input="any")
    network.add_reshape((2, 2), input="any").add_softmax(0).add_flatten(name="softmax")
    return network.add_concatenation(names).add_dense(3)


def jumps() -> Network:
    """With gradients that no differences show."""
    network = Network(5).add_dense(4, name="dense").add_function("quantize", 0.125, 3, name="quantized")
    network.add_reduction("argmax", [0], input="dense", name="place")
    return network.add_concatenation(["quantized", "place"]).add_dense(2)


def trained_pairs() -> Network:
    """Pairs of layers and of a layer with itself, repeated along axes; reductions."""
    network = Network(6).add_dense(12, "sigmoid", name="dense").add_reshape((2, 3, 2), name="a")
    network.add_parameter((3, 1), weight_initializer=("uniform", 0.5, 2.0), name="b")
    names = []
    for method in ("product", "quotient", "maximum", "minimum", "power"):
        for first, second in (("a", "b"), ("b", "a"), ("a", "a")):
            names.append(f"{method}-{first}{second}")
            getattr(network, f"add_{method}")(first, second, name=names[-1])
    for method in ("sum", "mean", "maximum", "minimum"):
        network.add_reduction(method, [0, 2], keepdims=True, input="a", name=method)
        names.append(method)
    return network.add_mean(names).add_flatten().add_dense(2)


def trained_products() -> Network:
    network = Network(10).add_dense(24, "tanh", name="left").add_reshape((2, 1, 3, 4), name="a")
    network.add_dense(24, input="input", name="right").add_reshape((3, 4, 2), name="b")
    network.add_matrix_product("a", "b", name="ab").add_flatten(name="1")
    network.add_matrix_product("a", "a", name="aa", transpose_b=True).add_flatten(name="2")
    network.add_slice((0, 0, 0), (1, 4, 2), input="b", name="first").add_reshape((4, 2), name="c")
    network.add_matrix_product("a", "c", name="ac").add_flatten(name="3")
    network.add_slice((0, 0, 0), (1, 3, 2), input="b", name="some").add_matrix_product("some", "c", transpose_b=True)
    network.add_flatten(name="4")
    return network.add_concatenation(["1", "2", "3", "4"]).add_dense(3)


def trained_embedding() -> Network:
    network = Network(7).add_embedding(9, 6, name="words").add_positions().add_dense(6, "tanh")
    return (
        network.add_take([6, 0, 0, 3, 5, 5, 1], 0, name="taken").add_sum(["words", "taken"]).add_flatten().add_dense(4)
    )


def trained_recurrent(kind: str, **options: object) -> Network:
    """All steps and the last one, forwards and backwards, with a first state and without, of rows of any length and of all."""
    network = Network(25).add_input("sequence", (6, 4)).add_input("length", (1,))
    network.add_dense(4, "tanh", input="sequence", name="x").add_parameter((10 if kind == "lstm" else 5,), name="first")
    add = getattr(network, f"add_{kind}")
    add(5, input="x", name="all", initial_state="first", **options)
    add(3, input="all", name="last", sequence=False, **options)
    add(3, input="all", name="backwards", sequence=False, backwards=True, bias=False, **options)
    add(4, input="x", name="some", lengths="length", bidirectional=True, **options)
    add(3, input="some", name="shorter", lengths="length", sequence=False, **options)
    network.add_flatten(input="some", name="flat")
    names = ["last", "backwards", "flat", "shorter"]
    if kind == "lstm":
        add(2, input="x", name="c", cell=True, **options)
        add(3, input="x", name="last-c", cell=True, sequence=False, lengths="length", **options)
        network.add_flatten(input="c", name="flat-c").add_flatten(input="last-c", name="flat-last-c")
        names += ["flat-c", "flat-last-c"]
    return network.add_concatenation(names).add_dense(3)


def trained_attention(steps: int) -> Network:
    network = Network(steps * 6 + 5 * 6 + 1).add_input("sequence", (steps, 6)).add_input("other", (5, 6))
    network.add_input("length", (1,)).add_attention(2, input="sequence", name="plain", causal=True)
    network.add_reduction("mean", [0], name="seen").add_dense(6, input="other", name="others")
    network.add_attention(3, input="others", key="plain", name="across").add_flatten(name="1")
    network.add_attention(1, input="others", name="short", lengths="length").add_flatten(name="2")
    network.add_attention(2, input="others", key="plain", value="sequence", name="three").add_flatten(name="3")
    return network.add_concatenation(["seen", "1", "2", "3"]).add_dense(3)


def shared_attention() -> Network:
    """Queries, keys and values that are the same."""
    network = Network(30).add_dense(30, "tanh").add_reshape((5, 6), name="x")
    network.add_attention(2, bare=True, key="x", value="x", input="x")
    return network.add_flatten().add_dense(3)


def trained_transposed() -> Network:
    network = Network(4 * 3 * 4).add_dense(48, "tanh").add_reshape((4, 3, 4))
    network.add_transposed_convolution(4, 3, "tanh", stride=2, padding="same")
    network.add_transposed_convolution(4, (2, 3), stride=(1, 2), dilation=(2, 1), groups=2, bias=False)
    network.add_transposed_convolution(4, 3, "gelu", groups=4, stride=2, output_padding=1, name="three")
    return network.add_pooling("mean").add_dense(2)


TRAINED: dict[str, tuple[Callable[[], Network], str]] = {
    "rnn": (lambda: trained_recurrent("rnn"), "mean_squared_error"),
    "rectified": (lambda: trained_recurrent("rnn", activation="relu"), "mean_squared_error"),
    "gru": (lambda: trained_recurrent("gru"), "mean_squared_error"),
    "reset first": (lambda: trained_recurrent("gru", reset_first=True), "mean_squared_error"),
    "lstm": (lambda: trained_recurrent("lstm"), "mean_squared_error"),
    "peepholes": (lambda: trained_recurrent("lstm", peepholes=True), "mean_squared_error"),
    "attention": (lambda: trained_attention(7), "mean_squared_error"),
    "shared attention": (shared_attention, "mean_squared_error"),
    "long attention": (lambda: trained_attention(300), "mean_squared_error"),
    "transposed": (trained_transposed, "mean_squared_error"),
    "functions": (trained_functions, "mean_squared_error"),
    "jumps": (jumps, "mean_squared_error"),
    "pairs": (trained_pairs, "mean_squared_error"),
    "products": (trained_products, "mean_squared_error"),
    "embedded": (trained_embedding, "cross_entropy"),
    "normalized": (normalized, "mean_squared_error"),
    "image normalized": (image_normalized, "cross_entropy"),
    "mlp": (lambda: Network(64).add_dense(40, "relu").add_dense(20, "tanh").add_dense(10), "cross_entropy"),
    "activation layers": (activation_layers, "mean_squared_error"),
    "regression": (
        lambda: Network(5).add_dense(17, "gelu").add_dense(9, "softplus").add_dense(2),
        "mean_squared_error",
    ),
    "binary": (lambda: Network(5).add_dense(8, "mish").add_dense(3), "binary_cross_entropy_logits"),
    "activations": (
        lambda: activations(6).add_dense(4, bias=False),
        "mean_squared_error",
    ),
    "branches": (branches, "mean_squared_error"),
    "cnn": (small_cnn, "cross_entropy"),
}

# Networks that would leave the finite numbers in steps as long as those of the others.
STEEP = {"functions", "jumps", "pairs", "products"}
# Networks that sum in another order than the library does: a window's gradient in the order of its tiles.
ROUNDED = {"cnn", "image normalized", "transposed", "shared attention"}


def trained_rows(name: str, x: np.ndarray) -> np.ndarray:
    """Inputs for a network of TRAINED, made of any."""
    if name == "embedded":
        return np.round(np.abs(x) * 4) % 9
    if name in ("attention", "long attention"):
        x[:, -1] = 1 + np.arange(len(x)) % 5
    if x.shape[1] == 25:
        x[:, -1] = 1 + np.arange(len(x)) % 6
    return x
