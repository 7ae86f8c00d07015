#!/usr/bin/env python3
"""Writes attention.json: what PyTorch makes of embeddings, attention and transformers, for the tests to compare with.

Run it only to add cases: ``pip install torch && python make_attention.py``. The tests need the file alone.

PyTorch computes in float64 from float32 numbers, as in make_golden.py. Parameters go from PyTorch's modules into the tensors of this
library as docs/sequences.md says.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

torch.manual_seed(20261130)
torch.set_default_dtype(torch.float64)
Case = dict[str, Any]
ROWS, STEPS, WIDTH, HEADS, TOKENS = 3, 6, 8, 2, 11
LENGTHS = [6, 2, 5]


def rounded(module: nn.Module) -> nn.Module:
    """The module with parameters that float32 holds."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_((parameter + 0.1 * torch.randn_like(parameter)).float().double())
    return module


def numbers(tensor: Tensor) -> list[float]:
    """The elements, row by row."""
    return [float(f"{x:.10g}") for x in tensor.detach().flatten().tolist()]


def uniform(*shape: int) -> Tensor:
    """Uniform float32 numbers in [-2, 2), as float64."""
    return (4 * torch.rand(*shape) - 2).float().double()


def node(kind: str, name: str, inputs: list[str], **members: Any) -> dict[str, Any]:
    """A layer as model files have it."""
    return {"type": kind, "name": name, "inputs": inputs, **members}


def dense(name: str, source: str, units: int, activation: str = "identity") -> dict[str, Any]:
    return node("dense", name, [source], units=units, bias=True, activation=activation)


def heads(name: str, inputs: list[str], *, causal: bool = False, lengths: bool = False) -> dict[str, Any]:
    return node("attention", name, inputs, heads=HEADS, causal=causal, lengths=lengths)


def case(
    name: str,
    inputs: int,
    layers: list[dict[str, Any]],
    parameters: dict[str, Tensor | tuple[Tensor, ...]],
    x: Tensor,
    compute: Callable[[Tensor], Tensor],
) -> Case:
    """h of some rows, and the gradients of h · δ. A tuple of parameters is joined along the first axis."""
    x = x.requires_grad_(x.dtype.is_floating_point)
    h = compute(x)
    delta = uniform(*h.shape)
    parts = [part for value in parameters.values() for part in (value if isinstance(value, tuple) else (value,))]
    gradients = list(torch.autograd.grad(h, ([x] if x.requires_grad else []) + parts, delta))
    x_gradient = numbers(gradients.pop(0)) if x.requires_grad else []
    tensors = {}
    for tensor, value in parameters.items():
        own = value if isinstance(value, tuple) else (value,)
        tensors[tensor] = {
            "value": [number for part in own for number in numbers(part)],
            "gradient": [number for _ in own for number in numbers(gradients.pop(0))],
        }
    return {
        "name": name,
        "architecture": json.dumps({"inputs": inputs, "layers": layers}),
        "tensors": tensors,
        "x": numbers(x),
        "h": numbers(h),
        "delta": numbers(delta),
        "x_gradient": x_gradient,
    }


def embedding() -> Case:
    module = rounded(nn.Embedding(TOKENS, WIDTH))
    return case(
        "embedding",
        STEPS,
        [node("embedding", "l", ["input"], tokens=TOKENS, width=WIDTH)],
        {"l.weight": module.weight},
        torch.randint(TOKENS, (ROWS, STEPS)),
        module,
    )


def of_self(name: str, *, causal: bool = False, lengths: bool = False) -> Case:
    """Self-attention. Beyond a row's length h is 0."""
    module = rounded(nn.MultiheadAttention(WIDTH, HEADS, batch_first=True))
    steps = torch.tensor(LENGTHS)
    beyond = torch.arange(STEPS)[None] >= steps[:, None] if lengths else torch.zeros(ROWS, STEPS, dtype=torch.bool)
    later = torch.triu(torch.ones(STEPS, STEPS, dtype=torch.bool), 1) if causal else None

    def compute(row: Tensor) -> Tensor:
        x = row[:, : STEPS * WIDTH].reshape(ROWS, STEPS, WIDTH)
        h, _ = module(x, x, x, key_padding_mask=beyond, attn_mask=later, need_weights=False)
        return torch.where(beyond[:, :, None], module.out_proj.bias, h)

    count = STEPS * WIDTH
    layers = [node("input", "x", ["input"], shape=[STEPS, WIDTH], first=0)]
    if lengths:
        layers.append(node("input", "n", ["input"], shape=[1], first=count))
    layers += [
        dense("a_in", "x", 3 * WIDTH),
        heads("a_heads", ["a_in", "n"] if lengths else ["a_in"], causal=causal, lengths=lengths),
        dense("a", "a_heads", WIDTH),
    ]
    x = uniform(ROWS, count)
    if lengths:
        x = torch.cat([x, steps[:, None].double()], 1)
    parameters = {
        "a_in.weight": module.in_proj_weight,
        "a_in.bias": module.in_proj_bias,
        "a.weight": module.out_proj.weight,
        "a.bias": module.out_proj.bias,
    }
    return case(name, count + lengths, layers, parameters, x, compute)


def of_others(name: str, *, together: bool, lengths: bool = False) -> Case:
    """Queries from one sequence, keys and values from another, or from two."""
    keys, width, other = 4, 5, 7
    other = width if together else other
    module = rounded(nn.MultiheadAttention(WIDTH, HEADS, kdim=width, vdim=other, batch_first=True))
    steps = torch.tensor([4, 1, 3])
    beyond = torch.arange(keys)[None] >= steps[:, None] if lengths else None
    sizes = [STEPS * WIDTH, keys * width] + ([] if together else [keys * other])

    def compute(row: Tensor) -> Tensor:
        parts = row[:, : sum(sizes)].split(sizes, 1)
        q = parts[0].reshape(ROWS, STEPS, WIDTH)
        k = parts[1].reshape(ROWS, keys, width)
        v = k if together else parts[2].reshape(ROWS, keys, other)
        return module(q, k, v, key_padding_mask=beyond, need_weights=False)[0]

    layers = [
        node("input", "q", ["input"], shape=[STEPS, WIDTH], first=0),
        node("input", "k", ["input"], shape=[keys, width], first=sizes[0]),
    ]
    if not together:
        layers.append(node("input", "v", ["input"], shape=[keys, other], first=sizes[0] + sizes[1]))
    if lengths:
        layers.append(node("input", "n", ["input"], shape=[1], first=sum(sizes)))
    layers.append(dense("a_query", "q", WIDTH))
    read = ["a_query", "a_key_value"] if together else ["a_query", "a_key", "a_value"]
    if together:
        layers.append(dense("a_key_value", "k", 2 * WIDTH))
    else:
        layers += [dense("a_key", "k", WIDTH), dense("a_value", "v", WIDTH)]
    layers += [heads("a_heads", read + ["n"] * lengths, lengths=lengths), dense("a", "a_heads", WIDTH)]
    x = uniform(ROWS, sum(sizes))
    if lengths:
        x = torch.cat([x, steps[:, None].double()], 1)
    parameters: dict[str, Tensor | tuple[Tensor, ...]] = {
        "a_query.weight": module.q_proj_weight,
        "a.weight": module.out_proj.weight,
        "a.bias": module.out_proj.bias,
    }
    if together:
        parameters["a_key_value.weight"] = (module.k_proj_weight, module.v_proj_weight)
    else:
        parameters["a_key.weight"] = module.k_proj_weight
        parameters["a_value.weight"] = module.v_proj_weight
    # PyTorch has one tensor for the three biases.
    bias = module.in_proj_bias
    built = case(name, sum(sizes) + lengths, layers, parameters | {"bias": bias}, x, compute)
    joined = built["tensors"].pop("bias")
    places = {"a_query.bias": slice(0, WIDTH)} | (
        {"a_key_value.bias": slice(WIDTH, 3 * WIDTH)}
        if together
        else {"a_key.bias": slice(WIDTH, 2 * WIDTH), "a_value.bias": slice(2 * WIDTH, 3 * WIDTH)}
    )
    for tensor, place in places.items():
        built["tensors"][tensor] = {key: joined[key][place] for key in joined}
    return built


def transformer() -> Case:
    """Two layers that normalize first, over tokens and sinusoidal positions."""
    table = rounded(nn.Embedding(TOKENS, WIDTH))
    blocks = [
        rounded(
            nn.TransformerEncoderLayer(
                WIDTH, HEADS, 2 * WIDTH, dropout=0, activation="gelu", batch_first=True, norm_first=True
            )
        )
        for _ in range(2)
    ]
    norm, last = rounded(nn.LayerNorm(WIDTH)), rounded(nn.Linear(WIDTH, TOKENS))
    angles = torch.arange(STEPS)[:, None] * 10000 ** (-torch.arange(0, WIDTH, 2) / WIDTH)
    places = torch.stack([torch.sin(angles), torch.cos(angles)], 2).reshape(STEPS, WIDTH)
    later = nn.Transformer.generate_square_subsequent_mask(STEPS)

    def compute(x: Tensor) -> Tensor:
        h = table(x) + places
        for block in blocks:
            h = block(h, src_mask=later, is_causal=True)
        return last(norm(h))

    layers = [
        node("embedding", "e", ["input"], tokens=TOKENS, width=WIDTH),
        node("positions", "p", ["e"]),
    ]
    parameters: dict[str, Tensor | tuple[Tensor, ...]] = {"e.weight": table.weight}
    stream = "p"
    normalized = {"epsilon": 1e-5, "affine": True}
    for index, block in enumerate(blocks):
        n = f"{index}"
        layers += [
            node("layer_normalization", n + "n", [stream], **normalized),
            dense(n + "a_in", n + "n", 3 * WIDTH),
            heads(n + "a_heads", [n + "a_in"], causal=True),
            dense(n + "a", n + "a_heads", WIDTH),
            node("sum", n + "s", [stream, n + "a"]),
            node("layer_normalization", n + "m", [n + "s"], **normalized),
            dense(n + "f", n + "m", 2 * WIDTH, "gelu"),
            dense(n + "g", n + "f", WIDTH),
            node("sum", n + "t", [n + "s", n + "g"]),
        ]
        stream = n + "t"
        attention = block.self_attn
        parameters |= {n + "a_in.weight": attention.in_proj_weight, n + "a_in.bias": attention.in_proj_bias}
        for name, part in [
            ("n", block.norm1),
            ("a", attention.out_proj),
            ("m", block.norm2),
            ("f", block.linear1),
            ("g", block.linear2),
        ]:
            parameters |= {f"{n}{name}.weight": part.weight, f"{n}{name}.bias": part.bias}
    layers += [node("layer_normalization", "n", [stream], **normalized), dense("y", "n", TOKENS)]
    for name, part in [("n", norm), ("y", last)]:
        parameters |= {name + ".weight": part.weight, name + ".bias": part.bias}
    return case("transformer", STEPS, layers, parameters, torch.randint(TOKENS, (ROWS, STEPS)), compute)


cases = [
    embedding(),
    of_self("self"),
    of_self("causal", causal=True),
    of_self("lengths", lengths=True),
    of_self("causal with lengths", causal=True, lengths=True),
    of_others("keys and values", together=True),
    of_others("keys and values with lengths", together=True, lengths=True),
    of_others("keys, values", together=False),
    transformer(),
]
Path(__file__).with_name("attention.json").write_text(json.dumps(cases) + "\n")
