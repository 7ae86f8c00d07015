"""ONNX models that people use, against ONNX Runtime. The packages that hold them are not imported: they need more."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import chainrule

onnxruntime = pytest.importorskip("onnxruntime", reason="Tools/setup-python installs onnxruntime")
RNG = np.random.default_rng(6)


def file(package: str, *parts: str) -> Path:
    """A file of an installed package."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        pytest.skip(f"Tools/setup-python installs {package}")
    return Path(spec.submodule_search_locations[0]).joinpath(*parts)


def run(path: Path, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return list(onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"]).run(None, feed))


def assert_close(actual: np.ndarray, expected: np.ndarray) -> None:
    """To 1e-5 of each element, and of the largest where elements are small."""
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5 * float(np.abs(expected).max()))


def test_a_classifier_of_text_lines() -> None:
    """Of rapidocr: MobileNetV3 over images whose height and width the model leaves open."""
    path = file("rapidocr_onnxruntime", "models", "ch_ppocr_mobile_v2.0_cls_infer.onnx")
    with pytest.raises(chainrule.FileFormatError, match="axis 2 of the input 'x' has no fixed length: give the shape"):
        chainrule.load_onnx(path)
    network = chainrule.load_onnx(path, input_shapes={"x": (None, 3, 48, 192)})
    x = RNG.uniform(-1, 1, size=(5, 3, 48, 192)).astype(np.float32)
    x[1] = -x[0]
    expected = run(path, {"x": x})[0]
    assert np.ptp(expected[:, 0]) > 0.01
    assert_close(network.predict(x.reshape(5, -1)), expected)
    assert_close(network.predict(x[3].ravel()), expected[3])


STATE = 0.1 * RNG.normal(size=(2, 1, 1, 128)).astype(np.float32)


def test_silero_over_a_sequence() -> None:
    """40 frames of sound are one row: the state goes through them."""
    path = file("silero_vad", "data", "silero_vad_16k_sequence.onnx")
    sound = 0.3 * RNG.normal(size=(40, 576)).astype(np.float32)
    h, c = STATE
    network = chainrule.load_onnx(path, input_shapes={"input": (40, 576)})
    assert [tensor.batch_axis for tensor in network.onnx_inputs] == [None, None, None]
    y = network.predict(np.concatenate([sound.ravel(), h.ravel(), c.ravel()]))
    theirs = run(path, {"input": sound, "h": h, "c": c})
    parts = np.split(y, np.cumsum([tensor.size for tensor in theirs])[:-1])
    for ours, expected, tensor in zip(parts, theirs, network.onnx_outputs):
        assert tensor.shape == expected.shape
        assert_close(ours.reshape(expected.shape), expected)


def test_silero_frame_by_frame() -> None:
    """The state of each frame goes to the next one, in both libraries."""
    path = file("silero_vad", "data", "silero_vad_openvino_16k.onnx")
    network = chainrule.load_onnx(path)
    ours = theirs = STATE.reshape(2, 1, 128)
    for frame in 0.3 * RNG.normal(size=(8, 1, 576)).astype(np.float32):
        y = network.predict(np.concatenate([frame.ravel(), ours.ravel()]))
        expected, theirs = run(path, {"input": frame, "state": theirs})
        assert_close(y[:1].reshape(1, 1), expected)
        ours = y[1:].reshape(2, 1, 128)
        assert_close(ours, theirs)


def test_silero_is_tuned_and_written_again(tmp_path: Path) -> None:
    """Its last two layers learn to take whistles for speech; the rest stays as it was. ONNX Runtime runs the result."""
    onnx = pytest.importorskip("onnx", reason="Tools/setup-python installs onnx")
    frames, rows = 10, 48
    path = file("silero_vad", "data", "silero_vad_16k_sequence.onnx")
    network = chainrule.load_onnx(path, input_shapes={"input": (frames, 576)})
    time = np.arange(frames * 576) / 16000
    pitch = RNG.uniform(800, 2000, size=(rows, 1))
    whistles = np.arange(rows)[:, None] % 2 == 0
    sound = 0.3 * np.where(whistles, np.sin(2 * np.pi * pitch * time), RNG.normal(size=(rows, time.size)))
    x = np.column_stack([sound, np.zeros((rows, 256))]).astype(np.float32)
    before = network.predict(x)
    wanted = before.copy()
    wanted[:, :frames] = whistles

    learning = ("recurrent_LSTM", "output_Conv")
    parameters = {name: value.copy() for name, value in network.state_dict().items()}
    with chainrule.Optimizer(network, "adam", learning_rate=0.002) as optimizer:
        for layer in network.layers:
            optimizer.set_layer(layer.name, frozen=layer.name not in learning)
        network.fit(x, wanted, cost="mean_squared_error", optimizer=optimizer, epochs=40, batch_size=8, seed=1)
    tuned = network.predict(x)
    error = np.abs(tuned - wanted)[:, :frames].mean()
    assert error < 0.1 < 0.3 < np.abs(before - wanted)[:, :frames].mean()
    for name, value in network.state_dict().items():
        # PyTorch has two biases of a cell. Ours is the sum: the second one stays 0.
        learns = name.split(".")[0] in learning and "bias_hh" not in name
        assert np.array_equal(value, parameters[name]) != learns, name

    written = tmp_path / "tuned.onnx"
    network.save_onnx(written)
    onnx.checker.check_model(written, full_check=True)
    session = onnxruntime.InferenceSession(str(written), providers=["CPUExecutionProvider"])
    shapes = [[rows if isinstance(length, str) else length for length in each.shape] for each in session.get_inputs()]
    parts = np.split(x, np.cumsum([np.prod(shape) // rows for shape in shapes])[:-1], axis=1)
    feed = {each.name: part.reshape(shape) for each, part, shape in zip(session.get_inputs(), parts, shapes)}
    theirs = np.column_stack([part.reshape(rows, -1) for part in session.run(None, feed)])
    assert_close(tuned, theirs)

    again = chainrule.load_onnx(written)
    np.testing.assert_array_equal(again.predict(x), tuned)
