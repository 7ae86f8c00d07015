"""What the readers of other libraries' models share: tensors in and out of a network, and optional packages."""

from __future__ import annotations

import importlib
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _prototypes
from ._errors import ArgumentError
from ._safetensors import read_safetensors, safetensors_bytes

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._handles import FloatArray
    from ._network import Network


def tensors_of(network: Network) -> dict[str, FloatArray]:
    """Copies of a built network's parameters and state, by name.

    They come from its file: a view of the parameters would make later predictions slower.
    """
    return read_safetensors(network.to_bytes())


def set_tensors(network: Network, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
    """Replaces all parameters and the state of a built network, or nothing."""
    network.load_parameters(io.BytesIO(safetensors_bytes(tensors)))


def as_float32(values: npt.NDArray[Any], what: str) -> FloatArray:
    """The numbers in float32. A finite number that is none there is an error."""
    with np.errstate(over="ignore"):
        converted = values.astype(np.float32)
    if not np.array_equal(np.isfinite(converted), np.isfinite(values)):
        raise refused(f"{what} holds numbers that are too large for float32")
    return converted


def refused(message: str) -> ArgumentError:
    """The exception for a model that cannot be taken over."""
    return ArgumentError(message, _prototypes.CRL_ERROR_VALUE)


def package(name: str, extra: str) -> Any:
    """An optional package, or ImportError with the command that installs it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"this needs {name}: pip install chainrule[{extra}]") from error
