"""Models of nodes, and what ONNX Runtime computes of them, for tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnx.helper
import onnx.numpy_helper
import onnxruntime
from onnx_node_cases import rows, tensors

import chainrule

FLOAT = onnx.TensorProto.FLOAT


def node(operation: str, inputs: str | list[str], outputs: str | list[str], **attributes: Any) -> Any:
    """A node that reads one value or several, and gives them."""
    lists = [[names] if isinstance(names, str) else list(names) for names in (inputs, outputs)]
    return onnx.helper.make_node(operation, *lists, **attributes)


def model(nodes: list[Any], opset: int = 17, *, inputs: dict[str, list[Any]], **constants: Any) -> bytes:
    """A model of nodes from inputs to "y", its constants being initializers."""
    graph = onnx.helper.make_graph(
        nodes,
        "graph",
        [onnx.helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in inputs.items()],
        [onnx.helper.make_tensor_value_info("y", FLOAT, None)],
        [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)], ir_version=8)
    return bytes(made.SerializeToString())


def run(content: bytes, *x: np.ndarray) -> np.ndarray:
    """What ONNX Runtime computes: the first output."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    feed = {given.name: value.astype(np.float32) for given, value in zip(session.get_inputs(), x)}
    return np.asarray(session.run(None, feed)[0])


def agree(content: bytes, *x: np.ndarray, whole: bool = False) -> chainrule.Network:
    """Reads a model, which computes what ONNX Runtime does: of rows, or of whole tensors."""
    expected = run(content, *x)
    network = chainrule.load_onnx(content)
    values = dict(zip([tensor.name for tensor in network.onnx_inputs], x))
    assert (network.onnx_inputs[0].batch_axis is None) == whole
    (actual,) = tensors(network, network.predict(rows(network, values)))
    assert actual.shape == expected.shape
    largest = float(np.abs(expected[np.isfinite(expected)]).max())
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5 * largest)
    return network
