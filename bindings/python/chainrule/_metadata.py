"""A network's metadata: texts by key, which its files hold."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, MutableMapping

from ._errors import ArgumentError, ArgumentTypeError, check, results
from ._handles import Handle
from ._library import library
from ._prototypes import Status


class Metadata(MutableMapping[str, str]):
    """Network.metadata: what you set is in the network at once."""

    __slots__ = ("_network",)

    def __init__(self, network: Handle) -> None:
        self._network = network

    def __getitem__(self, key: str) -> str:
        value = ctypes.c_char_p()
        status = library.crl_network_metadata(self._network, _encoded(key, "key"), ctypes.byref(value))
        if status == Status.ERROR_NAME:
            raise KeyError(key)
        check(status)
        return (value.value or b"").decode()

    def __setitem__(self, key: str, value: str) -> None:
        check(library.crl_network_set_metadata(self._network, _encoded(key, "key"), _encoded(value, "value")))

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        check(library.crl_network_set_metadata(self._network, _encoded(key, "key"), None))

    def __iter__(self) -> Iterator[str]:
        return iter([self._at(index)[0] for index in range(len(self))])

    def __len__(self) -> int:
        (count,) = results(library.crl_network_metadata_count, self._network)
        return int(count.value)

    def _at(self, index: int) -> tuple[str, str]:
        key, value = results(library.crl_network_metadata_at, self._network, index)
        return key.value.decode(), value.value.decode()

    def popitem(self) -> tuple[str, str]:
        """Removes the last key, and returns it with its value."""
        count = len(self)
        if count == 0:
            raise KeyError("the network has no metadata")
        item = self._at(count - 1)
        check(library.crl_network_set_metadata(self._network, _encoded(item[0], "key"), None))
        return item

    def clear(self) -> None:
        """Removes all keys."""
        for key in list(self):
            check(library.crl_network_set_metadata(self._network, _encoded(key, "key"), None))

    def __repr__(self) -> str:
        return f"Metadata({dict(self)!r})"


def _encoded(text: str, what: str) -> bytes:
    """A text in C."""
    if not isinstance(text, str):
        raise ArgumentTypeError(f"a metadata {what} must be a string, not {type(text).__name__}")
    if "\0" in text:
        raise ArgumentError(f"the metadata {what} {text!r} holds a null character", Status.ERROR_VALUE)
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ArgumentError(f"the metadata {what} {text!r} holds half a surrogate pair", Status.ERROR_VALUE) from None
