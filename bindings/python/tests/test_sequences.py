"""Recurrent layers: what they compute, rows of different length, both directions."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from chainrule import ArgumentError, Network, StateError, Trainer, Workspace

Floats = npt.NDArray[np.float32]


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def by_hand(network: Network, name: str, kind: str, x: Any, units: int) -> Any:
    """H of all steps of one row, in float64."""
    tensors = {key.split(".")[1]: np.float64(value) for key, value in network.tensors.items() if key.startswith(name)}
    h, c, states = np.zeros(units), np.zeros(units), []
    for step in x:
        given = np.split(tensors["weight_ih"] @ step + tensors["bias"], len(tensors["bias"]) // units)
        carried = np.split(tensors["weight_hh"] @ h, len(given))
        if kind == "rnn":
            h = np.tanh(given[0] + carried[0])
        elif kind == "gru":
            r, z = sigmoid(given[0] + carried[0]), sigmoid(given[1] + carried[1])
            n = np.tanh(given[2] + r * (carried[2] + tensors["bias_hn"]))
            h = (1 - z) * n + z * h
        else:
            i, f, g, o = (a + b for a, b in zip(given, carried))
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.array(states)


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_a_cell_computes_its_formulas(kind: str) -> None:
    x = np.random.default_rng(1).standard_normal((4, 7, 3), dtype=np.float32)
    network = Network((7, 3))
    getattr(network, f"add_{kind}")(5, name="l")
    network.build(seed=1)
    h = np.array([by_hand(network, "l", kind, row, 5) for row in x])
    np.testing.assert_allclose(network.predict(x), h.reshape(4, -1), atol=1e-6)
    assert network.layers[-1].shape == (7, 5)
    assert network.layers[-1].kind == kind
    assert network.tensors["l.weight_hh"].shape[1] == 5
    last = Network((7, 3))
    getattr(last, f"add_{kind}")(5, name="l", sequence=False)
    last.build(seed=1)
    np.testing.assert_allclose(last.predict(x), h[:, -1], atol=1e-6)
    backwards = Network((7, 3))
    getattr(backwards, f"add_{kind}")(5, name="l", backwards=True)
    backwards.build(seed=1)
    turned = network.predict(np.ascontiguousarray(x[:, ::-1])).reshape(4, 7, 5)[:, ::-1]
    np.testing.assert_array_equal(backwards.predict(x), turned.reshape(4, -1))


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_both_directions(kind: str) -> None:
    x = np.random.default_rng(2).standard_normal((4, 7, 3), dtype=np.float32)
    network = Network((7, 3))
    getattr(network, f"add_{kind}")(5, bidirectional=True, name="both")
    network.build(seed=1)
    assert [layer.name for layer in network.layers][1:] == ["both_forward", "both_backward", "both"]
    workspace = Workspace(network, 4)
    workspace.forward(x)
    h = [workspace.h(name) for name in ("both_forward", "both_backward")]
    joined = np.concatenate([part.reshape(4, 7, 5) for part in h], axis=2).reshape(4, -1)
    np.testing.assert_array_equal(network.predict(x), joined)


def with_lengths() -> Network:
    """Reads a sequence, and how many of its steps there are."""
    network = Network(6 * 2 + 1).add_input("x", (6, 2)).add_input("steps", 1).add_parameter(8, name="first")
    network.add_lstm(4, peepholes=True, lengths="steps", initial_state="first", sequence=False, input="x")
    return network.add_dense(1)


def test_padding_changes_no_number() -> None:
    rng = np.random.default_rng(3)
    network = with_lengths().build(seed=4)
    x = rng.standard_normal((20, 13), dtype=np.float32)
    x[:, 12] = rng.integers(1, 7, 20)
    other = x.copy()
    for row in other:
        row[2 * int(row[12]) : 12] = rng.standard_normal(12 - 2 * int(row[12]))
    assert not np.array_equal(x, other)
    np.testing.assert_array_equal(network.predict(x), network.predict(other))
    t = rng.standard_normal((20, 1), dtype=np.float32)
    cost, gradient = network.value_and_grad(x, t, "mean_squared_error")
    same_cost, same_gradient = network.value_and_grad(other, t, "mean_squared_error")
    assert cost == same_cost
    np.testing.assert_array_equal(gradient, same_gradient)


def test_threads_give_the_same_bits() -> None:
    rng = np.random.default_rng(5)
    x = rng.standard_normal((200, 13), dtype=np.float32)
    x[:, 12] = rng.integers(1, 7, 200)
    t = rng.standard_normal((200, 1), dtype=np.float32)
    fitted = []
    for threads in (1, 2):
        network = with_lengths().build(seed=4)
        network.fit(x, t, cost="mean_squared_error", epochs=2, batch_size=100, threads=threads)
        fitted.append(network.parameters.copy())
    np.testing.assert_array_equal(*fitted)


def test_a_file_keeps_everything(tmp_path: Any) -> None:
    network = with_lengths().build(seed=4)
    network.save(tmp_path / "model.safetensors")
    loaded = Network.load(tmp_path / "model.safetensors")
    assert [layer[:6] for layer in loaded.layers] == [layer[:6] for layer in network.layers]
    x = np.ones((3, 13), np.float32)
    np.testing.assert_array_equal(loaded.predict(x), network.predict(x))


@pytest.mark.parametrize("length", [0, -1, 2.5, 7, np.nan, np.inf])
def test_bad_lengths(length: float) -> None:
    x = np.ones((3, 13), np.float32)
    x[1, 12] = length
    with pytest.raises(ArgumentError, match=r"layer '3': row 1 has the length .* a whole number from 1 to 6"):
        with_lengths().build().predict(x)


def test_bad_descriptions() -> None:
    network = Network((6, 2))
    with pytest.raises(ArgumentError, match="unknown activation 'selu'; there are tanh, relu"):
        network.add_rnn(3, "selu")
    with pytest.raises(ArgumentError, match="at least 1 unit"):
        network.add_gru(0)
    with pytest.raises(ArgumentError, match="both directions"):
        network.add_lstm(2, backwards=True, bidirectional=True)
    with pytest.raises(ArgumentError, match="no layer before it has that name"):
        network.add_lstm(2, lengths="missing")
    assert len(network.layers) == 1


def test_initializers() -> None:
    network = Network((6, 2)).add_gru(16, weight_initializer=("uniform", 1, 2), bias=False, name="l").build()
    assert set(network.tensors) == {"l.weight_ih", "l.weight_hh"}
    assert all((values >= 1).all() and (values < 2).all() for values in network.tensors.values())
    assert network.layers[-1].weight_initializer == ("uniform", 1, 2)
    standard = Network((6, 2)).add_rnn(16, "relu").build(seed=1)
    assert standard.layers[-1].activation == "relu"
    assert 0.2 < np.abs(standard.parameters).max() <= 0.25


def test_parameters_have_a_weight_initializer() -> None:
    network = Network(2).add_parameter(3, name="p").add_parameter(4, name="q", weight_initializer=("constant", 0.5))
    layers = network.add_sum(["p"]).layers
    assert [layer.weight_initializer for layer in layers] == ["default", ("constant", 0.5), None]
    assert [layer.bias_initializer for layer in layers] == [None, None, None]


def test_constants_are_state() -> None:
    network = Network(3).add_dense(2, name="a").add_constant((2, 2), name="k").add_product("a", "k").build(seed=1)
    assert network.layers[1].kind == "constant"
    assert list(network.tensors) == ["a.weight", "a.bias"]
    network.state["k.value"][:] = [[1, 2], [3, 4]]
    x = np.float32([[1, 2, 3], [4, 5, 6]])
    a = x @ network.tensors["a.weight"].T + network.tensors["a.bias"]
    expected = a[:, None] * network.state["k.value"]
    np.testing.assert_allclose(network.predict(x).reshape(2, 2, 2), expected, rtol=1e-5)
    network.fit(x, np.ones((2, 4)), cost="mean_squared_error", epochs=2)
    np.testing.assert_array_equal(Network.from_bytes(network.to_bytes()).state["k.value"], [[1, 2], [3, 4]])


def test_embeddings_and_positions() -> None:
    network = Network(6).add_embedding(11, 4, name="e").add_positions(name="p").add_positions("learned", name="q")
    network.build(seed=1)
    x = np.random.default_rng(1).integers(0, 11, (5, 6)).astype(np.float32)
    angles = np.arange(6)[:, None] * 10000 ** (-np.arange(0, 4, 2) / 4)
    places = np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(6, 4)
    h = network.tensors["e.weight"][x.astype(int)] + places
    np.testing.assert_allclose(network.predict(x), h.reshape(5, -1), atol=1e-6)
    assert [layer.kind for layer in network.layers] == ["embedding", "positions", "parameter", "sum"]
    assert network.layers[0].shape == (6, 4)
    assert network.layers[0].weight_initializer == network.layers[2].weight_initializer == "default"
    assert list(network.tensors) == ["e.weight", "q_value.value"]
    x[3, 2] = 11
    with pytest.raises(ArgumentError, match=r"layer 'e': row 3 has the token 11.0 at position 2; .* from 0 to 10"):
        network.predict(x)
    with pytest.raises(ArgumentError, match="unknown positions 'rotary'; there are sinusoidal, learned"):
        Network((6, 2)).add_positions("rotary")
    with pytest.raises(ArgumentError, match="1 to 16777216 tokens; 0 were given"):
        Network(6).add_embedding(0, 3)


def softmax(z: Any) -> Any:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def attend(q: Any, k: Any, v: Any, heads: int, causal: bool = False) -> Any:
    """One row's attention in float64."""
    parts = []
    for a, b, c in zip(*(np.split(np.float64(x), heads, axis=1) for x in (q, k, v))):
        scores = a @ b.T / np.sqrt(a.shape[1])
        if causal:
            scores[np.triu_indices(len(a), 1, scores.shape[1])] = -np.inf
        parts.append(softmax(scores) @ c)
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize("causal", [False, True])
def test_attention_of_one_layer(causal: bool) -> None:
    x = np.random.default_rng(1).standard_normal((4, 7, 6), dtype=np.float32)
    network = Network((7, 6)).add_attention(3, causal=causal, width=12, name="a").build(seed=1)
    t = {name: np.float64(value) for name, value in network.tensors.items()}
    assert {name: value.shape for name, value in t.items()} == {
        "a_in.weight": (36, 6),
        "a_in.bias": (36,),
        "a.weight": (12, 12),
        "a.bias": (12,),
    }
    for row, y in zip(x, network.predict(x).reshape(4, 7, 12)):
        q, k, v = np.split(row @ t["a_in.weight"].T + t["a_in.bias"], 3, axis=1)
        np.testing.assert_allclose(y, attend(q, k, v, 3, causal) @ t["a.weight"].T + t["a.bias"], atol=1e-6)
    assert [layer.kind for layer in network.layers] == ["reshape", "dense", "attention", "dense"]


def test_attention_of_two_layers() -> None:
    network = Network(5 * 4 + 3 * 4 + 1).add_input("q", (5, 4)).add_input("k", (3, 4)).add_input("n", 1)
    network.add_attention(2, input="q", key="k", lengths="n", name="a", bias=False).build(seed=1)
    t = {name: np.float64(value) for name, value in network.tensors.items()}
    assert list(t) == ["a_query.weight", "a_key_value.weight", "a.weight"]
    x = np.random.default_rng(2).standard_normal((3, 33), dtype=np.float32)
    x[:, 32] = [3, 1, 2]
    for row, y in zip(x, network.predict(x).reshape(3, 5, 4)):
        keys = row[20:32].reshape(3, 4)[: int(row[32])]
        k, v = np.split(keys @ t["a_key_value.weight"].T, 2, axis=1)
        h = attend(row[:20].reshape(5, 4) @ t["a_query.weight"].T, k, v, 2)
        np.testing.assert_allclose(y, h @ t["a.weight"].T, atol=1e-6)


def test_attention_of_three_layers_and_bare() -> None:
    network = Network((6, 4)).add_dense(4, name="k").add_attention(2, key="k", value="k", bare=True, input="0").build()
    x = np.random.default_rng(3).standard_normal((1, 6, 4), dtype=np.float32)
    k = x[0] @ network.tensors["k.weight"].T + network.tensors["k.bias"]
    np.testing.assert_allclose(network.predict(x)[0], attend(x[0], k, k, 2).ravel(), atol=1e-6)
    three = Network((6, 4)).add_dense(5, name="k", input="0").add_attention(2, input="0", key="k", value="0", name="a")
    assert list(three.build().tensors)[2::2] == ["a_query.weight", "a_key.weight", "a_value.weight", "a.weight"]


def test_bad_attention() -> None:
    network = Network((6, 4))
    with pytest.raises(ArgumentError, match="3 heads do not divide a width of 4"):
        network.add_attention(3)
    with pytest.raises(ArgumentError, match="0 heads do not divide a width of 4"):
        network.add_attention(0)
    with pytest.raises(ArgumentError, match="a multiple of 3 channels"):
        network.add_attention(1, bare=True)
    with pytest.raises(ArgumentError, match="no layer before it has that name"):
        network.add_attention(1, key="missing")
    assert len(network.layers) == 1


def pieces() -> tuple[Network, Floats, Floats]:
    """Three batches of four rows: four sequences of 15 steps, in pieces of 5."""
    rng = np.random.default_rng(8)
    network = Network((5, 2)).add_lstm(4).add_gru(3).add_dense(1).build(seed=2)
    return network, rng.standard_normal((12, 5, 2), dtype=np.float32), rng.standard_normal((12, 5), dtype=np.float32)


def carrying(network: Network, **options: Any) -> Trainer:
    return Trainer(network, cost="mean_squared_error", **({"batch_size": 4, "shuffle": False} | options))


def test_states_are_carried_from_batch_to_batch() -> None:
    fitted = []
    for carry in (True, False):
        network, x, t = pieces()
        carrying(network, carry_states=carry, epochs=2).fit(x, t)
        fitted.append(network.parameters.copy())
    assert not np.array_equal(*fitted)
    network, x, t = pieces()
    network.fit(x, t, cost="mean_squared_error", batch_size=4, shuffle=False, carry_states=True, epochs=2)
    np.testing.assert_array_equal(network.parameters, fitted[0])
    network, x, t = pieces()
    trainer = carrying(network, carry_states=True)
    for _ in range(2):
        trainer.reset_states()
        for first in (0, 4, 8):
            trainer.partial_fit(x[first : first + 4], t[first : first + 4])
    np.testing.assert_array_equal(network.parameters, fitted[0])


def test_states_that_cannot_be_carried() -> None:
    network, x, t = pieces()
    with pytest.raises(ArgumentError, match="the rows cannot be shuffled"):
        carrying(network, carry_states=True, shuffle=True)
    with pytest.raises(ArgumentError, match="there are 10 rows to train on; carrying states takes whole batches of 4"):
        carrying(network, carry_states=True).fit(x[:10], t[:10])
    with pytest.raises(StateError, match="does not carry states"):
        carrying(network).reset_states()
    backwards = Network((5, 2)).add_gru(3, backwards=True, name="b").build(seed=1)
    with pytest.raises(StateError, match="gru 'b' goes backwards"):
        carrying(backwards, carry_states=True)
