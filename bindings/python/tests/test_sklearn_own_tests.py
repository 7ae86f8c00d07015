"""scikit-learn's own tests of its perceptrons: test_mlp.py as installed, with only the import changed."""

from __future__ import annotations

from pathlib import Path

import pytest
import sklearn.neural_network.tests.test_mlp as theirs

IMPORT = "from sklearn.neural_network import MLPClassifier, MLPRegressor\n"
# Their names and why.
LEFT_OUT = {"test_gradient": "calls the private _loss_grad_lbfgs() with arrays of its own"}

# They expect some warnings, and some they do not mention.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(params=[42, 7])
def global_random_seed(request: pytest.FixtureRequest) -> int:
    """scikit-learn's fixture: a seed that any test must bear."""
    return int(request.param)


_source = Path(theirs.__file__).read_text()
assert _source.count(IMPORT) == 1
exec(
    compile(
        _source.replace(IMPORT, "from chainrule.sklearn import MLPClassifier, MLPRegressor\n"), "test_mlp.py", "exec"
    )
)
for _name in LEFT_OUT:
    del globals()[_name]
