"""What the source distribution holds. CHAINRULE_SDIST names it; Tools/test-wheel builds a wheel from it."""

from __future__ import annotations

import os
import tarfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]


class File(NamedTuple):
    mode: int
    content: bytes


@pytest.fixture(scope="module")
def files() -> dict[str, File]:
    """By their paths below its one folder."""
    path = Path(os.environ["CHAINRULE_SDIST"])
    folder = path.name[: -len(".tar.gz")] + "/"
    found = {}
    with tarfile.open(path) as sdist:
        for member in sdist:
            source = sdist.extractfile(member) if member.isreg() else None
            assert source is not None, f"{member.name} is no file"
            assert member.name.startswith(folder)
            found[member.name[len(folder) :]] = File(member.mode, source.read())
    return found


@pytest.mark.parametrize("folder", ["Sources", "include", "bindings/python/chainrule"])
def test_it_holds_every_source(files: dict[str, File], folder: str) -> None:
    for path in (CHECKOUT / folder).rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            assert files[str(path.relative_to(CHECKOUT))].content == path.read_bytes(), path


def test_it_holds_what_goes_with_them(files: dict[str, File]) -> None:
    assert files.keys() >= {"CHANGELOG.md", "LICENSE", "Makefile", "Package.swift", "PKG-INFO", "pyproject.toml"}


def test_it_holds_nothing_that_was_built(files: dict[str, File]) -> None:
    for name in files:
        assert not {"build", ".git", ".build", "__pycache__"} & set(Path(name).parts)
        assert not name.endswith((".so", ".a", ".o", ".pyc"))


def test_its_programs_can_be_run(files: dict[str, File]) -> None:
    assert all(file.mode & 0o111 for name, file in files.items() if name.startswith("Tools/"))


def test_its_metadata_is_the_wheels(files: dict[str, File]) -> None:
    with zipfile.ZipFile(os.environ["CHAINRULE_WHEEL"]) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        assert files["PKG-INFO"].content == wheel.read(name)
