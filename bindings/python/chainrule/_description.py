"""Converts a layer's description for the library."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any, Union, cast

from . import _prototypes
from ._arrays import optional_real, real, set_given
from ._callbacks import Activation, activation_callbacks
from ._errors import ArgumentError, ArgumentTypeError
from ._names import enumerator, names
from ._prototypes import InitializerKind, Status

ActivationLike = Union[
    str,
    Activation,
    "tuple[Callable[..., Any], Callable[..., Any]]",
    "tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]",
]
InitializerLike = Union[str, "tuple[str, float]", "tuple[str, float, float]"]


def numbers_of_initializer(name: str) -> int:
    """How many numbers go with an initializer's name."""
    return {"constant": 1, "uniform": 2, "normal": 2}.get(name, 0)


def encoded(name: str | None) -> bytes | None:
    """A layer's name in C."""
    if name is None:
        return None
    if not isinstance(name, str):
        raise ArgumentTypeError(f"a name must be a string, not {type(name).__name__}")
    if "\0" in name:
        raise ArgumentError(f"the name {name!r} holds a null character", Status.ERROR_NAME)
    # Half a surrogate pair becomes a character that no name has.
    return name.encode(errors="replace")


def encoded_list(names: Sequence[str]) -> Any:
    """The names of layers, as an array of C strings."""
    if isinstance(names, str):
        raise ArgumentTypeError(f"inputs must be a sequence of names, not the string {names!r}")
    return (ctypes.c_char_p * len(names))(*[encoded(name) for name in names])


def layer_options(
    name: str | None, input: str | None, activation: ActivationLike, alpha: float | None
) -> tuple[Any, int]:
    """The crl_layer_options that every kind of layer has, and the activation's enumerator."""
    options = _prototypes.crl_layer_options.default()
    options.name = encoded(name)
    options.input = encoded(input)
    set_given(options, {"alpha": optional_real(alpha, "alpha")})
    if isinstance(activation, str):
        return options, enumerator(_prototypes.Activation, activation, "activation")
    if not isinstance(activation, (tuple, list)) or len(activation) not in (2, 3):
        raise ArgumentTypeError(
            f"activation must be one of the names {', '.join(names(_prototypes.Activation))}, "
            f"or the two or three functions (σ, σ'[, σ'']) of an Activation, not {activation!r}"
        )
    custom = Activation(*cast("Sequence[Any]", activation))
    if not all(map(callable, custom[:2])) or not (custom[2] is None or callable(custom[2])):
        raise ArgumentTypeError(f"activation must hold two or three functions, not {activation!r}")
    options.function, options.derivative, options.second_derivative = activation_callbacks(custom)
    # For Network.layers: the options are kept as long as the network.
    options.custom_activation = custom
    return options, _prototypes.Activation.CUSTOM


def initializer(given: InitializerLike) -> Any:
    """The crl_initializer for a name, or for a name with its numbers."""
    parts = (given,) if isinstance(given, str) else given
    if not isinstance(parts, (tuple, list)) or not parts:
        raise ArgumentTypeError(f"an initializer is a name, or a name with its numbers, not {given!r}")
    kind, *numbers = parts
    native = enumerator(InitializerKind, kind, "initializer")
    taken = numbers_of_initializer(kind)
    if len(numbers) != taken:
        raise ArgumentTypeError(f"the initializer {kind!r} takes {taken} numbers; {len(numbers)} were given")
    return _prototypes.crl_initializer(native, *(real(number, "an initializer's number") for number in numbers))


def activation_text(activation: ActivationLike) -> str:
    """The activation's name in a repr."""
    if isinstance(activation, str):
        return activation
    return getattr(activation[0], "__name__", "custom")
