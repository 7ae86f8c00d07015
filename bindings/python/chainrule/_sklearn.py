"""Networks from scikit-learn's multi-layer perceptrons, and back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from ._errors import ArgumentTypeError
from ._exchange import as_float32, package, refused, set_tensors, tensors_of
from ._network import Network

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._layers import Layer

# scikit-learn's names for σ. "exp" is the output of a Poisson regression.
_HIDDEN = {"identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
_OUTPUT = {"identity": "identity", "logistic": "sigmoid", "softmax": "softmax", "exp": "exponential"}


def from_sklearn(model: Any, *, logits: bool = False) -> Network:
    """A built network that computes what a fitted MLPClassifier or MLPRegressor does.

    Parameters
    ----------
    model
        A fitted MLPClassifier or MLPRegressor, of sklearn.neural_network or of chainrule.sklearn, or a
        sklearn.pipeline.Pipeline that ends in one. Before it a pipeline may have StandardScaler, MinMaxScaler and
        MaxAbsScaler: they are folded into the first layer's weights.
    logits
        Whether to leave out a classifier's last sigmoid or softmax. To train on, take the logits, with the cost
        "cross_entropy", or "binary_cross_entropy_logits" for one output or several labels.

    Returns
    -------
    Network
        A network with a dense layer for each of the model's, named "0", "1", …: (rows, features) in, (rows, outputs)
        out. The outputs are predict_proba() of several classes or labels, in the order of model.classes_; of two
        classes the second column alone; of a regression predict(). Rounded to float32. A classifier's classes are its
        class_labels, as text.

    Raises
    ------
    ArgumentError
        The model is not fitted, has another step, or numbers too large for float32.

    Examples
    --------
    >>> network = chainrule.from_sklearn(make_pipeline(StandardScaler(), MLPClassifier()).fit(x, labels))
    >>> probabilities = network.predict(x)
    """
    scalers, mlp = _steps(model)
    if not hasattr(mlp, "coefs_"):
        raise refused(f"the {type(mlp).__name__} is not fitted")
    output = "identity" if logits and mlp.out_activation_ in ("logistic", "softmax") else _OUTPUT[mlp.out_activation_]
    factor, offset = _scaling(scalers, mlp.coefs_[0].shape[0])
    network, tensors = Network(mlp.coefs_[0].shape[0]), {}
    for place, (coefficients, intercepts) in enumerate(zip(mlp.coefs_, mlp.intercepts_)):
        weight, bias = coefficients.T.astype(np.float64), intercepts.astype(np.float64)
        if place == 0:
            # W (factor ⊙ x + offset) + b
            with np.errstate(invalid="ignore"):  # as of infinite weights
                weight, bias = weight * factor, bias + weight @ offset
        is_last = place == len(mlp.coefs_) - 1
        network.add_dense(len(bias), output if is_last else _HIDDEN[mlp.activation])
        tensors[f"{place}.weight"] = as_float32(weight, f"coefs_[{place}]")
        tensors[f"{place}.bias"] = as_float32(bias, f"intercepts_[{place}]")
    network.build()
    set_tensors(network, tensors)
    if hasattr(mlp, "classes_"):
        network.class_labels = mlp.classes_
    return network


def _steps(model: Any) -> tuple[list[Any], Any]:
    """A pipeline's scalers, and its perceptron."""
    neural, pipelines = package("sklearn.neural_network", "sklearn"), package("sklearn.pipeline", "sklearn")
    steps = [model]
    if isinstance(model, pipelines.Pipeline):
        steps = [step for _, step in model.steps if step is not None and step != "passthrough"]
    # Whoever has one of ours has imported their module.
    ours: Any = sys.modules.get(f"{__package__}.sklearn", neural)
    kinds = (neural.MLPClassifier, neural.MLPRegressor, ours.MLPClassifier, ours.MLPRegressor)
    if not steps or not isinstance(steps[-1], kinds):
        given = type(steps[-1]).__name__ if steps else "nothing"
        raise ArgumentTypeError(
            f"model must be an MLPClassifier, an MLPRegressor or a Pipeline that ends in one, not {given}"
        )
    return steps[:-1], steps[-1]


def _scaling(scalers: list[Any], features: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The factor and the offset of each feature by which all scalers together change x."""
    factor, offset = np.ones(features), np.zeros(features)
    for scaler in scalers:
        kind = type(scaler).__name__
        if kind not in ("StandardScaler", "MinMaxScaler", "MaxAbsScaler"):
            raise refused(
                f"the pipeline has a {kind} before the perceptron; "
                "only StandardScaler, MinMaxScaler and MaxAbsScaler can be folded into weights"
            )
        if not hasattr(scaler, "scale_"):
            raise refused(f"the {kind} is not fitted")
        if getattr(scaler, "clip", False):
            raise refused(f"the {kind} clips: that cannot be folded into weights")
        if scaler.n_features_in_ != features:
            raise refused(f"the {kind} has {scaler.n_features_in_} features, the perceptron {features}")
        if kind == "MinMaxScaler":
            factor, offset = factor * scaler.scale_, offset * scaler.scale_ + scaler.min_
            continue
        # Either can be switched off: then it is None.
        mean = getattr(scaler, "mean_", None) if getattr(scaler, "with_mean", False) else None
        divisor = 1.0 if scaler.scale_ is None else scaler.scale_
        factor, offset = factor / divisor, (offset - (0.0 if mean is None else mean)) / divisor
    return factor, offset


def to_sklearn(network: Network, classes: npt.ArrayLike | None = None, *, multilabel: bool = False) -> Any:
    """A fitted scikit-learn estimator that predicts what a network of dense layers does.

    The network is a chain of dense layers and activations on (rows, inputs); all hidden layers have one activation:
    identity, sigmoid, tanh or relu. Dropout and noise are left out. The estimator can be scored, put into pipelines,
    pickled and trained on by partial_fit().

    Parameters
    ----------
    network
        Built.
    classes
        Makes an MLPClassifier: the class or label of each output, ascending, as scikit-learn sorts them; two classes
        for a network with one output. None: an MLPRegressor, whose output has no activation.
    multilabel
        Whether each output is a label of its own, with a sigmoid. Otherwise one of the classes holds.

    Returns
    -------
    MLPClassifier or MLPRegressor
        An MLPClassifier, to whose predict_proba() the outputs correspond, be they logits or probabilities; or an
        MLPRegressor, to whose predict().

    Raises
    ------
    ArgumentError
        The network has other layers, or its outputs do not fit the classes.
    """
    neural = package("sklearn.neural_network", "sklearn")
    weights, activations = _chain(network)
    hidden = set(activations[:-1]) or {"relu"}
    if len(hidden) > 1 or not hidden <= set(_HIDDEN.values()):
        raise refused(f"the hidden activations are {sorted(hidden)}; scikit-learn has one of {list(_HIDDEN.values())}")
    how = {
        "hidden_layer_sizes": tuple(len(bias) for _, bias in weights[:-1]),
        "activation": next(name for name, ours in _HIDDEN.items() if ours in hidden),
    }
    outputs = network.outputs
    if classes is not None and outputs == 2 and not multilabel and activations[-1] in ("identity", "softmax"):
        # scikit-learn has one output for two classes: σ of the difference is the softmax of the two.
        weight, bias = weights[-1]
        weights[-1], activations[-1], outputs = (weight[1:] - weight[:1], bias[1:] - bias[:1]), "sigmoid", 1
    if classes is None:
        if activations[-1] != "identity":
            raise refused(f"the outputs have the activation {activations[-1]!r}: give classes")
        estimator, output = neural.MLPRegressor(**how), "identity"
    else:
        estimator = neural.MLPClassifier(**how)
        output = "logistic" if multilabel or outputs == 1 else "softmax"
        if activations[-1] not in ("identity", _OUTPUT[output]):
            raise refused(f"the outputs have the activation {activations[-1]!r}, not identity or {_OUTPUT[output]!r}")
        estimator._label_binarizer = _binarizer(np.asarray(classes), outputs, multilabel)
        estimator.classes_ = estimator._label_binarizer.classes_
    estimator.coefs_ = [weight.T for weight, _ in weights]
    estimator.intercepts_ = [bias for _, bias in weights]
    estimator.n_features_in_, estimator.n_outputs_ = network.inputs, outputs
    estimator.n_layers_ = len(weights) + 1
    estimator.out_activation_ = output
    # What training on begins with.
    estimator.n_iter_ = estimator.t_ = estimator._no_improvement_count = 0
    estimator.loss_curve_, estimator.best_loss_ = [], np.inf
    return estimator


def _binarizer(classes: npt.NDArray[Any], outputs: int, multilabel: bool) -> Any:
    """What turns the outputs' probabilities into classes."""
    binarizer = package("sklearn.preprocessing", "sklearn").LabelBinarizer()
    needed = 2 if outputs == 1 and not multilabel else outputs
    if classes.shape != (needed,):
        raise refused(f"classes has the shape {classes.shape}; {outputs} outputs need ({needed},)")
    if multilabel:
        if not np.array_equal(classes, np.arange(outputs)):
            raise refused(f"scikit-learn numbers labels: classes must be 0 to {outputs - 1}")
        # Rows of an indicator: none of the labels, and all.
        return binarizer.fit(np.stack([np.zeros(outputs, int), np.ones(outputs, int)]))
    if not np.array_equal(classes, np.unique(classes)):
        raise refused("classes must be different and ascend, as scikit-learn sorts them")
    return binarizer.fit(classes)


def _chain(network: Network) -> tuple[list[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]], list[str]]:
    """Each dense layer's weight and bias, and the activation after it."""
    tensors = tensors_of(network)
    weights: list[tuple[Any, Any]] = []
    activations: list[str] = []
    before = "input"
    for layer in network.layers:
        _expect_in_chain(layer, before)
        before = layer.name
        if layer.kind == "dense":
            weight = np.float64(tensors[f"{layer.name}.weight"])
            bias = np.float64(tensors[f"{layer.name}.bias"]) if layer.bias else np.zeros(layer.units)
            weights.append((weight, bias))
            activations.append(str(layer.activation))
        elif layer.kind == "activation":
            if not activations or activations[-1] != "identity":
                raise refused(f"the activation {layer.name!r} does not follow a dense layer without one")
            activations[-1] = str(layer.activation)
    if not weights:
        raise refused("the network has no dense layer")
    return weights, activations


def _expect_in_chain(layer: Layer, before: str) -> None:
    if layer.kind not in ("dense", "activation", "dropout", "noise") or len(layer.shape) != 1:
        raise refused(f"the layer {layer.name!r} is a {layer.kind} {layer.shape}; scikit-learn has dense layers only")
    if layer.inputs != (before,):
        raise refused(f"the layer {layer.name!r} reads {', '.join(layer.inputs)}; scikit-learn has chains only")
