"""The estimators inside scikit-learn's tools, and with other kinds of arrays."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import BaggingClassifier, StackingRegressor, VotingClassifier
from sklearn.feature_selection import RFE
from sklearn.inspection import permutation_importance
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_validate, learning_curve
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

import chainrule
from chainrule.sklearn import CascadeClassifier, CascadeRegressor, MLPClassifier, MLPRegressor

IRIS_X, IRIS_Y = load_iris(return_X_y=True)
CANCER_X, CANCER_Y = load_breast_cancer(return_X_y=True)
DIABETES_X, DIABETES_Y = load_diabetes(return_X_y=True)
NAMES = ["a", "b", "c", "d"]

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def quick(**how: Any) -> MLPClassifier:
    return MLPClassifier(**{"hidden_layer_sizes": 20, "solver": "lbfgs", "alpha": 1, "random_state": 0, **how})


def test_what_they_are() -> None:
    for classifier in (MLPClassifier(), CascadeClassifier()):
        assert is_classifier(classifier)
        assert not is_regressor(classifier)
    for regressor in (MLPRegressor(), CascadeRegressor()):
        assert is_regressor(regressor)
    assert repr(quick(class_weight="balanced")) == (
        "MLPClassifier(alpha=1, class_weight='balanced', hidden_layer_sizes=20,\n"
        "              random_state=0, solver='lbfgs')"
    )


@pytest.mark.parametrize("schedule", [chainrule.Schedule("cosine", warmup=3), "one_cycle"])
def test_clone(schedule: Any) -> None:
    model = MLPClassifier((5, 4), learning_rate=schedule, solver_params={"clip_norm": 1}, dropout=0.1, max_iter=2)
    model.fit(IRIS_X, IRIS_Y)
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    assert not hasattr(copy, "coefs_")
    assert not hasattr(copy, "classes_")


def test_pipeline_and_cross_validation() -> None:
    model = make_pipeline(StandardScaler(), quick())
    found = cross_validate(model, CANCER_X, CANCER_Y, cv=3, scoring=["roc_auc", "accuracy", "neg_log_loss"])
    assert found["test_roc_auc"].mean() > 0.98
    assert found["test_accuracy"].mean() > 0.95
    assert cross_val_predict(model, IRIS_X, IRIS_Y, method="predict_proba").shape == (150, 3)
    sizes, _, scores = learning_curve(model, IRIS_X, IRIS_Y, cv=3, train_sizes=[0.5, 1.0], shuffle=True, random_state=0)
    assert list(sizes) == [50, 100]
    assert scores[-1].mean() > 0.93


def test_pipelines_become_networks() -> None:
    model = make_pipeline(StandardScaler(), MLPClassifier(8, random_state=0, max_iter=20, dropout=0.1))
    network = chainrule.from_sklearn(model.fit(IRIS_X, IRIS_Y))
    np.testing.assert_allclose(network.predict(IRIS_X), model.predict_proba(IRIS_X), atol=1e-5)
    assert network.class_labels == ["0", "1", "2"]
    regression = make_pipeline(StandardScaler(), MLPRegressor("poisson", (5, 5), max_iter=20, random_state=0))
    network = chainrule.from_sklearn(regression.fit(IRIS_X, IRIS_Y))
    np.testing.assert_allclose(network.predict(IRIS_X)[:, 0], regression.predict(IRIS_X), rtol=1e-4)
    alone = MLPClassifier((), random_state=0, max_iter=20).fit(IRIS_X, IRIS_Y == 0)
    assert len(alone.coefs_) == 1
    np.testing.assert_allclose(
        chainrule.from_sklearn(alone).predict(IRIS_X)[:, 0], alone.predict_proba(IRIS_X)[:, 1], atol=1e-6
    )


@pytest.mark.skipif(sys.flags.isolated, reason="joblib's workers are as isolated as this interpreter: no packages")
def test_grid_search_in_two_processes() -> None:
    search = GridSearchCV(
        make_pipeline(StandardScaler(), MLPClassifier(8, random_state=0, max_iter=40, learning_rate_init=0.02)),
        {"mlpclassifier__alpha": [1e-4, 1], "mlpclassifier__dropout": [0.0, 0.3]},
        n_jobs=2,
        cv=3,
    ).fit(IRIS_X, IRIS_Y)
    assert search.best_score_ > 0.9
    alone = GridSearchCV(search.estimator, search.param_grid, cv=3).fit(IRIS_X, IRIS_Y)
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"])


def test_calibration_and_ensembles() -> None:
    x = StandardScaler().fit_transform(CANCER_X)
    for model in (
        CalibratedClassifierCV(quick(), cv=3),
        BaggingClassifier(quick(), 3, random_state=0),
        VotingClassifier([("a", quick()), ("b", CascadeClassifier(max_units=1, random_state=0))], voting="soft"),
    ):
        model.fit(x, CANCER_Y)
        assert model.predict_proba(x).shape == (569, 2)
        assert model.score(x, CANCER_Y) > 0.97
    several = MultiOutputClassifier(quick()).fit(IRIS_X, np.stack([IRIS_Y, IRIS_Y == 1], axis=1))
    assert several.predict(IRIS_X).shape == (150, 2)
    stack = StackingRegressor(
        [("ridge", Ridge()), ("mlp", MLPRegressor(hidden_layer_sizes=3, solver="lm", random_state=0))]
    )
    assert stack.fit(DIABETES_X, DIABETES_Y).score(DIABETES_X, DIABETES_Y) > 0.4
    model = quick().fit(IRIS_X, IRIS_Y)
    importance = permutation_importance(model, IRIS_X, IRIS_Y, random_state=0).importances_mean
    assert importance[2:].min() > importance[:2].max()
    with pytest.raises(ValueError, match="importance"):
        RFE(quick()).fit(IRIS_X, IRIS_Y)


@pytest.mark.skipif(sklearn.__version__.startswith(("1.6.", "1.7.")), reason="pipelines do not route score()'s weights")
def test_metadata_routing() -> None:
    weight = np.where(IRIS_Y == 2, 0.0, 1.0)
    with sklearn.config_context(enable_metadata_routing=True):
        model = quick().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        found = cross_validate(
            make_pipeline(StandardScaler().set_fit_request(sample_weight=False), model),
            IRIS_X,
            IRIS_Y,
            params={"sample_weight": weight},
            cv=3,
            return_estimator=True,
        )
        assert found["test_score"].min() > 0.95
        for fitted in found["estimator"]:
            assert 2 not in fitted.predict(IRIS_X[:100])
        with pytest.raises(ValueError, match="sample_weight"):
            cross_validate(
                make_pipeline(quick()), IRIS_X, IRIS_Y, params={"sample_weight": weight}, error_score="raise"
            )
        MLPClassifier().set_partial_fit_request(classes=True, sample_weight=False)


FRAMES = {
    "pandas": lambda x: pd.DataFrame(x, columns=NAMES),
    "polars": lambda x: pl.DataFrame(x, schema=NAMES),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("make", [quick, lambda: CascadeClassifier(2, random_state=0)], ids=["MLP", "cascade"])
def test_feature_names(frame: Any, make: Any) -> None:
    x = frame(IRIS_X)
    if not hasattr(Ridge().fit(x, IRIS_Y), "feature_names_in_"):
        pytest.skip("this version of scikit-learn finds no names in this frame")
    model = make().fit(x, IRIS_Y)
    assert list(model.feature_names_in_) == NAMES
    plain = make().fit(IRIS_X, IRIS_Y)
    np.testing.assert_array_equal(model.predict_proba(x), plain.predict_proba(IRIS_X))
    with pytest.warns(UserWarning, match="X does not have valid feature names, but"):
        model.predict(IRIS_X)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(x[NAMES[::-1]])
    with pytest.warns(UserWarning, match="X has feature names"):
        plain.predict(x)


def test_targets_of_many_kinds() -> None:
    names = np.array(["setosa", "versicolor", "virginica"])[IRIS_Y]
    expected = quick().fit(IRIS_X, IRIS_Y).predict(IRIS_X)
    labels: list[Any] = [
        names,
        names.astype(object),
        list(names),
        pd.Series(names),
        pd.Series(names, dtype="category"),
        pl.Series(names),
        IRIS_Y * 10 - 7,
        IRIS_Y.astype(float),
        IRIS_Y.astype(np.uint8),
        pd.Series(IRIS_Y, dtype="Int64"),
    ]
    for y in labels:
        model = quick().fit(IRIS_X, y)
        np.testing.assert_array_equal(model.predict(IRIS_X), model.classes_[expected])
        assert model.predict(IRIS_X).dtype == model.classes_.dtype
        assert model.score(IRIS_X, y) > 0.95
    two = quick().fit(IRIS_X, IRIS_Y > 0)
    assert two.predict(IRIS_X).dtype == bool
    assert set(quick().fit(IRIS_X, np.where(IRIS_Y > 0, 1, -1)).predict(IRIS_X)) == {-1, 1}


def test_arrays_of_many_kinds(tmp_path: Any) -> None:
    model = quick().fit(IRIS_X, IRIS_Y)
    expected = model.predict_proba(IRIS_X)
    read_only = IRIS_X.copy()
    read_only.flags.writeable = False
    mapped = np.memmap(tmp_path / "x", np.float64, "w+", shape=IRIS_X.shape)
    mapped[:] = IRIS_X
    wide = np.zeros((300, 8))
    wide[::2, ::2] = IRIS_X
    arrays: dict[str, Any] = {
        "read-only": read_only,
        "mapped": mapped,
        "mapped, read-only": np.memmap(tmp_path / "x", np.float64, "r", shape=IRIS_X.shape),
        "strided": wide[::2, ::2],
        "transposed": np.asfortranarray(IRIS_X),
        "backwards": IRIS_X[::-1][::-1],
        "big-endian": IRIS_X.astype(">f8"),
        "objects": IRIS_X.astype(object),
        "lists": IRIS_X.tolist(),
        "long double": IRIS_X.astype(np.longdouble),
        "masked, nothing hidden": np.ma.MaskedArray(IRIS_X),
        "a matrix in pandas": pd.DataFrame(IRIS_X).to_numpy(),
    }
    for name, x in arrays.items():
        again = quick().fit(x, IRIS_Y)
        np.testing.assert_array_equal(again.predict_proba(x), expected, err_msg=name)
        np.testing.assert_array_equal(model.predict_proba(x), expected, err_msg=name)
        check_is_fitted(again)
    whole = np.rint(IRIS_X).astype(np.int16)
    np.testing.assert_array_equal(model.predict_proba(whole), model.predict_proba(whole.astype(float)))
    assert model.predict(IRIS_X.astype(np.float16)).shape == (150,)
    assert model.predict(IRIS_X > 3).shape == (150,)
