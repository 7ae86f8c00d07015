"""Describing a network and looking at it."""

from __future__ import annotations

import re

import numpy as np
import pytest
import scipy.optimize

import chainrule
from chainrule._names import names
from chainrule._prototypes import Activation, CostKind, InitializerKind, OptimizerMethod, Reduction


def test_names_are_the_enumerators() -> None:
    assert (names(Activation)["identity"], names(Activation)["relu"], names(Activation)["exponential"]) == (0, 3, 18)
    assert list(names(Reduction)) == ["mean", "sum"]
    assert {"gradient_descent", "momentum", "adam", "irprop_minus", "quickprop"} <= set(names(OptimizerMethod))
    assert (names(InitializerKind)["default"], names(InitializerKind)["lecun_normal"]) == (0, 10)
    assert "custom" not in names(Activation)
    assert "custom" not in names(CostKind)


def test_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", chainrule.__version__)
    assert chainrule.instruction_set() in ("avx512", "avx2", "baseline", "neon")


def test_sizes_and_layers() -> None:
    network = chainrule.Network(64).add_dense(100, "relu", name="hidden").add_dense(10)
    assert (network.inputs, network.outputs) == (64, 10)
    assert [(layer.name, layer.units) for layer in network.layers] == [("hidden", 100), ("1", 10)]
    network.build()
    assert network.parameters.shape == (7510,)
    assert {name: tensor.shape for name, tensor in network.tensors.items()} == {
        "hidden.weight": (100, 64),
        "hidden.bias": (100,),
        "1.weight": (10, 100),
        "1.bias": (10,),
    }


def test_a_weight_with_one_column_stays_a_matrix() -> None:
    network = chainrule.Network(1).add_dense(3, bias=False).build()
    assert {name: tensor.shape for name, tensor in network.tensors.items()} == {"0.weight": (3, 1)}


def test_repr() -> None:
    network = chainrule.Network(64).add_dense(100, "relu", name="a")
    assert repr(network) == "Network(64 -> dense 100 relu, not built)"
    network.add_activation("tanh", name="b").add_sum(["a", "b"]).add_dense(10).build()
    assert repr(network) == "Network(64 -> dense 100 relu -> tanh -> sum(a, b) -> dense 10 identity, 7510 parameters)"
    optimizer = chainrule.Optimizer(network, "momentum", learning_rate=0.25)
    assert repr(optimizer) == "Optimizer(momentum, learning_rate=0.25)"
    workspace = chainrule.Workspace(network, 3)
    assert repr(workspace).startswith("Workspace(max_rows=3, training=True, Network(64 -> ")
    for closable, text in [(optimizer, "Optimizer"), (workspace, "Workspace"), (network, "Network")]:
        closable.close()
        assert repr(closable) == f"{text}(closed)"


def test_repr_names_a_custom_activation() -> None:
    def cube(z: np.ndarray) -> np.ndarray:
        return z**3

    network = chainrule.Network(2).add_dense(2, (cube, lambda z, h: 3 * z**2))
    assert repr(network) == "Network(2 -> dense 2 cube, not built)"


def test_the_seed_decides_the_parameters() -> None:
    def parameters(seed: int) -> np.ndarray:
        return chainrule.Network(4).add_dense(5, "tanh").build(seed).parameters

    np.testing.assert_array_equal(parameters(2**64 - 1), parameters(2**64 - 1))
    assert not np.array_equal(parameters(1), parameters(2))


@pytest.mark.parametrize(
    ("initializer", "deviation"),
    [
        ("zeros", 0.0),
        (("constant", 0.5), 0.0),
        (("uniform", -1.0, 1.0), 1 / np.sqrt(3)),
        (("normal", 0.0, 0.1), 0.1),
        ("glorot_uniform", np.sqrt(2 / 500)),
        ("glorot_normal", np.sqrt(2 / 500)),
        ("he_uniform", np.sqrt(2 / 200)),
        ("he_normal", np.sqrt(2 / 200)),
        ("lecun_uniform", np.sqrt(1 / 200)),
        ("lecun_normal", np.sqrt(1 / 200)),
    ],
)
def test_initializers(initializer: object, deviation: float) -> None:
    network = chainrule.Network(200).add_dense(300, weight_initializer=initializer, bias_initializer=("constant", 2.0))
    tensors = network.build(seed=3).tensors
    weight = tensors["0.weight"].astype(np.float64)
    mean = 0.5 if initializer == ("constant", 0.5) else 0.0
    assert weight.mean() == pytest.approx(mean, abs=0.01)
    assert weight.std() == pytest.approx(deviation, rel=0.02)
    np.testing.assert_array_equal(tensors["0.bias"], np.full(300, 2.0))


def test_alpha() -> None:
    network = chainrule.Network(1).add_dense(1, "leaky_relu", alpha=0.25).build()
    network.parameters[:] = 1, 0
    assert network.predict([-4.0])[0] == -1


def test_alpha_of_clipped_relu() -> None:
    network = chainrule.Network(4).add_activation("clipped_relu", alpha=0.5).add_activation("clipped_relu").build()
    assert [layer.alpha for layer in network.layers] == [0.5, 6]
    np.testing.assert_array_equal(network.predict([-1.0, 0.25, 0.5, 7.0]), [0, 0.25, 0.5, 0.5])


def test_input_names_the_layer_to_read() -> None:
    network = chainrule.Network(3).add_activation("tanh", name="aside").add_activation("relu", input="input", name="r")
    network.add_concatenation(["r", "aside"]).build()
    np.testing.assert_allclose(network.predict([-1.0, 0.0, 2.0]), [0, 0, 2, *np.tanh([-1, 0, 2])], rtol=1e-6)


def test_predict_of_one_row_is_one_row(network: chainrule.Network, x: np.ndarray) -> None:
    y = network.predict(x)
    assert (y.shape, y.dtype) == ((8, 3), np.float32)
    single = network.predict(x[2])
    assert single.shape == (3,)
    np.testing.assert_allclose(single, y[2], rtol=1e-6, atol=1e-7)


def test_parameters_are_the_librarys_own(network: chainrule.Network, x: np.ndarray) -> None:
    before = network.predict(x)
    network.tensors["1.bias"][:] += 1
    np.testing.assert_allclose(network.predict(x), before + 1, rtol=1e-5)
    assert np.shares_memory(network.parameters, network.parameters)


def test_unflatten_gives_views(network: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    _, gradient = network.value_and_grad(x, labels)
    parts = network.unflatten(gradient)
    assert list(parts) == list(network.tensors)
    assert all(np.shares_memory(part, gradient) for part in parts.values())
    assert sum(part.size for part in parts.values()) == gradient.size


def test_a_gradient_is_a_new_array(network: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    _, gradient = network.value_and_grad(x, labels)
    before = gradient.copy()
    network.value_and_grad(2 * x, labels)
    np.testing.assert_array_equal(gradient, before)
    mine = np.empty(43, np.float32)
    _, given = network.value_and_grad(x, labels, out=mine)
    assert given is mine
    np.testing.assert_array_equal(mine, gradient)


def test_bfgs_of_scipy_gets_gradients_that_last(x: np.ndarray, labels: np.ndarray) -> None:
    """It keeps the gradient of the step before: one buffer for all would make every difference of gradients 0."""
    costs = []
    for copied in (False, True):
        network = chainrule.Network(4).add_dense(5, "tanh").add_dense(3).build(seed=1)

        def function(
            w: np.ndarray, network: chainrule.Network = network, copied: bool = copied
        ) -> tuple[float, np.ndarray]:
            network.parameters[:] = w
            value, gradient = network.value_and_grad(x, labels)
            return value, gradient.astype(np.float64) if copied else gradient

        start = network.parameters.astype(np.float64)
        costs.append(scipy.optimize.minimize(function, start, jac=True, method="BFGS", options={"maxiter": 30}).fun)
    assert costs[0] == pytest.approx(costs[1], rel=0.05, abs=0.02)
    assert costs[0] < 0.2


def test_tensors_are_read_only_by_name(network: chainrule.Network, x: np.ndarray, labels: np.ndarray) -> None:
    gradient = network.value_and_grad(x, labels)[1]
    for tensors in (network.tensors, network.unflatten(gradient)):
        with pytest.raises(TypeError, match="does not support item assignment"):
            tensors["0.weight"] = np.zeros((5, 4))  # type: ignore[index]
        tensors["0.weight"][:] = 2
    assert (network.parameters[:20] == 2).all()


def test_attributes_that_nothing_reads_cannot_be_set(network: chainrule.Network) -> None:
    for thing, name in [
        (network, "learning_rate"),
        (network, "outputs"),
        (network, "parameters"),
        (chainrule.Optimizer(network), "momentum"),
        (chainrule.Optimizer(network), "network"),
        (chainrule.Workspace(network, 1), "max_rows"),
        (chainrule.Workspace(network, 1), "network"),
        (chainrule.Trainer(network), "patience"),
        (chainrule.Trainer(network), "optimizer"),
        (network.prepare(), "precision"),
        (chainrule.Publisher(network), "network"),
        (chainrule.Plateau(chainrule.Schedule("plateau")), "patience"),
        (chainrule.Schedule("step"), "period"),
    ]:
        with pytest.raises(AttributeError):
            setattr(thing, name, 1)


def test_inference_workspace(network: chainrule.Network, x: np.ndarray) -> None:
    with chainrule.Workspace(network, 8, training=False) as workspace:
        np.testing.assert_array_equal(workspace.forward(x), network.predict(x))
        with pytest.raises(chainrule.ChainruleError):
            workspace.backward(np.ones((8, 3)))
