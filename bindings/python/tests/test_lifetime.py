"""Who keeps native memory alive, and that it is given back exactly once."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import collect, counts_references

import chainrule
from chainrule._library import library


@pytest.fixture
def destroyed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds of the native objects destroyed so far, in order."""
    order: list[str] = []

    def watch(kind: str) -> None:
        destroy = getattr(library, f"crl_{kind}_destroy")

        def record(pointer: Any) -> None:
            order.append(kind)
            destroy(pointer)

        monkeypatch.setattr(library, f"crl_{kind}_destroy", record)

    for kind in ("network", "workspace", "optimizer"):
        watch(kind)
    return order


def small() -> chainrule.Network:
    return chainrule.Network(4).add_dense(5, "tanh").add_dense(3).build(seed=1)


def test_del_destroys_once(destroyed: list[str]) -> None:
    network = small()
    del network
    collect()
    assert destroyed == ["network"]


def test_close_destroys_once(destroyed: list[str]) -> None:
    network = small()
    network.close()
    assert network.closed
    network.close()
    del network
    collect()
    assert destroyed == ["network"]


@counts_references
def test_context_managers_close(destroyed: list[str]) -> None:
    with small() as network, chainrule.Optimizer(network) as optimizer, chainrule.Workspace(network, 2) as workspace:
        assert not destroyed
    assert network.closed
    assert optimizer.closed
    assert workspace.closed
    assert destroyed == ["workspace", "optimizer", "network"]


@pytest.mark.parametrize("end", [chainrule.Network.close, lambda network: None], ids=["close", "del"])
@pytest.mark.parametrize(
    "view",
    [
        lambda network: network.parameters,
        lambda network: network.parameters[3:9:2],
        lambda network: network.tensors["1.weight"].T,
        lambda network: memoryview(network.parameters),
    ],
    ids=["vector", "slice", "tensor", "buffer"],
)
def test_a_view_keeps_the_memory(
    destroyed: list[str], view: Callable[[chainrule.Network], Any], end: Callable[[chainrule.Network], None]
) -> None:
    network = small()
    kept = view(network)
    before = kept.tolist()
    end(network)
    del network
    collect()
    others = [small() for _ in range(20)]
    assert destroyed == []
    assert kept.tolist() == before
    if isinstance(kept, np.ndarray):
        kept[...] = 7
        np.testing.assert_array_equal(kept, np.full(kept.shape, 7))
    del kept
    collect()
    assert destroyed == ["network"]
    del others


def test_gradients_outlive_the_network(x: np.ndarray, labels: np.ndarray) -> None:
    network = small()
    _, gradient = network.value_and_grad(x, labels)
    before = gradient.copy()
    network.close()
    del network
    collect()
    np.testing.assert_array_equal(gradient, before)


def test_workspaces_and_optimizers_go_before_their_network(destroyed: list[str]) -> None:
    network = small()
    workspace, optimizer = chainrule.Workspace(network, 4), chainrule.Optimizer(network)
    network.close()
    del network
    collect()
    assert destroyed == []
    with pytest.raises(chainrule.ArgumentError, match="network is closed"):
        workspace.forward(np.zeros((4, 4)))
    with pytest.raises(chainrule.ArgumentError, match="network is closed"):
        optimizer.step(np.zeros(43))
    del workspace
    collect()
    assert destroyed == ["workspace"]
    del optimizer
    collect()
    assert destroyed == ["workspace", "optimizer", "network"]


def test_a_cycle_is_collected_in_the_right_order(destroyed: list[str]) -> None:
    class Extended(chainrule.Network):
        extra: list[Any]

    for _ in range(20):
        network = Extended(4).add_dense(5, "tanh").add_dense(3).build()
        workspace = chainrule.Workspace(network, 4)
        network.extra = [network, workspace]
    del network, workspace
    collect()
    assert destroyed == ["workspace", "network"] * 20 or sorted(destroyed) == ["network"] * 20 + ["workspace"] * 20
    for position in range(1, len(destroyed) + 1):
        assert destroyed[:position].count("network") <= destroyed[:position].count("workspace")


def test_a_custom_activation_that_knows_its_network_is_collected(destroyed: list[str], x: np.ndarray) -> None:
    class Owner:
        def __init__(self) -> None:
            self.network = chainrule.Network(4).add_activation((self.double, self.two)).build()

        def double(self, z: np.ndarray) -> np.ndarray:
            return 2 * z

        def two(self, z: np.ndarray, h: np.ndarray) -> np.ndarray:
            return np.full_like(z, 2)

    owner = Owner()
    np.testing.assert_array_equal(owner.network.predict(x), 2 * x)
    del owner
    collect()
    assert destroyed == ["network"]


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
@pytest.mark.parametrize(
    "make",
    [lambda n: chainrule.Workspace(n, 2), chainrule.Optimizer, chainrule.Trainer, chainrule.Predictor],
    ids=["workspace", "optimizer", "trainer", "predictor"],
)
def test_handles_cannot_be_copied(
    destroyed: list[str], make: Callable[[chainrule.Network], Any], duplicate: Callable[[Any], Any]
) -> None:
    network = small()
    with pytest.raises(TypeError, match="cannot be copied or pickled"):
        duplicate(make(network))
    del network
    collect()
    assert destroyed.count("network") == 1


def test_errors_can_be_pickled() -> None:
    with pytest.raises(chainrule.ChainruleError) as caught:
        chainrule.Network(0)
    copied = pickle.loads(pickle.dumps(caught.value))
    assert (type(copied), str(copied), copied.status) == (
        type(caught.value),
        str(caught.value),
        caught.value.status,
    )


def test_a_closed_network_says_so(x: np.ndarray, labels: np.ndarray, tmp_path: Any) -> None:
    network = small()
    network.value_and_grad(x, labels)
    network.close()
    for use in (
        lambda: network.predict(x),
        lambda: network.value_and_grad(x, labels),
        lambda: network.fit(x, labels),
        lambda: network.parameters,
        lambda: network.tensors,
        lambda: network.layers,
        lambda: network.inputs,
        lambda: network.classes_,
        lambda: network.predict_proba(x),
        lambda: network.score(x, labels),
        lambda: network.objective(x, labels),
        lambda: network.summary(),
        lambda: network.to_svg(),
        lambda: network.add_dense(3),
        lambda: network.build(),
        lambda: network.save(tmp_path / "model"),
        lambda: network.load_parameters(tmp_path / "model"),
        lambda: network.__enter__(),
        lambda: chainrule.Workspace(network, 1),
        lambda: chainrule.Optimizer(network),
    ):
        with pytest.raises(chainrule.ArgumentError, match="the network is closed") as caught:
            use()
        assert caught.value.name == "CRL_ERROR_HANDLE"


def test_closed_workspaces_and_optimizers_say_so(network: chainrule.Network, x: np.ndarray) -> None:
    workspace, optimizer = chainrule.Workspace(network, 8), chainrule.Optimizer(network)
    workspace.close()
    optimizer.close()
    for use in (lambda: workspace.forward(x), lambda: workspace.h(0)):
        with pytest.raises(chainrule.ArgumentError, match="the workspace is closed"):
            use()
    for use in (
        lambda: optimizer.step(np.zeros(43)),
        lambda: optimizer.learning_rate,
        lambda: network.fit(x, [0] * 8, optimizer=optimizer),
    ):
        with pytest.raises(chainrule.ArgumentError, match="the optimizer is closed"):
            use()


def test_workspace_values_are_copies(network: chainrule.Network, x: np.ndarray) -> None:
    workspace = chainrule.Workspace(network, 8)
    workspace.forward(x)
    z, before = workspace.z(0), workspace.z(0).copy()
    workspace.forward(x + 1)
    np.testing.assert_array_equal(z, before)
    assert not np.array_equal(workspace.z(0), before)
