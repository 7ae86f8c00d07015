"""Trains Examples/transformer.py beside PyTorch: from the same first weights, on the same batches, with the same Adam.

    build/venv-bench/bin/python Benchmarks/transformer.py

Prints the costs of both, in bits for a character, and the time of a step on one thread: forward pass, cost, backward pass and step.
"""

import argparse
import importlib.util
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bindings" / "python"))
import chainrule

specification = importlib.util.spec_from_file_location("transformer_example", ROOT / "Examples" / "transformer.py")
example = importlib.util.module_from_spec(specification)
specification.loader.exec_module(example)


class Block(nn.Module):
    """Normalizes before each part."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm, self.inward, self.outward = (
            nn.LayerNorm(width),
            nn.Linear(width, 3 * width),
            nn.Linear(width, width),
        )
        self.dense_norm, self.wide, self.narrow = (
            nn.LayerNorm(width),
            nn.Linear(width, 4 * width),
            nn.Linear(4 * width, width),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows, steps, width = x.shape
        parts = self.inward(self.attention_norm(x)).view(rows, steps, 3, self.heads, width // self.heads)
        h = nn.functional.scaled_dot_product_attention(*parts.permute(2, 0, 3, 1, 4), is_causal=True)
        x = x + self.outward(h.transpose(1, 2).reshape(rows, steps, width))
        return x + self.narrow(nn.functional.gelu(self.wide(self.dense_norm(x))))


class Transformer(nn.Module):
    """The example's network. Its parameters are in the order of the example's tensors."""

    def __init__(self, steps: int, tokens: int, width: int, heads: int, blocks: int) -> None:
        super().__init__()
        self.table = nn.Embedding(tokens, width)
        self.places = nn.Parameter(torch.zeros(steps, width))
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(blocks)))
        self.norm, self.logits = nn.LayerNorm(width), nn.Linear(width, tokens)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.logits(self.norm(self.blocks(self.table(x) + self.places)))

    def load(self, network: chainrule.Network) -> None:
        """Takes over a network's parameters."""
        ordered = [self.table.weight, self.places]
        ordered += [parameter for module in (*self.blocks, self.norm, self.logits) for parameter in module.parameters()]
        tensors = network.tensors.values()
        if [tuple(parameter.shape) for parameter in ordered] != [tensor.shape for tensor in tensors]:
            raise SystemExit("the networks differ")
        with torch.no_grad():
            for parameter, tensor in zip(ordered, tensors, strict=True):
                parameter.copy_(torch.from_numpy(tensor.copy()))


def main() -> None:
    """Trains both, a step of one after a step of the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", nargs="?", default="/usr/share/common-licenses/GPL-3")
    parser.add_argument("--steps", type=int, default=128)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--blocks", type=int, default=4)
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--updates", type=int, default=60)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    text = np.frombuffer(Path(arguments.text).read_bytes(), np.uint8)
    alphabet, text = np.unique(text, return_inverse=True)
    sizes = (arguments.steps, len(alphabet), arguments.width, 4, arguments.blocks)
    ours, theirs = example.transformer(*sizes), Transformer(*sizes)
    theirs.load(ours)
    optimizer = chainrule.Optimizer(ours, "adam", learning_rate=1e-3)
    adam = torch.optim.Adam(theirs.parameters(), lr=1e-3, fused=True)
    workspace = chainrule.Workspace(ours, max_rows=arguments.rows)
    rng = np.random.default_rng(1)
    costs, times = [], []
    for update in range(arguments.updates):
        places = rng.integers(0, len(text) - arguments.steps, arguments.rows)[:, None] + np.arange(arguments.steps)
        x, targets = text[places], text[places + 1]
        start = time.process_time()
        y = workspace.forward(x.astype(np.float32)).reshape(*x.shape, -1)
        cost, gradient = example.cross_entropy(y, targets)
        optimizer.step(workspace.backward(gradient.reshape(arguments.rows, -1)))
        middle = time.process_time()
        adam.zero_grad()
        loss = nn.functional.cross_entropy(
            theirs(torch.from_numpy(x)).flatten(0, 1), torch.from_numpy(targets).flatten()
        )
        loss.backward()
        adam.step()
        times.append((middle - start, time.process_time() - middle))
        costs.append((cost / np.log(2), loss.item() / np.log(2)))
        if (update + 1) % 20 == 0:
            mine, other = np.mean(costs[-20:], axis=0)
            print(f"update {update + 1}: {mine:.4f} bits, PyTorch {other:.4f}")
    mine, other = np.median(times, axis=0)
    print(f"a step takes {mine * 1e3:.0f} ms, PyTorch's {other * 1e3:.0f} ms: {other / mine:.2f} times as long")


if __name__ == "__main__":
    main()
