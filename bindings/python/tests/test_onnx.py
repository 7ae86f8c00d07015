"""Networks from ONNX models."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.helper
import onnx.numpy_helper
import pytest

import chainrule

RNG = np.random.default_rng(16)
WEIGHT, BIAS = RNG.normal(size=(4, 3)).astype(np.float32), RNG.normal(size=4).astype(np.float32)


def varint(value: int) -> bytes:
    head = b""
    while value > 0x7F:
        head += bytes([value & 0x7F | 0x80])
        value >>= 7
    return head + bytes([value])


def field(number: int, value: int | str | bytes) -> bytes:
    """A field in the wire format."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def tensor(name: str, values: np.ndarray) -> bytes:
    dims = b"".join(field(1, length) for length in values.shape)
    return dims + field(2, 1) + field(8, name) + field(9, values.tobytes())


def value(name: str, width: int) -> bytes:
    """An input or output of any number of rows."""
    shape = field(1, field(2, "N")) + field(1, field(1, width))
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, shape)))


def perceptron() -> bytes:
    """A model of y = tanh(x Wᵀ + b)."""
    transposed = field(5, field(1, "transB") + field(3, 1) + field(20, 2))
    gemm = (
        b"".join(field(1, name) for name in "xwb") + field(2, "z") + field(3, "dense") + field(4, "Gemm") + transposed
    )
    tanh = field(1, "z") + field(2, "y") + field(4, "Tanh")
    graph = field(1, gemm) + field(1, tanh) + field(5, tensor("w", WEIGHT)) + field(5, tensor("b", BIAS))
    graph += field(11, value("x", 3)) + field(12, value("y", 4))
    return field(1, 8) + field(7, graph) + field(8, field(2, 17))


def test_a_model_predicts_from_bytes_a_path_and_an_open_file(tmp_path: Path) -> None:
    path = tmp_path / "größe.onnx"
    path.write_bytes(perceptron())
    x = RNG.normal(size=(5, 3)).astype(np.float32)
    for model in (perceptron(), path, str(path), io.BytesIO(perceptron())):
        network = chainrule.load_onnx(model)
        np.testing.assert_allclose(network.predict(x), np.tanh(x @ WEIGHT.T + BIAS), rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(network.tensors["dense.weight"], WEIGHT)


def test_inputs_and_outputs_have_names_and_shapes() -> None:
    network = chainrule.load_onnx(perceptron())
    assert network.onnx_inputs == (chainrule.OnnxTensor("x", (1, 3), 0),)
    assert network.onnx_outputs == (chainrule.OnnxTensor("y", (1, 4), 0),)
    assert network.copy().onnx_inputs == network.onnx_inputs
    assert chainrule.Network(3).add_dense(1).build(seed=1).onnx_inputs == ()


def test_a_model_trains() -> None:
    network = chainrule.load_onnx(perceptron())
    x = RNG.normal(size=(64, 3)).astype(np.float32)
    t = np.tanh(x @ WEIGHT.T)
    before = network.evaluate(x, t, cost="mean_squared_error").cost
    network.fit(x, t, cost="mean_squared_error", epochs=200)
    assert network.evaluate(x, t, cost="mean_squared_error").cost < before / 2


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(chainrule.FileFormatError, match="no ONNX model"):
        chainrule.load_onnx(b"")
    with pytest.raises(chainrule.FileFormatError, match=r"node 'y' \(Tanj, opset 17\): the operator is not supported"):
        chainrule.load_onnx(perceptron().replace(b"Tanh", b"Tanj"))
    with pytest.raises(chainrule.FileError):
        chainrule.load_onnx(tmp_path / "missing.onnx")
    with pytest.raises(chainrule.ArgumentTypeError):
        chainrule.load_onnx(7)
    with pytest.raises(chainrule.OutOfMemoryError, match="more than the limit"):
        chainrule.load_onnx(perceptron(), memory_limit=10)


def model(nodes: list[Any], x: list[Any], opset: int = 17, **constants: Any) -> bytes:
    """A model of nodes from "x" to "y", its constants being initializers."""
    graph = onnx.helper.make_graph(
        nodes,
        "graph",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, x)],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    opsets = [onnx.helper.make_opsetid("", opset), onnx.helper.make_opsetid("ai.onnx.ml", 3)]
    return onnx.helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()


node = onnx.helper.make_node
# The batch could only be the second axis, along which the operator would mix the rows.
NO_LENGTH = "axis 1 of the input 'x' has no fixed length"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (model([node("Softmax", "x", "y", axis=1)], [3, "N", 3], opset=9), NO_LENGTH),
        (model([node("Flatten", "x", "y", axis=0)], [3, "N"]), NO_LENGTH),
        (model([node("Flatten", "x", "y", axis=2)], [3, "N", 4]), NO_LENGTH),
        (
            model(
                [
                    node("Shape", "x", "s"),
                    node("Cast", "s", "f", to=onnx.TensorProto.FLOAT),
                    node("Mul", ["x", "f"], "y"),
                ],
                ["N", 2],
            ),
            "the number of rows in a batch, which is not known",
        ),
        (
            model([node("Shape", "x", "s"), node("Add", ["s", "one"], "t"), node("Expand", ["c", "t"], "y")], ["N", 1],
                  one=np.int64([1, 1]), c=np.float32([[1]])),
            "the number of rows in a batch, which is not known",
        ),
        (
            model([node("MatMul", ["x", "w"], "y")], ["N", 4], w=np.ones((1, 4, 5), np.float32)),
            r"it multiplies \[1, 4\] and a constant \[1, 4, 5\]",
        ),
        (
            model(
                [node("Resize", ["x", "", "", "sizes"], "y", mode="nearest", keep_aspect_ratio_policy="not_larger")],
                [1, 2, 2, 3],
                opset=18,
                sizes=np.int64([1, 2, 4, 9]),
            ),
            "keep_aspect_ratio_policy not_larger is not supported",
        ),
        (model([node("Scaler", "x", "y", domain="ai.onnx.ml")], ["N", 2]), "operators of 'ai.onnx.ml'"),
        (model([node("Relu", "x", "y")], ["N", -2]), "has an axis of length -2"),
    ],
)  # fmt: skip
def test_what_would_be_wrong_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(chainrule.FileFormatError, match=message):
        chainrule.load_onnx(content)


def test_what_the_outputs_do_not_need_is_ignored() -> None:
    nodes = [node("Relu", "x", "y"), node("ArrayFeatureExtractor", ["x", "i"], "z", domain="ai.onnx.ml")]
    network = chainrule.load_onnx(model(nodes, [-1, 2], i=np.int64([0])))
    np.testing.assert_array_equal(network.predict([[1, -1], [-2, 3]]), [[1, 0], [0, 3]])


def test_old_softmax_over_several_axes() -> None:
    network = chainrule.load_onnx(model([node("Softmax", "x", "y", axis=1)], ["N", 2, 3], opset=9))
    x = RNG.normal(size=(4, 6))
    e = np.exp(x)
    np.testing.assert_allclose(network.predict(x).reshape(4, 6), e / e.sum(1, keepdims=True), rtol=1e-5)
