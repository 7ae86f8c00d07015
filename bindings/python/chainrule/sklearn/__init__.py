"""scikit-learn's perceptrons, computed by libchainrule; and networks that grow.

The parameters, attributes and methods are those of sklearn.neural_network. Needs scikit-learn 1.6 or later:
`pip install chainrule[sklearn]`.

Examples
--------
>>> from chainrule.sklearn import MLPClassifier
"""

from ._cascade import CascadeClassifier, CascadeRegressor
from ._classifier import MLPClassifier
from ._regressor import MLPRegressor

__all__ = ["CascadeClassifier", "CascadeRegressor", "MLPClassifier", "MLPRegressor"]
