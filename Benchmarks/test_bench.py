"""What bench.py does on a machine that lacks a ceiling, when a cell or a peer fails, and when it is interrupted."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import bench
import conductor
import machine
import pytest
import quick
import report
import workers
from cells import CELLS, Cell
from peers import CEILINGS, OURS, Peer

# A worker as native/worker.hpp describes it. Its argument says what is wrong with it; times are 1e-5 s, or 2e-5 s.
FAKE = """
import os, signal, sys, time
kind = sys.argv[1]
if kind == "import":
    import a_package_that_is_not_there
print("x" * 100000, file=sys.stderr)  # more than a pipe holds
for line in sys.stdin:
    if line.startswith("prepare ceiling=bf16"):
        print("cannot its instruction set has no bfloat16 dot products", flush=True)
    elif line.startswith("prepare"):
        if kind == "illegal":
            os.kill(os.getpid(), signal.SIGILL)
        cannot = kind == "cannot" or kind == "no B" and "widths=64-32-10" in line
        print("cannot do it" if cannot else "ready", flush=True)
    elif line.startswith("check"):
        print("values", 2 if kind == "other" else 1, flush=True)
    elif kind == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif kind == "hang":
        sys.stdout.write("seconds")
        sys.stdout.flush()
        time.sleep(1000)
    elif kind == "garbage":
        print("seconds nan", flush=True)
    else:
        print("seconds", {"ceiling": 1e-12, "ours": 1e-5, "no B": 1e-5}.get(kind, 2e-5), flush=True)
"""
FACTS = dict.fromkeys(("processor", "caches", "system"), "") | {
    "cores": 1,
    "library": "1",
    "benchmark": "1",
    "instruction_set": "avx2",
    "limited": True,
    "versions": {"chainrule": "0.1.0", "numpy": "2"},
}


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "fake.py").write_text(FAKE)
    monkeypatch.setattr(workers, "TIME_LIMIT", 5.0)
    monkeypatch.setattr(conductor, "CEILINGS", fake(tmp_path, "ceilings", "ceiling"))
    monkeypatch.setattr(conductor, "inputs_of", lambda cell, peers: Path("inputs"))
    monkeypatch.setattr(machine, "describe", lambda: json.loads(json.dumps(FACTS)))
    monkeypatch.setattr(machine, "ceilings", lambda workers: {"loads": "1 GB/s"})
    monkeypatch.setattr(bench, "PEERS", [fake(tmp_path, OURS, "ours"), fake(tmp_path, "onednn", "ok")])
    monkeypatch.setattr(bench, "page", lambda results, facts: "a page")


def fake(folder: Path, name: str, kind: str) -> Peer:
    return Peer(name, [sys.executable, "-S", str(folder / "fake.py"), kind], ("infer",))


def cell(variant: str = "f32", net: str = "C") -> Cell:
    return next(
        cell for cell in CELLS if (cell.work, cell.net, cell.batch, cell.variant) == ("infer", net, 64, variant)
    )


def measure(cell: Cell, peers: list[Peer]) -> dict:
    conducted = workers.Workers()
    try:
        return conductor.measure(cell, peers, conducted, rounds=3, seconds=0.01)
    finally:
        conducted.close()


def run(monkeypatch: pytest.MonkeyPatch, output: Path, *options: str) -> tuple[int, list[dict]]:
    """bench.py over the predictions of B and C with 64 rows: four cells."""
    given = ["bench.py", "--work=infer", "--net=B,C", "--batch=64", "--report", f"--output={output}", *options]
    monkeypatch.setattr(sys, "argv", given)
    status = bench.main()
    return status, json.loads(output.read_text())


def interrupt_at(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    """The cell after so many is interrupted."""
    done = 0

    def measure(*arguments: object) -> dict:
        nonlocal done
        if done == cells:
            signal.raise_signal(signal.SIGTERM)
        done += 1
        return conductor.measure(*arguments)

    monkeypatch.setattr(bench, "measure", measure)


def count_cells(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cells that are measured from now on."""
    measured = []

    def measure(cell: Cell, *others: object) -> dict:
        measured.append(f"{cell.net} {cell.variant}")
        return conductor.measure(cell, *others)

    monkeypatch.setattr(bench, "measure", measure)
    return measured


def test_a_missing_ceiling_is_a_cell_without_a_limit() -> None:
    result = measure(cell("bf16"), bench.PEERS)
    assert (result["ours"], result["peers"], result["ratio"]) == (1e-5, {"onednn": 2e-5}, 2)
    assert (result["limit"], result["limit_share"], result["limit_share_of_peers"]) == (None, None, {})
    assert result["notes"] == {"the machine's limit": "its instruction set has no bfloat16 dot products"}


def test_a_cell_whose_ceilings_are_there_has_a_limit() -> None:
    result = measure(cell("int8"), bench.PEERS)
    assert result["limit"] > 0
    assert result["notes"] == {}


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("import", "ended with status 1: ModuleNotFoundError: No module named 'a_package_that_is_not_there'"),
        ("illegal", "ended by SIGILL: xxx"),
        ("crash", "ended by SIGSEGV: xxx"),
        ("hang", "no answer in 1 s"),
        ("garbage", "answered [nan] in place of a time"),
        ("other", "disagrees: 2 in place of 1 at 0"),
        ("cannot", "do it"),
    ],
)
def test_a_peer_that_fails_takes_no_other_along(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, why: str
) -> None:
    if kind == "hang":
        monkeypatch.setattr(workers, "TIME_LIMIT", 1.0)
    result = measure(cell(), [bench.PEERS[0], fake(tmp_path, "torch", kind), bench.PEERS[1]])
    assert (result["ours"], result["peers"]) == (1e-5, {"onednn": 2e-5})
    assert result["limit"] > 0
    assert result["notes"]["torch"].startswith(why)
    assert list(result["notes"]) == ["torch"]


def test_a_program_that_is_not_there_is_a_note(tmp_path: Path) -> None:
    missing = Peer("torch", [str(tmp_path / "missing")], ("infer",))
    result = measure(cell(), [*bench.PEERS, missing])
    assert (result["ours"], result["peers"]) == (1e-5, {"onednn": 2e-5})
    assert result["notes"]["torch"].startswith("did not start: ")


def test_ceilings_that_crash_take_only_the_limit_with_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(conductor, "CEILINGS", fake(tmp_path, CEILINGS.name, "crash"))
    result = measure(cell(), bench.PEERS)
    assert (result["ours"], result["peers"], result["limit"]) == (1e-5, {"onednn": 2e-5}, None)
    assert result["notes"]["the machine's limit"].startswith("ended by SIGSEGV")


def test_a_peer_that_fails_again_and_again_is_given_up(tmp_path: Path) -> None:
    conducted, peers = workers.Workers(), [bench.PEERS[0], fake(tmp_path, "torch", "crash")]
    try:
        notes = [conductor.measure(cell(), peers, conducted, 1, 0.01)["notes"]["torch"] for _ in range(4)]
    finally:
        conducted.close()
    assert [note.partition(":")[0] for note in notes] == ["ended by SIGSEGV"] * 3 + ["given up after 3 failures"]


def test_a_failed_cell_loses_no_other_and_no_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def inputs_of(cell: Cell, peers: list[Peer]) -> Path:
        if cell.net == "B":
            raise BrokenPipeError("the pipe broke")
        return Path("inputs")

    monkeypatch.setattr(conductor, "inputs_of", inputs_of)
    output = tmp_path / "bench.json"
    status, found = run(monkeypatch, output)
    assert status == 1
    assert [(result["net"], result["variant"], result["ours"]) for result in found] == [
        ("B", "f32", None),
        ("C", "f32", 1e-5),
        ("C", "bf16", 1e-5),
        ("C", "int8", 1e-5),
    ]
    assert found[0]["notes"] == {OURS: "BrokenPipeError: the pipe broke"}
    assert output.with_suffix(".html").read_text() == "a page"
    printed = capsys.readouterr().out
    assert "**AVX2.** The library and its peers were limited to it" in printed
    assert "- Chainrule: BrokenPipeError: the pipe broke (1 cells, the first: infer B 64 f32)" in printed
    assert "- the machine's limit: its instruction set has no bfloat16 dot products (1 cells" in printed


def test_an_interrupted_run_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "bench.json"
    interrupt_at(monkeypatch, cells=2)
    status, found = run(monkeypatch, output)
    assert (status, len(found)) == (1, 2)

    measured = count_cells(monkeypatch)
    status, found = run(monkeypatch, output)
    assert measured == ["C bf16", "C int8"]
    assert (status, [result["ours"] for result in found]) == (0, [1e-5] * 4)
    assert len(json.loads((tmp_path / "bench-machine.json").read_text())["resumed"]) == 1
    assert "2 of 4 cells are measured" in capsys.readouterr().out

    measured.clear()
    assert run(monkeypatch, output) == (0, found)
    assert measured == []


def test_cells_without_a_time_of_ours_are_measured_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    output = tmp_path / "bench.json"
    monkeypatch.setattr(bench, "PEERS", [fake(tmp_path, OURS, "no B"), bench.PEERS[1]])
    status, found = run(monkeypatch, output)
    assert (status, found[0]["ours"], found[0]["notes"]) == (1, None, {OURS: "do it"})

    monkeypatch.setattr(bench, "PEERS", [fake(tmp_path, OURS, "ours"), bench.PEERS[1]])
    measured = count_cells(monkeypatch)
    status, found = run(monkeypatch, output)
    assert measured == ["B f32"]
    assert (status, [(result["net"], result["ours"]) for result in found]) == (0, [("B", 1e-5)] + [("C", 1e-5)] * 3)


@pytest.mark.parametrize(
    ("changed", "options", "why"),
    [
        ({"library": "2"}, [], "since the earlier run changed: library"),
        ({"processor": "another"}, [], "since the earlier run changed: processor"),
        ({"versions": {"chainrule": "0.1.0", "numpy": "3"}}, [], "since the earlier run changed: version of numpy"),
        ({}, ["--short"], "since the earlier run changed: rounds, seconds"),
        ({}, ["--again"], "--again was given"),
    ],
)
def test_a_run_begins_anew_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changed: dict,
    options: list[str],
    why: str,
) -> None:
    output = tmp_path / "bench.json"
    _, earlier = run(monkeypatch, output)
    monkeypatch.setattr(machine, "describe", lambda: FACTS | changed)
    measured = count_cells(monkeypatch)
    status, _ = run(monkeypatch, output, *options)
    assert (status, len(measured)) == (0, 4)
    assert f"beginning anew: {why}\n" in capsys.readouterr().out
    assert json.loads((tmp_path / "bench-before.json").read_text()) == earlier
    assert json.loads((tmp_path / "bench-before-machine.json").read_text())["library"] == "1"


def test_a_file_that_is_not_whole_begins_a_run_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "bench.json"
    run(monkeypatch, output)
    output.write_text(output.read_text()[:100])
    assert run(monkeypatch, output)[0] == 0
    assert "beginning anew: the earlier run cannot be read" in capsys.readouterr().out


def test_tables_of_one_instruction_set_are_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, tmp_path / "bench.json")
    page = tmp_path / "page.md"
    parts = ["before\n", *report.marks("avx512"), *report.marks("avx2"), "after\n"]
    page.write_text("".join([*parts[:2], "the other's\n", *parts[2:4], "old\n", *parts[4:]]))
    monkeypatch.setattr(
        sys, "argv", ["report.py", "--into", str(page), "avx2", "--input", str(tmp_path / "bench.json")]
    )
    report.main()
    lines = page.read_text().split("\n")
    assert (lines[0], lines[2], lines[-2]) == ("before", "the other's", "after")
    assert "old" not in lines
    assert any(line.startswith("| C | 64 | 10 µs |") for line in lines)

    with pytest.raises(SystemExit, match="no run has measured avx512"):
        monkeypatch.setattr(sys, "argv", [*sys.argv[:3], "avx512", *sys.argv[4:]])
        report.main()


def test_floors_are_those_of_the_instruction_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    floors = tmp_path / "floors.json"
    floors.write_text(json.dumps({"avx512": {str(cell()): {"numpy": 9.0, "limit": 0.9}}}))
    monkeypatch.setattr(quick, "FLOORS", floors)
    monkeypatch.setattr(quick, "GUARDED", [cell()])
    monkeypatch.setattr(quick, "speeds", lambda cell, workers: {"numpy": 2.0, "limit": 0.5})
    monkeypatch.setattr(quick, "instruction_set", lambda: "avx2")
    assert quick.check(workers.Workers()) == 0
    assert "no floors for avx2" in capsys.readouterr().out

    quick.update(workers.Workers(), may_raise=True)
    of_avx2 = {str(cell()): {"numpy": 1.7, "limit": 0.425}}
    assert json.loads(floors.read_text()) == {
        "avx512": {str(cell()): {"numpy": 9.0, "limit": 0.9}},
        "avx2": of_avx2,
    }
    assert quick.check(workers.Workers()) == 0

    monkeypatch.setattr(quick, "speeds", lambda cell, workers: {"numpy": 1.0, "limit": 0.6})
    assert quick.check(workers.Workers()) == 1
    quick.update(workers.Workers(), may_raise=False)
    assert json.loads(floors.read_text())["avx2"] == {str(cell()): {"numpy": 0.85, "limit": 0.425}}
