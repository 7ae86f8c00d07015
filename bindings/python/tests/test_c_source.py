"""Networks as C source. Tests/CSource compiles it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from chainrule import ArgumentError, ArgumentTypeError, Cost, FileError, Network


@pytest.fixture
def network() -> Network:
    return Network(4).add_dense(3, "tanh").add_dense(2).build(seed=1)


def test_the_same_text_everywhere(network: Network, tmp_path: Path) -> None:
    source = network.to_c_source(name="small", trains=True, momentum=True, cost="cross_entropy")
    assert "float small_train_step(const float *x, const float *t, float learning_rate, float momentum);" in source
    network.export_c(tmp_path / "small.c", name="small", trains=True, momentum=True, cost="cross_entropy")
    assert (tmp_path / "small.c").read_text() == source
    file = io.BytesIO()
    network.export_c(file, name="small", trains=True, momentum=True, cost=Cost("cross_entropy"))
    assert file.getvalue() == source.encode()


def test_int8(network: Network) -> None:
    assert "static const int8_t weight_0[12]" in network.to_c_source(precision="int8")


def test_refuses(network: Network, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="begins no names"):
        network.to_c_source(name="no name")
    with pytest.raises(ArgumentError, match="null character"):
        network.to_c_source(name="a\0b")
    with pytest.raises(ArgumentError, match="begins no names"):
        network.to_c_source(name="\ud800")
    with pytest.raises(ArgumentError, match="null character"):
        network.export_c(tmp_path / "x.c", name="a\0b")
    with pytest.raises(ArgumentTypeError, match="string"):
        network.to_c_source(name=8)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="unknown precision"):
        network.to_c_source(precision="int4")
    with pytest.raises(ArgumentTypeError):
        network.to_c_source(precision=8)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="huber"):
        network.to_c_source(trains=True, cost="huber")
    with pytest.raises(FileError):
        network.export_c(tmp_path / "none" / "x.c")
    with pytest.raises(ArgumentError, match="'batch_normalization'"):
        Network(12).add_normalization("batch").build(seed=1).export_c(tmp_path / "x.c", trains=True)
    assert not list(tmp_path.iterdir())
