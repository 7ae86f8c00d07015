"""What Python callers say of a layer, as the library's layer options."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from typing import Any, Union

from . import _prototypes
from ._callbacks import Activation, activation_callbacks
from ._errors import ArgumentError
from ._names import ACTIVATIONS, INITIALIZERS, enumerator

ActivationLike = Union[
    str,
    Activation,
    "tuple[Callable[..., Any], Callable[..., Any]]",
    "tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]",
]
InitializerLike = Union[str, "tuple[str, float]", "tuple[str, float, float]"]


def encoded(name: str | None) -> bytes | None:
    """A layer's name in C."""
    if name is None:
        return None
    if not isinstance(name, str):
        raise TypeError(f"a name must be a string, not {type(name).__name__}")
    if "\0" in name:
        raise ArgumentError(f"the name {name!r} holds a null character", _prototypes.CRL_ERROR_NAME)
    return name.encode()


def encoded_list(names: Sequence[str]) -> Any:
    """The names of layers, as an array of C strings."""
    if isinstance(names, str):
        raise TypeError(f"inputs must be a sequence of names, not the string {names!r}")
    return (ctypes.c_char_p * len(names))(*[encoded(name) for name in names])


def encoded_path(path: str | os.PathLike[str]) -> bytes:
    """A file's path in C."""
    encoded = os.fsencode(path)
    if b"\0" in encoded:
        raise ArgumentError(f"the path {path!r} holds a null character", _prototypes.CRL_ERROR_VALUE)
    return encoded


def layer_options(
    name: str | None, input: str | None, activation: ActivationLike, alpha: float | None
) -> tuple[Any, int]:
    """The crl_layer_options for what every kind of layer can be told, and the activation's enumerator."""
    options = _prototypes.crl_layer_options.default()
    options.name = encoded(name)
    options.input = encoded(input)
    if alpha is not None:
        options.alpha = alpha
    if isinstance(activation, str):
        return options, enumerator(ACTIVATIONS, activation, "activation")
    custom = Activation(*activation)
    if not all(map(callable, custom[:2])) or not (custom[2] is None or callable(custom[2])):
        raise TypeError(f"a custom activation is two or three callables, not {activation!r}")
    options.function, options.derivative, options.second_derivative = activation_callbacks(custom)
    return options, _prototypes.CRL_CUSTOM_ACTIVATION


def initializer(given: InitializerLike) -> Any:
    """The crl_initializer for a name, or for a name with its numbers."""
    kind, *numbers = (given,) if isinstance(given, str) else given
    if len(numbers) > 2:
        raise TypeError(f"an initializer takes at most two numbers, not {given!r}")
    return _prototypes.crl_initializer(enumerator(INITIALIZERS, kind, "initializer"), *numbers)


def activation_text(activation: ActivationLike) -> str:
    """How a repr names the activation."""
    if isinstance(activation, str):
        return activation
    return getattr(activation[0], "__name__", "custom")
