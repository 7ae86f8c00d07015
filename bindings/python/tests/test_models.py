"""Networks from lists of layers, and from layers that call one another."""

from __future__ import annotations

import inspect
import pydoc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule import ArgumentError, ArgumentTypeError, Input, Model, Network, Sequential, layers
from chainrule._models import Description
from chainrule.layers import (
    Add,
    AveragePooling,
    BatchNormalization,
    Concatenate,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPooling2D,
    MultiHeadAttention,
    Multiply,
    Parameter,
    Subtract,
)

KINDS = {name: kind for name, kind in vars(layers).items() if not name.startswith("_")}


def test_a_list_of_layers_is_a_network() -> None:
    network = Sequential(
        [
            Input((8, 8, 1)),
            Conv2D(4, 3, "relu", padding="same"),
            BatchNormalization(momentum=0.2),
            MaxPooling2D(2),
            Flatten(),
            Dropout(0.5),
            Dense(10, name="out"),
        ],
        seed=3,
    )
    same = Network((8, 8, 1)).add_convolution(4, 3, "relu", padding="same").add_normalization("batch", momentum=0.2)
    same.add_pooling("maximum", 2).add_flatten().add_dropout(0.5).add_dense(10, name="out").build(3)
    assert network.layers == same.layers
    np.testing.assert_array_equal(network.parameters, same.parameters)


def test_layers_that_call_one_another_are_a_network(rng: np.random.Generator) -> None:
    x = Input((6, 6, 2))
    h = Conv2D(2, 3, padding="same")(x)
    h = Add()([h, x])
    left, right = AveragePooling()(h), Dense(3)(Flatten()(h))
    y = Dense(4)(Concatenate()(left, right))
    network = Model(x, y, seed=2)
    same = Network((6, 6, 2)).add_convolution(2, 3, padding="same").add_sum(["1", "0"]).add_pooling("mean")
    same.add_flatten(input="2").add_dense(3).add_concatenation(["3", "5"]).add_dense(4).build(2)
    assert network.layers == same.layers
    batch = rng.standard_normal((5, 6, 6, 2)).astype(np.float32)
    np.testing.assert_array_equal(network.predict(batch), same.predict(batch))


def test_only_what_the_output_needs_is_added() -> None:
    x = Input(3)
    h = Dense(4)(x)
    Dense(1000)(h)
    assert [layer.units for layer in Model(x, Dense(2)(h)).layers] == [4, 2]


def test_several_inputs_follow_one_another() -> None:
    image, age, other = Input((2, 2, 1), name="image"), Input(1, name="age"), Input(2)
    y = Concatenate(name="y")(Flatten()(image), age, other)
    network = Model([image, age, other], y)
    assert [layer.name for layer in network.layers] == ["image", "age", "input_2", "3", "y"]
    np.testing.assert_array_equal(network.predict(np.arange(7)), np.arange(7))


def test_two_layers_and_those_that_arguments_name(rng: np.random.Generator) -> None:
    x = Input((5, 4))
    query, bias = Dense(4)(x), Parameter((4,))()
    y = MultiHeadAttention(2)(Multiply()(query, bias), key=x, value=query)
    network = Model(x, Subtract(name="out")(y, x))
    found = {layer.name: layer.inputs for layer in network.layers}
    assert found["out"][1] == "0"
    assert network.predict(rng.standard_normal((3, 5, 4))).shape == (3, 20)
    difference = Network((5, 4)).add_dense(4).add_parameter((4,)).add_product("1", "2")
    difference.add_attention(2, key="0", value="1").add_difference(difference.layers[-1].name, "0", name="out")
    assert network.layers == difference.build().layers


def test_every_method_has_its_layer() -> None:
    methods = {name for name in dir(Network) if name.startswith("add_")} - {"add_input", "add_split"}
    assert {kind.__wrapped__.func.__name__ for kind in KINDS.values()} == methods
    assert all(kind.__name__ == name for name, kind in KINDS.items())


@pytest.mark.parametrize("name", KINDS)
def test_a_layer_says_what_it_takes(name: str) -> None:
    kind = KINDS[name]
    method = kind.__wrapped__.func
    shown = inspect.signature(kind)
    hidden = len(kind.__wrapped__.args)
    assert list(shown.parameters.values()) == list(inspect.signature(method).parameters.values())[hidden:]
    assert method.__doc__.splitlines()[0] in kind.__doc__
    assert pydoc.render_doc(kind, renderer=pydoc.plaintext).splitlines()[2].startswith(f"{name}(")


def test_all_layers_can_be_imported_at_once() -> None:
    names: dict[str, Any] = {}
    exec("from chainrule.layers import *", names)
    assert set(names) - {"__builtins__"} == set(KINDS)


def test_layers_show_themselves() -> None:
    x = Input((4, 3))
    h = Conv1D(2, 3, "relu", name="c")
    assert repr(h) == "Conv1D(2, 3, 'relu', name='c')"
    assert repr(h(x)) == "<Conv1D(2, 3, 'relu', name='c') in its place>"
    assert repr(x) == "Input((4, 3))"


def twice() -> Network:
    dense, x = Dense(3), Input(3)
    return Model(x, dense(dense(x)))


REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "no units": (lambda: Dense(), ArgumentTypeError, r"Dense\(\): missing a required argument: 'units'"),
    "an unknown argument": (lambda: Dense(3, units_=4), ArgumentTypeError, "unexpected keyword argument 'units_'"),
    "no kernel": (lambda: MaxPooling2D(), ArgumentTypeError, r"MaxPooling2D\(\) needs a kernel; MaxPooling\(\) takes"),
    "no input": (lambda: Sequential([Dense(3)]), ArgumentTypeError, r"such as Input\(64\)"),
    "no layers": (lambda: Sequential([]), ArgumentTypeError, r"such as Input\(64\)"),
    "a layer alone": (lambda: Sequential(Dense(3)), ArgumentTypeError, r"such as Input\(64\)"),
    "an input alone": (lambda: Sequential([Input(3)]), ArgumentError, "no layers"),
    "no layer": (lambda: Sequential([Input(3), Dense]), ArgumentTypeError, r"layers\[1\] of Sequential\(\) is <func"),
    "a number": (lambda: Sequential([Input(3), 10]), ArgumentTypeError, r"layers\[1\] of Sequential\(\) is 10"),
    "a sum in a list": (
        lambda: Sequential([Input(3), Add()]),
        ArgumentTypeError,
        r"Add\(\) reads several.*Model",
    ),
    "axes": (
        lambda: Sequential([Input((8, 3)), Conv2D(4, 3)]),
        ArgumentError,
        r"Conv2D\(4, 3\) reads 2 axes and channels; what it reads has 1",
    ),
    "a window too large": (
        lambda: Sequential([Input((3, 3, 1)), Conv2D(4, 5)]),
        ArgumentError,
        "a window along axis 0",
    ),
    "a wrong unit": (lambda: Sequential([Input(3), Dense(2.5)]), ArgumentTypeError, "units must be an integer"),
    "a shape": (lambda: Input("abc"), ArgumentTypeError, "shape must be an integer or a sequence"),
    "called on a number": (lambda: Dense(3)(4), ArgumentTypeError, r"Dense\(3\) is called on 4; it reads layers"),
    "called on two": (
        lambda: Dense(3)(Input(3), Input(3)),
        ArgumentTypeError,
        r"Dense\(3\) reads one layer; it is called on 2",
    ),
    "called on one": (lambda: Subtract()(Input(3)), ArgumentTypeError, r"reads two layers; it is called on 1"),
    "called on none": (lambda: Add()(), ArgumentTypeError, r"it is called on 0"),
    "called twice": (twice, chainrule.StateError, "a second time: layers share no weights"),
    "named input": (lambda: Dense(3, input="a")(Input(3)), ArgumentTypeError, "leave the argument input out"),
    "no output": (lambda: Model(Input(3), Input(3)), ArgumentTypeError, r"must be a layer called on another"),
    "a list of outputs": (
        lambda: Model(Input(3), [Dense(3)(Input(3))]),
        ArgumentTypeError,
        r"must be a layer called on another",
    ),
    "an output that is not called": (lambda: Model(Input(3), Dense(3)), ArgumentTypeError, "not Dense"),
    "an input that is a layer": (
        lambda: Model(Dense(3)(Input(3)), Dense(3)(Input(3))),
        ArgumentTypeError,
        r"made by Input",
    ),
    "another input": (
        lambda: Model(Input(3), Dense(3)(Input(4))),
        ArgumentError,
        r"reads Input\(\(4,\)\)",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    call, error, message = REFUSED[case]
    with pytest.raises(error, match=message) as caught:
        call()
    assert isinstance(caught.value, chainrule.ChainruleError)


def test_a_description_can_be_added_to_several_networks() -> None:
    parts: list[Any] = [Dense(5, "tanh"), Dense(2)]
    first, second = (Sequential([Input(3), *parts]) for _ in range(2))
    assert all(isinstance(part, Description) for part in parts)
    assert first.layers == second.layers
    np.testing.assert_array_equal(first.parameters, second.parameters)
