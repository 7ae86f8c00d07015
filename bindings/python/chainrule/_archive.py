"""Zip archives as torch and Keras write them."""

from __future__ import annotations

import io
import zipfile

from ._safetensors import malformed

# What zipfile raises for damage: some of it comes from struct and from seeking.
_DAMAGE = (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, OverflowError, ValueError)


class Archive:
    """A zip archive whose entries are not compressed: what is read of it needs no more memory than the file.

    Attributes
    ----------
    names
        Of its entries.
    """

    def __init__(self, data: bytes) -> None:
        # Entries can overlap. Together they are no longer than the file.
        self._left = len(data)
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
            self.names = self._archive.namelist()
        except _DAMAGE as error:
            raise malformed(f"a damaged zip archive: {error}") from None

    def entry(self, name: str) -> bytes:
        """The bytes of an entry."""
        if name not in self.names:
            raise malformed(f"the archive has no entry {name!r}")
        info = self._archive.getinfo(name)
        if info.compress_type != zipfile.ZIP_STORED:
            raise malformed(f"the entry {name!r} is compressed, which neither torch nor Keras does")
        self._left -= info.file_size
        if self._left < 0:
            raise malformed(f"the archive's entries, with {name!r}, are longer than the file")
        try:
            return self._archive.read(info)
        except _DAMAGE as error:
            raise malformed(f"a damaged zip archive: {error}") from None
