"""The strings that stand for the library's enumerators: "relu" for Activation.RELU."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from functools import cache

from ._errors import ArgumentError, ArgumentTypeError
from ._prototypes import Status


@cache
def names(kind: type[IntEnum]) -> dict[str, IntEnum]:
    """The enumerators by their names. That for custom functions is left out: no string stands for it."""
    return {member.name.lower(): member for member in kind if member.name != "CUSTOM"}


def name_of(kind: type[IntEnum], value: int) -> str:
    """The name of an enumerator; "custom" of that for custom functions."""
    return kind(value).name.lower()


def enumerator(kind: type[IntEnum], name: str, what: str) -> IntEnum:
    """The enumerator of that name, or ArgumentError with the valid names."""
    members = names(kind)
    check_name(members, name, what)
    return members[name]


def check_name(valid: Iterable[str], name: str, what: str) -> None:
    """Raises ArgumentError with the valid names unless this is one of them."""
    if not isinstance(name, str):
        raise ArgumentTypeError(f"{what} must be one of the strings {', '.join(valid)}, not {type(name).__name__}")
    if name not in valid:
        raise ArgumentError(f"unknown {what} {name!r}; there are {', '.join(valid)}", Status.ERROR_VALUE)
