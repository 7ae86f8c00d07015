"""Writes inputs/model.onnx: a network as ONNX's Gemm, Relu and Tanh, with the rows left open.

make_onnx.py WIDTHS FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import onnx
from network import read_layers
from onnx import TensorProto, helper, numpy_helper


def model(widths: str, folder: Path) -> onnx.ModelProto:
    nodes, initializers = [], []
    layers = read_layers(widths, folder / "parameters")
    h = "x"
    for index, (weights, bias) in enumerate(layers):
        last = index + 1 == len(layers)
        z = "y" if last else f"z{index}"
        initializers += [numpy_helper.from_array(weights, f"w{index}"), numpy_helper.from_array(bias, f"b{index}")]
        nodes.append(helper.make_node("Gemm", [h, f"w{index}", f"b{index}"], [z], transB=1))
        if not last:
            h = f"h{index}"
            nodes.append(helper.make_node("Tanh" if widths.startswith("tanh:") else "Relu", [z], [h]))
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", layers[0][0].shape[1]])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", layers[-1][0].shape[0]])
    graph = helper.make_graph(nodes, "network", [x], [y], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    onnx.save(model(sys.argv[1], folder), folder / "model.onnx")
