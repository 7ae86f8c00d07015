"""What exporters spell out in several nodes, and operators whose operands are computed, against ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule

pytest.importorskip("onnx", reason="Tools/setup-python installs onnx")
pytest.importorskip("onnxruntime", reason="Tools/setup-python installs onnxruntime")
from onnx_building import agree, model, node
from onnx_node_cases import rows, tensors

RNG = np.random.default_rng(23)


def kinds(network: chainrule.Network) -> list[str]:
    return [layer.kind for layer in network.layers]


# Products of two computed tensors


@pytest.mark.parametrize(
    ("a", "b", "width"),
    [
        ((3, 4), (4, 5), 15),
        ((2, 3, 4), (2, 4, 5), 30),
        ((2, 3, 4), (4, 5), 30),
        ((3, 4), (2, 4, 5), 30),
        ((2, 1, 3, 4), (1, 5, 4, 6), 180),
        ((4,), (4, 5), 5),
        ((3, 4), (4,), 3),
        ((4,), (4,), 1),
    ],
)
def test_products_with_repeated_axes(a: tuple[int, ...], b: tuple[int, ...], width: int) -> None:
    """As whole tensors, and with a or b as a constant, which is learned."""
    values = {"a": RNG.normal(size=a).astype(np.float32), "b": RNG.normal(size=b).astype(np.float32)}
    expected = np.matmul(values["a"], values["b"])
    assert expected.size == width
    for kept in ("ab", "a", "b"):
        constants = {name: value for name, value in values.items() if name not in kept}
        inputs = {name: list(value.shape) for name, value in values.items() if name in kept}
        network = chainrule.load_onnx(model([node("MatMul", ["a", "b"], "y")], inputs=inputs, **constants))
        y = tensors(network, network.predict(rows(network, values)))[0]
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


def test_products_of_each_row_of_a_batch() -> None:
    shapes = {"a": ["N", 2, 3, 4], "b": ["N", 2, 5, 4]}
    nodes = [node("Transpose", "b", "t", perm=[0, 1, 3, 2]), node("MatMul", ["a", "t"], "y")]
    network = agree(model(nodes, inputs=shapes), RNG.normal(size=(6, 2, 3, 4)), RNG.normal(size=(6, 2, 5, 4)))
    # The transpose is the product's.
    assert "matrix_product" in kinds(network)
    assert "transpose" not in kinds(network)


def test_gemm_of_computed_operands() -> None:
    nodes = [
        node("Slice", ["x", "zero", "two", "one"], "a"),
        node("Slice", ["x", "two", "five", "one"], "b"),
        node("Gemm", ["a", "b", "c"], "y", alpha=0.5, beta=2.0, transA=1),
    ]
    constants = {name: np.int64([number]) for name, number in zip(("zero", "one", "two", "five"), (0, 1, 2, 5))}
    content = model(nodes, inputs={"x": [4, 5]}, c=np.float32([[1, 2, 3]]), **constants)
    agree(content, RNG.normal(size=(4, 5)), whole=True)
    with pytest.raises(chainrule.FileFormatError, match="it adds the rows of the batch"):
        chainrule.load_onnx(model(nodes, inputs={"x": ["N", 5]}, c=np.float32([[1, 2, 3]]), **constants))


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([2, 3], [4, 5], r"it multiplies \[2, 3\] and \[4, 5\]"),
        ([2, 3, 4], [3, 4, 5], "axis 0 has the lengths 2 and 3"),
        ([], [3], "it multiplies a number"),
    ],
)
def test_products_that_do_not_fit(a: list[int], b: list[int], message: str) -> None:
    with pytest.raises(chainrule.FileFormatError, match=message):
        chainrule.load_onnx(model([node("MatMul", ["a", "b"], "y")], inputs={"a": a, "b": b}))


# Attention


def attention(mask: np.ndarray | None, heads: int = 2, steps: int = 5, width: int = 8) -> bytes:
    """Self-attention as PyTorch's exporter spells it out."""
    depth = width // heads
    weights = {name: RNG.normal(size=(width, width)).astype(np.float32) / 3 for name in ("wq", "wk", "wv", "wo")}
    nodes = []
    for name in "qkv":
        nodes += [
            node("MatMul", ["x", f"w{name}"], f"{name}p"),
            node("Reshape", [f"{name}p", "split"], f"{name}r"),
            node("Transpose", f"{name}r", f"{name}h", perm=[0, 2, 3, 1] if name == "k" else [0, 2, 1, 3]),
        ]
    nodes += [
        node("MatMul", ["qh", "kh"], "product"),
        node("Div", ["product", "root"], "scores"),
        node("Add", ["scores", "mask"], "masked") if mask is not None else node("Identity", "scores", "masked"),
        node("Softmax", "masked", "p", axis=-1),
        node("MatMul", ["p", "vh"], "heads"),
        node("Transpose", "heads", "first", perm=[0, 2, 1, 3]),
        node("Reshape", ["first", "join"], "joined"),
        node("MatMul", ["joined", "wo"], "y"),
    ]
    constants = weights | {
        "split": np.int64([0, steps, heads, depth]),
        "join": np.int64([0, steps, width]),
        "root": np.float32(depth**0.5),
    }
    if mask is not None:
        constants["mask"] = mask
    return model(nodes, inputs={"x": ["N", steps, width]}, **constants)


@pytest.mark.parametrize("value", [None, -np.inf, np.finfo(np.float32).min, -10000])
def test_attention_that_is_spelt_out(value: float | None) -> None:
    mask = None if value is None else np.float32(np.triu(np.ones((5, 5)), 1)[np.newaxis, np.newaxis])
    if mask is not None:
        mask = np.where(mask > 0, np.float32(value), np.float32(0))
    x = RNG.normal(size=(3, 5, 8))
    network = agree(attention(mask), x)
    # A mask is not learned.
    assert network.parameters.size == 4 * 64
    assert kinds(network).count("matrix_product") == 2
    t = RNG.normal(size=(3, 40))
    before = network.value_and_grad(x.reshape(3, -1), t, "mean_squared_error")[0]
    network.fit(x.reshape(3, -1), t, cost="mean_squared_error", epochs=20, seed=1)
    assert network.value_and_grad(x.reshape(3, -1), t, "mean_squared_error")[0] < before


EXPORTED = sorted(Path(__file__).with_name("onnx_models").glob("*layer*.onnx"))


@pytest.mark.parametrize("path", EXPORTED, ids=lambda path: path.stem)
def test_layers_that_pytorch_exports(path: Path) -> None:
    """Of make_onnx.py: a TransformerEncoderLayer with GELU and a mask, and one whose formulas are spelt out."""
    network = agree(path.read_bytes(), RNG.normal(size=(4, 6, 16)))
    assert kinds(network).count("normalization") == 2
    assert kinds(network).count("matrix_product") == 2
    activations = [layer.activation for layer in network.layers]
    assert activations.count("gelu_tanh" if "spelt" in path.stem else "gelu") == 1
    assert "function" not in [layer.kind for layer in network.layers if "Erf" in layer.name]


def test_there_are_exported_layers() -> None:
    assert len(EXPORTED) == 3


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([node("Identity", "r", "y")], "the graph's output 'y': it mixes the rows of the batch"),
        ([node("Softmax", "r", "y", axis=0)], r"it reads \[3, 4\], which mixes the rows of the batch"),
        ([node("Reshape", ["x", "-1"], "s"), node("Add", ["r", "s"], "y")], "have other numbers for each row"),
    ],
)  # fmt: skip
def test_rows_within_places(nodes: list[Any], message: str) -> None:
    """[T, N, C] becomes [T N, C], as around the last layer of PyTorch's attention: what would mix rows is refused."""
    begin = [node("Transpose", "x", "first", perm=[1, 0, 2]), node("Reshape", ["first", "-1"], "r")]
    content = model([*begin, *nodes], inputs={"x": ["N", 3, 4]}, **{"-1": np.int64([-1, 4])})
    with pytest.raises(chainrule.FileFormatError, match=message):
        chainrule.load_onnx(content)


# Formulas


ROOT = np.float32(0.5**0.5)
TANH = np.float32((2 / np.pi) ** 0.5)
FORMULAS: dict[str, tuple[list[Any], str]] = {
    "gelu of PyTorch": (
        [
            node("Div", ["x", "root2"], "a"),
            node("Erf", "a", "b"),
            node("Add", ["b", "one"], "c"),
            node("Mul", ["x", "c"], "d"),
            node("Mul", ["d", "half"], "y"),
        ],
        "gelu",
    ),
    "gelu, the other way round": (
        [
            node("Mul", ["root", "x"], "a"),
            node("Erf", "a", "b"),
            node("Add", ["one", "b"], "c"),
            node("Mul", ["c", "half"], "d"),
            node("Mul", ["d", "x"], "y"),
        ],
        "gelu",
    ),
    "gelu by tanh": (
        [
            node("Pow", ["x", "three"], "a"),
            node("Mul", ["a", "part"], "b"),
            node("Add", ["x", "b"], "c"),
            node("Mul", ["c", "tanh"], "d"),
            node("Tanh", "d", "e"),
            node("Add", ["e", "one"], "f"),
            node("Mul", ["x", "half"], "g"),
            node("Mul", ["g", "f"], "y"),
        ],
        "gelu_tanh",
    ),
    "hard swish": (
        [
            node("Add", ["x", "three"], "a"),
            node("Clip", ["a", "zero", "six"], "b"),
            node("Mul", ["x", "b"], "c"),
            node("Div", ["c", "six"], "y"),
        ],
        "hard_swish",
    ),
    "hard swish, the number first": (
        [
            node("Add", ["three", "x"], "a"),
            node("Clip", ["a", "zero", "six"], "b"),
            node("Mul", ["sixth", "b"], "c"),
            node("Mul", ["c", "x"], "y"),
        ],
        "hard_swish",
    ),
    "hard swish by hard sigmoid": (
        [node("HardSigmoid", "x", "a", alpha=1 / 6), node("Mul", ["x", "a"], "y")],
        "hard_swish",
    ),
    "silu": ([node("Sigmoid", "x", "a"), node("Mul", ["a", "x"], "y")], "silu"),
    "mish": ([node("Softplus", "x", "a"), node("Tanh", "a", "b"), node("Mul", ["x", "b"], "y")], "mish"),
}
NUMBERS = {
    "root": ROOT,
    "root2": np.float32(2**0.5),
    "one": np.float32([1]),
    "half": np.float32(0.5),
    "zero": np.float32(0),
    "three": np.float32(3),
    "six": np.float32(6),
    "sixth": np.float32(1 / 6),
    "part": np.float32(0.044715),
    "tanh": TANH,
}


@pytest.mark.parametrize("name", FORMULAS)
def test_activations_that_are_spelt_out(name: str) -> None:
    nodes, activation = FORMULAS[name]
    x = RNG.normal(size=(7, 6))
    network = agree(model(nodes, inputs={"x": ["N", 6]}, **NUMBERS), x)
    assert [(layer.kind, layer.activation) for layer in network.layers] == [("activation", activation)]
    # With another number it is another function.
    others = {key: np.float32(value * np.float32(1.01)) for key, value in NUMBERS.items()}
    if any(set(each.input) & set(NUMBERS) for each in nodes):
        other = agree(model(nodes, inputs={"x": ["N", 6]}, **others), np.abs(x))
        assert activation not in [layer.activation for layer in other.layers]


@pytest.mark.parametrize("parts", [(), ("weight",), ("weight", "bias")])
@pytest.mark.parametrize("square", ["Pow", "Mul"])
def test_normalization_that_is_spelt_out(parts: tuple[str, ...], square: str) -> None:
    last = "n" if parts else "y"
    nodes = [
        node("ReduceMean", "x", "m", axes=[-1]),
        node("Sub", ["x", "m"], "d"),
        node("Pow", ["d", "two"], "s") if square == "Pow" else node("Mul", ["d", "d"], "s"),
        node("ReduceMean", "s", "v", axes=[2]),
        node("Add", ["v", "epsilon"], "e"),
        node("Sqrt", "e", "r"),
        node("Div", ["d", "r"], last),
    ]
    if parts:
        nodes.append(node("Mul", ["n", "weight"], "w" if len(parts) > 1 else "y"))
    if len(parts) > 1:
        nodes.append(node("Add", ["bias", "w"], "y"))
    constants = {part: RNG.normal(size=6).astype(np.float32) for part in parts}
    numbers = {"two": np.float32(2), "epsilon": np.float32(1e-3)}
    network = agree(model(nodes, inputs={"x": ["N", 4, 6]}, **numbers, **constants), RNG.normal(size=(5, 4, 6)))
    assert [kind for kind in kinds(network) if kind not in ("reshape", "input")] == ["normalization"]
    # Channels may come first.
    means = [each for each in nodes if each.op_type == "ReduceMean"]
    for mean in means:
        mean.attribute[0].ints[0] = 1
    columns = {part: values[:, np.newaxis] for part, values in constants.items()}
    other = agree(model(nodes, inputs={"x": ["N", 6, 4]}, **numbers, **columns), RNG.normal(size=(5, 6, 4)))
    assert kinds(other).count("normalization") == 1
    # With the means of two axes it is a difference, and normalization by the mean square.
    means[0].attribute[0].ints[0] = 2
    other = agree(model(nodes, inputs={"x": ["N", 6, 4]}, **numbers, **columns), RNG.normal(size=(5, 6, 4)))
    assert [kind for kind in kinds(other) if kind in ("difference", "normalization")] == ["difference", "normalization"]


@pytest.mark.parametrize("name", FORMULAS)
def test_numbers_with_more_axes_than_x(name: str) -> None:
    """They give what follows more axes: softmax is along another one then."""
    nodes = [*FORMULAS[name][0], node("Softmax", "y", "z", axis=2), node("Identity", "z", "y2")]
    numbers = {key: np.float32(value).reshape(1, 1, 1) for key, value in NUMBERS.items() if key not in ("zero", "six")}
    numbers.update(zero=NUMBERS["zero"], six=NUMBERS["six"])
    if name in ("silu", "mish", "hard swish by hard sigmoid"):
        nodes.insert(-2, node("Unsqueeze", ["y", "first"], "u"))
        nodes[-2].input[0] = "u"
    for each in nodes:
        swap = {"y": "formula", "y2": "y"}
        each.input[:] = [swap.get(value, value) for value in each.input]
        each.output[:] = [swap.get(value, value) for value in each.output]
    agree(model(nodes, inputs={"x": ["N", 6]}, first=np.int64([0]), **numbers), RNG.normal(size=(7, 6)))


@pytest.mark.parametrize("wide", ["two", "epsilon"])
def test_normalization_with_more_axes_than_x(wide: str) -> None:
    nodes = [
        node("ReduceMean", "x", "m", axes=[-1]),
        node("Sub", ["x", "m"], "d"),
        node("Pow", ["d", "two"], "s"),
        node("ReduceMean", "s", "v", axes=[-1]),
        node("Add", ["v", "epsilon"], "e"),
        node("Sqrt", "e", "r"),
        node("Div", ["d", "r"], "n"),
        node("Softmax", "n", "y", axis=2),
    ]
    numbers = {"two": np.float32(2), "epsilon": np.float32(1e-3)}
    numbers[wide] = numbers[wide].reshape(1, 1, 1, 1)
    agree(model(nodes, inputs={"x": ["N", 4, 6]}, **numbers), RNG.normal(size=(5, 4, 6)))


@pytest.mark.parametrize("operation", ["Gemm", "Conv"])
def test_a_limit_that_is_computed_later(operation: str) -> None:
    """It is made of a shape after the layer whose limit it is."""
    nodes = [
        node(operation, ["x", "w"], "d"),
        node("Shape", "x", "shape"),
        node("Gather", ["shape", "one"], "length"),
        node("Cast", "length", "number", to=1),
        node("Mul", ["number", "tenth"], "most"),
        node("Clip", ["d", "zero", "most"], "y"),
    ]
    shape = (4, 3) if operation == "Conv" else (4,)
    weights = RNG.normal(size=(4, 4, 1) if operation == "Conv" else (4, 4)).astype(np.float32)
    constants = {"one": np.int64(1), "tenth": np.float32(0.1), "zero": np.float32(0)}
    agree(model(nodes, inputs={"x": ["N", *shape]}, w=weights, **constants), RNG.normal(size=(5, *shape)))


# Elements in another order


@pytest.mark.parametrize("mode", ["reflect", "edge", "wrap"])
def test_padding(mode: str) -> None:
    pads = [0, 0, 2, 3, 0, 0, 1, 4]
    content = model([node("Pad", ["x", "pads"], "y", mode=mode)], 19, inputs={"x": ["N", 2, 5, 6]}, pads=np.int64(pads))
    network = agree(content, RNG.normal(size=(3, 2, 5, 6)))
    assert "take" in kinds(network)
    # Derivatives go back to where the elements came from.
    x, t = RNG.normal(size=60), RNG.normal(size=int(np.prod(network.outputs)))
    t = t.reshape(1, -1)
    x = x.reshape(1, -1)
    product = network.vjp(x, t.reshape(1, -1))[1] if hasattr(network, "vjp") else None
    if product is not None:
        padded = np.pad(np.arange(60).reshape(2, 5, 6), ((0, 0), (2, 1), (3, 4)), mode)
        expected = np.zeros(60)
        np.add.at(expected, padded.ravel(), t.ravel())
        np.testing.assert_allclose(np.ravel(product), expected, rtol=1e-4, atol=1e-4)


def test_slices_go_backwards_and_gather_repeats() -> None:
    nodes = [
        node("Slice", ["x", "start", "end", "axis", "step"], "s"),
        node("Gather", ["s", "places"], "y", axis=2),
    ]
    constants = {name: np.int64([number]) for name, number in zip(("start", "end", "axis", "step"), (-1, -99, 1, -2))}
    content = model(nodes, inputs={"x": ["N", 7, 5]}, places=np.int64([[4, 4], [-5, 2]]), **constants)
    agree(content, RNG.normal(size=(3, 7, 5)))


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
@pytest.mark.parametrize("transform", ["half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel"])
def test_resize(mode: str, transform: str) -> None:
    nodes = [
        node("Resize", ["x", "", "scales"], "y", mode=mode, coordinate_transformation_mode=transform,
             nearest_mode="floor"),
    ]  # fmt: skip
    # Where corners are aligned, libraries differ in lengths that are not whole.
    for scales in ([1, 1, 2, 3], [1, 1, 0.6, 1.5 if transform == "align_corners" else 1.7]):
        content = model(nodes, inputs={"x": ["N", 2, 5, 6]}, scales=np.float32(scales))
        agree(content, RNG.normal(size=(3, 2, 5, 6)))


@pytest.mark.parametrize(
    "scales", [[1, 1, 0, 1], [1, 1, np.nan, 1], [1, 1, -2, 1], [1, 1, 1e30, 1], [1, 1], [2, 1, 1, 1]]
)
def test_resize_that_does_not_suit(scales: list[float]) -> None:
    content = model(
        [node("Resize", ["x", "", "scales"], "y", mode="linear")],
        inputs={"x": ["N", 2, 5, 6]},
        scales=np.float32(scales),
    )
    with pytest.raises(chainrule.FileFormatError):
        chainrule.load_onnx(content)


# Others


def test_several_samples_in_one_row() -> None:
    w, v = RNG.normal(size=(4, 2, 3)).astype(np.float32), RNG.normal(size=(4, 1, 2)).astype(np.float32)
    nodes = [
        node("Conv", ["x", "w"], "c", pads=[1, 0], strides=[2]),
        node("MaxPool", "c", "m", kernel_shape=[2]),
        node("ConvTranspose", ["m", "v"], "t", group=4, strides=[2], output_padding=[1]),
        node("GlobalAveragePool", "t", "g"),
        node("Add", ["t", "g"], "z"),
        node("Softmax", "z", "y", axis=0),
    ]
    agree(model(nodes, inputs={"x": [3, 2, 9]}, w=w, v=v), RNG.normal(size=(3, 2, 9)), whole=True)


@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("outputs", [["", "", "y"], ["h", "", "y"], ["", "h", "y"], ["a", "h", "y"]])
def test_the_last_cell_state(direction: str, outputs: list[str]) -> None:
    count = 2 if direction == "bidirectional" else 1
    weights = {
        "w": RNG.normal(size=(count, 20, 3)),
        "r": RNG.normal(size=(count, 20, 5)) / 3,
        "b": RNG.normal(size=(count, 40)),
    }
    nodes = [node("LSTM", ["x", "w", "r", "b", "", "s", "s"], outputs, hidden_size=5, direction=direction)]
    constants = {name: value.astype(np.float32) for name, value in weights.items()}
    inputs = {"x": [6, 1, 3], "s": [count, 1, 5]}
    agree(model(nodes, inputs=inputs, **constants), RNG.normal(size=(6, 1, 3)), RNG.normal(size=(count, 1, 5)),
          whole=True)  # fmt: skip


def test_where_with_a_constant_condition() -> None:
    condition = np.triu(np.ones((4, 4), bool))
    content = model(
        [node("Where", ["c", "x", "low"], "y")], inputs={"x": ["N", 4, 4]}, c=condition, low=np.float32(-np.inf)
    )
    agree(content, RNG.normal(size=(2, 4, 4)))
    content = model(
        [node("Where", ["c", "v", "x"], "y")], inputs={"x": ["N", 4, 4]}, c=condition,
        v=RNG.normal(size=(4, 1)).astype(np.float32),
    )  # fmt: skip
    agree(content, RNG.normal(size=(2, 4, 4)))


def test_slopes_that_are_computed() -> None:
    nodes = [node("Sigmoid", "x", "s"), node("PRelu", ["x", "s"], "y")]
    agree(model(nodes, inputs={"x": ["N", 4]}), RNG.normal(size=(9, 4)))


def test_batch_statistics_of_one_row() -> None:
    nodes = [node("BatchNormalization", ["x", "w", "b", "m", "v"], ["y", "", ""], training_mode=1)]
    constants = {name: RNG.uniform(0.5, 2, 3).astype(np.float32) for name in "wbmv"}
    with pytest.raises(chainrule.FileFormatError, match="works along axis 0, which is the batch's"):
        chainrule.load_onnx(model(nodes, inputs={"x": ["N", 3, 4]}, **constants))
    network = chainrule.load_onnx(model(nodes, inputs={"x": [5, 3, 4]}, **constants))
    x = RNG.normal(size=(5, 3, 4))
    normal = (x - x.mean((0, 2), keepdims=True)) / np.sqrt(x.var((0, 2), keepdims=True) + 1e-5)
    expected = normal * constants["w"][:, np.newaxis] + constants["b"][:, np.newaxis]
    np.testing.assert_allclose(network.predict(x.reshape(1, -1)).ravel(), expected.ravel(), rtol=1e-4, atol=1e-5)
