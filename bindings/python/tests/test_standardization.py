"""Standardization: inputs as a problem has them."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import ArgumentError, Network, NotFiniteError, load_onnx


def test_data_are_standardized() -> None:
    rng = np.random.default_rng(1)
    x = (rng.normal(size=(200, 4)) * [1, 1e3, 1e-3, 5] + [0, 1e4, 7, -2]).astype(np.float32)
    network = Network(4).add_standardization(name="standard").build()
    np.testing.assert_array_equal(network.predict(x), x)
    network.fit_standardization(x)
    y = network.predict(x)
    wanted = (x - x.mean(0, dtype=np.float64)) / x.std(0, dtype=np.float64)
    np.testing.assert_allclose(y, wanted, atol=2e-3)
    np.testing.assert_array_equal(Network.from_bytes(network.to_bytes()).predict(x), y)
    np.testing.assert_array_equal(network.prepare().predict(x), y)
    np.testing.assert_allclose(load_onnx(network.to_onnx_bytes()).predict(x), y, rtol=1e-6)
    assert network.parameters.size == 0
    assert sorted(network.state) == ["standard_mean.value", "standard_scale.value"]


def test_channels_of_images_have_a_number_each() -> None:
    x = np.random.default_rng(2).normal(3, 2, (50, 4, 5, 3)).astype(np.float32)
    network = Network((4, 5, 3)).add_standardization().add_convolution(2, 3).build(seed=1)
    network.fit_standardization(x.reshape(50, -1))
    mean, scale = network.state["4_mean.value"], network.state["4_scale.value"]
    np.testing.assert_allclose(mean, x.mean((0, 1, 2)), rtol=1e-5)
    np.testing.assert_allclose(scale, 1 / x.std((0, 1, 2)), rtol=1e-5)


def test_training_leaves_the_numbers_alone() -> None:
    x = np.random.default_rng(3).normal(100, 7, (40, 3)).astype(np.float32)
    network = Network(3).add_standardization().add_dense(5, "tanh").add_dense(2).build(seed=1)
    network.set_standardization([100, 100, 100], [1 / 7, 1 / 7, 1 / 7])
    network.fit(x, np.arange(40) % 2, epochs=2)
    np.testing.assert_array_equal(network.state["3_mean.value"], np.float32([100] * 3))
    assert network.check_gradient(x, np.arange(40) % 2).failed == 0


def test_refused_numbers_change_nothing() -> None:
    network = Network(2).add_standardization(name="a").add_standardization(name="b").build()
    x = np.float32([[1, 2], [3, 4]])
    with pytest.raises(ArgumentError, match="2 standardizations"):
        network.fit_standardization(x)
    with pytest.raises(ArgumentError, match="reads the layer 'a'"):
        network.fit_standardization(x, "b")
    with pytest.raises(ArgumentError, match="no standardization 'c'"):
        network.fit_standardization(x, "c")
    with pytest.raises(NotFiniteError):
        network.fit_standardization([[1, np.nan]], "a")
    with pytest.raises(ArgumentError, match="2 channels; 1 means"):
        network.set_standardization([1], [1], "a")
    with pytest.raises(ArgumentError, match="scale has shape"):
        network.set_standardization([1, 2], [1], "a")
    with pytest.raises(NotFiniteError):
        network.set_standardization([1, 2], [1, np.inf], "a")
    np.testing.assert_array_equal(network.predict(x), x)
    network.fit_standardization(x, "a")
    np.testing.assert_array_equal(network.predict(x), [[-1, -1], [1, 1]])


def test_a_constant_channel_keeps_its_size() -> None:
    network = Network(2).add_standardization().build()
    network.fit_standardization([[1, 5], [3, 5]])
    np.testing.assert_array_equal(network.predict([[1, 6]]), [[-1, 1]])
