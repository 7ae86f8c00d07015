"""Writes the golden rejections: small damaged files, and the status and the message that each gives.

python make_rejected.py

Needs no library for the files. The messages are what the library says now: look at what changes before you commit it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "rejected"
DENSE = {"type": "dense", "name": "0", "inputs": ["input"], "units": 2, "bias": True, "activation": "tanh"}
TENSORS = {
    "0.weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
    "0.bias": {"dtype": "F32", "shape": [2], "data_offsets": [24, 32]},
}


def file(
    metadata: dict[str, Any] | None = None,
    layers: list[Any] | None = None,
    tensors: dict[str, Any] | None = None,
    data: bytes = bytes(32),
    inputs: Any = 3,
) -> bytes:
    """A model file with some of its parts changed."""
    architecture = json.dumps({"inputs": inputs, "layers": [DENSE] if layers is None else layers})
    good = {"format": "chainrule", "format_version": "1", "architecture": architecture}
    header = {"__metadata__": good | (metadata or {}), **(TENSORS if tensors is None else tensors)}
    return raw(json.dumps(header).encode(), data)


def raw(header: bytes, data: bytes = bytes(32)) -> bytes:
    return struct.pack("<Q", len(header)) + header + data


def layer(**changes: Any) -> list[Any]:
    return [{**DENSE, **changes}]


def tensor(name: str, **changes: Any) -> dict[str, Any]:
    return TENSORS | {name: {**TENSORS[name], **changes}}


PREPARED = {
    "format": "chainrule-prepared",
    "format_version": "1",
    "precision": "float32",
    "instruction_set": "baseline",
}

FILES: dict[str, bytes] = {
    "empty": b"",
    "short": b"\x02\0\0\0",
    "header-beyond-the-end": struct.pack("<Q", 1000) + b"{}",
    "header-too-long": struct.pack("<Q", 1 << 60) + b"{}",
    "no-json": raw(b"{]"),
    "json-too-deep": raw(b"[" * 40 + b"]" * 40),
    "name-twice": raw(b'{"a":1,"a":2}', b""),
    "no-metadata": raw(json.dumps(TENSORS).encode()),
    "other-format": file({"format": "pt"}),
    "newer-version": file({"format_version": "2"}),
    "version-no-number": file({"format_version": "one"}),
    "checkpoint": file({"format": "chainrule-checkpoint"}),
    "prepared": file(PREPARED),
    "no-architecture": file({"architecture": "[]"}),
    "unknown-layer": file(layers=layer(type="danse")),
    "unknown-activation": file(layers=layer(activation="than")),
    "custom-activation": file(layers=layer(activation="custom")),
    "units-negative": file(layers=layer(units=-1)),
    "units-too-many": file(layers=layer(units=1 << 40)),
    "inputs-none": file(inputs=0),
    "layer-reads-itself": file(layers=layer(inputs=["0"])),
    "layers-none": file(layers=[]),
    "tensor-of-halves": file(tensors=tensor("0.bias", dtype="F16")),
    "tensor-shape": file(tensors=tensor("0.weight", shape=[3, 2])),
    "tensor-missing": file(tensors={"0.weight": TENSORS["0.weight"]}, data=bytes(24)),
    "tensor-gap": file(tensors=tensor("0.bias", data_offsets=[28, 36]), data=bytes(36)),
    "tensor-overflow": file(tensors=tensor("0.weight", shape=[1 << 62, 8])),
    "data-short": file(data=bytes(31)),
    "data-long": file(data=bytes(33)),
    "metadata-null": raw(file()[8:-32].replace(b'{"format"', b'{"odd":"a\\u0000b","format"')),
    "metadata-not-utf8": raw(file()[8:-32].replace(b'{"format"', b'{"odd":"\xff","format"')),
    "metadata-key-empty": file({"": "x"}),
    "metadata-key-too-long": file({"k" * 256: "x"}),
}
RECIPES = {
    "recipe-no-json": file({"chainrule.recipe": "{"}),
    "recipe-unknown-cost": file({"chainrule.recipe": '{"cost":"price","optimizer":"adam"}'}),
    "recipe-bad-number": file({"chainrule.recipe": '{"cost":"huber","cost_parameter":-1,"optimizer":"adam"}'}),
    "recipe-schedule-no-object": file(
        {"chainrule.recipe": '{"cost":"huber","cost_parameter":1,"optimizer":"adam","schedule":"cosine"}'}
    ),
}
PREDICTORS = {
    "prepared-empty": b"",
    "prepared-no-json": raw(b"{]"),
    "prepared-model-file": file(),
    "prepared-newer-version": file(PREPARED | {"format_version": "2"}),
    "prepared-not-aligned": file(PREPARED),
    "prepared-no-checksum": raw(file(PREPARED)[8:-32].ljust(1016), bytes(32)),
}


def attempts() -> list[tuple[str, str]]:
    """The files, and who reads each."""
    kinds = (("network", FILES), ("recipe", RECIPES), ("predictor", PREDICTORS))
    return [(kind, name) for kind, files in kinds for name in files]


def attempt(kind: str, path: Path) -> list[str]:
    """The status and the message that reading a file gives."""
    import chainrule

    readers: dict[str, Callable[[Path], Any]] = {
        "network": chainrule.Network.load,
        "recipe": lambda path: chainrule.Network.load(path).recipe,
        "predictor": chainrule.Predictor.open,
    }
    try:
        readers[kind](path)
    except chainrule.ChainruleError as error:
        return [error.name, str(error).replace(str(path.parent), "")]
    return ["CRL_OK", ""]


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, content in (FILES | RECIPES | PREDICTORS).items():
        (FOLDER / name).write_bytes(content)
    expected = {name: [kind, *attempt(kind, FOLDER / name)] for kind, name in attempts()}
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
