"""Dropout and noise layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import chainrule


@pytest.fixture
def noisy() -> chainrule.Network:
    """4 inputs, noise, 5 tanh units, dropout, 3 outputs; as `network` without noise."""
    network = chainrule.Network(4).add_noise(0.5, name="noise").add_dense(5, "tanh", name="0")
    return network.add_dropout(0.5, name="dropout").add_dense(3, name="1").build(seed=1)


def test_inactive_unless_asked(noisy: chainrule.Network, network: chainrule.Network, x: np.ndarray) -> None:
    np.testing.assert_array_equal(noisy.predict(x), network.predict(x))
    np.testing.assert_array_equal(chainrule.Predictor(noisy).predict(x), network.predict(x))
    assert repr(noisy) == "Network(4 -> noise 0.5 -> dense 5 tanh -> dropout 0.5 -> dense 3 identity, 43 parameters)"


def test_passes_with_noise(noisy: chainrule.Network, x: np.ndarray) -> None:
    workspace = chainrule.Workspace(noisy, 8)
    workspace.set_noise(3, step=4)
    y = workspace.forward(x)
    mask = workspace.h("dropout") / workspace.h("0")
    assert set(mask.flat) == {0, 2}
    weights = noisy.tensors["1.weight"]
    gradients = noisy.unflatten(workspace.backward(np.ones_like(y)))
    np.testing.assert_allclose(gradients["1.weight"], np.tile(workspace.h("dropout").sum(0), (3, 1)), rtol=1e-5)
    s = mask * weights.sum(0) * (1 - workspace.h("0") ** 2)
    np.testing.assert_allclose(gradients["0.weight"], s.T @ workspace.h("noise"), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(workspace.h("noise") != x, True)
    workspace.set_noise(3, step=4)
    np.testing.assert_array_equal(workspace.forward(x), y)
    workspace.set_noise(3, step=5)
    assert np.any(workspace.forward(x) != y)
    workspace.set_noise(None)
    np.testing.assert_array_equal(workspace.forward(x), noisy.predict(x))


def test_fit_with_noise(noisy: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    start = noisy.parameters.copy()
    ends = []
    for seed in (1, 1, 2):
        noisy.parameters[:] = start
        optimizer = chainrule.Optimizer(noisy)
        noisy.fit(x, labels, epochs=3, shuffle=False, seed=seed, optimizer=optimizer)
        ends.append(noisy.parameters.copy())
    np.testing.assert_array_equal(ends[0], ends[1])
    assert np.any(ends[0] != ends[2])


def test_files_keep_noise(noisy: chainrule.Network, x: np.ndarray, tmp_path: Path) -> None:
    noisy.save(tmp_path / "noisy.safetensors")
    loaded = chainrule.Network.load(tmp_path / "noisy.safetensors")
    outputs = []
    for network in (noisy, loaded):
        workspace = chainrule.Workspace(network, 8)
        workspace.set_noise(1)
        outputs.append(workspace.forward(x))
    np.testing.assert_array_equal(*outputs)
