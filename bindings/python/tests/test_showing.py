"""How networks and histories show themselves: text, tables, pictures."""

from __future__ import annotations

import itertools
import pickle
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule import ArgumentError, History, Network, plot_confusion, plot_history, plot_weights

rng = np.random.default_rng(3)
X = rng.standard_normal((60, 4)).astype(np.float32)
LABELS = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)


@pytest.fixture(autouse=True)
def _no_window(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    yield
    pyplot.close("all")


def lenet() -> Network:
    network = Network((28, 28, 1)).add_convolution(6, 5, "relu", padding="same").add_pooling("maximum", 2)
    network.add_convolution(16, 5, "relu").add_pooling("maximum", 2).add_flatten()
    return network.add_dense(120, "relu").add_dense(84, "relu").add_dense(10)


def trained(**options: Any) -> Network:
    network = Network(4).add_dense(8, "tanh").add_dense(3).build(seed=1)
    network.fit(X, LABELS, **{"epochs": 12, **options})
    return network


# Histories


def test_a_history_is_a_list_that_shows_itself() -> None:
    history = trained(validation_split=0.25).history
    lines = repr(history).splitlines()
    assert lines[0].startswith("History of 12 epochs in ")
    assert lines[0].endswith(f"s, cross_entropy; best: {history.best.epoch if history.best else 0}")
    assert lines[1].split() == ["epoch", "cost", "accuracy", "validation_cost", "validation_accuracy"]
    assert lines[2].split()[:2] == ["1", f"{history[0].cost:.4g}"]
    assert "…" in [line.strip() for line in lines]
    assert lines[-1].split()[0].rstrip("*") == "12"
    assert len(lines) <= 10
    assert isinstance(history, list)
    assert history == list(history)
    assert history[-3:] == list(history)[-3:]
    assert repr(history[-1:]).startswith("History of 1 epoch in ")
    assert repr(History()) == "History of 0 epochs"
    assert (History().best, History().measures) == (None, ())


def test_a_history_without_decisions_has_no_columns_for_them() -> None:
    history = trained().fit(X, X[:, :3], epochs=3)
    assert history.measures == ("cost",)
    assert history.cost == "mean_squared_error"
    assert repr(history).splitlines()[1].split() == ["epoch", "cost"]
    custom = trained().fit(X, None, cost=lambda y, t, w: (0.0, np.zeros_like(y)), epochs=1)
    assert custom.cost == "custom"


def test_a_history_can_be_pickled() -> None:
    history = trained().history
    again = pickle.loads(pickle.dumps(history))
    assert (type(again), again.cost, repr(again)) == (History, "cross_entropy", repr(history))


def test_a_history_becomes_a_frame() -> None:
    pytest.importorskip("pandas")
    history = trained(validation_split=0.25).history
    frame = history.to_frame()
    assert list(frame.index) == list(range(1, 13))
    assert list(frame["validation_cost"]) == [epoch.validation_cost for epoch in history]
    assert len(History().to_frame()) == 0


def test_a_learning_curve() -> None:
    history = trained(validation_split=0.25).history
    costs, shares = history.plot()
    assert [line.get_label() for line in costs.lines] == ["cost", "validation cost", "best epoch"]
    assert [line.get_label() for line in shares.lines] == ["accuracy", "validation accuracy", "best epoch"]
    np.testing.assert_array_equal(costs.lines[1].get_ydata(), [epoch.validation_cost for epoch in history])
    assert plot_history(history, [costs]) == [costs]
    (alone,) = trained().fit(X, X[:, :3], epochs=2).plot()
    assert alone.get_ylabel() == "mean squared error"
    with pytest.raises(ArgumentError, match="no epochs to plot"):
        History().plot()


# Plots


def test_a_confusion_matrix() -> None:
    network = trained()
    network.class_labels = ["ant", "bee", "crab"]
    counts = network.confusion(X, LABELS)
    ax = plot_confusion(network, X, LABELS)
    np.testing.assert_array_equal(ax.images[0].get_array(), counts)
    assert [text.get_text() for text in ax.texts] == [f"{count:g}" for count in counts.ravel()]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["ant", "bee", "crab"]
    shares = plot_confusion(network, X, LABELS, normalize=True, ax=ax)
    assert shares is ax
    np.testing.assert_allclose(ax.images[1].get_array().sum(axis=1), 1)
    absent = plot_confusion(network, X[LABELS > 0], LABELS[LABELS > 0], normalize=True)
    np.testing.assert_array_equal(absent.images[0].get_array()[0], 0)


def test_weights_as_images() -> None:
    images = plot_weights(lenet().build(1))
    assert sum(len(ax.images) for ax in images) == 6
    network = Network(64).add_dense(10).build()
    axes = plot_weights(network)
    np.testing.assert_array_equal(axes[3].images[0].get_array(), network.tensors["0.weight"][3].reshape(8, 8))
    assert sum(len(ax.images) for ax in plot_weights(network, max_images=3)) == 3
    assert plot_weights(network, "0", shape=(4, 16), axes=axes[:1])[0].images[-1].get_array().shape == (4, 16)
    colours = Network((5, 5, 3)).add_flatten().add_dense(2).build()
    assert plot_weights(colours)[0].images[0].get_array().shape == (5, 5, 3)


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "no image": (lambda: plot_weights(Network(6).add_dense(2).build()), "has 6 weights, which are no image of the sh"),
    "another shape": (
        lambda: plot_weights(Network(6).add_dense(2).build(), shape=(2, 2)),
        r"shape \(2, 2\): give shape",
    ),
    "a shape of one axis": (lambda: plot_weights(Network(6).add_dense(2).build(), shape=(6,)), r"shape must be \(hei"),
    "no such layer": (lambda: plot_weights(trained(), "x"), "layer 'x' has no weights; those with some: 0, 1"),
    "no weights": (lambda: plot_weights(Network(6).add_dropout(0.5).build()), "layer '' has no weights"),
    "a sequence": (
        lambda: plot_weights(Network((6, 2)).add_convolution(2, 3).build()),
        r"the shape \(2, 3, 2\), which are no images",
    ),
    "no images": (lambda: plot_weights(Network(4).add_dense(2).build(), max_images=0), "max_images is 0"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_weights_that_are_no_images(case: str) -> None:
    call, message = REFUSED[case]
    with pytest.raises(ArgumentError, match=message):
        call()


def test_plots_without_matplotlib_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for use in (lambda: trained().history.plot(), lambda: plot_confusion(trained(), X, LABELS)):
        with pytest.raises(ImportError, match=r"pip install chainrule\[plot\]"):
            use()
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="needs pandas: pip install pandas"):
        trained().history.to_frame()


# Summaries


def test_the_summary_of_lenet() -> None:
    network = lenet()
    summary = network.summary()  # not built
    assert summary.parameters == network.build().parameters.size == 61706
    assert [row.parameters for row in summary.rows] == [0, 156, 0, 2416, 0, 0, 48120, 10164, 850]
    assert [row.flops for row in summary.rows[1:5]] == [2 * 150 * 784, 6 * 14 * 14, 2 * 2400 * 100, 16 * 5 * 5]
    assert [row.flops for row in summary.rows[6:]] == [2 * 400 * 120, 2 * 120 * 84, 2 * 84 * 10]
    assert summary.rows[1].shape == (28, 28, 6)
    assert (summary.inputs, summary.parameter_bytes) == (784, 4 * 61706)
    assert summary.activation_bytes == 4 * (784 + sum(int(np.prod(layer.shape)) for layer in network.layers))
    text = str(network.summary())
    assert repr(network.summary()) == text
    assert text.splitlines()[0].split() == ["name", "layer", "reads", "shape", "parameters", "flops"]
    assert text.splitlines()[-1].startswith("784 inputs, 61,706 parameters (247 KB); for a sample ")
    assert "(28, 28, 6)" in text


def test_the_work_of_other_layers() -> None:
    network = Network((10, 4)).add_gru(5).add_attention(1).add_transposed_convolution(2, 3).build()
    by_kind = {layer.kind: row.flops for layer, row in zip(network.layers, network.summary().rows)}
    assert by_kind["gru"] == 2 * 10 * (3 * 5 * 4 + 3 * 5 * 5)
    assert by_kind["attention"] == 2 * 2 * 10 * 10 * 5
    assert by_kind["transposed_convolution"] == 2 * 10 * (5 * 3 * 2)
    product = Network((3, 4)).add_transpose((1, 0)).add_matrix_product("0", "1").build()
    assert product.summary().rows[-1].flops == 2 * 3 * 3 * 4
    assert sum(row.parameters for row in network.summary().rows) == network.parameters.size


def test_tables_for_notebooks() -> None:
    network = Network(4).add_dense(3, name="a").build()
    table = network._repr_html_()
    assert table == network.summary()._repr_html_()
    root = ElementTree.fromstring(f"<div>{table}</div>")
    assert [cell.text for cell in root.iter("td")] == ["a", "dense 3 identity", "input", "(3,)", "15", "24"]
    empty = Network(4)
    assert empty._repr_html_() is None
    with pytest.raises(chainrule.ChainruleError):
        empty.summary()
    network.close()
    assert network._repr_html_() is None
    with pytest.raises(ArgumentError, match="the network is closed"):
        network.summary()


# Diagrams


def test_the_architecture_as_a_picture() -> None:
    network = Network((4, 4, 2)).add_convolution(2, 3, padding="same").add_sum(["0", "1"]).add_flatten()
    network.add_flatten(input="0").add_concatenation(["3", "4"]).add_dense(2, name="out")
    picture = network.to_svg()
    assert picture._repr_svg_() == picture
    root = ElementTree.fromstring(picture)
    space = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{space}rect")) == 1 + len(network.layers)
    arrows = root.findall(f"{space}path")
    assert len(arrows) == sum(len(layer.inputs) for layer in network.layers)
    texts = [text.text for text in root.findall(f"{space}text")]
    assert texts[0] == "input (32)"
    assert "out: (2,)" in texts
    # Arrows that pass the same layers by have lanes of their own.
    found = [re.fullmatch(r"M\d+ (\d+) H(\d+) V(\d+) H\d+", arrow.get("d", "")) for arrow in arrows]
    passing = [tuple(map(int, path.groups())) for path in found if path]
    assert len(passing) == 3
    for (begin, lane, end), (other_begin, other_lane, other_end) in itertools.combinations(passing, 2):
        assert lane != other_lane or end < other_begin or other_end < begin
    assert max(lane for _, lane, _ in passing) < float(root.get("width", "0"))
