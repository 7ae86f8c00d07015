"""What exporters write: rows that a model fixes or leaves open, computed constants; and messages about readings."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule

pytest.importorskip("onnx", reason="Tools/setup-python installs onnx")
pytest.importorskip("onnxruntime", reason="Tools/setup-python installs onnxruntime")
import onnx
from onnx_building import agree, model, node, run

RNG = np.random.default_rng(29)
MODELS = Path(__file__).with_name("onnx_models")


def floats(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype(np.float32)


# Rows that are left open


@pytest.mark.parametrize(("name", "shape"), [("attention", (3, 5, 8)), ("class_token", (3, 2, 4, 5))])
def test_layers_whose_rows_are_open(name: str, shape: tuple[int, ...]) -> None:
    """Of make_onnx.py: attention alone; and a token that is repeated for each row, beside images that are resized."""
    network = agree((MODELS / f"{name}.onnx").read_bytes(), floats(*shape))
    assert network.onnx_inputs[0].batch_axis == 0


@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_sizes_that_hold_the_number_of_rows(mode: str) -> None:
    nodes = [
        node("Shape", "x", "s"),
        node("Slice", ["s", "zero", "two", "zero"], "first"),
        node("Concat", ["first", "last"], "sizes", axis=0),
        node("Resize", ["x", "", "", "sizes"], "y", mode=mode),
    ]
    constants = {"zero": np.int64([0]), "two": np.int64([2]), "last": np.int64([7, 9])}
    agree(model(nodes, inputs={"x": ["N", 2, 4, 5]}, **constants), floats(3, 2, 4, 5))


@pytest.mark.parametrize(
    "nodes",
    [
        [node("Slice", ["x", "zero", "rows", "one"], "y")],
        [node("Pad", ["x", "pads"], "y")],
        [node("Div", ["rows", "two"], "half"), node("Slice", ["x", "zero", "half", "zero"], "y")],
        [node("Concat", ["x", "rows"], "y", axis=1)],
    ],
)
def test_the_number_of_rows_is_not_computed_with(nodes: list[Any]) -> None:
    begin = [
        node("Shape", "x", "s"),
        node("Slice", ["s", "zero", "one"], "rows"),
        node("Concat", ["zero", "rows", "zero", "zero"], "pads", axis=0),
    ]
    constants = {name: np.int64([number]) for number, name in enumerate(("zero", "one", "two"))}
    with pytest.raises(chainrule.FileFormatError) as caught:
        chainrule.load_onnx(model([*begin, *nodes], inputs={"x": ["N", 3]}, **constants))
    assert "10995" not in str(caught.value)
    assert "54975" not in str(caught.value)


ONES = [
    node("Shape", "x", "s"),
    node("ConstantOfShape", "s", "ones", value=onnx.helper.make_tensor("v", 1, [1], [1.0])),
]
OF_ROWS: dict[str, list[Any]] = {
    "sum": [*ONES, node("ReduceSum", ["ones", "first"], "t"), node("Div", ["x", "t"], "y")],
    "sum of expanded": [
        node("Shape", "x", "s"), node("Expand", ["half", "s"], "e"),
        node("ReduceSum", "e", "t", keepdims=0), node("Div", ["x", "t"], "y"),
    ],
    "sum of tiled": [
        node("Shape", "x", "s"), node("Tile", ["square", "s"], "e"),
        node("ReduceSum", "e", "t", keepdims=0), node("Div", ["x", "t"], "y"),
    ],
    "sum of flattened": [
        *ONES, node("Flatten", "ones", "f", axis=0), node("ReduceSum", "f", "t", keepdims=0),
        node("Div", ["x", "t"], "y"),
    ],
    "sum of transposed": [
        *ONES, node("Transpose", "ones", "f"), node("Mul", ["f", "half"], "g"), node("ReduceSum", ["g", "second"], "t"),
        node("Squeeze", ["t", "second"], "u"), node("Mul", ["x", "u"], "y"),
    ],
    "joined": [
        *ONES, node("Concat", ["ones", "ones"], "c", axis=0), node("ReduceSum", ["c", "first"], "t"),
        node("Mul", ["x", "t"], "y"),
    ],
    "product": [
        *ONES, node("Transpose", "ones", "t"), node("MatMul", ["t", "ones"], "c"), node("MatMul", ["x", "c"], "y"),
    ],
    "size": [*ONES, node("Size", "ones", "t"), node("Cast", "t", "n", to=1), node("Div", ["x", "n"], "y")],
    "shape": [
        *ONES, node("Abs", "ones", "a"), node("Shape", "a", "t"), node("Gather", ["t", "zero"], "u"),
        node("Cast", "u", "n", to=1), node("Div", ["x", "n"], "y"),
    ],
    "softmax": [*ONES, node("Softmax", "ones", "t", axis=0), node("Mul", ["x", "t"], "y")],
}  # fmt: skip
OF_ROWS_CONSTANTS = {
    "first": np.int64([0]), "second": np.int64([1]), "zero": np.int64(0), "half": np.float32([0.5]),
    "square": np.float32([[0.5]]),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_ROWS)
def test_constants_with_a_place_for_each_row_are_not_added_up(name: str) -> None:
    with pytest.raises(chainrule.FileFormatError, match="batch"):
        chainrule.load_onnx(model(OF_ROWS[name], inputs={"x": ["N", 4]}, **OF_ROWS_CONSTANTS))


def test_constants_with_a_place_for_each_row() -> None:
    nodes = [
        *ONES,
        node("Mul", ["half", "ones"], "a"),
        node("Transpose", "a", "b", perm=[1, 0]),
        node("Unsqueeze", ["b", "first"], "c"),
        node("ReduceSum", ["c", "second"], "d"),
        node("Squeeze", ["d", "first"], "e"),
        node("Transpose", "e", "f"),
        node("Concat", ["f", "x"], "g", axis=1),
        node("Shape", "g", "h"),
        node("ConstantOfShape", "h", "i"),
        node("Sub", ["g", "i"], "y"),
    ]
    agree(model(nodes, inputs={"x": ["N", 4]}, **OF_ROWS_CONSTANTS), floats(5, 4))
    # Alone, it is an output with as many rows.
    network = chainrule.load_onnx(
        model([*ONES, node("Mul", ["half", "ones"], "y")], inputs={"x": ["N", 4]}, **OF_ROWS_CONSTANTS)
    )
    assert network.onnx_outputs[0].batch_axis == 0
    assert network.predict(floats(3, 4)).tolist() == [[0.5] * 4] * 3


# Rows that are fixed


def recurrent(cell: str, rows: int, *, batch_first: bool, state: np.ndarray | None = None) -> bytes:
    """As PyTorch exports it: the shape of what comes back holds the number of rows."""
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[cell]
    constants = {"w": floats(1, 2 * gates, 3), "r": floats(1, 2 * gates, 2)}
    inputs = ["t" if batch_first else "x", "w", "r"]
    if state is not None:
        constants["h"] = state
        inputs += ["", "", "h"]
    steps = {"s": np.int64([5, rows, 2])}
    nodes = [
        node("Transpose", "x", "t", perm=[1, 0, 2]),
        node(cell, inputs, "states", hidden_size=2),
        node("Reshape", ["states", "s"], "rows"),
        node("Transpose", "rows", "y", perm=[1, 0, 2]),
    ]
    shape = [rows, 5, 3] if batch_first else [5, rows, 3]
    return model(nodes if batch_first else nodes[1:], inputs={"x": shape}, **constants, **steps)


@pytest.mark.parametrize("rows", [1, 2, 3])
@pytest.mark.parametrize("cell", ["LSTM", "GRU", "RNN"])
def test_sequences_of_a_fixed_number_of_rows(cell: str, rows: int) -> None:
    network = agree(recurrent(cell, rows, batch_first=True), floats(rows, 5, 3))
    assert network.onnx_inputs[0].batch_axis == 0
    # The batch is the second axis, unless it is one row.
    agree(recurrent(cell, rows, batch_first=False), floats(5, rows, 3), whole=rows == 1)


def test_first_states_of_a_fixed_number_of_rows() -> None:
    same = np.repeat(floats(1, 1, 2), 3, axis=1)
    agree(recurrent("GRU", 3, batch_first=True, state=same), floats(3, 5, 3))
    with pytest.raises(chainrule.FileFormatError, match="a constant first state of several rows is not supported"):
        chainrule.load_onnx(recurrent("GRU", 3, batch_first=True, state=floats(1, 3, 2)))


FIXED: dict[str, tuple[list[Any], list[int], dict[str, np.ndarray]]] = {
    "groups": (
        [
            node("Reshape", ["x", "lines"], "g"),
            node("InstanceNormalization", ["g", "one", "zero"], "n"),
            node("Reshape", ["n", "whole"], "y"),
        ],
        [2, 6, 5],
        {
            "lines": np.int64([0, 3, -1]),
            "whole": np.int64([2, 6, 5]),
            "one": np.ones(3, np.float32),
            "zero": np.zeros(3, np.float32),
        },
    ),
    "rows between steps": (
        [
            node("Transpose", "x", "t", perm=[1, 0, 2]),
            node("Reshape", ["t", "flat"], "f"),
            node("Gemm", ["f", "w"], "g"),
            node("Reshape", ["g", "long"], "l"),
            node("Transpose", "l", "y", perm=[1, 0, 2]),
        ],
        [2, 3, 4],
        {"flat": np.int64([6, 4]), "long": np.int64([3, 2, 5]), "w": floats(4, 5)},
    ),
    "heads": (
        [
            node("Reshape", ["x", "split"], "s"),
            node("Transpose", "s", "h", perm=[0, 2, 1, 3]),
            node("Reshape", ["h", "join"], "j"),
            node("Softmax", "j", "p", axis=-1),
            node("Reshape", ["p", "open"], "y"),
        ],
        [3, 4, 6],
        {"split": np.int64([3, 4, 2, 3]), "join": np.int64([6, 4, 3]), "open": np.int64([3, -1])},
    ),
    "a token": (
        [
            node("Concat", ["token", "x"], "c", axis=1),
            node("Add", ["c", "positions"], "a"),
            node("Expand", ["a", "shape"], "e"),
            node("Slice", ["e", "begin", "end"], "y"),
        ],
        [3, 2, 4],
        {
            "token": np.repeat(floats(1, 1, 4), 3, axis=0),
            "positions": np.repeat(floats(1, 3, 4), 3, axis=0),
            "shape": np.int64([3, 3, 4]),
            "begin": np.int64([0, 1]),
            "end": np.int64([3, 3]),
        },
    ),
    "sizes": ([node("Resize", ["x", "", "", "sizes"], "y")], [3, 2, 4, 5], {"sizes": np.int64([3, 2, 8, 10])}),
    "squeezed": (
        [node("Reshape", ["x", "long"], "l"), node("Squeeze", "l", "y")],
        [3, 4],
        {"long": np.int64([3, 1, 4, 1])},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FIXED)
def test_shapes_that_hold_a_fixed_number_of_rows(name: str) -> None:
    nodes, shape, constants = FIXED[name]
    network = agree(model(nodes, inputs={"x": shape}, **constants), floats(*shape))
    # Any number of rows, each by itself.
    x = floats(7, int(np.prod(shape[1:])))
    np.testing.assert_array_equal(network.predict(x)[5], network.predict(x[5]))


@pytest.mark.parametrize(
    ("shape", "message"),
    [([2, 9], r"\[1, 6\] of 3 rows becomes \[2, 9\]"), ([6, 3], ""), ([4, 5], r"cannot become \[4, 5\]")],
)
def test_shapes_that_mix_a_fixed_number_of_rows(shape: list[int], message: str) -> None:
    content = model([node("Reshape", ["x", "s"], "r"), node("Relu", "r", "y")], inputs={"x": [3, 6]}, s=np.int64(shape))
    if message == r"cannot become \[4, 5\]":
        with pytest.raises(chainrule.FileFormatError, match=message):
            chainrule.load_onnx(content)
        return
    # As a whole, if not row by row.
    agree(content, floats(3, 6), whole=bool(message))


# Constants


CONSTANTS: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "Split": ([node("Split", "w", ["a", "b"], axis=1), node("MatMul", ["x", "b"], "y")], {"w": floats(3, 4)}),
    "Split of a shape": (
        [
            node("Shape", "x", "s"),
            node("Split", "s", ["n", "c"], axis=0),
            node("Concat", ["n", "one", "c"], "t", axis=0),
            node("Reshape", ["x", "t"], "y"),
        ],
        {"one": np.int64([1])},
    ),
    "Gemm": (
        [node("Gemm", ["z", "w", "c"], "a", alpha=0.5), node("Add", ["x", "a"], "y")],
        {"z": floats(1, 2), "w": floats(2, 3), "c": floats(3)},
    ),
    "MatMul": ([node("MatMul", ["z", "w"], "a"), node("Add", ["x", "a"], "y")], {"z": floats(1, 2), "w": floats(2, 3)}),
    "ReduceProd": (
        [
            node("Shape", "x", "s"),
            node("Slice", ["s", "one", "two"], "n"),
            node("ReduceProd", "n", "p", keepdims=0),
            node("Cast", "p", "q", to=onnx.TensorProto.FLOAT),
            node("Div", ["x", "q"], "y"),
        ],
        {"one": np.int64([1]), "two": np.int64([2])},
    ),
    "ReduceSum": ([node("ReduceSum", "w", "a"), node("Add", ["x", "a"], "y")], {"w": floats(2, 3)}),
    "expand(-1, 4, -1)": (
        [
            node("Equal", ["t", "least"], "e"),
            node("Where", ["e", "ones", "t"], "s"),
            node("Unsqueeze", ["x", "axis"], "u"),
            node("Expand", ["u", "s"], "y"),
        ],
        {"t": np.int64([-1, 4, -1]), "least": np.int64([-1]), "ones": np.int64([1, 1, 1]), "axis": np.int64([1])},
    ),
    "Where": (
        [node("Where", ["c", "w", "v"], "a"), node("Mul", ["x", "a"], "y")],
        {"w": floats(3), "v": np.float32(0), "c": np.array([True, False, True])},
    ),
    "Tile": ([node("Tile", ["w", "s"], "a"), node("Mul", ["x", "a"], "y")], {"w": floats(1), "s": np.int64([3])}),
    "orders": (
        [
            node("Less", ["w", "v"], "a"),
            node("GreaterOrEqual", ["w", "v"], "b"),
            node("Not", "b", "c"),
            node("And", ["a", "c"], "d"),
            node("Where", ["d", "w", "v"], "e"),
            node("Mul", ["x", "e"], "y"),
        ],
        {"w": np.float32([1, np.nan, 3]), "v": np.float32([2, 2, 2])},
    ),
    "a convolution": (
        [node("Conv", ["w", "k"], "a"), node("Reshape", ["a", "s"], "b"), node("Add", ["x", "b"], "y")],
        {"w": floats(1, 2, 5), "k": floats(1, 2, 3), "s": np.int64([3])},
    ),
}  # fmt: skip
ELEMENTWISE = [
    "Exp",
    "Tanh",
    "Relu",
    "Sigmoid",
    "Abs",
    "Sqrt",
    "Neg",
    "Erf",
    "Sin",
    "Softmax",
    "Log",
    "Reciprocal",
    "Round",
]


@pytest.mark.parametrize("name", CONSTANTS)
def test_constants_are_computed(name: str) -> None:
    nodes, constants = CONSTANTS[name]
    agree(model(nodes, inputs={"x": ["N", 3]}, **constants), floats(4, 3))


@pytest.mark.parametrize("operator", ELEMENTWISE)
def test_functions_of_constants(operator: str) -> None:
    nodes = [node(operator, "w", "a"), node("Mul", ["x", "a"], "y")]
    agree(model(nodes, inputs={"x": ["N", 3]}, w=np.abs(floats(2, 3))[:1]), floats(4, 3))


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([node("ReduceSum", "large", "a")], "it computes integers that floats may not hold exactly"),
        ([node("ReduceMean", "odd", "a")], "it computes integers that floats may not hold exactly, such as 1.5"),
        ([node("Tile", ["odd", "one"], "a")], r"it repeats \[2\] by \[1, 1\]"),
        ([node("Split", "odd", ["a", "c", "d"], axis=0)], "its part 2 takes 0"),
        ([node("Equal", ["s", "one"], "a")], "the number of rows in a batch, which is not known"),
        ([node("Atan", "odd", "a")], "the operator is not supported"),
        ([node("MatMul", ["square", "square"], "a")], "too many multiplications"),
    ],
)  # fmt: skip
def test_constants_that_are_not_computed(nodes: list[Any], message: str) -> None:
    begin = [node("Shape", "x", "s"), node("ConstantOfShape", "size", "square")]
    end = [node("Cast", "a", "b", to=onnx.TensorProto.FLOAT), node("Mul", ["x", "b"], "y")]
    constants = {"large": np.int64([2**24, 1]), "odd": np.int64([1, 2]), "one": np.int64([1, 1])}
    content = model(begin + nodes + end, inputs={"x": ["N", 2]}, size=np.int64([1100, 1100]), **constants)
    with pytest.raises(chainrule.FileFormatError, match=message):
        chainrule.load_onnx(content)


@pytest.mark.parametrize(
    ("nodes", "constants"),
    [
        ([node("Add", ["a", "b"], "c")], {"a": np.uint8(200), "b": np.uint8(100)}),
        ([node("Sub", ["a", "b"], "c")], {"a": np.uint8(1), "b": np.uint8(2)}),
        ([node("Mul", ["a", "a"], "c")], {"a": np.int32(100_000)}),
        ([node("Cast", "a", "c", to=onnx.TensorProto.INT32)], {"a": np.int64(2**32 + 5)}),
        ([node("Cast", "a", "c", to=onnx.TensorProto.INT32)], {"a": np.float32(3e9)}),
    ],
)
def test_integers_that_their_type_does_not_hold(nodes: list[Any], constants: dict[str, Any]) -> None:
    nodes = [*nodes, node("Cast", "c", "d", to=1), node("Mul", ["x", "d"], "y")]
    with pytest.raises(chainrule.FileFormatError, match="is no number of the type"):
        chainrule.load_onnx(model(nodes, inputs={"x": ["N", 4]}, **constants))


def test_many_nodes_and_constants_take_little_time() -> None:
    count = 100_000
    joined = [node("Concat", ["c"] * count, "k", axis=0), node("Slice", ["k", "first", "four"], "s")]
    casts = [node("Cast", f"v{index}" if index else "x", f"v{index + 1}", to=1) for index in range(count)]
    constants = {"c": np.ones(10, np.float32), "first": np.int64([0]), "four": np.int64([4])}
    content = model([*joined, *casts, node("Add", ["s", f"v{count}"], "y")], inputs={"x": ["N", 4]}, **constants)
    begin = time.process_time()
    network = chainrule.load_onnx(content)
    assert time.process_time() - begin < 20
    assert network.predict([[1, 2, 3, 4]]).tolist() == [[2, 3, 4, 5]]


# Messages


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([node("Shape", "x", "y")], "it computes with the number of rows"),
        ([node("Slice", ["c", "first", "first"], "y")], "it has no elements"),
    ],
)
def test_a_message_names_the_output(nodes: list[Any], message: str) -> None:
    content = model(nodes, inputs={"x": ["N", 4]}, c=np.float32([1]), first=np.int64([0]))
    with pytest.raises(chainrule.FileFormatError, match=f"the graph's output 'y': {message}"):
        chainrule.load_onnx(content)


def test_a_message_tells_of_each_reading() -> None:
    """The batch is the second axis; what is not supported shows only if it is read so."""
    weights = {"w": floats(1, 8, 3), "r": floats(1, 8, 2)}
    clip = [node("LSTM", ["x", "w", "r"], "y", hidden_size=2, clip=0.5)]
    other = [node("LSTM", ["x", "w", "r"], "h", hidden_size=2), node("Atan", "h", "y")]
    for nodes, reason in ((clip, r"\(LSTM, opset 17\): clip"), (other, r"\(Atan, opset 17\): the operator")):
        for shape in ([5, "N", 3], [5, 1, 3], [5, 4, 3]):
            with pytest.raises(chainrule.FileFormatError, match=reason):
                chainrule.load_onnx(model(nodes, inputs={"x": shape}, **weights))
    with pytest.raises(
        chainrule.FileFormatError,
        match="axis 1 of the input 'x' has no fixed length: give the shape of the input; with axis 1 as the batch: no",
    ):
        chainrule.load_onnx(model(clip, inputs={"x": [5, "N", 3]}, **weights))
    # One reason is told once.
    with pytest.raises(chainrule.FileFormatError) as caught:
        chainrule.load_onnx(model([node("Atan", "x", "y")], inputs={"x": [5, 4, 3]}))
    assert str(caught.value) == "node 'y' (Atan, opset 17): the operator is not supported"


# Others


def test_means_over_windows_that_end_outside() -> None:
    for shape, attributes in (
        ((3, 2, 8), {"kernel_shape": [3], "strides": [2], "pads": [1, 1]}),
        ((3, 2, 7, 8), {"kernel_shape": [3, 2], "strides": [3, 3], "pads": [1, 1, 0, 1]}),
        ((3, 2, 7, 8), {"kernel_shape": [3, 3], "strides": [2, 2]}),
    ):
        nodes = [node("AveragePool", "x", "y", ceil_mode=1, count_include_pad=1, **attributes)]
        agree(model(nodes, 19, inputs={"x": ["N", *shape[1:]]}), floats(*shape))


def test_padding_with_numbers() -> None:
    for number in (-np.inf, 1e30, 0.1):
        content = model(
            [node("Pad", ["x", "pads", "value"], "y")], inputs={"x": ["N", 2, 3]},
            pads=np.int64([0, 1, 2, 0, 0, 1]), value=np.float32(number),
        )  # fmt: skip
        x = floats(4, 2, 3)
        y = agree(content, x).predict(x.reshape(4, 6)).reshape(4, 3, 6)
        # The elements stay as they are.
        np.testing.assert_array_equal(y[:, 1:, 2:5], x)


def test_a_maximum_with_wide_padding_is_written() -> None:
    attributes = {"ceil_mode": 1, "dilations": [2], "kernel_shape": [2], "pads": [0, 1], "strides": [2]}
    x = floats(2, 35, 3)
    network = agree(model([node("MaxPool", "x", "y", **attributes)], 10, inputs={"x": ["N", 35, 3]}), x)
    expected = network.predict(x.reshape(2, -1))
    np.testing.assert_array_equal(run(network.to_onnx_bytes(), x).reshape(2, -1), expected)
    again = chainrule.load_onnx(network.to_onnx_bytes())
    np.testing.assert_array_equal(again.predict(x.reshape(2, -1)), expected)


@pytest.mark.parametrize("alpha", [-1.0, -0.3, 0.5, 2.0])
def test_celu(alpha: float) -> None:
    agree(model([node("Celu", "x", "y", alpha=alpha)], inputs={"x": ["N", 6]}), 3 * floats(5, 6))


@pytest.mark.parametrize("operator", ["LeakyRelu", "Elu", "Selu"])
@pytest.mark.parametrize("alpha", [-0.3, 0.0, 1.5])
def test_alpha_of_any_sign(operator: str, alpha: float) -> None:
    agree(model([node(operator, "x", "y", alpha=alpha)], inputs={"x": ["N", 4]}), floats(5, 4))


@pytest.mark.parametrize("operator", ["Softmax", "LogSoftmax", "ArgMax"])
@pytest.mark.parametrize("shape", [(1,), (1, 3)])
def test_one_element_along_the_axis(operator: str, shape: tuple[int, ...]) -> None:
    nodes = [node(operator, "x", "p", axis=1), node("Cast", "p", "y", to=1)]
    agree(model(nodes, inputs={"x": ["N", *shape]}), floats(5, *shape))


@pytest.mark.parametrize("operator", ["Sum", "Mean", "Max", "Min"])
def test_constants_around_a_value(operator: str) -> None:
    constants = {"a": np.float32(0.5), "b": np.float32([0.25]), "c": floats(4), "d": np.float32(-0.5)}
    for names in (["a", "b", "x"], ["a", "c", "x", "d"], ["c", "a", "x"], ["a", "x", "d"], ["a", "x", "c"]):
        agree(model([node(operator, names, "y")], inputs={"x": ["N", 4]}, **constants), floats(5, 4))


@pytest.mark.parametrize("padding", ["SAME_UPPER", "SAME_LOWER"])
def test_strides_longer_than_a_transposed_window(padding: str) -> None:
    for kernel in (1, 2, 3, 4):
        nodes = [node("ConvTranspose", ["x", "w"], "y", auto_pad=padding, strides=[3])]
        agree(model(nodes, inputs={"x": ["N", 2, 4]}, w=floats(2, 3, kernel)), floats(5, 2, 4))


def test_the_first_resize_takes_the_next_element_where_it_makes_smaller() -> None:
    nodes = [node("Resize", ["x", "scales"], "y", mode="nearest")]
    agree(model(nodes, 10, inputs={"x": ["N", 1, 5, 7]}, scales=np.float32([1, 1, 0.6, 1.7])), floats(3, 1, 5, 7))


def test_ties_of_symmetric_resizing() -> None:
    nodes = [
        node(
            "Resize", ["x", "", "s"], "y", mode="nearest", coordinate_transformation_mode="half_pixel_symmetric",
            nearest_mode="floor",
        )
    ]  # fmt: skip
    for scale in (1.5, 1.25, 2.2, 0.7):
        agree(model(nodes, 19, inputs={"x": ["N", 1, 7]}, s=np.float32([1, 1, scale])), floats(2, 1, 7))


@pytest.mark.parametrize("to", [onnx.TensorProto.INT32, onnx.TensorProto.INT64])
def test_casts_cut_off(to: int) -> None:
    nodes = [node("Cast", "x", "a", to=to), node("Cast", "a", "y", to=onnx.TensorProto.FLOAT)]
    x = np.float32([[0.5, -0.5, 1.99, -1.99, 0, -0.0, 3, -3, 8388607.5, -8388607.5, 3e7, -3e7]])
    network = agree(model(nodes, inputs={"x": ["N", 12]}), x)
    gradient = network.value_and_grad(x, x, "mean_squared_error")[1]
    assert gradient.size == 0


def test_what_is_left_out_may_be_anything() -> None:
    """By a condition that changes along one axis."""
    condition = np.array([[True], [False], [True]])
    nodes = [node("Log", "x", "l"), node("Where", ["c", "l", "zero"], "y")]
    x = np.abs(floats(2, 3, 4))
    x[:, 1] = -1
    agree(model(nodes, inputs={"x": ["N", 3, 4]}, c=condition, zero=np.float32([0])), x)
    for chosen in (True, False):
        nodes = [node("Log", "x", "l"), node("Where", ["c", "l", "x"], "y")]
        agree(model(nodes, inputs={"x": ["N", 3, 4]}, c=np.array([chosen])), x if not chosen else np.abs(x))


def test_rows_of_softmax_that_are_masked_as_a_whole() -> None:
    mask = np.zeros((2, 3, 4), np.float32)
    mask[0, 1] = mask[1, 2] = -np.inf
    condition = np.isinf(mask).all(-1, keepdims=True)
    nodes = [
        node("Add", ["x", "mask"], "a"),
        node("Softmax", "a", "p", axis=-1),
        node("Where", ["c", "zero", "p"], "y"),
    ]
    content = model(nodes, inputs={"x": ["N", 2, 3, 4]}, mask=mask, c=condition, zero=np.float32(0))
    agree(content, floats(5, 2, 3, 4))
