"""The node cases that the newest onnx package generates: none may be wrong, and those of the list must pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import run_python

pytest.importorskip("onnx", reason="Tools/setup-python installs onnx")
pytest.importorskip("ml_dtypes", reason="Tools/setup-python installs ml_dtypes")

FOLDER = Path(__file__).parent


def test_node_cases() -> None:
    """In a process of its own: the cases run in children, which a crash may end."""
    ran = run_python(str(FOLDER / "onnx_node_cases.py"), "--verbose")
    outcomes: dict[str, dict[str, str]] = {"passed": {}, "refused": {}, "wrong": {}}
    for line in ran.stdout.splitlines():
        outcome, _, rest = line.partition(" ")
        if outcome in outcomes:
            name, _, why = rest.partition(" ")
            outcomes[outcome][name] = why
    assert outcomes["wrong"] == {}
    assert ran.returncode == 0, ran.stderr
    listed = set((FOLDER / "onnx_node_cases.txt").read_text().split())
    assert {name: why for name, why in outcomes["refused"].items() if name in listed} == {}
    assert len(outcomes["passed"]) >= 0.9 * len(listed) > 500
