"""What the estimators refuse, and what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import DataConversionWarning, NotFittedError

from chainrule.sklearn import CascadeClassifier, CascadeRegressor, MLPClassifier, MLPRegressor

X, Y = load_iris(return_X_y=True)
ROWS = slice(None, None, 5)
X, Y = X[ROWS], Y[ROWS]
ESTIMATORS = [
    MLPClassifier(4, max_iter=3, random_state=0),
    MLPRegressor(hidden_layer_sizes=4, max_iter=3, random_state=0),
    CascadeClassifier(1, random_state=0),
    CascadeRegressor(1, random_state=0),
]
CLASSIFIERS = ESTIMATORS[::2]

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def with_value(value: Any) -> Any:
    changed = X.copy()
    changed[3, 1] = value
    return changed


def pandas_with_a_gap() -> Any:
    frame = pd.DataFrame(X).convert_dtypes()
    frame.iloc[2, 1] = pd.NA
    return frame


BAD_X: dict[str, tuple[Callable[[], Any], str]] = {
    "NaN": (lambda: with_value(np.nan), "NaN"),
    "infinity": (lambda: with_value(-np.inf), "infinity"),
    "too large": (lambda: with_value(1e39), "infinite or too large for float32"),
    "float32 infinity": (lambda: with_value(np.inf).astype(np.float32), "infinity"),
    "sparse NaN": (lambda: sparse.csr_matrix(with_value(np.nan)), "NaN"),
    "pandas NaN": (lambda: pd.DataFrame(with_value(np.nan)), "NaN"),
    "pandas NA": (pandas_with_a_gap, "NaN|NA"),
    "polars null": (lambda: pl.DataFrame(X).with_columns(pl.lit(None).alias("column_1")), "NaN|None"),
    "text": (lambda: X.astype(str).astype(object) + "?", "could not convert|can't be"),
    "complex": (lambda: X + 1j, "Complex data not supported"),
    "objects": (lambda: np.array([[object()] * 4] * 30), "float"),
    "0-d": (lambda: np.float64(3), "Expected 2D array, got scalar array"),
    "1-d": (lambda: X[:, 0], "Expected 2D array, got 1D array"),
    "3-d": (lambda: X[:, :, np.newaxis], "dim 3"),
    "ragged": (lambda: [[1.0, 2.0]] * 29 + [[1.0]], "inhomogeneous"),
    "no rows": (lambda: X[:0], "0 sample"),
    "no columns": (lambda: X[:, :0], r"0 feature\(s\)"),
    "None": (lambda: None, "got scalar array"),
    "a dict": (lambda: {"a": 1}, "dict"),
    "masked": (lambda: np.ma.masked_equal(X, X[0, 0]), "X is a masked array"),
    "masked NaN": (lambda: np.ma.masked_invalid(with_value(np.nan)), "X is a masked array"),
}


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
@pytest.mark.parametrize(("make", "message"), BAD_X.values(), ids=BAD_X)
@pytest.mark.filterwarnings("ignore:X has feature names")
def test_bad_x(estimator: Any, make: Callable[[], Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        clone(estimator).fit(make(), Y)
    fitted = clone(estimator).fit(X, Y)
    before = fitted.predict(X)
    with pytest.raises((ValueError, TypeError), match=message):
        fitted.predict(make())
    np.testing.assert_array_equal(fitted.predict(X), before)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_wrong_counts(estimator: Any) -> None:
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        clone(estimator).fit(X, Y[:-1])
    with pytest.raises(ValueError, match=r"sample_weight\.shape"):
        clone(estimator).fit(X, Y, np.ones(3))
    with pytest.raises(ValueError, match="Negative values"):
        clone(estimator).fit(X, Y, np.full(30, -1.0))
    # The first is scikit-learn's own, of newer versions.
    with pytest.raises(ValueError, match=r"at least one non-zero|all 0 in float32"):
        clone(estimator).fit(X, Y, np.zeros(30))
    with pytest.raises(ValueError, match="all 0 in float32"):
        clone(estimator).fit(X, Y, np.full(30, 1e-50))
    with pytest.raises(ValueError, match="sample_weight has a value that is infinite or too large for float32"):
        clone(estimator).fit(X, Y, np.full(30, 1e39))
    with pytest.raises(ValueError, match="NaN"):
        clone(estimator).fit(X, Y, np.full(30, np.nan))
    with pytest.raises(ValueError, match="requires y to be passed"):
        clone(estimator).fit(X, None)
    with pytest.raises(NotFittedError):
        clone(estimator).predict(X)
    fitted = clone(estimator).fit(X, Y)
    for rows in (X[:, :3], X[:1, :3], np.hstack([X, X]), X.astype(np.float32)[:1, :2]):
        with pytest.raises(ValueError, match=f"X has {rows.shape[1]} features, but"):
            fitted.predict(rows)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_bad_targets(estimator: Any) -> None:
    is_classifier = hasattr(estimator, "class_weight")
    for y, message in (
        (np.where(Y == 1, np.nan, Y), "NaN"),
        (np.stack([Y, Y, Y], axis=1)[:, :, np.newaxis], "dim 3|bad input shape|y should be|3"),
        (Y * 1j, "omplex"),
        (np.ma.masked_equal(Y, 1), "y is a masked array"),
    ):
        with pytest.raises(ValueError, match=message):
            clone(estimator).fit(X, y)
    if is_classifier:
        for y, message in (
            (X[:, 0] / 3, "Unknown label type"),
            (np.stack([Y, Y + 1], axis=1), "Multioutput target data is not supported"),
            (
                np.array([1, "a", None] * 10, dtype=object),
                "NaN|None|not supported between|Unknown label type|uniformly",
            ),
        ):
            with pytest.raises((ValueError, TypeError), match=message):
                clone(estimator).fit(X, y)
    else:
        for y, message in (
            (Y.astype(str).astype(object) + "?", "could not convert"),
            (np.where(Y == 1, 1e39, Y), "too large for float32"),
        ):
            with pytest.raises(ValueError, match=message):
                clone(estimator).fit(X, y)
    with pytest.warns(DataConversionWarning):
        clone(estimator).fit(X, Y[:, np.newaxis])


@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=lambda estimator: type(estimator).__name__)
def test_one_class_and_gaps(estimator: Any) -> None:
    one = clone(estimator).fit(X, np.full(30, "only"))
    assert set(one.predict(X)) == {"only"}
    assert list(one.classes_) == ["only"]
    np.testing.assert_array_equal(one.predict_proba(X), np.ones((30, 1)))
    gaps = clone(estimator).fit(X, np.array([-7, 40, 10**12])[Y])
    assert list(gaps.classes_) == [-7, 40, 10**12]
    assert set(gaps.predict(X)) <= {-7, 40, 10**12}
    assert gaps.predict_proba(X).shape == (30, 3)
    one_row = clone(estimator).fit(X[:1], ["a"])
    assert one_row.predict(X[:2]).tolist() == ["a", "a"]


def test_classes_of_partial_fit() -> None:
    model = MLPClassifier(4, random_state=0)
    with pytest.raises(ValueError, match="classes must be passed on the first call to partial_fit"):
        model.partial_fit(X, Y)
    with pytest.raises(ValueError, match="has classes not in"):
        clone(model).partial_fit(X, Y, classes=[0, 1])
    model.partial_fit(X, Y, classes=[0, 1, 2, 9])
    assert list(model.classes_) == [0, 1, 2, 9]
    before = model.predict_proba(X)
    assert before.shape == (30, 4)
    with pytest.raises(ValueError, match=r"`y` has classes not in `self.classes_`.*'y' has \[0 5\]"):
        model.partial_fit(X[:2], [0, 5])
    with pytest.raises(ValueError, match="is not the same as on last call"):
        model.partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="X has 2 features"):
        model.partial_fit(X[:, :2], Y)
    with pytest.raises(ValueError, match="multilabel"):
        model.partial_fit(X[:, :], np.eye(4, dtype=int)[Y])
    np.testing.assert_array_equal(model.predict_proba(X), before)
    labels = MLPClassifier(4, random_state=0).partial_fit(X, np.eye(3, dtype=int)[Y], classes=[0, 1, 2])
    assert labels.predict(X).shape == (30, 3)
    with pytest.raises(ValueError, match=r"classes not in|has 2 labels"):
        labels.partial_fit(X, np.eye(3, dtype=int)[Y][:, :2])


PARAMETERS: list[tuple[str, Any]] = [
    ("hidden_layer_sizes", "wide"),
    ("hidden_layer_sizes", 0),
    ("hidden_layer_sizes", (4, -1)),
    ("hidden_layer_sizes", [4.5]),
    ("hidden_layer_sizes", [[4]]),
    ("hidden_layer_sizes", ["4"]),
    ("activation", "softmax"),
    ("solver", "newton"),
    ("alpha", -1),
    ("batch_size", 0),
    ("learning_rate", "falling"),
    ("learning_rate", 0.1),
    ("learning_rate_init", 0),
    ("max_iter", 0),
    ("tol", -1),
    ("momentum", 1.0),
    ("validation_fraction", 1.0),
    ("beta_1", 1.0),
    ("epsilon", 0),
    ("n_iter_no_change", 0),
    ("dropout", 1.0),
    ("dropout", "half"),
    ("solver_params", [1]),
    ("threads", 0),
    ("random_state", "now"),
]


@pytest.mark.parametrize(("name", "value"), PARAMETERS)
def test_parameters(name: str, value: Any) -> None:
    for model in (MLPClassifier(), MLPRegressor()):
        with pytest.raises(ValueError, match=name):
            model.set_params(**{name: value}).fit(X, Y)


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_units", 0), ("candidates", 0), ("activation", "softmax"), ("tol", -1), ("target_loss", -1), ("threads", 0)],
)
def test_parameters_of_cascades(name: str, value: Any) -> None:
    for model in (CascadeClassifier(), CascadeRegressor()):
        with pytest.raises(ValueError, match=name):
            model.set_params(**{name: value}).fit(X, Y)


def test_class_weights() -> None:
    for weights, message in (
        ("equal", "class_weight"),
        ({0: 1, 7: 2}, "not in class_weight"),
        ([1, 2, 3], "class_weight"),
        ({0: -1.0, 1: 1, 2: 1}, "weight"),
    ):
        for classifier in CLASSIFIERS:
            with pytest.raises(ValueError, match=message):
                clone(classifier).set_params(class_weight=weights).fit(X, Y)


def test_training_that_diverges() -> None:
    model = MLPRegressor(solver="sgd", activation="identity", learning_rate_init=1e3, max_iter=50, random_state=0)
    with pytest.raises(ValueError, match=r"Solver produced non-finite parameter weights.*step"):
        model.fit(X * 1e3, Y)
    for early in (MLPRegressor(solver="lbfgs"), CascadeRegressor(1)):
        with pytest.raises(ValueError, match="Solver produced non-finite"):
            early.fit(np.sign(X - 3) * 3e38, Y)
