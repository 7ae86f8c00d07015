"""ONNX models of networks: ONNX's checker accepts them, ONNX Runtime computes what predict() does, and load_onnx() reads them back."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Callable, NamedTuple

import numpy as np
import onnx
import onnxruntime
import pytest

import chainrule
from chainrule import Network

RNG = np.random.default_rng(17)
ROWS = 5


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


def with_state(cell: str, count: int, **options: Any) -> Callable[[Network], Any]:
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


ACTIVATIONS = [
    "identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "softplus", "gelu", "gelu_tanh", "silu", "softsign",
    "hard_sigmoid", "hard_swish", "mish", "clipped_relu", "exponential", "softmax", "log_softmax",
]  # fmt: skip
# Spelt out, with numbers and operators that are not read.
NOT_READ = {"gelu", "gelu_tanh"}
# Spelt out, and read as several layers.
IN_PARTS = {"silu", "mish"}
FUNCTIONS = ["log", "square_root", "absolute", "reciprocal", "square", "erf", "sine", "step"]

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
    "quotient": pair("quotient", is_read=False),
    "maximum": pair("maximum", is_read=False),
    "minimum": pair("minimum", is_read=False),
    "power": pair("power", is_read=False),
    "affine": flat(lambda n: n.add_function("affine", 2, 0.5), is_read=False),
    "clip": flat(lambda n: n.add_function("clip", -0.5, 0.25), is_read=False),
    "clip above": flat(lambda n: n.add_function("clip", -np.inf, 0.25), is_read=False),
    "clip below": flat(lambda n: n.add_function("clip", -0.25, np.inf), is_read=False),
    "concatenation": Case(
        start(lambda n: n.add_convolution(2, 1, name="a").add_dense(3, input="start", name="b").add_concatenation(["a", "b"]))
    ),
    "concatenation along the time": Case(
        start(lambda n: n.add_dense(3, name="a").add_dense(3, name="b").add_concatenation(["a", "b"], axis=0))
    ),
    "concatenation with a parameter": Case(
        start(lambda n: n.add_parameter((2, 6), name="p")
              .add_concatenation(["start", "p"], axis=0)), is_read=False
    ),  # fmt: skip
    "reshape": Case(start(lambda n: n.add_reshape((3, 8)).add_dense(2))),
    "flatten": Case(start(lambda n: n.add_flatten().add_dense(2))),
    "flatten after a convolution": Case(
        lambda n: n.add_convolution(3, 3).add_flatten().add_dense(4, "relu").add_dense(2), (6, 5, 2)
    ),
    "flatten read twice": Case(
        lambda n: n.add_convolution(3, 3).add_flatten(name="f").add_dense(4, name="a").add_activation("tanh", input="f")
        .add_dense(4, name="b").add_sum(["a", "b"]), (6, 5, 2)
    ),  # fmt: skip
    "flatten at the end": Case(lambda n: n.add_convolution(3, 3).add_flatten(), (6, 5, 2)),
    "transpose": Case(start(lambda n: n.add_transpose((1, 0)).add_dense(3))),
    "transpose at the end": Case(lambda n: n.add_dense(5).add_transpose((2, 0, 1)), (2, 3, 4)),
    "slice": Case(start(lambda n: n.add_slice((1, 2), (3, 6)))),
    "slice of all": Case(start(lambda n: n.add_slice((0, 0), (4, 6)))),
    "split": Case(start(lambda n: n.add_split(2, 1, name="part").add_product("part-0", "part-1"))),
    "zero padding": Case(lambda n: n.add_convolution(3, 1).add_zero_padding((1, 2), (0, 3)), (3, 4, 2)),
    "upsampling": Case(lambda n: n.add_convolution(3, 1).add_upsampling((2, 3)), (3, 4, 2)),
    "broadcast": Case(start(lambda n: n.add_pooling("mean").add_broadcast((3, 6))), is_read=False),
    "input parts": Case(
        lambda n: n.add_input("a", (2, 3)).add_input("b", (3,)).add_sum(["a", "b"]), 9
    ),
    "parts that overlap": Case(
        lambda n: n.add_input("a", (6,)).add_dense(2, input="input", name="d").add_concatenation(["a", "d"]), 9
    ),
    "parameter": Case(start(lambda n: n.add_parameter((6,), name="p").add_sum(["start", "p"]))),
    "constant": Case(
        start(lambda n: n.add_constant((4, 1), name="p").add_product("start", "p"))
    ),
    "parameter alone": flat(lambda n: n.add_parameter((3,)), is_read=False),
    "parameter through layers": flat(
        lambda n: n.add_parameter((3,), name="p").add_dense(6, "tanh", name="d")
        .add_sum(["d", "input"]), is_read=False
    ),  # fmt: skip
    "convolution of one axis": Case(lambda n: n.add_convolution(3, 3, "relu")),
    "causal convolution": Case(lambda n: n.add_convolution(3, 2, dilation=2, padding="causal")),
    "convolution": Case(lambda n: n.add_convolution(4, (3, 2), "elu", stride=(2, 1), padding="same"), (7, 6, 3)),
    "convolution of groups": Case(
        lambda n: n.add_convolution(4, 3, groups=2, padding=((1, 0), (2, 1)), dilation=(1, 2), bias=False), (7, 6, 2)
    ),
    "depthwise convolution": Case(lambda n: n.add_convolution(4, 3, groups=4), (7, 6, 4)),
    "convolution of volumes": Case(lambda n: n.add_convolution(3, 2, "gelu"), (3, 4, 5, 2), is_read=False),
    "convolution of one channel": Case(lambda n: n.add_convolution(3, 3).add_convolution(1, 3), (7, 6, 1)),
    "convolutions": Case(
        lambda n: n.add_convolution(4, 3, "relu").add_pooling("maximum", 2).add_normalization()
        .add_convolution(5, 3, "silu", padding=1).add_pooling("mean").add_dense(3, "softmax"), (12, 10, 2), exactly=False
    ),  # fmt: skip
    "transposed convolution": Case(
        lambda n: n.add_transposed_convolution(4, 3, "relu", stride=2, padding=1), (4, 5, 3)
    ),
    "transposed convolution with more": Case(
        lambda n: n.add_transposed_convolution(4, 3, stride=(2, 3), padding=1, output_padding=(1, 2), groups=2), (4, 5, 2)
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
    "maximum pooling": Case(lambda n: n.add_pooling("maximum", 3, stride=2, padding="same", dilation=(1, 2)), (7, 8, 3)),
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
    "rms normalization": Case(lambda n: n.add_convolution(3, 1).add_normalization("rms"), (3, 4, 2), is_read=False),
    "rms normalization, plain": Case(lambda n: n.add_normalization("rms", affine=False), is_read=False),
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
    "attention": Case(lambda n: n.add_attention(2), is_read=False),
    "causal attention": Case(lambda n: n.add_attention(3, causal=True), is_read=False),
    "attention with lengths": Case(
        with_lengths(lambda n: n.add_attention(2, lengths="lengths", input="start")), 25, is_read=False, below=(5,), least=1
    ),
    "attention to another": Case(
        start(lambda n: n.add_slice((0, 0), (2, 6), name="q").add_attention(2, key="start", input="q", width=4)),
        is_read=False,
    ),
    "attention to two others": Case(
        with_lengths(
            lambda n: n.add_dense(6, input="start", name="k").add_dense(6, input="start", name="v")
            .add_slice((0, 0), (2, 6), name="q", input="start")
            .add_attention(2, key="k", value="v", lengths="lengths", bare=True, input="q")
        ), 25, is_read=False, below=(5,), least=1
    ),  # fmt: skip
    "attention of a parameter": Case(
        start(lambda n: n.add_parameter((2, 6), name="p").add_attention(2, key="start", input="p")),
        is_read=False,
    ),
}  # fmt: skip

for name in ACTIVATIONS:
    CASES[f"activation {name}"] = flat(
        lambda n, name=name: n.add_dense(4).add_activation(name),
        is_read=name not in NOT_READ,
        exactly=name not in IN_PARTS,
    )
    CASES[f"dense with {name}"] = Case(
        lambda n, name=name: n.add_dense(4, name), is_read=name not in NOT_READ, exactly=name not in IN_PARTS
    )
for name in FUNCTIONS:
    positive = name in ("log", "square_root", "reciprocal")
    CASES[f"function {name}"] = Case(
        lambda n, name=name: n.add_function(name), is_read=name == "square", positive=positive, exactly=False
    )
for method in ("sum", "mean", "maximum", "minimum", "argmax"):
    for axes in ((0,), (1,), (0, 2), (2, 0, 1)):
        for keeps in (False, True):
            CASES[f"reduction {method} {axes}{' kept' * keeps}"] = Case(
                lambda n, method=method, axes=axes, keeps=keeps: n.add_convolution(2, 1).add_reduction(method, axes, keepdims=keeps),
                (3, 4, 2), is_read=False,
            )  # fmt: skip
CELLS: list[tuple[str, int, dict[str, Any]]] = [
    ("rnn", 5, {}), ("rnn", 5, {"activation": "relu"}), ("gru", 5, {}), ("gru", 5, {"reset_first": True}),
    ("lstm", 10, {}), ("lstm", 10, {"peepholes": True}),
]  # fmt: skip
for cell, count, options in CELLS:
    text = " ".join([cell, *options])
    for more in ({}, {"sequence": False}, {"backwards": True}, {"bias": False}, {"bidirectional": True}):
        CASES[" ".join([text, *more])] = Case(
            lambda n, cell=cell, options=options, more=more: getattr(n, f"add_{cell}")(5, **options, **more)
        )
    CASES[f"{text} with first states"] = Case(with_state(cell, count, **options), is_read=False)
    for more in ({}, {"sequence": False}, {"backwards": True}, {"backwards": True, "sequence": False}):
        CASES[" ".join([text, "with lengths", *more])] = Case(
            with_lengths(
                lambda n, cell=cell, options=options, more=more: getattr(n, f"add_{cell}")(
                    5, **options, **more, input="start", lengths="lengths"
                )
            ), 25, below=(5,), least=1,
        )  # fmt: skip


def built(case: Case) -> Network:
    network = Network(case.inputs)
    case.describe(network)
    network.build(seed=3)
    network.parameters[:] += RNG.normal(scale=0.2, size=network.parameters.size)
    for name, values in network.state.items():
        values[:] = RNG.uniform(0.5, 1.5, values.shape) if "var" in name else RNG.normal(size=values.shape)
    return network


def rows(case: Case, network: Network) -> np.ndarray:
    size = network.inputs if isinstance(network.inputs, int) else int(np.prod(network.inputs))
    x = RNG.normal(size=(ROWS, size)).astype(np.float32)
    for place, below in enumerate(case.below):
        x[:, place] = RNG.integers(case.least, below, ROWS)
    return np.abs(x) + 0.1 if case.positive else x


def run(model: bytes, x: np.ndarray) -> np.ndarray:
    """What ONNX Runtime computes of rows: all outputs, each flattened."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feed, first = {}, 0
    for given in session.get_inputs():
        assert given.shape[0] == "N"
        size = int(np.prod(given.shape[1:]))
        feed[given.name] = x[:, first : first + size].reshape(len(x), *given.shape[1:])
        first += size
    assert first == x.shape[1]
    return np.concatenate([y.reshape(len(x), -1) for y in session.run(None, feed)], axis=1)


def assert_close(actual: np.ndarray, expected: np.ndarray) -> None:
    """To 1e-5 of the largest element."""
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5 * float(np.abs(expected).max()))


@pytest.mark.parametrize("name", CASES)
def test_a_layer(name: str) -> None:
    case = CASES[name]
    network = built(case)
    x = rows(case, network)
    expected = network.predict(x).reshape(ROWS, -1)
    model = network.to_onnx_bytes()
    proto = onnx.load_from_string(model)
    onnx.checker.check_model(proto, full_check=True)
    assert proto.ir_version == 8
    assert proto.opset_import[0].version == 17
    assert_close(run(model, x), expected)
    if not case.is_read:
        with pytest.raises(chainrule.FileFormatError, match="node"):
            chainrule.load_onnx(model)
        return
    again = chainrule.load_onnx(model).predict(x).reshape(ROWS, -1)
    if case.exactly:
        np.testing.assert_array_equal(again, expected)
    else:
        assert_close(again, expected)


def operators(model: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(model).graph.node]


def test_a_network_of_a_channels_first_model_has_no_transpose() -> None:
    network = built(CASES["convolutions"])
    again = chainrule.load_onnx(network.to_onnx_bytes())
    assert again.onnx_inputs == (chainrule.OnnxTensor("input", (1, 12, 10, 2), 0),)
    transpose = "Transpose"
    assert operators(again.to_onnx_bytes()).count(transpose) == operators(network.to_onnx_bytes()).count(transpose) == 1
    first = Network(2 * 12 * 10).add_input("image", (2, 12, 10)).add_transpose((1, 2, 0))
    first.add_convolution(4, 3, "relu").add_pooling("maximum", 2).add_flatten().add_dense(3, name="y").build(seed=1)
    model = first.to_onnx_bytes()
    assert operators(model) == ["Conv", "Relu", "MaxPool", "Flatten", "Gemm"]
    again = chainrule.load_onnx(model)
    assert again.onnx_inputs == (chainrule.OnnxTensor("image", (1, 2, 12, 10), 0),)
    assert again.onnx_outputs == (chainrule.OnnxTensor("y", (1, 3), 0),)
    assert operators(again.to_onnx_bytes()) == ["Conv", "Relu", "MaxPool", "Flatten", "Gemm"]
    assert again.tensors.keys() == first.tensors.keys()
    for tensor, values in first.tensors.items():
        np.testing.assert_array_equal(again.tensors[tensor], values)


def test_inputs_and_outputs_have_names_and_shapes() -> None:
    network = Network(9).add_input("a", (2, 3)).add_input("b", (3,)).add_sum(["a", "b"], name="y").build(seed=1)
    graph = onnx.load_from_string(network.to_onnx_bytes()).graph

    def shapes(values: Any) -> list[tuple[str, list[Any]]]:
        return [(v.name, [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim]) for v in values]

    assert shapes(graph.input) == [("a", ["N", 2, 3]), ("b", ["N", 3])]
    assert shapes(graph.output) == [("y", ["N", 2, 3])]
    network = Network((4, 6)).add_dense(2, name="d").build(seed=1)
    graph = onnx.load_from_string(network.to_onnx_bytes()).graph
    assert shapes(graph.input) == [("input", ["N", 4, 6])]
    assert [tensor.name for tensor in graph.initializer] == ["d.weight", "d.bias"]


def test_several_outputs_keep_their_names() -> None:
    # What a model with two outputs becomes: see test_onnx.py.
    x = onnx.helper.make_tensor_value_info("x", 1, ["N", 3])
    outputs = [onnx.helper.make_tensor_value_info(name, 1, ["N", 3]) for name in "yz"]
    nodes = [onnx.helper.make_node("Tanh", ["x"], ["y"]), onnx.helper.make_node("Relu", ["x"], ["z"])]
    graph = onnx.helper.make_graph(nodes, "g", [x], outputs)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    network = chainrule.load_onnx(model.SerializeToString())
    written = onnx.load_from_string(network.to_onnx_bytes()).graph
    assert [value.name for value in written.input] == ["x"]
    assert [value.name for value in written.output] == ["y", "z"]
    rows = RNG.normal(size=(4, 3)).astype(np.float32)
    assert_close(run(network.to_onnx_bytes(), rows), network.predict(rows))


def test_files_and_open_files_hold_the_same_bytes(tmp_path: Path) -> None:
    network = built(CASES["dense"])
    path, stream = tmp_path / "größe.onnx", io.BytesIO()
    network.save_onnx(path)
    network.save_onnx(stream)
    assert path.read_bytes() == stream.getvalue() == network.to_onnx_bytes()
    with pytest.raises(chainrule.FileError):
        network.save_onnx(tmp_path / "missing" / "model.onnx")
    with pytest.raises(chainrule.ChainruleError):
        Network(3).add_dense(1).to_onnx_bytes()


def test_what_has_no_onnx_form_is_refused() -> None:
    network = Network(3).add_function("stepwise_sigmoid", name="steps").build(seed=1)
    with pytest.raises(
        chainrule.ArgumentError, match=r"layer 'steps': the function 'stepwise_sigmoid' has no ONNX form"
    ):
        network.to_onnx_bytes()
    network = Network((6, 2)).add_pooling("mean", 2, dilation=2, name="wide").build(seed=1)
    with pytest.raises(chainrule.ArgumentError, match="layer 'wide': a mean over a window with dilation"):
        network.to_onnx_bytes()


def test_training_goes_on_after_reading_back() -> None:
    network = Network((8, 8, 1)).add_convolution(4, 3, "relu").add_flatten().add_dense(2).build(seed=1)
    x = RNG.normal(size=(32, 8, 8, 1)).astype(np.float32)
    t = RNG.normal(size=(32, 2)).astype(np.float32)
    again = chainrule.load_onnx(network.to_onnx_bytes())
    for each in (network, again):
        each.fit(x.reshape(32, -1), t, cost="mean_squared_error", epochs=2, seed=1)
    assert_close(run(again.to_onnx_bytes(), x.reshape(32, -1)), network.predict(x))


CASES_OF_ONNX = Path("/usr/share/libonnx-testdata/data/node")


def data(path: Path) -> np.ndarray:
    return onnx.numpy_helper.to_array(onnx.load_tensor(str(path)))


@pytest.mark.skipif(not CASES_OF_ONNX.is_dir(), reason="needs Debian's libonnx-testdata")
def test_models_of_the_onnx_project_are_written_again() -> None:
    """Each case of an operator that is read, and has one input of floats: what is written computes the same in ONNX Runtime."""
    written = 0
    for folder in sorted(CASES_OF_ONNX.iterdir()):
        inputs = sorted((folder / "test_data_set_0").glob("input_*.pb"))
        try:
            network = chainrule.load_onnx(folder / "model.onnx")
        except chainrule.ChainruleError:
            continue
        if len(inputs) != 1 or len(network.onnx_inputs) != 1:
            continue
        x, given = data(inputs[0]), network.onnx_inputs[0]
        if x.dtype != np.float32:
            continue
        axis = given.batch_axis
        rows = x.reshape(1, -1) if axis is None else np.moveaxis(x, axis, 0).reshape(x.shape[axis], -1)
        if rows.shape[1] != network.inputs:
            continue
        expected = network.predict(np.ascontiguousarray(rows)).reshape(len(rows), -1)
        model = network.to_onnx_bytes()
        onnx.checker.check_model(onnx.load_from_string(model), full_check=True)
        assert_close(run(model, rows), expected)
        written += 1
    assert written > 60
