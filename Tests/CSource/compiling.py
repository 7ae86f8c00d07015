"""Networks as C, compiled and called."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path

import chainrule
import networks
import numpy as np
from chainrule import Network

WARNINGS = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror"]


def instruction_sets() -> list[str]:
    sets = []
    for name in ("baseline", "avx2", "avx512", "neon"):
        try:
            Network(1).add_dense(1).build(instruction_set=name)
            sets.append(name)
        except chainrule.ArgumentError:
            continue
    return sets


def built(make: object, instruction_set: str, seed: int = 3) -> Network:
    network = make().build(seed=seed, instruction_set=instruction_set)  # type: ignore[operator]
    networks.randomize(network, seed)
    return network


def compiled(source: str, folder: Path, compiler: str, *flags: str) -> ctypes.CDLL:
    path = folder / "network.c"
    path.write_text(source)
    library = folder / f"{compiler}{'_'.join(flags).replace('-', '')}.so"
    command = [compiler, *WARNINGS, "-O1", "-ffp-contract=off", "-shared", "-fPIC", *flags, path, "-o", library, "-lm"]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(library))


def address(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def predict(library: ctypes.CDLL, x: np.ndarray, outputs: int) -> np.ndarray:
    y = np.empty((len(x), outputs), np.float32)
    for row in range(len(x)):
        library.network_predict(address(x[row]), address(y[row]))
    return y


def assert_same_bits(y: np.ndarray, wanted: np.ndarray) -> None:
    same = (y.view(np.uint32) == wanted.view(np.uint32)) | (np.isnan(y) & np.isnan(wanted))
    places = np.argwhere(~same)
    assert not len(places), (
        f"{len(places)} of {same.size} differ, first {places[0]}: {y[~same][0]!r} for {wanted[~same][0]!r}"
    )
