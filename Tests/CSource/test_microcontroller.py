"""Networks as C on an emulated Cortex-M4."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import networks
import numpy as np
import pytest
from chainrule import Optimizer, Predictor
from compiling import WARNINGS, built, instruction_sets
from trained_networks import TRAINED
from training import samples

# The networks that train there.
TRAINS = ["mlp", "normalized", "gru", "peepholes", "attention", "embedded", "pairs", "products"]


def test_runs_on_an_emulated_microcontroller(tmp_path: Path) -> None:
    """The same bits on a Cortex-M4, whose compiler has no library of ours."""
    folder = Path(__file__).parent / "microcontroller"
    if not (shutil.which("arm-none-eabi-gcc") and shutil.which("qemu-system-arm")):
        pytest.skip("Tools/setup installs arm-none-eabi-gcc and qemu-system-arm")
    cases = []
    for name in ("mlp", "convolutions", "normalizations", "activations"):
        for instruction_set in (instruction_sets()[0], instruction_sets()[-1]):
            for precision in ("float32", "int8"):
                cases.append((f"{name}_{instruction_set}_{precision}", name, instruction_set, precision))
    calls = []
    for label, name, instruction_set, precision in cases:
        network = built(networks.FLOAT32[name], instruction_set)
        x = np.random.default_rng(4).normal(size=(2, network.inputs)).astype(np.float32)
        y = Predictor(network, "int8").predict(x) if precision == "int8" else network.predict(x)
        (tmp_path / f"{label}.c").write_text(network.to_c_source(name=label, precision=precision))
        arrays = [
            f"static const uint32_t {what}_{label}[] = {{{', '.join(map(hex, array.view(np.uint32).ravel()))}}};"
            for what, array in (("x", x), ("y", y))
        ]
        calls.append((label, f'#define {label.upper()}_DECLARATIONS\n#include "{label}.c"\n' + "\n".join(arrays)))
    trained = [(f"trained_{index}", name) for index, name in enumerate(TRAINS)]
    texts = [text for _, text in calls]
    for label, name in trained:
        make, cost = TRAINED[name]
        network = built(make, instruction_sets()[-1])
        x, t = samples(name, network, cost, 1)
        (tmp_path / f"{label}.c").write_text(network.to_c_source(name=label, trains=True, cost=cost))
        optimizer = Optimizer(network, "gradient_descent", 0.02)
        for _ in range(3):
            network.fit(x, t, cost=cost, optimizer=optimizer, epochs=1, batch_size=1)
        texts.append(f'#define {label.upper()}_DECLARATIONS\n#include "{label}.c"')
        for what, array in (("x", x), ("t", t), ("w", np.asarray(network.parameters))):
            numbers = ", ".join(map(hex, np.ascontiguousarray(array).view(np.uint32).ravel()))
            texts.append(f"static const uint32_t {what}_{label}[] = {{{numbers}}};")
    checks = "".join(f"    CHECK({label}, {label.upper()});\n" for label, _ in calls)
    checks += "".join(f"    TRAIN({label}, {label.upper()});\n" for label, _ in trained)
    (tmp_path / "cases.h").write_text("\n".join(texts) + "\n")
    (tmp_path / "checks.h").write_text(checks)
    sources = [tmp_path / f"{label}.c" for label, *_ in [*cases, *trained]] + [folder / "main.c"]
    cpu = ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"]
    command = ["arm-none-eabi-gcc", *cpu, *WARNINGS, "-O2", "-ffp-contract=off", "-ffunction-sections", "-I", tmp_path]
    command += ["-nostartfiles", "--specs=nosys.specs", "-Wl,--gc-sections", "-T", folder / "mps2.ld", *sources]
    subprocess.run([*command, "-o", tmp_path / "all.elf", "-lm"], check=True)
    emulator = [
        "qemu-system-arm",
        "-M",
        "mps2-an386",
        "-cpu",
        "cortex-m4",
        "-nographic",
        "-monitor",
        "none",
        "-serial",
        "none",
    ]
    emulator += ["-semihosting-config", "enable=on,target=native", "-kernel", tmp_path / "all.elf"]
    count = len(calls) + len(trained)
    result = subprocess.run(emulator, check=False, capture_output=True, text=True, timeout=120)
    assert result.stdout + result.stderr == f"{count} of {count} are the same\n", result
