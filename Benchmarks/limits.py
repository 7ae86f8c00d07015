"""A run that is limited to an instruction set that is not the processor's best: BENCH_LIMIT names it.

Chainrule's library is one that was built for it. All peers are limited likewise: those that are compiled here by their
compiler, the others by the settings below, and those without a setting by native/hide_avx512.c.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

NAMES = {"avx512": "AVX-512", "avx2": "AVX2", "baseline": "SSE2", "neon": "NEON"}  # of crl_instruction_set()

SETTINGS = {
    "avx2": {
        "ONEDNN_MAX_CPU_ISA": "AVX2",  # also that of PyTorch
        "OPENBLAS_CORETYPE": "Haswell",  # also that of numpy and of scipy
        "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        # The C library copies with AVX-512's registers.
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD",
    }
}
LIMIT = os.environ.get("BENCH_LIMIT", "")
if LIMIT and LIMIT not in SETTINGS:
    sys.exit(f"BENCH_LIMIT is {LIMIT}; there are {', '.join(SETTINGS)}")

BUILD = Path(__file__).resolve().parent.parent / "build"
PRODUCTS = BUILD / LIMIT  # has the library in lib/ and the workers in bench/
LIBRARY = PRODUCTS / "lib" / "libchainrule.so"


def results(limit: str = LIMIT) -> Path:
    """The results of a whole run."""
    return BUILD / f"bench{limit and f'-{limit}'}.json"


def hidden() -> dict[str, str]:
    """The further environment of a worker that asks the processor and has no setting."""
    return {"LD_PRELOAD": str(PRODUCTS / "bench" / "hide_avx512.so")} if LIMIT else {}


def settings() -> dict[str, str]:
    """The environment of each worker in this run, beyond its number of threads."""
    return SETTINGS[LIMIT] | {"CHAINRULE_LIBRARY": str(LIBRARY)} if LIMIT else {}
