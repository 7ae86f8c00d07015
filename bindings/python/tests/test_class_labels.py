"""The names of a network's classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule import Network


def network(outputs: int = 3) -> Network:
    return Network(2).add_dense(outputs, name="out").build(seed=1)


def test_they_are_kept() -> None:
    net = network()
    assert net.class_labels is None
    net.class_labels = ["ash", "böök", ""]
    assert net.class_labels == ["ash", "böök", ""]
    assert net.copy().class_labels == net.class_labels
    assert Network.from_bytes(net.to_bytes()).class_labels == net.class_labels
    net.class_labels = None
    assert net.class_labels is None
    assert Network.from_bytes(net.to_bytes()).class_labels is None


def test_other_labels_become_text() -> None:
    net = network()
    net.class_labels = np.array([3, -7, 40])
    assert net.class_labels == ["3", "-7", "40"]
    net.class_labels = (label for label in "abc")
    assert net.class_labels == ["a", "b", "c"]


def test_one_output_has_two() -> None:
    net = network(1)
    net.class_labels = ["no", "yes"]
    assert net.class_labels == ["no", "yes"]


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        (["a", "b"], chainrule.ArgumentError, "2 class labels were given; a network with 3 outputs has 3"),
        (["a"] * 4, chainrule.ArgumentError, "labels_count is 4; the network has 3 outputs"),
        (["a", "b", "c" * 256], chainrule.ArgumentError, "class label 2 has more than 255 bytes"),
        (["a", "b", "c\0"], chainrule.ArgumentError, "holds a null character"),
        (["a", "b", "\ud800"], chainrule.ArgumentError, "is no text"),
        ("abc", chainrule.ArgumentTypeError, "must be a sequence of labels"),
        (b"abc", chainrule.ArgumentTypeError, "must be a sequence of labels"),
        (7, chainrule.ArgumentTypeError, "must be a sequence of labels"),
    ],
)
def test_bad_labels(labels: Any, error: type[Exception], message: str) -> None:
    net = network()
    net.class_labels = ["x", "y", "z"]
    with pytest.raises(error, match=message):
        net.class_labels = labels
    assert net.class_labels == ["x", "y", "z"]


def test_networks_that_are_not_built() -> None:
    net = Network(2).add_dense(3)
    assert net.class_labels is None
    with pytest.raises(chainrule.StateError, match="not built"):
        net.class_labels = ["a", "b", "c"]
