"""ONNX models of scikit-learn's, as skl2onnx writes them, beside ONNX Runtime."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import chainrule

pytest.importorskip("onnx", reason="Tools/setup-python installs onnx")
pytest.importorskip("onnxruntime", reason="Tools/setup-python installs onnxruntime")
pytest.importorskip("skl2onnx", reason="Tools/setup-python installs skl2onnx")
import onnx
import onnx.helper
import onnx.numpy_helper
import onnxruntime
import skl2onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    Perceptron,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import LinearSVC

RNG = np.random.default_rng(41)
X = RNG.normal(size=(60, 5)).astype(np.float32)
SCORES = X @ RNG.normal(size=(5, 3)) + 0.3 * RNG.normal(size=(60, 3))
THREE = SCORES.argmax(axis=1)
TWO = (SCORES[:, 0] > 0).astype(int)
NAMES = np.array(["ash", "böök", "cat"])[THREE]
SEVERAL = (SCORES > 0).astype(int)
OUTSIDE = np.concatenate([3 * RNG.normal(size=(40, 5)), np.zeros((1, 5))]).astype(np.float32)


def exported(estimator: Any, types: Any = None, **options: Any) -> bytes:
    """A fitted estimator as a model."""
    given = {id(estimator): options} if options else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        types = types or [("x", FloatTensorType([None, 5]))]
        return skl2onnx.to_onnx(estimator, initial_types=types, options=given).SerializeToString()


def fitted(estimator: Any, targets: np.ndarray) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator.fit(X, targets)


def outputs(model: bytes, inputs: dict[str, np.ndarray]) -> dict[str, Any]:
    """What ONNX Runtime makes of inputs: by names of outputs."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, inputs)))


def compare(model: bytes, x: np.ndarray = OUTSIDE) -> tuple[chainrule.Network, dict[str, Any]]:
    """Checks the outputs but labels: all that the network has."""
    network = chainrule.load_onnx(model)
    wanted = outputs(model, {"x": x})
    y, first = network.predict(x), 0
    for tensor in network.onnx_outputs:
        value = wanted[tensor.name]
        if isinstance(value, list):  # of mappings
            value = np.array([list(row.values()) for row in value], np.float32)
        value = value.reshape(len(x), -1)
        part = y[:, first : first + value.shape[1]]
        np.testing.assert_allclose(part, value, rtol=1e-5, atol=1e-5 * np.abs(value).max())
        first += value.shape[1]
    assert first == y.shape[1] > 0
    return network, wanted


def check_labels(network: chainrule.Network, wanted: dict[str, Any], x: np.ndarray = OUTSIDE) -> None:
    """The label that the model gives is that of the largest output."""
    assert network.class_labels is not None
    y = network.predict(x)
    # A single score is above 0 for the second class.
    labels = np.array(network.class_labels)[y.argmax(axis=1) if y.shape[1] > 1 else (y[:, 0] > 0).astype(int)]
    (own,) = [value for name, value in wanted.items() if "label" in name]
    assert labels.tolist() == [str(label) for label in own]


LINEAR = {
    "logistic": LogisticRegression(),
    "ridge": RidgeClassifier(),
    "sgd": SGDClassifier(loss="log_loss", random_state=1),
    "hinge": SGDClassifier(random_state=1),
    "huber": SGDClassifier(loss="modified_huber", random_state=1),
    "perceptron": Perceptron(random_state=1),
    "rest": OneVsRestClassifier(LogisticRegression()),
    "layers": MLPClassifier(hidden_layer_sizes=(4,), random_state=1, max_iter=30),
}


@pytest.mark.parametrize("targets", [TWO, THREE, NAMES, NAMES[NAMES != "ash"]], ids=["two", "three", "names", "pair"])
@pytest.mark.parametrize("name", LINEAR)
def test_classifiers(name: str, targets: np.ndarray) -> None:
    rows = np.arange(60) if len(targets) == 60 else np.flatnonzero(NAMES != "ash")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = exported(LINEAR[name].fit(X[rows], targets), zipmap=False)
    network, wanted = compare(model)
    assert network.class_labels == [str(label) for label in np.unique(targets)]
    check_labels(network, wanted)


@pytest.mark.parametrize("zipmap", [True, False, "columns"])
@pytest.mark.parametrize("targets", [TWO, THREE, NAMES], ids=["two", "three", "names"])
def test_forms_of_probabilities(targets: np.ndarray, zipmap: object) -> None:
    network, wanted = compare(exported(fitted(LogisticRegression(), targets), zipmap=zipmap))
    check_labels(network, wanted)
    assert "label" not in " ".join(tensor.name for tensor in network.onnx_outputs)


@pytest.mark.parametrize("targets", [TWO, THREE], ids=["two", "three"])
def test_raw_scores(targets: np.ndarray) -> None:
    network, wanted = compare(exported(fitted(LogisticRegression(), targets), zipmap=False, raw_scores=True))
    check_labels(network, wanted)


def test_support_vectors() -> None:
    network, wanted = compare(exported(fitted(LinearSVC(random_state=1), THREE)))
    check_labels(network, wanted)
    network, wanted = compare(exported(fitted(LinearSVC(random_state=1), TWO)))
    assert network.predict(OUTSIDE).shape[1] == 1
    assert network.class_labels == ["0", "1"]
    check_labels(network, wanted)


def test_several_labels_at_once() -> None:
    estimator = MLPClassifier(hidden_layer_sizes=(4,), random_state=1, max_iter=30)
    network, _ = compare(exported(fitted(estimator, SEVERAL), zipmap=False))
    assert network.class_labels is None


@pytest.mark.parametrize(
    "estimator",
    [LinearRegression(), Ridge(), MLPRegressor(hidden_layer_sizes=(4,), activation="tanh", max_iter=30)],
    ids=["linear", "ridge", "layers"],
)
@pytest.mark.parametrize("targets", [SCORES[:, 0], SCORES], ids=["one", "three"])
def test_regressors(estimator: Any, targets: np.ndarray) -> None:
    compare(exported(fitted(estimator, targets)))


@pytest.mark.parametrize(
    "scaler",
    [
        StandardScaler(),
        StandardScaler(with_mean=False),
        MinMaxScaler(),
        MinMaxScaler(clip=True),
        MaxAbsScaler(),
        RobustScaler(),
        Normalizer("l1"),
        Normalizer("l2"),
        Normalizer("max"),
        PolynomialFeatures(2),
        PolynomialFeatures(3, interaction_only=True, include_bias=False),
    ],
    ids=str,
)
def test_pipelines(scaler: Any) -> None:
    compare(exported(fitted(make_pipeline(scaler, Ridge()), SCORES[:, 0])))
    network, wanted = compare(exported(fitted(make_pipeline(scaler, LogisticRegression()), THREE)))
    check_labels(network, wanted)


@pytest.mark.parametrize("norm", ["l1", "l2", "max"])
def test_norms(norm: str) -> None:
    # A row of zeros, one without numbers above 0, and one whose largest is 0.
    x = np.float32([[0, 0, 0, 0, 0], [-1, -2, -3, -1, -5], [-1, 0, -3, 0, -2], [1e-30, 0, 0, 0, 0], [3, -4, 1, 2, 7]])
    compare(exported(fitted(Normalizer(norm), THREE)), x)


def test_several_inputs() -> None:
    columns = ["a", "b", "c"]
    transformer = ColumnTransformer([("scaled", StandardScaler(), [0, 2]), ("norm", MaxAbsScaler(), [1])])
    estimator = make_pipeline(transformer, LogisticRegression()).fit(X[:, :3], THREE)
    model = exported(estimator, [(name, FloatTensorType([None, 1])) for name in columns], zipmap=False)
    wanted = outputs(model, {name: X[:, i : i + 1] for i, name in enumerate(columns)})
    network = chainrule.load_onnx(model)
    assert [tensor.name for tensor in network.onnx_inputs] == columns
    np.testing.assert_allclose(network.predict(X[:, :3]), wanted["probabilities"], rtol=1e-5, atol=1e-6)


def test_integers_are_read_as_floats() -> None:
    x = RNG.integers(-5, 6, (20, 5))
    model = exported(
        fitted(make_pipeline(StandardScaler(), Ridge()), SCORES[:, 0]), [("x", Int64TensorType([None, 5]))]
    )
    wanted = outputs(model, {"x": x})["variable"]
    np.testing.assert_allclose(chainrule.load_onnx(model).predict(x), wanted, rtol=1e-5, atol=1e-5)


def test_it_trains_on() -> None:
    network = chainrule.load_onnx(exported(fitted(LogisticRegression(), THREE), zipmap=False, raw_scores=True))
    before = network.evaluate(X, THREE, cost="cross_entropy").cost
    network.fit(X, THREE, cost="cross_entropy", epochs=20, seed=1)
    assert network.evaluate(X, THREE, cost="cross_entropy").cost < before
    assert chainrule.Network.from_bytes(network.to_bytes()).class_labels == ["0", "1", "2"]


def graph(nodes: list[Any], columns: object = 2, learned: int = 3, opset: int = 17, **constants: Any) -> bytes:
    """A model of nodes from "x" to "y"."""
    tensors = [
        onnx.helper.make_tensor(name, onnx.TensorProto.STRING, [len(value)], value)
        if isinstance(value, list)
        else onnx.numpy_helper.from_array(np.asarray(value), name)
        for name, value in constants.items()
    ]
    x = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["N", columns])
    y = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)
    made = onnx.helper.make_graph(nodes, "graph", [x], [y], tensors)
    opsets = [onnx.helper.make_opsetid("", opset), onnx.helper.make_opsetid("ai.onnx.ml", learned)]
    return onnx.helper.make_model(made, opset_imports=opsets, ir_version=8).SerializeToString()


def learned(operator: str, inputs: Any = "x", outputs: Any = "y", **attributes: Any) -> Any:
    return onnx.helper.make_node(operator, inputs, outputs, domain="ai.onnx.ml", **attributes)


def classifier(**changes: Any) -> Any:
    settings = {"coefficients": [1.0, 0.5, -1, -0.5], "intercepts": [0.25, -0.25], "classlabels_ints": [0, 1]}
    return learned("LinearClassifier", "x", ["l", "y"], **{k: v for k, v in {**settings, **changes}.items() if v})


LARGEST = [onnx.helper.make_node("ArgMax", "x", "i", axis=1), learned("ArrayFeatureExtractor", ["c", "i"], "y")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            graph([learned("TreeEnsembleRegressor")]),
            r"'y' \(TreeEnsembleRegressor, opset 3\): the operator is not supported",
        ),
        (graph([learned("Relu")]), "the operator is not supported"),
        (graph([onnx.helper.make_node("Scaler", "x", "y")]), "the operator is not supported"),
        (
            graph([learned("Scaler", scale=[1.0, 2], offset=[0.0, 0])], learned=9),
            "ai.onnx.ml is 9; this library reads 1 to 5",
        ),
        (graph([learned("Scaler", scale=[1.0, 2, 3], offset=[0.0])]), "scale has 3 numbers; the table has 2 columns"),
        (graph([learned("Scaler", scale=[1.0])]), "offset has 0 numbers"),
        (graph([learned("Normalizer", norm="L3")]), "the norm L3 is not supported"),
        (graph([learned("LinearRegressor", coefficients=[1.0])]), "1 coefficients and 0 intercepts for 1 rows"),
        (graph([learned("LinearRegressor")]), "0 coefficients"),
        (graph([learned("LinearRegressor", coefficients=[1.0, 2], targets=-1)]), "for -1 rows"),
        (graph([learned("LinearRegressor", coefficients=[1.0, 2], targets=1 << 62)]), "coefficients"),
        (graph([learned("LinearRegressor", coefficients=[1.0, 2], intercepts=[1.0] * 3)]), "3 intercepts for 1 rows"),
        (
            graph([learned("LinearRegressor", coefficients=[1.0, 2], post_transform="LOGISTIC")]),
            "post_transform with one",
        ),
        (graph([classifier(post_transform="PROBIT")]), "post_transform PROBIT is not supported"),
        (graph([classifier(post_transform="SOFTMAX_ZERO")]), "post_transform SOFTMAX_ZERO is not supported"),
        (graph([classifier(post_transform="HARD")]), "post_transform HARD is not supported"),
        (graph([classifier(intercepts=None)]), "2 labels and 0 intercepts"),
        (graph([classifier(classlabels_ints=None)]), "it has 0 labels"),
        (graph([classifier(classlabels_ints=[1, 2, 3])]), "3 labels and 2 intercepts"),
        (graph([classifier(classlabels_ints=None, classlabels_strings=["a", b"\xff"])]), "class label 1 is no UTF-8"),
        (graph([classifier(classlabels_ints=None, classlabels_strings=["a", "b" * 256])]), "more than 255 bytes"),
        (graph([classifier(classlabels_ints=None, classlabels_strings=["a\0b", "b"])]), "holds a zero byte"),
        (graph([classifier(coefficients=[1.0, 2], intercepts=[1.0])]), "one row of coefficients"),
        (
            graph(
                [
                    learned(
                        "LinearClassifier",
                        "x",
                        ["y", "s"],
                        coefficients=[1.0] * 4,
                        intercepts=[0.0] * 2,
                        classlabels_ints=[0, 1],
                    )
                ]
            ),
            "'y': it is text or a label",
        ),
        (graph([learned("ZipMap", classlabels_int64s=[1, 2, 3])]), "3 labels; the table has 2 columns"),
        (graph([learned("ZipMap")]), "it has 0 labels"),
        (graph(LARGEST, c=np.int64([3, 4])), "'y': it is text or a label"),
        (graph(LARGEST, c=["a", "b"]), "'y': it is text or a label"),
        (graph([learned("ArrayFeatureExtractor", ["c", "x"])], c=["a", "b"]), "not the place of a maximum"),
        (graph([learned("ArrayFeatureExtractor", ["x", "i"])], i=np.int64([2])), "the index 2 is not among 2"),
        (graph([learned("ArrayFeatureExtractor", ["x", "i"])], i=["a"]), "its input 1 is text"),
        (graph([learned("LabelEncoder", keys_floats=[1.0], values_floats=[2.0])]), "it reads no label of a classifier"),
        (graph([onnx.helper.make_node("Add", ["x", "c"], "y")], c=["a", "b"]), "its input 1 is text"),
        (graph([onnx.helper.make_node("Relu", "c", "y")], c=["a", "b"]), "its input 0 is text"),
        (graph([onnx.helper.make_node("ReduceProd", "x", "y", axes=[1])], columns=65), "a product of 65 elements"),
        (
            graph([onnx.helper.make_node("ReduceProd", "x", "y")]),
            "whose? rows|axis 0, which is the batch's|no fixed length",
        ),
        (graph([onnx.helper.make_node("Not", "x", "y")]), "it reads floats"),
    ],
    ids=str,
)
def test_what_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(chainrule.ChainruleError, match=message):
        chainrule.load_onnx(content)


def test_texts_of_the_wrong_number() -> None:
    text = onnx.helper.make_tensor("c", onnx.TensorProto.STRING, [2], ["a", "b"])
    content = graph([learned("ArrayFeatureExtractor", ["c", "x"])], c=["a", "b"])
    damaged = content.replace(text.SerializeToString(), text.SerializeToString().replace(b"\x08\x02", b"\x08\x09", 1))
    assert damaged != content
    with pytest.raises(chainrule.FileFormatError, match="it has 2 of 9 texts"):
        chainrule.load_onnx(damaged)


def test_labels_are_renamed() -> None:
    nodes = [
        learned(
            "LinearClassifier",
            "x",
            ["l", "s"],
            coefficients=[1.0, 2, 3, 4],
            intercepts=[0.0, 1],
            classlabels_ints=[7, 9],
        ),
        learned("LabelEncoder", "l", "n", keys_int64s=[9, 7], values_strings=["nine", "seven"]),
        onnx.helper.make_node("Identity", "s", "y"),
    ]
    model = onnx.load_from_string(graph(nodes))
    model.graph.output.insert(0, onnx.helper.make_tensor_value_info("n", onnx.TensorProto.STRING, None))
    network = chainrule.load_onnx(model.SerializeToString())
    assert network.class_labels == ["seven", "nine"]
    assert [tensor.name for tensor in network.onnx_outputs] == ["y"]


def test_one_row_of_coefficients() -> None:
    row = classifier(coefficients=[1.0, 0.5], intercepts=[0.25], post_transform="LOGISTIC")
    network, _ = compare(graph([row]), OUTSIDE[:, :2])
    assert network.class_labels == ["0", "1"]


LABEL_OF_X = [
    onnx.helper.make_node("ArgMax", ["x"], ["place"], axis=1, keepdims=0),
    onnx.helper.make_node("ArrayFeatureExtractor", ["names", "place"], ["label"], domain="ai.onnx.ml"),
]


def labelled(last: Any, **constants: Any) -> bytes:
    """A model of a label of x, and of y."""
    model = onnx.load_from_string(graph([*LABEL_OF_X, last], columns=3, names=np.int64([[5, 6, 7]]), **constants))
    model.graph.output.insert(0, onnx.helper.make_tensor_value_info("label", onnx.TensorProto.INT64, None))
    return model.SerializeToString()


def test_a_label_of_x_itself() -> None:
    """The layers that gave the label are left out with it, also where y is x."""
    network = chainrule.load_onnx(labelled(onnx.helper.make_node("Identity", ["x"], ["y"])))
    assert network.class_labels == ["5", "6", "7"]
    np.testing.assert_array_equal(network.predict(OUTSIDE[:, :3]), OUTSIDE[:, :3])


@pytest.mark.parametrize("operator", ["Neg", "Gather"])
def test_no_labels_of_other_scores(operator: str) -> None:
    """Y turned round, or in another order."""
    inputs, more = (["x"], {}) if operator == "Neg" else (["x", "order"], {"axis": 1})
    last = onnx.helper.make_node(operator, inputs, ["y"], **more)
    assert chainrule.load_onnx(labelled(last, order=np.int64([2, 0, 1]))).class_labels is None


def test_no_labels_of_scores_divided_by_what_may_be_negative() -> None:
    network, _ = compare(exported(fitted(OneVsRestClassifier(LinearSVC()), THREE), zipmap=False))
    assert network.class_labels is None
