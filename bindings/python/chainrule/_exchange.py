"""What the readers of other libraries' models share: tensors in and out of a network, and optional packages."""

from __future__ import annotations

import importlib
import io
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ._errors import ArgumentError, file_error
from ._files import encoded_path
from ._prototypes import Status
from ._safetensors import malformed, read_safetensors, safetensors_bytes

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._files import AnyPath
    from ._handles import FloatArray


def content_of(path: AnyPath) -> bytes:
    """All bytes of a file."""
    try:
        with open(encoded_path(path), "rb") as file:
            return file.read()
    except OSError as error:
        message = f"cannot read {os.fsdecode(path)}: {error.strerror}"
        raise file_error(message, Status.ERROR_FILE, error.errno, path) from None


def read_tensors(path: AnyPath) -> dict[str, Any]:
    """The tensors of a safetensors file, or what torch.save() wrote: a state_dict, or a checkpoint that holds some.

    torch is not needed, and nothing in a file is run. Of torch.save() it reads the zip archives of torch 1.6 and later:
    dictionaries, lists, numbers and strings around tensors of float32, float64, float16, bfloat16 and int64. It refuses
    all else: a file that asks for another class or function, a compressed entry, a tensor beyond the end of its
    numbers. Memory is bounded by the file's size.

    Parameters
    ----------
    path
        Of a .safetensors, .pt or .pth file. The first bytes tell which it is.

    Returns
    -------
    dict[str, object]
        Read-only numpy arrays by name, in the file's order. bfloat16 becomes float32.

    Raises
    ------
    FileFormatError
        The file is neither, is damaged, or asks for what is not allowed. The message names it.
    FileError
        The file cannot be read.

    Examples
    --------
    >>> checkpoint = chainrule.read_tensors("checkpoint.pt")  # {"epoch": 3, "model": {"fc1.weight": …}}
    >>> network.load_state_dict(checkpoint["model"])
    """
    data = content_of(path)
    if data.startswith(b"PK\3\4"):
        # zipfile takes a while to import.
        from ._torch_file import read_torch

        return read_torch(data)
    if data.startswith(b"\x80"):
        raise malformed("a pickle outside a zip archive, from torch before 1.6: save it again with a newer one")
    return read_safetensors(data)


def tensors_of(network: Any) -> dict[str, FloatArray]:
    """Copies of a built network's parameters and state, by name.

    They come from its file: a view of the parameters would make later predictions slower.
    """
    return read_safetensors(network.to_bytes())


def set_tensors(network: Any, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
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
    return ArgumentError(message, Status.ERROR_VALUE)


def package(name: str, extra: str) -> Any:
    """An optional package, or ImportError with the command that installs it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"this needs {name}: pip install chainrule[{extra}]") from error
