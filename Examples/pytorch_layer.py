"""A network of Chainrule as a layer of PyTorch, trained together with others by torch.optim, without a copy.

To run it: as digits.py, with torch installed.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from chainrule import Input, Network, Sequential, Workspace
from chainrule.layers import Dense

try:
    import torch
except ImportError:
    print("this example needs PyTorch: pip install torch")
    sys.exit()


class Pass(torch.autograd.Function):
    """Forward and backward of a network. A workspace for each pass: several may wait for their backward."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, parameters: torch.Tensor, network: Network) -> torch.Tensor:
        ctx.workspace = Workspace(network, len(x))
        y = torch.empty(len(x), network.outputs)
        ctx.workspace.forward(x.detach().numpy(), out=y.numpy())  # the tensors' own memory
        return y

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, dC_dy: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None]:
        gradients, dC_dx = ctx.workspace.backward(dC_dy.numpy(), input_gradient=True)
        return torch.from_numpy(dC_dx), torch.from_numpy(gradients), None


class ChainruleLayer(torch.nn.Module):
    """A network whose parameters are one torch parameter: the network's own memory, in which an optimizer steps."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.parameters_of_network = torch.nn.Parameter(torch.from_numpy(network.parameters))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return Pass.apply(x, self.parameters_of_network, self.network)


def main() -> None:
    torch.manual_seed(1)
    table = np.loadtxt(Path(__file__).parent / "data" / "digits.csv", delimiter=",", dtype=np.float32)
    images = torch.from_numpy(table[:, :64].reshape(-1, 1, 8, 8) / 16)
    digits = torch.from_numpy(table[:, 64].astype(np.int64))
    held_out = torch.arange(len(images)) % 4 == 3

    head = ChainruleLayer(Sequential([Input(16 * 4 * 4), Dense(64, "relu"), Dense(10)], seed=1))
    assert head.parameters_of_network.data_ptr() == head.network.parameters.ctypes.data
    eyes = torch.nn.Sequential(torch.nn.Conv2d(1, 16, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2))
    model = torch.nn.Sequential(eyes, torch.nn.Flatten(), head)
    check(head, model)

    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    x, t = images[~held_out], digits[~held_out]
    for _epoch in range(6):
        for rows in torch.randperm(len(x)).split(32):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x[rows]), t[rows]).backward()
            optimizer.step()
    with torch.no_grad():
        right = (model(images[held_out]).argmax(1) == digits[held_out]).float().mean().item()
    print(f"{right:.2%} of the images that the model has not seen")
    if right < 0.95:
        raise SystemExit("less than 95 %")


def check(head: ChainruleLayer, model: torch.nn.Module) -> None:
    """Compares the gradients with those of the same layers in PyTorch."""
    tensors = {name: torch.from_numpy(value.copy()) for name, value in head.network.tensors.items()}
    for tensor in tensors.values():
        tensor.requires_grad_()
    x = torch.rand(5, 1, 8, 8, requires_grad=True)
    h = model[:2](x)
    same = torch.relu(h @ tensors["0.weight"].T + tensors["0.bias"]) @ tensors["1.weight"].T + tensors["1.bias"]
    same.square().sum().backward(retain_graph=True)
    expected, x.grad = x.grad, None
    model.zero_grad()
    model(x).square().sum().backward()
    torch.testing.assert_close(x.grad, expected, rtol=1e-4, atol=1e-5)
    for name, found in head.network.unflatten(head.parameters_of_network.grad.numpy()).items():
        torch.testing.assert_close(torch.from_numpy(found), tensors[name].grad, rtol=1e-4, atol=1e-5)


if __name__ == "__main__":
    main()
