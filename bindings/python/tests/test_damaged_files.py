"""Files of other libraries, damaged at random: each is read or refused, without a warning.

As a program it goes on for so many seconds: ``python test_damaged_files.py 60``.
"""

from __future__ import annotations

import faulthandler
import io
import random
import re
import sys
import time
import warnings
import zipfile
from collections import Counter
from pathlib import Path

import pytest

import chainrule

SEEDS = sorted(
    path
    for folder in ("keras", "pytorch")
    for path in Path(__file__).with_name(folder).iterdir()
    if path.suffix != ".npz" and path.name != "old.pt"
)
BYTES = [b"null", b"true", b"-1", b"0", b"1e999", b"99999999999", b"[]", b"{}", b'"x"']
TOKEN = re.compile(rb'-?\d+|"\w+"|null|true|false')


def damaged(content: bytes, draw: random.Random, *, is_json: bool) -> bytes:
    """Some bytes changed, left out, put in or copied; in JSON a value for another."""
    data = bytearray(content)
    for _ in range(draw.choice([1, 1, 1, 2, 5])):
        at, kind = draw.randrange(len(data)), draw.random()
        if is_json and kind < 0.5:
            tokens = list(TOKEN.finditer(data))
            start, end = draw.choice(tokens).span()
            data[start:end] = draw.choice([*BYTES, draw.choice(tokens).group()])
        elif kind < 0.6:
            data[at] = draw.choice([0, 255, data[at] ^ (1 << draw.randrange(8))])
        elif kind < 0.7:
            del data[at : at + draw.choice([1, 4, 50])]
        elif kind < 0.85:
            data[at:at] = draw.randbytes(draw.choice([1, 4, 16]))
        else:
            length, other = draw.choice([4, 8, 64]), draw.randrange(len(data))
            data[at : at + length] = data[other : other + length]
        if not data:
            break
    return bytes(data)


def damaged_file(path: Path, draw: random.Random) -> bytes:
    """A file damaged inside: what holds it together, such as an archive's checksums, is right again."""
    content = path.read_bytes()
    if content.startswith(b"PK"):
        file = io.BytesIO()
        with zipfile.ZipFile(path) as given, zipfile.ZipFile(file, "w") as made:
            names = given.namelist()
            chosen = draw.choice([name for name in names if name.endswith(("config.json", ".h5", "data.pkl"))])
            for name in names:
                entry = given.read(name)
                made.writestr(name, damaged(entry, draw, is_json=name.endswith("json")) if name == chosen else entry)
        return file.getvalue()
    if path.suffix == ".safetensors":
        end = 8 + int.from_bytes(content[:8], "little")
        header = damaged(content[8:end], draw, is_json=True)
        return len(header).to_bytes(8, "little") + header + content[end:]
    return damaged(content, draw, is_json=False)


def outcome(path: Path, file: Path, draw: random.Random) -> str:
    """What happens to a damaged copy: "read", or the name of the exception."""
    file.write_bytes(damaged_file(path, draw))
    try:
        if path.suffix in (".keras", ".h5"):
            chainrule.from_keras(file)
        else:
            chainrule.read_tensors(file)
    except (chainrule.FileFormatError, chainrule.ArgumentError) as error:
        return type(error).__name__ if str(error) else "no message"
    return "read"


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name)
def test_a_damaged_file_is_read_or_refused(path: Path, tmp_path: Path) -> None:
    draw = random.Random(path.name)
    outcomes = Counter(outcome(path, tmp_path / "file", draw) for _ in range(60))
    assert outcomes["FileFormatError"] > 5


def main(seconds: float) -> None:
    """Goes on for so long, and counts the outcomes. A file that takes 20 s ends it."""
    warnings.simplefilter("error")
    draw, end, outcomes = random.Random(time.time_ns()), time.monotonic() + seconds, Counter[str]()
    while time.monotonic() < end:
        faulthandler.dump_traceback_later(20, exit=True)
        outcomes[outcome(draw.choice(SEEDS), Path("damaged-file"), draw)] += 1
    print(sum(outcomes.values()), dict(outcomes))


if __name__ == "__main__":
    main(float(sys.argv[1]))
