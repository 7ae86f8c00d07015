"""MLPClassifier and MLPRegressor beside scikit-learn's, and what they have beyond them."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import sklearn.neural_network as theirs
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits, load_iris, make_classification, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import balanced_accuracy_score, log_loss
from sklearn.preprocessing import scale
from sklearn.utils.validation import has_fit_parameter

import chainrule
import chainrule.sklearn as ours

IRIS = load_iris()
IRIS_X, IRIS_Y = scale(IRIS.data), IRIS.target
DIABETES = load_diabetes()
DIABETES_X, DIABETES_Y = scale(DIABETES.data), scale(DIABETES.target)
DIGITS_X, DIGITS_Y = load_digits(return_X_y=True)
DIGITS_X = DIGITS_X / 16

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# Of weights after some epochs, relative to the largest: both round, one to float32.
CLOSE = 2e-5


def expect_equal_weights(one: Any, other: Any, tolerance: float = CLOSE) -> None:
    for ours_, theirs_ in zip([*one.coefs_, *one.intercepts_], [*other.coefs_, *other.intercepts_]):
        assert ours_.shape == theirs_.shape
        np.testing.assert_allclose(ours_, theirs_, rtol=0, atol=tolerance * np.abs(theirs_).max())


TARGETS: dict[str, tuple[str, Any, Any]] = {
    "three classes": ("MLPClassifier", IRIS_X, IRIS_Y),
    "two classes": ("MLPClassifier", IRIS_X, IRIS_Y == 1),
    "labels": ("MLPClassifier", IRIS_X, np.stack([IRIS_Y == 1, IRIS_Y > 0, IRIS_X[:, 0] > 0], axis=1).astype(int)),
    "a quantity": ("MLPRegressor", DIABETES_X, DIABETES_Y),
    "quantities": ("MLPRegressor", DIABETES_X, np.stack([DIABETES_Y, DIABETES_X[:, 1] * DIABETES_X[:, 2]], axis=1)),
}
STEPS: dict[str, dict[str, Any]] = {
    "gradient descent": {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.05},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False, "learning_rate_init": 0.01},
    "Nesterov": {"solver": "sgd", "learning_rate_init": 0.01},
    "invscaling": {"solver": "sgd", "momentum": 0, "learning_rate": "invscaling", "learning_rate_init": 0.5},
    "Adam": {"solver": "adam", "beta_1": 0.8, "beta_2": 0.99, "learning_rate_init": 0.01},
}


@pytest.mark.parametrize("how", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("given", TARGETS.values(), ids=TARGETS)
def test_takes_the_steps_that_scikit_learn_takes(given: tuple[str, Any, Any], how: dict[str, Any]) -> None:
    kind, x, y = given
    # 140 rows: batches of 70 are equal, so that alpha has one meaning.
    x, y = x[:140], y[:140]
    shared = {"hidden_layer_sizes": (7, 5), "activation": "tanh", "shuffle": False, "batch_size": 70, "alpha": 0.3}
    models = [
        getattr(module, kind)(**shared, **how, max_iter=12, random_state=3).fit(x, y) for module in (ours, theirs)
    ]
    expect_equal_weights(*models)
    assert models[0].n_iter_ == models[1].n_iter_ == 12
    for name in ("t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_"):
        assert getattr(models[0], name) == getattr(models[1], name), name
    # The penalty is that of the end of the epoch here, and the mean of those before the steps there.
    np.testing.assert_allclose(models[0].loss_curve_, models[1].loss_curve_, rtol=5e-3)
    assert models[0].best_loss_ == min(models[0].loss_curve_)
    np.testing.assert_allclose(models[0].predict(x), models[1].predict(x), atol=1e-4)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_first_weights_and_one_batch(activation: str) -> None:
    # scikit-learn's take weights since 1.7.
    weight = [np.linspace(0.2, 3, 150)] if has_fit_parameter(theirs.MLPClassifier, "sample_weight") else []
    models = [
        module.MLPClassifier(6, activation, random_state=5, max_iter=20).fit(IRIS_X, IRIS_Y, *weight)
        for module in (ours, theirs)
    ]
    expect_equal_weights(*models, tolerance=1e-4)


@pytest.mark.parametrize("kind", ["MLPClassifier", "MLPRegressor"])
def test_stops_when_scikit_learn_stops(kind: str) -> None:
    how = {"solver": "sgd", "learning_rate_init": 0.1, "batch_size": 90, "shuffle": False, "tol": 1e-3}
    how["hidden_layer_sizes"] = 9
    for more in ({}, {"learning_rate": "adaptive"}, {"early_stopping": True, "n_iter_no_change": 4}):
        models = [
            getattr(module, kind)(random_state=0, max_iter=3000, **how, **more).fit(IRIS_X[:100], IRIS_Y[:100])
            for module in (ours, theirs)
        ]
        assert abs(models[0].n_iter_ - models[1].n_iter_) <= 3, more
        if "early_stopping" in more:
            few = min(model.n_iter_ for model in models)
            np.testing.assert_allclose(
                models[0].validation_scores_[:few], models[1].validation_scores_[:few], atol=2e-3
            )
            assert models[0].best_validation_score_ == max(models[0].validation_scores_)
            assert models[0].best_loss_ is None
            expect_equal_weights(*models, tolerance=1e-2)


def test_lbfgs_finds_the_same_minimum() -> None:
    for kind, y in (("MLPClassifier", IRIS_Y), ("MLPRegressor", IRIS_X[:, 0] * IRIS_X[:, 1])):
        models = [
            getattr(module, kind)(hidden_layer_sizes=3, activation="identity", solver="lbfgs", alpha=5, random_state=1)
            for module in (ours, theirs)
        ]
        for model in models:
            model.set_params(max_iter=2000, tol=1e-5).fit(IRIS_X, y)
        assert abs(models[0].loss_ / models[1].loss_ - 1) < 1e-5
        np.testing.assert_allclose(models[0].predict(IRIS_X), models[1].predict(IRIS_X), atol=2e-3)


@pytest.mark.filterwarnings("error")
def test_warns_where_scikit_learn_warns() -> None:
    for module in (ours, theirs):
        with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(2\) reached"):
            module.MLPClassifier(max_iter=2).fit(IRIS_X, IRIS_Y)
        with pytest.warns(UserWarning, match="clipped"):
            module.MLPRegressor(batch_size=999, tol=10, n_iter_no_change=2).fit(IRIS_X, IRIS_Y)
        with pytest.warns(ConvergenceWarning, match="lbfgs failed to converge"):
            module.MLPClassifier(solver="lbfgs", max_iter=2).fit(IRIS_X, IRIS_Y)


def test_verbose(capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for module in (ours, theirs):
        module.MLPClassifier(
            4,
            solver="sgd",
            verbose=True,
            max_iter=40,
            tol=0.5,
            n_iter_no_change=2,
            learning_rate="adaptive",
            random_state=0,
        ).fit(IRIS_X, IRIS_Y)
        texts.append([line[:12] for line in capsys.readouterr().out.splitlines()])
    assert texts[0] == texts[1]


# Weights


def test_weights_of_rows_are_repetitions_bit_for_bit() -> None:
    random = np.random.RandomState(0)
    counts = random.randint(0, 4, 50)
    x, y = IRIS_X[::3], IRIS_Y[::3]
    order = random.permutation(counts.sum())
    many_x, many_y = np.repeat(x, counts, axis=0)[order], np.repeat(y, counts)[order]
    for solver in ("adam", "sgd", "lbfgs", "newton_cg", "lion"):
        model = ours.MLPClassifier(5, solver=solver, random_state=1, max_iter=150)
        weighted = clone(model).fit(x, y, counts)
        repeated = clone(model).fit(many_x, many_y)
        expect_equal_weights(weighted, repeated, tolerance=0)


def test_class_weight() -> None:
    x, y = make_classification(600, weights=[0.93], flip_y=0.05, random_state=1)
    plain = ours.MLPClassifier(random_state=0, max_iter=60).fit(x, y)
    balanced = ours.MLPClassifier(random_state=0, max_iter=60, class_weight="balanced", alpha=1).fit(x, y)
    held_x, held_y = make_classification(600, weights=[0.93], flip_y=0.05, random_state=1, shuffle=False)
    scores = [balanced_accuracy_score(held_y, model.predict(held_x)) for model in (plain, balanced)]
    assert scores[1] > scores[0]
    factors = {0: 2.0, 1: 30.0}
    by_class = ours.MLPClassifier(random_state=0, max_iter=9, class_weight=factors).fit(x, y)
    by_row = ours.MLPClassifier(random_state=0, max_iter=9).fit(x, y, np.where(y == 1, 30.0, 2.0))
    expect_equal_weights(by_class, by_row, tolerance=0)
    names = np.array(["no", "yes"])[y]
    named = ours.MLPClassifier(random_state=0, max_iter=9, class_weight={"no": 2, "yes": 30}).fit(x, names)
    expect_equal_weights(by_class, named, tolerance=0)
    for part in (slice(300), slice(300, 600)):
        named.partial_fit(x[part], names[part])
    with pytest.raises(ValueError, match="not supported for partial_fit"):
        balanced.partial_fit(x, y)


def test_class_weight_of_labels() -> None:
    x, y = make_multilabel_classification(80, n_classes=2, random_state=0)
    model = ours.MLPClassifier(6, max_iter=20, random_state=0, class_weight=[{0: 1, 1: 5}, {0: 1, 1: 2}]).fit(x, y)
    weight = np.where(y[:, 0], 5, 1) * np.where(y[:, 1], 2, 1)
    expect_equal_weights(model, ours.MLPClassifier(6, max_iter=20, random_state=0).fit(x, y, weight), tolerance=0)


# Solvers, schedules, dropout


@pytest.mark.parametrize(
    "solver", ["sgd", "adam", "adamw", "amsgrad", "nadam", "adagrad", "rmsprop", "lion", "irprop_minus", "quickprop"]
)
def test_solvers_that_go_through_batches(solver: str) -> None:
    rate = {"sgd": 0.1, "adagrad": 0.1, "irprop_minus": 0.01, "quickprop": 0.1}.get(solver, 0.01)
    whole = 200 if solver in ("irprop_minus", "quickprop") else 50
    model = ours.MLPClassifier(10, solver=solver, learning_rate_init=rate, batch_size=min(whole, 150), random_state=0)
    assert model.fit(IRIS_X, IRIS_Y).score(IRIS_X, IRIS_Y) > 0.94
    assert len(model.loss_curve_) == model.n_iter_


@pytest.mark.parametrize("solver", ["lbfgs", "bfgs", "newton_cg", "polak_ribiere", "fletcher_reeves"])
def test_solvers_that_look_at_all_of_the_data(solver: str) -> None:
    model = ours.MLPClassifier(10, solver=solver, alpha=0.1, random_state=0).fit(IRIS_X, IRIS_Y)
    assert model.score(IRIS_X, IRIS_Y) > 0.97
    assert not hasattr(model, "partial_fit")
    assert not hasattr(model, "loss_curve_")


def test_levenberg_and_marquardt() -> None:
    x = np.linspace(-1, 1, 200)[:, np.newaxis]
    y = np.sin(2 * np.pi * x[:, 0])
    model = ours.MLPRegressor(hidden_layer_sizes=10, activation="tanh", solver="lm", alpha=0, random_state=1, tol=1e-6)
    assert model.fit(x, y).score(x, y) > 0.9999
    assert ours.MLPRegressor(max_iter=200, random_state=1).fit(x, y).score(x, y) < 0.99
    with pytest.raises(ValueError, match="must be 'mean_squared_error'"):
        ours.MLPClassifier(solver="lm").fit(IRIS_X, IRIS_Y)
    with pytest.raises(ValueError, match="dropout needs a solver that goes through the rows in batches, not 'lm'"):
        model.set_params(dropout=0.1).fit(x, y)


def test_schedules() -> None:
    seen = []

    def falling(t: int, base: float, cost: float) -> float:
        seen.append(t)
        return base / (1 + 0.1 * t)

    for schedule in ("cosine", "one_cycle", "step", chainrule.Schedule("exponential", factor=0.99), "plateau", falling):
        model = ours.MLPClassifier(10, solver="adamw", learning_rate=schedule, learning_rate_init=0.02, batch_size=50)
        if schedule == "step":
            model.set_params(learning_rate=chainrule.Schedule("step", period=100, factor=0.5))
        model.set_params(random_state=0, max_iter=50)
        assert clone(model).fit(IRIS_X, IRIS_Y).score(IRIS_X, IRIS_Y) > 0.9, schedule
        with pytest.raises(ValueError, match="a schedule is for fit"):
            model.partial_fit(IRIS_X, IRIS_Y, classes=[0, 1, 2])
    assert seen[:4] == [0, 1, 2, 3]


def test_dropout() -> None:
    models = [
        ours.MLPClassifier(60, dropout=dropout, random_state=0, max_iter=80).fit(DIGITS_X[:300], DIGITS_Y[:300])
        for dropout in (0.0, 0.5)
    ]
    assert [layer.kind for layer in models[1].network_.layers] == ["dense", "dropout", "dense"]
    # It fits the data less closely, and predicts without dropout.
    assert models[1].loss_ > 1.5 * models[0].loss_
    np.testing.assert_array_equal(models[1].predict_proba(DIGITS_X), models[1].predict_proba(DIGITS_X))
    assert models[1].score(DIGITS_X[900:], DIGITS_Y[900:]) > 0.75


def test_solver_params() -> None:
    model = ours.MLPClassifier(5, solver_params={"clip_norm": 0.01, "weight_decay": 0.1}, random_state=0, max_iter=5)
    plain = ours.MLPClassifier(5, random_state=0, max_iter=5).fit(IRIS_X, IRIS_Y)
    assert np.abs(model.fit(IRIS_X, IRIS_Y).coefs_[0] - plain.coefs_[0]).max() > 1e-5
    with pytest.raises(TypeError, match="speed"):
        model.set_params(solver_params={"speed": 2}).fit(IRIS_X, IRIS_Y)
    reached = ours.MLPRegressor(hidden_layer_sizes=5, solver="lbfgs", solver_params={"target_cost": 1e9}).fit(
        DIABETES_X, DIABETES_Y
    )
    assert reached.n_iter_ == 0


def test_threads_do_not_change_the_result() -> None:
    one, two = (
        ours.MLPClassifier(30, threads=threads, random_state=0, max_iter=5).fit(DIGITS_X, DIGITS_Y)
        for threads in (1, 2)
    )
    expect_equal_weights(one, two, tolerance=0)


def test_poisson_regression() -> None:
    random = np.random.RandomState(3)
    x = random.uniform(0, 1, (300, 2))
    y = random.poisson(np.exp(x[:, 0] + 2 * x[:, 1] ** 2))
    for how in ({}, {"early_stopping": True}, {"solver": "lbfgs"}, {"solver": "newton_cg"}):
        model = ours.MLPRegressor("poisson", (20,), max_iter=500, random_state=0, learning_rate_init=0.01, **how)
        assert model.fit(x, y).score(x, y) > 0.55, how
        assert model.out_activation_ == "exp"
        assert model.predict(x).min() > 0
    with pytest.raises(ValueError, match="out of the valid range of the loss 'poisson'"):
        model.fit(x, y - 1)


# What was fitted


def test_weights_that_someone_sets() -> None:
    model = ours.MLPClassifier(4, random_state=0, max_iter=5).fit(IRIS_X, IRIS_Y)
    before = model.predict_proba(IRIS_X)
    with pytest.raises(ValueError, match="read-only"):
        model.coefs_[0][0, 0] = 1
    np.testing.assert_array_equal(model.predict_proba(IRIS_X), before)
    model.coefs_[0] = np.zeros((4, 4))
    model.intercepts_[1] = np.array([1.0, 2.0, 3.0])
    changed = model.predict_proba(IRIS_X)
    assert (changed == changed[0]).all()
    model.coefs_ = [np.ones((4, 4)), np.zeros((4, 3))]
    np.testing.assert_allclose(np.log(model.predict_proba(IRIS_X[:1])) @ [-1, 0, 1], 2, rtol=1e-6)
    model.coefs_[1] = np.zeros((3, 4))
    with pytest.raises(ValueError, match=r"coefs_\[1\] has the shape \(3, 4\); the layer has \(4, 3\)"):
        model.predict(IRIS_X)
    model.coefs_ = [np.ones((4, 4))]
    with pytest.raises(ValueError, match="1 and 2 arrays; 2 layers have weights"):
        model.predict(IRIS_X)


def test_network() -> None:
    model = ours.MLPClassifier(4, random_state=0, max_iter=5).fit(IRIS_X, np.array(["a", "b", "c"])[IRIS_Y])
    network = model.network_
    assert network.class_labels == ["a", "b", "c"]
    logits = network.predict(IRIS_X)
    assert (
        abs(log_loss(IRIS_Y, model.predict_proba(IRIS_X)) - network.evaluate(IRIS_X, IRIS_Y, "cross_entropy").cost)
        < 1e-6
    )
    network.parameters[:] = 0
    np.testing.assert_array_equal(model.network_.predict(IRIS_X), logits)
    with pytest.raises(NotFittedError):
        _ = ours.MLPClassifier().network_


def test_warm_start_takes_new_parameters() -> None:
    model = ours.MLPClassifier(4, solver="lbfgs", random_state=0, max_iter=5, warm_start=True).fit(IRIS_X, IRIS_Y)
    loss = model.loss_
    model.set_params(solver="adam", max_iter=3, dropout=0.0, activation="relu").fit(IRIS_X, IRIS_Y)
    assert model.n_iter_ == len(model.loss_curve_) == 3
    assert model.loss_ < loss * 1.1
    model.set_params(early_stopping=True).fit(IRIS_X, IRIS_Y)
    assert len(model.validation_scores_) == 3
    with pytest.raises(ValueError, match="the layer has"):
        model.set_params(hidden_layer_sizes=5).fit(IRIS_X, IRIS_Y)


def test_partial_fits_are_a_fit() -> None:
    for solver in ("adam", "sgd", "nadam"):
        model = ours.MLPClassifier(8, solver=solver, batch_size=40, dropout=0.2, random_state=4)
        whole = clone(model).set_params(max_iter=12).fit(IRIS_X, IRIS_Y)
        for _ in range(12):
            model.partial_fit(IRIS_X, IRIS_Y, classes=[0, 1, 2])
        expect_equal_weights(whole, model, tolerance=0)
        assert whole.loss_curve_ == model.loss_curve_
        assert whole.t_ == model.t_


def test_interrupted() -> None:
    calls = []

    def interrupting(t: int, base: float, cost: float) -> float:
        calls.append(t)
        if t == 20:
            raise KeyboardInterrupt
        return base

    model = ours.MLPClassifier(5, learning_rate=interrupting, batch_size=50, random_state=0)
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model.fit(IRIS_X, IRIS_Y)
    assert model.n_iter_ == 6
    assert model.predict(IRIS_X).shape == (150,)


def test_sparse() -> None:
    x = sparse.csr_matrix(np.where(DIGITS_X > 0.5, DIGITS_X, 0))
    dense = ours.MLPClassifier(20, random_state=0, max_iter=20).fit(x.toarray(), DIGITS_Y)
    for kind in (sparse.csr_matrix, sparse.csc_array, sparse.coo_matrix):
        model = clone(dense).fit(kind(x), DIGITS_Y)
        expect_equal_weights(model, dense, tolerance=0)
        np.testing.assert_array_equal(model.predict(kind(x)), dense.predict(x.toarray()))
    wide = sparse.random(60, 100_000, 0.001, "csr", random_state=0)
    model = ours.MLPClassifier(2, random_state=0, max_iter=1).fit(wide, DIGITS_Y[:60])
    np.testing.assert_array_equal(model.predict_proba(wide), model.predict_proba(wide.toarray()))
    labels, inputs = sparse.csr_matrix(np.eye(10, dtype=int)[DIGITS_Y]), DIGITS_X[:200]
    multilabel = ours.MLPClassifier(20, random_state=0, max_iter=3).fit(inputs, labels[:200])
    assert sparse.issparse(multilabel.predict(inputs))
    assert multilabel.predict(inputs).shape == (200, 10)


def test_types_of_the_results() -> None:
    for dtype in (np.float32, np.float64):
        x = IRIS_X.astype(dtype)
        classifier = ours.MLPClassifier(4, max_iter=3).fit(x, IRIS_Y)
        assert classifier.predict_proba(x).dtype == classifier.predict_log_proba(x).dtype == dtype
        assert classifier.coefs_[0].dtype == dtype
        assert ours.MLPRegressor(max_iter=3).fit(x, IRIS_Y).predict(x).dtype == dtype
        np.testing.assert_allclose(classifier.predict_proba(x).sum(axis=1), 1, rtol=1e-6)


def test_one_row_is_predicted_as_among_many() -> None:
    model = ours.MLPClassifier(30, max_iter=5, random_state=0).fit(DIGITS_X, DIGITS_Y)
    together = model.predict_proba(DIGITS_X)
    for row in range(0, 1797, 100):
        for x in (DIGITS_X[row : row + 1], DIGITS_X[row : row + 1].astype(np.float32)):
            np.testing.assert_array_equal(model.predict_proba(x), together[row : row + 1])


def test_random_state() -> None:
    with warnings.catch_warnings():
        fits = [
            ours.MLPClassifier(4, max_iter=3, random_state=state).fit(IRIS_X, IRIS_Y)
            for state in (1, 1, np.random.RandomState(1), None, None)
        ]
    expect_equal_weights(fits[0], fits[1], tolerance=0)
    expect_equal_weights(fits[0], fits[2], tolerance=0)
    assert (fits[3].coefs_[0] != fits[4].coefs_[0]).any()


def test_threads_predict_at_once() -> None:
    model = ours.MLPClassifier(30, max_iter=5, random_state=0).fit(DIGITS_X, DIGITS_Y)
    expected = model.predict_proba(DIGITS_X[:64])

    def predict(row: int) -> bool:
        x = DIGITS_X[row : row + 1].copy()
        return all((model.predict_proba(x) == expected[row]).all() for _ in range(50))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(predict, range(64)))


def test_results_do_not_change_later() -> None:
    model = ours.MLPRegressor(max_iter=5, random_state=0).fit(DIABETES_X.astype(np.float32), DIABETES_Y)
    one, other = (DIABETES_X[row : row + 1].astype(np.float32) for row in (0, 1))
    kept = model.predict(one)
    before = kept.copy()
    assert model.predict(other) != before
    np.testing.assert_array_equal(kept, before)


@pytest.mark.filterwarnings("always")
def test_warnings_point_at_the_caller() -> None:
    for model, how in (
        (ours.MLPClassifier(max_iter=2), "fit"),
        (ours.MLPClassifier(solver="lbfgs", max_iter=2), "fit"),
        (ours.MLPRegressor(batch_size=999, max_iter=1), "partial_fit"),
        (ours.CascadeRegressor(1, random_state=0), "fit"),
    ):
        with pytest.warns(UserWarning, match="limit|Maximum|clipped|grown") as caught:
            getattr(model, how)(IRIS_X, np.sin(9 * IRIS_X[:, 0]) if "Regressor" in str(model) else IRIS_Y)
        assert {warning.filename for warning in caught} == {__file__}
