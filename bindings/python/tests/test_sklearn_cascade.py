"""CascadeClassifier and CascadeRegressor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris, make_moons, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import scale

from chainrule.sklearn import CascadeClassifier, CascadeRegressor

IRIS_X, IRIS_Y = load_iris(return_X_y=True)
IRIS_X = scale(IRIS_X)
MOONS_X, MOONS_Y = make_moons(200, noise=0.15, random_state=0)
LINE = np.linspace(-1, 1, 120)[:, np.newaxis]
WAVE = np.sin(2 * np.pi * LINE[:, 0])

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def spirals() -> tuple[Any, Any]:
    i = np.arange(97)
    spiral = ((104 - i) / 16 * [np.sin(i * np.pi / 16), np.cos(i * np.pi / 16)]).T
    return np.vstack([spiral, -spiral]), np.repeat(["in", "out"], 97)


def test_two_spirals() -> None:
    x, y = spirals()
    model = CascadeClassifier(random_state=1, n_iter_no_change=np.inf).fit(x, y)
    assert model.score(x, y) == 1
    assert model.loss_ <= 1e-4
    assert 5 <= model.n_units_ < 30
    assert model.n_iter_ == len(model.loss_curve_) == model.n_units_ + 1
    assert model.loss_curve_[-1] == model.loss_
    assert all(np.diff(model.loss_curve_) <= 0)
    assert model.validation_loss_curve_ is None
    assert model.network_.class_labels == ["in", "out"]
    assert [layer.name for layer in model.network_.layers][:3] == ["unit1", "features1", "unit2"]


def test_quantities() -> None:
    model = CascadeRegressor(12, random_state=0, tol=1e-6, target_loss=0.01).fit(LINE, WAVE)
    assert model.loss_ <= 0.01 < model.loss_curve_[-2]
    assert model.score(LINE, WAVE) > 0.95
    np.testing.assert_allclose(np.mean((model.predict(LINE) - WAVE) ** 2) / 2, model.loss_, rtol=1e-4)
    several = CascadeRegressor(6, random_state=0, target_loss=None).fit(LINE, np.stack([WAVE, WAVE**2], axis=1))
    assert several.predict(LINE).shape == (120, 2)
    assert several.score(LINE, np.stack([WAVE, WAVE**2], axis=1)) > 0.6
    counts = np.random.RandomState(0).poisson(np.exp(1 + WAVE))
    poisson = CascadeRegressor(6, loss="poisson", random_state=0).fit(LINE, counts)
    assert poisson.predict(LINE).min() > 0
    assert poisson.score(LINE, np.exp(1 + WAVE)) > 0.4
    with pytest.raises(ValueError, match="out of the valid range"):
        poisson.fit(LINE, counts - 1)


def test_classes_and_labels() -> None:
    assert CascadeClassifier(3, random_state=0).fit(IRIS_X, IRIS_Y).score(IRIS_X, IRIS_Y) > 0.98
    x, y = make_multilabel_classification(100, n_classes=3, random_state=0)
    model = CascadeClassifier(3, random_state=0, class_weight=[{0: 1, 1: 2}] * 3).fit(x, y)
    assert model.predict(x).shape == model.predict_proba(x).shape == (100, 3)
    assert model.score(x, y) > 0.8


@pytest.mark.parametrize("model", [CascadeClassifier(2, random_state=0), CascadeRegressor(2, random_state=0)])
def test_weights_are_repetitions_bit_for_bit(model: Any) -> None:
    random = np.random.RandomState(0)
    counts = random.randint(0, 4, 150)
    order = random.permutation(counts.sum())
    many = np.repeat(np.arange(150), counts)[order]
    weighted = clone(model).fit(IRIS_X, IRIS_Y, counts)
    repeated = clone(model).fit(IRIS_X[many], IRIS_Y[many])
    np.testing.assert_array_equal(weighted.network_.parameters, repeated.network_.parameters)


def test_early_stopping() -> None:
    model = CascadeClassifier(20, random_state=3, early_stopping=True, validation_fraction=0.3, n_iter_no_change=2)
    model.fit(MOONS_X, MOONS_Y)
    curve = model.validation_loss_curve_
    assert len(curve) == model.n_iter_ < 21
    assert model.n_units_ == int(np.argmin(curve))
    assert model.loss_ == model.loss_curve_[model.n_units_]
    with pytest.raises(ValueError, match="The validation set is too small"):
        CascadeRegressor(early_stopping=True).fit(LINE[:4], WAVE[:4])


def test_one_seed_is_one_network() -> None:
    fits = [CascadeClassifier(2, random_state=seed, threads=1).fit(MOONS_X, MOONS_Y) for seed in (0, 0, 1)]
    parameters = [model.network_.parameters for model in fits]
    np.testing.assert_array_equal(parameters[0], parameters[1])
    assert (parameters[0] != parameters[2]).any()


def test_options(capsys: pytest.CaptureFixture[str]) -> None:
    model = CascadeRegressor(3, activation=["tanh", "softsign"], candidates=2, verbose=True, target_loss=None)
    with pytest.warns(ConvergenceWarning, match=r"grown to 3 units \(max_units\)"):
        model.set_params(random_state=0, n_iter_no_change=np.inf).fit(LINE, WAVE)
    lines = capsys.readouterr().out.splitlines()
    assert [line[:15] for line in lines] == [f"Units {units}, loss =" for units in range(4)]
    with pytest.raises(NotFittedError):
        clone(model).predict(LINE)


def test_cross_validation() -> None:
    assert cross_val_score(CascadeClassifier(4, random_state=0), MOONS_X, MOONS_Y, cv=3).mean() > 0.93
