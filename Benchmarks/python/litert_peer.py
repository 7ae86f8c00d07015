"""LiteRT, formerly TensorFlow Lite, with XNNPACK, which it takes by itself: its Python interpreter, called below its
checks of references, with views of its tensors that are made once."""

from __future__ import annotations

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from layers import Layer, folded, read_layers, read_parameters
from worker import Cell, Inference, Work, serve

Operator = schema.BuiltinOperator
Activation = schema.ActivationFunctionType


class Model:
    """A model file under construction."""

    def __init__(self) -> None:
        self.graph, self.model, self.codes = schema.SubGraphT(), schema.ModelT(), []
        self.graph.tensors, self.graph.operators = [], []
        self.model.version, self.model.buffers = 3, [schema.BufferT()]

    def tensor(self, shape: tuple[int, ...], values: np.ndarray | None = None) -> int:
        """A tensor, constant if it has values."""
        made = schema.TensorT()
        made.name, made.shape, made.buffer = f"t{len(self.graph.tensors)}", list(shape), 0
        is_integer = values is not None and values.dtype == np.int32
        made.type = schema.TensorType.INT32 if is_integer else schema.TensorType.FLOAT32
        if values is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(values.tobytes(), np.uint8)
            made.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        self.graph.tensors.append(made)
        return len(self.graph.tensors) - 1

    def constant(self, values: np.ndarray) -> int:
        return self.tensor(values.shape, values)

    def operator(
        self, code: int, inputs: list[int], shape: tuple[int, ...], options: str = "", **settings: object
    ) -> int:
        """Adds an operator, and returns its output, which has the shape. `options` is the kind of its settings."""
        if code not in self.codes:
            self.codes.append(code)
        output = self.tensor(shape)
        made = schema.OperatorT()
        made.opcodeIndex, made.inputs, made.outputs = self.codes.index(code), inputs, [output]
        if options:
            made.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            made.builtinOptions = getattr(schema, options + "T")()
            for name, value in settings.items():
                setattr(made.builtinOptions, name, value)
        self.graph.operators.append(made)
        return output

    def written(self, x: int, y: int) -> bytes:
        self.graph.inputs, self.graph.outputs = [x], [y]
        self.model.operatorCodes, self.model.subgraphs = [], [self.graph]
        for builtin in self.codes:
            code = schema.OperatorCodeT()
            code.builtinCode = code.deprecatedBuiltinCode = builtin
            code.version = 1
            self.model.operatorCodes.append(code)
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def fully_connected(self, h: int, weights: np.ndarray, bias: np.ndarray, batch: int, activation: int) -> int:
        return self.operator(
            Operator.FULLY_CONNECTED,
            [h, self.constant(weights), self.constant(bias)],
            (batch, len(bias)),
            "FullyConnectedOptions",
            fusedActivationFunction=activation,
        )


def dense(cell: Cell) -> bytes:
    """A network of dense layers as fully connected operators with fused ReLU."""
    layers, model = cell.layers(), Model()
    h = x = model.tensor((cell.batch, layers[0][0].shape[1]))
    for index, (weights, bias) in enumerate(layers):
        is_last = index + 1 == len(layers)
        fused = Activation.NONE if is_last or cell.is_tanh else Activation.RELU
        h = model.fully_connected(h, weights, bias, cell.batch, fused)
        if cell.is_tanh and not is_last:
            h = model.operator(Operator.TANH, [h], (cell.batch, len(bias)))
    return model.written(x, h)


def convolutional(cell: Cell) -> bytes:
    """The network of the cell's layers, with batch normalization in the convolutions, as converters write it."""
    layers = read_layers(cell.inputs)
    layers, parameters = folded(layers, read_parameters(layers, cell.inputs))
    model = Model()
    x = model.tensor((cell.batch, *layers[0].shape))
    results = {-1: x}
    for place, (layer, arrays) in enumerate(zip(layers, parameters, strict=True)):
        arrays = [np.ascontiguousarray(array, np.float32) for array in arrays]
        results[place] = result(model, layer, arrays, [results[read] for read in layer.inputs], cell.batch)
    return model.written(x, results[len(layers) - 1])


def result(model: Model, layer: Layer, arrays: list[np.ndarray], inputs: list[int], batch: int) -> int:
    """Adds the layer's operator."""
    activation = Activation.RELU if layer.relu else Activation.NONE
    is_padded = any(layer.before + layer.after)
    window = {
        "padding": schema.Padding.SAME if is_padded else schema.Padding.VALID,
        "strideH": layer.stride[0],
        "strideW": layer.stride[1],
        "fusedActivationFunction": activation,
    }
    shape = (batch, *layer.output)
    match layer.kind:
        case "convolution" if layer.is_depthwise:
            weights = model.constant(np.ascontiguousarray(arrays[0].transpose(3, 1, 2, 0)))
            inputs = [*inputs, weights, model.constant(arrays[1])]
            settings = window | {"depthMultiplier": 1}
            return model.operator(Operator.DEPTHWISE_CONV_2D, inputs, shape, "DepthwiseConv2DOptions", **settings)
        case "convolution":
            inputs = [*inputs, *map(model.constant, arrays)]
            return model.operator(Operator.CONV_2D, inputs, shape, "Conv2DOptions", **window)
        case "maximum" | "mean":
            code = Operator.MAX_POOL_2D if layer.kind == "maximum" else Operator.AVERAGE_POOL_2D
            window |= {"filterHeight": layer.kernel[0], "filterWidth": layer.kernel[1]}
            return model.operator(code, inputs, shape, "Pool2DOptions", **window)
        case "sum":
            return model.operator(Operator.ADD, inputs, shape, "AddOptions", fusedActivationFunction=activation)
        case "flatten":
            inputs = [*inputs, model.constant(np.array(shape, np.int32))]
            return model.operator(Operator.RESHAPE, inputs, shape, "ReshapeOptions", newShape=list(shape))
        case _:
            return model.fully_connected(*inputs, *arrays, batch, activation)


def prepare(cell: Cell) -> Work:
    model = dense(cell) if cell.widths else convolutional(cell)
    interpreter = Interpreter(model_content=model, num_threads=cell.threads)
    interpreter.allocate_tensors()
    interpreter.invoke()
    x_tensor = interpreter.tensor(interpreter.get_input_details()[0]["index"])()
    y_tensor = interpreter.tensor(interpreter.get_output_details()[0]["index"])()
    invoke = interpreter._interpreter.Invoke

    def predict(x: np.ndarray, _interpreter: Interpreter = interpreter) -> np.ndarray:  # which the views need
        x_tensor[...] = x
        invoke()
        return y_tensor

    return Inference(cell, predict, lambda rows: rows.reshape(x_tensor.shape))


serve(prepare)
