"""What bench.py does on a machine that lacks a ceiling, and when a cell fails: its workers are made up here."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import bench
import conductor
import machine
import pytest
from cells import CELLS, Cell
from peers import OURS, PEERS, Peer

PEER_TIME = {OURS: 1e-5}


class Narrow:
    """A worker on a processor without bfloat16 dot products. Each step or call takes 1e-5 s, or of a peer 2e-5 s."""

    def __init__(self, peer: Peer, threads: int):
        self.name = peer.name
        self.process = SimpleNamespace(pid=1)

    def ask(self, line: str) -> list[str]:
        if line.startswith("prepare ceiling=bf16"):
            raise conductor.Cannot("this processor has no bfloat16 dot products")
        if line.startswith("prepare work=infer widths=64-32-10"):
            raise BrokenPipeError("the pipe broke")
        if line == "check":
            return ["1.0"]
        if self.name == "ceilings":
            return ["1e-12"]
        return [str(PEER_TIME.get(self.name, 2e-5))]

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conductor, "Worker", Narrow)
    monkeypatch.setattr(conductor, "inputs_of", lambda cell, peers: Path("inputs"))


def cell(variant: str, net: str = "C") -> Cell:
    return next(
        cell for cell in CELLS if (cell.work, cell.net, cell.batch, cell.variant) == ("infer", net, 64, variant)
    )


def measure(cell: Cell) -> dict:
    peers = [peer for peer in PEERS if peer.name in (OURS, "onednn")]
    return conductor.measure(cell, peers, conductor.Workers(), rounds=3, seconds=0.01)


def test_a_missing_ceiling_is_a_cell_without_a_limit() -> None:
    result = measure(cell("bf16"))
    assert (result["ours"], result["peers"], result["ratio"]) == (1e-5, {"onednn": 2e-5}, 2)
    assert (result["limit"], result["limit_share"], result["limit_share_of_peers"]) == (None, None, {})
    assert result["notes"] == {"the machine's limit": "this processor has no bfloat16 dot products"}


def test_a_cell_whose_ceilings_are_there_has_a_limit() -> None:
    result = measure(cell("int8"))
    assert result["limit"] > 0
    assert result["notes"] == {}


def test_a_ceiling_that_fails_between_rounds_takes_the_limit_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([1e-12, 1e-12])

    def ceiling(worker: conductor.Worker) -> float:
        try:
            return next(answers)
        except StopIteration:
            raise conductor.Cannot("the worker ended") from None

    monkeypatch.setattr(conductor, "ceiling", ceiling)
    result = measure(cell("f32"))
    assert (result["ours"], result["limit"]) == (1e-5, None)
    assert result["notes"] == {"the machine's limit": "the worker ended"}


def test_a_failed_cell_loses_no_other_and_no_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "bench.json"
    facts = {"ceilings": {}, "versions": {}, "date": "", "processor": "", "cores": 1, "caches": "", "system": ""}
    pages = []
    monkeypatch.setattr(machine, "describe", lambda workers: facts)
    monkeypatch.setattr(bench, "page", lambda results, facts: pages.append(results) or "a page")
    monkeypatch.setattr(
        sys, "argv", ["bench.py", "--work=infer", "--net=B,C", "--batch=64", "--report", f"--output={output}"]
    )
    assert bench.main() == 1
    results = json.loads(output.read_text())
    assert [(result["net"], result["variant"], result["ours"]) for result in results] == [
        ("B", "f32", None),
        ("C", "f32", 1e-5),
        ("C", "bf16", 1e-5),
        ("C", "int8", 1e-5),
    ]
    assert results[0]["notes"] == {OURS: "BrokenPipeError: the pipe broke"}
    assert output.with_suffix(".html").read_text() == "a page"
    assert pages == [results]
    printed = capsys.readouterr().out
    assert "- Chainrule: BrokenPipeError: the pipe broke (1 cells, the first: infer B 64 f32)" in printed
    assert (
        "- the machine's limit: this processor has no bfloat16 dot products (1 cells, the first: infer C 64 bf16)"
        in printed
    )


def test_what_is_measured_is_written_before_the_next_cell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    output = tmp_path / "bench.json"
    found: list[object] = []

    def measure(cell: Cell, *_: object) -> dict:
        found.append(json.loads(output.read_text()) if output.exists() else [])
        if len(found) == 3:
            raise KeyboardInterrupt
        return conductor.summary(cell, {OURS: [1.0]}, [], {}) | {"other_load": 0.0}

    monkeypatch.setattr(bench, "measure", measure)
    monkeypatch.setattr(sys, "argv", ["bench.py", "--work=infer", "--net=C", f"--output={output}"])
    assert bench.main() == 1
    assert [len(cells) for cells in found] == [0, 1, 2]
    assert len(json.loads(output.read_text())) == 2
