"""Networks as C: compiled by gcc and clang, and compared with the library bit for bit."""

from __future__ import annotations

import platform
import re
import subprocess
from pathlib import Path

import chainrule
import networks
import numpy as np
import pytest
from chainrule import Network, Predictor
from compiling import WARNINGS, assert_same_bits, built, compiled, instruction_sets, predict
from trained_networks import TRAINED

# Networks that train, with nearly all functions that training has.
TRAINED_ALONE = ["mlp", "functions", "pairs", "normalized", "gru", "peepholes", "attention", "embedded", "transposed"]


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
        *((TRAINED[name][0], {"trains": True}) for name in TRAINED_ALONE),
        (networks.mlp, {"trains": True}),
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
    network = built(TRAINED["normalized"][0], "baseline")
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


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_old_cpp_compiles_it(compiler: str, tmp_path: Path) -> None:
    """Which has no hexadecimal numbers with exponents."""
    for make, options in ((TRAINED[name][0], {"trains": True}) for name in TRAINED_ALONE):
        (tmp_path / "network.cpp").write_text(built(make, "baseline").to_c_source(**options))
        command = [compiler, "-std=c++11", "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", "network.cpp"]
        subprocess.run(command, check=True, cwd=tmp_path)


WRONG_ARITHMETIC = [
    ("gcc", "-ffast-math", "fast-math"),
    ("gcc", "-Ofast", "fast-math"),
    ("gcc", "-fassociative-math -fno-signed-zeros -fno-trapping-math", "fast-math"),
    ("clang", "-ffast-math", "fast-math"),
]
if platform.machine() == "x86_64":
    WRONG_ARITHMETIC += [("gcc", "-mfpmath=387", "msse2"), ("clang", "-m32 -march=i386 -ffreestanding", "msse2")]


@pytest.mark.parametrize(("compiler", "flags", "what"), WRONG_ARITHMETIC)
def test_refuses_arithmetic_that_gives_wrong_results(compiler: str, flags: str, what: str, tmp_path: Path) -> None:
    """All but the declarations: with these flags an exponential is far from what it should be."""
    (tmp_path / "network.c").write_text(networks.mlp().build(seed=1).to_c_source())
    command = [compiler, *WARNINGS, *flags.split(), "-fsyntax-only", "network.c"]
    failed = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True)
    assert failed.returncode and "#error" in failed.stderr and what in failed.stderr
    subprocess.run([*command, "-DNETWORK_DECLARATIONS", "-Wno-error"], check=True, cwd=tmp_path)


def test_names_do_not_collide(tmp_path: Path) -> None:
    """A name before _predict and so on is none of the file's own."""
    ends = ("_predict", "_predict_with", "_train_step", "_train_step_with", "_parameters", "_state")
    network = Network(8).add_reshape((4, 2)).add_normalization("batch").add_dropout(0.2).add_noise(0.1)
    network.add_flatten().add_dense(2).build(seed=1)
    sources = [network.to_c_source(trains=True, momentum=True, name="x")]
    sources += [built(make, "baseline").to_c_source(trains=True, name="x") for make, _ in TRAINED.values()]
    sources += [built(make, "baseline").to_c_source(name="x") for make in networks.FLOAT32.values()]
    names = set(re.findall(r"^static .*?(\w+)(?=\[|\(| =|;)", "".join(sources), re.MULTILINE))
    assert {"random_bits", "velocities", "dense"} < names
    assert not [name for name in names if name.endswith(ends)]
    compiled(network.to_c_source(trains=True, name="random"), tmp_path, "gcc")


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
    ],
)
def test_refuses(options: dict[str, object], what: str, tmp_path: Path) -> None:
    network = networks.mlp().build(seed=1)
    for attempt in (network.to_c_source, lambda **options: network.export_c(tmp_path / "x.c", **options)):
        with pytest.raises(chainrule.ChainruleError, match=what):
            attempt(**options)
    assert not list(tmp_path.iterdir())


def test_names_the_layer_it_refuses() -> None:
    network = Network(6).add_dense(4, (np.cos, np.sin), name="custom").build(seed=1)
    for options in ({}, {"precision": "int8"}, {"trains": True}):
        with pytest.raises(chainrule.ChainruleError, match="layer 'custom': .*'dense' with a function of your own"):
            network.to_c_source(**options)


def test_refuses_numbers_that_are_not_finite() -> None:
    network = networks.mlp().build(seed=1)
    network.parameters[5] = np.nan
    with pytest.raises(chainrule.ChainruleError, match="nan"):
        network.to_c_source()
