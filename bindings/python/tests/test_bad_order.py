"""Calls that are right at another time, or of another network."""

from __future__ import annotations

import numpy as np
import pytest
from refusals import LABELS, VALUES, Case, Use, X, expect_refused_use, fresh

import chainrule
from chainrule import ArgumentError, StateError


def forwarded(network: chainrule.Network) -> chainrule.Workspace:
    workspace = chainrule.Workspace(network, 8)
    workspace.forward(X)
    return workspace


WRONG: dict[str, Case] = {
    "add to a built network": (lambda n: n.add_dense(2), StateError, "built"),
    "build twice": (lambda n: n.build(), StateError, "already built"),
    "optimizer of another network": (
        lambda n: n.fit(X, LABELS, optimizer=chainrule.Optimizer(chainrule.Network(4).add_dense(3).build())),
        StateError,
        "another network",
    ),
    "backward before forward": (lambda n: chainrule.Workspace(n, 8).backward(VALUES), StateError, "8 rows"),
    "going on with no backward pass": (
        lambda n: forwarded(n).backward_until(0, n.parameters.copy()),
        StateError,
        "no backward pass that could go on",
    ),
    "backward until behind the end": (
        lambda n: forwarded(n).backward_until(n.parameters.size + 1, n.parameters.copy(), VALUES),
        ArgumentError,
        "first is",
    ),
    "backward until before the start": (
        lambda n: forwarded(n).backward_until(-1, n.parameters.copy(), VALUES),
        ArgumentError,
        "first",
    ),
    "workspace without rows": (lambda n: chainrule.Workspace(n, 0), ArgumentError, "0"),
    "workspace too small": (lambda n: chainrule.Workspace(n, 7).forward(X), ArgumentError, "8 rows"),
    "workspace absurdly large": (lambda n: chainrule.Workspace(n, 2**62), (ArgumentError, MemoryError), "overflow"),
    "unknown layer": (lambda n: forwarded(n).z("nowhere"), ArgumentError, "nowhere"),
    "layer index out of range": (lambda n: forwarded(n).z(2), IndexError, "index out of range"),
    "layer a fraction": (lambda n: forwarded(n).z(0.5), TypeError, "layer must be a name or an index, not 0.5"),
    "delta before backward": (lambda n: forwarded(n).delta(0), StateError, "delta of layer '0'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_order(network: chainrule.Network, case: str) -> None:
    expect_refused_use(network, WRONG[case])


NOT_BUILT: dict[str, Use] = {
    "predict": lambda n: n.predict(X),
    "value_and_grad": lambda n: n.value_and_grad(X, LABELS),
    "fit": lambda n: n.fit(X, LABELS),
    "parameters": lambda n: n.parameters,
    "evaluate": lambda n: n.evaluate(X, LABELS),
    "tensors": lambda n: n.tensors,
    "unflatten": lambda n: n.unflatten(np.zeros(3)),
    "workspace": lambda n: chainrule.Workspace(n, 4),
    "optimizer": lambda n: chainrule.Optimizer(n),
}


@pytest.mark.parametrize("case", NOT_BUILT)
def test_use_before_build(case: str) -> None:
    with pytest.raises(RuntimeError) as caught:
        NOT_BUILT[case](fresh())
    assert isinstance(caught.value, StateError)
    assert caught.value.name == "CRL_ERROR_NOT_BUILT"
