"""The command chainrule, as a user calls it."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from enum import IntEnum
from pathlib import Path

import chainrule
import numpy as np
import pytest
from chainrule import Network, _prototypes
from chainrule._names import names

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ROOT / "build" / "bin" / "chainrule"
DIGITS = ROOT / "Examples" / "data" / "digits.csv"


def run(*arguments: object, text: str = "", code: int = 0) -> str:
    """What the command prints; to standard error, if it should fail."""
    words = [str(argument) for argument in arguments]
    result = subprocess.run([COMMAND, *words], check=False, input=text, capture_output=True, text=True, timeout=60)
    assert result.returncode == code, result.stderr
    if code:
        assert result.stdout == ""
        return result.stderr
    return result.stdout


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A network of three inputs and two outputs."""
    network = Network(3).add_dense(4, "tanh", name="hidden").add_dense(2, name="out").build(seed=1)
    network.save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def test_help_and_version() -> None:
    assert "chainrule predict MODEL" in run("--help")
    for name in ("info", "predict", "prepare", "train", "convert"):
        assert run(name, "--help").startswith(f"chainrule {name} MODEL")
    assert run("--version") == f"chainrule {chainrule.__version__}, {chainrule.instruction_set()}\n"
    assert "chainrule predict MODEL" in run(code=2)


def test_class_labels(model: Path) -> None:
    network = Network.load(model)
    rows = "0.5,1,2\n-3,2,1\n9,-9,4\n"
    numbers = run("predict", model, "--classes", text=rows).split()
    network.class_labels = ["böök", "a b"]
    network.save(model)
    assert "classes böök, a b\n" in run("info", model)
    labels = run("predict", model, "--classes", text=rows).splitlines()
    assert labels == [["böök", "a b"][int(number)] for number in numbers]
    prepared = model.with_suffix(".prepared")
    run("prepare", model, prepared)
    assert run("predict", prepared, "--classes", text=rows).splitlines() == labels


def names_in_c(array: str) -> list[str]:
    """The strings of an array in names.c, whose places are the enumerators' numbers."""
    found = re.search(rf"{array}\[\] = {{(.*?)}};", (ROOT / "Command" / "names.c").read_text(), re.DOTALL)
    assert found
    return re.findall(r'"(\w+)"', found[1])


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        ("activation_names", _prototypes.Activation),
        ("cost_names", _prototypes.CostKind),
        ("layer_kind_names", _prototypes.LayerKind),
        ("optimizer_names", _prototypes.OptimizerMethod),
        ("precision_names", _prototypes.Precision),
        ("schedule_names", _prototypes.ScheduleKind),
    ],
)
def test_names_are_those_of_the_enumerators(array: str, kind: type[IntEnum]) -> None:
    assert {name: number for number, name in enumerate(names_in_c(array))} == names(kind)


def test_info(model: Path) -> None:
    lines = run("info", model).splitlines()
    assert lines[0] == f"{model}: 3 inputs, 2 outputs, 2 layers, 26 parameters (0.1 KiB)"
    assert lines[-2].split() == ["hidden", "dense", "4", "16", "tanh", "<-", "input"]
    assert lines[-1].split() == ["out", "dense", "2", "10", "<-", "hidden"]


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "int8"])
def test_predictions(model: Path, precision: str) -> None:
    x = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    text = "a;b;c\n" + "".join(";".join(f"{value:.9g}" for value in row) + "\r\n" for row in x)
    printed = run("predict", model, "--precision", precision, text=text)
    y = np.array([line.split(",") for line in printed.splitlines()], np.float32)
    np.testing.assert_array_equal(y, Network.load(model).prepare(precision).predict(x))
    places = [int(line) for line in run("predict", "--classes", model, "-", text=text).splitlines()]
    if precision == "float32":
        assert places == y.argmax(axis=1).tolist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2,3\n1,2\n", "'-', line 2: there are 2 numbers, in the first row 3"),
        ("1,2,3\n1,x,3\n", "'-', line 2: 'x' is no number"),
        ("1,2,3,\n4,5,6\n", "'-', line 1: '' is no number"),
        ("1,,3\n", "'-', line 1: '' is no number"),
        ("NA,2,3\n4,5,6\n", "'-', line 1: 'NA' is no number"),
        ("1,2x,3\n", "'-', line 1: '2x' is no number"),
        ("", "'-' has no rows of numbers"),
        ("a,b\n\n", "'-' has no rows of numbers"),
        ("1,2\n", "a row of x has 2 numbers; the network has 3 inputs"),
        ("1,2,3\0\n", "'-' holds a null character"),
    ],
)
def test_bad_data(model: Path, text: str, message: str) -> None:
    assert message in run("predict", model, text=text, code=1)


@pytest.mark.parametrize("heading", ["", "a,b,c\n", "x 1, x 2, x 3\n", "\ufeff", "\ufeffa;b;c\n"])
def test_headings(model: Path, heading: str) -> None:
    """A first line without any number, and a byte order mark."""
    assert run("predict", model, text=heading + "1,2,3\n4,5,6\n") == run("predict", model, text="1 2 3\n4 5 6\n")


def test_training_a_new_network(tmp_path: Path) -> None:
    out = tmp_path / "digits.safetensors"
    options = ("--classes", "--output", out, "--epochs", "10", "--validation", "0.2", "--seed", "3")
    run("train", "--new", "64", DIGITS, *options)
    data = np.loadtxt(DIGITS, delimiter=",", dtype=np.float32)
    network = Network.load(out)
    assert (network.inputs, network.outputs) == (64, 10)
    accuracy = np.mean(network.predict(data[:, :-1]).argmax(axis=1) == data[:, -1])
    assert accuracy > 0.93
    before = out.read_bytes()
    run("train", "--new", "64", DIGITS, *options)
    assert out.read_bytes() == before
    run("train", out, DIGITS, "--classes", "--output", out, "--epochs", "2", "--optimizer", "adamw", "--rate", "1e-4")
    assert out.read_bytes() != before


def test_training_on_numbers(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(200, 2))
    data = tmp_path / "data.csv"
    np.savetxt(data, np.column_stack([x, x @ [[1, 2], [3, -1]]]), delimiter=",")
    out = tmp_path / "out.safetensors"
    run("train", "--new", "0", data, "--targets", "2", "--output", out, "--epochs", "100", "--rate", "0.05")
    np.testing.assert_allclose(Network.load(out).tensors["0.weight"], [[1, 3], [2, -1]], atol=0.01)


def test_interrupted_training_saves(tmp_path: Path) -> None:
    out = tmp_path / "out.safetensors"
    command = [COMMAND, "train", "--new", "200,200", DIGITS, "--classes", "--output", out, "--epochs", "1000000"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("epoch 1/1000000  C ")
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=30)
    assert process.returncode == 1
    assert f"interrupted; '{out}' has what was learnt so far" in message
    assert Network.load(out).outputs == 10


def test_interrupted_training_keeps_the_best(tmp_path: Path) -> None:
    """With a learning rate so large that the last epoch is hardly ever the best."""
    out = tmp_path / "out.safetensors"
    options = ["--validation", "0.2", "--optimizer", "gradient_descent", "--rate", "0.9", "--seed", "3"]
    command = [COMMAND, "train", "--new", "20", DIGITS, "--classes", "--output", out, "--epochs", "1000000", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    lines = [process.stderr.readline() for _ in range(60)]
    process.send_signal(signal.SIGINT)
    lines += process.communicate(timeout=30)[1].splitlines()
    assert process.returncode == 1
    assert "has the parameters of the best epoch (*)" in lines[-1]
    best = max(number for number, line in enumerate(lines) if "*  " in line) + 1
    again = tmp_path / "again.safetensors"
    run(*command[1:5], "--classes", "--output", again, "--epochs", str(best), *options)
    np.testing.assert_array_equal(Network.load(out).parameters, Network.load(again).parameters)


def test_conversion(tmp_path: Path) -> None:
    fann = tmp_path / "and.net"
    fann.write_text(
        "FANN_FLO_2.1\nnetwork_type=1\nlayer_sizes=3 1\nneurons ()=(0, 0, 0)(0, 0, 0)(0, 0, 0)(3, 5, 1)\n"
        "connections ()=(0, 1)(1, 1)(2, -1.5)\n"
    )
    out = tmp_path / "and.safetensors"
    assert run("convert", fann, out) == ""
    np.testing.assert_allclose(Network.load(out).predict([[1, 1]]), [[np.tanh(0.5)]], rtol=1e-6)
    assert "1 outputs" in run("info", fann)
    assert run("convert", out, tmp_path / "and.onnx") == ""
    np.testing.assert_array_equal(
        chainrule.load_onnx(tmp_path / "and.onnx").predict([[1, 1]]), Network.load(out).predict([[1, 1]])
    )
    assert run("info", tmp_path / "and.onnx").count("[N, ") == 2
    assert (
        run("convert", out, tmp_path / "and.c", "--name", "both", "--train", "mean_squared_error", "--momentum") == ""
    )
    source = Network.load(out).to_c_source(name="both", trains=True, momentum=True)
    assert (tmp_path / "and.c").read_text() == source
    assert run("convert", "--precision", "int8", out, tmp_path / "and.c") == ""
    assert (tmp_path / "and.c").read_text() == Network.load(out).to_c_source(precision="int8")
    assert "ends with none of .safetensors, .onnx and .c" in run("convert", fann, tmp_path / "x.bin", code=2)
    assert "the options are for C" in run("convert", fann, tmp_path / "x.onnx", "--momentum", code=2)
    assert "--momentum is for --train" in run("convert", fann, tmp_path / "x.c", "--momentum", code=2)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["learn"], 2, "there is no command 'learn'"),
        (["info"], 2, "info takes one MODEL"),
        (["info", "/nowhere"], 1, "'/nowhere' cannot be opened: No such file or directory"),
        (["info", DIGITS], 1, "digits.csv' is no model: "),
        (["prepare", "MODEL", "MODEL"], 2, "OUT is MODEL"),
        (["train", "--new", "5", DIGITS, "--output", "/tmp/x.onnx"], 2, "train writes the library's own format"),
        (["predict"], 2, "predict takes a MODEL and DATA"),
        (["predict", "MODEL", "--precision", "int4"], 2, "there is no precision 'int4'"),
        (["predict", "MODEL", "--precise"], 2, "unrecognized option"),
        (["train", "MODEL", DIGITS], 2, "train needs --output"),
        (["train", "MODEL", DIGITS, "--output", "/tmp/x"], 1, "the network has 3 inputs"),
        (["train", "MODEL", "--output", "/tmp/x"], 2, "train takes a MODEL and DATA"),
        (["train", "--new", "5,,2", DIGITS, "--output", "/tmp/x"], 2, "a width of --new is ''"),
        (["train", "--new", "5", DIGITS, "--targets", "65", "--output", "/tmp/x"], 1, "none is left for x"),
        (["train", "--new", "5", DIGITS, "--epochs", "-1", "--output", "/tmp/x"], 2, "--epochs is '-1'"),
        (["train", "--new", "5", DIGITS, "--validation", "1", "--output", "/tmp/x"], 2, "--validation is '1'"),
        (["train", "--new", "5", DIGITS, "--rate", "nan", "--output", "/tmp/x"], 2, "--rate is 'nan'"),
        (["train", "--new", "5", DIGITS, "--cost", "x", "--output", "/tmp/x"], 2, "there is no cost 'x'"),
        (["train", "--new", "5", DIGITS, "--output", "/nowhere/x"], 1, "/nowhere/x"),
        (["train", "MODEL", DIGITS, "--activation", "gelu", "--output", "/tmp/x"], 2, "--activation is for --new"),
        (["train", "MODEL", DIGITS, "--targets", "2", "--output", "/tmp/x"], 2, "--targets is for --new"),
        (["train", "--new", "5", DIGITS, "--classes", "--targets", "2", "--output", "/tmp/x"], 2, "not for --classes"),
    ],
)
def test_wrong_arguments(model: Path, arguments: list[object], code: int, message: str) -> None:
    assert message in run(*(model if argument == "MODEL" else argument for argument in arguments), code=code)


def test_classes_must_be_whole_numbers(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text("1,2,0\n1,2,0.5\n")
    message = run("train", "--new", "5", data, "--classes", "--output", tmp_path / "x", code=1)
    assert "the class of row 2 is 0.5; whole numbers from 0 to 999999 are needed" in message


def test_a_missing_option_for_classes_is_named(model: Path, tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text("1,2,3,0\n1,2,3,1\n")
    assert "is --classes missing" in run("train", model, data, "--output", tmp_path / "x", code=1)
    run("train", model, data, "--classes", "--epochs", 1, "--output", tmp_path / "x")


@pytest.mark.parametrize(
    ("activation", "loss", "labels", "threshold"),
    [
        ("identity", None, None, 0.5),
        ("identity", None, ["no", "yes"], 0.0),
        ("identity", "binary_cross_entropy_logits", None, 0.0),
        ("identity", "mean_squared_error", ["no", "yes"], 0.5),
        ("sigmoid", None, ["no", "yes"], 0.5),
        ("sigmoid", "binary_cross_entropy", None, 0.5),
    ],
)
def test_classes_of_a_single_output(
    tmp_path: Path, activation: str, loss: str | None, labels: list[str] | None, threshold: float
) -> None:
    """A probability, or a score."""
    network = Network(1).add_dense(1, activation).build(seed=1)
    if loss:
        network.recipe = {"loss": loss}
    network.class_labels = labels
    network.parameters[:] = [1, 0]
    model = tmp_path / "model.safetensors"
    network.save(model)
    x = np.float32([-2, -0.25, 0.25, 0.75, 2])
    wanted = (network.predict(x[:, np.newaxis])[:, 0] > threshold).astype(int)
    got = run("predict", model, "--classes", text="\n".join(map(str, x)) + "\n").split()
    assert got == [(labels or ["0", "1"])[place] for place in wanted]
    run("prepare", model, tmp_path / "prepared")
    assert "take the MODEL" in run("predict", tmp_path / "prepared", "--classes", text="1\n", code=1)


def test_what_is_no_number(model: Path) -> None:
    assert run("predict", model, text="nan,1,2\n") == "nan,nan\n"
    assert run("predict", model, "--classes", text="nan,1,2\n") == "nan\n"


def test_prepare(model: Path, tmp_path: Path) -> None:
    prepared = tmp_path / "model.prepared"
    for precision in ("float32", "bfloat16", "int8"):
        assert run("prepare", model, prepared, "--precision", precision) == ""
        wanted = run("predict", model, "--precision", precision, text="1,2,3\n-1,0,0.5\n")
        assert run("predict", prepared, text="1,2,3\n-1,0,0.5\n") == wanted
        assert run("predict", prepared, "--precision", precision, text="1,2,3\n-1,0,0.5\n") == wanted
    assert "is prepared in int8" in run("predict", prepared, "--precision", "float32", text="1,2,3\n", code=1)
    assert "is a prepared predictor" in run("info", prepared, code=1)
    assert "MODEL and OUT" in run("prepare", model, code=2)
    assert "fp8" in run("prepare", model, prepared, "--precision", "fp8", code=2)


def test_train_keeps_and_takes_the_recipe(tmp_path: Path) -> None:
    data, out = tmp_path / "data.csv", tmp_path / "out.safetensors"
    data.write_text("".join(f"{i % 7},{i % 3},{i % 2}\n" for i in range(40)))
    options = (
        "--classes",
        "--validation",
        "0.25",
        "--optimizer",
        "adamw",
        "--rate",
        "0.02",
        "--epochs",
        "3",
        "--batch",
        "8",
        "--seed",
        "5",
    )
    run("train", "--new", "4", data, "--output", out, *options)
    recipe = Network.load(out).recipe
    assert recipe and recipe["epochs"] == 3 and recipe["batch_size"] == 8 and recipe["seed"] == 5
    assert recipe["patience"] is None
    assert recipe["cost"].kind == "cross_entropy" and recipe["optimizer"].learning_rate == np.float32(0.02)
    assert "trained with cross_entropy, adamw at the rate 0.02, 3 epochs in batches of 8" in run("info", out)
    again, same = tmp_path / "again.safetensors", tmp_path / "same.safetensors"
    run("train", out, data, "--output", again, "--classes")
    run("train", out, data, "--output", same, *options)
    assert again.read_bytes() == same.read_bytes()
    run("train", out, data, "--output", again, "--classes", "--optimizer", "momentum", "--epochs", "1")
    other = Network.load(again).recipe
    assert other and repr(other["optimizer"]).startswith("Optimizer(momentum") and other["epochs"] == 1
    assert other["batch_size"] == 8


def test_texts_of_files_command_no_terminal(model: Path) -> None:
    network = Network.load(model)
    network.class_labels = ["a\nb", "c"]
    network.metadata["author"] = "me\x1b]0;x\x07"
    network.save(model)
    assert "  author: me?]0;x?\n" in run("info", model) and "  classes a?b, c\n" in run("info", model)
    assert run("predict", model, "--classes", text="1,2,3\n").strip() in ("a?b", "c")


def test_the_output_is_looked_at_before_the_training(model: Path, tmp_path: Path) -> None:
    message = run("train", model, DIGITS, "--output", tmp_path / "absent" / "out.safetensors", code=1)
    assert "cannot be written: No such file or directory" in message


def test_info_shows_metadata(model: Path) -> None:
    network = Network.load(model)
    network.metadata["author"] = "me"
    network.save(model)
    assert "  author: me\n" in run("info", model)
