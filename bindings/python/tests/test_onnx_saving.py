"""ONNX models of networks: the checker accepts them, ONNX Runtime computes what predict() does, and they are read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule import Network

pytest.importorskip("onnx", reason="Tools/setup-python installs onnx")
pytest.importorskip("onnxruntime", reason="Tools/setup-python installs onnxruntime")
import onnx
import onnxruntime
from onnx_cases import CASES, Case

RNG = np.random.default_rng(17)
ROWS = 5


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
        with pytest.raises(chainrule.FileFormatError, match=r"node|does not depend on its input"):
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


@pytest.mark.parametrize(
    ("nodes", "outputs"),
    [
        # An input, a layer, reshapes of it, and what is made of it; under names in any order.
        ([("Tanh", "x", "a"), ("Flatten", "a", "b"), ("Relu", "x", "c")], "bac"),
        ([("Tanh", "x", "a"), ("Identity", "a", "b"), ("Exp", "a", "c")], "cab"),
        ([("Identity", "x", "a"), ("Identity", "x", "b")], "ba"),
        ([("Tanh", "x", "a"), ("Transpose", "a", "b"), ("Transpose", "b", "c"), ("Flatten", "c", "d")], "dcba"),
        ([("Identity", "x", "Tanh"), ("Tanh", "x", "a"), ("Identity", "a", "b")], ["b", "Tanh", "a"]),
    ],
)
def test_outputs_that_are_the_same_layer(nodes: list[Any], outputs: Any) -> None:
    perm = {"Transpose": {"perm": [0, 2, 1]}}
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(name, [a], [b], **perm.get(name, {})) for name, a, b in nodes],
        "g",
        [onnx.helper.make_tensor_value_info("x", 1, ["N", 3, 2])],
        [onnx.helper.make_tensor_value_info(name, 1, None) for name in outputs],
    )
    made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    network = chainrule.load_onnx(made.SerializeToString())
    written = network.to_onnx_bytes()
    onnx.checker.check_model(onnx.load_from_string(written), full_check=True)
    names = [value.name for value in onnx.load_from_string(written).graph.output]
    # One that another layer has is not an output's.
    assert names == list(outputs) or ("Tanh" in outputs and names[::2] == outputs[::2])
    rows = RNG.normal(size=(4, 6)).astype(np.float32)
    expected = run(made.SerializeToString(), rows)
    assert_close(network.predict(rows), expected)
    assert_close(run(written, rows), expected)
    again = chainrule.load_onnx(written)
    np.testing.assert_array_equal(again.predict(rows), network.predict(rows))


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
    """Each case that is read, and has one input of floats: what is written computes the same in ONNX Runtime."""
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
