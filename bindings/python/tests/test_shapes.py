"""Layers of several axes: they work along the last, at every position alike."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule
from chainrule import ArgumentError, Network


def described() -> Network:
    network = Network(24).add_reshape((6, 4), name="sequence").add_dense(5, "tanh", name="each")
    return network.add_flatten(name="flat").add_dense(3, name="y")


def test_shapes_are_as_they_were_described() -> None:
    shapes = {layer.name: layer.shape for layer in described().layers}
    assert shapes == {"sequence": (6, 4), "each": (6, 5), "flat": (30,), "y": (3,)}
    assert [layer.kind for layer in described().layers] == ["reshape", "dense", "reshape", "dense"]
    assert [layer.units for layer in described().layers] == [4, 5, 30, 3]
    assert "reshape (6, 4)" in repr(described())


@pytest.mark.parametrize("shape", [24, [24], (24,), np.array([24]), np.int64(24)])
def test_one_axis(shape: object) -> None:
    assert Network(24).add_reshape(shape).layers[0].shape == (24,)  # type: ignore[arg-type]


def test_a_dense_layer_works_at_every_position() -> None:
    network = described().build(seed=3)
    x = np.random.default_rng(1).standard_normal((7, 24), dtype=np.float32)
    w, b = network.tensors["each.weight"], network.tensors["each.bias"]
    assert w.shape == (5, 4)
    h = np.tanh(x.reshape(7, 6, 4) @ w.T + b).reshape(7, 30)
    y = h @ network.tensors["y.weight"].T + network.tensors["y.bias"]
    np.testing.assert_allclose(network.predict(x), y, atol=1e-5)


def test_a_saved_network_keeps_its_shapes(tmp_path: object) -> None:
    path = f"{tmp_path}/model.safetensors"
    network = described().build(seed=3)
    network.save(path)
    loaded = Network.load(path)
    assert loaded.layers == network.layers


def test_training_learns_from_every_position() -> None:
    random = np.random.default_rng(2)
    x = random.standard_normal((400, 24), dtype=np.float32)
    # The sum over positions of a function of each.
    y = np.abs(x.reshape(400, 6, 4)[:, :, 0]).sum(axis=1, keepdims=True)
    network = Network(24).add_reshape((6, 4)).add_dense(8, "relu").add_flatten().add_dense(1).build(seed=1)
    history = network.fit(x, y, cost="mean_squared_error", learning_rate=0.01, epochs=60)
    assert history[-1].cost < 0.05 * history[0].cost


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((5, 5), r"\[5, 5\] has 25"),
        ((), "1 to 4 axes"),
        ((1, 1, 1, 1, 24), "1 to 4 axes"),
        ((24, 0), "axis 1"),
    ],
)
def test_shapes_that_do_not_fit(shape: tuple[int, ...], words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        Network(24).add_reshape(shape)


@pytest.mark.parametrize(
    "shape",
    [
        (2.5, 4),
        ("6", 4),
        (-6, 4),
        "24",
        None,
        3.5,
        {6, 4},
        {6: 4},
        iter([6, 4]),
        np.array(24.0),
        np.zeros((1, 2)),
        (2**70, 1),
        object(),
    ],
)
def test_what_is_no_shape(shape: object) -> None:
    with pytest.raises(ArgumentError, match="shape"):
        Network(24).add_reshape(shape)  # type: ignore[arg-type]


def test_a_custom_activation_gets_a_row_for_each_position() -> None:
    slopes = np.arange(1, 5, dtype=np.float32)
    activation = chainrule.Activation(
        lambda z: slopes * z * z, lambda z, h: 2 * slopes * z, lambda z, h: 2 * slopes + 0 * z
    )
    network = Network(24).add_reshape((6, 4)).add_activation(activation).add_flatten().add_dense(3).build(seed=1)
    x = np.random.default_rng(4).standard_normal((5, 24), dtype=np.float32)
    assert network.check_gradient(x, np.zeros((5, 3)), cost="mean_squared_error").passed


def test_costs_of_classes_need_one_position() -> None:
    network = Network(24).add_reshape((6, 4)).build()
    x = np.zeros((2, 24))
    for call in (network.fit, network.evaluate, network.value_and_grad):
        with pytest.raises(ArgumentError, match=r"one row.*\[6, 4\].*reshape"):
            call(x, np.zeros(2, int), cost="cross_entropy")
    assert Network(24).add_dense(10).add_reshape((1, 1, 10)).build().fit(x, np.zeros(2, int), epochs=1)


def test_a_softmax_over_other_rows_than_the_costs_is_allowed() -> None:
    network = Network(24).add_reshape((6, 4)).add_activation("softmax").add_flatten().build()
    assert network.evaluate(np.zeros((2, 24)), np.zeros(2, int), cost="cross_entropy").cost > 0
