"""Pickles and copies of networks."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule._pickling import restored

DUPLICATES: list[Callable[[Any], Any]] = [copy.copy, copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))]


def noisy() -> chainrule.Network:
    """A network with state, dropout, labels, metadata and a recipe."""
    network = chainrule.Network(4).add_dense(6).add_normalization().add_dropout(0.25).add_dense(3).build(1)
    network.class_labels = ["a", "b", "c"]
    network.metadata["author"] = "me"
    network.recipe = {"epochs": 7}
    return network


@pytest.mark.parametrize("duplicate", DUPLICATES, ids=["copy", "deepcopy", "pickle"])
@pytest.mark.parametrize("method", ["adam", "momentum", "irprop_minus"])
def test_training_goes_on_in_a_duplicate(
    duplicate: Callable[[Any], Any], method: str, x: np.ndarray, labels: np.ndarray
) -> None:
    network = noisy()
    network.fit(x, labels, epochs=3, batch_size=4, optimizer=method, learning_rate=0.01)
    same = duplicate(network)
    assert [epoch.cost for epoch in same.history] == [epoch.cost for epoch in network.history]
    assert same.class_labels == ["a", "b", "c"]
    assert dict(same.metadata) == {"author": "me"}
    assert same.recipe is not None
    assert same.recipe["epochs"] == 7
    for name, value in network.state.items():
        np.testing.assert_array_equal(same.state[name], value)
    for each in (network, same):
        each.fit(x, labels, epochs=3, batch_size=4, optimizer=method)
    np.testing.assert_array_equal(same.parameters, network.parameters)
    np.testing.assert_array_equal(same.predict(x), network.predict(x))


def test_the_cost_goes_along(network: chainrule.Network, x: np.ndarray) -> None:
    huber = chainrule.Cost("huber", huber_delta=0.5)
    network.fit(x, x[:, :3], cost=huber, epochs=1)
    same = pickle.loads(pickle.dumps(network))
    assert same.evaluate(x, x[:, :3]).cost == network.evaluate(x, x[:, :3], huber).cost
    network.fit(x, None, cost=lambda y, t, w: (0.0, np.zeros_like(y)), epochs=1)
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(network)


def test_a_network_that_is_not_built_is_copied_but_not_pickled(x: np.ndarray) -> None:
    network = chainrule.Network(4).add_dense(5, "tanh")
    same = copy.deepcopy(network).build(3)
    np.testing.assert_array_equal(same.predict(x), network.copy().build(3).predict(x))
    with pytest.raises(chainrule.StateError, match="not built"):
        pickle.dumps(network)


def test_a_custom_activation_is_copied_but_not_pickled(x: np.ndarray) -> None:
    network = chainrule.Network(4).add_activation((lambda z: 2 * z, lambda z, h: np.full_like(z, 2))).build()
    np.testing.assert_array_equal(copy.copy(network).predict(x), 2 * x)
    with pytest.raises(chainrule.ArgumentError, match="custom activation"):
        pickle.dumps(network)


def test_a_closed_network_is_neither_copied_nor_pickled(network: chainrule.Network) -> None:
    network.close()
    for duplicate in DUPLICATES:
        with pytest.raises(chainrule.ArgumentError, match="the network is closed"):
            duplicate(network)


def test_a_pickle_of_another_form_is_refused(network: chainrule.Network) -> None:
    with pytest.raises(chainrule.FileFormatError, match=r"is of chainrule 9.1.0, in form 2; .* reads form 1"):
        restored(2, "9.1.0", chainrule.Network, {})
    function, (form, version, kind, state) = network.__reduce__()
    assert (function, form, version, kind) == (restored, 1, chainrule.__version__, chainrule.Network)
    with pytest.raises(chainrule.FileFormatError):
        restored(form, version, kind, {**state, "network": state["network"][:-1]})


def test_a_pickle_of_a_large_network_needs_no_limit() -> None:
    # A row of its predictions takes 128 MB, twice the limit of load().
    network = chainrule.Network(2**20).add_reshape((2**20, 1)).add_dense(32).build()
    assert pickle.loads(pickle.dumps(network)).outputs == 2**25


def predicted(network: chainrule.Network, x: np.ndarray) -> np.ndarray:
    return network.predict(x)


@pytest.mark.skipif(sys.implementation.name == "pypy" and sys.version_info < (3, 10), reason="PyPy 3.9 has no pool")
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_networks_go_to_other_processes(
    network: chainrule.Network, x: np.ndarray, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chainrule._library import library

    monkeypatch.setenv("CHAINRULE_LIBRARY", os.path.abspath(library._name))
    # A program that embeds Python may block signals in its threads. The fork server inherits that, and needs SIGCHLD.
    blocked = signal.pthread_sigmask(signal.SIG_SETMASK, [])
    try:
        with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:
            np.testing.assert_array_equal(pool.submit(predicted, network, x).result(timeout=120), network.predict(x))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
