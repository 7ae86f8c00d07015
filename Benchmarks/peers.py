"""Who is measured: for each peer, the program that does each kind of work, and its environment."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from cells import Cell

FOLDER = Path(__file__).resolve().parent
BUILT = FOLDER.parent / "build" / "bench"
OURS = "chainrule"


@dataclass(frozen=True)
class Peer:
    name: str
    command: list[str]
    works: tuple[str, ...]
    variants: tuple[str, ...] = ("sgd", "adam", "f32", "bf16", "int8")
    environment: dict[str, str] = field(default_factory=dict)

    def does(self, cell: Cell) -> bool:
        return cell.work in self.works and cell.variant in self.variants


def environment(threads: int) -> dict[str, str]:
    """This process's environment, in which the numerical libraries are told how many threads they have and nothing else:
    a machine's settings, such as an older processor for OpenBLAS, would hold them back."""
    tuned = ("OPENBLAS_", "OMP_", "GOMP_", "MKL_", "DNNL_", "ONEDNN_", "XLA_", "JAX_")
    result = {name: value for name, value in os.environ.items() if not name.startswith(tuned)}
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return result | {name: str(threads) for name in names}


def native(name: str, program: str, *works: str, **more) -> Peer:
    return Peer(name, [str(BUILT / program)], works, **more)


def python(name: str, program: str, *works: str, **more) -> Peer:
    return Peer(name, [sys.executable, str(FOLDER / "python" / program)], works, **more)


PEERS = [
    native(OURS, "train_chainrule", "train"),
    native("onednn", "train_onednn", "train"),
    native("openblas", "train_openblas", "train"),
]
CEILINGS = native("ceilings", "ceilings")
