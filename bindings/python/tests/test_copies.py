"""Copies of networks and optimizers."""

from __future__ import annotations

import gc

import numpy as np
import pytest

import chainrule


def cubic(seed: int = 1) -> chainrule.Network:
    activation = chainrule.Activation(lambda z: z**3, lambda z, h: 3 * z**2)
    return chainrule.Network(4).add_dense(5, activation).add_dropout(0.25).add_dense(3).build(seed)


def test_a_copy_is_a_network_of_its_own(network: chainrule.Network, x: np.ndarray) -> None:
    copy = network.copy()
    y = network.predict(x)
    assert copy.layers == network.layers
    assert repr(copy) == repr(network)
    np.testing.assert_array_equal(copy.parameters, network.parameters)
    assert not np.shares_memory(copy.parameters, network.parameters)
    network.parameters[:] = 0
    np.testing.assert_array_equal(copy.predict(x), y)


def test_a_copy_of_a_network_that_is_not_built(x: np.ndarray) -> None:
    network = chainrule.Network(4).add_dense(5, "elu", alpha=0.5, weight_initializer="he_normal")
    copy = network.copy()
    network.add_dense(3)
    assert len(copy.layers) == 1
    np.testing.assert_array_equal(copy.add_dense(3).build(7).predict(x), network.build(7).predict(x))


def test_a_copy_keeps_the_functions_of_its_activations(x: np.ndarray) -> None:
    network = cubic()
    y, layers = network.predict(x), network.layers
    copies = [network.copy(), network.copy().copy()]
    network.close()
    del network
    gc.collect()
    for copy in copies:
        np.testing.assert_array_equal(copy.predict(x), y)
        assert copy.layers == layers


def test_training_goes_on_in_a_copy(x: np.ndarray, labels: np.ndarray) -> None:
    network = cubic()
    network.fit(x, labels, epochs=3, learning_rate=0.01)
    copy = network.copy()
    assert copy.history == network.history
    assert len(copy.history) == 3
    for each in (network, copy):
        each.fit(x, labels, epochs=3)
    np.testing.assert_array_equal(copy.parameters, network.parameters)
    fresh = cubic()
    fresh.fit(x, labels, epochs=3, learning_rate=0.01)
    saved = cubic()
    saved.parameters[:] = fresh.parameters
    saved.fit(x, labels, epochs=3, learning_rate=0.01)
    assert not np.array_equal(saved.parameters, network.parameters)


def test_a_copy_evaluates_with_the_cost_that_it_was_trained_with(network: chainrule.Network, x: np.ndarray) -> None:
    targets = np.zeros((8, 3))
    network.fit(x, targets, cost="mean_squared_error", epochs=1)
    copy = network.copy()
    assert copy.evaluate(x, targets).cost == copy.evaluate(x, targets, "mean_squared_error").cost
    assert copy.evaluate(x, targets).cost == network.evaluate(x, targets).cost


@pytest.mark.parametrize("method", ["adam", "momentum", "irprop_minus", "quickprop"])
def test_an_optimizer_is_copied_with_its_state(
    network: chainrule.Network, x: np.ndarray, labels: np.ndarray, method: str
) -> None:
    optimizer = chainrule.Optimizer(network, method, 0.05, l2=0.01)
    optimizer.set_layer("0", learning_rate_factor=0.5, max_norm=1.0)
    for _ in range(3):
        optimizer.step(network.value_and_grad(x, labels)[1])
    other = network.copy()
    copy = optimizer.copy(other)
    assert copy.network is other
    assert repr(copy) == repr(optimizer)
    before = network.parameters.copy()
    for _ in range(3):
        copy.step(other.value_and_grad(x, labels)[1])
    np.testing.assert_array_equal(network.parameters, before)
    for _ in range(3):
        optimizer.step(network.value_and_grad(x, labels)[1])
    np.testing.assert_array_equal(other.parameters, network.parameters)


def test_a_copied_optimizer_lives_on(network: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    optimizer = chainrule.Optimizer(network)
    other = network.copy()
    copy = optimizer.copy(other)
    optimizer.close()
    network.close()
    other.fit(x, labels, optimizer=copy, epochs=1)
    assert len(other.history) == 1


def test_an_optimizer_is_copied_for_its_like_alone(network: chainrule.Network) -> None:
    optimizer = chainrule.Optimizer(network)
    wider = chainrule.Network(4).add_dense(6, "tanh").add_dense(3).build()
    with pytest.raises(chainrule.StateError) as caught:
        optimizer.copy(wider)
    assert caught.value.name == "CRL_ERROR_MISMATCH"
    with pytest.raises(chainrule.StateError, match="not built"):
        optimizer.copy(chainrule.Network(4).add_dense(5, "tanh").add_dense(3))
    with pytest.raises(chainrule.StateError, match="another network"):
        network.fit(np.zeros((2, 4)), [0, 1], optimizer=optimizer.copy(network.copy()))
    closed = network.copy()
    closed.close()
    with pytest.raises(chainrule.ArgumentError, match="the network is closed"):
        optimizer.copy(closed)
    with pytest.raises(chainrule.ArgumentError, match="the network is closed"):
        closed.copy()
    optimizer.close()
    with pytest.raises(chainrule.ArgumentError, match="the optimizer is closed"):
        optimizer.copy(network)
