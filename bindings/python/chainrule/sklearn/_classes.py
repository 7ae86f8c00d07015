"""Classes and labels: what they are, as targets, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy import sparse
from sklearn.base import ClassifierMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d, compute_class_weight, compute_sample_weight
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import validate_data

from ._fitted import FittedModel
from ._losses import Loss, log_loss

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._network import Network


class Classes(ClassifierMixin, FittedModel):
    """What an estimator of classes has: targets from labels, and labels and probabilities from outputs.

    Of two classes, or of labels that each hold or not, the outputs are logits of yes; otherwise one for each class.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {"class_weight": [StrOptions({"balanced"}), dict, list, None]}

    classes_: npt.NDArray[Any]
    # Whether each output is a label of its own, and whether these were given as a sparse matrix.
    _is_multilabel: bool
    _has_sparse_labels: bool

    def predict(self, X: Any) -> Any:
        """The predicted classes.

        Parameters
        ----------
        X
            (rows, features), dense or sparse.

        Returns
        -------
        ndarray
            (rows,), or of several labels (rows, labels) of 0 and 1.
        """
        return self._decided(self._outputs(X))

    def predict_proba(self, X: Any) -> npt.NDArray[Any]:
        """The probability of each class.

        Parameters
        ----------
        X
            (rows, features), dense or sparse.

        Returns
        -------
        ndarray
            (rows, classes), in the order of classes_.
        """
        outputs = self._outputs(X)
        if outputs.shape[1] == 1 and not self._is_multilabel:
            if len(self.classes_) == 1:
                return np.ones((len(outputs), 1), self._model.dtype)
            outputs = np.hstack([-outputs, outputs])
        return self._activated(outputs)

    def predict_log_proba(self, X: Any) -> npt.NDArray[Any]:
        """The logarithms of predict_proba().

        Parameters
        ----------
        X
            (rows, features), dense or sparse.

        Returns
        -------
        ndarray
            (rows, classes), in the order of classes_.
        """
        with np.errstate(divide="ignore"):
            logarithms: npt.NDArray[Any] = np.log(self.predict_proba(X))
        return logarithms

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _checked_labels(self, X: Any, y: Any, reset: bool) -> tuple[Any, Any]:
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return X, y

    def _learn_classes(self, y: Any) -> None:
        kind = type_of_target(y, input_name="y")
        # Of numbers and texts the binarizer's classes are these. Of others it refuses what are no classes.
        if kind in ("binary", "multiclass") and y.dtype.kind != "O":
            self.classes_ = np.unique(y)
        else:
            self.classes_ = LabelBinarizer().fit(y).classes_
        self._learn_kind(y, kind)

    def _learn_kind(self, y: Any, kind: str) -> None:
        self._is_multilabel = kind.startswith("multilabel")
        self._has_sparse_labels = sparse.issparse(y)

    def _expect_the_kind(self, y: Any) -> None:
        """Refuses labels after classes, and classes after labels."""
        if (y.ndim == 2) != self._is_multilabel:
            before = "multilabel targets" if self._is_multilabel else "classes"
            raise ValueError(f"The model was fitted with {before}; `y` is of another kind: {type_of_target(y)}.")

    def _encoded(self, y: Any) -> tuple[npt.NDArray[Any], int]:
        """The targets as the library takes them, and the number of outputs."""
        classes = self.classes_
        if self._is_multilabel:
            dense = y.toarray() if sparse.issparse(y) else np.asarray(y)
            if dense.shape[1] != len(classes):
                raise ValueError(f"y has {dense.shape[1]} labels; there are {len(classes)}: {classes}")
            return np.ascontiguousarray(dense != 0, np.float32), len(classes)
        places = np.searchsorted(classes, y)
        if len(classes) > 2:
            return places.astype(np.int32), len(classes)
        return places.astype(np.float32).reshape(-1, 1), 1

    def _loss(self) -> Loss:
        return log_loss(self.n_outputs_, multiclass=self.n_outputs_ > 1 and not self._is_multilabel)

    def _class_factors(self, y: Any, sample_weight: Any) -> Any:
        class_weight = self.class_weight
        if class_weight is None:
            return None
        if self._is_multilabel:
            return compute_sample_weight(class_weight, y)
        classes = self.classes_
        y = column_or_1d(np.asarray(y))
        places = np.searchsorted(classes, y)
        if class_weight != "balanced":
            return compute_class_weight(class_weight, classes=classes, y=y)[places]
        # Balanced are the weights of the classes: of rows with weights not their numbers.
        totals = np.bincount(places, sample_weight, minlength=len(classes))
        seen = totals > 0
        return (totals.sum() / np.count_nonzero(seen) / np.where(seen, totals, 1))[places]

    def _stratum(self, targets: npt.NDArray[Any]) -> Any:
        # scikit-learn stratifies two classes alone.
        return targets > 0 if self.n_outputs_ == 1 and not self._is_multilabel else None

    def _decided(self, outputs: npt.NDArray[np.float32]) -> Any:
        """The classes or labels that the outputs stand for."""
        classes = self.classes_
        if self._is_multilabel:
            labels = (outputs > 0).astype(int)
            return sparse.csr_matrix(labels) if self._has_sparse_labels else labels
        if len(classes) == 1:
            return np.repeat(classes, len(outputs))
        if len(outputs) == 1:
            # The same, sooner.
            place = int(outputs.item() > 0) if len(classes) == 2 else int(outputs.argmax())
            return classes[place : place + 1].copy()
        return classes[outputs.argmax(axis=1) if len(classes) > 2 else (outputs[:, 0] > 0).view(np.int8)]

    def _name_classes(self, network: Network) -> None:
        if not self._is_multilabel and len(self.classes_) > 1:
            network.class_labels = self.classes_.tolist()
