"""Arrays of wrong shapes and types, and wrong numbers in them."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
from refusals import LABELS, NAN, VALUES, Case, X, expect_refused_use, spoiled

import chainrule
from chainrule import ArgumentError, NotFiniteError

WRONG: dict[str, Case] = {
    "x too wide": (lambda n: n.predict(np.zeros((8, 5))), ArgumentError, r"x has shape \(8, 5\).*\(rows, 4\)"),
    "x too narrow": (lambda n: n.predict(np.zeros(3)), ArgumentError, r"x has shape \(3,\)"),
    "x of three dimensions": (lambda n: n.predict(np.zeros((2, 2, 4))), ArgumentError, "x has shape"),
    "x a number": (lambda n: n.predict(1.0), ArgumentError, "x has shape"),
    "x without rows": (
        lambda n: n.value_and_grad(np.zeros((0, 4)), LABELS[:0]),
        ArgumentError,
        "the number of rows of x is 0",
    ),
    "x None": (lambda n: n.predict(None), TypeError, "x has the dtype object"),
    "x of text": (lambda n: n.predict("abcd"), TypeError, "x has the dtype <U4"),
    "x an array of text": (lambda n: n.predict(np.array([list("abcd")])), TypeError, "x has the dtype <U1"),
    "x complex": (lambda n: n.predict(np.zeros(4, complex)), TypeError, "x has the dtype complex128"),
    "x of objects": (lambda n: n.predict(X.astype(object)), TypeError, "x has the dtype object; numbers are needed"),
    "x of dates": (lambda n: n.predict(X.astype("m8[s]")), TypeError, "x has the dtype timedelta"),
    "x ragged": (lambda n: n.predict([[1, 2, 3, 4], [1, 2]]), ArgumentError, "x is no array: .*inhomogeneous"),
    "x masked": (lambda n: n.predict(np.ma.masked_less(X, 0)), TypeError, "x is a masked array; fill"),
    "x sparse": (lambda n: n.predict(scipy.sparse.csr_matrix(X)), TypeError, r"x is a sparse matrix .*x.toarray\(\)"),
    "targets masked": (
        lambda n: n.value_and_grad(X, np.ma.masked_equal(LABELS, 2)),
        TypeError,
        "targets is a masked array",
    ),
    "targets sparse": (
        lambda n: n.fit(X, scipy.sparse.eye(8, 3, format="csr")),
        TypeError,
        "targets is a sparse matrix",
    ),
    "targets of objects": (
        lambda n: n.fit(X, LABELS.astype(object)),
        TypeError,
        "targets has the dtype object",
    ),
    "targets of text": (lambda n: n.evaluate(X, np.array(list("abcabcab"))), TypeError, "targets has the dtype <U1"),
    "weights masked": (
        lambda n: n.fit(X, LABELS, sample_weight=np.ma.masked_less(np.arange(8), 3)),
        TypeError,
        "sample_weight is a masked array",
    ),
    "class weights masked": (
        lambda n: n.fit(X, LABELS, class_weight=np.ma.masked_less(np.arange(3), 1)),
        TypeError,
        "class_weight is a masked array",
    ),
    "a vector of objects": (
        lambda n: n.hessian_product(X, LABELS, n.parameters.astype(object)),
        TypeError,
        "vector has the dtype object",
    ),
    "x masked of cascade": (
        lambda n: chainrule.Network.cascade(np.ma.masked_less(X, 0), LABELS),
        TypeError,
        "x is a masked array",
    ),
    "y masked": (lambda n: chainrule.cost(np.ma.masked_less(X, 0), X, "huber"), TypeError, "y is a masked array"),
    "x masked of a data source": (
        lambda n: n.fit(chainrule.DataSource(lambda request: (np.ma.masked_less(X, 0), LABELS))),
        TypeError,
        "the data source's x is a masked array",
    ),
    "targets too wide": (
        lambda n: n.value_and_grad(X, np.zeros((8, 4)), "huber"),
        ArgumentError,
        r"targets has shape \(8, 4\)",
    ),
    "too few targets": (
        lambda n: n.value_and_grad(X, VALUES[:7], "huber"),
        ArgumentError,
        r"shape \(7, 3\) and dtype float32; it must be \(8, 3\)",
    ),
    "too few classes": (lambda n: n.value_and_grad(X, LABELS[:7]), ArgumentError, "7 class indices for 8 rows"),
    "flat targets": (
        lambda n: n.value_and_grad(X, np.zeros(8), "huber"),
        ArgumentError,
        r"targets has shape \(8,\) and dtype float64; it must be \(8, 3\)",
    ),
    "classes as floats": (
        lambda n: n.value_and_grad(X, LABELS.astype(float)),
        ArgumentError,
        "dtype float64; give integer class",
    ),
    "classes for another cost": (lambda n: n.value_and_grad(X, LABELS, "huber"), ArgumentError, "targets has shape"),
    "no targets": (lambda n: n.value_and_grad(X, None), TypeError, "targets may be None for a custom cost only"),
    "too few weights": (
        lambda n: n.value_and_grad(X, LABELS, sample_weight=np.ones(7)),
        ArgumentError,
        r"sample_weight has shape \(7,\)",
    ),
    "gradient too short": (
        lambda n: n.value_and_grad(X, LABELS, out=np.empty(42, np.float32)),
        ArgumentError,
        r"shape \(43,\)",
    ),
    "gradient of float64": (lambda n: n.value_and_grad(X, LABELS, out=np.empty(43)), ArgumentError, "float32"),
    "gradient with a stride": (
        lambda n: n.value_and_grad(X, LABELS, out=np.empty(86, np.float32)[::2]),
        ArgumentError,
        "contiguous",
    ),
    "gradient read-only": (
        lambda n: n.value_and_grad(X, LABELS, out=np.broadcast_to(np.float32(0), 43)),
        ArgumentError,
        "writable",
    ),
    "vector to unflatten": (lambda n: n.unflatten(np.zeros(42)), ArgumentError, r"\(42,\); it must be \(43,\)"),
    "step of another length": (
        lambda n: chainrule.Optimizer(n).step(np.zeros(42)),
        ArgumentError,
        r"gradients has shape \(42,\)",
    ),
    "cost of a number": (lambda n: chainrule.cost(1.0, 1.0, "huber"), ArgumentError, "y must be"),
    "class too large": (lambda n: n.value_and_grad(X, LABELS + 1), ArgumentError, "3"),
    "class negative": (lambda n: n.value_and_grad(X, LABELS - 1), ArgumentError, "-1"),
    "class beyond 32 bits": (lambda n: n.value_and_grad(X, LABELS + 2**32), ArgumentError, "32 bits"),
    "class beyond 32 bits, unsigned": (
        lambda n: n.value_and_grad(X, LABELS.astype(np.uint64) + np.uint64(2**63)),
        ArgumentError,
        "32 bits",
    ),
    "target NaN": (
        lambda n: n.value_and_grad(X, spoiled(VALUES, NAN), "huber"),
        ArgumentError,
        "row 1, column 2 is nan",
    ),
    "target infinite": (
        lambda n: n.value_and_grad(X, spoiled(VALUES, np.inf), "huber"),
        ArgumentError,
        "row 1, column 2 is inf",
    ),
    "probability above 1": (
        lambda n: n.value_and_grad(X, spoiled(VALUES, 1.5), "binary_cross_entropy_logits"),
        ArgumentError,
        "1.5",
    ),
    "distribution negative": (
        lambda n: n.value_and_grad(X, spoiled(VALUES, -0.5), "cross_entropy"),
        ArgumentError,
        "-0.5",
    ),
    "weight negative": (
        lambda n: n.value_and_grad(X, LABELS, sample_weight=spoiled(np.ones(8), -1)),
        ArgumentError,
        "row 5 is -1",
    ),
    "weight NaN": (
        lambda n: n.value_and_grad(X, LABELS, sample_weight=spoiled(np.ones(8), NAN)),
        ArgumentError,
        "row 5 is nan",
    ),
    "weights all zero": (lambda n: n.value_and_grad(X, LABELS, sample_weight=np.zeros(8)), ArgumentError, "all 0"),
    "x NaN in fit": (lambda n: n.fit(spoiled(X, NAN), LABELS), NotFiniteError, "nan at row 1, column 1"),
    "x infinite in fit": (lambda n: n.fit(spoiled(X, np.inf), LABELS), NotFiniteError, "inf at row 1, column 1"),
    "gradient NaN in step": (
        lambda n: chainrule.Optimizer(n).step(spoiled(np.zeros(43), NAN)),
        NotFiniteError,
        r"gradient of 0.weight\[1, 1\] is nan",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_arrays(network: chainrule.Network, case: str) -> None:
    expect_refused_use(network, WRONG[case])


def test_predict_passes_nan_through(network: chainrule.Network) -> None:
    y = network.predict(spoiled(X, NAN))
    assert np.isnan(y[1]).all()
    assert np.isfinite(np.delete(y, 1, axis=0)).all()
