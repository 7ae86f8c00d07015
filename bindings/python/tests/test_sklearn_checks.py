"""scikit-learn's checks of estimators: none fails, none is expected to, and it skips those that are skipped, too."""

from __future__ import annotations

import unittest
from typing import Any

import pytest
import sklearn.neural_network
from conftest import run_python
from sklearn.utils.estimator_checks import estimator_checks_generator

from chainrule.sklearn import CascadeClassifier, CascadeRegressor, MLPClassifier, MLPRegressor

ESTIMATORS = [MLPClassifier(), MLPRegressor(), CascadeClassifier(), CascadeRegressor()]


def name_of(check: Any) -> str:
    return str(getattr(check, "func", check).__name__)


CHECKS = {name_of(check) for _, check in estimator_checks_generator(sklearn.neural_network.MLPClassifier())}
# What scikit-learn skips of its own perceptrons: they have no decision_function(), and SCIPY_ARRAY_API is not set here.
SKIPPED = {"check_classifiers_multilabel_output_format_decision_function", "check_array_api_input"} & CHECKS


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("estimator", "check"),
    [pair for estimator in ESTIMATORS for pair in estimator_checks_generator(estimator)],
    ids=lambda part: name_of(part) if callable(part) else type(part).__name__,
)
def test_estimator(estimator: Any, check: Any) -> None:
    if name_of(check) in SKIPPED:
        with pytest.raises(unittest.SkipTest):
            check(estimator)
        pytest.skip("scikit-learn skips it of its own, too")
    try:
        check(estimator)
    except unittest.SkipTest as skip:
        pytest.fail(f"skipped: {skip}")


@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_skips_the_same() -> None:
    skipped = set()
    for theirs in (sklearn.neural_network.MLPClassifier(), sklearn.neural_network.MLPRegressor()):
        for estimator, check in estimator_checks_generator(theirs):
            if name_of(check) in SKIPPED:
                with pytest.raises(unittest.SkipTest):
                    check(estimator)
                skipped.add(name_of(check))
    assert skipped == SKIPPED


ARRAY_API = """
from sklearn.utils.estimator_checks import estimator_checks_generator
import chainrule.sklearn
for name in chainrule.sklearn.__all__:
    for estimator, check in estimator_checks_generator(getattr(chainrule.sklearn, name)()):
        if "array_api" in str(check):
            check(estimator)
            print("passed")
"""


@pytest.mark.skipif("check_array_api_input" not in CHECKS, reason="not a check of this version of scikit-learn")
def test_array_api(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    done = run_python("-W", "ignore", "-c", ARRAY_API)
    assert done.stdout.split() == ["passed"] * 4, done.stderr


def test_import_of_the_package_alone_does_not_import_scikit_learn() -> None:
    done = run_python("-c", "import sys, chainrule; print('sklearn' in sys.modules, 'scipy' in sys.modules)")
    assert done.stdout.split() == ["False", "False"], done.stderr
