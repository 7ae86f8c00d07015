"""Lengths that the caller gives to axes of an ONNX model's inputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule

pytest.importorskip("onnx", reason="Tools/setup-python installs onnx")
import onnx
import onnx.helper
import onnx.numpy_helper

RNG = np.random.default_rng(5)
WEIGHTS = RNG.normal(size=(2, 3, 2, 2)).astype(np.float32)
node = onnx.helper.make_node


def model(x: list[Any] | None = None, more: list[Any] | None = None) -> bytes:
    """A convolution and the mean of its positions, to which the second input's are added."""
    shapes = {"x": x or ["N", 3, "height", -1]} | ({"more": more} if more else {})
    nodes = [
        node("Conv", ["x", "w"], ["c"]),
        node("GlobalAveragePool", ["c"], ["p"]),
        node("Flatten", ["p"], ["f"]),
        node("Add", ["f", "more"], ["y"]) if more else node("Identity", ["f"], ["y"]),
    ]
    graph = onnx.helper.make_graph(
        nodes,
        "graph",
        [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in shapes.items()],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(WEIGHTS, "w")],
    )
    made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    return bytes(made.SerializeToString())


def expected(x: np.ndarray) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(np.float64), (2, 2), axis=(2, 3))
    return np.einsum("nchwij,ocij->nohw", windows, WEIGHTS).mean((2, 3))


def test_lengths_make_a_network(tmp_path: Path) -> None:
    x = RNG.normal(size=(4, 3, 5, 6))
    path = tmp_path / "model.onnx"
    path.write_bytes(model())
    for source in (model(), path, str(path)):
        network = chainrule.load_onnx(source, input_shapes={"x": (None, 3, 5, 6)})
        assert network.onnx_inputs[0].shape == (1, 3, 5, 6)
        assert network.onnx_inputs[0].batch_axis == 0
        np.testing.assert_allclose(network.predict(x.reshape(4, -1)), expected(x), rtol=1e-5, atol=1e-5)
    # Fixed lengths may be left to the model, and the batch may have a length.
    for shape in ([None, None, 5, 6], (np.int64(7), None, np.int32(5), 6)):
        network = chainrule.load_onnx(model(), input_shapes={"x": shape})
        np.testing.assert_allclose(network.predict(x.reshape(4, -1)), expected(x), rtol=1e-5, atol=1e-5)


def test_lengths_of_one_of_two_inputs() -> None:
    x, more = RNG.normal(size=(2, 3, 4, 4)), RNG.normal(size=(2, 2))
    network = chainrule.load_onnx(model(more=["N", 2]), input_shapes={"x": (None, None, 4, 4)})
    rows = np.concatenate([x.reshape(2, -1), more], 1)
    np.testing.assert_allclose(network.predict(rows), expected(x) + more, rtol=1e-5, atol=1e-5)
    both = chainrule.load_onnx(model(more=["N", "width"]), input_shapes={"more": (None, 2), "x": (None, None, 4, 4)})
    np.testing.assert_array_equal(both.predict(rows), network.predict(rows))


@pytest.mark.parametrize(
    ("shapes", "kind", "message"),
    [
        ({}, chainrule.FileFormatError, "axis 2 of the input 'x' has no fixed length: give the shape"),
        ({"x": (None, 3, 5, None)}, chainrule.FileFormatError, "axis 3 of the input 'x' has no fixed length"),
        ({"y": (None, 3, 5, 6)}, chainrule.ArgumentError, "the model has no input 'y'; it has 1, first 'x'"),
        ({"": (1,)}, chainrule.ArgumentError, "the model has no input ''"),
        ({"x": (None, 3, 5)}, chainrule.ArgumentError, "the input 'x' has 4 axes; 3 lengths were given"),
        ({"x": ()}, chainrule.ArgumentError, "the input 'x' has 4 axes; 0 lengths were given"),
        ({"x": (None,) * 17}, chainrule.ArgumentError, "an input has at most 16 axes"),
        ({"x": (None, 4, 5, 6)}, chainrule.ArgumentError, "axis 1 of the input 'x' has the length 3; 4 was given"),
        ({"x": (None, 3, 0, 6)}, chainrule.ArgumentError, "axis 2 of the input 'x' gets the length 0"),
        ({"x": (None, 3, -1, 6)}, chainrule.ArgumentError, "a length of 'x' is -1"),
        ({"x": (None, 3, 2**70, 6)}, chainrule.ArgumentError, "a length of 'x' is 1180591620717411303424"),
        ({"x": (None, 3, 2**40, 2**40)}, chainrule.ChainruleError, "overflow"),
        ({"x": (None, 3, 2**20, 2**20)}, chainrule.ChainruleError, "a network has at most 2147483647 inputs"),
        ({"x": (None, 3, 1, 6)}, chainrule.FileFormatError, r"node 'c' \(Conv"),
        ({"x": (None, 3, 2.5, 6)}, TypeError, "must be an integer, not 2.5"),
        ({"x": 5}, TypeError, "must be a tuple of lengths, not 5"),
        ({"x": "5566"}, TypeError, "must be a tuple of lengths"),
        ([("x", (None, 3, 5, 6))], TypeError, "must be a dict of names and lengths"),
    ],
)
def test_lengths_that_do_not_suit(shapes: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        chainrule.load_onnx(model(), input_shapes=shapes)
