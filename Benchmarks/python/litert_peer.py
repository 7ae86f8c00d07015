"""LiteRT, formerly TensorFlow Lite, with XNNPACK, which it takes by itself: its Python interpreter, called below its
checks of references, with views of its tensors that are made once."""

from __future__ import annotations

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from worker import Cell, Inference, Work, serve


def model(cell: Cell) -> bytes:
    """The network as a model of fully connected operators with fused ReLU."""
    layers = cell.layers()
    graph = schema.SubGraphT()
    graph.tensors, graph.operators = [], []
    result = schema.ModelT()
    result.version = 3
    result.buffers = [schema.BufferT()]

    def tensor(name: str, shape: tuple[int, ...], values: np.ndarray | None = None) -> int:
        made = schema.TensorT()
        made.name, made.shape, made.type, made.buffer = name, list(shape), schema.TensorType.FLOAT32, 0
        if values is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(values.tobytes(), np.uint8)
            made.buffer = len(result.buffers)
            result.buffers.append(buffer)
        graph.tensors.append(made)
        return len(graph.tensors) - 1

    def operator(code: int, inputs: list[int], output: int) -> schema.OperatorT:
        made = schema.OperatorT()
        made.opcodeIndex, made.inputs, made.outputs = code, inputs, [output]
        graph.operators.append(made)
        return made

    kinds = schema.ActivationFunctionType
    codes = [schema.BuiltinOperator.FULLY_CONNECTED, schema.BuiltinOperator.TANH]
    h = tensor("x", (cell.batch, layers[0][0].shape[1]))
    graph.inputs = [h]
    for index, (weights, bias) in enumerate(layers):
        is_last = index + 1 == len(layers)
        z = tensor(f"z{index}", (cell.batch, len(bias)))
        product = operator(
            0, [h, tensor(f"w{index}", weights.shape, weights), tensor(f"b{index}", bias.shape, bias)], z
        )
        product.builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
        product.builtinOptions = schema.FullyConnectedOptionsT()
        product.builtinOptions.fusedActivationFunction = kinds.NONE if is_last or cell.is_tanh else kinds.RELU
        h = z
        if cell.is_tanh and not is_last:
            h = tensor(f"h{index}", (cell.batch, len(bias)))
            operator(1, [z], h)
    graph.outputs = [h]

    result.operatorCodes, result.subgraphs = [], [graph]
    for builtin in codes:
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = builtin
        code.version = 1
        result.operatorCodes.append(code)
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(result.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def prepare(cell: Cell) -> Work:
    interpreter = Interpreter(model_content=model(cell), num_threads=cell.threads)
    interpreter.allocate_tensors()
    interpreter.invoke()
    x_tensor = interpreter.tensor(interpreter.get_input_details()[0]["index"])()
    y_tensor = interpreter.tensor(interpreter.get_output_details()[0]["index"])()
    invoke = interpreter._interpreter.Invoke

    def predict(x: np.ndarray, _interpreter: Interpreter = interpreter) -> np.ndarray:  # which the views need
        x_tensor[...] = x
        invoke()
        return y_tensor

    return Inference(cell, predict)


serve(prepare)
