"""Fixtures that the tests share, and a line that says which package and library are under test."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule._arrays import RowFunction
from chainrule._library import library

CPYTHON = sys.implementation.name == "cpython"
# A mark for tests of what is freed without the garbage collector, or of sys.getrefcount().
counts_references = pytest.mark.skipif(not CPYTHON, reason="only CPython counts references")


def pytest_report_header() -> str:
    return (
        f"chainrule {chainrule.__version__} ({chainrule.instruction_set()}) in {chainrule.__path__[0]}, "
        f"library {library._name}"
    )


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def network() -> chainrule.Network:
    """4 inputs, 5 tanh units, 3 outputs."""
    return chainrule.Network(4).add_dense(5, "tanh").add_dense(3).build(seed=1)


@pytest.fixture
def x(rng: np.random.Generator) -> np.ndarray:
    """8 rows for the network."""
    return rng.standard_normal((8, 4)).astype(np.float32)


@pytest.fixture
def labels(rng: np.random.Generator) -> np.ndarray:
    """8 classes for the network's 3 outputs."""
    return rng.integers(0, 3, 8)


def recorded_calls(function: RowFunction, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The arguments after the handles, as numbers, of every call of the native function from now on."""
    recorded: list[tuple[Any, ...]] = []
    native = function.native

    def record(*arguments: Any) -> int:
        recorded.append(tuple(argument.value for argument in arguments[-6:]))
        return int(native(*arguments))

    monkeypatch.setattr(function, "native", record)
    return recorded


def collect() -> None:
    """Frees all that nothing reaches. On PyPy, what a freed object held goes with a later collection."""
    for _ in range(1 if CPYTHON else 8):
        gc.collect()


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Another process of this interpreter, with the package and the library that are tested here."""
    tested = {"PYTHONPATH": os.pathsep.join(sys.path), "CHAINRULE_LIBRARY": str(Path(library._name).resolve())}
    return subprocess.run(
        [sys.executable, "-B", *arguments], env={**os.environ, **tested}, capture_output=True, text=True, timeout=300
    )
