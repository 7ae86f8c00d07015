"""Convolution, pooling, normalization and the layers that move and combine elements: against numpy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule import ArgumentError, ArgumentTypeError, Network, Workspace


def data(*shape: int, seed: int = 1) -> Any:
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def windows(x: Any, kernel: tuple[int, int], stride: int) -> Any:
    """The windows of (rows, height, width, channels): (rows, out height, out width, channels, taps, taps)."""
    return np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(1, 2))[:, ::stride, ::stride]


def test_a_convolution_is_a_product_with_windows() -> None:
    x = data(4, 9, 8, 3)
    network = Network((9, 8, 3)).add_convolution(5, (3, 2), "tanh", stride=2, name="c").build(seed=1)
    w, b = network.tensors["c.weight"], network.tensors["c.bias"]
    assert w.shape == (5, 3, 2, 3)
    y = np.tanh(np.einsum("nhwcij,oijc->nhwo", windows(x, (3, 2), 2), w) + b)
    assert network.layers[-1].shape == y.shape[1:]
    np.testing.assert_allclose(network.predict(x).reshape(y.shape), y, atol=1e-5)


def test_padding_is_zeros_around_the_input() -> None:
    x = data(3, 6, 5, 2)
    for padding, amounts in [
        ("same", ((1, 1), (0, 1))),
        (1, ((1, 1), (1, 1))),
        ([2, 0], ((2, 2), (0, 0))),
        ([(0, 1), (2, 1)], ((0, 1), (2, 1))),
    ]:
        network = Network((6, 5, 2)).add_convolution(4, (3, 2), padding=padding, bias=False, name="c").build(seed=2)
        padded = np.pad(x, ((0, 0), *amounts, (0, 0)))
        y = np.einsum("nhwcij,oijc->nhwo", windows(padded, (3, 2), 1), network.tensors["c.weight"])
        np.testing.assert_allclose(network.predict(x).reshape(y.shape), y, atol=1e-5)


def test_causal_outputs_see_no_later_positions() -> None:
    network = Network((12, 1)).add_convolution(1, 3, dilation=2, padding="causal").build(seed=3)
    x = data(12)
    later = x.copy()
    later[7:] += 1
    change = network.predict(later) - network.predict(x)
    assert (change[:7] == 0).all()
    assert (change[7:] != 0).all()


def test_depthwise_channels_do_not_meet() -> None:
    network = Network((5, 5, 8)).add_convolution(8, 3, groups=8, name="c").build(seed=4)
    assert network.tensors["c.weight"].shape == (8, 3, 3, 1)
    x = data(1, 5, 5, 8)
    other = x.copy()
    other[..., 2] += 1
    change = (network.predict(other) - network.predict(x)).reshape(3, 3, 8)
    assert (np.abs(change).max(axis=(0, 1)) > 0).tolist() == [channel == 2 for channel in range(8)]


def test_a_transposed_convolution_is_the_adjoint() -> None:
    forward = Network((7, 6, 3)).add_convolution(4, 3, stride=2, padding="same", bias=False, name="c").build(seed=5)
    shape = forward.layers[-1].shape
    back = Network(shape).add_transposed_convolution(3, 3, stride=2, padding=[(1, 1), (0, 1)], bias=False, name="c")
    back.build(seed=6)
    assert back.layers[-1].shape == (7, 6, 3)
    back.parameters[:] = forward.parameters
    x, u = data(7 * 6 * 3, seed=7), data(int(np.prod(shape)), seed=8)
    assert np.dot(forward.predict(x), u) == pytest.approx(np.dot(back.predict(u), x), rel=1e-4)


@pytest.mark.parametrize(("method", "function"), [("maximum", np.max), ("mean", np.mean)])
def test_pooling(method: str, function: Callable[..., Any]) -> None:
    x = data(3, 6, 8, 5)
    network = Network((6, 8, 5)).add_pooling(method, 2).build()
    y = function(x.reshape(3, 3, 2, 4, 2, 5), axis=(2, 4))
    np.testing.assert_allclose(network.predict(x).reshape(y.shape), y, atol=1e-6)
    everywhere = Network((6, 8, 5)).add_pooling(method).build()
    assert everywhere.layers[-1].shape == (5,)
    np.testing.assert_allclose(everywhere.predict(x), function(x, axis=(1, 2)), atol=1e-6)


def test_normalization() -> None:
    x = 3 * data(6, 4, 3, 8) + 1
    for method, groups, axes in [("layer", 1, -1), ("group", 2, None), ("group", 8, None)]:
        network = Network((4, 3, 8)).add_normalization(method, groups=groups).build()
        y = network.predict(x).reshape(x.shape)
        z = x if axes == -1 else x.reshape(6, 12, groups, 8 // groups)
        over = -1 if axes == -1 else (1, 3)
        z = (z - z.mean(axis=over, keepdims=True)) / np.sqrt(z.var(axis=over, keepdims=True) + 1e-5)
        np.testing.assert_allclose(y, z.reshape(x.shape), atol=1e-4)
    rms = Network((4, 3, 8)).add_normalization("rms").build()
    assert list(rms.tensors) == ["1.weight"]
    expected = x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(rms.predict(x).reshape(x.shape), expected, atol=1e-4)


def test_batch_normalization_learns_its_statistics() -> None:
    x = (3 * data(256, 4) + 5).astype(np.float32)
    network = Network(4).add_normalization("batch", name="n", momentum=0.5).add_dense(1).build(seed=1)
    assert list(network.tensors) == ["n.weight", "n.bias", "1.weight", "1.bias"]
    np.testing.assert_array_equal(network.state["n.running_mean"], 0)
    np.testing.assert_array_equal(network.state["n.running_var"], 1)
    network.fit(x, x.sum(axis=1), cost="mean_squared_error", epochs=20, batch_size=64, learning_rate=1e-3)
    np.testing.assert_allclose(network.state["n.running_mean"], x.mean(axis=0), atol=0.5)
    np.testing.assert_allclose(network.state["n.running_var"], x.var(axis=0), rtol=0.3)
    loaded = Network.from_bytes(network.to_bytes()) if hasattr(Network, "from_bytes") else network.copy()
    np.testing.assert_array_equal(loaded.predict(x), network.predict(x))


def test_batch_statistics_by_hand() -> None:
    network = Network(3).add_normalization("batch", affine=False, name="n").build()
    x = 2 * data(50, 3) + 7
    workspace = Workspace(network, 50)
    np.testing.assert_allclose(workspace.forward(x), x / np.sqrt(1 + 1e-5), rtol=1e-5)
    with pytest.raises(chainrule.StateError, match="no forward pass with the batch's statistics"):
        network.update_statistics(workspace)
    workspace.use_batch_statistics()
    y = workspace.forward(x)
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(y.var(axis=0), 1, rtol=1e-3)
    network.update_statistics(workspace)
    np.testing.assert_allclose(network.state["n.running_mean"], 0.1 * x.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(network.state["n.running_var"], 0.9 + 0.1 * x.var(axis=0, ddof=1), rtol=1e-5)


def test_layers_that_move_elements() -> None:
    x = data(2, 3, 4, 2)

    def result(network: Network) -> Any:
        network.build()
        return network.predict(x).reshape(2, *network.layers[-1].shape)

    start = Network((3, 4, 2))
    np.testing.assert_array_equal(result(start.copy().add_transpose([2, 0, 1])), x.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(result(start.copy().add_slice([1, 0, 1], [3, 2, 2])), x[:, 1:3, 0:2, 1:2])
    np.testing.assert_array_equal(
        result(start.copy().add_zero_padding([1, 0], [0, 2])), np.pad(x, ((0, 0), (1, 0), (0, 2), (0, 0)))
    )
    np.testing.assert_array_equal(result(start.copy().add_upsampling([2, 3])), x.repeat(2, axis=1).repeat(3, axis=2))
    np.testing.assert_array_equal(result(start.copy().add_upsampling(2)), x.repeat(2, axis=1).repeat(2, axis=2))
    np.testing.assert_array_equal(
        result(start.copy().add_slice([1, 0, 0], [2, 4, 1]).add_broadcast((2, 3, 4, 5))),
        np.broadcast_to(x[:, None, 1:2, :, :1], (2, 2, 3, 4, 5)),
    )
    joined = start.copy().add_concatenation(["0", "0"], axis=0)
    np.testing.assert_array_equal(result(joined), np.concatenate([x, x], axis=1))


def test_layers_that_combine_elements() -> None:
    x = data(2, 3, 4, 2)
    network = Network((3, 4, 2)).add_pooling("mean", name="channels").add_dense(1, "tanh", name="one")
    network.add_product("0", "channels", name="p").add_difference("p", "one", name="d")
    network.add_mean(["d", "0", "channels"], name="m").add_sum(["m", "one"], name="s").build(seed=1)
    channels = x.mean(axis=(1, 2), keepdims=True)
    w, b = network.tensors["one.weight"], network.tensors["one.bias"]
    one = np.tanh(channels[:, 0, 0] @ w.T + b)[:, :, None, None]
    expected = (x * channels - one + x + channels) / 3 + one
    np.testing.assert_allclose(network.predict(x).reshape(x.shape), expected, atol=1e-5)
    rows = Network((3, 4, 2)).add_slice([0, 0, 0], [3, 1, 2], name="column").add_slice([1, 0, 0], [2, 4, 1], input="0")
    rows.add_difference("2", "column").build()
    np.testing.assert_array_equal(rows.predict(x).reshape(x.shape), x[:, 1:2, :, :1] - x[:, :, :1])


def test_output_padding() -> None:
    x = data(1, 2, 3, 1)
    network = Network((2, 3, 1)).add_transposed_convolution(1, 2, stride=3, output_padding=(2, 1), name="c").build()
    assert network.layers[-1].shape == (7, 9, 1)
    network.tensors["c.weight"][:] = 1
    network.tensors["c.bias"][:] = 0.5
    expected = np.full((7, 9), 0.5, np.float32)
    for row, column in np.ndindex(2, 3):
        expected[3 * row : 3 * row + 2, 3 * column : 3 * column + 2] += x[0, row, column, 0]
    np.testing.assert_allclose(network.predict(x).reshape(7, 9), expected, rtol=1e-6)
    cut = Network((2, 3, 1)).add_transposed_convolution(1, 3, stride=2, padding=1, output_padding=1)
    assert cut.layers[-1].shape == (4, 6, 1)
    with pytest.raises(ArgumentError, match="output_padding is not 0"):
        Network((2, 3, 1)).add_transposed_convolution(1, 2, padding="same", output_padding=1)


def test_functions_of_elements() -> None:
    x = np.abs(data(2, 3, 4)) + 0.1
    network = Network((3, 4)).add_function("log", name="log").add_function("affine", -2, 3, name="line", input="0")
    network.add_function("clip", -np.inf, 2.5, name="clip").add_quotient("line", "0", name="q")
    network.add_power("0", "log", name="p").add_maximum("p", "q", name="m").add_minimum("m", "clip").build()
    log, line = np.log(x), 3 - 2 * x
    expected = np.minimum(np.maximum(x**log, line / x), np.minimum(line, 2.5))
    np.testing.assert_allclose(network.predict(x).reshape(x.shape), expected, rtol=1e-5, atol=1e-6)
    assert [layer.kind for layer in network.layers[3:]] == ["function", "quotient", "power", "maximum", "minimum"]
    for name, function in {
        "square_root": np.sqrt,
        "absolute": np.abs,
        "reciprocal": np.reciprocal,
        "square": np.square,
        "step": lambda x: np.float32(x >= 0),
        "log": np.log,
    }.items():
        one = Network(3).add_function(name).build()
        with np.errstate(all="ignore"):
            expected = function(np.float32([[4, 0, -1]]))
        np.testing.assert_array_equal(one.predict([[4, 0, -1]]), expected)
    with pytest.raises(ArgumentError, match=r"unknown function 'tangent'"):
        Network(3).add_function("tangent")
    with pytest.raises(ArgumentError, match="p must be a number"):
        Network(3).add_function("affine", "1")  # type: ignore[arg-type]


@pytest.mark.parametrize("axes", [0, 2, (0, 1), (2, 0), (0, 1, 2)])
def test_reductions_are_those_of_numpy(axes: Any) -> None:
    x = data(5, 3, 4, 2)
    along = tuple(axis + 1 for axis in np.atleast_1d(axes))
    for method, function in {"sum": np.sum, "mean": np.mean, "maximum": np.max, "minimum": np.min}.items():
        for keepdims in (False, True):
            network = Network((3, 4, 2)).add_reduction(method, axes, keepdims=keepdims).build()
            expected = function(x, axis=along, keepdims=keepdims)
            assert network.layers[-1].shape == (expected.shape[1:] or (1,))
            np.testing.assert_allclose(network.predict(x).reshape(expected.shape), expected, rtol=1e-5, atol=1e-6)
    network = Network((3, 4, 2)).add_reduction("argmax", axes).build()
    order = [axis for axis in range(4) if axis not in along] + sorted(along)
    lines = x.transpose(order).reshape(*network.predict(x).shape, -1)
    np.testing.assert_array_equal(network.predict(x), lines.argmax(axis=-1))


def test_named_inputs_are_parts_of_a_row() -> None:
    network = Network(10).add_input("image", (2, 3, 1)).add_input("more", 4)
    network.add_convolution(2, 2, input="image").add_flatten(name="flat").add_concatenation(["flat", "more"]).build()
    assert [layer.shape for layer in network.layers[:3]] == [(2, 3, 1), (4,), (1, 2, 2)]
    x = data(3, 10)
    np.testing.assert_array_equal(network.predict(x)[:, 4:], x[:, 6:])


def test_prelu_and_channel_dropout() -> None:
    network = Network((5, 3)).add_prelu(name="a").build()
    network.tensors["a.weight"][:] = [0.1, 0.2, 0.3]
    x = data(4, 5, 3)
    expected = np.where(x > 0, x, x * np.float32([0.1, 0.2, 0.3]))
    np.testing.assert_allclose(network.predict(x).reshape(x.shape), expected, rtol=1e-6)
    dropped = Network((5, 30)).add_channel_dropout(0.5).build()
    workspace = Workspace(dropped, 8)
    workspace.set_noise(1)
    y = workspace.forward(np.ones((8, 150), np.float32)).reshape(8, 5, 30)
    assert set(np.unique(y)) == {0, 2}
    assert (y == y[:, :1]).all()
    assert 0.3 < (y == 0).mean() < 0.7


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_softmax_along_any_axis(axis: int) -> None:
    network = Network((3, 4, 2)).add_softmax(axis, name="a").build()
    x = data(5, 3, 4, 2)
    e = np.exp(x)
    expected = e / e.sum(axis=axis + 1, keepdims=True)
    np.testing.assert_allclose(network.predict(x).reshape(x.shape), expected, rtol=1e-5)
    # Along the last axis it is the activation.
    assert network.layers[1].kind == ("activation" if axis == 2 else "softmax")


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_splits_are_those_of_numpy(axis: int) -> None:
    x = data(2, 3, 6, 2)
    network = Network((3, 6, 2)).add_split(x.shape[axis + 1], axis, name="p")
    names = [layer.name for layer in network.layers[1:]]
    assert names == [f"p-{index}" for index in range(x.shape[axis + 1])]
    for layer, part in zip(network.layers[1:], np.split(x, x.shape[axis + 1], axis=axis + 1)):
        assert layer.kind == "slice"
        assert layer.shape == part.shape[1:]
    network.add_concatenation(list(reversed(names)), axis=axis).build()
    np.testing.assert_array_equal(network.predict(x).reshape(x.shape), np.flip(x, axis + 1))


def test_splits_of_given_sizes() -> None:
    network = Network((3, 6, 2)).add_split([1, 2, 3], 1)
    assert [layer.shape for layer in network.layers[1:]] == [(3, 1, 2), (3, 2, 2), (3, 3, 2)]
    with pytest.raises(ArgumentError, match=r"split 's' cuts axis 1 of .3, 6, 2. into 2 parts of 3 elements"):
        network.add_split((1, 2), 1, name="s", input="0")
    with pytest.raises(ArgumentError, match="into 4 parts of 4 elements"):
        network.add_split(4, 1, name="s", input="0")


def test_x_may_have_the_shape_of_the_input() -> None:
    network = Network((4, 3, 2)).add_convolution(2, 2).build(seed=1)
    x = data(5, 4, 3, 2)
    np.testing.assert_array_equal(network.predict(x), network.predict(x.reshape(5, 24)))
    with pytest.raises(ArgumentError, match=r"x has shape \(5, 3, 2\)"):
        network.predict(x[:, 0])


def test_what_does_not_fit() -> None:
    network = Network((4, 3, 2))
    with pytest.raises(ArgumentError, match=r"convolution '1' reads .4, 3, 2.: a window along axis 0"):
        network.add_convolution(2, 5)
    with pytest.raises(ArgumentError, match=r"softmax 'p' runs along axis 3; .4, 3, 2. has none"):
        network.add_softmax(3, name="p")
    with pytest.raises(ArgumentError, match="axis"):
        network.add_softmax(-1)
    with pytest.raises(ArgumentError, match="the kernel along axis 1 is 0"):
        network.add_convolution(2, [2])
    with pytest.raises(ArgumentError, match=r"valid|same"):
        network.add_convolution(2, 2, padding="full")
    with pytest.raises(ArgumentTypeError, match="padding must be"):
        network.add_convolution(2, 2, padding=[(1, 1, 1), 2])  # type: ignore[list-item]
    with pytest.raises(ArgumentTypeError, match="at most 3"):
        network.add_convolution(2, [1, 1, 1, 1])
    with pytest.raises(ArgumentError, match="3 groups do not divide"):
        network.add_normalization("group", groups=3)
    with pytest.raises(ArgumentError, match="epsilon is"):
        network.add_normalization("layer", epsilon=0)
    with pytest.raises(ArgumentError, match="no axis but the channels"):
        Network(4).add_convolution(2, 3)
    with pytest.raises(ArgumentTypeError, match="begin holds"):
        network.add_slice([0, 0], [1, 1, 1])
    assert len(network.layers) == 1


def test_a_small_network_learns_where_a_line_runs() -> None:
    random = np.random.default_rng(3)
    x = random.normal(0, 0.3, (400, 8, 8, 1)).astype(np.float32)
    labels = random.integers(0, 2, 400)
    for image, label in zip(x, labels):
        place = random.integers(0, 8)
        if label:
            image[place] += 1
        else:
            image[:, place] += 1
    network = Network((8, 8, 1)).add_convolution(8, 3, "relu").add_normalization().add_pooling("maximum", 2)
    network.add_flatten().add_dense(2).build(seed=1)
    history = network.fit(x, labels, cost="cross_entropy", epochs=15, batch_size=32, learning_rate=0.01)
    assert history[-1].accuracy > 0.97
