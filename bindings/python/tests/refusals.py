"""A call with a wrong argument: the exception's class, and that the text helps. Nothing may change."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Union

import numpy as np
import pytest

import chainrule

Use = Callable[[chainrule.Network], Any]
Errors = Union["type[Exception]", "tuple[type[Exception], ...]"]
Case = tuple[Use, Errors, str]

X = np.linspace(-1, 1, 32, dtype=np.float32).reshape(8, 4)
LABELS = np.arange(8) % 3
VALUES = np.zeros((8, 3), np.float32)
NAN = np.float32("nan")


def spoiled(array: np.ndarray, value: float) -> np.ndarray:
    copy = array.astype(np.float32)
    copy.flat[5] = value
    return copy


def fresh() -> chainrule.Network:
    """A network of 4 inputs and one layer, not built."""
    return chainrule.Network(4).add_dense(5, name="a")


def expect_refusal(call: Callable[[], Any], error: Errors, message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        call()
    assert str(caught.value)
    assert isinstance(caught.value, chainrule.ChainruleError if error is not IndexError else IndexError)
    assert not re.search(r"crl_|->|CRL_", str(caught.value)), "a message for C"


def expect_refused_use(network: chainrule.Network, case: Case) -> None:
    use, error, message = case
    before = network.parameters.copy()
    expect_refusal(lambda: use(network), error, message)
    np.testing.assert_array_equal(network.parameters, before)
    assert np.isfinite(network.value_and_grad(X, LABELS)[0])
