"""Writes onnx_models/*.onnx: layers of transformers as PyTorch's exporter spells them out.

    python make_onnx.py

PyTorch 2 made the committed files; the tests need neither it nor this script.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import torch

FOLDER = Path(__file__).with_name("onnx_models")
STEPS, WIDTH, HEADS = 6, 16, 4


class Decoder(torch.nn.Module):
    """A layer with GELU, normalization first, and a mask of later steps."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.TransformerEncoderLayer(
            WIDTH, HEADS, 32, 0.0, torch.nn.functional.gelu, batch_first=True, norm_first=True
        )
        self.register_buffer("mask", torch.nn.Transformer.generate_square_subsequent_mask(STEPS))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x, src_mask=self.mask)


class Spelt(torch.nn.Module):
    """A layer whose formulas are spelt out: attention, GELU by tanh and a normalization of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.out = torch.nn.Linear(WIDTH, 3 * WIDTH), torch.nn.Linear(WIDTH, WIDTH)
        self.up, self.down = torch.nn.Linear(WIDTH, 32), torch.nn.Linear(32, WIDTH)
        self.scale = torch.nn.Parameter(torch.rand(2, WIDTH) + 0.5)
        self.offset = torch.nn.Parameter(torch.randn(2, WIDTH))

    def normalize(self, x: torch.Tensor, place: int) -> torch.Tensor:
        centered = x - x.mean(-1, keepdim=True)
        variance = (centered**2).mean(-1, keepdim=True)
        return self.scale[place] * (centered / torch.sqrt(variance + 1e-5)) + self.offset[place]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = self.normalize(x, 0)
        q, k, v = (part.view(-1, STEPS, HEADS, WIDTH // HEADS).transpose(1, 2) for part in self.qkv(rows).chunk(3, -1))
        heads = torch.softmax(q @ k.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5, -1) @ v
        x = x + self.out(heads.transpose(1, 2).reshape(-1, STEPS, WIDTH))
        z = self.up(self.normalize(x, 1))
        gate = 1 + torch.tanh((2 / torch.pi) ** 0.5 * (z + 0.044715 * z**3))
        return x + self.down(0.5 * z * gate)


class Attention(torch.nn.Module):
    """Attention alone: its rows lie between the steps."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = torch.nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.attention(x, x, x, need_weights=False)[0]


class ClassToken(torch.nn.Module):
    """As vision transformers: a learned token for each row, positions, and resized images."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = torch.nn.Conv2d(2, 8, 3, 3)
        self.token = torch.nn.Parameter(torch.randn(1, 1, 8))
        self.positions = torch.nn.Parameter(torch.randn(1, 5, 8))
        self.head = torch.nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.nn.functional.interpolate(x, size=(6, 7), mode="bilinear")
        patches = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), patches], 1) + self.positions
        return self.head(torch.softmax(x, 1).sum(1))


def main() -> None:
    """Exports each layer, for batches of any number of rows."""
    torch.manual_seed(1)
    FOLDER.mkdir(exist_ok=True)
    warnings.simplefilter("ignore")
    # The fused kernel of inference has no ONNX form.
    torch.backends.mha.set_fastpath_enabled(False)
    for name, layer, opset in [
        ("encoder_layer", Decoder(), 17),
        ("encoder_layer_14", Decoder(), 14),
        ("spelt_layer", Spelt(), 17),
        ("attention", Attention(), 17),
        ("class_token", ClassToken(), 17),
    ]:
        shapes = {"attention": (2, 5, 8), "class_token": (2, 2, 4, 5)}
        torch.onnx.export(
            layer.eval(),
            (torch.randn(shapes.get(name, (2, STEPS, WIDTH))),),
            str(FOLDER / f"{name}.onnx"),
            input_names=["x"],
            output_names=["y"],
            dynamic_axes={"x": {0: "N"}, "y": {0: "N"}},
            opset_version=opset,
            dynamo=False,
        )


if __name__ == "__main__":
    main()
