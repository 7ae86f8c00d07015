"""Sequences that go through a network frame by frame."""

from __future__ import annotations

import copy
import gc
import pickle
import threading

import numpy as np
import pytest

from chainrule import Activation, ArgumentError, ArgumentTypeError, FileFormatError, Network, StateError, Stream

STEPS = 120


def network(channels: int = 3, outputs: int = 2) -> Network:
    built = Network((STEPS, channels)).add_convolution(6, 3, "tanh", dilation=4, padding="causal").add_lstm(5)
    return built.add_gru(4).add_dense(outputs).build(seed=1)


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((STEPS, 3), dtype=np.float32)


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "int8"])
@pytest.mark.parametrize("block", [1, 7, 64, STEPS])
def test_blocks_have_the_bits_of_the_whole(x: np.ndarray, precision: str, block: int) -> None:
    predictor = network().prepare(precision)
    y = predictor.predict(x.reshape(1, -1)).reshape(STEPS, 2)
    stream = predictor.stream()
    assert (stream.inputs, stream.outputs, stream.frames) == (3, 2, 0)
    pushed = [stream.push(x[first : first + block]) for first in range(0, STEPS, block)]
    assert np.concatenate(pushed).tobytes() == y.tobytes()
    assert stream.frames == STEPS


def test_shapes(x: np.ndarray) -> None:
    stream = network().stream()
    assert stream.push(x[:4]).shape == (4, 2)
    assert stream.push(x[4]).shape == (2,)
    # What is no float32 or not contiguous is copied.
    other = network().stream()
    expected = other.push(x[:10])
    assert other.push(x[10:].astype(np.float64)).shape == (STEPS - 10, 2)
    other.reset()
    assert other.push(np.asfortranarray(x)[:10]).tobytes() == expected.tobytes()
    # Sound: a number for a frame.
    mono = network(1, 1).stream()
    sound = np.linspace(-1, 1, 20)
    assert mono.push(sound).shape == (20,)
    assert mono.push(sound[:, np.newaxis]).shape == (20, 1)
    assert mono.push([0.5]).shape == (1,)
    assert network(1, 2).stream().push(sound).shape == (20, 2)


def test_out(x: np.ndarray) -> None:
    stream = network().stream()
    y = stream.push(x)
    stream.reset()
    out = np.empty((STEPS, 2), np.float32)
    assert stream.push(x, out=out) is out
    assert out.tobytes() == y.tobytes()
    # In place, where a frame of y is no longer.
    mono = network(1, 1).stream()
    sound = np.linspace(-1, 1, 20, dtype=np.float32)
    expected = mono.push(sound)
    mono.reset()
    mono.push(sound, out=sound)
    assert sound.tobytes() == expected.tobytes()
    with pytest.raises(ArgumentError, match="overlap"):
        mono.push(sound[:10], out=sound[1:11])
    with pytest.raises(ArgumentError, match=r"out has shape \(3, 2\)"):
        stream.push(x[:4], out=out[:3])
    with pytest.raises(ArgumentTypeError, match="float32"):
        stream.push(x[:4], out=np.empty((4, 2)))


def test_states(x: np.ndarray) -> None:
    built = network()
    stream = built.stream()
    stream.push(x[:50])
    state = stream.state
    assert isinstance(state, bytes)
    copies = [stream.copy(), copy.copy(stream), copy.deepcopy(stream), built.stream()]
    copies[-1].restore(state)
    y = stream.push(x[50:])
    for other in copies:
        assert other.frames == 50
        assert other.push(x[50:]).tobytes() == y.tobytes()
    # It can be pickled, and its bytes are the same on all machines.
    again = built.stream()
    again.restore(pickle.loads(pickle.dumps(state)))
    assert again.push(x[50:]).tobytes() == y.tobytes()
    # Trained on, a network goes on from it.
    built.parameters[:] *= 0.5
    trained = built.stream()
    trained.restore(state)
    assert trained.push(x[50:]).tobytes() != y.tobytes()


def test_states_that_do_not_fit(x: np.ndarray) -> None:
    stream = network().stream()
    stream.push(x[:9])
    state = stream.state
    with pytest.raises(StateError, match="another network"):
        Network((8, 3)).add_gru(4).build(seed=1).stream().restore(state)
    with pytest.raises(FileFormatError, match="no stream's state"):
        stream.restore(b"")
    with pytest.raises(FileFormatError, match="bytes"):
        stream.restore(state[:-1])
    with pytest.raises(ArgumentTypeError, match="bytes, not str"):
        stream.restore("state")  # type: ignore[arg-type]
    assert stream.state == state


def test_bad_arguments(x: np.ndarray) -> None:
    stream = network().stream()
    with pytest.raises(ArgumentError, match=r"x has shape \(4, 2\)"):
        stream.push(x[:4, :2])
    with pytest.raises(ArgumentError, match="0 frames"):
        stream.push(x[:0])
    with pytest.raises(ArgumentTypeError):
        stream.push(np.array([["a", "b", "c"]]))
    assert stream.frames == 0
    for acausal, name in [
        (Network((8, 2)).add_gru(3, backwards=True, name="back"), "back"),
        (Network((8, 2)).add_convolution(2, 3, padding="same", name="wide"), "wide"),
        (Network((8, 2)).add_flatten(name="flat").add_dense(1), "flat"),
    ]:
        with pytest.raises(ArgumentError, match=f"layer '{name}'.* is not causal"):
            acausal.build(seed=1).stream()
    with pytest.raises(ArgumentError, match="x is no sequence"):
        Network(4).add_dense(1).build(seed=1).stream()


def test_the_last_state_after_each_frame(x: np.ndarray) -> None:
    predictor = Network((STEPS, 3)).add_gru(4, sequence=False).add_dense(2).build(seed=1).prepare()
    y = predictor.stream().push(x)
    assert y.shape == (STEPS, 2)
    assert y[-1].tobytes() == predictor.predict(x.reshape(-1)).tobytes()


def test_custom_activations(x: np.ndarray) -> None:
    fails = False

    def double(z: np.ndarray) -> np.ndarray:
        if fails:
            raise ValueError("not now")
        return 2 * z

    activation = Activation(double, lambda z, h: np.full_like(z, 2))
    built = Network((STEPS, 3)).add_gru(4).add_dense(2, activation).build(seed=1)
    stream = built.stream()
    del built
    gc.collect()
    y = stream.push(x)
    fails = True
    with pytest.raises(ValueError, match="not now"):
        stream.push(x)
    fails = False
    with pytest.raises(StateError, match="reset it"):
        stream.push(x)
    stream.reset()
    assert stream.push(x).tobytes() == y.tobytes()


def test_streams_share_a_predictor_on_threads(x: np.ndarray) -> None:
    predictor = network().prepare()
    y = predictor.stream().push(x)
    results: list[bytes] = []

    def run() -> None:
        stream = predictor.stream()
        for _ in range(50):
            stream.reset()
            pushed = np.concatenate([stream.push(x[first : first + 8]) for first in range(0, STEPS, 8)])
        results.append(pushed.tobytes())

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [y.tobytes()] * 4


def test_closed() -> None:
    with network().stream() as stream:
        assert repr(stream) == "Stream(3 -> 2, frame 0)"
    assert stream.closed
    assert repr(stream) == "Stream(closed)"
    with pytest.raises(ArgumentError, match="the stream is closed"):
        stream.reset()
    with pytest.raises(ArgumentTypeError, match="cannot be copied or pickled"):
        pickle.dumps(network().stream())
    assert isinstance(network().stream(), Stream)
