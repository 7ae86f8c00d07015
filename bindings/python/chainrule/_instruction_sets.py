"""The library's instruction set."""

from __future__ import annotations

from ._errors import check
from ._library import library
from ._names import enumerator
from ._prototypes import Instructions


def instruction_set() -> str:
    """The instruction set in use.

    It is the best that the processor has, unless set_instruction_set() or Network.build() chose another. On one
    instruction set all results are the same bit for bit; between two they differ by rounding.

    Returns
    -------
    str
        "avx512", "avx2" or "baseline" on x86-64, "neon" on arm64.
    """
    name: bytes = library.crl_instruction_set()
    return name.decode()


def set_instruction_set(name: str) -> None:
    """Chooses the process's instruction set, to reproduce the numbers of another machine.

    It applies to cost() and to networks built, loaded or grown from now on, with their trainers and predictors. Call it
    before all of these: the first of them chooses the best set, and afterwards this raises StateError. Files do not
    hold it. For one network alone use Network.build(instruction_set=...).

    Parameters
    ----------
    name
        "baseline", "avx2", "avx512" or "neon". This processor must have it.
    """
    check(library.crl_set_instruction_set(enumerator(Instructions, name, "instruction_set")))
