"""Reads Keras' files: the description of a model, and its weights. Nothing that a file says is run."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

from ._archive import Archive
from ._exchange import content_of
from ._hdf5 import SIGNATURE, Hdf5
from ._safetensors import malformed, parsed_json

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._files import AnyPath

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

    Attributes
    ----------
    config
        The model's: "class_name" and "config".
    version
        Of the Keras that wrote it, such as "3.15.1"; "" if it does not say.
    """

    def __init__(self, path: AnyPath) -> None:
        data = content_of(path)
        self._is_archive = data.startswith(b"PK\3\4")
        if self._is_archive:
            archive = Archive(data)
            config = archive.entry("config.json")
            metadata = parsed_json(archive.entry("metadata.json"), "metadata.json")
            self.version = str(metadata.get("keras_version", "")) if isinstance(metadata, dict) else ""
            self._file = Hdf5(archive.entry("model.weights.h5"))
        elif data.startswith(SIGNATURE):
            self._file = Hdf5(data)
            texts = self._file.texts("", "model_config")
            if not texts:
                raise malformed("the file holds weights without a model: save the model, not its weights")
            config = texts[0].encode()
            self.version = "".join(self._file.texts("", "keras_version") or [])
        else:
            raise malformed("the file is neither an archive of Keras nor HDF5")
        self.config = parsed_json(config, "the model's config")

    def weights(self, layers: list[tuple[str, str]]) -> dict[str, list[npt.NDArray[Any]]]:
        """The weights of layers, given by class and name, in Keras' order: read-only as they lie in the file."""
        if not self._is_archive:
            return {name: self._named(name) for _, name in layers}
        # A group has its layer's class as a name, and a number: the layers' own names are not the file's.
        used: dict[str, int] = {}
        found = {}
        for kind, name in layers:
            snake = re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", kind)).lower()
            group = f"layers/{snake}_{used[snake]}" if snake in used else f"layers/{snake}"
            used[snake] = used.get(snake, 0) + 1
            places = _PLACES.get(kind, ["vars"])
            found[name] = [array for place in places for array in self._numbered(f"{group}/{place}")]
        return found

    def _numbered(self, path: str) -> list[npt.NDArray[Any]]:
        return [self._file.array(f"{path}/{number}") for number in sorted(self._file.names(path), key=int)]

    def _named(self, name: str) -> list[npt.NDArray[Any]]:
        path = f"model_weights/{name}"
        names = self._file.texts(path, "weight_names")
        if names is None:
            # A long list is in parts.
            parts = (self._file.texts(path, f"weight_names{number}") for number in itertools.count())
            names = [each for part in itertools.takewhile(lambda part: part is not None, parts) for each in part or []]
        return [self._file.array(f"{path}/{each}") for each in names]
