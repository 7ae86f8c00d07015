"""Layers of every kind, for tests that convert networks."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

import numpy as np

from chainrule import Network
from chainrule._names import names
from chainrule._prototypes import Activation


class Case(NamedTuple):
    """A network, and what becomes of it."""

    describe: Callable[[Network], Any]
    inputs: Any = (4, 6)
    # Whether load_onnx() reads it; then it predicts the same, to the last bit if `exactly`.
    is_read: bool = True
    exactly: bool = True
    # Whole numbers below each of these, as the first elements of a row; from `least` on.
    below: tuple[int, ...] = ()
    least: int = 0
    # All elements are above 0.
    positive: bool = False


def pair(name: str, **options: Any) -> Case:
    """Two layers that differ in axes and order, combined element by element."""

    def describe(network: Network) -> None:
        network.add_convolution(3, 3, "sigmoid", padding="same", name="a")
        network.add_pooling("mean", name="b").add_activation("exponential", name="c")
        getattr(network, f"add_{name}")("a", "c")

    return Case(describe, **options)


def residual(network: Network) -> None:
    network.add_convolution(6, 3, padding="same", name="conv").add_sum(["conv", "start"])


def start(describe: Callable[[Network], Any]) -> Callable[[Network], Any]:
    return lambda network: describe(network.add_activation("tanh", name="start"))


def with_state(cell: str, count: int, /, **options: Any) -> Callable[[Network], Any]:
    """A recurrent layer whose first state is computed, and another whose first state is learned."""

    def describe(network: Network) -> None:
        network.add_pooling("mean", input="start").add_dense(count, name="state")
        network.add_parameter((count,), name="learned")
        add = getattr(network, f"add_{cell}")
        add(5, initial_state="state", input="start", sequence=False, **options, name="one")
        add(5, initial_state="learned", input="start", sequence=False, **options, name="two")
        network.add_concatenation(["one", "two"])

    return start(describe)


def with_lengths(describe: Callable[[Network], Any]) -> Callable[[Network], Any]:
    def whole(network: Network) -> None:
        network.add_input("lengths", (1,)).add_input("start", (4, 6))
        describe(network)

    return whole


def flat(describe: Callable[[Network], Any], inputs: int = 6, **options: Any) -> Case:
    return Case(describe, inputs, **options)


FUNCTIONS = ["log", "square_root", "absolute", "reciprocal", "square", "erf", "sine", "step", "floor"]

CASES: dict[str, Case] = {
    "dense": flat(lambda n: n.add_dense(3, "tanh").add_dense(2)),
    "dense without bias": flat(lambda n: n.add_dense(3, bias=False)),
    "dense of several axes": Case(lambda n: n.add_dense(3, "relu").add_dense(2)),
    "dense of four axes": Case(lambda n: n.add_dense(3, "relu", bias=False), (2, 3, 4, 5)),
    "dropout": flat(lambda n: n.add_dense(3).add_dropout(0.5)),
    "channel dropout": Case(lambda n: n.add_dense(3).add_channel_dropout(0.5)),
    "noise": flat(lambda n: n.add_dense(3).add_noise(0.5)),
    "only noise": flat(lambda n: n.add_noise(0.5)),
    "sum": Case(start(residual)),
    "sum of three": Case(
        lambda n: n.add_dense(3, name="a").add_dense(3, name="b").add_dense(3, name="c").add_sum(["a", "b", "c"])
    ),
    "mean": Case(lambda n: n.add_dense(3, name="a").add_dense(3, name="b").add_mean(["a", "b"])),
    "difference": pair("difference"),
    "product": pair("product"),
    "quotient": pair("quotient"),
    "maximum": pair("maximum"),
    "minimum": pair("minimum"),
    "power": pair("power"),
    "affine": flat(lambda n: n.add_function("affine", 2, 0.5)),
    "clip": flat(lambda n: n.add_function("clip", -0.5, 0.25)),
    "clip above": flat(lambda n: n.add_function("clip", -np.inf, 0.25)),
    "clip below": flat(lambda n: n.add_function("clip", -0.25, np.inf)),
    "concatenation": Case(
        start(
            lambda n: (
                n.add_convolution(2, 1, name="a").add_dense(3, input="start", name="b").add_concatenation(["a", "b"])
            )
        )
    ),
    "concatenation along the time": Case(
        start(lambda n: n.add_dense(3, name="a").add_dense(3, name="b").add_concatenation(["a", "b"], axis=0))
    ),
    "concatenation with a parameter": Case(
        start(lambda n: n.add_parameter((2, 6), name="p").add_concatenation(["start", "p"], axis=0))
    ),
    "reshape": Case(start(lambda n: n.add_reshape((3, 8)).add_dense(2))),
    "flatten": Case(start(lambda n: n.add_flatten().add_dense(2))),
    "flatten after a convolution": Case(
        lambda n: n.add_convolution(3, 3).add_flatten().add_dense(4, "relu").add_dense(2), (6, 5, 2)
    ),
    "flatten read twice": Case(
        lambda n: (
            n.add_convolution(3, 3)
            .add_flatten(name="f")
            .add_dense(4, name="a")
            .add_activation("tanh", input="f")
            .add_dense(4, name="b")
            .add_sum(["a", "b"])
        ),
        (6, 5, 2),
    ),
    "flatten at the end": Case(lambda n: n.add_convolution(3, 3).add_flatten(), (6, 5, 2)),
    "transpose": Case(start(lambda n: n.add_transpose((1, 0)).add_dense(3))),
    "transpose at the end": Case(lambda n: n.add_dense(5).add_transpose((2, 0, 1)), (2, 3, 4)),
    "slice": Case(start(lambda n: n.add_slice((1, 2), (3, 6)))),
    "slice of all": Case(start(lambda n: n.add_slice((0, 0), (4, 6)))),
    "split": Case(start(lambda n: n.add_split(2, 1, name="part").add_product("part-0", "part-1"))),
    "zero padding": Case(lambda n: n.add_convolution(3, 1).add_zero_padding((1, 2), (0, 3)), (3, 4, 2)),
    "take": Case(lambda n: n.add_convolution(3, 1).add_take((2, 1, 0, 1, 2, 2), 0), (3, 4, 2)),
    "take of channels": Case(start(lambda n: n.add_take((5, 0, 0), 1).add_dense(2))),
    "matrix product": Case(
        start(lambda n: n.add_transpose((1, 0), name="t").add_matrix_product("start", "t").add_dense(2))
    ),
    "matrix product with a transpose": Case(
        start(lambda n: n.add_dense(6, name="d").add_matrix_product("start", "d", transpose_b=True))
    ),
    "matrix products of images": Case(
        lambda n: (
            n.add_convolution(5, 1, name="a")
            .add_pooling("mean", (3, 1), name="p")
            .add_matrix_product("a", "p", transpose_b=True)
        ),
        (3, 4, 2),
    ),
    "matrix product with a parameter": Case(
        start(lambda n: n.add_parameter((3, 6, 2), name="p").add_matrix_product("start", "p")), exactly=False
    ),
    "upsampling": Case(lambda n: n.add_convolution(3, 1).add_upsampling((2, 3)), (3, 4, 2)),
    "broadcast": Case(start(lambda n: n.add_pooling("mean").add_broadcast((3, 6)))),
    "input parts": Case(lambda n: n.add_input("a", (2, 3)).add_input("b", (3,)).add_sum(["a", "b"]), 9),
    "parts that overlap": Case(
        lambda n: n.add_input("a", (6,)).add_dense(2, input="input", name="d").add_concatenation(["a", "d"]), 9
    ),
    "parameter": Case(start(lambda n: n.add_parameter((6,), name="p").add_sum(["start", "p"]))),
    "constant": Case(start(lambda n: n.add_constant((4, 1), name="p").add_product("start", "p"))),
    "parameter alone": flat(lambda n: n.add_parameter((3,))),
    "parameter through layers": flat(
        lambda n: n.add_parameter((3,), name="p").add_dense(6, "tanh", name="d").add_sum(["d", "input"])
    ),
    "convolution of one axis": Case(lambda n: n.add_convolution(3, 3, "relu")),
    "causal convolution": Case(lambda n: n.add_convolution(3, 2, dilation=2, padding="causal")),
    "convolution": Case(lambda n: n.add_convolution(4, (3, 2), "elu", stride=(2, 1), padding="same"), (7, 6, 3)),
    "convolution of groups": Case(
        lambda n: n.add_convolution(4, 3, groups=2, padding=((1, 0), (2, 1)), dilation=(1, 2), bias=False), (7, 6, 2)
    ),
    "depthwise convolution": Case(lambda n: n.add_convolution(4, 3, groups=4), (7, 6, 4)),
    "convolution of volumes": Case(lambda n: n.add_convolution(3, 2, "gelu"), (3, 4, 5, 2)),
    "convolution of one channel": Case(lambda n: n.add_convolution(3, 3).add_convolution(1, 3), (7, 6, 1)),
    "convolutions": Case(
        lambda n: (
            n.add_convolution(4, 3, "relu")
            .add_pooling("maximum", 2)
            .add_normalization()
            .add_convolution(5, 3, "silu", padding=1)
            .add_pooling("mean")
            .add_dense(3, "softmax")
        ),
        (12, 10, 2),
        exactly=False,
    ),
    "transposed convolution": Case(
        lambda n: n.add_transposed_convolution(4, 3, "relu", stride=2, padding=1), (4, 5, 3)
    ),
    "transposed convolution with more": Case(
        lambda n: n.add_transposed_convolution(4, 3, stride=(2, 3), padding=1, output_padding=(1, 2), groups=2),
        (4, 5, 2),
    ),
    "transposed convolution, same": Case(
        lambda n: n.add_transposed_convolution(4, 3, stride=2, padding="same", dilation=2, bias=False), (4, 5, 3)
    ),
    "transposed convolution, narrow": Case(
        lambda n: n.add_transposed_convolution(4, 1, stride=2, padding="same"), (4, 5, 3)
    ),
    "transposed convolution, causal": Case(
        lambda n: n.add_transposed_convolution(4, 3, stride=2, padding="causal"), (4, 3)
    ),
    "maximum pooling": Case(
        lambda n: n.add_pooling("maximum", 3, stride=2, padding="same", dilation=(1, 2)), (7, 8, 3)
    ),
    "mean pooling": Case(lambda n: n.add_pooling("mean", 3, stride=2, padding=1), (7, 8, 3)),
    "mean pooling with padding": Case(lambda n: n.add_pooling("mean_with_padding", (3, 2), padding=1), (7, 8, 3)),
    "mean pooling of one axis": Case(lambda n: n.add_pooling("mean", 2)),
    "global maximum": Case(lambda n: n.add_pooling("maximum"), (7, 8, 3)),
    "global mean": Case(lambda n: n.add_pooling("mean")),
    "global pooling of channels": flat(lambda n: n.add_dense(3).add_pooling("mean")),
    "batch normalization": Case(lambda n: n.add_normalization("batch", epsilon=1e-3), (3, 4, 2)),
    "batch normalization of channels": flat(lambda n: n.add_dense(3).add_normalization("batch", affine=False)),
    "layer normalization": Case(lambda n: n.add_normalization("layer")),
    "layer normalization after a convolution": Case(
        lambda n: n.add_convolution(3, 1).add_normalization("layer", affine=False), (3, 4, 2)
    ),
    "rms normalization": Case(lambda n: n.add_convolution(3, 1).add_normalization("rms"), (3, 4, 2)),
    "rms normalization, plain": Case(lambda n: n.add_normalization("rms", affine=False)),
    "group normalization": Case(lambda n: n.add_normalization("group", groups=2), (3, 4, 6), exactly=False),
    "group normalization, plain": Case(
        lambda n: n.add_normalization("group", groups=3, affine=False), (3, 4, 6), exactly=False
    ),
    "group normalization of channels": flat(
        lambda n: n.add_dense(6).add_normalization("group", groups=2), exactly=False
    ),
    "instance normalization": Case(lambda n: n.add_normalization("group", groups=6), (3, 4, 6)),
    "prelu": Case(lambda n: n.add_convolution(3, 1).add_prelu(), (3, 4, 2)),
    "prelu of channels": flat(lambda n: n.add_dense(3).add_prelu()),
    "softmax along the time": Case(start(lambda n: n.add_softmax(0))),
    "softmax of channels": Case(lambda n: n.add_convolution(3, 1, "softmax"), (3, 4, 2)),
    "embedding": flat(lambda n: n.add_embedding(7, 3), 4, below=(7, 7, 7, 7)),
    "embedding of one axis": Case(lambda n: n.add_embedding(7, 3), (4, 1), below=(7, 7, 7, 7)),
    "embedding of one": flat(lambda n: n.add_embedding(7, 3), 1, below=(7,)),
    "positions": Case(lambda n: n.add_positions()),
    "positions of few channels": Case(lambda n: n.add_positions(), (30, 5)),
    "learned positions": Case(start(lambda n: n.add_positions("learned"))),
    "attention": Case(lambda n: n.add_attention(2), exactly=False),
    "causal attention": Case(lambda n: n.add_attention(3, causal=True), exactly=False),
    "attention with lengths": Case(
        with_lengths(lambda n: n.add_attention(2, lengths="lengths", input="start")),
        25,
        is_read=False,
        below=(5,),
        least=1,
    ),
    "attention to another": Case(
        start(lambda n: n.add_slice((0, 0), (2, 6), name="q").add_attention(2, key="start", input="q", width=4)),
        exactly=False,
    ),
    "attention to two others": Case(
        with_lengths(
            lambda n: (
                n.add_dense(6, input="start", name="k")
                .add_dense(6, input="start", name="v")
                .add_slice((0, 0), (2, 6), name="q", input="start")
                .add_attention(2, key="k", value="v", lengths="lengths", bare=True, input="q")
            )
        ),
        25,
        is_read=False,
        below=(5,),
        least=1,
    ),
    "attention of a parameter": Case(
        start(lambda n: n.add_parameter((2, 6), name="p").add_attention(2, key="start", input="p")),
        exactly=False,
    ),
}

for name in names(Activation):
    CASES[f"activation {name}"] = flat(lambda n, name=name: n.add_dense(4).add_activation(name))
    CASES[f"dense with {name}"] = Case(lambda n, name=name: n.add_dense(4, name))
for name in FUNCTIONS:
    positive = name in ("log", "square_root", "reciprocal")
    CASES[f"function {name}"] = Case(lambda n, name=name: n.add_function(name), positive=positive)
CASES["quantization"] = Case(lambda n: n.add_function("quantize", 0.125, 3), exactly=True)
for method in ("sum", "mean", "maximum", "minimum", "argmax"):
    for axes in ((0,), (1,), (0, 2), (2, 0, 1)):
        for keeps in (False, True):
            CASES[f"reduction {method} {axes}{' kept' * keeps}"] = Case(
                lambda n, method=method, axes=axes, keeps=keeps: n.add_convolution(2, 1).add_reduction(
                    method, axes, keepdims=keeps
                ),
                (3, 4, 2),
            )
CELLS: list[tuple[str, int, dict[str, Any]]] = [
    ("rnn", 5, {}),
    ("rnn", 5, {"activation": "relu"}),
    ("gru", 5, {}),
    ("gru", 5, {"reset_first": True}),
    ("lstm", 10, {}),
    ("lstm", 10, {"peepholes": True}),
    ("lstm", 10, {"cell": True}),
]
for cell, count, options in CELLS:
    text = " ".join([cell, *options])
    for more in ({}, {"sequence": False}, {"backwards": True}, {"bias": False}, {"bidirectional": True}):
        CASES[" ".join([text, *more])] = Case(
            lambda n, cell=cell, options=options, more=more: getattr(n, f"add_{cell}")(5, **options, **more)
        )
    CASES[f"{text} with first states"] = Case(with_state(cell, count, **options))
    for more in ({}, {"sequence": False}, {"backwards": True}, {"backwards": True, "sequence": False}):
        CASES[" ".join([text, "with lengths", *more])] = Case(
            with_lengths(
                lambda n, cell=cell, options=options, more=more: getattr(n, f"add_{cell}")(
                    5, **options, **more, input="start", lengths="lengths"
                )
            ),
            25,
            below=(5,),
            least=1,
        )
