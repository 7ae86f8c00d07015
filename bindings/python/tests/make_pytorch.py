#!/usr/bin/env python3
"""Writes the files in pytorch/: weights as PyTorch saves them, and what its modules compute with them.

Run it only to change the cases: ``pip install torch safetensors numpy && python make_pytorch.py``. The tests need the
files alone. test_pytorch.py describes the same networks with this library.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

FOLDER = Path(__file__).with_name("pytorch")
ROWS = 5


def perceptron() -> nn.Module:
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 8), nn.PReLU(), nn.Linear(8, 3))


class Images(nn.Module):
    """Convolutions, a flattened image, and normalization of what it gives."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(2, 4, (3, 2), padding=(1, 0))
        self.conv2 = nn.Conv2d(4, 6, 3, stride=2, groups=2, bias=False)
        self.norm = nn.BatchNorm2d(6)
        self.slopes = nn.PReLU(6)
        self.flat_norm = nn.BatchNorm1d(6 * 4 * 3)
        self.fc = nn.Linear(6 * 4 * 3 + 2, 5)

    def forward(self, x: Tensor) -> Tensor:
        h = torch.max_pool2d(torch.relu(self.conv1(x)), 2, 1)
        h = self.slopes(self.norm(self.conv2(h)))
        # The flattened image, and beside it two numbers.
        more = x.mean(dim=(2, 3))
        return self.fc(torch.cat([self.flat_norm(h.flatten(1)), more], dim=1))


class Decoder(nn.Module):
    """A vector becomes an image."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(7, 4 * 3 * 5)
        self.grow = nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, groups=2)
        self.norm = nn.GroupNorm(3, 6)
        self.last = nn.ConvTranspose2d(6, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        h = torch.tanh(self.first(x)).unflatten(1, (4, 3, 5))
        return self.last(torch.relu(self.norm(self.grow(h))))


class Words(nn.Module):
    """Recurrent layers: two of both directions in one module, gates, and a flattened sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(11, 4)
        self.both = nn.LSTM(4, 3, num_layers=2, bidirectional=True, batch_first=True)
        self.norm = nn.LayerNorm(6)
        self.gru = nn.GRU(6, 5, batch_first=True)
        self.rnn = nn.RNN(5, 4, batch_first=True, nonlinearity="relu", bias=False)
        self.fc = nn.Linear(4 * 7, 2)

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm(self.both(self.table(x.long()))[0])
        return self.fc(self.rnn(self.gru(h)[0])[0].flatten(1))


class Attentive(nn.Module):
    """Attention of a sequence with itself, and with another of other widths, and learned positions."""

    def __init__(self) -> None:
        super().__init__()
        self.positions = nn.Parameter(torch.randn(1, 6, 8))
        self.inner = nn.MultiheadAttention(8, 2, batch_first=True)
        self.cross = nn.MultiheadAttention(8, 4, batch_first=True)
        self.other = nn.MultiheadAttention(8, 2, batch_first=True, kdim=3, vdim=3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        h, memory = x[:, :48].view(-1, 6, 8) + self.positions, x[:, 48:].view(-1, 5, 3)
        mask = torch.ones(6, 6, dtype=torch.bool).triu(1)
        h = self.inner(h, h, h, attn_mask=mask, need_weights=False)[0]
        h = self.cross(h, self.positions.expand(len(x), -1, -1), self.positions.expand(len(x), -1, -1))[0]
        return self.other(h, memory, memory)[0]


CASES = {
    "perceptron": (perceptron, lambda: torch.randn(ROWS, 6)),
    "images": (Images, lambda: torch.randn(ROWS, 2, 10, 9)),
    "decoder": (Decoder, lambda: torch.randn(ROWS, 7)),
    "words": (Words, lambda: torch.randint(0, 11, (ROWS, 7)).float()),
    "attentive": (Attentive, lambda: torch.randn(ROWS, 48 + 15)),
}


def settled(module: nn.Module) -> nn.Module:
    """Gives running statistics, scales and biases numbers that show."""
    for name, tensor in module.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 2)
        elif tensor.ndim == 1 and tensor.is_floating_point():
            tensor.add_(0.3 * torch.randn_like(tensor))
    return module.eval()


values: dict[str, np.ndarray] = {}
torch.manual_seed(5)
FOLDER.mkdir(exist_ok=True)
for name, (make, rows) in CASES.items():
    module, x = settled(make()), rows()
    with torch.no_grad():
        y = module.double()(x.double())
    values[f"{name}.x"], values[f"{name}.y"] = x.numpy(), y.numpy()
    state = module.float().state_dict()
    torch.save(state, FOLDER / f"{name}.pt")
    save_file(state, FOLDER / f"{name}.safetensors")

# A checkpoint with tensors of all types, on one storage, transposed, and without elements.
weight = torch.arange(12, dtype=torch.float32).view(3, 4) / 8
kinds = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64]
checkpoint = {
    "epoch": 3,
    "lr": [0.5, (None, True, False)],
    "model": OrderedDict((str(kind).partition(".")[2], weight.to(kind)) for kind in kinds),
    "views": {"transposed": weight.t(), "part": weight[1:, 1:3], "empty": weight[:0], "one": weight[2, 3]},
}
torch.save(checkpoint, FOLDER / "checkpoint.pt")
save_file({str(kind).partition(".")[2]: weight.to(kind) for kind in kinds}, FOLDER / "types.safetensors")
torch.save(nn.Linear(2, 2), FOLDER / "module.pt")
torch.save(perceptron().state_dict(), FOLDER / "old.pt", _use_new_zipfile_serialization=False)
np.savez_compressed(FOLDER / "values.npz", **values)
