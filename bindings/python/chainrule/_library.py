"""Finds the shared library, loads it and declares its functions."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from . import _prototypes

_NAME = "libchainrule.so"


def _candidates() -> list[Path]:
    """Where the library may lie: the environment's choice alone, or else the wheel's copy, then a checkout's build."""
    chosen = os.environ.get("CHAINRULE_LIBRARY")
    if chosen:
        return [Path(chosen)]
    package = Path(__file__).resolve().parent
    places = [package / _NAME]
    if package.parts[-3:] == ("bindings", "python", "chainrule"):
        places.append(package.parents[2] / "build" / "lib" / _NAME)
    return places


def _load() -> ctypes.CDLL:
    places = _candidates()
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        looked = ", ".join(str(place) for place in places)
        raise ImportError(
            f"chainrule cannot find its native library (looked for {looked}). Install the wheel, run `make` in a "
            f"checkout, or set CHAINRULE_LIBRARY to the path of {_NAME}."
        )
    try:
        library = ctypes.CDLL(str(found))
        version = library.crl_version()
    except (OSError, AttributeError) as error:
        raise ImportError(f"chainrule cannot use the native library {found}: {error}") from error
    # Structures only grow at their end and carry their size, so a differing patch version is harmless.
    if version // 100 != _prototypes.CRL_VERSION // 100:
        raise ImportError(
            f"the native library {found} has version {_version_text(version)}, but this package was made for "
            f"{_version_text(_prototypes.CRL_VERSION)}"
        )
    _prototypes.declare(library)
    return library


def _version_text(version: int) -> str:
    return f"{version // 10000}.{version // 100 % 100}.{version % 100}"


library: ctypes.CDLL = _load()
__version__: str = library.crl_version_string().decode()


def instruction_set() -> str:
    """The instruction set that networks built now would compute with: "avx512", "avx2", "baseline" or "neon"."""
    name: bytes = library.crl_instruction_set()
    return name.decode()
