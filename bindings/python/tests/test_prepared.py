"""Prepared files: predictors that are saved and opened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import run_python
from safetensors import safe_open

from chainrule import ArgumentError, FileError, FileFormatError, Network, Predictor


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "int8"])
def test_an_opened_predictor_is_the_saved_one(network: Network, x: np.ndarray, tmp_path: Path, precision: str) -> None:
    path = tmp_path / "größe.prepared"
    predictor = network.prepare(precision)
    predictor.save(path)
    for check_data in (False, True):
        opened = Predictor.open(path, check_data=check_data)
        assert repr(opened) == repr(predictor)
        np.testing.assert_array_equal(opened.predict(x), predictor.predict(x))
        np.testing.assert_array_equal(opened.predict(x[0]), predictor.predict(x[0]))
    # Where its name leads no more matters.
    path.unlink()
    np.testing.assert_array_equal(opened.predict(x), predictor.predict(x))


def test_class_labels_are_kept(network: Network, tmp_path: Path) -> None:
    assert network.prepare().class_labels is None
    labels = [f"größe {index}" for index in range(network.prepare().outputs)]
    network.class_labels = labels
    predictor = network.prepare("int8")
    network.class_labels = None
    assert predictor.class_labels == labels
    predictor.save(tmp_path / "model")
    assert Predictor.open(tmp_path / "model").class_labels == labels


def test_another_process_predicts_the_same(network: Network, x: np.ndarray, tmp_path: Path) -> None:
    network.prepare("int8").save(tmp_path / "model")
    np.save(tmp_path / "x.npy", x)
    program = (
        "import sys, numpy, chainrule; folder = sys.argv[1]; x = numpy.load(folder + '/x.npy');"
        "numpy.save(folder + '/y.npy', chainrule.Predictor.open(folder + '/model').predict(x))"
    )
    ran = run_python("-c", program, str(tmp_path))
    assert ran.returncode == 0, ran.stderr
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), network.prepare("int8").predict(x))


def test_any_reader_of_safetensors_reads_it(network: Network, tmp_path: Path) -> None:
    network.prepare().save(tmp_path / "model")
    with safe_open(tmp_path / "model", framework="numpy") as file:
        metadata = file.metadata()
        assert metadata["format"] == "chainrule-prepared"
        assert metadata["precision"] == "float32"
        assert sorted(file.keys()) == ["checksums", "packed"]


def test_refused_files(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "model"
    with pytest.raises(FileNotFoundError):
        Predictor.open(path)
    with pytest.raises(FileError):
        Predictor.open(tmp_path)
    network.save(path)
    with pytest.raises(FileFormatError, match="no prepared predictor"):
        Predictor.open(path)
    network.prepare().save(path)
    with pytest.raises(FileFormatError, match="is a prepared predictor"):
        Network.load(path)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    Predictor.open(path)
    with pytest.raises(FileFormatError, match="data does not match its checksum"):
        Predictor.open(path, check_data=True)
    custom = Network(2).add_dense(2, (lambda z: z, lambda z, h: np.ones_like(z))).build()
    with pytest.raises(ArgumentError, match="custom activation"):
        custom.prepare().save(path)
