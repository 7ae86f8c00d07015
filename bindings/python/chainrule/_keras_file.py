"""Reads Keras' files: the description of a model, and its weights. Nothing that a file says is run."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from ._exchange import content_of, package
from ._safetensors import malformed, parsed_json

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._files import AnyPath

# More than any description, or what a hostile file may take for one.
_LONGEST_CONFIG = 16_000_000

# Where a layer's weights are in its group, if not in "vars".
_PLACES = {
    "SimpleRNN": ["cell/vars"],
    "GRU": ["cell/vars"],
    "LSTM": ["cell/vars"],
    "Bidirectional": ["forward_layer/cell/vars", "backward_layer/cell/vars"],
    "TimeDistributed": ["layer/vars"],
}


class KerasFile:
    """A .keras archive, or a file of HDF5.

    Attributes:
        config: the model's: "class_name" and "config".
        version: of the Keras that wrote it, such as "3.15.1"; "" if it does not say.
    """

    def __init__(self, path: AnyPath) -> None:
        h5py = package("h5py", "keras")
        data = content_of(path)
        self._size = len(data)
        self._h5py = h5py
        self._is_archive = data.startswith(b"PK\3\4")
        metadata: Any
        if self._is_archive:
            config, metadata, data = self._entries(data)
        if not data.startswith(b"\x89HDF\r\n\x1a\n"):
            raise malformed("the file is neither an archive of Keras nor HDF5")
        try:
            self._file = h5py.File(io.BytesIO(data), "r")
            if not self._is_archive:
                metadata = self._file.attrs
                config = self._file.attrs.get("model_config")
                if config is None:
                    raise malformed("the file holds weights without a model: save the model, not its weights")
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            raise _damaged(error) from None
        self.config = parsed_json(config if isinstance(config, bytes) else str(config).encode(), "the model's config")
        version = metadata.get("keras_version", "")
        self.version = version.decode(errors="replace") if isinstance(version, bytes) else str(version)

    def _entries(self, data: bytes) -> tuple[bytes, Any, bytes]:
        import zipfile  # takes a while

        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                found = []
                for name, limit in (
                    ("config.json", _LONGEST_CONFIG),
                    ("metadata.json", _LONGEST_CONFIG),
                    ("model.weights.h5", max(2**26, 16 * len(data))),
                ):
                    if name not in archive.namelist():
                        raise malformed(f"the archive has no entry {name}")
                    if archive.getinfo(name).file_size > limit:
                        raise malformed(f"the entry {name} is longer than {limit} bytes")
                    found.append(archive.read(name))
        # What zipfile raises for damage: some of it comes from zlib, struct and from seeking.
        except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, OverflowError) as error:
            raise malformed(f"a damaged zip archive: {error}") from None
        self._size = max(self._size, len(found[2]))
        metadata = parsed_json(found[1], "metadata.json")
        return found[0], metadata if isinstance(metadata, dict) else {}, found[2]

    def weights(self, layers: list[tuple[str, str]]) -> dict[str, list[npt.NDArray[Any]]]:
        """The weights of layers, given by class and name, in Keras' order: read-only as they lie in the file."""
        try:
            if self._is_archive:
                return self._archived(layers)
            return {name: self._named(name) for _, name in layers}
        # What h5py raises for damage.
        except (OSError, RuntimeError, KeyError, TypeError, AttributeError, UnicodeError) as error:
            raise _damaged(error) from None

    def _archived(self, layers: list[tuple[str, str]]) -> dict[str, list[npt.NDArray[Any]]]:
        # A group has its layer's class as a name, and a number: the layers' own names are not the file's.
        used: dict[str, int] = {}
        found = {}
        for kind, name in layers:
            snake = re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", kind)).lower()
            group = f"layers/{snake}_{used[snake]}" if snake in used else f"layers/{snake}"
            used[snake] = used.get(snake, 0) + 1
            found[name] = [
                array for place in _PLACES.get(kind, ["vars"]) for array in self._numbered(f"{group}/{place}")
            ]
        return found

    def _numbered(self, path: str) -> list[npt.NDArray[Any]]:
        group = self._at(path)
        return [] if group is None else [self._array(f"{path}/{number}") for number in sorted(group, key=int)]

    def _named(self, name: str) -> list[npt.NDArray[Any]]:
        group = self._at(f"model_weights/{name}")
        if group is None:
            return []
        names = [text.decode() if isinstance(text, bytes) else str(text) for text in group.attrs["weight_names"]]
        return [self._array(f"model_weights/{name}/{each}") for each in names]

    def _at(self, path: str) -> Any:
        """The object there, or None. A link can lead into other files: only names of the file itself are followed."""
        found = self._file
        for name in path.split("/"):
            link = found.get(name, getlink=True) if isinstance(found, self._h5py.Group) else None
            if link is None:
                return None
            if not isinstance(link, self._h5py.HardLink):
                raise malformed(f"{path} is a link; only a file's own data are read")
            found = found[name]
        return found

    def _array(self, path: str) -> npt.NDArray[Any]:
        dataset = self._at(path)
        if not isinstance(dataset, self._h5py.Dataset):
            raise malformed(f"the file has no weights at {path}")
        # Others take more memory than the file has, or lie in other files.
        if dataset.external or dataset.is_virtual or dataset.chunks or dataset.nbytes > self._size:
            raise malformed(f"the weights at {path} are not contiguous numbers in the file")
        if dataset.dtype.kind != "f":
            raise malformed(f"the weights at {path} have the type {dataset.dtype}; floating-point numbers are needed")
        array: npt.NDArray[Any] = np.asarray(dataset[()])
        return array


def _damaged(error: Exception) -> Exception:
    """What to raise for an exception of h5py; our own as it is."""
    if type(error).__module__.startswith(__package__):
        return error
    # In brackets is what HDF5 calls it inside.
    return malformed(f"a damaged file of HDF5: {re.sub(r' [(].*', '', str(error))}")
