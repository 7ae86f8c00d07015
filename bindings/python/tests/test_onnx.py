"""Networks from ONNX models."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
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
