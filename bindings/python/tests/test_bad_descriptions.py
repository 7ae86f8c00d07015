"""Networks described wrongly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from refusals import Errors, expect_refusal, fresh

import chainrule
from chainrule import ArgumentError

WRONG: dict[str, tuple[Callable[[], Any], Errors, str]] = {
    "no inputs": (lambda: chainrule.Network(0), ArgumentError, "0"),
    "inputs negative": (lambda: chainrule.Network(-1), ArgumentError, "inputs is -1"),
    "inputs beyond 64 bits": (lambda: chainrule.Network(2**64 + 4), ArgumentError, "inputs is"),
    "inputs a fraction": (lambda: chainrule.Network(4.0), TypeError, "inputs must be an integer, not 4.0"),
    "inputs of text": (lambda: chainrule.Network("4"), TypeError, "integer"),
    "no units": (lambda: fresh().add_dense(0), ArgumentError, "0 were given"),
    "units negative": (lambda: fresh().add_dense(-3), ArgumentError, "units is -3"),
    "units absurd": (lambda: fresh().add_dense(2**62).build(), (ArgumentError, MemoryError), "4611686018427387904"),
    "unknown activation": (lambda: fresh().add_dense(3, "relu6"), ArgumentError, "'relu6'.*relu"),
    "activation by number": (lambda: fresh().add_dense(3, 3), TypeError, "Activation"),
    "activation without derivative": (lambda: fresh().add_dense(3, (np.tanh,)), TypeError, "two or three functions"),
    "activation a function": (
        lambda: fresh().add_dense(3, np.tanh),
        TypeError,
        "activation must be one of the names .*tanh.* not <ufunc 'tanh'>",
    ),
    "path a number": (lambda: chainrule.Network.load(5), TypeError, "path must be"),
    "alpha of text": (lambda: fresh().add_dense(3, "elu", alpha="1"), TypeError, "alpha must be a number, not '1'"),
    "rate of text": (lambda: fresh().add_dropout("half"), TypeError, "rate must be a number, not 'half'"),
    "deviation an array": (lambda: fresh().add_noise(np.zeros(2)), TypeError, "deviation must be a number"),
    "initializer of text": (
        lambda: fresh().add_dense(3, weight_initializer=("constant", "1")),
        TypeError,
        "an initializer's number must be a number, not '1'",
    ),
    "activation not callable": (
        lambda: fresh().add_dense(3, ("relu", "tanh")),
        TypeError,
        "must hold two or three functions",
    ),
    "activation a custom enumerator": (
        lambda: fresh().add_dense(3, "custom_activation"),
        ArgumentError,
        "unknown activation",
    ),
    "unknown initializer": (lambda: fresh().add_dense(3, weight_initializer="xavier"), ArgumentError, "'xavier'"),
    "initializer of numbers": (lambda: fresh().add_dense(3, weight_initializer=(0, 1)), TypeError, "initializer"),
    "initializer of three": (
        lambda: fresh().add_dense(3, weight_initializer=("normal", 0, 1, 2)),
        TypeError,
        "takes 2 numbers; 3 were given",
    ),
    "deviation negative": (
        lambda: fresh().add_dense(3, weight_initializer=("normal", 0.0, -1.0)),
        ArgumentError,
        "deviation -1",
    ),
    "constant NaN": (
        lambda: fresh().add_dense(3, bias_initializer=("constant", np.nan)),
        ArgumentError,
        "constant is nan",
    ),
    "alpha negative": (lambda: fresh().add_dense(3, "elu", alpha=-2.0), ArgumentError, "'elu' is -2"),
    "alpha zero": (lambda: fresh().add_dense(3, "clipped_relu", alpha=0.0), ArgumentError, "'clipped_relu' is 0"),
    "alpha NaN": (lambda: fresh().add_dense(3, "leaky_relu", alpha=np.nan), ArgumentError, "'leaky_relu' is nan"),
    "name empty": (lambda: fresh().add_dense(3, name=""), ArgumentError, "0 bytes"),
    "name taken": (lambda: fresh().add_dense(3, name="a"), ArgumentError, "a"),
    "name reserved": (lambda: fresh().add_dense(3, name="input"), ArgumentError, "input"),
    "name with a dot": (lambda: fresh().add_dense(3, name="b.c"), ArgumentError, r"b.c"),
    "name too long": (lambda: fresh().add_dense(3, name="b" * 64), ArgumentError, "64 bytes"),
    "name with a null": (lambda: fresh().add_dense(3, name="b\0c"), ArgumentError, "null character"),
    "name a number": (lambda: fresh().add_dense(3, name=3), TypeError, "must be a string, not int"),
    "a layer that nothing reads": (
        lambda: fresh().add_dense(3, input="input").build(),
        ArgumentError,
        "a",
    ),
    "input unknown": (lambda: fresh().add_dense(3, input="z"), ArgumentError, "z"),
    "sum of nothing": (lambda: fresh().add_sum([]), ArgumentError, "0 were given"),
    "sum of unequal widths": (
        lambda: fresh().add_sum(["a", "input"]),
        ArgumentError,
        r"input 0 has \[5\], input 1 \[4\]",
    ),
    "sum of unknown": (lambda: fresh().add_sum(["a", "b"]), ArgumentError, "b"),
    "sum of a string": (lambda: fresh().add_sum("a"), TypeError, "sequence of names"),
    "concatenation of unknown": (lambda: fresh().add_concatenation(["a", "b"]), ArgumentError, "b"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_descriptions(case: str) -> None:
    expect_refusal(*WRONG[case])


def test_a_layer_refused_is_not_added() -> None:
    network = fresh()
    for wrong in (lambda: network.add_dense(0), lambda: network.add_sum(["nowhere"])):
        with pytest.raises(ArgumentError):
            wrong()
    assert repr(network) == "Network(4 -> dense 5 identity, not built)"
    assert [(layer.name, layer.units) for layer in network.layers] == [("a", 5)]
