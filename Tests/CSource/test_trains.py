"""Networks as C that train: compared with the library bit for bit, and with differences."""

from __future__ import annotations

import subprocess
from pathlib import Path

import chainrule
import networks
import numpy as np
import pytest
from chainrule import Network, Optimizer
from compiling import assert_same_bits, built, instruction_sets, predict
from trained_networks import ROUNDED, STEEP, TRAINED
from training import Trained, samples

# How many steps are compared.
STEPS = 20


@pytest.mark.parametrize(
    ("instruction_set", "compiler", "momentum"),
    [(name, "gcc", 0.8 * (place % 2)) for place, name in enumerate(instruction_sets())]
    + [(instruction_sets()[-1], "clang", 0.8)],
)
@pytest.mark.parametrize("name", TRAINED)
def test_trains_as_the_library_does(
    name: str, instruction_set: str, compiler: str, momentum: float, tmp_path: Path
) -> None:
    make, cost = TRAINED[name]
    network = built(make, instruction_set)
    trained = Trained(network, cost, tmp_path, compiler, momentum > 0)
    x, t = samples(name, network, cost, STEPS)
    rate = 1e-4 if name.startswith("activation") else 1e-3 if name in STEEP else 0.02
    if momentum:
        optimizer = Optimizer(network, "momentum", rate, momentum=momentum)
    else:
        optimizer = Optimizer(network, "gradient_descent", rate)
    for row, target in zip(x, t, strict=True):
        epoch = network.fit(row[None], target[None], cost=cost, optimizer=optimizer, epochs=1, batch_size=1)[0]
        assert trained.step(row, target, rate, momentum) == pytest.approx(epoch.cost, rel=1e-4, abs=1e-6)
    parameters = trained.numbers("network_parameters", network.parameters.size)
    running = {key: value for key, value in network.state.items() if "running" in key}
    state = np.concatenate([value.ravel() for value in network.state.values()]) if running else np.empty(0, np.float32)
    if name in ROUNDED:
        np.testing.assert_allclose(parameters, network.parameters, rtol=2e-4, atol=2e-6)
    else:
        assert_same_bits(parameters, np.asarray(network.parameters))
    if running:
        numbers = trained.numbers("network_state", state.size)
        np.testing.assert_allclose(numbers, state, rtol=1e-5 if name in ROUNDED else 0, atol=1e-7)
    y = predict(trained.library, x, network.outputs)
    np.testing.assert_allclose(y, network.predict(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in TRAINED if name != "jumps"])
def test_steps_along_the_gradient(name: str, tmp_path: Path) -> None:
    """Central differences of the cost, which know nothing of backward passes."""
    make, cost = TRAINED[name]
    network = built(make, instruction_sets()[-1])
    trained = Trained(network, cost, tmp_path)
    (x,), (t,) = samples(name, network, cost, 1)
    w = trained.numbers("network_parameters", network.parameters.size)
    first = w.copy()
    rate, step = 2.0**-10, 2.0**-9
    trained.step(x, t, rate)
    gradient = (first - w) / rate

    def cost_at(index: int, change: float) -> float:
        w[:] = first
        w[index] += change
        return trained.step(x, t, 0)

    some = np.random.default_rng(1).permutation(w.size)[:200]
    differences = np.array([(cost_at(i, step) - cost_at(i, -step)) / (2 * step) for i in some])
    # A rectifier may have its kink between.
    errors = np.abs(gradient[some] - differences) > 0.02 * np.abs(differences) + 2e-3
    assert np.abs(differences).max() > 1e-2
    assert errors.mean() < 0.03, (some[errors], gradient[some][errors], differences[errors])


@pytest.mark.parametrize("seed", range(24))
def test_any_network_trains(seed: int, tmp_path: Path) -> None:
    sets = instruction_sets()
    network = built(lambda: networks.at_random(seed), sets[seed % len(sets)])
    if any(layer.kind == "batch_normalization" and np.prod(layer.shape[:-1]) == 1 for layer in network.layers):
        with pytest.raises(chainrule.ChainruleError, match="has no variance"):
            network.to_c_source(trains=True)
        return
    trained = Trained(network, "mean_squared_error", tmp_path, ("gcc", "clang")[seed % 2], seed % 3 == 0)
    method = "momentum" if seed % 3 == 0 else "gradient_descent"
    optimizer = Optimizer(network, method, 1e-3, **({"momentum": 0.9} if seed % 3 == 0 else {}))
    x, t = samples("", network, "mean_squared_error", 4)
    for row, target in zip(x, t, strict=True):
        options = {"cost": "mean_squared_error", "optimizer": optimizer, "epochs": 1, "batch_size": 1}
        cost = network.fit(row[None], target[None], **options)[0].cost
        assert trained.step(row, target, 1e-3, 0.9) == pytest.approx(cost, rel=1e-4)
    parameters = trained.numbers("network_parameters", network.parameters.size)
    np.testing.assert_allclose(parameters, network.parameters, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", TRAINED)
def test_stays_in_its_memory(name: str, tmp_path: Path) -> None:
    """With exactly the memory that the declarations name, under gcc's sanitizers."""
    make, cost = TRAINED[name]
    network = built(make, "baseline")
    (tmp_path / "main.c").write_text(
        network.to_c_source(trains=True, momentum=True, cost=cost) + "#include <stdlib.h>\n"
        "static float *numbers(int count)\n{\n"
        "    float *all = malloc(sizeof(float) * (size_t)count);\n"
        "    for (int i = 0; i < count; i++) all[i] = (float)(i * 7 % 5 + 1);\n    return all;\n}\n"
        "int main(void)\n{\n    float *x = numbers(NETWORK_INPUTS), *t = numbers(NETWORK_OUTPUTS);\n"
        "    float *y = numbers(NETWORK_OUTPUTS), *buffer = numbers(NETWORK_BUFFER_FLOATS);\n"
        "    for (int i = 0; i < 2; i++) {\n        network_train_step_with(x, t, 1e-5f, 0.5f, buffer);\n"
        "        network_predict_with(x, y, buffer);\n    }\n"
        "    free(x), free(t), free(y), free(buffer);\n    return 0;\n}\n"
    )
    sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    command = ["gcc", "-std=c99", "-O1", *sanitizers, tmp_path / "main.c", "-o", tmp_path / "main", "-lm"]
    subprocess.run(command, check=True)
    subprocess.run([tmp_path / "main"], check=True)


def drawn(trained: Trained, x: np.ndarray, count: int, rate: float = 2.0**-6) -> tuple[np.ndarray, float, float]:
    """What the last layer of one unit read in a step, of its change; the change of its bias, and the cost."""
    w = trained.numbers("network_parameters", trained.parameter_count)
    first = w.copy()
    cost = trained.step(x, np.array([3], np.float32), rate)
    change = w - first
    w[:] = first
    return change[-1 - count : -1] / change[-1], float(change[-1] / rate), cost


@pytest.mark.parametrize("channels", [False, True])
def test_dropout_drops(channels: bool, tmp_path: Path) -> None:
    network = Network(200).add_dense(200, "tanh", name="first").add_reshape((4, 50))
    (network.add_channel_dropout if channels else network.add_dropout)(0.25)
    network.add_flatten().add_dense(1).build(seed=2)
    trained = Trained(network, "mean_squared_error", tmp_path)
    x = np.random.default_rng(1).normal(size=(1, 200)).astype(np.float32)
    assert_same_bits(predict(trained.library, x, 1), network.predict(x))
    w, b = network.tensors["first.weight"], network.tensors["first.bias"]
    h = np.tanh(x[0] @ w.T + b)
    masks = []
    for _ in range(20):
        read, bias, cost = drawn(trained, x[0], 200)
        mask = read / h
        masks.append(np.round(mask * 0.75))
        np.testing.assert_allclose(mask, masks[-1] / 0.75, atol=0.01)
        y = read @ network.parameters[-201:-1] + network.parameters[-1]
        assert cost == pytest.approx((y - 3) ** 2, rel=1e-3) and bias == pytest.approx(-2 * (y - 3), rel=1e-3)
    masks = np.array(masks).reshape(20, 4, 50)
    assert set(masks.ravel()) == {0, 1} and 0.7 < masks.mean() < 0.8
    assert np.all(masks == masks[:, :1]) == channels and not np.all(masks == masks[:1])
    # And backward: a step moves the first layer along the rows that were not dropped alone.
    everything = trained.numbers("network_parameters", trained.parameter_count)
    before = everything.copy()
    trained.step(x[0], np.array([3], np.float32), 2.0**-6)
    change = everything - before
    mask = np.round(change[-201:-1] / change[-1] / h * 0.75) / 0.75
    biases = change[200 * 200 : 200 * 201]
    wanted = change[-1] * mask * before[-201:-1] * (1 - h * h)
    np.testing.assert_allclose(biases, wanted, rtol=0.01, atol=1e-5)


def test_noise_is_normal(tmp_path: Path) -> None:
    network = Network(500).add_noise(0.5).add_dense(1).build(seed=2)
    trained = Trained(network, "mean_squared_error", tmp_path)
    x = np.linspace(-1, 1, 500, dtype=np.float32)
    assert_same_bits(predict(trained.library, x[None], 1), network.predict(x[None]))
    noise = np.array([drawn(trained, x, 500)[0] - x for _ in range(20)])
    assert abs(noise.mean()) < 0.02 and abs(noise.std() - 0.5) < 0.02
    assert abs((np.abs(noise) < 0.5).mean() - 0.683) < 0.02 and abs((np.abs(noise) < 1).mean() - 0.954) < 0.01
    assert abs(np.corrcoef(noise[:, :-1].ravel(), noise[:, 1:].ravel())[0, 1]) < 0.05


def test_refuses_batch_normalization_of_one_number() -> None:
    """Along one row a channel without positions has no variance."""
    network = Network(6).add_dense(4).add_normalization("batch", name="norm").add_dense(2).build(seed=1)
    with pytest.raises(chainrule.ChainruleError, match=r"layer 'norm': .*'batch_normalization'.* has no variance"):
        network.to_c_source(trains=True)
    assert "norm" in network.to_c_source()
