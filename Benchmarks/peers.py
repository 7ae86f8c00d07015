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
OURS_NETWORK = "chainrule_network"  # crl_network_predict(), beside the prepared network


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


def onnxruntime_library() -> dict[str, str]:
    found = sorted(Path(sys.prefix).glob("lib/python3*/site-packages/onnxruntime/capi/libonnxruntime.so*"))
    return {"BENCH_ONNXRUNTIME": str(found[0]) if found else "libonnxruntime.so"}


PEERS = [
    native(OURS, "train_chainrule", "train"),
    native(OURS, "infer_chainrule" if (BUILT / "infer_chainrule").exists() else "infer_chainrule_network", "infer"),
    native(OURS_NETWORK, "infer_chainrule_network", "infer"),
    native("onednn", "train_onednn", "train"),
    native("onednn", "infer_onednn", "infer"),
    native("openblas", "train_openblas", "train"),
    native("openblas", "infer_openblas", "infer"),
    native("by_hand", "infer_by_hand", "infer"),
    native("templates", "infer_templates", "infer"),
    native("fann", "infer_fann", "infer"),
    python("numpy", "numpy_peer.py", "train", "infer"),
    python("jax", "jax_peer.py", "train", "infer"),
    python("sklearn", "sklearn_peer.py", "train"),
    python("litert", "litert_peer.py", "infer"),
    native("onnxruntime", "infer_onnxruntime", "infer", environment=onnxruntime_library()),
]
if os.environ.get("BENCH_TORCH", "0") != "0":
    PEERS.append(python("torch", "torch_peer.py", "train", "infer"))
CEILINGS = native("ceilings", "ceilings")
