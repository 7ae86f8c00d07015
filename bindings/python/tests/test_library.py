"""How the package finds its library, and what it says when it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import run_python

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
    import _ctypes

    monkeypatch.setenv("CHAINRULE_LIBRARY", _ctypes.__file__)
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


def test_importing_it_imports_nothing_slow() -> None:
    """Beyond numpy: these take as long as all of the package."""
    slow = {"dataclasses", "inspect", "numpy.typing", "pathlib", "tqdm"}
    program = "import sys, numpy; before = set(sys.modules); import chainrule; print(*set(sys.modules) - before)"
    loaded = run_python("-c", program).stdout.split()
    assert "chainrule" in loaded
    assert not slow & set(loaded)
