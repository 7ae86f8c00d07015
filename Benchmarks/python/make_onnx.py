"""Writes FOLDER/model.onnx, with the rows left open: a network of dense layers as ONNX's Gemm, Relu and Tanh, or without
WIDTHS that of the folder's layers, with batch normalization in the convolutions as exporters write it.

make_onnx.py FOLDER [WIDTHS]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
from layers import Layer, folded, read_parameters
from layers import read_layers as read_layers_of_model
from network import read_layers
from onnx import TensorProto, helper, numpy_helper


def finished(
    nodes: list[onnx.NodeProto], constants: dict[str, np.ndarray], shape: tuple[int, ...], outputs: int
) -> onnx.ModelProto:
    """A model from x of this shape to y."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", *shape])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", outputs])
    initializers = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    graph = helper.make_graph(nodes, "network", [x], [y], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def dense(widths: str, folder: Path) -> onnx.ModelProto:
    nodes, constants = [], {}
    layers = read_layers(widths, folder / "parameters")
    h = "x"
    for index, (weights, bias) in enumerate(layers):
        last = index + 1 == len(layers)
        z = "y" if last else f"z{index}"
        constants |= {f"w{index}": weights, f"b{index}": bias}
        nodes.append(helper.make_node("Gemm", [h, f"w{index}", f"b{index}"], [z], transB=1))
        if not last:
            h = f"h{index}"
            nodes.append(helper.make_node("Tanh" if widths.startswith("tanh:") else "Relu", [z], [h]))
    return finished(nodes, constants, (layers[0][0].shape[1],), layers[-1][0].shape[0])


def channels_first(layers: list[Layer], place: int, arrays: list[np.ndarray]) -> list[np.ndarray]:
    """A layer's parameters in ONNX's order of axes."""
    if layers[place].kind == "convolution":
        return [arrays[0].transpose(0, 3, 1, 2), *arrays[1:]]
    before = layers[layers[place].inputs[0]]
    if layers[place].kind == "dense" and before.kind == "flatten":
        weights = arrays[0].reshape(-1, *before.shape).transpose(0, 3, 1, 2)
        return [weights.reshape(len(weights), -1), *arrays[1:]]
    return arrays


def model(folder: Path) -> onnx.ModelProto:
    layers = read_layers_of_model(folder)
    layers, parameters = folded(layers, read_parameters(layers, folder))
    nodes, constants = [], {}
    operators = {
        "convolution": "Conv",
        "maximum": "MaxPool",
        "mean": "AveragePool",
        "sum": "Add",
        "flatten": "Flatten",
        "dense": "Gemm",
    }
    for place, (layer, arrays) in enumerate(zip(layers, parameters, strict=True)):
        settings: dict[str, object] = {}
        if layer.kind in ("convolution", "maximum", "mean"):
            settings = {"kernel_shape": layer.kernel, "strides": layer.stride, "pads": (*layer.before, *layer.after)}
        if layer.kind == "convolution":
            settings["group"] = layer.groups
        if layer.kind == "dense":
            settings["transB"] = 1
        inputs = ["x" if read == -1 else f"h{read}" for read in layer.inputs]
        for number, array in enumerate(channels_first(layers, place, arrays)):
            inputs.append(f"w{place}.{number}")
            constants[inputs[-1]] = np.ascontiguousarray(array, np.float32)
        h = "y" if place + 1 == len(layers) else f"h{place}"
        nodes.append(helper.make_node(operators[layer.kind], inputs, [f"z{place}" if layer.relu else h], **settings))
        if layer.relu:
            nodes.append(helper.make_node("Relu", [f"z{place}"], [h]))
    high, wide, channels = layers[0].shape
    return finished(nodes, constants, (channels, high, wide), layers[-1].output[0])


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    onnx.save(dense(sys.argv[2], folder) if len(sys.argv) > 2 else model(folder), folder / "model.onnx")
