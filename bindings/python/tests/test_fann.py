"""Networks that FANN trained and saved give its outputs."""

from __future__ import annotations

import ctypes
import ctypes.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule import ChainruleError, Network

DATA = Path("/usr/share/doc/libfann-dev/examples/datasets")
GAUSSIAN_STEPWISE = 9
"""FANN computes 0 for it."""
LIMITED = (10, 11, 14, 15, 16, 17)


class Fann:
    """libfann, a network of it."""

    library = ctypes.CDLL("libfann.so.2")
    for name in ("create_standard_array", "create_sparse_array", "create_shortcut_array", "read_train_from_file"):
        getattr(library, f"fann_{name}").restype = ctypes.c_void_p
    library.fann_run.restype = ctypes.POINTER(ctypes.c_float)

    def __init__(self, kind: str, sizes: list[int], rate: float = 1, seed: int = 1) -> None:
        layers = (ctypes.c_uint * len(sizes))(*sizes)
        create = getattr(self.library, f"fann_create_{kind}_array")
        rates = [ctypes.c_float(rate)] if kind == "sparse" else []
        self.pointer = ctypes.c_void_p(create(*rates, len(sizes), layers))
        self.sizes = sizes
        # Weights that fill the ranges of the functions, the same in every run: FANN draws with C's rand().
        ctypes.CDLL(None).srand(seed)
        self.library.fann_randomize_weights(self.pointer, ctypes.c_float(-1), ctypes.c_float(1))

    def set_functions(self, hidden: int, output: int, steepness: float = 0.5) -> None:
        self.library.fann_set_activation_function_hidden(self.pointer, hidden)
        self.library.fann_set_activation_function_output(self.pointer, output)
        self.library.fann_set_activation_steepness_hidden(self.pointer, ctypes.c_float(steepness))
        self.library.fann_set_activation_steepness_output(self.pointer, ctypes.c_float(steepness / 2))

    def train(self, path: Path, epochs: int) -> None:
        data = ctypes.c_void_p(self.library.fann_read_train_from_file(str(path).encode()))
        self.library.fann_train_on_data(self.pointer, data, epochs, 0, ctypes.c_float(0))
        self.library.fann_destroy_train(data)

    def grow(self, path: Path, neurons: int) -> None:
        data = ctypes.c_void_p(self.library.fann_read_train_from_file(str(path).encode()))
        self.library.fann_cascadetrain_on_data(self.pointer, data, neurons, 0, ctypes.c_float(0))
        self.library.fann_destroy_train(data)

    def save(self, path: Path, fixed: bool = False) -> Path:
        (self.library.fann_save_to_fixed if fixed else self.library.fann_save)(self.pointer, str(path).encode())
        return path

    def run(self, x: Any) -> Any:
        rows = np.ascontiguousarray(x, np.float32)
        outputs = self.sizes[-1]
        y = [self.library.fann_run(self.pointer, row.ctypes.data_as(ctypes.c_void_p))[:outputs] for row in rows]
        return np.array(y, np.float32)

    def __del__(self) -> None:
        self.library.fann_destroy(self.pointer)


def compare(fann: Fann, network: Network, x: Any, tolerance: float = 1e-5) -> None:
    y = fann.run(x)
    assert np.ptp(y) > 0
    np.testing.assert_allclose(network.predict(x), y, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", sorted(path.stem for path in DATA.glob("*.train")))
def test_trained_networks(name: str, tmp_path: Path) -> None:
    x, t = chainrule.load_fann_data(DATA / f"{name}.train")
    others, _ = chainrule.load_fann_data(DATA / f"{name}.test")
    for kind, sizes, rate in (("standard", [8, 5], 1), ("sparse", [9], 0.6), ("shortcut", [3, 2], 1)):
        fann = Fann(kind, [x.shape[1], *sizes, t.shape[1]], rate)
        fann.train(DATA / f"{name}.train", 3)
        network = chainrule.load_fann(fann.save(tmp_path / "net"))
        assert (network.inputs, network.outputs) == (x.shape[1], t.shape[1])
        compare(fann, network, others[:200])


def test_cascades(tmp_path: Path) -> None:
    """Neurons of many functions, each reading all before it."""
    x, _ = chainrule.load_fann_data(DATA / "two-spiral.train")
    fann = Fann("shortcut", [2, 1], seed=2)
    fann.grow(DATA / "two-spiral.train", 12)
    network = chainrule.load_fann(fann.save(tmp_path / "net"))
    # Its weights are in the thousands, its outputs below 1.
    np.testing.assert_allclose(network.predict(x), fann.run(x), atol=1e-3)


@pytest.mark.parametrize("function", [number for number in range(18) if number != GAUSSIAN_STEPWISE])
def test_functions(function: int, tmp_path: Path) -> None:
    x = np.random.default_rng(function).uniform(-3, 3, (300, 5))
    for steepness in (0.5, 1.25):
        fann = Fann("standard", [5, 6, 3])
        fann.set_functions(function, function, steepness)
        compare(fann, chainrule.load_fann(fann.save(tmp_path / "net")), x)
        fann.set_functions(function, 0, steepness)
        if function in LIMITED:
            # Sums of hundreds have rounding errors as large as this.
            compare(fann, chainrule.load_fann(fann.save(tmp_path / "net")), 100 * x, 2e-4)


def test_functions_that_differ_in_a_layer(tmp_path: Path) -> None:
    fann = Fann("standard", [4, 6, 3])
    for neuron, function in enumerate([3, 3, 5, 14, 14, 3]):
        fann.library.fann_set_activation_function(fann.pointer, function, 1, neuron)
        fann.library.fann_set_activation_steepness(fann.pointer, ctypes.c_float(0.25 + neuron / 8), 1, neuron)
    fann.library.fann_set_activation_function(fann.pointer, 7, 2, 1)
    network = chainrule.load_fann(fann.save(tmp_path / "net"))
    compare(fann, network, np.random.default_rng(0).uniform(-2, 2, (100, 4)))
    assert {"layer1-0", "layer1-3", "output-1", "output"} <= {layer.name for layer in network.layers}


def test_fixed_point(tmp_path: Path) -> None:
    fann = Fann("standard", [4, 6, 3])
    fann.set_functions(5, 3)
    x = np.random.default_rng(0).uniform(-1, 1, (100, 4))
    network = chainrule.load_fann(fann.save(tmp_path / "net", fixed=True))
    difference = np.abs(network.predict(x) - fann.run(x)).max()
    assert 0 < difference < 1e-2


def test_they_train_and_save(tmp_path: Path) -> None:
    x, t = chainrule.load_fann_data(DATA / "mushroom.train")
    fann = Fann("shortcut", [x.shape[1], 4, t.shape[1]])
    network = chainrule.load_fann(fann.save(tmp_path / "net"))
    before = network.evaluate(x, t).cost
    network.fit(x, t, epochs=5, batch_size=32, learning_rate=0.01, seed=1)
    assert network.evaluate(x, t).cost < 0.5 * before
    network.save(tmp_path / "net.safetensors")
    np.testing.assert_array_equal(Network.load(tmp_path / "net.safetensors").predict(x), network.predict(x))


@pytest.fixture
def text(tmp_path: Path) -> bytes:
    fann = Fann("shortcut", [2, 2, 1])
    return fann.save(tmp_path / "net").read_bytes()


def test_bytes_and_open_files(text: bytes, tmp_path: Path) -> None:
    x = [[0.5, -1]]
    expected = chainrule.load_fann(text).predict(x)
    with open(tmp_path / "net", "rb") as file:
        np.testing.assert_array_equal(chainrule.load_fann(file).predict(x), expected)
    np.testing.assert_array_equal(chainrule.load_fann(text.replace(b"\n", b"\r\n")).predict(x), expected)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"FANN_FLO_2.1", b"FANN_FLO_1.1", "it begins with neither"),
        (b"FANN_FLO_2.1", b"", "it begins with neither"),
        (b"FANN_FLO_2.1", b"FANN_FIX_2.1", "a fixed-point file has no line decimal_point="),
        (b"network_type=1", b"network_type=2", "network_type is 2"),
        (b"network_type=1", b"network_type=0", "a layer has only a bias"),
        (b"layer_sizes=3 2 1", b"layer_sizes=3", "there are 1 layers; at least 2 are needed"),
        (b"layer_sizes=3 2 1", b"layer_sizes=3 0 1", "a layer has no neurons"),
        (b"layer_sizes=3 2 1", b"layer_sizes=1 4 1", "a layer has only a bias"),
        (b"layer_sizes=3 2 1", b"layer_sizes=3 2 99999999999", "a whole number is too large"),
        (b"layer_sizes=3 2 1", b"layer_sizes=3 2 2147483647", "there are more neurons than 2^31"),
        (b"layer_sizes=3 2 1", b"layer_sizes=3 2 2", "there are 6 neurons; the layers have 7"),
        (b"layer_sizes=3 2 1", b"layer_sizes=3 1 1", "there are more neurons than the layers have"),
        (b"layer_sizes=3 2 1", b"x=1", "neurons= comes once, after layer_sizes="),
        (b"neurons (", b"x (", "connections= comes once, after neurons="),
        (b"connections (", b"x (", "there is no line connections="),
        (b"(0, 0, 0.0", b"(1, 0, 0.0", "neuron 0 is an input and has 1 connections"),
        (b"(5, 4, 5.0", b"(5, 18, 5.0", "the activation function 18 is unknown"),
        (b"(5, 4, 5.0", b"(5, 9, 5.0", "neuron 5 has the activation function 9, which FANN does not compute"),
        (b"(5, 4, 5.0", b"(5, 4, nan", "a number expected"),
        (b"(5, 4, 5.0", b"(5, 4, 9" + b"0" * 40 + b".0", "a steepness is not finite"),
        (b"(5, 4, 5.0", b"(5, 4, 1e999", "a number is too large"),
        (b"(5, 4, 5.0", b"(4, 4, 5.0", "there are more connections than the 10 of the neurons"),
        (b"(5, 4, 5.0", b"(6, 4, 5.0", "there are 11 connections; the neurons have 12"),
        (b"(5, 4, 5.0", b"(2147483647, 4, 5.0", "there are more connections than 2^31"),
        (b"weight)=(0, ", b"weight)=(3, ", "neuron 3 reads neuron 3, which is in no layer before it"),
        (b"weight)=(0, ", b"weight)=(-1, ", "a whole number expected"),
        (b"weight)=(0, ", b"weight)=(0, 1e39) (0, ", "a weight is not finite"),
        (b"weight)=(0, ", b"weight)=(0 ", "', ' expected"),
    ],
)
def test_bad_files(text: bytes, old: bytes, new: bytes, message: str) -> None:
    assert old in text
    with pytest.raises(ChainruleError, match=message.replace("^", r"\^").replace("(", r"\(")):
        chainrule.load_fann(text.replace(old, new, 1))


def test_every_beginning_of_a_file(text: bytes) -> None:
    for length in range(len(text.rstrip())):
        with pytest.raises(ChainruleError):
            chainrule.load_fann(text[:length])


def test_sparse_networks_that_need_much_memory(tmp_path: Path) -> None:
    """Each neuron of a layer of 20,000 reads one of 20,000: as a matrix they need 1.6 GB."""
    count = 20_000
    neurons = "(0, 0, 0) " * (count + 1) + "(1, 5, 1) " * count + "(1, 5, 1) "
    connections = "".join(f"({index}, 1) " for index in range(count)) + f"({count + 1}, 1) "
    file = tmp_path / "net"
    file.write_text(
        f"FANN_FLO_2.1\nnetwork_type=1\nlayer_sizes={count + 1} {count} 1 \n"
        f"neurons (a, b, c)={neurons}\nconnections (a, b)={connections}\n"
    )
    with pytest.raises(chainrule.OutOfMemoryError, match="more than the limit of 67108864"):
        chainrule.load_fann(file)


def test_bad_data(tmp_path: Path) -> None:
    file = tmp_path / "data"
    for content, message in [
        ("2 1", "not enough values"),
        ("2 1 x", "invalid literal"),
        ("1 2 1\n1 2\n3 4", "1 rows of 2 inputs and 1 outputs are announced, there are 4 numbers"),
        ("0 2 1", "0 rows"),
        ("1 1 1\n1\nx", "could not convert"),
    ]:
        file.write_text(content)
        with pytest.raises(ChainruleError, match=message):
            chainrule.load_fann_data(file)
    file.write_text("2 1 2\n1\n2 3\n\n4\n5 6\n")
    x, t = chainrule.load_fann_data(file)
    assert x.tolist() == [[1], [4]]
    assert t.tolist() == [[2, 3], [5, 6]]
