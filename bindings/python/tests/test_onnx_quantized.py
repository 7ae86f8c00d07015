"""Quantized ONNX models, as ONNX Runtime's tools make them, beside ONNX Runtime."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule

pytest.importorskip("onnx", reason="Tools/setup-python installs onnx")
pytest.importorskip("onnxruntime", reason="Tools/setup-python installs onnxruntime")
import onnx
import onnx.helper
import onnx.numpy_helper
import onnx.shape_inference
import onnxruntime
import onnxruntime.quantization as quantization

node = onnx.helper.make_node
RNG = np.random.default_rng(43)
ROWS = 24


def model(
    nodes: list[Any], x: list[Any], element: int = onnx.TensorProto.FLOAT, opset: int = 21, **constants: Any
) -> Any:
    """A model of nodes from "x" to "y"."""
    tensors = [
        value if isinstance(value, onnx.TensorProto) else onnx.numpy_helper.from_array(np.asarray(value), name)
        for name, value in constants.items()
    ]
    graph = onnx.helper.make_graph(
        nodes,
        "graph",
        [onnx.helper.make_tensor_value_info("x", element, x)],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)],
        tensors,
    )
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)], ir_version=10)


def weights(*shape: int) -> np.ndarray:
    return (RNG.normal(size=shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)


def perceptron() -> Any:
    nodes = [
        node("MatMul", ["x", "w1"], ["p1"]),
        node("Add", ["p1", "b1"], ["z1"]),
        node("Relu", ["z1"], ["h1"]),
        node("MatMul", ["h1", "w2"], "y"),
    ]
    return model(nodes, ["N", 12], w1=weights(20, 12).T.copy(), b1=weights(20), w2=weights(5, 20).T.copy())


def convolutional() -> Any:
    nodes = [
        node("Conv", ["x", "w1", "b1"], ["z1"], pads=[1, 1, 1, 1]),
        node("Relu", ["z1"], ["h1"]),
        node("MaxPool", ["h1"], ["p1"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["p1", "w2", "b2"], ["z2"], strides=[2, 2], group=2),
        node("Relu", ["z2"], ["h2"]),
        node("Flatten", ["h2"], "f"),
        node("MatMul", ["f", "w3"], "y"),
    ]
    return model(
        nodes,
        ["N", 2, 8, 8],
        w1=weights(4, 2, 3, 3),
        b1=weights(4),
        w2=weights(6, 2, 2, 2),
        b2=weights(6),
        w3=weights(3, 24).T.copy(),
    )


MODELS = {
    "perceptron": (onnx.shape_inference.infer_shapes(perceptron()), (12,)),
    "convolutional": (onnx.shape_inference.infer_shapes(convolutional()), (2, 8, 8)),
}


class Rows(quantization.CalibrationDataReader):
    """Rows to calibrate on."""

    def __init__(self, x: np.ndarray) -> None:
        self.rows = iter([{"x": x}])

    def get_next(self) -> Any:
        return next(self.rows, None)


def run(made: Any, x: np.ndarray, optimized: bool = False) -> np.ndarray:
    """What ONNX Runtime makes of x; optimized, with whole numbers where the model has floats between them."""
    options = onnxruntime.SessionOptions()
    if not optimized:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    content = made if isinstance(made, bytes) else made.SerializeToString()
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]


def static(name: str, folder: Path, **options: Any) -> tuple[bytes, np.ndarray, np.ndarray]:
    """A model with quantized weights and values; x; and y of the model as it was."""
    made, shape = MODELS[name]
    x = RNG.normal(size=(ROWS, *shape)).astype(np.float32)
    source, target = str(folder / "source.onnx"), str(folder / "target.onnx")
    onnx.save(made, source)
    logging.disable(logging.WARNING)
    try:
        # Weights of 7 bits: sums of products of larger ones saturate in ONNX Runtime on processors with AVX2 alone.
        quantization.quantize_static(source, target, Rows(x), reduce_range=True, **options)
    finally:
        logging.disable(logging.NOTSET)
    return Path(target).read_bytes(), x, run(made, x)


def quantum(content: bytes) -> float:
    """The largest step between two numbers of a model: the largest scale among its values."""
    scales = [
        onnx.numpy_helper.to_array(tensor).max()
        for tensor in onnx.load_from_string(content).graph.initializer
        if tensor.name.endswith("scale") and not tensor.name.startswith(("w", "b"))
    ]
    return float(max(scales))


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("activations", ["QUInt8", "QInt8"])
@pytest.mark.parametrize("kind", ["QDQ", "QOperator"])
@pytest.mark.parametrize("name", MODELS)
def test_static(name: str, kind: str, activations: str, per_channel: bool, tmp_path: Path) -> None:
    content, x, plain = static(
        name,
        tmp_path,
        quant_format=quantization.QuantFormat[kind],
        activation_type=quantization.QuantType[activations],
        weight_type=quantization.QuantType.QInt8,
        per_channel=per_channel,
        # Others become operators of ONNX Runtime's own in one of the formats.
        op_types_to_quantize=["MatMul", "Conv", "MaxPool"],
    )
    network = chainrule.load_onnx(content)
    y = network.predict(x.reshape(ROWS, -1))
    # Where a sum of whole numbers lies halfway between two, it may be rounded otherwise.
    for optimized in (False, True):
        differences = np.abs(y - run(content, x, optimized))
        assert differences.max() <= 1.001 * quantum(content)
        assert np.mean(differences > 1e-5) < 0.05
    assert np.abs(y - plain).max() < 0.2  # and is quantized
    assert np.abs(y - plain).max() > 1e-4


@pytest.mark.parametrize("name", MODELS)
def test_sixteen_bits(name: str, tmp_path: Path) -> None:
    content, x, plain = static(
        name,
        tmp_path,
        quant_format=quantization.QuantFormat.QDQ,
        activation_type=quantization.QuantType.QUInt16,
        weight_type=quantization.QuantType.QInt8,
    )
    y = chainrule.load_onnx(content).predict(x.reshape(ROWS, -1))
    np.testing.assert_allclose(y, run(content, x), atol=1.001 * quantum(content))
    assert np.abs(y - plain).max() < 0.2


@pytest.mark.parametrize("weight_type", ["QInt8", "QUInt8"])
@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_dynamic(name: str, per_channel: bool, weight_type: str, tmp_path: Path) -> None:
    made, shape = MODELS[name]
    source, target = str(tmp_path / "source.onnx"), str(tmp_path / "target.onnx")
    onnx.save(made, source)
    logging.disable(logging.WARNING)
    try:
        quantization.quantize_dynamic(
            source,
            target,
            per_channel=per_channel,
            weight_type=quantization.QuantType[weight_type],
            reduce_range=True,
            op_types_to_quantize=["MatMul", "Conv"],
        )
    finally:
        logging.disable(logging.NOTSET)
    content = Path(target).read_bytes()
    operators = {each.op_type for each in onnx.load_from_string(content).graph.node}
    assert "DynamicQuantizeLinear" in operators
    x = RNG.normal(size=(ROWS, *shape)).astype(np.float32)
    y = chainrule.load_onnx(content).predict(x.reshape(ROWS, -1))
    # The inputs of the products stay what they are: a batch would change the scale of each row.
    assert np.abs(y - run(content, x)).max() < 0.05 * np.abs(y).max()
    if not per_channel:
        np.testing.assert_allclose(y, run(with_plain_weights(content, made), x), rtol=1e-4, atol=1e-5)


def with_plain_weights(content: bytes, made: Any) -> Any:
    """The model as it was, with the weights that the quantized one has."""
    tensors = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load_from_string(content).graph.initializer}
    result = onnx.ModelProto()
    result.CopyFrom(made)
    for tensor in result.graph.initializer:
        if f"{tensor.name}_quantized" in tensors:
            whole, zero = (tensors[f"{tensor.name}_{part}"].astype(np.float32) for part in ("quantized", "zero_point"))
            values = ((whole - zero) * tensors[f"{tensor.name}_scale"]).astype(np.float32)
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
    return result


def quantized(**attributes: Any) -> list[Any]:
    return [node("QuantizeLinear", ["x", "s", "z"], "q", **attributes), node("Cast", "q", "y", to=1)]


@pytest.mark.parametrize("element", [np.uint8, np.int8, np.uint16, np.int16])
@pytest.mark.parametrize("several", [False, True])
def test_quantize(element: Any, several: bool) -> None:
    limits = np.iinfo(element)
    zero = RNG.integers(limits.min, limits.max + 1, 4).astype(element)
    scale = RNG.uniform(0.1, 2, 4).astype(np.float32)
    constants = {"s": scale, "z": zero} if several else {"s": scale[0], "z": zero[0]}
    made = model(quantized(axis=1), ["N", 4, 3], **constants)
    x = RNG.normal(size=(20, 4, 3)).astype(np.float32) * np.float32([[1], [100], [1e5], [1e9]])
    x[0] = scale[:, None] * np.float32([0.5, 1.5, -0.5]) if several else scale[0] * np.float32([0.5, 1.5, -0.5])
    wanted = run(made, x)
    network = chainrule.load_onnx(made.SerializeToString())
    np.testing.assert_array_equal(network.predict(x.reshape(20, -1)).reshape(wanted.shape), wanted)
    back = model(
        [*quantized(axis=1)[:1], node("DequantizeLinear", ["q", "s", "z"], "y", axis=1)], ["N", 4, 3], **constants
    )
    network = chainrule.load_onnx(back.SerializeToString())
    np.testing.assert_allclose(network.predict(x.reshape(20, -1)).reshape(wanted.shape), run(back, x), rtol=1e-6)


def test_gradients_go_straight_through() -> None:
    made = model(
        [*quantized()[:1], node("DequantizeLinear", ["q", "s", "z"], "y")],
        ["N", 3],
        s=np.float32(0.25),
        z=np.uint8(128),
    )
    network = chainrule.load_onnx(made.SerializeToString())
    x = np.float32([[0.3, -0.3, 1e6]])
    np.testing.assert_array_equal(network.predict(x), np.float32([[0.25, -0.25, 31.75]]))
    _, gradient = network.vjp(x, np.float32([[1, 2, 3]]))
    # Where it is cut off, nothing goes through.
    np.testing.assert_allclose(gradient, np.float32([[1, 2, 0]]))
    np.testing.assert_allclose(network.jvp(x, np.float32([[1, 2, 3]]))[1], np.float32([[1, 2, 0]]))


def test_a_quantized_network_trains(tmp_path: Path) -> None:
    content, x, plain = static("perceptron", tmp_path, quant_format=quantization.QuantFormat.QDQ)
    network = chainrule.load_onnx(content)
    targets = plain * plain
    before = network.evaluate(x, targets, cost="mean_squared_error").cost
    network.fit(x, targets, cost="mean_squared_error", epochs=200, seed=1)
    assert network.evaluate(x, targets, cost="mean_squared_error").cost < before / 2


def test_weights_that_the_model_quantizes() -> None:
    nodes = [
        node("QuantizeLinear", ["w", "s", "z"], ["q"], axis=0),
        node("DequantizeLinear", ["q", "s", "z"], ["v"], axis=0),
        node("MatMul", ["x", "v"], "y"),
    ]
    made = model(nodes, ["N", 4], w=3 * weights(4, 3), s=np.float32([0.1, 0.2, 0.01, 0.3]), z=np.int8([0, 3, -7, 0]))
    x = RNG.normal(size=(6, 4)).astype(np.float32)
    np.testing.assert_allclose(
        chainrule.load_onnx(made.SerializeToString()).predict(x), run(made, x), rtol=1e-5, atol=1e-5
    )


def test_the_type_without_a_zero_point() -> None:
    nodes = [node("QuantizeLinear", ["x", "s"], ["q"], output_dtype=3), node("Cast", ["q"], "y", to=1)]
    network = chainrule.load_onnx(model(nodes, ["N", 2], s=np.float32(0.5)).SerializeToString())
    np.testing.assert_array_equal(network.predict([[-100, 3.3]]), [[-128, 7]])


@pytest.mark.parametrize("operator", ["Round", "Floor", "Ceil", "Sign"])
def test_rounding(operator: str) -> None:
    made = model([node(operator, "x", "y")], ["N", 6])
    x = np.float32(
        [
            [0.5, 1.5, 2.5, -0.5, -1.5, 0],
            [1e9, -1e9, 0.49999997, -0.3, 7, -7],
            [np.inf, -np.inf, -0.0, 8388607.5, 3e-39, -2],
        ]
    )
    network = chainrule.load_onnx(made.SerializeToString())
    np.testing.assert_array_equal(network.predict(x), run(made, x))
    again = chainrule.load_onnx(network.to_onnx_bytes())
    np.testing.assert_array_equal(again.predict(x), network.predict(x))


def test_whole_numbers_as_inputs() -> None:
    nodes = [node("MatMulInteger", ["x", "w", "zx", "zw"], "p"), node("Cast", "p", "y", to=1)]
    made = model(
        nodes,
        ["N", 6],
        onnx.TensorProto.UINT8,
        w=RNG.integers(-64, 64, (6, 4)).astype(np.int8),
        zx=np.uint8(7),
        zw=np.int8(-3),
    )
    x = RNG.integers(0, 256, (9, 6)).astype(np.uint8)
    np.testing.assert_array_equal(chainrule.load_onnx(made.SerializeToString()).predict(x), run(made, x))


def test_blocks_of_weights() -> None:
    constants = {"w": RNG.integers(-128, 128, (6, 4)).astype(np.int8), "s": weights(3, 4) ** 2 + np.float32(0.1)}
    made = model(
        [node("DequantizeLinear", ["w", "s"], "v", axis=0, block_size=2), node("MatMul", ["x", "v"], "y")],
        ["N", 6],
        **constants,
    )
    x = RNG.normal(size=(5, 6)).astype(np.float32)
    wanted = x @ (constants["w"] * np.repeat(constants["s"], 2, axis=0))
    np.testing.assert_allclose(chainrule.load_onnx(made.SerializeToString()).predict(x), wanted, rtol=1e-5, atol=1e-4)


SMALL = [
    "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "FLOAT8E8M0", "FLOAT4E2M1", "FLOAT6E2M3",
    "FLOAT6E3M2", "UINT4", "INT4", "UINT2", "INT2",
]  # fmt: skip


def small(kind: str, *, raw: bool) -> Any:
    """A tensor "w" of all numbers of a type that processors lack."""
    if not hasattr(onnx.TensorProto, kind):
        pytest.skip(f"this onnx package has no {kind}")
    bits = 8 if "8" in kind else 6 if "6" in kind else 4 if "4" in kind else 2
    numbers, each = np.arange(1 << bits), 8 // bits
    tensor = onnx.TensorProto(name="w", data_type=getattr(onnx.TensorProto, kind), dims=[1 << bits])
    joined = sum(int(number) << place * bits for place, number in enumerate(numbers)).to_bytes(
        bits << bits >> 3, "little"
    )
    if raw:
        tensor.raw_data = joined
    else:
        tensor.int32_data.extend(numbers if each == 1 else joined)
    return tensor


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("kind", SMALL)
def test_numbers_of_few_bits(kind: str, raw: bool) -> None:
    tensor = small(kind, raw=raw)
    wanted = onnx.numpy_helper.to_array(tensor).astype(np.float32)
    made = model([node("Cast", "w", "f", to=1), node("Add", ["x", "f"], "y")], ["N", len(wanted)])
    made.graph.initializer.append(tensor)
    y = chainrule.load_onnx(made.SerializeToString()).predict(np.zeros((1, len(wanted)), np.float32))[0]
    np.testing.assert_array_equal(y, wanted)


@pytest.mark.parametrize("kind", ["FLOAT8E4M3FN", "FLOAT4E2M1", "INT4", "UINT2"])
def test_weights_of_few_bits(kind: str) -> None:
    tensor = small(kind, raw=True)
    numbers = onnx.numpy_helper.to_array(tensor).astype(np.float32)
    if kind == "FLOAT8E4M3FN":
        # Without NaN.
        tensor.raw_data = bytes(number & 0x77 for number in tensor.raw_data)
        numbers = onnx.numpy_helper.to_array(tensor).astype(np.float32)
    tensor.dims[:] = [2, len(numbers) // 2]
    made = model(
        [node("DequantizeLinear", ["w", "s"], "v", axis=0), node("MatMul", ["x", "v"], "y")],
        ["N", 2],
        s=np.float32([0.5, 3]),
    )
    made.graph.initializer.append(tensor)
    x = RNG.normal(size=(3, 2)).astype(np.float32)
    expected = x @ (numbers.reshape(2, -1) * np.float32([[0.5], [3]]))
    y = chainrule.load_onnx(made.SerializeToString()).predict(x)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-3 if "8" in kind else 1e-5)


@pytest.mark.parametrize(("kind", "low", "high"), [("UINT4", 0, 15), ("INT4", -8, 7), ("UINT2", 0, 3), ("INT2", -2, 1)])
def test_quantizing_to_few_bits(kind: str, low: int, high: int) -> None:
    nodes = [
        node("QuantizeLinear", ["x", "s"], "q", output_dtype=getattr(onnx.TensorProto, kind)),
        node("DequantizeLinear", ["q", "s"], "y"),
    ]
    x = 5 * RNG.normal(size=(3, 4)).astype(np.float32)
    y = chainrule.load_onnx(unread(nodes, s=np.float32(0.5))).predict(x)
    np.testing.assert_array_equal(y, np.clip(np.rint(x / np.float32(0.5)), low, high) * np.float32(0.5))


def unread(nodes: list[Any], **constants: Any) -> bytes:
    return model(nodes, ["N", 4], **constants).SerializeToString()


BACK = node("DequantizeLinear", ["w", "s", "z"], "v")
PRODUCT = node("MatMul", ["x", "v"], "y")
W = np.ones((4, 3), np.int8)
RANGE = node("DynamicQuantizeLinear", "x", ["q", "s", "z"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (unread(quantized(), s=np.float32(0), z=np.uint8(0)), "a scale is 0.0; it must be finite and above 0"),
        (unread(quantized(), s=np.float32(np.nan), z=np.uint8(0)), "a scale is nan"),
        (unread(quantized(), s=np.float32(np.inf), z=np.uint8(0)), "a scale is inf"),
        (unread(quantized(), s=np.float32(-1), z=np.uint8(0)), "a scale is -1.0"),
        (unread(quantized(), s=np.int32(1), z=np.uint8(0)), "its scale is of integers"),
        (unread(quantized(), s=np.float32(1), z=np.float32(0)), "its zero point is of floats"),
        (unread(quantized(), s=np.float32(1), z=np.int32(0)), "numbers of the type 6 are not supported"),
        (unread(quantized(), s=np.float32([1, 2]), z=np.uint8([0, 0])), r"\[2\] does not suit axis 1 of \[1, 4\]"),
        (unread(quantized(), s=np.float32([1] * 4), z=np.uint8([0] * 3)), r"the shape \[4\], its zero point \[3\]"),
        (unread(quantized(axis=2), s=np.float32([1] * 4), z=np.uint8([0] * 4)), "it names axis 2 of 2"),
        (unread(quantized(axis=0), s=np.float32([1] * 4), z=np.uint8([0] * 4)), "does not suit axis 0|no fixed length"),
        (unread(quantized(block_size=3), s=np.float32([1] * 4), z=np.uint8([0] * 4)), "does not suit blocks of 3"),
        (unread(quantized(block_size=-2), s=np.float32([[1]]), z=np.uint8([[0]])), "does not suit blocks of -2"),
        (unread(quantized(precision=10), s=np.float32(1), z=np.uint8(0)), "precision 10 is not supported"),
        (unread([node("QuantizeLinear", ["x", "x"], "y")]), "its input 1 is computed"),
        (unread([node("QuantizeLinear", ["x"], "y")]), "it has no input 1"),
        (unread([node("QuantizeLinear", ["x", "s"], "y", output_dtype=17)], s=np.float32(1)), "of the type 17"),
        (unread([BACK, PRODUCT], w=W.astype(np.float32), s=np.float32(1), z=np.int8(0)), "it reads floats"),
        (unread([BACK, PRODUCT], w=W, s=np.float32(np.nan), z=np.int8(0)), "a scale is nan"),
        (unread([BACK, PRODUCT], w=W, s=np.float32([1, 1]), z=np.int8([0, 0])), "does not suit axis 1"),
        (unread([node("DequantizeLinear", ["x", "s"], "y")], s=np.float32(1)), "it reads floats"),
        (
            unread([node("DequantizeLinear", ["w", "s"], "v", output_dtype=10), PRODUCT], w=W, s=np.float32(1)),
            "output_dtype 10",
        ),
        (unread([node("QLinearMatMul", ["x"] + ["s"] * 7, "y")], s=np.float32(1)), "its zero point is of floats"),
        (unread([RANGE, node("Cast", "q", "y", to=1)]), "its output 0 is read by others"),
        (unread([RANGE, node("Identity", "s", "y")]), "its output 1 is read by others"),
        (unread([RANGE, node("Identity", "z", "y")]), "its output 2 is read by others"),
        (unread([node("DynamicQuantizeLinear", "x", ["q", "y", "z"])]), "its output 1 is read by others"),
        (unread([node("MatMulInteger", ["x", "w"], "y")], w=W), "it reads floats"),
        (unread([node("QLinearConv", ["x"], "y")]), "it has no input 1"),
        (unread([node("Cast", "x", "y", to=17)]), "a cast to type 17 is not supported"),
    ],
    ids=str,
)
def test_what_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(chainrule.ChainruleError, match=message):
        chainrule.load_onnx(content)
