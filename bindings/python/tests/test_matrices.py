"""Matrix products of layers, elements in another order, and the last c of long short-term memory, beside numpy."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule
from chainrule import Network

RNG = np.random.default_rng(8)


@pytest.mark.parametrize("transpose_b", [False, True])
@pytest.mark.parametrize(
    ("a", "b"), [((3, 4), (4, 5)), ((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)), ((2, 1, 3, 4), (3, 4, 2))]
)
def test_products(a: tuple[int, ...], b: tuple[int, ...], transpose_b: bool) -> None:
    x, y = RNG.normal(size=(6, *a)), RNG.normal(size=(6, *b))
    given = np.swapaxes(y, -1, -2) if transpose_b else y
    network = Network(int(np.prod(a) + np.prod(b))).add_input("a", a).add_input("b", given.shape[1:])
    network.add_matrix_product("a", "b", transpose_b=transpose_b, name="c").build()
    assert network.layers[-1].kind == "matrix_product"
    rows = np.concatenate([x.reshape(6, -1), given.reshape(6, -1)], 1)
    rank = max(len(a), len(b))
    wide = [values.reshape(6, *[1] * (rank - values.ndim + 1), *values.shape[1:]) for values in (x, y)]
    expected = np.matmul(*wide).reshape(6, -1)
    np.testing.assert_allclose(network.predict(rows), expected, rtol=1e-5, atol=1e-5)
    # In predictors and files, the same.
    copy = Network.from_bytes(network.to_bytes())
    np.testing.assert_array_equal(copy.predict(rows), network.predict(rows))
    np.testing.assert_allclose(network.prepare().predict(rows), expected, rtol=1e-5, atol=1e-5)


def test_products_of_a_layer_with_itself_are_trained() -> None:
    """The Gram matrix of what a dense layer makes of a sequence: its gradient is that of differences."""
    network = Network((4, 3)).add_dense(3, "tanh", name="d").add_matrix_product("d", "d", transpose_b=True)
    network.add_softmax(0, name="p").add_matrix_product("p", "d").build(seed=1)
    x, t = RNG.normal(size=(5, 12)), RNG.normal(size=(5, 12))
    report = network.check_gradient(x, t, "mean_squared_error")
    assert report.relative_error < 1e-3


def test_elements_in_another_order() -> None:
    x = RNG.normal(size=(5, 4, 6, 2)).astype(np.float32)
    for axis, indices in ((0, [3, 2, 1, 0]), (1, [0, 0, 5, 2, 2, 2, 1]), (2, [1, 0, 1]), (1, list(range(5, -1, -2)))):
        network = Network((4, 6, 2)).add_take(indices, axis).build()
        np.testing.assert_array_equal(network.predict(x), np.take(x, indices, axis + 1).reshape(5, -1))
        copy = Network.from_bytes(network.to_bytes())
        np.testing.assert_array_equal(copy.predict(x), network.predict(x))
    # Gradients add up where elements were taken several times.
    network = Network((6, 1)).add_take([0, 0, 5, 0], 0).build()
    _, gradient = network.vjp(x[:1, 0, :, 0], np.arange(1, 5, dtype=np.float32).reshape(1, 4))
    np.testing.assert_array_equal(np.ravel(gradient), [7, 0, 0, 0, 0, 3])


@pytest.mark.parametrize("sequence", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_the_last_cell(sequence: bool, backwards: bool) -> None:
    """It goes on where the sequence was cut, as the first state of the rest."""
    x = RNG.normal(size=(5, 8, 3)).astype(np.float32)
    whole = Network((8, 3)).add_lstm(4, cell=True, sequence=sequence, backwards=backwards).build(seed=3)
    half = Network(4 * 3 + 8).add_input("x", (4, 3)).add_input("s", 8)
    half.add_lstm(4, cell=True, sequence=sequence, backwards=backwards, initial_state="s", input="x").build(seed=1)
    half.parameters[:] = whole.parameters
    parts = (x[:, 4:], x[:, :4]) if backwards else (x[:, :4], x[:, 4:])
    first, state = parts[0].reshape(5, -1), np.zeros((5, 8), np.float32)
    y = half.predict(np.concatenate([first, state], 1)).reshape(5, -1, 4)
    last = 0 if backwards or not sequence else -2
    state = np.concatenate([y[:, last], y[:, -1]], 1)
    y = half.predict(np.concatenate([parts[1].reshape(5, -1), state], 1)).reshape(5, -1, 4)
    expected = whole.predict(x).reshape(5, -1, 4)
    assert expected.shape[1] == (9 if sequence else 2)
    np.testing.assert_allclose(y[:, -1], expected[:, -1], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(y[:, last], expected[:, last], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(whole.prepare().predict(x).reshape(5, -1, 4), expected, rtol=1e-5, atol=1e-6)


def test_what_does_not_fit() -> None:
    network = Network((2, 3))
    for call, message in (
        (lambda: network.add_matrix_product("0", "0"), r"not \[2, 3\] and \[2, 3\]"),
        (lambda: network.add_matrix_product("0", "nobody"), "nobody"),
        (lambda: network.add_take([], 0), "at least 1 element"),
        (lambda: network.add_take([2], 0), "the index 2 is not among 2 along axis 0"),
        (lambda: network.add_take([-1], 0), "it must be between 0"),
        (lambda: network.add_take([0], 2), "2 is not among the axes"),
    ):
        with pytest.raises(chainrule.ArgumentError, match=message):
            call()
    with pytest.raises(TypeError):
        network.add_gru(3, cell=True)  # type: ignore[call-arg]
