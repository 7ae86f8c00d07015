"""A network as a classifier: its classes, their probabilities, and a score."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ._class_labels import class_labels, set_class_labels
from ._default_costs import last_activation
from ._errors import StateError
from ._evaluation import evaluate
from ._fitting import Fitting
from ._handles import FloatArray
from ._names import name_of
from ._prototypes import CostKind, Status

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._network import Network


class Classification(Fitting):
    """What a network says of classes."""

    __slots__ = ()

    @property
    def class_labels(self) -> list[str] | None:
        """The names of the classes that the outputs stand for; None if they have none.

        There is one for each output; or two for a network with a single output, which is the second class's. save() and
        copy() keep them; nothing computes with them. load_onnx() sets those of a classifier. A label that is no string,
        such as an integer, is kept as its str().
        """
        return class_labels(self._open())

    @class_labels.setter
    def class_labels(self, labels: Iterable[object] | None) -> None:
        set_class_labels(self._open(), labels)

    @property
    def classes_(self) -> npt.NDArray[Any]:
        """The classes, in the order of predict_proba()'s columns: class_labels if there are some, else their numbers.

        One for each output; or two for a single output, which is the second class's.
        """
        labels = self.class_labels
        return np.arange(max(2, self._layout().outputs)) if labels is None else np.array(labels)

    def predict_proba(self, x: npt.ArrayLike, *, channels_first: bool = False) -> FloatArray:
        """The probabilities of the classes.

        They follow from the last layer, softmax, log_softmax or sigmoid, or else from the cost of the last training:
        the outputs are logits then. A network of which neither is known, such as one from a file, is taken for a
        classifier with logits.

        Parameters
        ----------
        x
            (rows, inputs), or (inputs,) for a single row.
        channels_first
            As for predict().

        Returns
        -------
        ndarray
            (rows, classes), in the order of classes_, or (classes,) for a single row. Each row adds up to 1; but
            several outputs that each say yes or no, sigmoids or trained with a binary cross-entropy, have a probability
            each.

        Raises
        ------
        StateError
            The network was trained with a cost of quantities, or a custom one.
        """
        y = cast("Network", self).predict(x, channels_first=channels_first)
        activation = last_activation(cast("Network", self))
        if activation == "softmax":
            return y
        if activation == "log_softmax":
            return np.exp(y)
        p = y if activation == "sigmoid" else self._probabilities(y)
        return np.concatenate([1 - p, p], axis=-1) if p.shape[-1] == 1 else p

    def score(
        self,
        x: npt.ArrayLike,
        targets: npt.ArrayLike | None,
        *,
        sample_weight: npt.ArrayLike | None = None,
        channels_first: bool = False,
    ) -> float:
        """The share of correct rows; or R² if the network was trained with a cost of quantities.

        Both are parts of evaluate().

        Parameters
        ----------
        x, targets, sample_weight, channels_first
            As for evaluate().

        Returns
        -------
        float
            The accuracy, or R².

        Raises
        ------
        StateError
            The network was trained with a custom cost, which decides nothing.
        """
        options = self._cost(None, targets)
        if options.kind == CostKind.CUSTOM:
            raise StateError("a custom cost has neither accuracy nor R²", Status.ERROR_MISMATCH)
        x = self._layout().samples(x) if channels_first else x
        metrics = evaluate(cast("Network", self), options, x, targets, sample_weight, 1)
        return metrics.r2 if np.isnan(metrics.accuracy) else metrics.accuracy

    def _probabilities(self, y: FloatArray) -> FloatArray:
        """Those of outputs that no activation has made probabilities: of a single output, the second class's."""
        cost = self._classifying_cost()
        if cost == "cross_entropy" and y.shape[-1] > 1:
            return _softmax(y)
        if cost == "binary_cross_entropy":
            return y
        # A sigmoid without exp() of large numbers.
        return np.asarray(0.5 * (1 + np.tanh(0.5 * y)), np.float32)

    def _classifying_cost(self) -> str:
        """The name of the cost that says how outputs become probabilities."""
        if self._trained_cost is None:
            recipe = cast("Network", self).recipe
            return "cross_entropy" if recipe is None else _checked(recipe["cost"].kind)
        if self._trained_cost.kind == CostKind.CUSTOM:
            return _checked("a custom cost")
        return _checked(name_of(CostKind, self._trained_cost.kind))


def _checked(cost: str) -> str:
    if "cross_entropy" not in cost:
        raise StateError(
            f"the network was trained with {cost}: its outputs are quantities, not probabilities",
            Status.ERROR_MISMATCH,
        )
    return cost


def _softmax(y: FloatArray) -> FloatArray:
    powers: FloatArray = np.exp(y - y.max(axis=-1, keepdims=True))
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers
