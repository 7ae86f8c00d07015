#!/usr/bin/env python3
"""Writes carried.json: what PyTorch makes of states that are carried from batch to batch, for the tests to compare with.

Run it only to add cases: ``pip install torch && python make_carried.py``. The tests need the file alone.

An LSTM, a GRU and a dense layer at every step learn by gradient descent from three batches, twice. h and c of a batch begin the
next, detached; each epoch begins with zeros. PyTorch computes in float64 from float32 numbers.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import Tensor, nn

generator = torch.Generator().manual_seed(20261130)
ROWS, STEPS, CHANNELS, LSTM_UNITS, GRU_UNITS, OUTPUTS, BATCHES, EPOCHS = 3, 4, 3, 5, 4, 2, 3, 2
RATE = 0.25


def uniform(*shape: int) -> Tensor:
    """Uniform float32 numbers in ±1, as float64."""
    return (2 * torch.rand(*shape, generator=generator) - 1).float().double()


def numbers(tensors: list[Tensor]) -> list[float]:
    """The elements, row by row."""
    return [float(f"{x:.10g}") for tensor in tensors for x in tensor.detach().flatten().tolist()]


def parameters() -> list[Tensor]:
    """In the library's order, with its biases: one of the LSTM and of r and z, two of n."""
    lstm.bias_hh_l0.data.zero_()
    gru.bias_hh_l0.data[: 2 * GRU_UNITS].zero_()
    return [
        lstm.weight_ih_l0,
        lstm.weight_hh_l0,
        lstm.bias_ih_l0,
        gru.weight_ih_l0,
        gru.weight_hh_l0,
        gru.bias_ih_l0,
        gru.bias_hh_l0[2 * GRU_UNITS :],
        dense.weight,
        dense.bias,
    ]


lstm = nn.LSTM(CHANNELS, LSTM_UNITS, batch_first=True, dtype=torch.float64)
gru = nn.GRU(LSTM_UNITS, GRU_UNITS, batch_first=True, dtype=torch.float64)
dense = nn.Linear(GRU_UNITS, OUTPUTS, dtype=torch.float64)
for parameter in [*lstm.parameters(), *gru.parameters(), *dense.parameters()]:
    parameter.data = uniform(*parameter.shape)
x = uniform(BATCHES, ROWS, STEPS, CHANNELS)
targets = uniform(BATCHES, ROWS, STEPS, OUTPUTS)
first = numbers(parameters())
after = []
for _ in range(EPOCHS):
    lstm_state, gru_state = None, None
    for batch in range(BATCHES):
        h, lstm_state = lstm(x[batch], lstm_state)
        h, gru_state = gru(h, gru_state)
        cost = ((dense(h) - targets[batch]) ** 2).mean()
        trained = [*lstm.parameters(), *gru.parameters(), *dense.parameters()]
        gradients = dict(zip(trained, torch.autograd.grad(cost, trained)))
        # The library has one bias where PyTorch has two.
        gradients[lstm.bias_hh_l0].zero_()
        gradients[gru.bias_hh_l0][: 2 * GRU_UNITS].zero_()
        for parameter in trained:
            parameter.data -= RATE * gradients[parameter]
        lstm_state, gru_state = tuple(part.detach() for part in lstm_state), gru_state.detach()
    after.append(numbers(parameters()))
content = {
    "rows": ROWS,
    "steps": STEPS,
    "channels": CHANNELS,
    "lstm_units": LSTM_UNITS,
    "gru_units": GRU_UNITS,
    "outputs": OUTPUTS,
    "rate": RATE,
    "parameters": first,
    "x": numbers([x]),
    "targets": numbers([targets]),
    "after": after,
}
Path(__file__).with_name("carried.json").write_text(json.dumps(content) + "\n")
