"""Who is measured: for each peer, the program that does each kind of work, and its environment."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from cells import PROCESS_NETWORK, Cell
from conv_cells import PASSES
from limits import LIBRARY, PRODUCTS, hidden, settings

FOLDER = Path(__file__).resolve().parent
BUILT = PRODUCTS / "bench"
OURS = "chainrule"
OURS_NETWORK = "chainrule_network"  # crl_network_predict(), beside the prepared network
NOTHING = "empty process"
# The beginnings of variables that change the speed of peers.
TUNED = (
    *("OPENBLAS_", "OMP_", "GOMP_", "MKL_", "DNNL_", "ONEDNN_", "XLA_", "JAX_"),
    *("NPY_", "ATEN_", "TORCH", "GLIBC_TUNABLES", "LD_PRELOAD", "PYTHON", "CHAINRULE_"),
)


def inputs_folder(widths: str) -> Path:
    """The parameters and data of a network."""
    return BUILT / "inputs" / (widths.replace(":", "-") if len(widths) < 80 else f"{len(widths)}-{widths[:60]}")


@dataclass(frozen=True, eq=False)
class Peer:
    name: str
    command: list[str]
    works: tuple[str, ...]  # each a work, or a work and a variant: "process start"
    environment: dict[str, str] = field(default_factory=dict)

    def does(self, cell: Cell) -> bool:
        does = cell.work in self.works or f"{cell.work} {cell.variant}" in self.works
        return does and (not cell.peers or self.name in (OURS, *cell.peers))


def environment(threads: int) -> dict[str, str]:
    """This process's environment. It tells numerical libraries their number of threads, and the limit if the run has
    one: a machine's settings, such as an older processor for OpenBLAS or a Python without bytecode, would slow them
    down."""
    result = {name: value for name, value in os.environ.items() if not name.startswith(TUNED)}
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return result | {name: str(threads) for name in names} | settings()


def native(name: str, program: str, *works: str, **environment: str) -> Peer:
    return Peer(name, [str(BUILT / program)], works, environment)


def python(name: str, program: str, *works: str, **environment: str) -> Peer:
    return Peer(name, [sys.executable, str(FOLDER / "python" / program)], works, environment)


def start(name: str, program: str, model: str, *libraries: str, **environment: str) -> list[Peer]:
    """A process that predicts once: its time, its memory, and its size on disk with its libraries."""
    command = [str(BUILT / program), str(PROCESS_INPUTS / model)]
    launch = str(BUILT / "launch")
    size = f"cat $(realpath {command[0]} {' '.join(libraries)}) | wc -c"
    return [
        Peer(name, [launch, *command], ("process start",), environment),
        Peer(name, [launch, "--output", *command, "peak"], ("process resident",), environment),
        Peer(name, [launch, "--output", size], ("process disk",), environment),
    ]


def importing(name: str, module: str, **environment: str) -> Peer:
    """`import` of a Python package, beyond that of numpy."""
    command = [[sys.executable, "-c", f"import numpy{also}"] for also in (f", {module}", "")]
    return Peer(name, [str(BUILT / "launch"), *command[0], "--", *command[1]], ("process import",), environment)


def onnxruntime_library() -> str:
    found = sorted(Path(sys.prefix).glob("lib/python3*/site-packages/onnxruntime/capi/libonnxruntime.so*"))
    return str(found[0]) if found else "libonnxruntime.so"


PROCESS_INPUTS = inputs_folder(PROCESS_NETWORK)
ONNXRUNTIME = {"BENCH_ONNXRUNTIME": onnxruntime_library()}
TORCH = os.environ.get("BENCH_TORCH", "1") != "0"

PASSES_OF_CONVOLUTION = tuple(f"conv {one}" for one in PASSES)
IN_PYTHON = ("train", "infer", "conv sgd", "conv f32", "process bound", "process call")

PEERS = [
    native(OURS, "train_chainrule", "train", "growth", "conv sgd"),
    native(OURS, "infer_chainrule", "infer", "conv f32"),
    native(OURS, "digits_chainrule", "digits"),
    *start(OURS, "process_chainrule", "model.safetensors", str(LIBRARY)),
    importing(OURS, "chainrule"),
    python(OURS, "chainrule_peer.py", "lenet", "process bound", "process call"),
    native(OURS_NETWORK, "infer_chainrule_network", "infer f32", "conv f32"),
    *start(NOTHING, "process_empty", "model.safetensors"),
    native("onednn", "train_onednn", "train", "growth"),
    native("onednn", "infer_onednn", "infer"),
    native(OURS, "conv_chainrule", *PASSES_OF_CONVOLUTION),
    native("onednn", "conv_onednn", *PASSES_OF_CONVOLUTION),
    native("openblas", "train_openblas", "train", "growth"),
    native("openblas", "infer_openblas", "infer"),
    native("by_hand", "infer_by_hand", "infer"),
    native("templates", "infer_templates", "infer f32"),
    native("onnxruntime", "infer_onnxruntime", "infer", "conv f32", **ONNXRUNTIME, **hidden()),
    *start("onnxruntime", "process_onnxruntime", "model.onnx", *ONNXRUNTIME.values(), **ONNXRUNTIME),
    importing("onnxruntime", "onnxruntime"),
    python("onnxruntime", "onnxruntime_peer.py", "process bound", "process call", **hidden()),
    python("litert", "litert_peer.py", "infer", "conv f32", "process bound", "process call", **hidden()),
    importing("litert", "ai_edge_litert.interpreter"),
    native("fann", "infer_fann", "infer"),
    native("fann", "digits_fann", "digits"),
    *start("fann", "process_fann", "model.net", "/usr/lib/*/libfloatfann.so.2"),
    python("numpy", "numpy_peer.py", "train", "infer", "digits", "process bound", "process call"),
    python("jax", "jax_peer.py", *IN_PYTHON, **hidden()),
    python("jax", "jax_lenet.py", "lenet", **hidden()),
    python("keras", "keras_peer.py", "lenet", **hidden()),
    importing("jax", "jax.numpy"),
    python("sklearn", "sklearn_peer.py", "train", "digits"),
    importing("sklearn", "sklearn.neural_network"),
]
if TORCH:
    PEERS.append(python("torch", "torch_peer.py", *IN_PYTHON, "digits"))
    PEERS.append(python("torch", "torch_lenet.py", "lenet"))
    PEERS.append(importing("torch", "torch"))
CEILINGS = native("ceilings", "ceilings")
