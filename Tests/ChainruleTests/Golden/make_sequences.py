#!/usr/bin/env python3
"""Writes sequences.json: what PyTorch makes of recurrent layers, for the tests to compare with.

Run it only to add cases: ``pip install torch && python make_sequences.py``. The tests need the file alone.

PyTorch computes in float64 from float32 numbers, as in make_golden.py. Rows of different length go through packed sequences;
backward layers are the second half of bidirectional ones. What PyTorch lacks (peepholes, a reset gate before the product) is
written out here, step by step, and differentiated by PyTorch.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

generator = torch.Generator().manual_seed(20260301)
Case = dict[str, Any]
STEPS, CHANNELS, UNITS = 6, 3, 5
ROWS = 4
LENGTHS = [6, 2, 5, 1]
GATES = {"rnn": 1, "gru": 3, "lstm": 4}


def uniform(*shape: int, low: float = -1.0, high: float = 1.0) -> Tensor:
    """Uniform float32 numbers, as float64."""
    return (low + (high - low) * torch.rand(*shape, generator=generator)).float().double().requires_grad_()


def numbers(tensor: Tensor) -> list[float]:
    """The elements, row by row."""
    return [float(f"{x:.10g}") for x in tensor.detach().flatten().tolist()]


def with_torch(layer: dict[str, Any], x: Tensor, state: Tensor | None, lengths: list[int], parameters: list[Tensor]):
    """h by PyTorch's module. The bias of the input is ours, that of the state 0 but for a GRU's candidate."""
    kind = layer["type"]
    extra = {"nonlinearity": layer["activation"]} if kind == "rnn" else {}
    module_class = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[kind]
    module = module_class(CHANNELS, UNITS, batch_first=True, bidirectional=True, dtype=torch.float64, **extra)
    suffix = "_l0_reverse" if layer["backwards"] else "_l0"
    state_bias = torch.zeros(GATES[kind] * UNITS, dtype=torch.float64)
    if kind == "gru":
        state_bias = torch.cat([state_bias[: 2 * UNITS], parameters[3]])
    named = dict(module.named_parameters())
    named |= {"weight_ih" + suffix: parameters[0], "weight_hh" + suffix: parameters[1]}
    named |= {"bias_ih" + suffix: parameters[2], "bias_hh" + suffix: state_bias}
    first = None
    if state is not None:
        parts = [part.expand(2, ROWS, UNITS) for part in state.split(UNITS, dim=1)]
        first = tuple(parts) if kind == "lstm" else parts[0]
    packed = pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
    output, last = torch.func.functional_call(module, named, (packed, first))
    h, _ = pad_packed_sequence(output, batch_first=True, total_length=STEPS)
    direction = 1 if layer["backwards"] else 0
    if layer["sequence"]:
        return h[:, :, direction * UNITS : (direction + 1) * UNITS]
    return (last[0] if kind == "lstm" else last)[direction]


def step_by_step(layer: dict[str, Any], x: Tensor, state: Tensor | None, lengths: list[int], parameters: list[Tensor]):
    """h of a GRU whose reset gate comes first, or of an LSTM with peepholes."""
    weight, recurrent, bias = parameters[:3]
    rows = []
    for row, length in enumerate(lengths):
        h = torch.zeros(UNITS, dtype=torch.float64) if state is None else state[row, :UNITS]
        c = torch.zeros(UNITS, dtype=torch.float64) if state is None else state[row, UNITS:]
        outputs = [torch.zeros(UNITS, dtype=torch.float64)] * STEPS
        order = range(length)
        for time in reversed(order) if layer["backwards"] else order:
            given = (weight @ x[row, time] + bias).split(UNITS)
            if layer["type"] == "gru":
                rows_of = recurrent.split(UNITS)
                r, z = (torch.sigmoid(given[gate] + rows_of[gate] @ h) for gate in (0, 1))
                n = torch.tanh(given[2] + rows_of[2] @ (r * h))
                h = (1 - z) * n + z * h
            else:
                i, f, g, o = (a + b for a, b in zip(given, (recurrent @ h).split(UNITS)))
                p = parameters[3].split(UNITS)
                before = c
                c = torch.sigmoid(f + p[1] * before) * before + torch.sigmoid(i + p[0] * before) * torch.tanh(g)
                h = torch.sigmoid(o + p[2] * c) * torch.tanh(c)
            outputs[time] = h
        rows.append(torch.stack(outputs) if layer["sequence"] else h)
    return torch.stack(rows)


def case(kind: str, *, sequence: bool, backwards: bool, state: bool, lengths: bool, **more: Any) -> Case:
    """h of some rows, and the gradients of h · δ."""
    layer = {"type": kind, "units": UNITS, "bias": True, "sequence": sequence, "backwards": backwards}
    layer |= {"initial_state": state, "lengths": lengths} | more
    if kind == "lstm":
        layer.setdefault("peepholes", False)
    if kind == "gru":
        layer.setdefault("reset_first", False)
    own = layer.get("peepholes") or layer.get("reset_first")
    parameters = [
        uniform(GATES[kind] * UNITS, CHANNELS),
        uniform(GATES[kind] * UNITS, UNITS),
        uniform(GATES[kind] * UNITS),
    ]
    if kind == "gru" and not own:
        parameters.append(uniform(UNITS))
    if kind == "lstm" and own:
        parameters.append(uniform(3 * UNITS))
    x = uniform(ROWS, STEPS, CHANNELS, low=-2, high=2)
    first = uniform(ROWS, (2 if kind == "lstm" else 1) * UNITS) if state else None
    compute = step_by_step if own else with_torch
    h = compute(layer, x, first, LENGTHS if lengths else [STEPS] * ROWS, parameters)
    delta = uniform(*h.shape)
    inputs = [x, *parameters] + ([] if first is None else [first])
    gradients = torch.autograd.grad(h, inputs, delta.detach())
    return {
        "layer": json.dumps(layer),
        "steps": STEPS,
        "channels": CHANNELS,
        "parameters": [number for parameter in parameters for number in numbers(parameter)],
        "x": numbers(x),
        "state": [] if first is None else numbers(first),
        "lengths": LENGTHS if lengths else [],
        "h": numbers(h),
        "delta": numbers(delta),
        "x_gradient": numbers(gradients[0]),
        "state_gradient": [] if first is None else numbers(gradients[-1]),
        "gradients": [number for gradient in gradients[1 : 1 + len(parameters)] for number in numbers(gradient)],
    }


cases = []
for settings in [
    {"kind": "rnn", "activation": "tanh"},
    {"kind": "rnn", "activation": "relu"},
    {"kind": "gru"},
    {"kind": "gru", "reset_first": True},
    {"kind": "lstm"},
    {"kind": "lstm", "peepholes": True},
]:
    cases += [
        case(**settings, sequence=True, backwards=False, state=False, lengths=False),
        case(**settings, sequence=False, backwards=False, state=True, lengths=True),
        case(**settings, sequence=True, backwards=True, state=True, lengths=True),
        case(**settings, sequence=False, backwards=True, state=False, lengths=False),
    ]
Path(__file__).with_name("sequences.json").write_text(json.dumps(cases) + "\n")
