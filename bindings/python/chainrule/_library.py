"""Finds the shared library, loads it and declares its functions."""

from __future__ import annotations

import ctypes
import os

from . import _prototypes

_NAME = "libchainrule.so"


def _candidates() -> list[str]:
    """The places to look: the environment's choice alone, or else the wheel's copy, then a checkout's build."""
    chosen = os.environ.get("CHAINRULE_LIBRARY")
    if chosen:
        return [chosen]
    # Avoid pathlib: importing it takes as long as everything else here.
    package = os.path.dirname(os.path.realpath(__file__))
    places = [os.path.join(package, _NAME)]
    above, name = os.path.split(package)
    if name == "chainrule" and above.endswith(os.path.join(os.sep, "bindings", "python")):
        places.append(os.path.join(os.path.dirname(os.path.dirname(above)), "build", "lib", _NAME))
    return places


def _load() -> ctypes.CDLL:
    places = _candidates()
    found = next((place for place in places if os.path.isfile(place)), None)
    if found is None:
        looked = ", ".join(places)
        raise ImportError(
            f"chainrule cannot find its native library (looked for {looked}). Install the wheel, run `make` in a "
            f"checkout, or set CHAINRULE_LIBRARY to the path of {_NAME}."
        )
    try:
        library = ctypes.CDLL(found)
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
