#!/usr/bin/env python3
"""Writes golden.json: values and gradients that PyTorch computed, for the tests to compare the library with.

Run it only to add cases: ``pip install torch && python make_golden.py``. The tests need the file alone.

Every input is a float32 number, so that PyTorch and the library start from the same bits. PyTorch then computes in
float64: its rounding is nothing beside the library's, and the tests' tolerances are about the library alone. Gradients
come from PyTorch's automatic differentiation.

Where the conventions differ, this script bends PyTorch's to the library's:

* The library's regression and binary costs of a row are means over its N outputs, and only the reduction over the
  rows is the caller's choice. PyTorch's "mean" is over all elements, which is the same without sample weights; its
  "sum" is N times the library's. Here each cost is taken unreduced, averaged over the outputs, then reduced.
* The library's mean over the rows is Σ w c / Σ w with sample weights w. PyTorch has no sample weights.
* Cross-entropy sums over the outputs in both; a row costs −Σ t log softmax(y).
* PyTorch's softplus is the identity above 20, which differs from log(1 + eᶻ) by less than 2.1e-9.
* PyTorch's hardsigmoid has no second derivative: here it is a hardtanh, which has the same kinks.
* A dense layer is W h + b with W of shape [outputs, inputs] in both. The library's flat parameter vector holds each
  layer's W, row by row, then its b, layers in their order; PyTorch's tensors are flattened to that here.
* PyTorch's SGD with momentum (dampening 0, no Nesterov) is v ← μ v + g, w ← w − η v, as the library's; its first step
  sets v = g, which is the same because the library's v begins at 0.
* PyTorch's Adam adds ε to √(v / c₂), as Kingma and Ba's algorithm 1 and the library do.
* PyTorch's Rprop is iRPROP⁻ while no step size reaches a limit.
* PyTorch has neither Lion nor Quickprop: the classes below compute them in float64, from the papers.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

generator = torch.Generator().manual_seed(20170607)
Case = dict[str, Any]


def uniform(*shape: int, low: float = -1.0, high: float = 1.0) -> Tensor:
    """Uniform float32 numbers, as float64."""
    return (low + (high - low) * torch.rand(*shape, generator=generator)).float().double()


def distributions(rows: int, columns: int) -> Tensor:
    """Rows that add up to 1, which cross-entropy takes."""
    return torch.softmax(uniform(rows, columns), dim=1).float().double()


def numbers(tensor: Tensor | None) -> list[float] | None:
    """The elements, row by row, to the nine digits that tell float32 numbers apart, and more."""
    return None if tensor is None else [float(f"{x:.10g}") for x in tensor.detach().flatten().tolist()]


def activate(name: str, alpha: float | None, z: Tensor) -> Tensor:
    """σ(z), z of shape [rows, …, columns]."""
    functions: dict[str, Callable[[], Tensor]] = {
        "identity": lambda: z.clone(),
        "sigmoid": lambda: torch.sigmoid(z),
        "tanh": lambda: torch.tanh(z),
        "relu": lambda: F.relu(z),
        "leaky_relu": lambda: F.leaky_relu(z, alpha or 0.0),
        "elu": lambda: F.elu(z, alpha or 0.0),
        "selu": lambda: F.selu(z),
        "softplus": lambda: F.softplus(z),
        "gelu": lambda: F.gelu(z),
        "gelu_tanh": lambda: F.gelu(z, approximate="tanh"),
        "silu": lambda: F.silu(z),
        "softsign": lambda: F.softsign(z),
        "hard_sigmoid": lambda: F.hardtanh(z / 6 + 0.5, 0.0, 1.0),
        "hard_swish": lambda: F.hardswish(z),
        "mish": lambda: F.mish(z),
        "clipped_relu": lambda: F.hardtanh(z, 0.0, alpha or 0.0),
        "exponential": lambda: torch.exp(z),
        "softmax": lambda: F.softmax(z, dim=-1),
        "log_softmax": lambda: F.log_softmax(z, dim=-1),
    }
    return functions[name]()


def float32(value: float | None) -> float | None:
    """The nearest float32 number."""
    return None if value is None else torch.tensor(value, dtype=torch.float32).double().item()


def activation_case(name: str, alpha: float | None = None) -> Case:
    """Gives h = σ(z) and the gradient s of h · δ with respect to z, on 4 rows of 6; the last has large numbers."""
    z = uniform(4, 6, low=-5, high=5)
    z[3] = torch.tensor([0.0, -0.0, 15.0, -15.0, 40.0, -40.0])
    z.requires_grad_()
    delta = uniform(4, 6)
    h = activate(name, float32(alpha), z)
    (s,) = torch.autograd.grad(h, z, delta)
    return {
        "name": name,
        "alpha": alpha,
        "rows": 4,
        "columns": 6,
        "z": numbers(z),
        "delta": numbers(delta),
        "h": numbers(h),
        "s": numbers(s),
    }


def row_costs(name: str, parameter: float | None, y: Tensor, target: Tensor) -> Tensor:
    """The cost of each row: of shape [rows]. `target` holds values of y's shape, or classes."""
    functions: dict[str, Callable[[], Tensor]] = {
        "mean_squared_error": lambda: F.mse_loss(y, target, reduction="none").mean(1),
        "mean_absolute_error": lambda: F.l1_loss(y, target, reduction="none").mean(1),
        "huber": lambda: F.huber_loss(y, target, reduction="none", delta=parameter or 1.0).mean(1),
        "binary_cross_entropy": lambda: F.binary_cross_entropy(y, target, reduction="none").mean(1),
        "binary_cross_entropy_logits": lambda: F.binary_cross_entropy_with_logits(y, target, reduction="none").mean(1),
        "cross_entropy": lambda: F.cross_entropy(y, target, reduction="none", label_smoothing=parameter or 0.0),
    }
    return functions[name]()


def reduce(costs: Tensor, reduction: str, weights: Tensor | None) -> Tensor:
    """C of the costs of the rows."""
    weights = torch.ones_like(costs) if weights is None else weights
    total = (weights * costs).sum()
    return total / weights.sum() if reduction == "mean" else total


def cost_case(
    name: str, reduction: str, *, parameter: float | None = None, classes: bool = False, weighted: bool = False
) -> Case:
    """C and ∂C/∂y on 5 rows of 4."""
    probabilities = name == "binary_cross_entropy"
    y = uniform(5, 4, low=0.02, high=0.98) if probabilities else uniform(5, 4, low=-3, high=3)
    if name == "cross_entropy" and classes:
        target = torch.randint(0, 4, (5,), generator=generator)
    elif name == "cross_entropy":
        target = distributions(5, 4)
    elif name.startswith("binary"):
        target = uniform(5, 4, low=0, high=1)
        target[0] = torch.tensor([0.0, 1.0, 1.0, 0.0])
    else:
        target = uniform(5, 4, low=-3, high=3)
        target[1, 2] = y[1, 2]
    weights = uniform(5, low=0, high=2) if weighted else None
    y.requires_grad_()
    cost = reduce(row_costs(name, float32(parameter), y, target), reduction, weights)
    (gradient,) = torch.autograd.grad(cost, y)
    return {
        "name": name,
        "parameter": parameter,
        "reduction": reduction,
        "rows": 5,
        "columns": 4,
        "y": numbers(y),
        "values": None if classes else numbers(target),
        "classes": target.tolist() if classes else None,
        "weights": numbers(weights),
        "cost": cost.item(),
        "gradient": numbers(gradient),
    }


def dense(name: str, units: int, activation: str, *, reads: str, bias: bool = True, alpha: float | None = None) -> Case:
    """The description of a dense layer."""
    return {
        "type": "dense",
        "name": name,
        "units": units,
        "activation": activation,
        "alpha": alpha,
        "bias": bias,
        "inputs": [reads],
    }


def activation(name: str, function: str, *, reads: str) -> Case:
    """The description of an activation layer."""
    return {"type": "activation", "name": name, "activation": function, "inputs": [reads]}


def combination(kind: str, name: str, *reads: str) -> Case:
    """The description of a sum or a concatenation."""
    return {"type": kind, "name": name, "inputs": list(reads)}


def reshape(name: str, *shape: int, reads: str) -> Case:
    """The description of a reshape."""
    return {"type": "reshape", "name": name, "shape": list(shape), "inputs": [reads]}


def draw_parameters(inputs: int, layers: list[Case]) -> list[list[Tensor]]:
    """W and perhaps b for every dense layer, none for the others."""
    channels = {"input": inputs}
    parameters = []
    for layer in layers:
        read = [channels[name] for name in layer["inputs"]]
        tensors = []
        if layer["type"] == "dense":
            tensors.append(uniform(layer["units"], read[0]).requires_grad_())
            if layer["bias"]:
                tensors.append(uniform(layer["units"], low=-0.5, high=0.5).requires_grad_())
        by_kind: dict[str, Any] = {
            "dense": layer.get("units"),
            "concatenation": sum(read),
            "reshape": layer.get("shape", [0])[-1],
        }
        channels[layer["name"]] = by_kind.get(layer["type"], read[0])
        parameters.append(tensors)
    return parameters


def forward(x: Tensor, layers: list[Case], parameters: list[list[Tensor]]) -> dict[str, Tensor]:
    """Gives h of every layer, by name, and x as "input"; each of shape [rows, …]."""
    h = {"input": x}
    for layer, tensors in zip(layers, parameters, strict=True):
        read = [h[name] for name in layer["inputs"]]
        match layer["type"]:
            case "dense":
                z = read[0] @ tensors[0].T + (tensors[1] if layer["bias"] else 0)
                result = activate(layer["activation"], float32(layer["alpha"]), z)
            case "activation":
                result = activate(layer["activation"], float32(layer.get("alpha")), read[0])
            case "sum":
                result = torch.stack(read).sum(0)
            case "reshape":
                result = read[0].reshape(len(x), *layer["shape"])
            case "concatenation":
                result = torch.cat(read, dim=-1)
        h[layer["name"]] = result
    return h


def flat(parameters: list[list[Tensor]]) -> Tensor:
    """The library's parameter vector."""
    return torch.cat([tensor.detach().flatten() for tensors in parameters for tensor in tensors])


def network_case(
    name: str,
    inputs: int,
    layers: list[Case],
    cost: str,
    reduction: str,
    *,
    rows: int = 7,
    classes: bool = False,
    weighted: bool = False,
) -> Case:
    """The outputs, C, the gradients of the parameters and of x, and δ of every layer."""
    parameters = draw_parameters(inputs, layers)
    x = uniform(rows, inputs, low=-2, high=2).requires_grad_()
    h = forward(x, layers, parameters)
    y = h[layers[-1]["name"]]
    columns = y.shape[1]
    if classes:
        target = torch.randint(0, columns, (rows,), generator=generator)
    else:
        target = uniform(rows, columns, low=0, high=1)
    weights = uniform(rows, low=0, high=2) if weighted else None
    value = reduce(row_costs(cost, None, y, target), reduction, weights)
    leaves = [tensor for tensors in parameters for tensor in tensors]
    names = [layer["name"] for layer in layers]
    gradients = torch.autograd.grad(value, leaves + [x] + [h[name] for name in names])
    return {
        "name": name,
        "inputs": inputs,
        "layers": layers,
        "rows": rows,
        "x": numbers(x),
        "columns": columns,
        "parameters": numbers(flat(parameters)),
        "cost": cost,
        "reduction": reduction,
        "values": None if classes else numbers(target),
        "classes": target.tolist() if classes else None,
        "weights": numbers(weights),
        "outputs": numbers(y),
        "value": value.item(),
        "gradients": numbers(torch.cat([g.flatten() for g in gradients[: len(leaves)]])),
        "inputGradient": numbers(gradients[len(leaves)]),
        "deltas": {name: numbers(g) for name, g in zip(names, gradients[len(leaves) + 1 :], strict=True)},
    }


def shaped_network_cases() -> list[Case]:
    """Layers that work along the last of several axes."""
    return [
        network_case(
            f"{len(shape)} axes",
            24,
            [
                reshape("s", *shape, reads="input"),
                dense("a", 5, "tanh", reads="s"),
                activation("b", "softmax", reads="a"),
                combination("sum", "c", "a", "b"),
                combination("concatenation", "d", "c", "s"),
                dense("e", 3, "silu", reads="d", bias=False),
                reshape("f", 24 // shape[-1] * 3, reads="e"),
                dense("y", 4, "identity", reads="f"),
            ],
            "cross_entropy",
            "mean",
            classes=True,
        )
        for shape in ((6, 4), (2, 3, 4), (2, 2, 3, 2))
    ]


def network_cases() -> list[Case]:
    """Deep, without bias, residual, branching; with every kind of layer and target."""
    return [
        network_case(
            "two hidden layers",
            5,
            [
                dense("0", 8, "tanh", reads="input"),
                dense("1", 6, "relu", reads="0"),
                dense("2", 4, "identity", reads="1"),
            ],
            "cross_entropy",
            "mean",
            classes=True,
        ),
        network_case(
            "without bias",
            4,
            [dense(str(i), 5, "sigmoid", reads="input" if i == 0 else str(i - 1), bias=False) for i in range(4)],
            "mean_squared_error",
            "sum",
        ),
        network_case(
            "residual",
            3,
            [
                dense("a", 6, "tanh", reads="input"),
                dense("b", 6, "gelu", reads="a"),
                combination("sum", "c", "a", "b"),
                dense("d", 6, "silu", reads="c"),
                combination("sum", "e", "c", "d", "a"),
                dense("f", 2, "identity", reads="e"),
            ],
            "huber",
            "mean",
            weighted=True,
        ),
        network_case(
            "branches",
            4,
            [
                dense("left", 3, "elu", reads="input", alpha=0.7),
                dense("right", 5, "softplus", reads="input", bias=False),
                combination("concatenation", "joined", "left", "right", "input", "left"),
                activation("scaled", "tanh", reads="joined"),
                dense("y", 3, "softmax", reads="scaled"),
            ],
            "binary_cross_entropy",
            "mean",
        ),
        network_case(
            "the same layer twice",
            3,
            [
                dense("a", 4, "leaky_relu", reads="input", alpha=0.2),
                combination("sum", "b", "a", "a"),
                activation("c", "gelu_tanh", reads="b"),
                dense("d", 3, "identity", reads="c"),
                activation("y", "log_softmax", reads="d"),
            ],
            "mean_absolute_error",
            "sum",
            weighted=True,
        ),
        network_case(
            "one row", 6, [dense("0", 1, "identity", reads="input")], "binary_cross_entropy_logits", "mean", rows=1
        ),
    ]


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", algorithm 2."""

    def __init__(self, parameters: list[Tensor], *, lr: float, betas: tuple[float, float], weight_decay: float) -> None:
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for w in group["params"]:
                m = self.state[w].get("m", torch.zeros_like(w))
                c = beta1 * m + (1 - beta1) * w.grad
                self.state[w]["m"] = beta2 * m + (1 - beta2) * w.grad
                w -= group["lr"] * (torch.sign(c) + group["weight_decay"] * w)


class Quickprop(torch.optim.Optimizer):
    """Fahlman 1988, "An empirical study of learning speed in back-propagation networks".

    Written as FANN's fann_update_weights_quickprop() has it, whose slope is −∂C/∂w − λ w; but a last step counts as 0 if it
    is 0, not up to 0.001, and a step is at most max_step.
    """

    def __init__(
        self, parameters: list[Tensor], *, lr: float, growth: float, weight_decay: float, max_step: float
    ) -> None:
        super().__init__(parameters, {"lr": lr, "growth": growth, "weight_decay": weight_decay, "max_step": max_step})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            for w in group["params"]:
                slope = -w.grad - group["weight_decay"] * w
                last = self.state[w].get("step", torch.zeros_like(w)).flatten()
                before = self.state[w].get("slope", torch.zeros_like(w)).flatten()
                steps = [
                    self.next_step(group, *numbers)
                    for numbers in zip(last.tolist(), slope.flatten().tolist(), before.tolist(), strict=True)
                ]
                self.state[w]["step"] = torch.tensor(steps, dtype=torch.float64).reshape(w.shape)
                self.state[w]["slope"] = slope
                w += self.state[w]["step"]

    @staticmethod
    def next_step(group: dict[str, Any], last: float, slope: float, before: float) -> float:
        shrinking = group["growth"] / (1 + group["growth"])
        step = 0.0
        if last == 0:
            step = group["lr"] * slope
        else:
            sign = 1 if last > 0 else -1
            if sign * slope > 0:
                step += group["lr"] * slope
            if sign * slope > sign * shrinking * before:
                step += group["growth"] * last
            else:
                step += last * slope / (before - slope)
        return max(-group["max_step"], min(group["max_step"], step))


STEPS = 100


def trajectory_case(
    name: str,
    make: Callable[[list[Tensor]], torch.optim.Optimizer],
    *,
    is_chaotic: bool = False,
    regularization: Case | None = None,
    groups: dict[str, Case] | None = None,
) -> Case:
    """The parameters after each step of an optimizer, and C before it, on the whole of a small regression problem.

    A chaotic method is one that makes 1e-2 of a difference of 1e-8 within thirty steps. Of such a trajectory the gradients
    are recorded, too, rounded to float32, for the test to step along.

    `regularization` and `groups` are what the library is told of the optimizer and of its layers. Gradients are clipped here
    as they say; the rest `make` has built in.
    """
    regularization = {"includesBiases": True} | (regularization or {})
    layers = [dense("0", 4, "tanh", reads="input"), dense("1", 2, "identity", reads="0")]
    parameters = draw_parameters(3, layers)
    start = numbers(flat(parameters))
    x, target = uniform(8, 3), uniform(8, 2)
    optimizer = make([tensor for tensors in parameters for tensor in tensors])
    costs, steps, gradients = [], [], []
    for _ in range(STEPS):
        optimizer.zero_grad()
        cost = row_costs("mean_squared_error", None, forward(x, layers, parameters)["1"], target).mean()
        torch.autograd.backward(cost)
        if is_chaotic:
            for tensors in parameters:
                for tensor in tensors:
                    tensor.grad = tensor.grad.float().double()
            gradients.append(numbers(flat([[tensor.grad for tensor in tensors] for tensors in parameters])))
        trained = [tensor for group in optimizer.param_groups for tensor in group["params"]]
        if "clipValue" in regularization:
            torch.nn.utils.clip_grad_value_(trained, regularization["clipValue"])
        if "clipNorm" in regularization:
            torch.nn.utils.clip_grad_norm_(trained, regularization["clipNorm"])
        optimizer.step()
        costs.append(cost.item())
        steps.append(numbers(flat(parameters)))
    group = optimizer.param_groups[0]
    growth_and_shrink = group.get("etas", (None, group.get("growth")))
    limits = group.get("step_sizes", (None, group.get("max_step")))
    return {
        "name": name,
        "learningRate": group["lr"],
        "momentum": group.get("momentum"),
        "betas": group.get("betas"),
        "alpha": group.get("alpha"),
        "epsilon": group.get("eps"),
        "regularization": regularization,
        "groups": groups or {},
        "shrink": growth_and_shrink[0],
        "growth": growth_and_shrink[1],
        "minStep": limits[0],
        "maxStep": limits[1],
        "inputs": 3,
        "layers": layers,
        "rows": 8,
        "columns": 2,
        "x": numbers(x),
        "values": numbers(target),
        "start": start,
        "costs": costs,
        "steps": steps,
        "gradients": gradients if is_chaotic else None,
    }


def regularized_trajectories() -> list[Case]:
    """Penalties, weight decay and clipping, of all parameters and of some.

    PyTorch's weight_decay is L2 of SGD, Adam and RMSprop, and decoupled of AdamW, NAdam and, by hand, of SGD.
    """

    def groups(w: list[Tensor]) -> list[Case]:
        # W and b of layer 0, W and b of layer 1.
        return [
            {"params": [w[0]], "lr": 0.0625, "weight_decay": 0.25},
            {"params": [w[1]], "lr": 0.0625, "weight_decay": 0.0},
            {"params": [w[2]], "lr": 0.03125, "weight_decay": 0.5},
            {"params": [w[3]], "lr": 0.03125, "weight_decay": 0.0},
        ]

    return [
        trajectory_case(
            "gradient_descent", lambda w: torch.optim.SGD(w, lr=0.5, weight_decay=0.0625), regularization={"l2": 0.0625}
        ),
        trajectory_case(
            "momentum",
            lambda w: torch.optim.SGD(w, lr=0.125, momentum=0.9, weight_decay=0.0625),
            regularization={"l2": 0.0625, "clipNorm": 0.25},
        ),
        trajectory_case(
            "adam", lambda w: torch.optim.Adam(w, lr=0.0625, weight_decay=0.0625), regularization={"l2": 0.0625}
        ),
        trajectory_case(
            "nadam",
            lambda w: torch.optim.NAdam(w, lr=0.0625, weight_decay=0.125, decoupled_weight_decay=True),
            regularization={"weightDecay": 0.125},
        ),
        trajectory_case("gradient_descent", lambda w: torch.optim.SGD(w, lr=0.5), regularization={"clipNorm": 0.125}),
        trajectory_case(
            "momentum",
            lambda w: torch.optim.SGD(w, lr=0.125, momentum=0.9),
            regularization={"clipValue": 0.03125, "clipNorm": 0.0625},
        ),
        trajectory_case("adam", lambda w: torch.optim.Adam(w, lr=0.0625), regularization={"clipValue": 0.015625}),
        trajectory_case(
            "adamw",
            lambda w: torch.optim.AdamW(groups(w)),
            regularization={"weightDecay": 0.25, "includesBiases": False},
            groups={"1": {"learningRateFactor": 0.5, "weightDecay": 0.5}},
        ),
        trajectory_case(
            "momentum",
            lambda w: torch.optim.SGD(w[2:], lr=0.125, momentum=0.9),
            regularization={"clipNorm": 0.25},
            groups={"0": {"isFrozen": True}},
        ),
    ]


def schedule_cases() -> list[Case]:
    """The rates of PyTorch's schedulers from 0.125, at t = 0, 1, …; of its plateau after each of the costs."""
    schedulers = torch.optim.lr_scheduler
    base = 0.125

    def rates(make: Callable[[torch.optim.Optimizer], Any], count: int = 150, warmup: int = 0) -> list[float]:
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=base)
        scheduler = make(optimizer)
        if warmup > 0:
            linear = schedulers.LinearLR(optimizer, start_factor=0.25, total_iters=warmup)
            scheduler = schedulers.SequentialLR(optimizer, [linear, scheduler], milestones=[warmup])
        found = []
        for _ in range(count):
            found.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        return found

    def plateau(costs: list[float], **options: Any) -> list[float]:
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=base)
        scheduler = schedulers.ReduceLROnPlateau(optimizer, eps=0, **options)
        found = []
        for cost in costs:
            scheduler.step(cost)
            found.append(optimizer.param_groups[0]["lr"])
        return found

    def step(o: torch.optim.Optimizer) -> Any:
        return schedulers.StepLR(o, 20, gamma=0.5)

    def cosine(o: torch.optim.Optimizer) -> Any:
        return schedulers.CosineAnnealingWarmRestarts(o, 10, T_mult=2, eta_min=0.0078125)

    def one_cycle(o: torch.optim.Optimizer) -> Any:
        return schedulers.OneCycleLR(o, base, total_steps=150, cycle_momentum=False)

    costs = [(1 + 0.3 * uniform(1).item()) * max(0.8, 2 - t / 20) for t in range(150)]
    doubling = {"period": 10, "periodFactor": 2, "minRate": 0.0078125}
    limited = {"factor": 0.5, "patience": 3, "threshold": 0.0625, "cooldown": 5, "minRate": 0.0078125}
    cases: list[Case] = [
        {"name": "constant", "rates": rates(lambda o: schedulers.ConstantLR(o, factor=1), warmup=30), "warmup": 30},
        {"name": "step", "period": 20, "factor": 0.5, "rates": rates(step)},
        {"name": "step", "period": 20, "factor": 0.5, "rates": rates(step, warmup=30), "warmup": 30},
        {"name": "exponential", "factor": 0.875, "rates": rates(lambda o: schedulers.ExponentialLR(o, 0.875))},
        {"name": "cosine", "rates": rates(cosine), **doubling},
        {"name": "cosine", "rates": rates(cosine, warmup=7), "warmup": 7, **doubling},
        {"name": "cosine", "period": 40, "rates": rates(lambda o: schedulers.CosineAnnealingWarmRestarts(o, 40))},
        {"name": "one_cycle", "period": 150, "rates": rates(one_cycle, 149)},
        {
            "name": "one_cycle",
            "period": 120,
            "peak": 0.5,
            "startDivisor": 8,
            "endDivisor": 64,
            "rates": rates(
                lambda o: schedulers.OneCycleLR(
                    o, base, total_steps=120, pct_start=0.5, div_factor=8, final_div_factor=64, cycle_momentum=False
                ),
                119,
            ),
        },
        {"name": "plateau", "costs": costs, "rates": plateau(costs)},
        {
            "name": "plateau",
            "costs": costs,
            "rates": plateau(
                costs, factor=0.5, patience=3, threshold=0.0625, cooldown=5, min_lr=0.0078125, threshold_mode="rel"
            ),
            **limited,
        },
    ]
    return [{"base": base, "warmup": 0} | case for case in cases]


def rebuilt(vector: Tensor, parameters: list[list[Tensor]]) -> list[list[Tensor]]:
    """The tensors of a parameter vector."""
    pieces = iter(vector.split([tensor.numel() for tensors in parameters for tensor in tensors]))
    return [[next(pieces).reshape(tensor.shape) for tensor in tensors] for tensors in parameters]


def curvature(function: Callable[[Tensor], Tensor], at: Tensor, along: Tensor) -> Tensor:
    """The product of the second derivatives with a vector: the gradient of the gradient's product with it."""
    return torch.func.grad(lambda z: (torch.func.grad(function)(z) * along).sum())(at)


def derivative_case(
    name: str,
    inputs: int,
    layers: list[Case],
    cost: str,
    reduction: str,
    *,
    parameter: float = 0.3,
    rows: int = 4,
    classes: bool = False,
    weighted: bool = False,
) -> Case:
    """Products with the Jacobian and with the second derivatives, along random directions of w, x and y.

    jvp is forward-mode differentiation; the Gauss-Newton product is a jvp, the product with the second derivatives of C with
    respect to y, and a vjp.
    """
    shapes = draw_parameters(inputs, layers)
    w = flat(shapes)
    x = uniform(rows, inputs, low=-2, high=2)

    def outputs(w: Tensor, x: Tensor) -> Tensor:
        return forward(x, layers, rebuilt(w, shapes))[layers[-1]["name"]]

    columns = outputs(w, x).shape[1]
    if classes:
        target = torch.randint(0, columns, (rows,), generator=generator)
    elif cost == "cross_entropy":
        target = distributions(rows, columns)
    else:
        target = uniform(rows, columns, low=0, high=1)
    weights = uniform(rows, low=0, high=2) if weighted else None
    v, dx, u = uniform(w.numel()), uniform(rows, inputs), uniform(rows, columns)

    def cost_of(y: Tensor) -> Tensor:
        return reduce(row_costs(cost, float32(parameter), y, target), reduction, weights)

    y, tangent = torch.func.jvp(outputs, (w, x), (v, dx))
    _, pull_back = torch.func.vjp(outputs, w, x)
    gradients, input_gradient = pull_back(u)
    hessian_product = curvature(lambda w: cost_of(outputs(w, x)), w, v)
    _, change = torch.func.jvp(lambda w: outputs(w, x), (w,), (v,))
    gauss_newton_product, _ = pull_back(curvature(cost_of, y, change))
    return {
        "name": name,
        "inputs": inputs,
        "layers": layers,
        "rows": rows,
        "columns": columns,
        "x": numbers(x),
        "parameters": numbers(w),
        "cost": cost,
        "parameter": parameter,
        "reduction": reduction,
        "values": None if classes else numbers(target),
        "classes": target.tolist() if classes else None,
        "weights": numbers(weights),
        "vector": numbers(v),
        "inputTangent": numbers(dx),
        "outputVector": numbers(u),
        "jvp": numbers(tangent),
        "vjp": numbers(gradients),
        "inputVJP": numbers(input_gradient),
        "hessianProduct": numbers(hessian_product),
        "gaussNewtonProduct": numbers(gauss_newton_product),
    }


DERIVATIVE_COSTS = ["mean_squared_error", "huber", "cross_entropy", "binary_cross_entropy_logits"]


def activation_derivative_cases(activations: list[Case]) -> list[Case]:
    """Every activation, in every kind of layer."""
    cases = []
    for index, case in enumerate(activations):
        name, alpha = case["name"], case["alpha"]
        layers = [
            dense("a", 4, name, reads="input", alpha=alpha),
            {**activation("b", name, reads="a"), "alpha": alpha},
            combination("sum", "c", "a", "b"),
            combination("concatenation", "d", "c", "input", "c"),
            dense("e", 3, "tanh", reads="d", bias=False),
            dense("f", 2, name, reads="e", alpha=alpha),
        ]
        cost = DERIVATIVE_COSTS[index % len(DERIVATIVE_COSTS)]
        cases.append(derivative_case(f"{name} {alpha}", 3, layers, cost, "mean"))
    return cases


def derivative_cases(activations: list[Case]) -> list[Case]:
    """Every activation and every cost."""
    generator.manual_seed(1994)
    cases = activation_derivative_cases(activations)
    for reduction in ("mean", "sum"):
        for cost in [*DERIVATIVE_COSTS, "mean_absolute_error", "binary_cross_entropy"]:
            last = "sigmoid" if cost == "binary_cross_entropy" else "identity"
            layers = [dense("a", 5, "tanh", reads="input"), dense("b", 3, last, reads="a")]
            for weighted in (False, True):
                cases.append(
                    derivative_case(
                        f"{cost} by {reduction}", 3, layers, cost, reduction, parameter=0.3, weighted=weighted
                    )
                )
    layers = [dense("a", 5, "silu", reads="input"), dense("b", 4, "identity", reads="a")]
    for weighted in (False, True):
        cases.append(derivative_case("classes", 3, layers, "cross_entropy", "mean", classes=True, weighted=weighted))
    return cases


def main() -> None:
    """Computes every case and writes the file beside this one."""
    without_alpha = ["identity", "sigmoid", "tanh", "relu", "selu", "softplus", "gelu", "gelu_tanh", "silu"]
    activations = [activation_case(name) for name in [*without_alpha, "softmax", "log_softmax"]]
    activations += [activation_case("leaky_relu", alpha) for alpha in (0.01, 0.2)]
    activations += [activation_case("elu", alpha) for alpha in (1.0, 0.7)]
    names = ["mean_squared_error", "mean_absolute_error", "binary_cross_entropy", "binary_cross_entropy_logits"]
    costs = []
    for reduction in ("mean", "sum"):
        for weighted in (False, True):
            for name in [*names, "cross_entropy"]:
                costs.append(cost_case(name, reduction, weighted=weighted))
            costs.append(cost_case("huber", reduction, parameter=1.0, weighted=weighted))
            costs.append(cost_case("huber", reduction, parameter=0.3, weighted=weighted))
            costs.append(cost_case("cross_entropy", reduction, classes=True, weighted=weighted))
    trajectories = [
        trajectory_case("gradient_descent", lambda w: torch.optim.SGD(w, lr=0.5)),
        trajectory_case("momentum", lambda w: torch.optim.SGD(w, lr=0.125, momentum=0.9)),
        trajectory_case("adam", lambda w: torch.optim.Adam(w, lr=0.0625, betas=(0.9, 0.999), eps=1e-8)),
        trajectory_case("nesterov", lambda w: torch.optim.SGD(w, lr=0.125, momentum=0.9, nesterov=True)),
        trajectory_case("adagrad", lambda w: torch.optim.Adagrad(w, lr=0.25)),
        trajectory_case("rmsprop", lambda w: torch.optim.RMSprop(w, lr=0.001953125)),
        trajectory_case(
            "adamw",
            lambda w: torch.optim.AdamW(w, lr=0.0625, weight_decay=0.125),
            regularization={"weightDecay": 0.125},
        ),
        trajectory_case("amsgrad", lambda w: torch.optim.Adam(w, lr=0.0625, amsgrad=True)),
        trajectory_case("nadam", lambda w: torch.optim.NAdam(w, lr=0.0625)),
        trajectory_case(
            "lion",
            lambda w: Lion(w, lr=0.0078125, betas=(0.9, 0.99), weight_decay=0.125),
            regularization={"weightDecay": 0.125},
        ),
        trajectory_case("irprop_minus", lambda w: torch.optim.Rprop(w, lr=0.0625)),
        trajectory_case(
            "quickprop",
            lambda w: Quickprop(w, lr=0.25, growth=1.75, weight_decay=1e-4, max_step=50),
            is_chaotic=True,
            regularization={"l2": 1e-4},
        ),
    ]
    golden = {
        "torch": torch.__version__,
        "activations": activations,
        "networks": network_cases(),
        "trajectories": trajectories + regularized_trajectories(),
        "schedules": schedule_cases(),
        "derivatives": derivative_cases(activations),
        "costs": costs
        + [
            cost_case("cross_entropy", reduction, parameter=smoothing, classes=classes, weighted=weighted)
            for smoothing in (0.1, 0.75)
            for reduction in ("mean", "sum")
            for classes in (False, True)
            for weighted in (False, True)
        ],
    }
    # After all others, which keep their numbers.
    golden["networks"] += shaped_network_cases()
    without_alpha = ["softsign", "hard_sigmoid", "hard_swish", "mish", "exponential"]
    added = [activation_case(name) for name in without_alpha]
    added += [activation_case("clipped_relu", alpha) for alpha in (6.0, 0.7)]
    golden["activations"] += added
    golden["derivatives"] += activation_derivative_cases(added)
    path = Path(__file__).with_name("golden.json")
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
