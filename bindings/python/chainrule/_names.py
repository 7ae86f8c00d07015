"""Python's names for the library's enumerators, derived from the generated prototypes."""

from __future__ import annotations

import itertools

from . import _prototypes
from ._errors import ArgumentError, ArgumentTypeError

_CONSTANTS = [(name, value) for name, value in vars(_prototypes).items() if isinstance(value, int)]
_PLACES = {name: place for place, (name, _) in enumerate(_CONSTANTS)}


def _names(first: str, prefix: str = "CRL_") -> dict[str, int]:
    """{"identity": 0, …} for one enumeration of the header, given by its first enumerator.

    The prototypes list the enumerations one after another, each counting from 0. Enumerators for custom functions are
    left out.
    """
    start = _PLACES[first]
    members = _CONSTANTS[start : start + 1] + list(
        itertools.takewhile(lambda member: member[1] != 0, _CONSTANTS[start + 1 :])
    )
    return {name[len(prefix) :].lower(): value for name, value in members if not name.startswith("CRL_CUSTOM_")}


INSTRUCTION_SETS = _names("CRL_INSTRUCTIONS_BASELINE", "CRL_INSTRUCTIONS_")
ACTIVATIONS = _names("CRL_IDENTITY")
INITIALIZERS = _names("CRL_INIT_DEFAULT", "CRL_INIT_")
LAYER_KINDS = _names("CRL_LAYER_DENSE", "CRL_LAYER_")
PADDINGS = _names("CRL_PADDING_VALID", "CRL_PADDING_")
POOLINGS = _names("CRL_POOLING_MAXIMUM", "CRL_POOLING_")
FUNCTIONS = _names("CRL_FUNCTION_AFFINE", "CRL_FUNCTION_")
REDUCTION_METHODS = _names("CRL_REDUCE_SUM", "CRL_REDUCE_")
CELLS = _names("CRL_CELL_TANH", "CRL_CELL_")
POSITIONS = _names("CRL_POSITIONS_SINUSOIDAL", "CRL_POSITIONS_")
NORMALIZATIONS = _names("CRL_NORMALIZATION_BATCH", "CRL_NORMALIZATION_")
COSTS = _names("CRL_MEAN_SQUARED_ERROR")
REDUCTIONS = _names("CRL_REDUCTION_MEAN", "CRL_REDUCTION_")
METHODS = _names("CRL_GRADIENT_DESCENT")
MINIMIZERS = _names("CRL_LBFGS")
MINIMUM_REASONS = _names("CRL_MINIMUM_GRADIENT", "CRL_MINIMUM_")
SCHEDULES = _names("CRL_SCHEDULE_CONSTANT", "CRL_SCHEDULE_")
PRECISIONS = _names("CRL_PRECISION_FLOAT32", "CRL_PRECISION_")
VARIABLES = _names("CRL_VARIABLE_PARAMETERS", "CRL_VARIABLE_")
QUANTITIES = _names("CRL_CHECKED_PARAMETER_GRADIENT", "CRL_CHECKED_")


def name_of(names: dict[str, int], value: int) -> str:
    """The name of an enumerator."""
    return next(name for name, number in names.items() if number == value)


def enumerator(names: dict[str, int], name: str, what: str) -> int:
    """The enumerator of that name, or ArgumentError with the valid names."""
    if not isinstance(name, str):
        raise ArgumentTypeError(f"{what} must be one of the strings {', '.join(names)}, not {type(name).__name__}")
    try:
        return names[name]
    except KeyError:
        raise ArgumentError(
            f"unknown {what} {name!r}; there are {', '.join(names)}", _prototypes.CRL_ERROR_VALUE
        ) from None
