"""Files of safetensors and of torch.save(), damaged and hostile ones too: nothing in them is run."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from refusals import expect_refusal

import chainrule
from chainrule import ArgumentTypeError, FileError, FileFormatError

FOLDER = Path(__file__).with_name("pytorch")
WEIGHT = np.arange(12, dtype=np.float32).reshape(3, 4) / 8


def test_a_checkpoint() -> None:
    checkpoint = chainrule.read_tensors(FOLDER / "checkpoint.pt")
    assert checkpoint["epoch"] == 3
    assert checkpoint["lr"] == [0.5, (None, True, False)]
    types = {name: str(array.dtype) for name, array in checkpoint["model"].items()}
    # numpy has no bfloat16.
    assert types == {name: name if name != "bfloat16" else "float32" for name in types}
    assert list(types) == ["float32", "float64", "float16", "bfloat16", "int64"]
    for name, array in checkpoint["model"].items():
        np.testing.assert_array_equal(array, WEIGHT.astype(int) if name == "int64" else WEIGHT)
        assert not array.flags.writeable
    views = checkpoint["views"]
    np.testing.assert_array_equal(views["transposed"], WEIGHT.T)
    np.testing.assert_array_equal(views["part"], WEIGHT[1:, 1:3])
    assert views["empty"].shape == (0, 4)
    assert views["one"] == WEIGHT[2, 3]


def test_types_of_safetensors() -> None:
    tensors = chainrule.read_tensors(FOLDER / "types.safetensors")
    assert {name: str(array.dtype) for name, array in tensors.items()} == {
        name: name if name != "bfloat16" else "float32"
        for name in ("float64", "float32", "float16", "bfloat16", "int64")
    }
    for name, array in tensors.items():
        np.testing.assert_array_equal(array, WEIGHT.astype(int) if name == "int64" else WEIGHT)


def test_the_librarys_own_files(tmp_path: Path) -> None:
    network = chainrule.Network(3).add_dense(2).build(seed=1)
    network.save(tmp_path / "model.safetensors")
    tensors = chainrule.read_tensors(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(tensors["0.weight"], network.tensors["0.weight"])


def archive(content: bytes, storages: dict[str, bytes] | None = None, **how: Any) -> bytes:
    """An archive as torch.save() writes it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **how) as entries:
        entries.writestr("a/data.pkl", content)
        for key, storage in (storages or {}).items():
            entries.writestr(f"a/data/{key}", storage)
    return file.getvalue()


class Asks:
    """Pickled, it is a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


RAN: list[int] = []


def operations(*parts: bytes) -> bytes:
    """A pickle of a dictionary from "a" to what the parts make."""
    return b"\x80\x02}X\x01\x00\x00\x00a" + b"".join(parts) + b"s."


def storage(kind: bytes = b"FloatStorage", key: bytes = b"0", count: int = 4, tag: bytes = b"storage") -> bytes:
    def text(value: bytes) -> bytes:
        return b"X" + struct.pack("<I", len(value)) + value

    return (
        b"("
        + text(tag)
        + b"ctorch\n"
        + kind
        + b"\n"
        + text(key)
        + text(b"cpu")
        + b"J"
        + struct.pack("<i", count)
        + b"tQ"
    )


REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"


def tensor(*shape: int, stride: tuple[int, ...] = (1,), offset: int = 0, on: bytes | None = None) -> bytes:
    def numbers(values: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(b"J" + struct.pack("<i", value) for value in values) + b"t"

    place = b"J" + struct.pack("<i", offset)
    return REBUILD + b"(" + (on or storage()) + place + numbers(shape) + numbers(stride) + b"\x89NtR"


FOUR = {"0": np.arange(4, dtype="<f4").tobytes()}


def test_the_archives_made_here_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(archive(operations(tensor(2, stride=(2,), offset=1)), FOUR))
    np.testing.assert_array_equal(chainrule.read_tensors(tmp_path / "a.pt")["a"], [1, 3])


def damaged(at: int) -> bytes:
    data = bytearray((FOLDER / "perceptron.pt").read_bytes())
    data[at] ^= 0xFF
    return bytes(data)


def overlapping() -> bytes:
    """An archive whose second entry lies within the first."""
    inner, file = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as entries:
        entries.writestr("a/data/1", bytes(4000))
        (info,) = entries.filelist
    record = inner.getvalue()[: 30 + len("a/data/1") + 4000]
    with zipfile.ZipFile(file, "w") as entries:
        entries.writestr("a/data.pkl", operations(b"(" + storage(count=1010) + storage(key=b"1", count=1000) + b"t"))
        info.header_offset = file.tell() + 30 + len("a/data/0")
        entries.writestr("a/data/0", record + bytes(2))
        entries.filelist.append(info)
    return file.getvalue()


DOUBLED = b"K\x01" + b"".join(b"q" + bytes([i]) + b"h" + bytes([i]) + b"\x86" for i in range(60))
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a call of the system": (lambda: archive(pickle.dumps({"a": Asks(RAN.append, 1)}, 2)), "asks for"),
    "os.system": (lambda: archive(b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R."), "asks for posix.system"),
    "eval": (lambda: archive(b"\x80\x02c__builtin__\neval\nX\x01\x00\x00\x001\x85R."), r"asks for __builtin__\.eval"),
    "a name from the stack": (lambda: archive(pickle.dumps({"a": Asks(RAN.append, 1)}, 4)), "asks for"),
    "a module": (lambda: (FOLDER / "module.pt").read_bytes(), r"asks for torch\.nn\.modules\.linear\.Linear"),
    "an object by INST": (lambda: archive(b"(iposix\nsystem\n."), "the operation INST"),
    "an object by OBJ": (lambda: archive(b"\x80\x02(ccollections\nOrderedDict\no."), "the operation OBJ"),
    "an object by NEWOBJ": (lambda: archive(b"\x80\x02ccollections\nOrderedDict\n)\x81."), "the operation NEWOBJ"),
    "an extension": (lambda: archive(b"\x80\x02\x82\x01."), "the operation EXT1"),
    "a call of a storage": (lambda: archive(b"\x80\x02ctorch\nFloatStorage\n)R."), "calls torch.FloatStorage"),
    "a call of a number": (lambda: archive(operations(b"K\x01)R")), "calls 1 on"),
    "a dictionary with arguments": (
        lambda: archive(operations(b"ccollections\nOrderedDict\nK\x01\x85R")),
        "calls coll",
    ),
    "attributes of a tensor": (lambda: archive(operations(tensor(2) + b"}b"), FOUR), "attributes of a ndarray"),
    "attributes of a number": (lambda: archive(operations(b"K\x01}b")), "attributes of a int"),
    "an unknown storage": (lambda: archive(operations(storage(b"CharStorage")), FOUR), r"asks for torch\.CharStorage"),
    "no storage": (lambda: archive(operations(storage(tag=b"module")), FOUR), "only storages are read"),
    "a number as an object": (lambda: archive(operations(b"K\x01Q")), "asks for 1"),
    "an object by its text": (lambda: archive(operations(b"Pstorage\n")), "the operation PERSID"),
    "a missing storage": (lambda: archive(operations(storage())), "no entry 'a/data/0'"),
    "a path out of the archive": (lambda: archive(operations(storage(key=b"../../x"))), "no entry"),
    "a short storage": (lambda: archive(operations(storage(count=5)), FOUR), "holds 4 numbers, not 5"),
    "overlapping entries": (overlapping, "longer than the file|verlap"),
    "a long tensor": (lambda: archive(operations(tensor(5)), FOUR), r"of size \(5,\) .* of 4"),
    "a far tensor": (lambda: archive(operations(tensor(2, offset=3)), FOUR), "at 3 of 4"),
    "a wide tensor": (lambda: archive(operations(tensor(2, stride=(9,))), FOUR), "of 4"),
    "a tensor of one number": (lambda: archive(operations(tensor(2**30, stride=(0,))), FOUR), "of 4"),
    "a negative size": (lambda: archive(operations(tensor(-1)), FOUR), r"of size \(-1,\)"),
    "a negative stride": (lambda: archive(operations(tensor(2, stride=(-1,))), FOUR), r"stride \(-1,\)"),
    "a negative offset": (lambda: archive(operations(tensor(2, offset=-1)), FOUR), "of size"),
    "more strides": (lambda: archive(operations(tensor(2, stride=(1, 1))), FOUR), r"stride \(1, 1\)"),
    "a tensor on nothing": (lambda: archive(operations(tensor(2, on=b"N"))), "a tensor on None"),
    "a tensor of nothing": (lambda: archive(operations(REBUILD + b")R")), "no pickle"),
    "an index of the memo": (lambda: archive(operations(b"K\x01r\xff\xff\xff\x7fh\x01")), "no pickle"),
    "a long string": (lambda: archive(operations(b"X\xff\xff\xff\xff")), "no pickle"),
    "a buffer": (lambda: archive(b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b"."), "no pickle|BYTEARRAY8"),
    "a doubled key": (lambda: archive(b"\x80\x02}" + DOUBLED + b"Ns."), "sets a tuple of a dict"),
    "a doubled call": (lambda: archive(b"\x80\x02}" + DOUBLED + b")R."), "calls"),
    "a doubled object": (lambda: archive(b"\x80\x02" + DOUBLED + b"Q."), "asks for"),
    "an item of a number": (lambda: archive(b"\x80\x02K\x01K\x01K\x01s."), "sets a int of a int"),
    "an element of a number": (lambda: archive(b"\x80\x02K\x01K\x01a."), "appends to a int"),
    "an empty stack": (lambda: archive(b"\x80\x02\x87."), "takes more values"),
    "no mark": (lambda: archive(b"\x80\x02t."), "no pickle"),
    "nothing": (lambda: archive(b"\x80\x02."), "no pickle"),
    "no end": (lambda: archive(b"\x80\x02}"), "no pickle"),
    "no bytes": (lambda: archive(b""), "no pickle"),
    "no pickle": (lambda: archive(b"hello"), "no pickle|which torch"),
    "a text with escapes": (lambda: archive(b"S'\\X'\n."), "the operation STRING"),
    "a list": (lambda: archive(pickle.dumps([1], 2)), "holds a list"),
    "no entry": (lambda: archive(b"").replace(b"data.pkl", b"data.txt"), "0 entries data.pkl"),
    "compressed": (
        lambda: archive(operations(storage(count=0)), {"0": bytes(9999)}, compression=zipfile.ZIP_DEFLATED),
        "is compressed",
    ),
    "damaged numbers": (lambda: damaged((FOLDER / "perceptron.pt").read_bytes().index(b"data/1") + 90), "CRC"),
    "a damaged directory": (lambda: damaged((FOLDER / "perceptron.pt").read_bytes().index(b"PK\5\6")), "zip"),
    "half an archive": (lambda: (FOLDER / "perceptron.pt").read_bytes()[:2000], "zip"),
    "the format before zip": (lambda: (FOLDER / "old.pt").read_bytes(), "torch before 1.6"),
}


@pytest.mark.parametrize(("make", "message"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_archives(make: Callable[[], bytes], message: str, tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(make())
    expect_refusal(lambda: chainrule.read_tensors(tmp_path / "a.pt"), FileFormatError, message)
    assert not RAN


def test_every_damaged_byte_of_a_pickle_is_read_or_refused(tmp_path: Path) -> None:
    entries = zipfile.ZipFile(FOLDER / "perceptron.pt")
    content = entries.read("perceptron/data.pkl")
    storages = {name.rpartition("/")[2]: entries.read(name) for name in entries.namelist() if "/data/" in name}
    file, refused = tmp_path / "a.pt", 0
    for at in range(len(content)):
        for byte in (content[at] ^ 1, ord("R"), 0xFF):
            file.write_bytes(archive(content[:at] + bytes([byte]) + content[at + 1 :], storages))
            try:
                chainrule.read_tensors(file)
            except FileFormatError:
                refused += 1
    assert refused > 500


def safe(header: Any, data: bytes = bytes(16)) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype: Any = "F32", shape: Any = (4,), offsets: Any = (0, 16)) -> dict[str, Any]:
    return {"a": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}


UNSAFE: list[tuple[bytes, str]] = [
    (b"", "no safetensors file"),
    (b"\x10", "no safetensors file"),
    (struct.pack("<Q", 2**63) + b"{}", "no safetensors file"),
    (safe(b"[]"), "a JSON list"),
    (safe(b"{ "), "no JSON"),
    (safe(b"\xff\xfe\xff"), "no JSON"),
    (safe(b"[" * 100_000), "no JSON"),
    (safe(b'{"a": 1, "a": 2}'), "'a' twice"),
    (safe({"a": 1}), "no dtype, shape"),
    (safe({"a": {"dtype": "F32", "shape": [1]}}), "no dtype, shape"),
    (safe(entry("F8")), "dtype 'F8'"),
    (safe(entry([])), r"dtype \[\]"),
    (safe(entry(shape=[-4])), r"shape \[-4\]"),
    (safe(entry(shape=[4.0])), r"shape \[4\.0\]"),
    (safe(entry(shape=4)), "shape 4"),
    (safe(entry(shape=[3])), "has 16 bytes"),
    (safe(entry(shape=[2**62, 2**62])), "has 16 bytes"),
    (safe(entry(offsets=[0, 17])), "from 0 to 17 in 16 bytes"),
    (safe(entry(offsets=[8, 4])), "from 8 to 4"),
    (safe(entry(offsets=[-16, 0])), "from -16 to 0"),
    (safe(entry(offsets=["0", 16])), "from '0' to 16"),
    (safe(entry(offsets=[0])), "no dtype, shape"),
]


@pytest.mark.parametrize(("data", "message"), UNSAFE)
def test_unsafe_tensors(data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(data)
    expect_refusal(lambda: chainrule.read_tensors(tmp_path / "a.safetensors"), FileFormatError, message)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        chainrule.read_tensors(tmp_path / "a.pt")
    assert isinstance(caught.value, FileError)
    assert caught.value.filename == tmp_path / "a.pt"
    with pytest.raises(IsADirectoryError):
        chainrule.read_tensors(tmp_path)
    with pytest.raises(ArgumentTypeError, match="path must be"):
        chainrule.read_tensors(3)


def test_an_ordered_dictionary_with_attributes(tmp_path: Path) -> None:
    made = OrderedDict(a=1)
    made._metadata = {"version": 1}
    (tmp_path / "a.pt").write_bytes(archive(pickle.dumps(made, 2)))
    assert chainrule.read_tensors(tmp_path / "a.pt") == {"a": 1}
