"""Weights from PyTorch, by name and in its layout, and for it. make_pytorch.py wrote the files that are read here."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from refusals import expect_refusal

import chainrule
from chainrule import ArgumentError, ArgumentTypeError, Network

FOLDER = Path(__file__).with_name("pytorch")
VALUES = np.load(FOLDER / "values.npz")
# Of float32, relative to the largest output.
TOLERANCE = 2e-6


def perceptron() -> Network:
    return Network(6).add_dense(8, "relu").add_dense(8).add_prelu().add_dense(3)


def images() -> Network:
    network = Network((10, 9, 2)).add_convolution(4, (3, 2), "relu", padding=[1, 0], name="conv1")
    network.add_pooling("maximum", 2, stride=1).add_convolution(6, 3, stride=2, groups=2, bias=False, name="conv2")
    network.add_normalization(name="norm").add_prelu(name="slopes").add_flatten().add_normalization(name="flat_norm")
    network.add_pooling("mean", input="0", name="more")
    return network.add_concatenation(["flat_norm", "more"]).add_dense(5, name="fc")


def decoder() -> Network:
    network = Network(7).add_dense(60, name="first").add_activation("tanh").add_reshape((3, 5, 4))
    network.add_transposed_convolution(6, 3, stride=2, padding=1, groups=2, name="grow")
    network.add_normalization("group", groups=3, name="norm").add_activation("relu")
    return network.add_transposed_convolution(1, 2, name="last")


def words() -> Network:
    network = Network(7).add_embedding(11, 4, name="table")
    network.add_lstm(3, bidirectional=True, name="both").add_lstm(3, bidirectional=True, name="both_l1")
    network.add_normalization("layer", name="norm").add_gru(5, name="gru").add_rnn(4, "relu", bias=False, name="rnn")
    return network.add_flatten().add_dense(2, name="fc")


def attentive() -> Network:
    network = Network(63).add_input("x", (6, 8)).add_input("memory", (5, 3)).add_parameter((6, 8), name="positions")
    network.add_sum(["x", "positions"]).add_attention(2, causal=True, name="inner")
    network.add_attention(4, key="positions", name="cross")
    return network.add_attention(2, key="memory", bias=False, name="other")


MAKES: dict[str, Callable[[], Network]] = {
    make.__name__: make for make in (perceptron, images, decoder, words, attentive)
}
each_case = pytest.mark.parametrize("case", MAKES)


def expect_outputs(network: Network, case: str) -> None:
    x, y = VALUES[f"{case}.x"], VALUES[f"{case}.y"]
    if x.ndim == 4:
        x = x.transpose(0, 2, 3, 1)
    if y.ndim == 4:
        y = y.transpose(0, 2, 3, 1)
    np.testing.assert_allclose(network.predict(x), y.reshape(len(y), -1), rtol=0, atol=TOLERANCE * np.abs(y).max())


@each_case
@pytest.mark.parametrize("ending", ["pt", "safetensors"])
def test_outputs_are_pytorchs(case: str, ending: str) -> None:
    network = MAKES[case]().build(seed=1)
    assert network.load_state_dict(FOLDER / f"{case}.{ending}") == ((), ())
    expect_outputs(network, case)


@each_case
def test_the_state_dict_is_pytorchs(case: str) -> None:
    network = MAKES[case]().build(seed=1)
    given = chainrule.read_tensors(FOLDER / f"{case}.pt")
    network.load_state_dict(given)
    back = network.state_dict(like=given)
    assert list(back) == list(given)
    for name, array in given.items():
        assert back[name].shape == array.shape
        if "bias_ih" not in name and "bias_hh" not in name:
            np.testing.assert_array_equal(back[name], array, err_msg=name)
    # Of two biases only the sum is kept, but for the last third of a GRU's.
    for name in back:
        if "bias_ih" in name:
            other = name.replace("_ih", "_hh")
            np.testing.assert_allclose(back[name] + back[other], given[name] + given[other], atol=1e-6)
    if "gru.bias_hh_l0" in back:
        np.testing.assert_array_equal(back["gru.bias_hh_l0"][10:], given["gru.bias_hh_l0"][10:])


@each_case
def test_a_state_dict_of_its_own_loads_again(case: str, tmp_path: Path) -> None:
    network, other = MAKES[case]().build(seed=2), MAKES[case]().build(seed=3)
    safetensors.numpy.save_file(network.state_dict(), tmp_path / "weights.safetensors")
    assert other.load_state_dict(tmp_path / "weights.safetensors") == ((), ())
    np.testing.assert_array_equal(other.parameters, network.parameters)
    for name, state in network.state.items():
        np.testing.assert_array_equal(other.state[name], state)


@pytest.mark.parametrize("case", ["images", "decoder", "words", "attentive"])
def test_names_of_its_own_are_pytorchs(case: str) -> None:
    own = MAKES[case]().build().state_dict()
    theirs = {key: array.shape for key, array in chainrule.read_tensors(FOLDER / f"{case}.pt").items()}
    theirs = {key: shape for key, shape in theirs.items() if not key.endswith("num_batches_tracked")}
    if case == "words":  # a module of two layers: two modules here
        theirs = {
            key.replace("both.", "both_l1.").replace("_l1_rev", "_l0_rev") if "_l1" in key else key: shape
            for key, shape in theirs.items()
        }
        theirs = {key[:-1] + "0" if key.endswith("_l1") else key: shape for key, shape in theirs.items()}
    if case == "attentive":
        theirs["positions"] = theirs["positions"][1:]
    assert {key: array.shape for key, array in own.items()} == theirs


def test_names_of_the_callers() -> None:
    given = chainrule.read_tensors(FOLDER / "words.pt")
    network = Network(7).add_embedding(11, 4, name="a").add_lstm(3, bidirectional=True, name="b")
    network.add_lstm(3, bidirectional=True, name="c").add_normalization("layer", name="d").add_gru(5, name="e")
    network.add_rnn(4, "relu", bias=False, name="f").add_flatten().add_dense(2, name="g").build()
    names = {"table": "a", "both": "b", "both_l1": "c", "norm": "d", "gru": "e", "rnn": "f", "fc": "g"}
    network.load_state_dict(given, names)
    expect_outputs(network, "words")
    back = network.state_dict(names)
    assert {"table.weight", "both.weight_ih_l0_reverse", "both_l1.bias_hh_l0", "gru.bias_hh_l0", "fc.bias"} < set(back)
    names = {"inner": "x", "cross": "y", "other": "z", "positions": "p"}
    network = Network(63).add_input("x0", (6, 8)).add_input("memory", (5, 3)).add_parameter((6, 8), name="p")
    network.add_sum(["x0", "p"]).add_attention(2, causal=True, name="x").add_attention(4, key="p", name="y")
    network.add_attention(2, key="memory", bias=False, name="z").build()
    network.load_state_dict(FOLDER / "attentive.safetensors", names)
    expect_outputs(network, "attentive")
    assert set(network.state_dict(names)) == set(chainrule.read_tensors(FOLDER / "attentive.pt"))


def test_cells_and_one_direction() -> None:
    """nn.LSTMCell's names have no layer. The second direction of a module goes into a layer that goes backwards."""
    given = chainrule.read_tensors(FOLDER / "words.pt")
    one = Network((7, 4)).add_lstm(3, name="one").build()
    cell = {f"cell.{key[5:-3]}": given[key] for key in given if re.fullmatch(r"both\..*_l0", key)}
    one.load_state_dict(cell)
    back = Network((7, 4)).add_lstm(3, name="back", backwards=True).build()
    reverse = {key: given[key] for key in given if key.endswith("_l0_reverse")}
    back.load_state_dict(reverse)
    np.testing.assert_array_equal(one.tensors["one.weight_ih"], given["both.weight_ih_l0"])
    np.testing.assert_array_equal(back.tensors["back.weight_ih"], given["both.weight_ih_l0_reverse"])
    with pytest.raises(ArgumentError, match="no module is left for the layer 'one'"):
        one.load_state_dict(reverse)


def test_the_state_dict_of_a_module_itself() -> None:
    given = chainrule.read_tensors(FOLDER / "words.pt")
    for name, make in {"gru": Network((7, 6)).add_gru(5), "fc": Network(28).add_dense(2)}.items():
        own = {key[len(name) + 1 :]: array for key, array in given.items() if key.startswith(f"{name}.")}
        network = make.build()
        network.load_state_dict(own)
        assert network.state_dict(like=own).keys() == own.keys()
        assert not network.state_dict(like=own).keys() & network.state_dict().keys()
    network = Network((6, 8)).add_attention(2, name="a").build()
    given = chainrule.read_tensors(FOLDER / "attentive.pt")
    own = {key[len("inner.") :]: array for key, array in given.items() if key.startswith("inner.")}
    network.load_state_dict(own)
    np.testing.assert_array_equal(network.tensors["a_in.weight"], own["in_proj_weight"])
    np.testing.assert_array_equal(network.tensors["a.bias"], own["out_proj.bias"])


def test_buffers_are_constants() -> None:
    network = Network(3).add_constant(3, name="offset").add_sum(["input", "offset"]).add_dense(1, name="fc").build()
    given = {"fc.weight": np.ones((1, 3)), "fc.bias": np.zeros(1), "offset": np.arange(3.0)[np.newaxis]}
    network.load_state_dict(given)
    assert network.predict([1, 1, 1]) == 6
    np.testing.assert_array_equal(network.state_dict()["offset"], [0, 1, 2])


def test_infinite_numbers_are_numbers() -> None:
    network = Network((3, 2)).add_lstm(1, name="l").build()
    ones = {"weight_ih": np.ones((4, 2)), "weight_hh": np.ones((4, 1)), "bias_hh": np.full(4, -np.inf)}
    network.load_state_dict({f"l.{name}": array for name, array in {**ones, "bias_ih": np.full(4, np.inf)}.items()})
    assert np.isnan(network.tensors["l.bias"]).all()


def test_a_custom_activation_stays() -> None:
    network = Network(2).add_dense(3, (np.square, lambda z, h: 2 * z), name="a").add_dense(1, name="b").build()
    network.load_state_dict(GOOD)
    assert network.predict([1, 2]) == 3 * 4**2 + 1


def test_what_is_left_out() -> None:
    given = chainrule.read_tensors(FOLDER / "images.pt")
    network = Network((10, 9, 2)).add_convolution(4, (3, 2), padding=[1, 0], name="conv1").add_dense(3, name="head")
    network.build(seed=1)
    head = network.tensors["head.weight"].copy()
    left = network.load_state_dict(given, strict=False)
    assert left.missing == ("head.weight", "head.bias")
    assert {"conv2.weight", "norm.running_mean", "fc.weight", "fc.bias"} < set(left.unexpected)
    assert not any(name.startswith("conv1") for name in left.unexpected)
    np.testing.assert_array_equal(network.tensors["conv1.weight"], np.moveaxis(given["conv1.weight"], 1, -1))
    np.testing.assert_array_equal(network.tensors["head.weight"], head)


def test_modules_of_one_shape_keep_their_order() -> None:
    network = Network(4).add_dense(4).add_dense(4).add_dense(4).build()
    weights = [np.full((4, 4), i, np.float32) for i in range(3)]
    bias = np.zeros(4, np.float32)
    ordered = {
        f"{name}.{tensor}": weight if tensor == "weight" else bias
        for name, weight in zip("xab", weights)
        for tensor in ("weight", "bias")
    }
    network.load_state_dict(ordered)
    assert [network.tensors[f"{i}.weight"][0, 0] for i in range(3)] == [0, 1, 2]
    with pytest.raises(ArgumentError, match=r"order is unknown: which of a, b, x is the layer '0'"):
        network.load_state_dict(dict(sorted(ordered.items())))
    numbered = {
        f"fc{n}.{tensor}": weight if tensor == "weight" else bias
        for n, weight in zip((2, 9, 10), weights)
        for tensor in ("weight", "bias")
    }
    network.load_state_dict(dict(sorted(numbered.items())))
    assert [network.tensors[f"{i}.weight"][0, 0] for i in range(3)] == [0, 1, 2]


def test_where_the_channels_of_a_flattened_image_are() -> None:
    network = Network((2, 3, 4)).add_flatten().add_dense(1, bias=False, name="fc").build()
    weight = np.arange(24, dtype=np.float32)[np.newaxis]
    network.load_state_dict({"fc.weight": weight})
    x = np.arange(24).reshape(4, 2, 3).transpose(1, 2, 0).reshape(1, 24)
    assert network.predict(x)[0, 0] == (np.arange(24.0) ** 2).sum()
    network.load_state_dict({"fc.weight": weight}, flattened="channels_last")
    assert network.predict(np.arange(24.0)[np.newaxis])[0, 0] == (np.arange(24.0) ** 2).sum()
    sequence = Network((6, 4)).add_flatten().add_dense(1, bias=False, name="fc").build()
    sequence.load_state_dict({"fc.weight": weight})
    np.testing.assert_array_equal(sequence.tensors["fc.weight"], weight)
    sequence.load_state_dict({"fc.weight": weight}, flattened="channels_first")
    np.testing.assert_array_equal(sequence.tensors["fc.weight"], weight.reshape(4, 6).T.reshape(1, 24))
    np.testing.assert_array_equal(sequence.state_dict(flattened="channels_first")["fc.weight"], weight)


class Tensor:
    """Looks like a tensor of torch."""

    def __init__(self, values: Any) -> None:
        self.values = np.float64(values)

    detach = cpu = double = lambda self: self

    def numpy(self) -> Any:
        return self.values


def test_tensors_of_torch() -> None:
    network = Network(2).add_dense(1).build()
    network.load_state_dict({"fc.weight": Tensor([[1, 2]]), "fc.bias": Tensor([3])})
    assert network.predict([1, 1]) == 6


def small() -> Network:
    return Network(2).add_dense(3, "relu", name="a").add_dense(1, name="b").build(seed=1)


GOOD = {"a.weight": np.ones((3, 2)), "a.bias": np.ones(3), "b.weight": np.ones((1, 3)), "b.bias": np.ones(1)}
REFUSED: list[tuple[dict[str, Any], dict[str, Any], type[Exception], str]] = [
    ({**GOOD, "a.weight": np.ones((2, 3))}, {}, ArgumentError, r"a\.weight has \(2, 3\), but a\.weight needs \(3, 2\)"),
    ({**GOOD, "c.weight": np.ones(3)}, {}, ArgumentError, r"no layer for these tensors: c\.weight"),
    ({**GOOD, "b.running_mean": np.ones(1)}, {}, ArgumentError, r"no layer for these tensors: b\.running_mean"),
    ({k: v for k, v in GOOD.items() if k != "b.bias"}, {}, ArgumentError, r"does not have these tensors: b\.bias"),
    (
        {"x.weight": np.ones((4, 4))},
        {},
        ArgumentError,
        r"left for the layer 'a' with weight \(3, 2\).*x has weight \(4, 4",
    ),
    ({}, {}, ArgumentError, "layer 'a' .*there is none"),
    (GOOD, {"names": {"q": "a"}}, ArgumentError, "names has modules that the state_dict does not have: q"),
    (GOOD, {"names": {"a": "q"}}, ArgumentError, "names gives layers that the network does not have.*: q"),
    (GOOD, {"names": ["a"]}, ArgumentTypeError, "names must be a mapping"),
    (GOOD, {"names": {"a": 3}}, ArgumentTypeError, "names must be a mapping"),
    (GOOD, {"flattened": "first"}, ArgumentError, "unknown flattened 'first'"),
    ({"model": GOOD}, {}, ArgumentTypeError, "'model' is a mapping itself"),
    ({**GOOD, "a.bias": "x"}, {}, ArgumentTypeError, r"a\.bias has the dtype"),
    ({**GOOD, "a.bias": np.full(3, 1e200)}, {}, ArgumentError, r"a\.bias holds numbers that are too large"),
]


@pytest.mark.parametrize(("given", "how", "error", "message"), REFUSED)
def test_what_is_refused(given: Any, how: dict[str, Any], error: type[Exception], message: str) -> None:
    network = small()
    before = network.parameters.copy()
    expect_refusal(lambda: network.load_state_dict(given, **how), error, message)
    np.testing.assert_array_equal(network.parameters, before)


def test_what_pytorch_does_not_have() -> None:
    with pytest.raises(ArgumentError, match="'l' has peepholes"):
        Network((3, 2)).add_lstm(2, peepholes=True, name="l").build().state_dict()
    with pytest.raises(ArgumentError, match="'g' has a reset gate before"):
        Network((3, 2)).add_gru(2, reset_first=True, name="g").build().load_state_dict({})
    network = Network(2).add_prelu(name="p").build()
    network.tensors["p.weight"][:] = [1, 2]
    expect_refusal(lambda: network.state_dict(like={"p.weight": np.ones(1)}), ArgumentError, "different slopes")
    expect_refusal(lambda: small().state_dict({"x": "y"}), ArgumentError, "does not have.*: y")
    expect_refusal(lambda: small().state_dict(like={"a.weight": np.ones(3)}), ArgumentError, "'a'")
    with pytest.raises(chainrule.StateError):
        Network(2).add_dense(1).state_dict()
