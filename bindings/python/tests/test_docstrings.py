"""The docstrings of the public names: numpydoc's sections, with every parameter."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import Enum
from typing import Any

import pytest

import chainrule
import chainrule.sklearn

validation = pytest.importorskip("numpydoc.validate")

# Of parameters: all are documented, in order, without others, as sentences. Their types stand in the signature, PR04.
PARAMETERS = {"PR01", "PR02", "PR03", "PR05", "PR06", "PR07", "PR08", "PR09", "PR10"}
RESULTS = {"RT01", "RT03", "RT04", "RT05"}
SECTIONS = {"GL03", "GL06", "GL07", "SS01", "SS02", "SS03"}


def public() -> Iterator[tuple[str, Any]]:
    """The public classes and functions by their full names, with the methods that a class does not inherit outside."""
    for module in (chainrule, chainrule.layers, chainrule.distributed, chainrule.sklearn):
        for name in getattr(module, "__all__", [name for name in vars(module) if name[0] != "_"]):
            thing = getattr(module, name)
            if not callable(thing):
                continue
            yield f"{module.__name__}.{name}", thing
            if isinstance(thing, type) and not issubclass(thing, Enum):
                yield from methods(f"{module.__name__}.{name}", thing)


def methods(name: str, kind: type) -> Iterator[tuple[str, Any]]:
    for method, function in inspect.getmembers(kind, inspect.isroutine):
        owners = [base for base in kind.__mro__ if method in vars(base)]
        # The base documents what another class overrides.
        is_ours = all(base.__module__.startswith("chainrule") for base in owners) and len(owners) == 1
        if is_ours and (method[0] != "_" or method == "__call__"):
            yield f"{name}.{method}", function


@pytest.mark.parametrize(("name", "thing"), [pytest.param(*each, id=each[0]) for each in public()])
def test_a_docstring_has_all_parameters(name: str, thing: Any) -> None:
    checked = PARAMETERS | RESULTS | SECTIONS
    if isinstance(thing, type) and issubclass(thing, (Exception, Enum)):
        checked -= PARAMETERS  # nobody makes them
    elif hasattr(thing, "_fields") and "Attributes\n" in thing.__doc__:
        checked -= PARAMETERS
        assert [field for field, *_ in validation.get_doc_object(thing)["Attributes"]] == list(thing._fields)
    elif "_Self" in str(getattr(thing, "__annotations__", {}).get("return")):
        checked -= {"RT01"}  # the network itself
    assert [text for code, text in validation.validate(name)["errors"] if code in checked] == []
