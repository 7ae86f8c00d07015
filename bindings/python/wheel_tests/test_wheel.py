"""What a built wheel holds. CHAINRULE_WHEEL names it; that it works is for the tests in ../tests, run against it."""

from __future__ import annotations

import os
import sysconfig
import zipfile
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "chainrule"


@pytest.fixture
def wheel() -> zipfile.ZipFile:
    return zipfile.ZipFile(os.environ["CHAINRULE_WHEEL"])


def test_it_holds_the_package_the_library_and_the_licence(wheel: zipfile.ZipFile) -> None:
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    sources = {f"chainrule/{path.relative_to(PACKAGE)}" for path in PACKAGE.rglob("*.py")}
    assert held == sources | {"chainrule/py.typed", "chainrule/libchainrule.so", "chainrule/LICENSE"}


def test_its_library_is_a_shared_object_and_no_link(wheel: zipfile.ZipFile) -> None:
    library = wheel.read("chainrule/libchainrule.so")
    assert library[:4] == b"\x7fELF"
    assert len(library) > 50_000


def test_its_tag_is_this_platform_and_any_python(wheel: zipfile.ZipFile) -> None:
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    assert Path(wheel.filename or "").stem.endswith(f"-py3-none-{platform}")
    (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/WHEEL"))
    lines = wheel.read(metadata).decode().splitlines()
    assert f"Tag: py3-none-{platform}" in lines
    assert "Root-Is-Purelib: false" in lines


def test_numpy_is_its_only_dependency(wheel: zipfile.ZipFile) -> None:
    (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    lines = wheel.read(metadata).decode().splitlines()
    needed = [line for line in lines if line.startswith("Requires-Dist:") and "extra ==" not in line]
    assert [line.split()[1].split(">")[0] for line in needed] == ["numpy"]
    assert "Requires-Python: >=3.9" in lines
