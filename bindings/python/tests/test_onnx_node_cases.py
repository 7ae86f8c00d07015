"""The node cases that the newest onnx package generates: none may be wrong, and those of the list must pass."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("onnx", reason="Tools/setup-python installs onnx")
pytest.importorskip("ml_dtypes", reason="Tools/setup-python installs ml_dtypes")
from onnx_node_cases import results_of

PASSING = Path(__file__).with_name("onnx_node_cases.txt")


def test_node_cases() -> None:
    results = results_of()
    assert len(results) > 1500
    assert [f"{result.name}: {result.why}" for result in results if result.outcome == "wrong"] == []
    listed = set(PASSING.read_text().split())
    refused = [f"{result.name}: {result.why}" for result in results if result.outcome == "refused" and result.name in listed]
    assert refused == []
    assert sum(result.outcome == "passed" for result in results) >= 0.9 * len(listed)
