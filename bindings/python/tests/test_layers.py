"""The layers of a network, looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import chainrule
from chainrule import Activation, Layer, Network, _prototypes
from chainrule._names import names
from chainrule._prototypes import InitializerKind, LayerKind

CUBE = Activation(lambda z: z**3, lambda z, h: 3 * z**2)


def described() -> Network:
    network = Network(4).add_dense(5, "elu", alpha=0.5, name="a", weight_initializer=("normal", 0.0, 0.25))
    network.add_noise(0.125, name="n").add_dropout(0.25, name="d").add_activation("tanh", name="t", input="a")
    network.add_sum(["d", "t"], name="s").add_concatenation(["s", "input"], name="c")
    return network.add_dense(3, CUBE, bias=False, name="y", bias_initializer="zeros")


NONE = {"activation": None, "alpha": None, "bias": False, "amount": None}
PLAIN = {"weight_initializer": None, "bias_initializer": None}


def test_layers_are_as_they_were_described() -> None:
    expected = (
        Layer("a", 5, "dense", ("input",), "elu", 0.5, True, None, ("normal", 0.0, 0.25), "default", (5,)),
        Layer("n", 5, "noise", ("a",), **{**NONE, "amount": 0.125}, **PLAIN, shape=(5,)),
        Layer("d", 5, "dropout", ("n",), **{**NONE, "amount": 0.25}, **PLAIN, shape=(5,)),
        Layer("t", 5, "activation", ("a",), **{**NONE, "activation": "tanh"}, **PLAIN, shape=(5,)),
        Layer("s", 5, "sum", ("d", "t"), **NONE, **PLAIN, shape=(5,)),
        Layer("c", 9, "concatenation", ("s", "input"), **NONE, **PLAIN, shape=(9,)),
        Layer("y", 3, "dense", ("c",), CUBE, None, False, None, "default", "zeros", (3,)),
    )
    network = described()
    assert network.layers == expected
    network.build()
    assert network.layers == expected
    assert network.layers[-1].activation == CUBE
    assert Network(4).layers == ()


def test_names_of_kinds_are_those_of_the_functions_that_add_them() -> None:
    assert list(names(LayerKind).values()) == list(range(len(names(LayerKind))))
    assert all(hasattr(Network, f"add_{kind}") for kind in names(LayerKind))


@pytest.mark.parametrize("activation", names(_prototypes.Activation))
def test_every_activation_comes_back(activation: str) -> None:
    network = Network(4).add_dense(2, activation).add_activation(activation)
    alpha = {"leaky_relu": np.float32(0.01), "elu": 1, "clipped_relu": 6}.get(activation)
    assert [(layer.activation, layer.alpha) for layer in network.layers] == [(activation, alpha)] * 2


@pytest.mark.parametrize("kind", names(InitializerKind))
def test_every_initializer_comes_back(kind: str) -> None:
    numbers = {"constant": (0.5,), "uniform": (-0.5, 0.25), "normal": (0.5, 0.25)}.get(kind, ())
    given = (kind, *numbers) if numbers else kind
    (layer,) = Network(4).add_dense(2, weight_initializer=given, bias_initializer=given).layers
    assert (layer.weight_initializer, layer.bias_initializer) == (given, given)


def test_two_custom_activations_are_told_apart() -> None:
    square = Activation(lambda z: z**2, lambda z, h: 2 * z, lambda z, h: 2 + 0 * z)
    network = Network(4).add_dense(2, CUBE).add_activation(square).add_dense(2, tuple(CUBE[:2]))
    assert [layer.activation for layer in network.layers] == [CUBE, square, CUBE]
    assert network.layers[1].activation == square


def test_a_layer_refused_is_not_taken_for_another() -> None:
    square = Activation(lambda z: z**2, lambda z, h: 2 * z)
    network = Network(4)
    with pytest.raises(chainrule.ArgumentError):
        network.add_dense(0, square)
    network.add_dense(2, CUBE)
    assert network.layers[0].activation == CUBE


def test_a_network_described_again_by_its_layers(x: np.ndarray) -> None:
    network, again = described().build(3), Network(4)
    for layer in network.layers:
        if layer.kind in ("sum", "concatenation"):
            getattr(again, f"add_{layer.kind}")(layer.inputs, name=layer.name)
        elif layer.kind in ("dropout", "noise"):
            getattr(again, f"add_{layer.kind}")(layer.amount, name=layer.name, input=layer.inputs[0])
        elif layer.kind == "activation":
            again.add_activation(layer.activation, name=layer.name, input=layer.inputs[0], alpha=layer.alpha)
        else:
            again.add_dense(
                layer.units,
                layer.activation,
                name=layer.name,
                input=layer.inputs[0],
                bias=layer.bias,
                alpha=layer.alpha,
                weight_initializer=layer.weight_initializer,
                bias_initializer=layer.bias_initializer,
            )
    assert again.layers == network.layers
    np.testing.assert_array_equal(again.build(3).predict(x), network.predict(x))


def test_a_loaded_network_tells_its_layers_as_a_described_one(tmp_path: Path) -> None:
    network = Network(4).add_dense(5, "leaky_relu", alpha=0.25, name="a", weight_initializer="he_normal")
    network.add_noise(0.5).add_dropout(0.1).add_sum(["a", "2"]).add_concatenation(["3", "input"])
    network.add_activation("softplus").add_dense(3, bias=False).build()
    network.save(tmp_path / "model")
    loaded = Network.load(tmp_path / "model")
    assert repr(loaded) == repr(network)
    assert "noise 0.5 -> dropout 0.1 -> sum(a, 2) -> concatenation(3, input) -> softplus -> dense 3" in repr(loaded)
    # Files do not keep the initializers.
    kept = [layer._replace(weight_initializer="default") if layer.name == "a" else layer for layer in network.layers]
    assert list(loaded.layers) == kept
