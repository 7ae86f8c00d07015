"""How the package finds its library, and what it says when it cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import run_python

import chainrule
from chainrule import _library, _prototypes


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    missing = tmp_path / "elsewhere.so"
    monkeypatch.setenv("CHAINRULE_LIBRARY", str(missing))
    with pytest.raises(ImportError, match=r"elsewhere\.so.*make.*CHAINRULE_LIBRARY"):
        _library._load()
    missing.write_bytes(b"no library")
    with pytest.raises(ImportError, match=r"cannot use the native library .*elsewhere\.so"):
        _library._load()


def test_another_library_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_LIBRARY", np.linalg._umath_linalg.__file__)
    with pytest.raises(ImportError, match="crl_version"):
        _library._load()


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_LIBRARY", _library.library._name)
    assert _library._load().crl_version() == _prototypes.CRL_VERSION
    monkeypatch.setattr(_prototypes, "CRL_VERSION", _prototypes.CRL_VERSION + 100)
    with pytest.raises(ImportError, match=r"has version 0\.\d+\.\d+, but this package was made for 0\.\d+\.\d+"):
        _library._load()


def test_the_package_carries_its_library_or_lies_in_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHAINRULE_LIBRARY", raising=False)
    package = Path(_library.__file__).resolve().parent
    first, *others = map(Path, _library._candidates())
    assert first == package / "libchainrule.so"
    assert all(other.parts[-3:] == ("build", "lib", "libchainrule.so") for other in others)


def imported_by(program: str) -> set[str]:
    """The modules that a program imports, beside those that every program has."""
    return set(
        run_python(
            "-c", f"import sys; before = set(sys.modules); {program}; print(*set(sys.modules) - before)"
        ).stdout.split()
    )


def test_importing_it_takes_no_time() -> None:
    loaded = imported_by("import chainrule")
    assert "chainrule" in loaded
    assert {name for name in loaded if name.startswith(("chainrule.", "numpy", "ctypes"))} == set()


def test_a_network_imports_nothing_slow() -> None:
    """Beyond numpy: these take as long as all of the package; and only what few programs use."""
    slow = {"dataclasses", "inspect", "json", "html", "numpy.typing", "pathlib", "tqdm", "matplotlib", "pandas"}
    loaded = imported_by("import numpy; before = set(sys.modules); from chainrule import Network")
    assert "chainrule._network" in loaded
    assert not slow & loaded
    assert not {"chainrule._models", "chainrule._keras", "chainrule._plots", "chainrule._state_tensors"} & loaded


def test_every_name_has_its_home() -> None:
    assert {"Network", "Status", "distributed", "layers", "__version__"} <= set(chainrule.__all__)
    assert set(chainrule.__all__) <= set(dir(chainrule))
    for name in chainrule.__all__:
        assert getattr(chainrule, name) is getattr(chainrule, name)
    with pytest.raises(AttributeError, match="module 'chainrule' has no attribute 'Netwerk'"):
        chainrule.Netwerk  # noqa: B018
