"""What all estimators have: a trained network, how it predicts, and how it is pickled."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from ._rows import Rows, as_float32, given_rows, pieces, refuse_masked, trained_rows

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._network import Network
    from ._losses import Loss
    from ._model import Model


class FittedModel(BaseEstimator, ABC):
    """An estimator with a Model."""

    _model: Model
    n_outputs_: int
    out_activation_: str

    if TYPE_CHECKING:
        # The parameters are set by name.
        def __getattr__(self, name: str) -> Any: ...

    @abstractmethod
    def __init__(self, **parameters: Any) -> None:
        for name, value in parameters.items():
            setattr(self, name, value)

    def __sklearn_is_fitted__(self) -> bool:
        model = self.__dict__.get("_model")
        return model is not None and model.network is not None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def __setstate__(self, state: dict[str, Any]) -> None:
        # A pickle of an earlier version lacks what was added since.
        added = {
            name: parameter.default
            for name, parameter in inspect.signature(type(self).__init__).parameters.items()
            if parameter.default is not parameter.empty
        }
        super().__setstate__({**added, **state})

    @property
    def network_(self) -> Network:
        """A copy of the trained network, before the output function: to save, to export, to train on."""
        check_is_fitted(self)
        self._model.take_over()
        assert self._model.network is not None
        network = self._model.network.copy()
        self._name_classes(network)
        return network

    def _name_classes(self, network: Network) -> None:
        """Gives the network the names of its classes."""

    def _outputs(self, X: Any) -> npt.NDArray[np.float32]:
        """The network's outputs for what the caller gives. The next call on this thread may overwrite them."""
        model = self.__dict__.get("_model")
        if model is None or model.network is None:
            check_is_fitted(self)
        rows = given_rows(self, X)
        if not isinstance(rows, np.ndarray):
            return np.vstack([self._model.predict(piece).copy() for piece in pieces(rows)])
        outputs: npt.NDArray[np.float32] = self._model.predict(rows)
        return outputs

    # What the kinds of estimators differ in

    @abstractmethod
    def _targets(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Any, int]:
        """Checks the data: X, the targets as the library takes them, and the number of outputs."""

    @abstractmethod
    def _loss(self) -> Loss: ...

    def _class_factors(self, y: Any, sample_weight: Any) -> Any:
        """The factor of each row's weight that its class has; None: all are 1."""
        return None

    def _stratum(self, targets: npt.NDArray[Any]) -> Any:
        """What to hold out equal shares of; None: nothing."""
        return None

    def _checked(
        self, X: Any, y: Any, sample_weight: Any, *, incremental: bool = False, reset: bool = True
    ) -> tuple[Rows, Any]:
        """The data as scikit-learn checks it, in rows without those of weight 0; and the type of X."""
        for values, name in ((X, "X"), (y, "y"), (sample_weight, "sample_weight")):
            refuse_masked(values, name)
        given = y
        X, targets, self.n_outputs_ = self._targets(X, y, incremental, reset)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        factors = self._class_factors(given, sample_weight)
        if factors is not None:
            sample_weight = factors if sample_weight is None else sample_weight * factors
        weights = None if sample_weight is None else as_float32(sample_weight, "sample_weight")
        data = Rows(trained_rows(X), targets, weights)
        if weights is not None and not weights.all():
            if not weights.any():
                raise ValueError("The sample weights are all 0 in float32.")
            data = data.at(np.flatnonzero(weights))
        return data, X.dtype

    def _activated(self, outputs: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The output function's values, in the type of the weights."""
        if self.out_activation_ == "identity":
            return outputs.astype(self._model.dtype)
        z = outputs.astype(np.float64)
        if self.out_activation_ == "softmax":
            z = special.softmax(z, axis=1)
        elif self.out_activation_ == "logistic":
            # Below 1: no data make a label certain.
            z = special.expit(np.minimum(z, 36))
        elif self.out_activation_ == "exp":
            with np.errstate(over="ignore"):
                z = np.exp(z)
        return z.astype(self._model.dtype, copy=False)
