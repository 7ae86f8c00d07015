"""Golden rejections: damaged files give the status and message that they always gave. make_rejected.py writes them."""

from __future__ import annotations

import json

import pytest
from make_rejected import FOLDER, attempt

EXPECTED = json.loads((FOLDER / "expected.json").read_text())


@pytest.mark.parametrize("name", EXPECTED)
def test_a_damaged_file_is_refused_as_ever(name: str) -> None:
    kind, status, message = EXPECTED[name]
    assert status != "CRL_OK"
    assert len(message) > 10
    assert attempt(kind, FOLDER / name) == [status, message]


def test_every_file_is_tried() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted([*EXPECTED, "expected.json"])
