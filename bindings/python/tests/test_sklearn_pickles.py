"""Pickles of the estimators: in this process, to another, by joblib, and from earlier versions."""

from __future__ import annotations

import copy
import io
import pickle
import pickletools
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from conftest import run_python
from sklearn.base import clone
from sklearn.datasets import load_iris

from chainrule.sklearn import CascadeClassifier, CascadeRegressor, MLPClassifier, MLPRegressor

IRIS_X, IRIS_Y = load_iris(return_X_y=True)
PICKLES = Path(__file__).parent / "sklearn_pickles"

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def through_joblib(model: Any) -> Any:
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    return joblib.load(file)


def through_pickle(model: Any) -> Any:
    return pickle.loads(pickle.dumps(model))


WAYS = [through_pickle, through_joblib, copy.deepcopy, copy.copy]
MODELS = [
    MLPClassifier(6, max_iter=8, random_state=0),
    MLPRegressor(hidden_layer_sizes=6, max_iter=8, random_state=0),
    CascadeClassifier(2, random_state=0),
    CascadeRegressor(2, random_state=0),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("model", MODELS, ids=str)
def test_predicts_the_same(model: Any, way: Any) -> None:
    fitted = clone(model).fit(IRIS_X, IRIS_Y)
    back = way(fitted)
    assert back.get_params() == fitted.get_params()
    assert back.loss_curve_ == fitted.loss_curve_
    np.testing.assert_array_equal(back.predict(IRIS_X), fitted.predict(IRIS_X))
    assert way(clone(model)).get_params() == model.get_params()


@pytest.mark.parametrize("way", WAYS[:3])
@pytest.mark.parametrize("solver", ["adam", "sgd", "nadam", "irprop_minus"])
def test_goes_on_with_the_same_bits(solver: str, way: Any) -> None:
    model = MLPClassifier(6, solver=solver, batch_size=40, dropout=0.3, random_state=1, alpha=0.1)
    model.set_params(learning_rate="invscaling")
    for _ in range(5):
        model.partial_fit(IRIS_X, IRIS_Y, classes=[0, 1, 2])
    back = way(model)
    for each in (model, back):
        for _ in range(5):
            each.partial_fit(IRIS_X, IRIS_Y)
    for one, other in zip([*model.coefs_, *model.intercepts_], [*back.coefs_, *back.intercepts_]):
        np.testing.assert_array_equal(one, other)
    assert back.loss_curve_ == model.loss_curve_
    assert back._optimizer.learning_rate == model._optimizer.learning_rate


def test_pickles_hold_no_objects_of_scikit_learn() -> None:
    # Those are for one version of scikit-learn.
    for model in MODELS:
        names = [
            argument
            for opcode, argument, _ in pickletools.genops(pickle.dumps(clone(model).fit(IRIS_X, IRIS_Y), protocol=2))
            if opcode.name == "GLOBAL"
        ]
        assert any(name.startswith("chainrule.sklearn.") for name in names)
        assert not any(name.startswith("sklearn.") for name in names), names


def test_keeps_weights_that_someone_has_set() -> None:
    model = MLPClassifier(6, max_iter=3, random_state=0).fit(IRIS_X, IRIS_Y)
    model.intercepts_[1] = np.array([0.0, 99.0, 0.0])
    np.testing.assert_array_equal(through_pickle(model).predict_proba(IRIS_X), model.predict_proba(IRIS_X))
    assert set(through_pickle(model).predict(IRIS_X)) == {1}
    given = MLPClassifier()
    given.coefs_ = [np.eye(2)]
    np.testing.assert_array_equal(through_pickle(given).coefs_[0], np.eye(2))


def test_a_copy_has_weights_of_its_own() -> None:
    model = MLPClassifier(6, max_iter=3, random_state=0).fit(IRIS_X, IRIS_Y)
    other = copy.deepcopy(model)
    before = model.predict_proba(IRIS_X)
    other.partial_fit(IRIS_X, IRIS_Y)
    np.testing.assert_array_equal(model.predict_proba(IRIS_X), before)


def test_another_process(tmp_path: Path) -> None:
    model = MLPClassifier(6, max_iter=8, random_state=0, batch_size=50).fit(IRIS_X, np.array(["a", "b", "c"])[IRIS_Y])
    (tmp_path / "model").write_bytes(pickle.dumps(model))
    np.save(tmp_path / "x.npy", IRIS_X)
    done = run_python(
        "-c",
        f"""
import pickle, numpy
with open({str(tmp_path / "model")!r}, "rb") as file:
    model = pickle.load(file)
x = numpy.load({str(tmp_path / "x.npy")!r})
numpy.save({str(tmp_path / "y.npy")!r}, model.predict_proba(x))
model.partial_fit(x[:100], numpy.repeat(["b", "a"], 50))
numpy.save({str(tmp_path / "more.npy")!r}, model.predict_proba(x))
""",
    )
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), model.predict_proba(IRIS_X))
    model.partial_fit(IRIS_X[:100], np.repeat(["b", "a"], 50))
    np.testing.assert_array_equal(np.load(tmp_path / "more.npy"), model.predict_proba(IRIS_X))


def golden() -> dict[str, Any]:
    """What the committed pickles hold. `python test_sklearn_pickles.py` writes them."""
    names = np.array(["a", "b", "c"])[IRIS_Y]
    partial = MLPClassifier(3, "tanh", random_state=0, solver="sgd", batch_size=50)
    for _ in range(3):
        partial.partial_fit(IRIS_X, names, classes=["a", "b", "c"])
    return {
        "classifier": partial,
        "regressor": MLPRegressor("poisson", 3, solver="lbfgs", random_state=0, max_iter=9).fit(IRIS_X, IRIS_Y),
        "cascade": CascadeClassifier(1, random_state=0).fit(IRIS_X.astype(np.float32), IRIS_Y > 0),
    }


@pytest.mark.parametrize("name", ["classifier", "regressor", "cascade"])
def test_pickles_of_an_earlier_version(name: str) -> None:
    with (PICKLES / f"{name}.pickle").open("rb") as file:
        model = pickle.load(file)
    expected = np.load(PICKLES / f"{name}.npy")
    predict = model.predict if name == "regressor" else model.predict_proba
    np.testing.assert_allclose(predict(IRIS_X[::10]), expected, rtol=1e-4, atol=1e-6)
    assert set(model.get_params()) == set(type(model)().get_params())
    if name == "classifier":
        assert model.partial_fit(IRIS_X, np.array(["a", "b", "c"])[IRIS_Y]).n_iter_ == 1
        assert len(model.loss_curve_) == 4


def test_parameters_that_came_later() -> None:
    state = MLPClassifier(6, max_iter=3, random_state=0).fit(IRIS_X, IRIS_Y).__getstate__()
    del state["dropout"], state["threads"]
    model = MLPClassifier.__new__(MLPClassifier)
    model.__setstate__(state)
    assert model.dropout == 0
    assert model.get_params()["threads"] is None
    assert model.partial_fit(IRIS_X, IRIS_Y).score(IRIS_X, IRIS_Y) > 0


def test_pickles_of_a_later_version_are_refused() -> None:
    model = MLPClassifier(6, max_iter=3).fit(IRIS_X, IRIS_Y)._model
    state = {**model.__getstate__(), "format": 2}
    with pytest.raises(ValueError, match="a model of format 2; this version of chainrule reads 1"):
        type(model).__new__(type(model)).__setstate__(state)
    damaged = {**model.__getstate__(), "network": model.__getstate__()["network"][:-9]}
    with pytest.raises(ValueError, match="file"):
        type(model).__new__(type(model)).__setstate__(damaged)


if __name__ == "__main__":
    PICKLES.mkdir(exist_ok=True)
    for name, model in golden().items():
        (PICKLES / f"{name}.pickle").write_bytes(pickle.dumps(model, protocol=4))
        predict = model.predict if name == "regressor" else model.predict_proba
        np.save(PICKLES / f"{name}.npy", predict(IRIS_X[::10]))
