"""The cost that fit() takes by the targets, and its other name."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule import ArgumentError, ArgumentTypeError, Network

rng = np.random.default_rng(5)
X = rng.standard_normal((12, 4)).astype(np.float32)
CLASSES = np.arange(12) % 3
YES = X[:, 0] > 0
ONE_HOT = np.eye(3)[CLASSES]


def network(outputs: int, activation: str = "identity") -> Network:
    return Network(4).add_dense(outputs, activation).build(1)


CHOSEN: dict[str, tuple[Network, Any, str]] = {
    "classes": (network(3), CLASSES, "cross_entropy"),
    "a list": (network(3), CLASSES.tolist(), "cross_entropy"),
    "small integers": (network(3), CLASSES.astype(np.uint8), "cross_entropy"),
    "two classes": (network(2), YES, "cross_entropy"),
    "yes or no": (network(1), YES, "binary_cross_entropy_logits"),
    "0 and 1": (network(1), YES.astype(int), "binary_cross_entropy_logits"),
    "a column": (network(1), YES[:, np.newaxis], "binary_cross_entropy_logits"),
    "a sigmoid": (network(1, "sigmoid"), YES.astype(int), "binary_cross_entropy"),
    "a sigmoid in another shape": (
        Network(4).add_dense(4, "sigmoid").add_reshape((2, 2)).build(),
        X > 0,
        "binary_cross_entropy",
    ),
    "several answers": (network(3), X[:, :3] > 0, "binary_cross_entropy_logits"),
    "one of several": (network(3), ONE_HOT.astype(int), "cross_entropy"),
    "one of several, as floats": (network(3), ONE_HOT, "cross_entropy"),
    "distributions": (network(3), rng.dirichlet([1, 1, 1], 12), "cross_entropy"),
    "quantities": (network(3), X[:, :3], "mean_squared_error"),
    "a quantity": (network(1), X[:, 0], "mean_squared_error"),
    "0 and 1 as floats": (network(1), YES.astype(float), "mean_squared_error"),
    "log_softmax": (network(3, "log_softmax"), CLASSES, "cross_entropy"),
}


@pytest.mark.parametrize("case", CHOSEN)
def test_the_targets_choose(case: str) -> None:
    untrained, targets, cost = CHOSEN[case]
    assert untrained.copy().value_and_grad(X, targets)[0] == untrained.copy().value_and_grad(X, targets, cost)[0]
    assert untrained.copy().evaluate(X, targets).cost == untrained.copy().evaluate(X, targets, cost).cost
    by_targets, given = untrained.copy(), untrained.copy()
    by_targets.fit(X, targets, epochs=2)
    given.fit(X, targets, epochs=2, loss=cost)
    np.testing.assert_array_equal(by_targets.parameters, given.parameters)
    found = by_targets.minimize(X, targets, max_iterations=2)
    assert found.cost == given.minimize(X, targets, loss=cost, max_iterations=2).cost


def test_data_sources_choose() -> None:
    def source(targets: Any) -> Callable[[chainrule.Request], Any]:
        return lambda request: (X[:4], targets[:4]) if request.first_row == 0 else None

    classifier, regressor = network(3), network(3)
    classifier.fit(chainrule.DataSource(source(CLASSES)), epochs=1)
    assert classifier.evaluate(X, CLASSES).accuracy >= 0
    regressor.fit(chainrule.DataSource(source(X[:, :3]), targets=3), epochs=1)
    assert np.isnan(regressor.evaluate(X, X[:, :3]).accuracy)


REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "classes for one output": (
        lambda: network(1).fit(X, CLASSES),
        ArgumentError,
        "targets are integers from 0 to 2, and the network has 1 output, .*: give a network of 3 outputs for classes",
    ),
    "negative integers for one output": (
        lambda: network(1).fit(X, CLASSES - 1),
        ArgumentError,
        "integers from -1 to 1, .* give floats for quantities, or a cost",
    ),
    "a table of integers": (
        lambda: network(3).fit(X, np.arange(36).reshape(12, 3)),
        ArgumentError,
        "integers from 0 to 35, and the network has 3 outputs",
    ),
    "two softmaxes": (
        lambda: network(3, "softmax").fit(X, CLASSES),
        ArgumentError,
        r"leave its activation out, predict_proba\(\) gives",
    ),
    "classes as floats": (lambda: network(3).fit(X, CLASSES * 1.0), ArgumentError, "give integer class indices"),
    "no targets": (lambda: network(3).fit(X), ArgumentTypeError, "targets may be None for a custom cost only"),
    "two names": (
        lambda: network(3).fit(X, CLASSES, cost="cross_entropy", loss="huber"),
        ArgumentTypeError,
        "cost and loss are two names of one argument",
    ),
    "two names for a trainer": (
        lambda: chainrule.Trainer(network(3), cost="huber", loss="huber"),
        ArgumentTypeError,
        "cost and loss are two names",
    ),
    "a name of Keras": (lambda: network(3).fit(X, CLASSES, loss="mse"), ArgumentError, "unknown cost 'mse'; there are"),
    "no name": (lambda: network(3).fit(X, CLASSES, loss=""), ArgumentError, "unknown cost ''; there are"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    call, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        call()


def test_a_trainer_and_a_recipe_take_a_loss() -> None:
    one, other = network(3), network(3)
    one.fit(X, X[:, :3], cost="huber", epochs=2)
    chainrule.Trainer(other, loss="huber", epochs=2).fit(X, X[:, :3])
    np.testing.assert_array_equal(one.parameters, other.parameters)
    other.recipe = {"loss": "huber"}
    assert other.recipe["cost"].kind == "huber"


# Probabilities


@pytest.mark.parametrize("targets", [CLASSES, ONE_HOT])
def test_probabilities_of_logits(targets: np.ndarray) -> None:
    from scipy.special import softmax

    trained = network(3)
    trained.fit(X, targets, epochs=3)
    p = trained.predict_proba(X)
    np.testing.assert_allclose(p, softmax(trained.predict(X), axis=1), rtol=1e-5)
    np.testing.assert_array_equal(trained.predict_proba(X[0]), p[0])
    np.testing.assert_array_equal(network(3, "softmax").predict_proba(X), network(3, "softmax").predict(X))
    np.testing.assert_allclose(network(3, "log_softmax").predict_proba(X), network(3).predict_proba(X), rtol=1e-5)


def test_probabilities_of_large_logits() -> None:
    identity = Network(2).add_activation("identity").build()
    np.testing.assert_array_equal(identity.predict_proba([1000.0, -1000.0]), [1, 0])
    single = Network(1).add_activation("identity").build()
    np.testing.assert_array_equal(single.predict_proba([[500.0], [-500.0]]), [[0, 1], [1, 0]])


def test_probabilities_of_yes_and_no() -> None:
    from scipy.special import expit

    logits, sigmoid, several = network(1), network(1, "sigmoid"), network(3)
    for each, targets in ((logits, YES), (sigmoid, YES), (several, X[:, :3] > 0)):
        each.fit(X, targets, epochs=3)
    p = expit(logits.predict(X))
    np.testing.assert_allclose(logits.predict_proba(X), np.hstack([1 - p, p]), rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(sigmoid.predict_proba(X)[:, 1:], sigmoid.predict(X))
    np.testing.assert_array_equal(sigmoid.predict_proba(X).shape, (12, 2))
    np.testing.assert_allclose(several.predict_proba(X), expit(several.predict(X)), rtol=1e-5)


def test_a_sigmoid_is_a_probability_whatever_it_was_trained_with() -> None:
    trained = network(1, "sigmoid")
    trained.fit(X, YES.astype(float), epochs=2)
    assert trained.history.cost == "mean_squared_error"
    np.testing.assert_array_equal(trained.predict_proba(X)[:, 1:], trained.predict(X))


def test_quantities_have_no_probabilities() -> None:
    trained = network(3)
    trained.fit(X, X[:, :3], epochs=1)
    with pytest.raises(chainrule.StateError, match="trained with mean_squared_error: its outputs are quantities"):
        trained.predict_proba(X)
    assert trained.score(X, X[:, :3]) == trained.evaluate(X, X[:, :3]).r2
    trained.fit(X, None, cost=lambda y, t, w: (0.0, np.zeros_like(y)), epochs=1)
    for use in (lambda: trained.predict_proba(X), lambda: trained.score(X, None)):
        with pytest.raises(chainrule.StateError, match="a custom cost"):
            use()


def test_the_recipe_of_a_file_says_what_the_outputs_are() -> None:
    saved = network(3)
    saved.recipe = {"cost": "mean_squared_error"}
    with pytest.raises(chainrule.StateError, match="outputs are quantities"):
        Network.from_bytes(saved.to_bytes()).predict_proba(X)
    trained = network(1)
    trained.fit(X, YES, epochs=2)
    again = pickle.loads(pickle.dumps(trained))
    np.testing.assert_array_equal(again.predict_proba(X), trained.predict_proba(X))


def test_scores_and_classes() -> None:
    trained = network(3)
    weight = rng.random(12)
    trained.fit(X, CLASSES, epochs=5)
    assert trained.score(X, CLASSES) == np.mean(trained.predict(X).argmax(axis=1) == CLASSES)
    assert (
        trained.score(X, CLASSES, sample_weight=weight) == trained.evaluate(X, CLASSES, sample_weight=weight).accuracy
    )
    np.testing.assert_array_equal(trained.classes_, [0, 1, 2])
    trained.class_labels = ["ant", "bee", "cat"]
    assert trained.classes_[trained.predict_proba(X).argmax(axis=1)][0] in trained.class_labels
    np.testing.assert_array_equal(network(1).classes_, [0, 1])
