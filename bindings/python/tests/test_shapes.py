"""Layers of several axes: they work along the last, at every position alike."""

from __future__ import annotations

from collections.abc import Callable

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


# x with axes


def colours() -> Network:
    return Network((6, 5, 3)).add_convolution(4, 3).add_flatten().add_dense(3).build(1)


IMAGES = np.random.default_rng(1).standard_normal((8, 6, 5, 3)).astype(np.float32)
FIRST = IMAGES.transpose(0, 3, 1, 2)
KINDS = np.arange(8) % 3


def test_samples_of_any_shape() -> None:
    network = colours()
    y = network.predict(IMAGES.reshape(8, 90))
    for x in (IMAGES, IMAGES.reshape(8, 30, 3), IMAGES.astype(np.float64), IMAGES.tolist()):
        np.testing.assert_array_equal(network.predict(x), y)
    np.testing.assert_array_equal(network.predict(IMAGES[0]), y[0])
    np.testing.assert_array_equal(network.prepare().predict(IMAGES[0]), network.prepare().predict(IMAGES)[0])
    np.testing.assert_array_equal(chainrule.Workspace(network, 8).forward(IMAGES), y)
    named = Network(90).add_input("image", (6, 5, 3)).add_flatten().build()
    np.testing.assert_array_equal(named.predict(IMAGES), IMAGES.reshape(8, 90))


def test_channels_first() -> None:
    network, same = colours(), colours()
    held = (FIRST[:4], KINDS[:4])
    first = network.fit(FIRST, KINDS, epochs=3, validation_data=held, channels_first=True)
    last = same.fit(IMAGES, KINDS, epochs=3, validation_data=(IMAGES[:4], KINDS[:4]))
    assert [epoch.validation_cost for epoch in first] == [epoch.validation_cost for epoch in last]
    np.testing.assert_array_equal(network.parameters, same.parameters)
    for method in ("predict", "predict_proba"):
        np.testing.assert_array_equal(
            getattr(network, method)(FIRST, channels_first=True), getattr(same, method)(IMAGES)
        )
    np.testing.assert_array_equal(network.predict(FIRST[0], channels_first=True), same.predict(IMAGES[0]))
    assert network.evaluate(FIRST, KINDS, channels_first=True).cost == same.evaluate(IMAGES, KINDS).cost
    assert network.score(FIRST, KINDS, channels_first=True) == same.score(IMAGES, KINDS)
    np.testing.assert_array_equal(network.confusion(FIRST, KINDS, channels_first=True), same.confusion(IMAGES, KINDS))


def test_one_channel_may_stand_anywhere() -> None:
    network = Network((4, 4, 1)).add_flatten().build()
    x = np.arange(32).reshape(2, 1, 4, 4)
    for given in (x, x.reshape(2, 4, 4, 1), x.reshape(2, 4, 4)):
        np.testing.assert_array_equal(network.predict(given), x.reshape(2, 16))
    np.testing.assert_array_equal(network.predict(x, channels_first=True), x.reshape(2, 16))


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (
            lambda: colours().predict(FIRST),
            r"x has shape \(8, 3, 6, 5\); the network takes \(rows, 6, 5, 3\), channels last, or channels_first=True",
        ),
        (lambda: colours().fit(FIRST, KINDS), r"or channels_first=True"),
        (lambda: colours().predict(IMAGES.reshape(8, 5, 6, 3)), r"takes \(rows, 6, 5, 3\), channels last$"),
        (
            lambda: colours().predict(IMAGES, channels_first=True),
            r"x has shape \(8, 6, 5, 3\); with channels_first=True it must be \(rows, 3, 6, 5\)",
        ),
        (lambda: colours().predict(IMAGES.reshape(8, 90), channels_first=True), r"must be \(rows, 3, 6, 5\)"),
        (
            lambda: colours().fit(FIRST, KINDS, validation_data=(IMAGES, KINDS), channels_first=True),
            r"validation_data\[0\] has shape \(8, 6, 5, 3\); with",
        ),
        (
            lambda: Network(90).add_dense(3).build().predict(FIRST, channels_first=True),
            "this one reads rows of 90 numbers",
        ),
        (
            lambda: colours().fit(chainrule.DataSource(lambda request: None), channels_first=True),
            "a data source gives rows with the channels last",
        ),
    ],
)
def test_samples_of_another_shape(use: Callable[[], object], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        use()
