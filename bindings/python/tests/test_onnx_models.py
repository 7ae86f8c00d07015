"""ONNX models that the onnx package writes: what would be read wrongly is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule

pytest.importorskip("onnx", reason="Tools/setup-python installs onnx")
import onnx
import onnx.helper
import onnx.numpy_helper

RNG = np.random.default_rng(17)


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
            model([node("MatMul", ["x", "w"], "y")], ["N", 4], w=np.ones((2, 5, 5), np.float32)),
            r"it multiplies \[1, 4\] and \[2, 5, 5\]",
        ),
        (
            model(
                [node("Resize", ["x", "", "", "sizes"], "y", mode="nearest", antialias=1)],
                [1, 2, 2, 3],
                opset=18,
                sizes=np.int64([1, 2, 4, 9]),
            ),
            "antialias 1 is not supported",
        ),
        (model([node("Gelu", "x", "y", domain="com.microsoft")], ["N", 2]), "operators of 'com.microsoft'"),
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
