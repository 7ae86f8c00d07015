"""The instruction set that the library computes with."""

from __future__ import annotations

from ._errors import check
from ._library import library
from ._names import INSTRUCTION_SETS, enumerator


def instruction_set() -> str:
    """The instruction set that is computed with: "avx512", "avx2" or "baseline" on x86-64, "neon" on arm64.

    It is the best that the processor has, unless set_instruction_set() or Network.build() said otherwise. For one
    instruction set all results are the same bit for bit; between two they differ by rounding.
    """
    name: bytes = library.crl_instruction_set()
    return name.decode()


def set_instruction_set(name: str) -> None:
    """Has the process compute with an instruction set, to get the numbers of a machine that has no better one.

    It holds for networks that are built, loaded or grown from now on, with their trainers and predictors, and for
    cost(). Call it before all of these: the first of them decides for the best, and a StateError says so. Files do not
    remember it. For one network alone: Network.build(instruction_set=...).

    Args:
        name: "baseline", "avx2", "avx512" or "neon", which this processor must have.
    """
    check(library.crl_set_instruction_set(enumerator(INSTRUCTION_SETS, name, "instruction_set")))
