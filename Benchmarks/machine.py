"""The machine that is measured on, and the versions of all that is measured."""

from __future__ import annotations

import ctypes
import datetime
import os
import platform
import re
import subprocess
from importlib import metadata
from pathlib import Path
from statistics import median

from conductor import Cannot, Workers, cache_size
from peers import BUILT, CEILINGS

PACKAGES = (
    "numpy",
    "jax",
    "jaxlib",
    "scikit-learn",
    "onnxruntime",
    "ai-edge-litert",
    "onednn-cpu-gomp",
    "scipy-openblas32",
    "torch",
)
CEILINGS_TO_SHOW = {
    "float32 multiply-adds, one core": ("ceiling=fma threads=1", "GFLOP/s"),
    "float32 multiply-adds, two cores": ("ceiling=fma threads=2", "GFLOP/s"),
    "bfloat16 dot products, one core": ("ceiling=bf16 threads=1", "GFLOP/s"),
    "8-bit dot products, one core": ("ceiling=int8 threads=1", "GFLOP/s"),
    "loads from L1, one core": ("ceiling=load threads=1 bytes=24576", "GB/s"),
    "loads from L2, one core": ("ceiling=load threads=1 bytes=524288", "GB/s"),
    "loads from L3, one core": ("ceiling=load threads=1 bytes=8388608", "GB/s"),
    "loads from memory, one core": ("ceiling=load threads=1 bytes=268435456", "GB/s"),
    "fused Adam update in L2, one core": ("ceiling=adam threads=1", "G parameters/s"),
}


def processor() -> str:
    text = Path("/proc/cpuinfo").read_text()
    facts = {key: value for key, value in re.findall(r"^(.+?)\s*: (.*)$", text, re.MULTILINE)}
    return (
        f"{facts.get('model name', platform.machine())}, family {facts.get('cpu family')}, model {facts.get('model')}"
    )


def caches() -> str:
    return ", ".join(f"L{level} {cache_size(level) // 1024} KiB" for level in (1, 2, 3))


def first_line(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "not there"


def chainrule_version() -> str:
    library = ctypes.CDLL(str(BUILT.parent / "lib" / "libchainrule.so"))
    library.crl_version_string.restype = library.crl_instruction_set.restype = ctypes.c_char_p
    return f"{library.crl_version_string().decode()}, {library.crl_instruction_set().decode()}"


def versions() -> dict[str, str]:
    result = {"chainrule": chainrule_version()}
    for package in PACKAGES:
        try:
            result[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            result[package] = "not installed"
    result["libfann2"] = first_line("dpkg-query", "-W", "-f", "${Version}", "libfann2")
    result["compiler of the peers by hand"] = first_line("c++", "--version")
    result["python"] = platform.python_version()
    return result


def ceilings(workers: Workers) -> dict[str, str]:
    result = {}
    for name, (words, unit) in CEILINGS_TO_SHOW.items():
        worker = workers.get(CEILINGS, 2 if "threads=2" in words else 1, words)
        try:
            worker.ask("prepare " + words)
            rate = 1e-9 / median(float(worker.ask("run 0.05")[0]) for _ in range(5))
            result[name] = f"{rate:.3g} {unit}" if rate < 1000 else f"{rate:.0f} {unit}"
        except Cannot as error:
            result[name] = str(error)
        workers.drop(CEILINGS, 2 if "threads=2" in words else 1, words)
    return result


def describe(workers: Workers) -> dict:
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "caches": caches(),
        "system": f"{platform.system()} {platform.release()}",
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "ceilings": ceilings(workers),
        "versions": versions(),
    }
