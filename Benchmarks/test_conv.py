"""The networks of the work `conv`, its cells and its tables."""

from __future__ import annotations

import sys
from math import prod
from pathlib import Path

import bench
import conductor
import conv_tables
import models
import numpy as np
import pytest
from cells import CELLS
from conv_cells import CONV, EVERY, ConvCell
from layers import Layer, folded, from_line, read_layers, read_parameters, to_line
from models import ALONE, MODELS, Model


def test_networks_have_the_published_sizes() -> None:
    """Of LeCun et al. 1998, and of MLPerf Tiny's networks without their layers for softmax."""
    million = {name: sum(layer.multiplications for layer in model.layers) / 1e6 for name, model in MODELS.items()}
    assert {name: round(count, 2) for name, count in million.items()} == {
        "lenet": 0.42,
        "resnet8": 12.5,
        "ds-cnn": 2.66,
        "mobilenet": 7.49,
    }
    assert [model.layers[-1].output for model in MODELS.values()] == [(10,), (10,), (12,), (2,)]
    # The published numbers count running statistics, and biases before batch normalization.
    parameters = {
        name: sum(
            prod(shape)
            for layer in model.layers
            for shape in [*layer.parameters.values(), *layer.state.values(), *list(layer.state.values())[:1]]
        )
        for name, model in MODELS.items()
    }
    assert parameters == {"lenet": 61706, "resnet8": 78666, "ds-cnn": 24908, "mobilenet": 221794}


def test_layers_are_read_as_they_were_written() -> None:
    for model in [*MODELS.values(), *ALONE.values()]:
        assert [from_line(to_line(layer)) for layer in model.layers] == model.layers


def test_each_different_convolution_is_measured_once() -> None:
    found = [model.layers[0] for model in ALONE.values()]
    assert len(set(found)) == len(found)
    assert ALONE["resnet8.5"].layers[0].shape == (16, 16, 32)
    assert "resnet8.3" not in ALONE  # like resnet8.2


def product(layer: Layer, arrays: list[np.ndarray], x: np.ndarray) -> np.ndarray:
    """A pointwise convolution."""
    return x @ arrays[0][:, 0, 0].T + (arrays[1] if layer.bias else 0)


@pytest.mark.parametrize("bias", [False, True])
def test_normalization_is_folded_into_the_convolution_before_it(tmp_path: Path, bias: bool) -> None:
    model = Model(3, 4, 5)
    model.normalized(model.convolution(6, (1, 1), bias=bias))
    models.write_inputs(model, 2, tmp_path)
    layers = read_layers(tmp_path)
    arrays = read_parameters(layers, tmp_path)
    x = np.fromfile(tmp_path / "x", np.float32).reshape(-1, 5)
    scale, offset, mean, variance = arrays[1]
    expected = np.maximum((product(layers[0], arrays[0], x) - mean) / np.sqrt(variance + 1e-5) * scale + offset, 0)

    [layer], [together] = folded(layers, arrays)
    assert layer.relu
    assert np.allclose(np.maximum(product(layer, together, x), 0), expected, atol=1e-5)


def test_parameters_of_another_network_are_refused(tmp_path: Path) -> None:
    models.write_inputs(MODELS["lenet"], 1, tmp_path)
    with pytest.raises(ValueError, match="another network"):
        read_parameters(MODELS["ds-cnn"].layers, tmp_path)


def test_a_whole_run_measures_some_convolutions_and_the_work_alone_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def chosen(*options: str) -> list:
        monkeypatch.setattr(sys, "argv", ["bench.py", *options])
        return bench.chosen(bench.arguments())

    assert chosen() == [*CELLS, *CONV]
    assert chosen("--work=conv") == EVERY
    assert set(CONV) < set(EVERY)
    assert {cell.net for cell in chosen("--work=conv", "--variant=sgd")} == {"lenet", "resnet8", "ds-cnn"}


def test_inputs_are_made_once_and_when_the_network_has_changed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(conductor, "BUILT", tmp_path)
    cell = next(cell for cell in EVERY if cell.is_pass)
    folder = conductor.inputs_of(cell, [])
    assert read_layers(folder) == ALONE[cell.net].layers
    (folder / "x").unlink()
    assert conductor.inputs_of(cell, []) == folder
    assert not (folder / "x").exists()

    (folder / "layers").write_text("an earlier definition")
    conductor.inputs_of(cell, [])
    assert (folder / "x").exists()


def test_a_pass_needs_its_products_and_its_arrays() -> None:
    cell = next(cell for cell in EVERY if (cell.net, cell.batch, cell.variant) == ("ds-cnn.2", 32, "forward"))
    arithmetic, arrays = cell.needs
    outputs = 25 * 5 * 64 * 32
    assert (arithmetic.amount, arrays.amount) == (2 * 9 * outputs, 2 * 4 * outputs)
    assert arrays.ceiling == f"ceiling=copy threads=1 bytes={8 * outputs}"


def result(net: str, variant: str, batch: int, ratios: dict[str, float], share: float = 0.5) -> dict:
    cell = ConvCell("conv", net, batch, 1, variant, "")
    times = {name: [1e-3] for name in [*ratios, "chainrule"]}
    return conductor.summary(cell, times, [share * 1e-3], {}) | {"ratios": ratios}


def test_targets_show_the_mean_and_the_least() -> None:
    rows = conv_tables.targets(
        [
            result("resnet8.2", "forward", 32, {"onednn": 2.0}),
            result("ds-cnn.2", "data", 1, {"onednn": 0.5}, share=0.25),
            result("lenet", "sgd", 32, {"jax": 1.5, "torch": 1.2}),
            result("lenet", "f32", 1, {"onnxruntime": 1.3, "litert": 1.4, "torch": 0.9}),
            result("resnet8", "f32", 1, {}),
        ]
    )
    shown = {row[0]: row[1:5] for row in rows}
    least = "ds-cnn.2 data, batch 1, 1 thread"
    assert shown["all single convolutions, over oneDNN"] == ["2", "1.00×", "0.50×", least]
    assert shown["depthwise, of the limit"] == ["1", "25%", "25%", least]
    assert shown["training, batch 32, over the fastest framework"][1] == "1.20×"
    assert shown["inference, batch 1, over the faster of ONNX Runtime and LiteRT"][:2] == ["1", "1.30×"]
