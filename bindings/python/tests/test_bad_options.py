"""Wrong names and numbers in the options of costs, optimizers, schedules and training."""

from __future__ import annotations

import numpy as np
import pytest
from refusals import LABELS, NAN, VALUES, Case, X, expect_refused_use

import chainrule
from chainrule import ArgumentError, NotFiniteError, StateError

WRONG: dict[str, Case] = {
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
    "schedule step without a period": (
        lambda n: n.fit(X, LABELS, schedule="step"),
        ArgumentError,
        "the step schedule needs a period",
    ),
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
    "threads 0": (lambda n: n.fit(X, LABELS, threads=0), ArgumentError, "threads is 0; from 1"),
    "threads of minimize 0": (lambda n: n.minimize(X, LABELS, threads=0), ArgumentError, "threads is 0; from 1"),
    "threads of cascade 0": (
        lambda n: chainrule.Network.cascade(X, LABELS, threads=0),
        ArgumentError,
        "threads is 0; from 1",
    ),
    "patience 0": (lambda n: n.fit(X, LABELS, patience=0), ArgumentError, "patience is 0; at least 1"),
    "patience of minimize 0": (
        lambda n: n.minimize(X, LABELS, patience=0),
        ArgumentError,
        "patience is 0; at least 1",
    ),
    "patience of cascade 0": (
        lambda n: chainrule.Network.cascade(X, LABELS, patience=0),
        ArgumentError,
        "patience is 0; at least 1",
    ),
    "schedule period 0": (
        lambda n: n.fit(X, LABELS, schedule=chainrule.Schedule("cosine", period=0)),
        ArgumentError,
        "period .*is 0",
    ),
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
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_options(network: chainrule.Network, case: str) -> None:
    expect_refused_use(network, WRONG[case])
