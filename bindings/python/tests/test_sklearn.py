"""Perceptrons of scikit-learn as networks, and networks as perceptrons of scikit-learn."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from refusals import expect_refusal
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, Normalizer, StandardScaler

import chainrule
from chainrule import ArgumentError, ArgumentTypeError, Network

# Of float32, relative to the largest output.
TOLERANCE = 1e-6
DIGITS, IRIS, DIABETES = load_digits(), load_iris(), load_diabetes()
DIGITS.data /= 16


def fitted(model: Any, x: Any, y: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(x, y)


def small(kind: type, *, hidden: tuple[int, ...] = (20, 10), activation: str = "relu", **others: Any) -> Any:
    return kind(hidden_layer_sizes=hidden, activation=activation, max_iter=15, random_state=1, **others)


def expect_close(ours: Any, theirs: Any) -> None:
    theirs = np.asarray(theirs).reshape(ours.shape)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE * np.abs(theirs).max())


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("data", [DIGITS, IRIS], ids=["digits", "iris"])
def test_classes(data: Any, activation: str) -> None:
    model = fitted(small(MLPClassifier, activation=activation), data.data, data.target)
    network = chainrule.from_sklearn(model)
    expect_close(network.predict(data.data), model.predict_proba(data.data))
    assert [layer.name for layer in network.layers] == ["0", "1", "2"]
    back = chainrule.to_sklearn(network, classes=model.classes_)
    expect_close(back.predict_proba(data.data), model.predict_proba(data.data))
    np.testing.assert_array_equal(back.predict(data.data), model.predict(data.data))
    assert back.score(data.data, data.target) == model.score(data.data, data.target)


def test_two_classes() -> None:
    names = np.array(["no", "yes"])[(IRIS.target == 1).astype(int)]
    model = fitted(small(MLPClassifier), IRIS.data, names)
    network = chainrule.from_sklearn(model)
    expect_close(network.predict(IRIS.data), model.predict_proba(IRIS.data)[:, 1])
    back = chainrule.to_sklearn(network, classes=["no", "yes"])
    np.testing.assert_array_equal(back.predict(IRIS.data), model.predict(IRIS.data))
    expect_close(back.predict_proba(IRIS.data), model.predict_proba(IRIS.data))


def test_two_outputs_for_two_classes() -> None:
    target = (IRIS.target == 0).astype(int)
    for activation in ("identity", "softmax"):
        network = Network(4).add_dense(6, "tanh").add_dense(2, activation).build(seed=5)
        model = chainrule.to_sklearn(network, classes=[0, 1])
        probabilities = np.float64(network.predict(IRIS.data))
        if activation == "identity":
            probabilities = np.exp(_log_softmax(network, IRIS.data))
        expect_close(model.predict_proba(IRIS.data), probabilities)
        for _ in range(300):
            model.partial_fit(IRIS.data, target)
        assert model.loss_curve_[-1] < model.loss_curve_[0] / 2


@pytest.mark.skipif("loss" not in MLPRegressor().get_params(), reason="needs loss= of scikit-learn 1.7")
def test_counts() -> None:
    model = fitted(small(MLPRegressor, loss="poisson"), DIABETES.data, DIABETES.target)
    network = chainrule.from_sklearn(model)
    assert network.layers[-1].activation == "exponential"
    expect_close(network.predict(DIABETES.data), model.predict(DIABETES.data))


def test_several_labels() -> None:
    labels = np.stack([DIGITS.target % 2, DIGITS.target > 4, DIGITS.target == 0], axis=1).astype(int)
    model = fitted(small(MLPClassifier), DIGITS.data, labels)
    network = chainrule.from_sklearn(model)
    expect_close(network.predict(DIGITS.data), model.predict_proba(DIGITS.data))
    back = chainrule.to_sklearn(network, classes=[0, 1, 2], multilabel=True)
    np.testing.assert_array_equal(back.predict(DIGITS.data), model.predict(DIGITS.data))


@pytest.mark.parametrize("targets", [1, 3])
def test_quantities(targets: int) -> None:
    y = DIABETES.target[:, np.newaxis] * np.arange(1, targets + 1) + DIABETES.data[:, :targets]
    model = fitted(small(MLPRegressor, activation="tanh"), DIABETES.data, y if targets > 1 else y[:, 0])
    network = chainrule.from_sklearn(model)
    expect_close(network.predict(DIABETES.data), model.predict(DIABETES.data))
    back = chainrule.to_sklearn(network)
    assert back.predict(DIABETES.data).shape == model.predict(DIABETES.data).shape
    expect_close(back.predict(DIABETES.data), model.predict(DIABETES.data))


SCALERS: dict[str, Callable[[], list[Any]]] = {
    "standard": lambda: [StandardScaler()],
    "standard without its mean": lambda: [StandardScaler(with_mean=False)],
    "standard without its scale": lambda: [StandardScaler(with_std=False)],
    "range": lambda: [MinMaxScaler(feature_range=(-1, 2))],
    "largest": lambda: [MaxAbsScaler()],
    "all": lambda: [StandardScaler(), MinMaxScaler(), "passthrough", MaxAbsScaler(), StandardScaler()],
}


@pytest.mark.parametrize("scalers", SCALERS.values(), ids=SCALERS)
def test_scalers_are_folded_into_the_weights(scalers: Callable[[], list[Any]]) -> None:
    model = fitted(make_pipeline(*scalers(), small(MLPClassifier, activation="tanh")), DIGITS.data, DIGITS.target)
    network = chainrule.from_sklearn(model)
    assert len(network.layers) == 3
    expect_close(network.predict(DIGITS.data), model.predict_proba(DIGITS.data))


def test_logits_train_on() -> None:
    model = fitted(small(MLPClassifier), DIGITS.data[:900], DIGITS.target[:900])
    network = chainrule.from_sklearn(model, logits=True)
    assert network.layers[-1].activation == "identity"
    logits = network.predict(DIGITS.data)
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    expect_close(probabilities / probabilities.sum(axis=1, keepdims=True), model.predict_proba(DIGITS.data))
    network.fit(DIGITS.data, DIGITS.target, cost="cross_entropy", epochs=10)
    back = chainrule.to_sklearn(network, classes=model.classes_)
    assert back.score(DIGITS.data, DIGITS.target) > model.score(DIGITS.data, DIGITS.target)


def test_what_comes_back_is_an_estimator() -> None:
    network = Network(64).add_dense(16).add_activation("tanh").add_dropout(0.5).add_dense(10, bias=False).build(seed=3)
    model = chainrule.to_sklearn(network, classes=range(10))
    expect_close(np.log(model.predict_proba(DIGITS.data[:9]))[:, 1:], _log_softmax(network, DIGITS.data[:9])[:, 1:])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(DIGITS.data), model.predict(DIGITS.data))
    before = model.score(DIGITS.data, DIGITS.target)
    for _ in range(10):
        model.partial_fit(DIGITS.data, DIGITS.target)
    assert model.score(DIGITS.data, DIGITS.target) > before + 0.3
    again = chainrule.from_sklearn(chainrule.to_sklearn(network, classes=range(10)), logits=True)
    for name, tensor in network.tensors.items():
        other = "1" if name.startswith("3") else "0"
        np.testing.assert_array_equal(again.tensors[f"{other}.{name.split('.')[1]}"], tensor)
    regression = chainrule.to_sklearn(Network(3).add_dense(2).build(seed=1))
    assert regression.partial_fit(np.ones((5, 3)), np.ones((5, 2))).predict(np.ones((1, 3))).shape == (1, 2)


def _log_softmax(network: Network, x: Any) -> Any:
    y = np.float64(network.predict(x))
    return y - np.log(np.exp(y).sum(axis=1, keepdims=True))


def huge() -> Any:
    model = fitted(small(MLPClassifier), IRIS.data, IRIS.target)
    model.coefs_[1][0, 0] = 1e300
    return model


def clipping() -> Any:
    return fitted(make_pipeline(MinMaxScaler(clip=True), small(MLPClassifier)), IRIS.data, IRIS.target)


def normalizing() -> Any:
    return fitted(make_pipeline(Normalizer(), small(MLPClassifier)), IRIS.data, IRIS.target)


def halfway() -> Any:
    return make_pipeline(StandardScaler(), fitted(small(MLPClassifier), IRIS.data, IRIS.target))


FROM: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: 3, ArgumentTypeError, "not int"),
    (lambda: make_pipeline(StandardScaler()), ArgumentTypeError, "not StandardScaler"),
    (lambda: MLPClassifier(), ArgumentError, "MLPClassifier is not fitted"),
    (halfway, ArgumentError, "StandardScaler is not fitted"),
    (clipping, ArgumentError, "MinMaxScaler clips"),
    (normalizing, ArgumentError, "has a Normalizer"),
    (huge, ArgumentError, r"coefs_\[1\] holds numbers that are too large"),
]


@pytest.mark.parametrize(("make", "error", "message"), FROM)
def test_models_that_are_refused(make: Callable[[], Any], error: type[Exception], message: str) -> None:
    expect_refusal(lambda: chainrule.from_sklearn(make()), error, message)


TO: list[tuple[Callable[[], Network], dict[str, Any], str]] = [
    (lambda: Network(4).add_dense(3).build(), {"classes": [1, 2]}, r"3 outputs need \(3,\)"),
    (lambda: Network(4).add_dense(1).build(), {"classes": [1]}, r"1 outputs need \(2,\)"),
    (lambda: Network(4).add_dense(2).build(), {"classes": [2, 1]}, "ascend"),
    (lambda: Network(4).add_dense(2).build(), {"classes": [3, 4], "multilabel": True}, "must be 0 to 1"),
    (lambda: Network(4).add_dense(2, "softmax").build(), {}, "'softmax': give classes"),
    (lambda: Network(4).add_dense(3, "tanh").build(), {"classes": [1, 2, 3]}, "'tanh', not identity or 'softmax'"),
    (lambda: Network(4).add_dense(2, "tanh").build(), {"classes": [1, 2]}, "'tanh', not identity or 'softmax'"),
    (lambda: Network(4).add_dense(2, "relu").add_dense(2, "tanh").add_dense(1).build(), {}, "'relu', 'tanh'"),
    (lambda: Network(4).add_dense(2, "gelu").add_dense(1).build(), {}, "'gelu'"),
    (lambda: Network((4, 1)).add_dense(2).build(), {}, "is a reshape"),
    (lambda: Network(4).add_dense(2).add_activation("relu").add_activation("tanh").build(), {}, "does not follow"),
    (lambda: Network(4).add_activation("relu").build(), {}, "does not follow"),
    (lambda: Network(4).add_dropout(0.5).build(), {}, "no dense layer"),
    (lambda: Network(4).add_dense(4).add_dense(4, input="input").add_sum(["0", "1"]).build(), {}, "reads input"),
]


@pytest.mark.parametrize(("make", "how", "message"), TO)
def test_networks_that_are_refused(make: Callable[[], Network], how: dict[str, Any], message: str) -> None:
    expect_refusal(lambda: chainrule.to_sklearn(make(), **how), ArgumentError, message)
