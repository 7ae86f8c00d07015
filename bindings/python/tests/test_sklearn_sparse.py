"""Sparse rows that would be many if they were dense."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import run_python
from scipy import sparse
from sklearn.base import clone

import chainrule.sklearn._rows
from chainrule.sklearn import CascadeClassifier, MLPClassifier, MLPRegressor

X = sparse.random(500, 60, 0.2, "csr", random_state=0)
Y = np.asarray(X[:, :5].sum(axis=1)).ravel()
CLASSES = np.digitize(Y, [0.3, 0.8])

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chainrule.sklearn._rows, "_LARGE", 1000)
    monkeypatch.setattr(chainrule.sklearn._rows, "_PIECE", 1000)


def expect_equal(one: Any, other: Any) -> None:
    for array, expected in zip([*one.coefs_, *one.intercepts_], [*other.coefs_, *other.intercepts_]):
        np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize("weight", [None, np.linspace(0, 1, 500)])
@pytest.mark.parametrize("y", [CLASSES, CLASSES > 0, np.eye(3, dtype=int)[CLASSES]], ids=["three", "two", "labels"])
def test_batches_are_those_of_dense_rows(y: Any, weight: Any) -> None:
    model = MLPClassifier(8, shuffle=False, batch_size=64, max_iter=5, random_state=0)
    large, dense = clone(model).fit(X, y, weight), clone(model).fit(X.toarray(), y, weight)
    expect_equal(large, dense)
    np.testing.assert_array_equal(large.predict_proba(X), dense.predict_proba(X.toarray()))
    regression = MLPRegressor(hidden_layer_sizes=8, shuffle=False, batch_size=64, max_iter=5, random_state=0)
    expect_equal(clone(regression).fit(X, y, weight), clone(regression).fit(X.toarray(), y, weight))


def test_learns() -> None:
    for kind in (sparse.csr_array, sparse.csc_matrix):
        model = MLPClassifier(
            20, batch_size=32, max_iter=60, random_state=0, early_stopping=True, learning_rate_init=0.01
        )
        assert model.fit(kind(X), CLASSES).score(X, CLASSES) > 0.9
        assert len(model.validation_scores_) == model.n_iter_


def test_partial_fits_are_a_fit() -> None:
    model = MLPClassifier(8, batch_size=64, random_state=0, dropout=0.2)
    whole = clone(model).set_params(max_iter=4).fit(X, CLASSES)
    for _ in range(4):
        model.partial_fit(X, CLASSES, classes=[0, 1, 2])
    expect_equal(model, whole)
    other = clone(model).set_params(random_state=1, max_iter=4).fit(X, CLASSES)
    assert (other.coefs_[0] != whole.coefs_[0]).any()


def test_solvers_that_need_all_rows_at_once() -> None:
    for model in (MLPClassifier(8, solver="lbfgs", random_state=0, max_iter=9), CascadeClassifier(1, random_state=0)):
        np.testing.assert_array_equal(
            clone(model).fit(X, CLASSES).predict(X), clone(model).fit(X.toarray(), CLASSES).predict(X.toarray())
        )


def test_too_large_for_float32() -> None:
    x = X.copy()
    x.data[7] = 1e39
    with pytest.raises(ValueError, match="too large for float32"):
        MLPClassifier().fit(x, CLASSES)
    with pytest.raises(ValueError, match="too large for float32"):
        MLPClassifier(max_iter=1).fit(X, CLASSES).predict(x)


MEMORY = """
import resource, numpy as np
from scipy import sparse
from chainrule.sklearn import MLPClassifier
rows, columns = 4000, 50_000  # 800 MB of dense numbers
places = np.random.default_rng(0).integers(0, columns, 5 * rows)
x = sparse.csr_matrix((np.ones(5 * rows, np.float32), places, np.arange(0, 5 * rows + 1, 5)), (rows, columns))
y = np.arange(rows) % 3
model = MLPClassifier(2, batch_size=50, max_iter=1, random_state=0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
model.fit(x, y).predict(x)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_memory() -> None:
    done = run_python("-W", "ignore", "-c", MEMORY)
    assert int(done.stdout) < 200, done.stderr
