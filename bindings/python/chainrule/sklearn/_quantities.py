"""Quantities: what they are, as targets, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import validate_data

from ._fitted import FittedModel
from ._losses import regression_loss
from ._rows import as_float32

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._losses import Loss


class Quantities(RegressorMixin, FittedModel):
    """What an estimator of quantities has."""

    _parameter_constraints: ClassVar[dict[str, Any]] = {"loss": [StrOptions({"squared_error", "poisson"})]}

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """The predicted quantities.

        Parameters
        ----------
        X
            (rows, features), dense or sparse.

        Returns
        -------
        ndarray
            (rows,), or (rows, outputs) of several.
        """
        y = self._activated(self._outputs(X))
        return y.ravel() if y.shape[1] == 1 else y

    def _loss(self) -> Loss:
        return regression_loss(self.loss, self.n_outputs_)

    def _targets(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Any, int]:
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            y_numeric=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if self.loss == "poisson" and y.min() < 0:
            raise ValueError("Some value(s) of y are out of the valid range of the loss 'poisson'.")
        targets = as_float32(y.reshape(len(y), -1), "y")
        return X, targets, targets.shape[1]
