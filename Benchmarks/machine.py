"""The machine that is measured on, and the versions of all that is measured."""

from __future__ import annotations

import ctypes
import datetime
import hashlib
import os
import platform
import re
import subprocess
from importlib import metadata
from pathlib import Path
from statistics import median

from conductor import cache_size, time_of_run
from limits import LIBRARY, LIMIT
from peers import CEILINGS, FOLDER, TORCH
from workers import Cannot, Workers

PACKAGES = (
    "numpy",
    "jax",
    "jaxlib",
    "keras",
    "mlxtend",
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
    "copies in L2, read and written, one core": ("ceiling=copy threads=1 bytes=524288", "GB/s"),
    "copies in L3, read and written, one core": ("ceiling=copy threads=1 bytes=8388608", "GB/s"),
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


def told_by_library(function: str) -> str:
    call = getattr(ctypes.CDLL(str(LIBRARY)), function)
    call.restype = ctypes.c_char_p
    return call().decode()


def instruction_set() -> str:
    """That of Chainrule's library in this run: a name that `limits.NAMES` knows."""
    return told_by_library("crl_instruction_set")


def versions() -> dict[str, str]:
    result = {"chainrule": told_by_library("crl_version_string")}
    for package in PACKAGES:
        try:
            result[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            result[package] = "not installed"
    if not TORCH:
        result["torch"] = "left out"
    result["libfann2"] = first_line("dpkg-query", "-W", "-f", "${Version}", "libfann2")
    result["compiler of the peers by hand"] = first_line("c++", "--version")
    result["python"] = platform.python_version()
    return result


def hash_of(*files: Path) -> str:
    contents = b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)
    return hashlib.sha256(contents).hexdigest()[:16]


def hash_of_benchmark() -> str:
    """Of the files that decide what is measured, and how."""
    names = "cells.py conductor.py conv_cells.py limits.py models.py peers.py workers.py"
    measuring = [FOLDER / name for name in ("Makefile", *names.split())]
    return hash_of(*measuring, *sorted(FOLDER.glob("native/*.[ch]*")), *sorted(FOLDER.glob("python/*.py")))


def ceilings(workers: Workers) -> dict[str, str]:
    result = {}
    for name, (words, unit) in CEILINGS_TO_SHOW.items():
        threads = 2 if "threads=2" in words else 1
        try:
            worker = workers.get(CEILINGS, threads, words)
            worker.ask("prepare " + words)
            rate = 1e-9 / median(time_of_run(worker, 0.05) for _ in range(5))
            result[name] = f"{rate:.3g} {unit}" if rate < 1000 else f"{rate:.0f} {unit}"
        except Cannot as error:
            result[name] = str(error)
        workers.drop(CEILINGS, threads, words)
    return result


def now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


def describe() -> dict:
    """What must be the same for an interrupted run to go on."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "caches": caches(),
        "system": f"{platform.system()} {platform.release()}",
        "instruction_set": instruction_set(),
        "limited": bool(LIMIT),
        "library": hash_of(LIBRARY),
        "benchmark": hash_of_benchmark(),
        "versions": versions(),
    }
