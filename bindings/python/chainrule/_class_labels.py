"""The names of a network's classes."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ._errors import ArgumentError, ArgumentTypeError, check, results
from ._library import library
from ._prototypes import Status

if TYPE_CHECKING:
    from ._handles import Handle


def class_labels(owner: Handle, kind: str = "network") -> list[str] | None:
    """The labels of a network, or of an object of another kind; None if it has none."""
    (count,) = results(getattr(library, f"crl_{kind}_class_label_count"), owner)
    find = getattr(library, f"crl_{kind}_class_label")
    return [(results(find, owner, index)[0].value or b"").decode() for index in range(count.value)] or None


def set_class_labels(network: Handle, labels: Iterable[object] | None) -> None:
    """Gives a network labels, or none."""
    if isinstance(labels, (str, bytes)) or not isinstance(labels, (Iterable, type(None))):
        raise ArgumentTypeError(f"class_labels must be a sequence of labels, not {labels!r:.200}")
    texts = [] if labels is None else [_encoded(str(label)) for label in labels]
    check(library.crl_network_set_class_labels(network, (ctypes.c_char_p * len(texts))(*texts), len(texts)))


def _encoded(label: str) -> bytes:
    try:
        text = label.encode()
    except UnicodeEncodeError:
        raise ArgumentError(f"the class label {label!r} is no text", Status.ERROR_VALUE) from None
    if 0 in text:
        raise ArgumentError(f"the class label {label!r} holds a null character", Status.ERROR_VALUE)
    return text
