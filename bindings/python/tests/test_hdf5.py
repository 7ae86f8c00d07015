"""The reader of HDF5 against files of h5py."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np
import pytest
from refusals import expect_refusal

from chainrule import FileFormatError
from chainrule._hdf5 import Hdf5


def written(write: Callable[[h5py.File], Any], **how: Any) -> Hdf5:
    file = io.BytesIO()
    with h5py.File(file, "w", **how) as opened:
        write(opened)
    return Hdf5(file.getvalue())


@pytest.mark.parametrize("kind", ["<f2", "<f4", "<f8", ">f2", ">f4", ">f8"])
@pytest.mark.parametrize("shape", [(), (1,), (5,), (2, 3, 4), (0, 3)])
def test_numbers(kind: str, shape: tuple[int, ...], rng: np.random.Generator) -> None:
    array = rng.standard_normal(shape).astype(kind)
    read = written(lambda file: file.create_dataset("a/b", data=array)).array("a/b")
    assert read.dtype == np.dtype(kind)
    np.testing.assert_array_equal(read, array)
    assert read.size == 0 or not read.flags.writeable


def test_numbers_in_the_header(rng: np.random.Generator) -> None:
    array = rng.standard_normal(5)

    def write(file: h5py.File) -> None:
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        creation.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple((5,))
        dataset = h5py.h5d.create(file.id, b"a", h5py.h5t.NATIVE_DOUBLE, space, creation)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, array)

    np.testing.assert_array_equal(written(write).array("a"), array)


def test_many_names() -> None:
    """More than one node of the tree, and several levels of them."""

    def write(file: h5py.File) -> None:
        for number in range(3000):
            file.create_group(f"a/n{number}")
        file["a/n777/x"] = np.arange(3.0)

    read = written(write)
    assert set(read.names("a")) == {f"n{number}" for number in range(3000)}
    np.testing.assert_array_equal(read.array("a/n777/x"), [0, 1, 2])
    assert read.names("b") == read.names("a/n1/x") == []
    with pytest.raises(FileFormatError, match="has no a/b"):
        read.array("a/b")


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        ("δ and σ", ["δ and σ"]),
        ("", [""]),
        ("x" * 100_000, ["x" * 100_000]),
        (np.bytes_(b"fixed"), ["fixed"]),
        (np.array([b"a", b"long"]), ["a", "long"]),
        (np.array(["a", "", "β"], dtype=h5py.string_dtype()), ["a", "", "β"]),
        (np.array([], float), []),
    ],
    ids=range(7),
)
def test_texts(given: Any, texts: list[str]) -> None:
    def write(file: h5py.File) -> None:
        group = file.create_group("a")
        for number in range(5):  # more than the header has place for at first
            group.attrs[f"other{number}"] = "y" * 50 * number
        group.attrs["text"] = given

    read = written(write)
    assert read.texts("a", "text") == texts
    assert read.texts("a", "other2") == ["y" * 100]
    assert read.texts("a", "none") is None
    assert read.texts("b", "text") is None


def test_newer_formats_are_refused() -> None:
    with pytest.raises(FileFormatError, match="a superblock of version"):
        written(lambda file: file.create_group("a"), libver="latest")

    def linked(file: h5py.File) -> None:
        file["a/x"] = np.arange(3.0)
        file["a/y"] = h5py.SoftLink("/a/x")

    expect_refusal(lambda: written(linked).array("a/x"), FileFormatError, "'y' is a link")


def test_every_damaged_byte_is_read_or_refused() -> None:
    def write(file: h5py.File) -> None:
        file["a/x"] = np.arange(3.0)
        file["a"].attrs["text"] = np.array(["one", "two"], dtype=h5py.string_dtype())

    content = written(write)._data
    refused = 0
    for at in range(len(content)):
        for byte in {content[at] ^ 1, content[at] ^ 128, 0, 255} - {content[at]}:
            try:
                read = Hdf5(content[:at] + bytes([byte]) + content[at + 1 :])
                read.array("a/x")
                read.texts("a", "text")
            except FileFormatError:
                refused += 1
    assert refused > 300
    for length in range(0, len(content), 7):
        try:
            Hdf5(content[:length]).array("a/x")
        except FileFormatError:
            refused += 1
