"""What a network's files hold beside it: metadata and the recipe."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from chainrule import ArgumentError, ArgumentTypeError, Cost, FileFormatError, Network, Optimizer, Schedule, StateError


def test_metadata_are_a_mapping(network: Network) -> None:
    metadata = network.metadata
    assert dict(metadata) == {}
    assert len(metadata) == 0
    assert "author" not in metadata
    metadata["author"] = 'Jörg "\\\n\x01 😀'
    metadata["data"] = ""
    metadata.update(version="3")
    assert dict(network.metadata) == {"author": 'Jörg "\\\n\x01 😀', "data": "", "version": "3"}
    del metadata["data"]
    assert list(metadata) == ["author", "version"]
    assert metadata.pop("version") == "3"
    assert repr(network.metadata).startswith("Metadata({'author'")
    for missing in ("data", "chainrule.recipe", "format"):
        with pytest.raises(KeyError, match=missing):
            metadata[missing]
        with pytest.raises(KeyError, match=missing):
            del metadata[missing]


def test_many_metadata_are_removed(network: Network) -> None:
    metadata = network.metadata
    for number in range(3000):
        metadata[f"key {number}"] = str(number)
    assert metadata.popitem() == ("key 2999", "2999")
    start = time.perf_counter()
    metadata.clear()
    # Key by key, each after a look at all, it took a minute.
    assert time.perf_counter() - start < 5
    assert dict(metadata) == {}
    metadata.clear()
    with pytest.raises(KeyError):
        metadata.popitem()


def test_metadata_are_in_files_and_copies(network: Network, tmp_path: Path) -> None:
    network.metadata["author"] = "me"
    assert dict(network.copy().metadata) == dict(Network.from_bytes(network.to_bytes()).metadata) == {"author": "me"}
    network.save(tmp_path / "model")
    with safe_open(tmp_path / "model", framework="numpy") as file:
        assert file.metadata()["author"] == "me"
        # What another program adds is kept.
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = {**file.metadata(), "pt": "ü", "author": "you"}
    save_file(tensors, tmp_path / "model", metadata)
    loaded = Network.load(tmp_path / "model")
    assert dict(loaded.metadata) == {"author": "you", "pt": "ü"}
    assert dict(Network.from_bytes(loaded.to_bytes()).metadata) == {"author": "you", "pt": "ü"}


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        ("format", "x", ArgumentError),
        ("chainrule.labels", "x", ArgumentError),
        ("", "x", ArgumentError),
        ("k" * 256, "x", ArgumentError),
        ("key", "a\0b", ArgumentError),
        ("k\0y", "x", ArgumentError),
        ("key", "\ud800", ArgumentError),
        ("key", "x" * 4_000_001, ArgumentError),
        ("key", 3, ArgumentTypeError),
        (3, "x", ArgumentTypeError),
    ],
)
def test_refused_metadata_change_nothing(network: Network, key: Any, value: Any, error: type[Exception]) -> None:
    network.metadata["author"] = "me"
    with pytest.raises(error):
        network.metadata[key] = value
    assert dict(network.metadata) == {"author": "me"}


def test_metadata_need_a_built_network() -> None:
    with pytest.raises(StateError, match="not built"):
        len(Network(3).metadata)


@pytest.mark.parametrize("text", ['"a\\u0000b"', '"\udcff"'])
def test_metadata_of_files_are_texts(network: Network, text: str) -> None:
    data = network.to_bytes()
    length = int.from_bytes(data[:8], "little")
    added = f'{{"__metadata__":{{"odd":{text},'.encode(errors="surrogateescape")
    header = added + data[8 : 8 + length].removeprefix(b'{"__metadata__":{')
    damaged = len(header).to_bytes(8, "little") + header + data[8 + length :]
    with pytest.raises(FileFormatError, match="'odd' is not UTF-8, or holds a null character"):
        Network.from_bytes(damaged)


def test_a_recipe_is_arguments_of_fit(network: Network, x: np.ndarray, tmp_path: Path) -> None:
    assert network.recipe is None
    labels = np.arange(len(x)) % 3
    network.recipe = {
        "cost": Cost("cross_entropy", label_smoothing=0.1),
        "optimizer": Optimizer(network, "adamw", 0.01, beta2=0.95, clip_norm=2.0),
        "schedule": Schedule("one_cycle", peak=0.4, warmup=2),
        "epochs": 3,
        "batch_size": 4,
        "seed": 2**64 - 1,
        "class_weight": {1: 2.0},
        "patience": 7,
        "min_delta": 0.001,
    }
    network.save(tmp_path / "model")
    loaded = Network.load(tmp_path / "model")
    recipe = loaded.recipe
    assert recipe is not None
    optimizer = recipe.pop("optimizer")
    assert repr(optimizer) == "Optimizer(adamw, learning_rate=0.01)"
    assert optimizer.network is loaded
    np.testing.assert_array_equal(recipe.pop("class_weight"), np.float32([1, 2, 1]))
    cost = recipe.pop("cost")
    assert (cost.kind, cost.reduction) == ("cross_entropy", "mean")
    assert np.float32(cost.label_smoothing) == np.float32(0.1)
    schedule = recipe.pop("schedule")
    assert (schedule.kind, schedule.warmup, schedule.period, schedule.start_divisor) == ("one_cycle", 2, None, 25)
    assert recipe == {
        "epochs": 3,
        "batch_size": 4,
        "shuffle": True,
        "carry_states": False,
        "seed": 2**64 - 1,
        "validation_split": 0.0,
        "patience": 7,
        "min_delta": 0.001,
    }
    # Both train alike.
    network.fit(x, labels, **network.recipe)
    loaded.fit(x, labels, **loaded.recipe)
    np.testing.assert_array_equal(network.parameters, loaded.parameters)
    network.recipe = None
    assert network.recipe is None
    assert network.copy().recipe is None
    assert loaded.copy().recipe is not None


def test_defaults_of_a_recipe_are_those_of_fit(network: Network, x: np.ndarray) -> None:
    other = network.copy()
    labels = np.arange(len(x)) % 3
    network.recipe = {}
    network.fit(x, labels, **network.recipe)
    other.fit(x, labels)
    np.testing.assert_array_equal(network.parameters, other.parameters)


METHODS = [
    "gradient_descent",
    "momentum",
    "nesterov",
    "adagrad",
    "rmsprop",
    "adam",
    "adamw",
    "amsgrad",
    "nadam",
    "lion",
]


@pytest.mark.parametrize("method", [*METHODS, "irprop_minus", "quickprop"])
def test_every_optimizer_has_a_recipe(network: Network, method: str) -> None:
    network.recipe = {"optimizer": method, "learning_rate": 0.25, "cost": "mean_squared_error"}
    again = Network.from_bytes(network.to_bytes())
    assert repr(again.recipe["optimizer"]) == f"Optimizer({method}, learning_rate=0.25)"
    again.recipe = again.recipe
    assert again.to_bytes() == network.to_bytes()


@pytest.mark.parametrize(
    "cost", ["mean_squared_error", "mean_absolute_error", "huber", "binary_cross_entropy", "cross_entropy"]
)
@pytest.mark.parametrize(
    "schedule", ["constant", Schedule("step", period=3), "exponential", "cosine", "one_cycle", "plateau"]
)
def test_every_cost_and_schedule_has_a_recipe(network: Network, cost: str, schedule: Any) -> None:
    network.recipe = {"cost": cost, "schedule": schedule}
    again = Network.from_bytes(network.to_bytes())
    assert again.recipe["cost"].kind == cost
    assert again.recipe["schedule"].kind == (schedule if isinstance(schedule, str) else schedule.kind)
    again.recipe = again.recipe
    assert again.to_bytes() == network.to_bytes()


@pytest.mark.parametrize(
    ("recipe", "error", "text"),
    [
        ({"cost": lambda y, t, w: (0.0, y)}, ArgumentError, "the cost is a function"),
        ({"schedule": lambda t, base, cost: base}, ArgumentError, "the schedule is a function"),
        ({"epochs": 0}, ArgumentError, "epochs is 0"),
        ({"optimizer": "adem"}, ArgumentError, "adem"),
        ({"sample_weight": 3}, TypeError, "sample_weight"),
        (3, ArgumentTypeError, "dict"),
    ],
)
def test_refused_recipes_change_nothing(network: Network, recipe: Any, error: type[Exception], text: str) -> None:
    network.recipe = {"epochs": 3}
    with pytest.raises(error, match=text):
        network.recipe = recipe
    assert network.recipe["epochs"] == 3


@pytest.mark.parametrize(
    ("recipe", "text"),
    [
        ("[", "JSON"),
        ("[]", "no JSON object"),
        ("{}", "'cost' is missing"),
        ('{"cost":"c","optimizer":"adam"}', "cost 'c'"),
        ('{"cost":"huber","cost_parameter":0,"optimizer":"adam"}', "delta is 0"),
        ('{"cost":"huber","cost_parameter":1,"reduction":"product","optimizer":"adam"}', "reduction"),
        ('{"cost":"mean_squared_error","optimizer":"adem"}', "optimizer 'adem'"),
        ('{"cost":"mean_squared_error","optimizer":"adam","momentum":1}', "takes no momentum"),
        ('{"cost":"mean_squared_error","optimizer":"adam","beta1":1}', "beta1 of adam is 1"),
        ('{"cost":"mean_squared_error","optimizer":"adam","epochs":0}', "epochs is 0"),
        ('{"cost":"mean_squared_error","optimizer":"adam","epochs":1e30}', "epochs"),
        ('{"cost":"mean_squared_error","optimizer":"adam","seed":1}', "seed"),
        ('{"cost":"mean_squared_error","optimizer":"adam","l1":-1}', "l1 is -1"),
        ('{"cost":"mean_squared_error","optimizer":"adam","schedule":{"kind":"up"}}', "schedule 'up'"),
        ('{"cost":"mean_squared_error","optimizer":"adam","schedule":{"kind":"step"}}', "period"),
        ('{"cost":"cross_entropy","optimizer":"adam","class_weights":[1]}', "1 class weights for 3"),
        ('{"cost":"cross_entropy","optimizer":"adam","class_weights":[1,"a",1]}', "class_weights"),
    ],
)
def test_damaged_recipes_leave_the_network(
    network: Network, x: np.ndarray, tmp_path: Path, recipe: str, text: str
) -> None:
    network.save(tmp_path / "model")
    with safe_open(tmp_path / "model", framework="numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = {**file.metadata(), "chainrule.recipe": recipe}
    save_file(tensors, tmp_path / "model", metadata)
    loaded = Network.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(x), network.predict(x))
    assert dict(loaded.metadata) == {}
    with pytest.raises(FileFormatError, match=text):
        loaded.recipe  # noqa: B018
