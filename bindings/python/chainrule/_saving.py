"""A network's files: the library's own, ONNX and C source; and its pickles."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from . import _prototypes
from ._arrays import address_of, optional_count, size_error
from ._costs import CostLike
from ._errors import check
from ._files import (
    Destination,
    Origin,
    byte_array,
    encoded_path,
    is_path,
    read_callback,
    saved_bytes,
    write_all,
    write_callback,
)
from ._handles import NativeObject
from ._library import library

if TYPE_CHECKING:
    from ._metadata import Metadata
    from ._network import Network

_Self = TypeVar("_Self", bound="Saving")


class Saving(NativeObject):
    """Saves a network and loads it."""

    __slots__ = ()

    @classmethod
    def _around(cls: type[_Self], pointer: Any) -> _Self:
        network = cls.__new__(cls)
        network._adopt(pointer)
        return network

    def _adopt(self, pointer: Any) -> None:
        raise NotImplementedError

    @property
    def metadata(self) -> Metadata:
        """Texts of yours by key, which files and copies of this built network hold: a mutable mapping of strings.

        Keys of the format itself are refused: format, format_version, architecture, training, and all that begin with
        "chainrule.". What other programs wrote beside a network into its file is there, too.

        Examples
        --------
        >>> network.metadata["author"] = "me"
        """
        from ._metadata import Metadata

        return Metadata(self._open())

    @property
    def recipe(self) -> dict[str, Any] | None:
        """How the network is trained, for whoever gets its file: arguments of fit(), a new Optimizer too; or None.

        Give it the arguments of fit() for cost, optimizer, learning_rate, schedule, epochs, batch_size, shuffle,
        carry_states, seed, validation_split, class_weight, patience and min_delta, or None to forget it. Files hold no
        functions, no optimizer's state, and no settings of single layers. fit() itself does not change it.

        Examples
        --------
        >>> network.recipe = {"cost": "cross_entropy", "optimizer": "adamw", "epochs": 20}
        >>> network.save("model.safetensors")
        >>> network = Network.load("model.safetensors")
        >>> network.fit(x, labels, **network.recipe)
        """
        from ._recipe import recipe_of

        return recipe_of(cast("Network", self))

    @recipe.setter
    def recipe(self, recipe: Mapping[str, Any] | None) -> None:
        from ._recipe import set_recipe

        set_recipe(cast("Network", self), recipe)

    def save(self, path: Destination) -> None:
        """Writes the layers, parameters, metadata and recipe to a safetensors file.

        Parameters
        ----------
        path
            A path, which save() replaces atomically; or an object with write(), such as a file open in binary mode or
            io.BytesIO. What write() raises reaches the caller.
        """
        if is_path(path, "write"):
            check(library.crl_network_save(self._open(), encoded_path(path)), path)
        else:
            check(library.crl_network_save_to_callback(self._open(), write_callback(path), None))

    def to_bytes(self) -> bytes:
        """The bytes that save() writes.

        Returns
        -------
        bytes
            What from_bytes() reads.
        """
        return saved_bytes(library.crl_network_save_to_memory, self._open())

    def save_onnx(self, path: Destination) -> None:
        """Writes an ONNX model of operator set 17, for ONNX Runtime and others, which computes what predict() does.

        A network of load_onnx() keeps the names of its inputs and outputs. A layer without an ONNX form is an error
        that names it.

        Parameters
        ----------
        path
            As for save(). An object with write() gets all bytes at once.
        """
        if is_path(path, "write"):
            check(library.crl_network_save_onnx(self._open(), encoded_path(path)), path)
        else:
            write_all(path, self.to_onnx_bytes())

    def to_onnx_bytes(self) -> bytes:
        """The bytes that save_onnx() writes.

        Returns
        -------
        bytes
            What load_onnx() reads.
        """
        return saved_bytes(library.crl_network_save_onnx_to_memory, self._open())

    def export_c(
        self,
        path: Destination,
        *,
        name: str = "network",
        precision: str = "float32",
        trains: bool = False,
        momentum: bool = False,
        cost: CostLike = "mean_squared_error",
    ) -> None:
        """Writes the network as C99 source, which depends on nothing and allocates nothing (docs/c-source.md).

        It computes what predict() does for one row, with the bits of the network's instruction set; in int8 what a
        Predictor does. A layer without a form in C is an error that names it.

        Parameters
        ----------
        path
            As for save(). An object with write() gets all bytes at once.
        name
            Begins the names of all functions and, in capitals, of all macros.
        precision
            "float32" or "int8".
        trains
            Whether the code also trains, by gradient descent along one row after the other.
        momentum
            Whether a training step has momentum, which takes a number for each parameter.
        cost
            What training minimizes: "mean_squared_error", "cross_entropy" or "binary_cross_entropy_logits".
        """
        from ._c_source import c_source_options

        options, kept = c_source_options(name, precision, trains, momentum, cost)
        if is_path(path, "write"):
            check(library.crl_network_export_c(self._open(), encoded_path(path), options), path)
        else:
            write_all(path, saved_bytes(library.crl_network_export_c_to_memory, self._open(), options))
        del kept

    def to_c_source(
        self,
        *,
        name: str = "network",
        precision: str = "float32",
        trains: bool = False,
        momentum: bool = False,
        cost: CostLike = "mean_squared_error",
    ) -> str:
        """The text that export_c() writes.

        Parameters
        ----------
        name, precision, trains, momentum, cost
            As for export_c().

        Returns
        -------
        str
            One file of C.
        """
        from ._c_source import c_source_options

        options, kept = c_source_options(name, precision, trains, momentum, cost)
        text = saved_bytes(library.crl_network_export_c_to_memory, self._open(), options).decode()
        del kept
        return text

    @classmethod
    def load(cls: type[_Self], path: Origin, memory_limit: int | None = None) -> _Self:
        """Reads a built network from a file written by save().

        Parameters
        ----------
        path
            A path; or an object with read(), such as a file open in binary mode. load() reads up to the end of the
            network and not beyond. What read() raises reaches the caller.
        memory_limit
            The most bytes for the parameters and one row of a prediction; None: 64 MiB, or 16 times the length of a
            path's file if that is more. A file of a few hundred bytes can describe layers of any width.
        """
        limit = given_memory_limit(memory_limit)
        pointer = _prototypes.crl_network()
        if is_path(path, "read"):
            check(library.crl_network_load_limited(encoded_path(path), limit, ctypes.byref(pointer)), path)
        else:
            check(library.crl_network_load_from_callback(read_callback(path), None, limit, ctypes.byref(pointer)))
        return cls._around(pointer)

    @classmethod
    def from_bytes(cls: type[_Self], data: Any, memory_limit: int | None = None) -> _Self:
        """Reads a built network from the bytes of to_bytes().

        Parameters
        ----------
        data
            The bytes.
        memory_limit
            As for load().
        """
        limit = given_memory_limit(memory_limit)
        array = byte_array(data)
        pointer = _prototypes.crl_network()
        check(library.crl_network_load_from_memory(address_of(array), array.size, limit, ctypes.byref(pointer)))
        return cls._around(pointer)

    @classmethod
    def _read(cls: type[_Self], kind: str, model: Any, options: Any) -> _Self:
        """Reads a network of another library: a path, bytes, or an object with read()."""
        pointer = _prototypes.crl_network()
        if isinstance(model, (str, os.PathLike)):
            load = getattr(library, f"crl_network_load_{kind}")
            check(load(encoded_path(model), options, ctypes.byref(pointer)), model)
        else:
            array = byte_array(model.read() if hasattr(model, "read") else model)
            load = getattr(library, f"crl_network_load_{kind}_from_memory")
            check(load(address_of(array), array.size, options, ctypes.byref(pointer)))
        return cls._around(pointer)

    def load_parameters(self, path: Origin) -> None:
        """Reads parameters into this built network. The file must hold the same tensors.

        Parameters
        ----------
        path
            As for load().
        """
        if is_path(path, "read"):
            check(library.crl_network_load_parameters(self._open(), encoded_path(path)), path)
        else:
            check(library.crl_network_load_parameters_from_callback(self._open(), read_callback(path), None))


def given_memory_limit(limit: int | None) -> int:
    """The limit as the library has it: 0 leaves it to the library."""
    given = optional_count(limit, "memory_limit")
    if given == 0:
        raise size_error("memory_limit is 0; at least 1 is needed")
    return given or 0
