"""Networks as C: compiled by gcc and clang, and compared with the library bit for bit."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import chainrule
import networks
import numpy as np
import pytest
from chainrule import Network, Optimizer, Predictor

WARNINGS = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror"]
# How many steps of training are compared.
STEPS = 20


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


def rows(name: str, inputs: int) -> np.ndarray:
    if name == "embedded":
        return np.arange(9 * inputs, dtype=np.float32).reshape(9, inputs) % 9
    rng = np.random.default_rng(7)
    x = rng.normal(size=(9, inputs)).astype(np.float32)
    x[1] *= 30
    x[2] *= 1e-3
    x[3] = 0
    x[4, 0] = np.inf
    x[5, -1] = np.nan
    x[6] = np.abs(x[6])
    x[7] = np.round(x[7])
    if name.endswith("attention"):
        x[:, -1] = 1 + np.arange(9) % 6
        x[4, 0] = 1
    if name.endswith("recurrent"):
        x[:, 29] = 1 + np.arange(9) % 6
    return x


@pytest.mark.parametrize(
    ("instruction_set", "compiler"),
    [(name, "gcc") for name in instruction_sets()] + [(instruction_sets()[-1], "clang")],
)
@pytest.mark.parametrize("name", networks.FLOAT32)
def test_predicts_the_same_bits(name: str, instruction_set: str, compiler: str, tmp_path: Path) -> None:
    network = built(networks.FLOAT32[name], instruction_set)
    library = compiled(network.to_c_source(), tmp_path, compiler)
    x = rows(name, network.inputs)
    assert_same_bits(predict(library, x, network.outputs), network.predict(x))


@pytest.mark.parametrize("seed", range(24))
def test_any_network_predicts_the_same_bits(seed: int, tmp_path: Path) -> None:
    sets = instruction_sets()
    network = built(lambda: networks.at_random(seed), sets[seed % len(sets)])
    library = compiled(network.to_c_source(), tmp_path, ("gcc", "clang")[seed % 2])
    x = np.random.default_rng(seed).normal(size=(3, network.inputs)).astype(np.float32)
    assert_same_bits(predict(library, x, network.outputs), network.predict(x))


@pytest.mark.parametrize("instruction_set", instruction_sets())
@pytest.mark.parametrize("name", networks.INT8)
def test_predicts_the_same_bits_in_int8(name: str, instruction_set: str, tmp_path: Path) -> None:
    network = built(networks.INT8[name], instruction_set)
    library = compiled(network.to_c_source(precision="int8"), tmp_path, "gcc")
    x = rows(name, network.inputs)
    assert_same_bits(predict(library, x, network.outputs), Predictor(network, "int8").predict(x))


class Trained:
    """A network as C that trains."""

    def __init__(self, network: Network, cost: str, folder: Path, compiler: str = "gcc", momentum: bool = False) -> None:
        source = network.to_c_source(trains=True, momentum=momentum, cost=cost)
        self.library = compiled(source, folder, compiler)
        self.library.network_train_step.restype = ctypes.c_float
        self.has_momentum = momentum

    def numbers(self, name: str, count: int) -> np.ndarray:
        return np.ctypeslib.as_array((ctypes.c_float * count).in_dll(self.library, name))

    def step(self, x: np.ndarray, t: np.ndarray, rate: float, momentum: float = 0) -> float:
        rates = [ctypes.c_float(number) for number in ([rate, momentum] if self.has_momentum else [rate])]
        return self.library.network_train_step(address(x), address(t), *rates)


def samples(name: str, network: Network, cost: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows, and targets for a cost."""
    rng = np.random.default_rng(5)
    x = networks.trained_rows(name, rng.normal(size=(count, network.inputs)).astype(np.float32))
    t = rng.normal(size=(count, network.outputs)).astype(np.float32)
    if cost == "cross_entropy":
        t = np.eye(network.outputs, dtype=np.float32)[rng.integers(network.outputs, size=count)]
    elif cost != "mean_squared_error":
        t = (t > 0).astype(np.float32)
    return x, t


@pytest.mark.parametrize("momentum", [0, 0.8])
@pytest.mark.parametrize(
    ("instruction_set", "compiler"),
    [(name, "gcc") for name in instruction_sets()] + [(instruction_sets()[-1], "clang")],
)
@pytest.mark.parametrize("name", networks.TRAINED)
def test_trains_as_the_library_does(
    name: str, instruction_set: str, compiler: str, momentum: float, tmp_path: Path
) -> None:
    make, cost = networks.TRAINED[name]
    network = built(make, instruction_set)
    trained = Trained(network, cost, tmp_path, compiler, momentum > 0)
    x, t = samples(name, network, cost, STEPS)
    rate = 1e-4 if name.startswith("activation") else 1e-3 if name in networks.STEEP else 0.02
    if momentum:
        optimizer = Optimizer(network, "momentum", rate, momentum=momentum)
    else:
        optimizer = Optimizer(network, "gradient_descent", rate)
    for row, target in zip(x, t, strict=True):
        epoch = network.fit(row[None], target[None], cost=cost, optimizer=optimizer, epochs=1, batch_size=1)[0]
        assert trained.step(row, target, rate, momentum) == pytest.approx(epoch.cost, rel=1e-4, abs=1e-6)
    parameters = trained.numbers("network_parameters", network.parameters.size)
    running = {key: value for key, value in network.state.items() if "running" in key}
    state = np.concatenate([value.ravel() for value in network.state.values()]) if running else np.empty(0, np.float32)
    if name in networks.ROUNDED:
        np.testing.assert_allclose(parameters, network.parameters, rtol=2e-4, atol=2e-6)
    else:
        assert_same_bits(parameters, np.asarray(network.parameters))
    if running:
        numbers = trained.numbers("network_state", state.size)
        np.testing.assert_allclose(numbers, state, rtol=1e-5 if name in networks.ROUNDED else 0, atol=1e-7)
    y = predict(trained.library, x, network.outputs)
    np.testing.assert_allclose(y, network.predict(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in networks.TRAINED if name != "jumps"])
def test_steps_along_the_gradient(name: str, tmp_path: Path) -> None:
    """Central differences of the cost, which know nothing of backward passes."""
    make, cost = networks.TRAINED[name]
    network = built(make, instruction_sets()[-1])
    trained = Trained(network, cost, tmp_path)
    (x,), (t,) = samples(name, network, cost, 1)
    w = trained.numbers("network_parameters", network.parameters.size)
    first = w.copy()
    rate, step = 2.0**-10, 2.0**-9
    trained.step(x, t, rate)
    gradient = (first - w) / rate

    def cost_at(index: int, change: float) -> float:
        w[:] = first
        w[index] += change
        return trained.step(x, t, 0)

    some = np.random.default_rng(1).permutation(w.size)[:200]
    differences = np.array([(cost_at(i, step) - cost_at(i, -step)) / (2 * step) for i in some])
    # A rectifier may have its kink between.
    errors = np.abs(gradient[some] - differences) > 0.02 * np.abs(differences) + 2e-3
    assert np.abs(differences).max() > 1e-2
    assert errors.mean() < 0.03, (some[errors], gradient[some][errors], differences[errors])


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_other_flags_agree_to_rounding(compiler: str, tmp_path: Path) -> None:
    network = built(networks.FLOAT32["convolutions"], instruction_sets()[-1])
    x = np.random.default_rng(2).normal(size=(4, network.inputs)).astype(np.float32)
    for flags in (["-O3", "-march=native", "-ffp-contract=fast"], ["-DNETWORK_NO_FMA"]):
        y = predict(compiled(network.to_c_source(), tmp_path, compiler, *flags), x, network.outputs)
        np.testing.assert_allclose(y, network.predict(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_stands_alone(compiler: str, tmp_path: Path) -> None:
    """Freestanding, without a static buffer, twice in a program, and as declarations for C++."""
    for make, options in (
        (networks.TRAINED["mlp"][0], {"trains": True}),
        (networks.moves, {}),
        (networks.mlp, {"precision": "int8"}),
    ):
        (tmp_path / "free.c").write_text(built(make, "baseline").to_c_source(**options))
        flags = ["-ffreestanding", "-fno-builtin", "-DNETWORK_NO_BUFFER", "-O2", "-c"]
        subprocess.run([compiler, *WARNINGS, *flags, tmp_path / "free.c", "-o", tmp_path / "free.o"], check=True)
        symbols = subprocess.run(["nm", "-u", tmp_path / "free.o"], check=True, capture_output=True, text=True).stdout
        assert set(symbols.split()) - {"U"} <= {"fmaf", "sqrtf", "memcpy", "memset", "memmove"}, symbols
    for name in ("first", "second"):
        source = built(networks.FLOAT32["normalizations"], "baseline", seed=len(name)).to_c_source(name=name)
        (tmp_path / f"{name}.c").write_text(source)
    (tmp_path / "main.c").write_text(
        "#define FIRST_DECLARATIONS\n#define SECOND_DECLARATIONS\n"
        '#include "first.c"\n#include "second.c"\n#include <stdio.h>\n'
        "static float x[FIRST_INPUTS], y[2][FIRST_OUTPUTS], buffer[FIRST_BUFFER_FLOATS];\n"
        "int main(void) {\n    for (int i = 0; i < FIRST_INPUTS; i++) x[i] = (float)i;\n"
        "    first_predict(x, y[0]);\n    first_predict_with(x, y[1], buffer);\n"
        "    for (int i = 0; i < FIRST_OUTPUTS; i++)\n        if (y[0][i] != y[1][i]) return 1;\n"
        "    second_predict(x, y[1]);\n    return y[0][0] == y[1][0];\n}\n"
    )
    files = [tmp_path / f"{name}.c" for name in ("main", "first", "second")]
    subprocess.run([compiler, *WARNINGS, *files, "-o", tmp_path / "both", "-lm"], check=True)
    subprocess.run([tmp_path / "both"], check=True)


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_a_program_in_cpp_links_it(compiler: str, tmp_path: Path) -> None:
    """The declarations with the code compiled as C; and all of it as C++."""
    network = built(networks.TRAINED["normalized"][0], "baseline")
    (tmp_path / "network.c").write_text(network.to_c_source(trains=True))
    (tmp_path / "main.cpp").write_text(
        '#include "network.c"\n#include <cstdio>\n'
        "static float x[NETWORK_INPUTS], y[NETWORK_OUTPUTS], t[NETWORK_OUTPUTS];\n"
        "int main() {\n    for (int i = 0; i < NETWORK_INPUTS; i++) x[i] = float(i % 7) - 3;\n"
        "    network_train_step(x, t, 0.01f);\n    network_predict(x, y);\n"
        '    std::printf("%a %a %a\\n", y[0], network_parameters[3], network_state[1]);\n}\n'
    )
    warnings = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-ffp-contract=off"]
    subprocess.run(["gcc", "-std=c99", *warnings, "-c", "network.c", "-o", "network.o"], check=True, cwd=tmp_path)
    for name, flags in (("linked", ["-DNETWORK_DECLARATIONS", "network.o"]), ("whole", [])):
        command = [compiler, "-std=c++17", *warnings, "main.cpp", *flags, "-o", name, "-lm"]
        subprocess.run(command, check=True, cwd=tmp_path)
    texts = [subprocess.run([tmp_path / name], check=True, capture_output=True).stdout for name in ("linked", "whole")]
    network.fit(
        np.arange(24)[None] % 7 - 3.0,
        np.zeros((1, 3)),
        cost="mean_squared_error",
        optimizer="gradient_descent",
        learning_rate=0.01,
        epochs=1,
        batch_size=1,
    )
    assert texts[0] == texts[1]
    numbers = [float.fromhex(number) for number in texts[0].decode().split()]
    assert numbers[1] == network.parameters[3] and numbers[2] == next(iter(network.state.values())).ravel()[1]


def test_declares_what_it_has() -> None:
    source = networks.mlp().build(seed=1).to_c_source(name="Digits_1")
    assert "void Digits_1_predict(const float *x, float *y)" in source
    assert "#define DIGITS_1_INPUTS 64\n" in source and "#define DIGITS_1_BUFFER_FLOATS 137\n" in source


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"name": ""}, "begins no names"),
        ({"name": "1st"}, "begins no names"),
        ({"name": "a-b"}, "begins no names"),
        ({"name": "a\0b"}, "null character"),
        ({"name": "a" * 64}, "begins no names"),
        ({"precision": "bfloat16"}, "float32 or int8"),
        ({"precision": "int8", "trains": True}, "int8 cannot train"),
        ({"momentum": True}, "does not train"),
        ({"trains": True, "cost": "huber"}, "huber"),
        ({"trains": True, "cost": chainrule.Cost("cross_entropy", label_smoothing=0.1)}, "without smoothing"),
        ({"trains": True}, "dropout"),
    ],
)
def test_refuses(options: dict[str, object], what: str, tmp_path: Path) -> None:
    network = networks.mlp().build(seed=1)
    for attempt in (network.to_c_source, lambda **options: network.export_c(tmp_path / "x.c", **options)):
        with pytest.raises(chainrule.ChainruleError, match=what):
            attempt(**options)
    assert not list(tmp_path.iterdir())


def test_names_the_layer_it_refuses() -> None:
    network = Network(6).add_reshape((3, 2)).add_gru(4, name="cell").build(seed=1)
    for options in ({"precision": "int8"}, {"trains": True}):
        with pytest.raises(chainrule.ChainruleError, match="layer 'cell': .*'gru'"):
            network.to_c_source(**options)


def test_refuses_batch_normalization_of_one_number() -> None:
    """Along one row a channel without positions has no variance."""
    network = Network(6).add_dense(4).add_normalization("batch", name="norm").add_dense(2).build(seed=1)
    with pytest.raises(chainrule.ChainruleError, match=r"layer 'norm': .*'batch_normalization'.* has no variance"):
        network.to_c_source(trains=True)
    assert "norm" in network.to_c_source()


def test_refuses_numbers_that_are_not_finite() -> None:
    network = networks.mlp().build(seed=1)
    network.parameters[5] = np.nan
    with pytest.raises(chainrule.ChainruleError, match="nan"):
        network.to_c_source()


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
    trained = built(networks.TRAINED["mlp"][0], instruction_sets()[-1])
    x = np.random.default_rng(4).normal(size=(1, 64)).astype(np.float32)
    t = np.eye(10, dtype=np.float32)[3:4]
    (tmp_path / "trained.c").write_text(trained.to_c_source(name="trained", trains=True, cost="cross_entropy"))
    optimizer = Optimizer(trained, "gradient_descent", 0.05)
    for _ in range(3):
        optimizer.step(trained.value_and_grad(x, t, "cross_entropy")[1])
    w = np.asarray(trained.parameters)
    text = '#define TRAINED_DECLARATIONS\n#include "trained.c"\n'
    for what, array in (("x", x), ("t", t), ("w", w)):
        numbers = ", ".join(map(hex, np.ascontiguousarray(array).view(np.uint32).ravel()))
        text += f"static const uint32_t {what}_trained[] = {{{numbers}}};\n"
    checks = "".join(f"    CHECK({label}, {label.upper()});\n" for label, _ in calls)
    (tmp_path / "cases.h").write_text("\n".join(text for _, text in calls) + "\n" + text)
    (tmp_path / "checks.h").write_text(checks)
    sources = [tmp_path / f"{label}.c" for label, *_ in cases] + [tmp_path / "trained.c", folder / "main.c"]
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
    result = subprocess.run(emulator, check=False, capture_output=True, text=True, timeout=120)
    assert result.stdout + result.stderr == f"{len(calls) + 1} of {len(calls) + 1} are the same\n", result
