"""Trains Examples/character_model.py's network with PyTorch, too: the same text, first weights, batches and steps.

pip install torch && PYTHONPATH=bindings/python:Examples python Examples/learning/character_model_peer.py [--epochs N]
"""

import argparse
import time

import numpy as np
import torch
from chainrule import Network
from character_model import GPL, ROWS, STEPS, UNITS, network_of, pieces, train
from torch import nn


def peer_of(network: Network, letters: int) -> tuple[nn.LSTM, nn.Linear]:
    """PyTorch's layers with the network's parameters. Its second bias is 0 and stays so."""
    lstm, dense = nn.LSTM(letters, UNITS, batch_first=True), nn.Linear(UNITS, letters)
    names = {
        lstm.weight_ih_l0: "1.weight_ih",
        lstm.weight_hh_l0: "1.weight_hh",
        lstm.bias_ih_l0: "1.bias",
        dense.weight: "2.weight",
        dense.bias: "2.bias",
    }
    for parameter, name in names.items():
        parameter.data = torch.from_numpy(network.tensors[name].copy())
    lstm.bias_hh_l0.data.zero_()
    lstm.bias_hh_l0.requires_grad_(False)
    return lstm, dense


def train_peer(lstm: nn.LSTM, dense: nn.Linear, x: np.ndarray, t: np.ndarray, epochs: int) -> list[float]:
    """The mean cost of each epoch."""
    trained = [p for p in (*lstm.parameters(), *dense.parameters()) if p.requires_grad]
    adam = torch.optim.Adam(trained, lr=0.005)
    inputs, targets = torch.from_numpy(x), torch.from_numpy(t).long()
    costs = []
    for _ in range(epochs):
        state, total = None, 0.0
        for first in range(0, len(x), ROWS):
            h, state = lstm(inputs[first : first + ROWS], state)
            state = tuple(part.detach() for part in state)
            z = dense(h).reshape(ROWS * STEPS, -1)
            cost = nn.functional.cross_entropy(z, targets[first : first + ROWS].reshape(-1))
            adam.zero_grad()
            cost.backward()
            adam.step()
            total += cost.item()
        costs.append(total / (len(x) // ROWS))
    return costs


def main() -> None:
    """Prints both costs after each epoch."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    options = parser.parse_args()
    torch.set_num_threads(1)
    alphabet, x, t = pieces(GPL.read_text())
    with network_of(len(alphabet)) as network:
        peer = peer_of(network, len(alphabet))
        start = time.perf_counter()
        ours = train(network, x, t, options.epochs)
        middle = time.perf_counter()
        theirs = train_peer(*peer, x, t, options.epochs)
        end = time.perf_counter()
    print(f"{len(x) // ROWS} steps an epoch; {middle - start:.1f} s, PyTorch {torch.__version__} {end - middle:.1f} s")
    for epoch, (own, other) in enumerate(zip(ours, theirs), 1):
        print(f"epoch {epoch}: {own:.4f}, PyTorch {other:.4f}")


if __name__ == "__main__":
    main()
