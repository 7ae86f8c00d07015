"""What a built wheel holds. CHAINRULE_WHEEL names it; that it works is for the tests in ../tests, run against it."""

from __future__ import annotations

import os
import platform
import re
import zipfile
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "chainrule"


@pytest.fixture
def wheel() -> zipfile.ZipFile:
    return zipfile.ZipFile(os.environ["CHAINRULE_WHEEL"])


def metadata(wheel: zipfile.ZipFile, name: str) -> Message:
    (path,) = (path for path in wheel.namelist() if path.endswith(f".dist-info/{name}"))
    return BytesParser().parsebytes(wheel.read(path))


def test_it_holds_the_package_the_library_and_the_licence(wheel: zipfile.ZipFile) -> None:
    files = {name for name in wheel.namelist() if not name.endswith("/")}
    held = {name for name in files if ".dist-info/" not in name}
    sources = {f"chainrule/{path.relative_to(PACKAGE)}" for end in ("py", "pyi") for path in PACKAGE.rglob(f"*.{end}")}
    assert held == sources | {"chainrule/py.typed", "chainrule/libchainrule.so"}
    (licence,) = (name for name in files if name.endswith(".dist-info/licenses/LICENSE"))
    assert wheel.read(licence) == (PACKAGE.parents[2] / "LICENSE").read_bytes()


def test_its_library_is_a_shared_object_and_no_link(wheel: zipfile.ZipFile) -> None:
    library = wheel.read("chainrule/libchainrule.so")
    assert library[:4] == b"\x7fELF"
    assert len(library) > 50_000


def test_its_tag_is_any_python_and_the_glibc_that_the_library_needs(wheel: zipfile.ZipFile) -> None:
    library = wheel.read("chainrule/libchainrule.so")
    needed = max(int(minor) for minor in re.findall(rb"\0GLIBC_2\.(\d+)", library))
    tag = f"py3-none-manylinux_2_{needed}_{platform.machine()}"
    assert Path(wheel.filename or "").stem.endswith(f"-{tag}")
    assert metadata(wheel, "WHEEL").get_all("Tag") == [tag]
    assert metadata(wheel, "WHEEL")["Root-Is-Purelib"] == "false"


def test_numpy_is_its_only_dependency(wheel: zipfile.ZipFile) -> None:
    needed = [line for line in metadata(wheel, "METADATA").get_all("Requires-Dist", []) if "extra ==" not in line]
    assert [re.split("[<>=]", line)[0] for line in needed] == ["numpy"]
    assert metadata(wheel, "METADATA")["Requires-Python"] == ">=3.9"


def test_its_licence_is_an_expression_and_a_file(wheel: zipfile.ZipFile) -> None:
    assert metadata(wheel, "METADATA")["License-Expression"] == "MIT"
    assert metadata(wheel, "METADATA").get_all("License-File") == ["LICENSE"]


def test_its_description_has_no_link_that_only_a_checkout_can_follow(wheel: zipfile.ZipFile) -> None:
    links = re.findall(r"\]\(([^)]*)\)", str(metadata(wheel, "METADATA").get_payload()))
    assert [link for link in links if not link.startswith(("https://", "#"))] == []
