"""The examples in the package's README, run as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    examples = re.findall(
        r"^```python(?: continued)?\n(.*?)^```", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert len(examples) == 2
    names: dict[str, Any] = {}
    for example in examples:
        exec(compile(example, str(README), "exec"), names)
    assert "Network(3 -> dense 32 relu -> dense 2 identity, 194 parameters) accuracy 0.9" in capsys.readouterr().out
    assert names["workspace"].delta("0").shape == (800, 32)
    np.testing.assert_array_equal(names["network"].unflatten(names["gradients"])["0.weight"].shape, (32, 3))
