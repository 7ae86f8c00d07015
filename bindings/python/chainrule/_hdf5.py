"""Reads arrays and texts from HDF5 as h5py writes it by default, by the HDF5 File Format Specification, version 3.

The HDF5 library is not used: damaged files can make it hang. Every address is checked before it is read.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from ._safetensors import malformed

if TYPE_CHECKING:
    import numpy.typing as npt

SIGNATURE = b"\x89HDF\r\n\x1a\n"

# Kinds of messages in an object's header.
_DATASPACE, _DATATYPE, _EXTERNAL, _LAYOUT, _FILTERS, _ATTRIBUTE, _CONTINUATION, _SYMBOLS = 1, 3, 7, 8, 11, 12, 16, 17
# What only newer formats have: links, and groups and attributes that hold many.
_NEWER = {2: "a group", 6: "a link", 21: "attributes"}
# The bits of exponent and mantissa.
_FLOATS = {2: (5, 10), 4: (8, 23), 8: (11, 52)}


class Hdf5:
    """A file in memory. Paths are names with slashes between."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        # No file has as many parts as this. A damaged one can have circles.
        self._left = len(data)
        if not data.startswith(SIGNATURE):
            raise malformed("no HDF5: the signature is another")
        version, widths = self._bytes(8, 1)[0], self._bytes(13, 2)
        if version > 1 or widths != b"\x08\x08":
            raise malformed(f"HDF5 with a superblock of version {version}; only 0 and 1 are read, as h5py writes them")
        start = 24 if version == 0 else 28
        (base,) = self._numbers("Q", start)
        if base != 0:
            raise malformed(f"HDF5 that begins at byte {base} of the file; only 0 is read")
        _, self._root = self._numbers("QQ", start + 32)

    def names(self, path: str) -> list[str]:
        """The names in a group; none if it does not exist."""
        address = self._find(path)
        return [] if address is None else list(self._children(address))

    def texts(self, path: str, name: str) -> list[str] | None:
        """The texts of an attribute, or None if there is no such one."""
        address = self._find(path)
        if address is None:
            return None
        for at, size in self._messages(address, _ATTRIBUTE):
            read = self._attribute(at, size, name)
            if read is not None:
                return read
        return None

    def array(self, path: str) -> npt.NDArray[Any]:
        """The numbers of a dataset: a read-only array on the file's bytes."""
        address = self._find(path)
        if address is None:
            raise malformed(f"the file has no {path}")
        parts = {kind: self._messages(address, kind) for kind in (_DATASPACE, _DATATYPE, _LAYOUT, _FILTERS, _EXTERNAL)}
        if parts[_FILTERS] or parts[_EXTERNAL]:
            raise malformed(f"{path} is compressed or in another file; only contiguous numbers are read")
        if not all(len(parts[kind]) == 1 for kind in (_DATASPACE, _DATATYPE, _LAYOUT)):
            raise malformed(f"{path} is no dataset")
        shape = self._dataspace(*parts[_DATASPACE][0], path)
        dtype = self._float(*parts[_DATATYPE][0], path)
        version, how = self._numbers("BB", parts[_LAYOUT][0][0])
        if version not in (3, 4) or how not in (0, 1):
            raise malformed(f"{path} is in chunks, or virtual; only contiguous numbers are read")
        if how == 1:
            at, size = self._numbers("QQ", parts[_LAYOUT][0][0] + 2)
        else:
            (size,), at = self._numbers("H", parts[_LAYOUT][0][0] + 2), parts[_LAYOUT][0][0] + 4
        count = math.prod(shape)
        if count == 0:
            return np.empty(shape, dtype)
        if count * dtype.itemsize != size:
            raise malformed(f"{path} of shape {shape} has {size} bytes")
        self._bytes(at, size)
        return np.frombuffer(self._data, dtype, count, at).reshape(shape)

    # Bytes

    def _bytes(self, at: int, size: int) -> bytes:
        if at > len(self._data) - size:
            raise malformed(f"damaged HDF5: {size} bytes at {at} of {len(self._data)}")
        return self._data[at : at + size]

    def _numbers(self, form: str, at: int) -> tuple[int, ...]:
        form = f"<{form}"
        return struct.unpack(form, self._bytes(at, struct.calcsize(form)))

    def _signed(self, at: int, signature: bytes) -> int:
        """The place after a signature."""
        self._count()
        if self._bytes(at, len(signature)) != signature:
            raise malformed(f"damaged HDF5: no {signature.decode()} at {at}")
        return at + len(signature)

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise malformed("damaged HDF5: it has more parts than bytes")

    # Groups

    def _find(self, path: str) -> int | None:
        """Where the header of an object is."""
        address = self._root
        for name in filter(None, path.split("/")):
            children = self._children(address)
            if name not in children:
                return None
            address = children[name]
        return address

    def _children(self, address: int) -> dict[str, int]:
        """Where the headers of a group's objects are, by name."""
        found: dict[str, int] = {}
        for at, _ in self._messages(address, _SYMBOLS):
            tree, heap = self._numbers("QQ", at)
            _, size, _, names = self._numbers("IQQQ", self._signed(heap, b"HEAP"))
            self._nodes(tree, self._bytes(names, size), found, None)
        return found

    def _nodes(self, address: int, names: bytes, found: dict[str, int], above: int | None) -> None:
        at = self._signed(address, b"TREE")
        kind, level, used = self._numbers("BBH", at)
        if kind != 0 or (level != above - 1 if above is not None else level > 16):
            raise malformed(f"damaged HDF5: a node of kind {kind} and level {level} at {address}")
        for index in range(used):
            (child,) = self._numbers("Q", at + 28 + 16 * index)
            if level:
                self._nodes(child, names, found, level)
            else:
                self._symbols(child, names, found)

    def _symbols(self, address: int, names: bytes, found: dict[str, int]) -> None:
        at = self._signed(address, b"SNOD")
        _, used = self._numbers("HH", at)
        for index in range(used):
            self._count()
            place, header, kind = self._numbers("QQI", at + 4 + 40 * index)
            name = names[place : names.find(b"\0", place)].decode("utf-8", "replace")
            if kind == 2:
                raise malformed(f"{name!r} is a link; only a file's own data are read")
            found[name] = header

    # Objects

    def _messages(self, address: int, wanted: int) -> list[tuple[int, int]]:
        """The places and sizes of an object's messages of one kind."""
        version, _, count, _, size = self._numbers("BBHII", address)
        if version != 1:
            raise malformed(f"HDF5 with an object of version {version}; only 1 is read, as h5py writes it")
        found, blocks = [], [(address + 16, size)]
        while blocks:
            at, size = blocks.pop()
            end = at + size
            while at + 8 <= end and count > 0:
                self._count()
                kind, length, flags = self._numbers("HHB", at)
                at, count = at + 8, count - 1
                self._bytes(at, length)
                if kind == _CONTINUATION:
                    place, size = self._numbers("QQ", at)
                    blocks.append((place, size))
                elif kind in _NEWER:
                    raise malformed(f"HDF5 with {_NEWER[kind]} of a newer format than h5py writes by default")
                elif kind == wanted:
                    if flags & 2:
                        raise malformed("HDF5 with a type that several objects share, which is not read")
                    found.append((at, length))
                at += length
        return found

    def _dataspace(self, at: int, size: int, what: str) -> tuple[int, ...]:
        version, rank = self._numbers("BB", at)
        start = {1: 8, 2: 4}.get(version)
        if start is None or rank > 32 or start + 8 * rank > size:
            raise malformed(f"damaged HDF5: the shape of {what}")
        return self._numbers(f"{rank}Q", at + start)

    def _float(self, at: int, size: int, what: str) -> np.dtype[Any]:
        kind, order, _, _, width = self._numbers("BBBBI", at)
        if kind & 15 != 1 or size < 20 or order & 0x40:
            raise malformed(f"{what} does not hold floating-point numbers")
        _, bits, _, exponent, _, mantissa = self._numbers("HHBBBB", at + 8)
        if bits != 8 * width or _FLOATS.get(width) != (exponent, mantissa):
            raise malformed(f"{what} holds floating-point numbers of {width} bytes that are not IEEE's")
        return np.dtype(f"{'>' if order & 1 else '<'}f{width}")

    def _attribute(self, at: int, size: int, name: str) -> list[str] | None:
        """The texts of an attribute if it has this name."""
        version, _, *sizes = self._numbers("BBHHH", at)
        if version not in (1, 2, 3):
            raise malformed(f"HDF5 with an attribute of version {version}")
        start, pad = (9, 1) if version == 3 else (8, 8 if version == 1 else 1)
        places = [at + start]
        for length in sizes:
            places.append(places[-1] + -(-length // pad) * pad)
        if self._bytes(places[0], sizes[0]).rstrip(b"\0") != name.encode():
            return None
        if places[3] > at + size:
            raise malformed(f"damaged HDF5: the attribute {name}")
        count = math.prod(self._dataspace(places[2], sizes[2], name))
        kind, what, _, _, width = self._numbers("BBBBI", places[1])
        if kind & 15 not in (3, 9) or (kind & 15 == 9 and (what & 15, width) != (1, 16)) or width == 0:
            # An empty list is one of numbers.
            if count == 0:
                return []
            raise malformed(f"the attribute {name} is no text")
        if count * width > at + size - places[3]:
            raise malformed(f"damaged HDF5: the attribute {name}")
        read = self._fixed if kind & 15 == 3 else self._variable
        return [read(places[3] + index * width, width) for index in range(count)]

    def _fixed(self, at: int, width: int) -> str:
        return self._bytes(at, width).rstrip(b"\0").decode("utf-8", "replace")

    def _variable(self, at: int, _: int) -> str:
        length, heap, wanted = self._numbers("IQI", at)
        if length == 0:
            return ""
        place = self._signed(heap, b"GCOL")
        _, size = self._numbers("IQ", place)
        place, end = place + 12, heap + size
        while place + 16 <= end:
            self._count()
            index, _, _, size = self._numbers("HHIQ", place)
            if index == wanted and length <= size:
                return self._bytes(place + 16, length).decode("utf-8", "replace")
            if index == 0:
                break
            place += 16 + -(-size // 8) * 8
        raise malformed(f"damaged HDF5: no text {wanted} at {heap}")
