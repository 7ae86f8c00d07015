"""Saving and loading."""

from __future__ import annotations

import errno
import json
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chainrule


@pytest.fixture
def saved(network: chainrule.Network, tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    network.save(path)
    return path


@pytest.mark.parametrize("convert", [str, Path, os.fsencode], ids=["str", "Path", "bytes"])
def test_a_loaded_network_is_the_saved_one(
    network: chainrule.Network, x: np.ndarray, tmp_path: Path, convert: Any
) -> None:
    path = convert(tmp_path / "größe.safetensors")
    network.save(path)
    loaded = chainrule.Network.load(path)
    np.testing.assert_array_equal(loaded.parameters, network.parameters)
    np.testing.assert_array_equal(loaded.predict(x), network.predict(x))
    assert loaded.layers == network.layers
    assert repr(loaded) == repr(network) == "Network(4 -> dense 5 tanh -> dense 3 identity, 43 parameters)"
    assert os.listdir(tmp_path) == ["größe.safetensors"]


@pytest.mark.parametrize("convert", [os.fsencode, os.fsdecode, lambda path: Path(os.fsdecode(path))])
def test_paths_that_are_not_text(network: chainrule.Network, x: np.ndarray, tmp_path: Path, convert: Any) -> None:
    folder = os.fsencode(tmp_path) + b"/J\xf6rg"
    os.mkdir(folder)
    path = convert(folder + b"/\xe9")
    for _ in range(2):
        network.save(path)
        assert os.listdir(folder) == [b"\xe9"]
    np.testing.assert_array_equal(chainrule.Network.load(path).predict(x), network.predict(x))
    network.load_parameters(path)
    trainer = chainrule.Trainer(network)
    trainer.save(path)
    trainer.load(path)
    assert os.listdir(folder) == [b"\xe9"]
    with pytest.raises(chainrule.FileError, match=r"J\\xf6rg/missing'"):
        chainrule.Network.load(convert(folder + b"/missing"))


def test_a_limit_of_memory(tmp_path: Path) -> None:
    network, last = chainrule.Network(1), "input"
    for index in range(30):
        network.add_concatenation([last, last])
        last = str(index)
    network.build().save(tmp_path / "model")
    with pytest.raises(MemoryError, match="67108864"):
        chainrule.Network.load(tmp_path / "model")
    assert chainrule.Network.load(tmp_path / "model", memory_limit=2**34).outputs == 2**30
    with pytest.raises(chainrule.ChainruleError, match="memory_limit"):
        chainrule.Network.load(tmp_path / "model", memory_limit=-1)


def test_a_residual_network_comes_back(tmp_path: Path, x: np.ndarray) -> None:
    network = chainrule.Network(4).add_dense(4, "elu", alpha=0.5, name="a").add_dense(4, "gelu", bias=False, name="b")
    network.add_sum(["a", "b"], name="s").add_concatenation(["s", "input"]).add_activation("softmax").build(seed=2)
    network.save(tmp_path / "model")
    loaded = chainrule.Network.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(x), network.predict(x))


def test_the_file_is_safetensors(network: chainrule.Network, saved: Path) -> None:
    data = saved.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    header.pop("__metadata__")
    assert set(header) == set(network.tensors)
    for name, tensor in network.tensors.items():
        entry = header[name]
        assert (entry["dtype"], entry["shape"]) == ("F32", list(tensor.shape))
        first, last = entry["data_offsets"]
        stored = np.frombuffer(data[end + first : end + last], "<f4").reshape(tensor.shape)
        np.testing.assert_array_equal(stored, tensor)


def test_load_parameters(network: chainrule.Network, saved: Path, x: np.ndarray) -> None:
    other = chainrule.Network(4).add_dense(5, "tanh").add_dense(3).build(seed=99)
    view = other.parameters
    other.load_parameters(saved)
    np.testing.assert_array_equal(view, network.parameters)
    np.testing.assert_array_equal(other.predict(x), network.predict(x))


def test_load_parameters_of_another_shape(saved: Path) -> None:
    other = chainrule.Network(4).add_dense(6, "tanh").add_dense(3).build(seed=99)
    before = other.parameters.copy()
    with pytest.raises(chainrule.ChainruleError):
        other.load_parameters(saved)
    np.testing.assert_array_equal(other.parameters, before)


def test_load_parameters_before_build(saved: Path) -> None:
    with pytest.raises(chainrule.StateError):
        chainrule.Network(4).add_dense(5, "tanh").add_dense(3).load_parameters(saved)


def test_save_before_build(tmp_path: Path) -> None:
    with pytest.raises(chainrule.StateError):
        chainrule.Network(4).add_dense(5).save(tmp_path / "model")
    assert os.listdir(tmp_path) == []


def test_a_missing_file(network: chainrule.Network, tmp_path: Path) -> None:
    for use in (chainrule.Network.load, network.load_parameters):
        with pytest.raises(OSError, match="nowhere") as caught:
            use(tmp_path / "nowhere")
        assert isinstance(caught.value, chainrule.FileError)
        assert (caught.value.status, caught.value.name) == (500, "CRL_ERROR_FILE")


FILES = {
    "Network.load": lambda network, path: chainrule.Network.load(path),
    "Network.load_parameters": lambda network, path: network.load_parameters(path),
    "Network.save": lambda network, path: network.save(path),
    "Trainer.load": lambda network, path: chainrule.Trainer(network).load(path),
    "Trainer.save": lambda network, path: chainrule.Trainer(network).save(path),
}


@pytest.mark.parametrize("use", FILES)
def test_the_systems_own_exceptions(network: chainrule.Network, tmp_path: Path, use: str) -> None:
    (tmp_path / "a file").write_bytes(b"")
    for path, kind, number in [
        (tmp_path / "no folder" / "file", FileNotFoundError, errno.ENOENT),
        (tmp_path / "a file" / "file", NotADirectoryError, errno.ENOTDIR),
        (str(tmp_path / ("x" * 300)), OSError, errno.ENAMETOOLONG),
    ]:
        with pytest.raises(kind) as caught:
            FILES[use](network, path)
        error = caught.value
        assert isinstance(error, chainrule.FileError)
        assert (error.errno, error.filename, error.strerror) == (number, path, os.strerror(number))
        assert str(path) in str(error)
        assert str(error).endswith(os.strerror(number))
        copy = pickle.loads(pickle.dumps(error))
        assert isinstance(copy, kind)
        assert (copy.errno, copy.filename, copy.status, str(copy)) == (number, path, error.status, str(error))


def test_a_folder_is_no_file(network: chainrule.Network, tmp_path: Path) -> None:
    with pytest.raises(chainrule.ChainruleError):
        chainrule.Network.load(tmp_path)
    with pytest.raises(chainrule.FileError):
        network.save(tmp_path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 7, b"\0" * 8, b"hello, this is a text file", b"\xff" * 100, b"PK\3\4" * 50]
)
def test_no_model_file(network: chainrule.Network, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model"
    path.write_bytes(content)
    before = network.parameters.copy()
    for use in (chainrule.Network.load, network.load_parameters):
        with pytest.raises(chainrule.FileFormatError) as caught:
            use(path)
        assert isinstance(caught.value, ValueError)
        assert str(caught.value)
    np.testing.assert_array_equal(network.parameters, before)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_truncated_file(saved: Path, data: st.DataObject) -> None:
    whole = saved.read_bytes()
    path = saved.with_name("truncated")
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(chainrule.FileFormatError):
        chainrule.Network.load(path)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_altered_file_loads_or_says_why_not(network: chainrule.Network, saved: Path, data: st.DataObject) -> None:
    altered = bytearray(saved.read_bytes())
    header = 8 + int.from_bytes(altered[:8], "little")
    for _ in range(data.draw(st.integers(1, 3))):
        altered[data.draw(st.integers(0, header - 1))] = data.draw(st.integers(0, 255))
    path = saved.with_name("altered")
    path.write_bytes(altered)
    before = network.parameters.copy()
    try:
        network.load_parameters(path)
    except chainrule.ChainruleError:
        np.testing.assert_array_equal(network.parameters, before)
    try:
        loaded = chainrule.Network.load(path)
    except chainrule.ChainruleError:
        return
    assert loaded.predict(np.zeros(loaded.inputs)).shape == (loaded.outputs,)


def test_a_path_with_a_null_character(network: chainrule.Network) -> None:
    for use in (network.save, network.load_parameters, chainrule.Network.load):
        with pytest.raises(chainrule.ArgumentError, match="null character"):
            use("a\0b")


@pytest.mark.parametrize("path", [None, 3, 1.5])
def test_something_that_is_no_path(network: chainrule.Network, path: Any) -> None:
    for use in (network.save, network.load_parameters, chainrule.Network.load):
        with pytest.raises(TypeError):
            use(path)
