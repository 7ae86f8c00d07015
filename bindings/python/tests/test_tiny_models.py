"""The networks of Examples/tiny_models.py against PyTorch's: parameters, outputs, gradients and running statistics."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_numbers import Numbers, summary

from chainrule import Network, Workspace, cost

sys.path.append(str(Path(__file__).resolve().parents[3] / "Examples"))

from tiny_models import PUBLISHED, count

GOLDEN = json.loads(Path(__file__).with_name("tiny_models.json").read_text())
# Roundings of up to thirty layers in float32, relative to the norm of what is compared. A wrong element shows as 5e-3.
TOLERANCE = 1e-4

each_network = pytest.mark.parametrize("make", PUBLISHED, ids=lambda make: make.__name__)


def expect(values: np.ndarray, golden: list[float], scale: float, what: str) -> None:
    np.testing.assert_allclose(summary(values) / scale, np.divide(golden, scale), rtol=0, atol=TOLERANCE, err_msg=what)


@each_network
def test_parameters_are_as_many_as_published(make: Callable[[], Network]) -> None:
    assert count(make().build()) == PUBLISHED[make]


@each_network
def test_a_training_pass_is_as_pytorch_has_it(make: Callable[[], Network]) -> None:
    golden: dict[str, Any] = GOLDEN[make.__name__]
    network, numbers, rows = make().build(), Numbers(golden["seed"]), golden["rows"]
    for name, tensor in network.tensors.items():
        tensor[:] = numbers.parameter(*tensor.shape, is_bias=name.endswith("bias"))
    x = numbers.normal(rows, *network.layers[0].shape if network.layers[0].kind == "reshape" else [network.inputs])
    workspace = Workspace(network, rows)
    workspace.use_batch_statistics()
    y = workspace.forward(x)
    expect(y, golden["y"], golden["y"][0], "y")

    if network.outputs == network.inputs:
        C, dC_dy = cost(y, x, "mean_squared_error")
    else:
        C, dC_dy = cost(y, np.arange(rows), "cross_entropy")
    assert pytest.approx(golden["cost"], rel=TOLERANCE) == C

    gradients, dC_dx = workspace.backward(dC_dy, input_gradient=True)
    expect(dC_dx, golden["input_gradient"], golden["input_gradient"][0], "the input's gradient")
    views = network.unflatten(gradients)
    largest = max(norm for norm, *_ in golden["gradients"])
    assert len(views) == len(golden["gradients"])
    for (name, gradient), expected in zip(views.items(), golden["gradients"]):
        # That of a bias in front of batch normalization is 0, up to rounding.
        expect(gradient, expected, max(expected[0], 0.01 * largest), f"the gradient of {name}")

    network.update_statistics(workspace)
    assert len(network.state) == len(golden["statistics"])
    for (name, statistics), expected in zip(network.state.items(), golden["statistics"]):
        expect(statistics, expected, expected[0], name)
    expect(network.predict(x), golden["prediction"], golden["prediction"][0], "the prediction")
