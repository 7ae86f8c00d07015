"""Saving to and loading from bytes, and objects that write and read as files do."""

from __future__ import annotations

import io
import mmap
import socket
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule


def trainer_of(network: chainrule.Network, **options: Any) -> chainrule.Trainer:
    return chainrule.Trainer(network, cost="mean_squared_error", epochs=2, batch_size=4, threads=1, **options)


def fresh() -> chainrule.Network:
    """As the fixture, with other weights."""
    return chainrule.Network(4).add_dense(5, "tanh").add_dense(3).build(seed=9)


def file_of(thing: Any, path: Path) -> bytes:
    thing.save(path)
    return path.read_bytes()


class Slow:
    """Takes and gives a few bytes at a time, as an unbuffered file may."""

    def __init__(self, data: bytes = b"", most: int = 7) -> None:
        self.data, self.most, self.calls = data, most, 0

    def write(self, data: bytes) -> int:
        self.data += data[: self.most]
        self.calls += 1
        return min(self.most, len(data))

    def read(self, size: int) -> bytes:
        piece, self.data = self.data[: min(size, self.most)], self.data[min(size, self.most) :]
        self.calls += 1
        return piece


class Apart(Slow):
    """Gives pieces whose bytes do not follow one another in memory."""

    def read(self, size: int) -> Any:
        return memoryview(np.frombuffer(super().read(size), np.uint8).repeat(2)[::2])


class Raising:
    """Raises in a call of its own choice."""

    def __init__(self, error: BaseException, at: int, data: bytes = b"") -> None:
        self.error, self.at, self.calls, self.data = error, at, 0, io.BytesIO(data)

    def write(self, data: bytes) -> None:
        self.calls += 1
        if self.calls == self.at:
            raise self.error

    def read(self, size: int) -> bytes:
        self.calls += 1
        if self.calls == self.at:
            raise self.error
        return self.data.read(min(size, 50))


class Gives:
    """Gives whatever it was given."""

    def __init__(self, result: Any) -> None:
        self.result = result

    def read(self, size: int) -> Any:
        return self.result

    def write(self, data: bytes) -> Any:
        return self.result


def test_bytes_are_those_of_the_file(network: chainrule.Network, x: np.ndarray, tmp_path: Path) -> None:
    data = file_of(network, tmp_path / "model")
    assert type(network.to_bytes()) is bytes
    assert network.to_bytes() == data
    for form in (data, bytearray(data), memoryview(data), np.frombuffer(data, np.uint8)):
        loaded = chainrule.Network.from_bytes(form)
        np.testing.assert_array_equal(loaded.predict(x), network.predict(x))
    apart = np.zeros((len(data), 2), np.uint8)
    apart[:, 0] = np.frombuffer(data, np.uint8)
    assert chainrule.Network.from_bytes(apart[:, 0]).to_bytes() == data
    with (tmp_path / "model").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert chainrule.Network.from_bytes(mapped).to_bytes() == data


def test_objects_that_write_and_read(network: chainrule.Network, x: np.ndarray, tmp_path: Path) -> None:
    trainer = trainer_of(network)
    trainer.fit(x, x[:, :3])
    model, checkpoint = file_of(network, tmp_path / "model"), file_of(trainer, tmp_path / "checkpoint")
    for thing, data in [(network, model), (trainer, checkpoint)]:
        written = io.BytesIO()
        thing.save(written)
        assert written.getvalue() == data
        slow = Slow()
        thing.save(slow)
        assert slow.data == data
        assert slow.calls > len(data) // 7
        with (tmp_path / "unbuffered").open("wb", buffering=0) as file:
            thing.save(file)
        assert (tmp_path / "unbuffered").read_bytes() == data
    for make in (io.BytesIO, Slow, Apart):
        loaded, other = chainrule.Network.load(make(model)), fresh()
        assert loaded.to_bytes() == model
        other.load_parameters(make(model))
        np.testing.assert_array_equal(other.parameters, network.parameters)
        again = trainer_of(fresh())
        again.load(make(checkpoint))
        assert file_of(again, tmp_path / "again") == checkpoint
        assert again.progress == trainer.progress


def test_several_in_one_file(network: chainrule.Network, x: np.ndarray) -> None:
    trainer, second, file = trainer_of(network), fresh(), io.BytesIO()
    file.write(b"before")
    network.save(file)
    trainer.save(file)
    second.save(file)
    file.write(b"after")
    file.seek(6)
    assert chainrule.Network.load(file).to_bytes() == network.to_bytes()
    trainer_of(fresh()).load(file)
    assert chainrule.Network.load(file).to_bytes() == second.to_bytes()
    assert file.read() == b"after"


def test_through_a_socket(network: chainrule.Network) -> None:
    near, far = socket.socketpair()
    with near, far, near.makefile("wb") as writing, far.makefile("rb") as reading:
        sender = threading.Thread(target=lambda: (network.save(writing), writing.flush()))
        sender.start()
        # The other end stays open: nothing beyond the network is waited for.
        assert chainrule.Network.load(reading).to_bytes() == network.to_bytes()
        sender.join()


@pytest.mark.parametrize("kind", [OSError, KeyError, KeyboardInterrupt, SystemExit])
def test_what_is_raised_comes_out_as_it_is(
    network: chainrule.Network, kind: type[BaseException], tmp_path: Path
) -> None:
    trainer = trainer_of(network)
    checkpoint = file_of(trainer, tmp_path / "checkpoint")
    before = network.to_bytes()
    calls = [
        (network.save, b"", 2),
        (trainer.save, b"", 5),
        (chainrule.Network.load, before, 10),
        (network.load_parameters, before, 10),
        (trainer.load, checkpoint, 30),
    ]
    for call, data, most in calls:
        for at in range(1, most + 1):
            error = kind("mine")
            file = Raising(error, at, data)
            with pytest.raises(kind) as raised:
                call(file)
            assert raised.value is error
            assert file.calls == at
    assert network.to_bytes() == before
    assert file_of(trainer, tmp_path / "after") == checkpoint
    trainer.fit(np.zeros((8, 4)), np.zeros((8, 3)))


def test_raised_on_another_thread(network: chainrule.Network) -> None:
    caught: list[BaseException] = []

    def save() -> None:
        try:
            network.save(Raising(KeyError("mine"), 1))
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=save)
    thread.start()
    thread.join()
    assert [type(error) for error in caught] == [KeyError]


@pytest.mark.parametrize(
    ("result", "kind", "words"),
    [
        ("text", chainrule.ArgumentTypeError, "not str: open the file in binary mode"),
        (None, chainrule.ArgumentTypeError, "not NoneType"),
        (8, chainrule.ArgumentTypeError, "not int"),
        (b"123456789", chainrule.CallbackError, "gave 9 bytes; at most 8 were asked for"),
        (b"", chainrule.FileFormatError, "ends after 0 bytes, and 8 more"),
        (b"\xff" * 8, chainrule.FileFormatError, "no model file"),
        (np.zeros(3), chainrule.CallbackError, "gave 24 bytes"),
    ],
)
def test_what_read_gives(network: chainrule.Network, result: Any, kind: Any, words: str) -> None:
    before = network.to_bytes()
    for load in (chainrule.Network.load, network.load_parameters, trainer_of(network).load):
        with pytest.raises(kind, match=words):
            load(Gives(result))
    assert network.to_bytes() == before


def test_what_write_gives(network: chainrule.Network, tmp_path: Path) -> None:
    for result in (0, -1, False):
        with pytest.raises(chainrule.FileError, match="write\\(\\) took"):
            network.save(Gives(result))
    network.save(Gives(None))
    network.save(Gives("anything"))
    with pytest.raises(TypeError), (tmp_path / "text").open("w") as file:
        network.save(file)
    with pytest.raises(TypeError), (tmp_path / "text").open() as file:
        chainrule.Network.load(file)
    closed = io.BytesIO()
    closed.close()
    for call in (network.save, chainrule.Network.load):
        with pytest.raises(ValueError, match="closed file"):
            call(closed)


def test_bad_bytes(network: chainrule.Network) -> None:
    data = network.to_bytes()
    for count in range(0, len(data), 11):
        with pytest.raises(chainrule.FileFormatError):
            chainrule.Network.from_bytes(data[:count])
        with pytest.raises(chainrule.FileFormatError, match="truncated"):
            chainrule.Network.load(io.BytesIO(data[:count]))
    with pytest.raises(chainrule.FileFormatError, match="the file has"):
        chainrule.Network.from_bytes(data + b"\0")
    for wrong in ("text", None, 3, [1, 2], object()):
        with pytest.raises(chainrule.ArgumentTypeError, match="data must be bytes, not"):
            chainrule.Network.from_bytes(wrong)
    for wrong in (None, 3, [1, 2], object()):
        for call in (network.save, chainrule.Network.load, network.load_parameters):
            with pytest.raises(
                chainrule.ArgumentTypeError, match="path must be a string, a path or an open binary file"
            ):
                call(wrong)
    unbuilt = chainrule.Network(4).add_dense(3)
    with pytest.raises(chainrule.StateError):
        unbuilt.to_bytes()
    with pytest.raises(chainrule.StateError):
        unbuilt.save(io.BytesIO())


def test_limits_of_memory() -> None:
    network, last = chainrule.Network(1), "input"
    for index in range(30):
        network.add_concatenation([last, last])
        last = str(index)
    data = network.build().to_bytes()
    for load in (chainrule.Network.from_bytes, lambda data, **limit: chainrule.Network.load(io.BytesIO(data), **limit)):
        with pytest.raises(MemoryError, match="67108864"):
            load(data)
        assert load(data, memory_limit=2**34).outputs == 2**30
        with pytest.raises(chainrule.ArgumentError, match="memory_limit"):
            load(data, memory_limit=-1)


def test_callbacks_may_read_and_not_change(network: chainrule.Network, x: np.ndarray) -> None:
    class Using(Slow):
        use: Any = None

        def read(self, size: int) -> bytes:
            self.use()
            return super().read(size)

        def write(self, data: bytes) -> int:
            self.use()
            return super().write(data)

    data = network.to_bytes()
    file = Using(data)
    file.use = lambda: network.predict(x)
    network.load_parameters(file)
    network.save(file)
    assert file.data == data
    file.use = lambda: network.load_parameters(io.BytesIO(data))
    with pytest.raises(chainrule.StateError, match="loaded"):
        network.load_parameters(file)
    with pytest.raises(chainrule.StateError, match="changed while it was saved"):
        network.save(file)


def test_checkpoints_in_callbacks(network: chainrule.Network, x: np.ndarray) -> None:
    files: list[io.BytesIO] = []

    def save(_: Any) -> None:
        files.append(io.BytesIO())
        trainer.save(files[-1])

    trainer = trainer_of(network, on_batch=save)
    trainer.fit(x, x[:, :3])
    assert len(files) == 4
    for file in files:
        file.seek(0)
        other = trainer_of(fresh())
        other.load(file)
        other.fit(x, x[:, :3])
        np.testing.assert_array_equal(other.network.parameters, network.parameters)
