"""Every kind of wrong argument: the exception's class, and that the text helps. Nothing may change."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse

import chainrule
from chainrule import ArgumentError, NotFiniteError, StateError

Use = Callable[[chainrule.Network], Any]
X = np.linspace(-1, 1, 32, dtype=np.float32).reshape(8, 4)
LABELS = np.arange(8) % 3
VALUES = np.zeros((8, 3), np.float32)
NAN = np.float32("nan")


def spoiled(array: np.ndarray, value: float) -> np.ndarray:
    copy = array.astype(np.float32)
    copy.flat[5] = value
    return copy


WRONG: dict[str, tuple[Use, type[Exception], str]] = {
    # shapes
    "x too wide": (lambda n: n.predict(np.zeros((8, 5))), ArgumentError, r"x has shape \(8, 5\).*\(rows, 4\)"),
    "x too narrow": (lambda n: n.predict(np.zeros(3)), ArgumentError, r"x has shape \(3,\)"),
    "x of three dimensions": (lambda n: n.predict(np.zeros((2, 2, 4))), ArgumentError, "x has shape"),
    "x a number": (lambda n: n.predict(1.0), ArgumentError, "x has shape"),
    "x without rows": (lambda n: n.value_and_grad(np.zeros((0, 4)), LABELS[:0]), ArgumentError, "x_rows is 0"),
    "x None": (lambda n: n.predict(None), TypeError, "x has the dtype object"),
    "x of text": (lambda n: n.predict("abcd"), TypeError, "x has the dtype <U4"),
    "x an array of text": (lambda n: n.predict(np.array([list("abcd")])), TypeError, "x has the dtype <U1"),
    "x complex": (lambda n: n.predict(np.zeros(4, complex)), TypeError, "x has the dtype complex128"),
    "x of objects": (lambda n: n.predict(X.astype(object)), TypeError, "x has the dtype object; numbers are needed"),
    "x of dates": (lambda n: n.predict(X.astype("m8[s]")), TypeError, "x has the dtype timedelta"),
    "x ragged": (lambda n: n.predict([[1, 2, 3, 4], [1, 2]]), ArgumentError, "x is no array: .*inhomogeneous"),
    "x masked": (lambda n: n.predict(np.ma.masked_less(X, 0)), TypeError, "x is a masked array; fill"),
    "x sparse": (lambda n: n.predict(scipy.sparse.csr_matrix(X)), TypeError, r"x is a sparse matrix .*x.toarray\(\)"),
    "targets masked": (
        lambda n: n.value_and_grad(X, np.ma.masked_equal(LABELS, 2)),
        TypeError,
        "targets is a masked array",
    ),
    "targets sparse": (
        lambda n: n.fit(X, scipy.sparse.eye(8, 3, format="csr")),
        TypeError,
        "targets is a sparse matrix",
    ),
    "targets of objects": (
        lambda n: n.fit(X, LABELS.astype(object)),
        TypeError,
        "targets has the dtype object",
    ),
    "targets of text": (lambda n: n.evaluate(X, np.array(list("abcabcab"))), TypeError, "targets has the dtype <U1"),
    "weights masked": (
        lambda n: n.fit(X, LABELS, sample_weight=np.ma.masked_less(np.arange(8), 3)),
        TypeError,
        "sample_weight is a masked array",
    ),
    "class weights masked": (
        lambda n: n.fit(X, LABELS, class_weight=np.ma.masked_less(np.arange(3), 1)),
        TypeError,
        "class_weight is a masked array",
    ),
    "a vector of objects": (
        lambda n: n.hessian_product(X, LABELS, n.parameters.astype(object)),
        TypeError,
        "vector has the dtype object",
    ),
    "x masked of cascade": (
        lambda n: chainrule.Network.cascade(np.ma.masked_less(X, 0), LABELS),
        TypeError,
        "x is a masked array",
    ),
    "y masked": (lambda n: chainrule.cost(np.ma.masked_less(X, 0), X, "huber"), TypeError, "y is a masked array"),
    "x masked of a data source": (
        lambda n: n.fit(chainrule.DataSource(lambda request: (np.ma.masked_less(X, 0), LABELS))),
        TypeError,
        "the data source's x is a masked array",
    ),
    "targets too wide": (
        lambda n: n.value_and_grad(X, np.zeros((8, 4)), "huber"),
        ArgumentError,
        r"targets has shape \(8, 4\)",
    ),
    "too few targets": (
        lambda n: n.value_and_grad(X, VALUES[:7], "huber"),
        ArgumentError,
        r"shape \(7, 3\) and dtype float32; it must be \(8, 3\)",
    ),
    "too few classes": (lambda n: n.value_and_grad(X, LABELS[:7]), ArgumentError, "7 class indices for 8 rows"),
    "flat targets": (
        lambda n: n.value_and_grad(X, np.zeros(8), "huber"),
        ArgumentError,
        r"targets has shape \(8,\) and dtype float64; it must be \(8, 3\)",
    ),
    "classes as floats": (
        lambda n: n.value_and_grad(X, LABELS.astype(float)),
        ArgumentError,
        "dtype float64; give integer class",
    ),
    "classes for another cost": (lambda n: n.value_and_grad(X, LABELS, "huber"), ArgumentError, "targets has shape"),
    "no targets": (lambda n: n.value_and_grad(X, None), TypeError, "targets may be None for a custom cost only"),
    "too few weights": (
        lambda n: n.value_and_grad(X, LABELS, sample_weight=np.ones(7)),
        ArgumentError,
        r"sample_weight has shape \(7,\)",
    ),
    "gradient too short": (
        lambda n: n.value_and_grad(X, LABELS, out=np.empty(42, np.float32)),
        ArgumentError,
        r"shape \(43,\)",
    ),
    "gradient of float64": (lambda n: n.value_and_grad(X, LABELS, out=np.empty(43)), ArgumentError, "float32"),
    "gradient with a stride": (
        lambda n: n.value_and_grad(X, LABELS, out=np.empty(86, np.float32)[::2]),
        ArgumentError,
        "contiguous",
    ),
    "gradient read-only": (
        lambda n: n.value_and_grad(X, LABELS, out=np.broadcast_to(np.float32(0), 43)),
        ArgumentError,
        "writable",
    ),
    "vector to unflatten": (lambda n: n.unflatten(np.zeros(42)), ArgumentError, r"\(42,\); it must be \(43,\)"),
    "step of another length": (
        lambda n: chainrule.Optimizer(n).step(np.zeros(42)),
        ArgumentError,
        r"gradients has shape \(42,\)",
    ),
    "cost of a number": (lambda n: chainrule.cost(1.0, 1.0, "huber"), ArgumentError, "y must be"),
    # targets and weights
    "class too large": (lambda n: n.value_and_grad(X, LABELS + 1), ArgumentError, "3"),
    "class negative": (lambda n: n.value_and_grad(X, LABELS - 1), ArgumentError, "-1"),
    "class beyond 32 bits": (lambda n: n.value_and_grad(X, LABELS + 2**32), ArgumentError, "32 bits"),
    "class beyond 32 bits, unsigned": (
        lambda n: n.value_and_grad(X, LABELS.astype(np.uint64) + np.uint64(2**63)),
        ArgumentError,
        "32 bits",
    ),
    "target NaN": (
        lambda n: n.value_and_grad(X, spoiled(VALUES, NAN), "huber"),
        ArgumentError,
        "row 1, column 2 is nan",
    ),
    "target infinite": (
        lambda n: n.value_and_grad(X, spoiled(VALUES, np.inf), "huber"),
        ArgumentError,
        "row 1, column 2 is inf",
    ),
    "probability above 1": (
        lambda n: n.value_and_grad(X, spoiled(VALUES, 1.5), "binary_cross_entropy_logits"),
        ArgumentError,
        "1.5",
    ),
    "distribution negative": (lambda n: n.value_and_grad(X, spoiled(VALUES, -0.5)), ArgumentError, "-0.5"),
    "weight negative": (
        lambda n: n.value_and_grad(X, LABELS, sample_weight=spoiled(np.ones(8), -1)),
        ArgumentError,
        "row 5 is -1",
    ),
    "weight NaN": (
        lambda n: n.value_and_grad(X, LABELS, sample_weight=spoiled(np.ones(8), NAN)),
        ArgumentError,
        "row 5 is nan",
    ),
    "weights all zero": (lambda n: n.value_and_grad(X, LABELS, sample_weight=np.zeros(8)), ArgumentError, "all 0"),
    # names and numbers
    "unknown cost": (lambda n: n.value_and_grad(X, LABELS, "entropy"), ArgumentError, "'entropy'.*cross_entropy"),
    "cost no string": (lambda n: n.value_and_grad(X, LABELS, 3), TypeError, "cost must be one of the strings"),
    "unknown reduction": (
        lambda n: n.value_and_grad(X, LABELS, chainrule.Cost("huber", "median")),
        ArgumentError,
        "'median'; there are mean, sum",
    ),
    "label_smoothing 1": (
        lambda n: n.fit(X, LABELS, cost=chainrule.Cost("cross_entropy", label_smoothing=1)),
        ArgumentError,
        "label_smoothing is 1",
    ),
    "label_smoothing NaN": (
        lambda n: chainrule.cost(X, X, chainrule.Cost("cross_entropy", label_smoothing=np.nan)),
        ArgumentError,
        "label_smoothing is nan",
    ),
    "huber_delta 0": (
        lambda n: n.value_and_grad(X, VALUES, chainrule.Cost("huber", huber_delta=0)),
        ArgumentError,
        "delta is 0",
    ),
    "unknown optimizer": (lambda n: n.fit(X, LABELS, optimizer="sgd"), ArgumentError, "'sgd'; .*adam"),
    "learning rate NaN": (lambda n: n.fit(X, LABELS, learning_rate=NAN), ArgumentError, "learning rate is nan"),
    "learning rate negative": (
        lambda n: chainrule.Optimizer(n, learning_rate=-1),
        ArgumentError,
        "learning rate is -1",
    ),
    "learning rate set to infinity": (
        lambda n: setattr(chainrule.Optimizer(n), "learning_rate", np.inf),
        ArgumentError,
        "learning rate is inf",
    ),
    "learning rate of text": (
        lambda n: n.fit(X, LABELS, learning_rate="fast"),
        TypeError,
        "learning_rate must be a number, not 'fast'",
    ),
    "learning rate twice": (
        lambda n: n.fit(X, LABELS, optimizer=chainrule.Optimizer(n), learning_rate=0.1),
        TypeError,
        "learning_rate",
    ),
    "momentum 1": (lambda n: chainrule.Optimizer(n, "momentum", momentum=1), ArgumentError, r"momentum .*is 1"),
    "beta1 negative": (lambda n: chainrule.Optimizer(n, beta1=-0.5), ArgumentError, r"beta1 .*is -0.5"),
    "epsilon 0": (lambda n: chainrule.Optimizer(n, epsilon=0), ArgumentError, r"epsilon .*is 0"),
    "momentum of nesterov negative": (
        lambda n: chainrule.Optimizer(n, "nesterov", momentum=-0.5),
        ArgumentError,
        r"momentum of nesterov is -0.5",
    ),
    "beta2 of rmsprop 1": (
        lambda n: chainrule.Optimizer(n, "rmsprop", beta2=1),
        ArgumentError,
        "beta2 of rmsprop is 1",
    ),
    "epsilon of adagrad NaN": (
        lambda n: chainrule.Optimizer(n, "adagrad", epsilon=np.nan),
        ArgumentError,
        "epsilon of adagrad is nan",
    ),
    "weight_decay of adamw negative": (
        lambda n: chainrule.Optimizer(n, "adamw", weight_decay=-0.5),
        ArgumentError,
        "weight_decay is -0.5",
    ),
    "l1 negative": (lambda n: chainrule.Optimizer(n, l1=-0.5), ArgumentError, "l1 is -0.5"),
    "l2 NaN": (lambda n: chainrule.Optimizer(n, l2=np.nan), ArgumentError, "l2 is nan"),
    "max_norm 0": (lambda n: chainrule.Optimizer(n, max_norm=0), ArgumentError, "max_norm is 0"),
    "clip_norm 0": (lambda n: chainrule.Optimizer(n, clip_norm=0), ArgumentError, "clip_norm is 0"),
    "clip_value NaN": (lambda n: chainrule.Optimizer(n, clip_value=np.nan), ArgumentError, "clip_value is nan"),
    "layer unknown": (
        lambda n: chainrule.Optimizer(n).set_layer("nowhere", frozen=True),
        ArgumentError,
        "no layer 'nowhere'",
    ),
    "layer no string": (lambda n: chainrule.Optimizer(n).set_layer(0), TypeError, "string"),
    "learning_rate_factor negative": (
        lambda n: chainrule.Optimizer(n).set_layer("0", learning_rate_factor=-2),
        ArgumentError,
        "learning_rate_factor is -2",
    ),
    "max_norm of a layer 0": (
        lambda n: chainrule.Optimizer(n).set_layer("0", max_norm=0),
        ArgumentError,
        "max_norm is 0",
    ),
    "beta1 of lion 1": (lambda n: chainrule.Optimizer(n, "lion", beta1=1), ArgumentError, "beta1 of lion is 1"),
    "growth of irprop_minus below 1": (
        lambda n: chainrule.Optimizer(n, "irprop_minus", growth=0.5),
        ArgumentError,
        "growth of irprop_minus is 0.5",
    ),
    "shrink of irprop_minus 1": (
        lambda n: chainrule.Optimizer(n, "irprop_minus", shrink=1),
        ArgumentError,
        "shrink of irprop_minus is 1",
    ),
    "min_step above max_step": (
        lambda n: chainrule.Optimizer(n, "irprop_minus", min_step=2, max_step=1),
        ArgumentError,
        "min_step of irprop_minus is 2.*max_step, which is 1",
    ),
    "growth of quickprop 0": (
        lambda n: chainrule.Optimizer(n, "quickprop", growth=0),
        ArgumentError,
        "growth of quickprop is 0",
    ),
    "max_step of quickprop infinite": (
        lambda n: chainrule.Optimizer(n, "quickprop", max_step=np.inf),
        ArgumentError,
        "max_step of quickprop is inf",
    ),
    "dropout 1": (lambda n: chainrule.Network(4).add_dropout(1), ArgumentError, "rate of dropout '0' is 1"),
    "dropout NaN": (lambda n: chainrule.Network(4).add_dropout(np.nan), ArgumentError, "rate of dropout '0' is nan"),
    "noise negative": (lambda n: chainrule.Network(4).add_noise(-1), ArgumentError, "deviation of noise '0' is -1"),
    "dropout in a built network": (lambda n: n.add_dropout(0.5), StateError, "built"),
    "noise seed negative": (lambda n: chainrule.Workspace(n, 4).set_noise(-1), ArgumentError, "seed is -1"),
    "noise step too large": (lambda n: chainrule.Workspace(n, 4).set_noise(1, 2**50), ArgumentError, "step is"),
    "schedule unknown": (lambda n: n.fit(X, LABELS, schedule="linear"), ArgumentError, "unknown schedule 'linear'"),
    "schedule no schedule": (lambda n: n.fit(X, LABELS, schedule=3), TypeError, "schedule must be a Schedule"),
    "schedule step without a period": (lambda n: n.fit(X, LABELS, schedule="step"), ArgumentError, "period .* is 0"),
    "schedule period negative": (
        lambda n: n.fit(X, LABELS, schedule=chainrule.Schedule("cosine", period=-1)),
        ArgumentError,
        "period is -1",
    ),
    "schedule period beyond 64 bits": (
        lambda n: n.fit(X, LABELS, schedule=chainrule.Schedule("cosine", period=2**64)),
        ArgumentError,
        "period",
    ),
    "schedule factor NaN": (
        lambda n: n.fit(X, LABELS, schedule=chainrule.Schedule("exponential", factor=np.nan)),
        ArgumentError,
        "factor .* is nan",
    ),
    "schedule period of the whole run by hand": (
        lambda n: chainrule.Schedule("cosine").rate(1, 0),
        ArgumentError,
        "period",
    ),
    "schedule rate NaN": (
        lambda n: n.fit(X, LABELS, schedule=lambda t, base, cost: np.nan),
        chainrule.CallbackError,
        "learning rate is nan at t = 0",
    ),
    "plateau by formula": (lambda n: chainrule.Schedule("plateau").rate(1, 0), ArgumentError, "more than t"),
    "plateau of another kind": (
        lambda n: chainrule.Plateau(chainrule.Schedule("cosine")).rate(1, 1),
        ArgumentError,
        "'plateau'",
    ),
    "plateau cost NaN": (
        lambda n: chainrule.Plateau(chainrule.Schedule("plateau")).rate(1, np.nan),
        NotFiniteError,
        "cost .* is nan",
    ),
    "epochs 0": (lambda n: n.fit(X, LABELS, epochs=0), ArgumentError, "epochs is 0"),
    "epochs negative": (lambda n: n.fit(X, LABELS, epochs=-1), ArgumentError, "epochs is -1"),
    "epochs a fraction": (lambda n: n.fit(X, LABELS, epochs=1.5), TypeError, "epochs must be an integer, not 1.5"),
    "batch_size 0": (lambda n: n.fit(X, LABELS, batch_size=0), ArgumentError, "batch size is 0"),
    "threads negative": (lambda n: n.fit(X, LABELS, threads=-1), ArgumentError, "threads is -1"),
    "threads too many": (lambda n: n.fit(X, LABELS, threads=1025), ArgumentError, "threads is 1025"),
    "seed negative": (lambda n: n.fit(X, LABELS, seed=-1), ArgumentError, "seed is -1"),
    "seed beyond 64 bits": (lambda n: chainrule.Network(1).add_dense(1).build(2**64), ArgumentError, "seed"),
    "validation_data too wide": (
        lambda n: n.fit(X, LABELS, validation_data=(np.zeros((8, 5)), LABELS)),
        ArgumentError,
        "validation_data: x has shape",
    ),
    "validation class too large": (
        lambda n: n.fit(X, LABELS, validation_data=(X, LABELS + 1)),
        ArgumentError,
        "3",
    ),
    # what is trained on
    "x NaN in fit": (lambda n: n.fit(spoiled(X, NAN), LABELS), NotFiniteError, "nan at row 1, column 1"),
    "x infinite in fit": (lambda n: n.fit(spoiled(X, np.inf), LABELS), NotFiniteError, "inf at row 1, column 1"),
    "gradient NaN in step": (
        lambda n: chainrule.Optimizer(n).step(spoiled(np.zeros(43), NAN)),
        NotFiniteError,
        r"gradient of 0.weight\[1, 1\] is nan",
    ),
    # state
    "add to a built network": (lambda n: n.add_dense(2), StateError, "built"),
    "build twice": (lambda n: n.build(), StateError, "already built"),
    "optimizer of another network": (
        lambda n: n.fit(X, LABELS, optimizer=chainrule.Optimizer(chainrule.Network(4).add_dense(3).build())),
        StateError,
        "another network",
    ),
    "backward before forward": (lambda n: chainrule.Workspace(n, 8).backward(VALUES), StateError, "8 rows"),
    "workspace without rows": (lambda n: chainrule.Workspace(n, 0), ArgumentError, "0"),
    "workspace too small": (lambda n: chainrule.Workspace(n, 7).forward(X), ArgumentError, "8 rows"),
    "workspace absurdly large": (lambda n: chainrule.Workspace(n, 2**62), (ArgumentError, MemoryError), "overflow"),
    "unknown layer": (lambda n: forwarded(n).z("nowhere"), ArgumentError, "nowhere"),
    "layer index out of range": (lambda n: forwarded(n).z(2), IndexError, "index out of range"),
    "layer a fraction": (lambda n: forwarded(n).z(0.5), TypeError, "layer must be a name or an index, not 0.5"),
    "delta before backward": (lambda n: forwarded(n).delta(0), StateError, "delta of layer '0'"),
}


def forwarded(network: chainrule.Network) -> chainrule.Workspace:
    workspace = chainrule.Workspace(network, 8)
    workspace.forward(X)
    return workspace


@pytest.mark.parametrize("case", WRONG)
def test_using_a_network_wrongly(network: chainrule.Network, case: str) -> None:
    use, error, message = WRONG[case]
    before = network.parameters.copy()
    with pytest.raises(error, match=message) as caught:
        use(network)
    assert str(caught.value)
    assert isinstance(caught.value, chainrule.ChainruleError if error is not IndexError else IndexError)
    assert not re.search(r"crl_|->|CRL_", str(caught.value)), "a message for C"
    np.testing.assert_array_equal(network.parameters, before)
    assert np.isfinite(network.value_and_grad(X, LABELS)[0])


def fresh() -> chainrule.Network:
    return chainrule.Network(4).add_dense(5, name="a")


DESCRIBED_WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "no inputs": (lambda: chainrule.Network(0), ArgumentError, "0"),
    "inputs negative": (lambda: chainrule.Network(-1), ArgumentError, "inputs is -1"),
    "inputs beyond 64 bits": (lambda: chainrule.Network(2**64 + 4), ArgumentError, "inputs is"),
    "inputs a fraction": (lambda: chainrule.Network(4.0), TypeError, "inputs must be an integer, not 4.0"),
    "inputs of text": (lambda: chainrule.Network("4"), TypeError, "integer"),
    "no units": (lambda: fresh().add_dense(0), ArgumentError, "0 were given"),
    "units negative": (lambda: fresh().add_dense(-3), ArgumentError, "units is -3"),
    "units absurd": (lambda: fresh().add_dense(2**62).build(), (ArgumentError, MemoryError), "4611686018427387904"),
    "unknown activation": (lambda: fresh().add_dense(3, "relu6"), ArgumentError, "'relu6'.*relu"),
    "activation by number": (lambda: fresh().add_dense(3, 3), TypeError, "Activation"),
    "activation without derivative": (lambda: fresh().add_dense(3, (np.tanh,)), TypeError, "two or three functions"),
    "activation a function": (
        lambda: fresh().add_dense(3, np.tanh),
        TypeError,
        "activation must be one of the names .*tanh.* not <ufunc 'tanh'>",
    ),
    "path a number": (lambda: chainrule.Network.load(5), TypeError, "path must be"),
    "alpha of text": (lambda: fresh().add_dense(3, "elu", alpha="1"), TypeError, "alpha must be a number, not '1'"),
    "rate of text": (lambda: fresh().add_dropout("half"), TypeError, "rate must be a number, not 'half'"),
    "deviation an array": (lambda: fresh().add_noise(np.zeros(2)), TypeError, "deviation must be a number"),
    "initializer of text": (
        lambda: fresh().add_dense(3, weight_initializer=("constant", "1")),
        TypeError,
        "an initializer's number must be a number, not '1'",
    ),
    "activation not callable": (
        lambda: fresh().add_dense(3, ("relu", "tanh")),
        TypeError,
        "must hold two or three functions",
    ),
    "activation a custom enumerator": (
        lambda: fresh().add_dense(3, "custom_activation"),
        ArgumentError,
        "unknown activation",
    ),
    "unknown initializer": (lambda: fresh().add_dense(3, weight_initializer="xavier"), ArgumentError, "'xavier'"),
    "initializer of numbers": (lambda: fresh().add_dense(3, weight_initializer=(0, 1)), TypeError, "initializer"),
    "initializer of three": (
        lambda: fresh().add_dense(3, weight_initializer=("normal", 0, 1, 2)),
        TypeError,
        "takes 2 numbers; 3 were given",
    ),
    "deviation negative": (
        lambda: fresh().add_dense(3, weight_initializer=("normal", 0.0, -1.0)),
        ArgumentError,
        "deviation -1",
    ),
    "constant NaN": (
        lambda: fresh().add_dense(3, bias_initializer=("constant", np.nan)),
        ArgumentError,
        "constant is nan",
    ),
    "alpha negative": (lambda: fresh().add_dense(3, "elu", alpha=-2.0), ArgumentError, "'elu' is -2"),
    "alpha NaN": (lambda: fresh().add_dense(3, "leaky_relu", alpha=np.nan), ArgumentError, "'leaky_relu' is nan"),
    "name empty": (lambda: fresh().add_dense(3, name=""), ArgumentError, "0 bytes"),
    "name taken": (lambda: fresh().add_dense(3, name="a"), ArgumentError, "a"),
    "name reserved": (lambda: fresh().add_dense(3, name="input"), ArgumentError, "input"),
    "name with a dot": (lambda: fresh().add_dense(3, name="b.c"), ArgumentError, r"b.c"),
    "name too long": (lambda: fresh().add_dense(3, name="b" * 64), ArgumentError, "64 bytes"),
    "name with a null": (lambda: fresh().add_dense(3, name="b\0c"), ArgumentError, "null character"),
    "name a number": (lambda: fresh().add_dense(3, name=3), TypeError, "must be a string, not int"),
    "a layer that nothing reads": (
        lambda: fresh().add_dense(3, input="input").build(),
        ArgumentError,
        "a",
    ),
    "input unknown": (lambda: fresh().add_dense(3, input="z"), ArgumentError, "z"),
    "sum of nothing": (lambda: fresh().add_sum([]), ArgumentError, "0 were given"),
    "sum of unequal widths": (lambda: fresh().add_sum(["a", "input"]), ArgumentError, "input 0 has 5, input 1 4"),
    "sum of unknown": (lambda: fresh().add_sum(["a", "b"]), ArgumentError, "b"),
    "sum of a string": (lambda: fresh().add_sum("a"), TypeError, "sequence of names"),
    "concatenation of unknown": (lambda: fresh().add_concatenation(["a", "b"]), ArgumentError, "b"),
}


@pytest.mark.parametrize("case", DESCRIBED_WRONG)
def test_describing_a_network_wrongly(case: str) -> None:
    use, error, message = DESCRIBED_WRONG[case]
    with pytest.raises(error, match=message) as caught:
        use()
    assert isinstance(caught.value, chainrule.ChainruleError)
    assert not re.search(r"crl_|->|CRL_", str(caught.value)), "a message for C"


def test_a_layer_refused_is_not_added() -> None:
    network = fresh()
    for wrong in (lambda: network.add_dense(0), lambda: network.add_sum(["nowhere"])):
        with pytest.raises(ArgumentError):
            wrong()
    assert repr(network) == "Network(4 -> dense 5 identity, not built)"
    assert network.layers == (("a", 5),)


NOT_BUILT: dict[str, Use] = {
    "predict": lambda n: n.predict(X),
    "value_and_grad": lambda n: n.value_and_grad(X, LABELS),
    "fit": lambda n: n.fit(X, LABELS),
    "parameters": lambda n: n.parameters,
    "evaluate": lambda n: n.evaluate(X, LABELS),
    "tensors": lambda n: n.tensors,
    "unflatten": lambda n: n.unflatten(np.zeros(3)),
    "workspace": lambda n: chainrule.Workspace(n, 4),
    "optimizer": lambda n: chainrule.Optimizer(n),
}


@pytest.mark.parametrize("case", NOT_BUILT)
def test_use_before_build(case: str) -> None:
    with pytest.raises(RuntimeError) as caught:
        NOT_BUILT[case](fresh())
    assert isinstance(caught.value, StateError)
    assert caught.value.name == "CRL_ERROR_NOT_BUILT"


def test_predict_passes_nan_through(network: chainrule.Network) -> None:
    y = network.predict(spoiled(X, NAN))
    assert np.isnan(y[1]).all()
    assert np.isfinite(np.delete(y, 1, axis=0)).all()


def test_the_classes_of_errors() -> None:
    for error, builtin in [
        (chainrule.ArgumentError, ValueError),
        (chainrule.ArgumentTypeError, TypeError),
        (chainrule.ArgumentTypeError, chainrule.ArgumentError),
        (chainrule.StateError, RuntimeError),
        (chainrule.NotFiniteError, FloatingPointError),
        (chainrule.CallbackError, RuntimeError),
        (chainrule.FileError, OSError),
        (chainrule.FileFormatError, ValueError),
        (chainrule.OutOfMemoryError, MemoryError),
    ]:
        assert issubclass(error, chainrule.ChainruleError)
        assert issubclass(error, builtin)
        made = error("what happened", 102)
        assert (str(made), made.status, made.name) == ("what happened", 102, "CRL_ERROR_SIZE")
