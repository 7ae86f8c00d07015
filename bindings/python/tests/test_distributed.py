"""Training on several ranks: mpirun starts distributed_rank.py, whose ranks write down what they see."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import distributed_data
import numpy as np
import pytest

from chainrule import Cost, DataSource, Epoch, Network, Request, Schedule
from chainrule.distributed import RankError

pytestmark = pytest.mark.skipif(shutil.which("mpirun") is None, reason="needs an MPI library: openmpi-bin of Debian")

PROGRAM = Path(__file__).with_name("distributed_rank.py")
# Float32 sums in another order, over the steps of a run.
TOLERANCE = 2e-6
MORE_RANKS_THAN_CORES = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",  # the same, of Open MPI 5
    "OMPI_MCA_mpi_yield_when_idle": "1",
}


def run(ranks: int, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["mpirun", "-n", str(ranks), sys.executable, "-B", str(PROGRAM), str(folder), *arguments]
    environment = os.environ | MORE_RANKS_THAN_CORES | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def results(ranks: int, folder: Path) -> list[dict[str, Any]]:
    return [pickle.loads((folder / f"rank-{rank}.pickle").read_bytes()) for rank in range(ranks)]


@pytest.fixture(scope="module", params=[2, 4])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each of two, and of four, ranks has seen."""
    folder = tmp_path_factory.mktemp("ranks")
    ended = run(request.param, folder)
    assert ended.returncode == 0, ended.stderr
    return results(request.param, folder)


@pytest.fixture(scope="module")
def alone() -> tuple[Network, list[Epoch]]:
    """The run of distributed_rank.weighted() by Network.fit(), with the same orders of the rows."""
    x, classes, weights = distributed_data.data()

    def batch(request: Request) -> Any:
        order = np.arange(len(x))
        np.random.default_rng([5, request.epoch]).shuffle(order)
        rows = order[request.first_row :][: request.max_rows]
        return (x[rows], classes[rows], weights[rows]) if len(rows) else None

    network = distributed_data.network()
    history = network.fit(
        DataSource(batch, weights=True),
        learning_rate=0.01,
        schedule=Schedule("cosine", warmup=3, period=6 * 4 - 3),
        epochs=6,
        batch_size=50,
        validation_data=(x[:40], classes[:40]),
    )
    return network, history


def floats(data: bytes) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.frombuffer(data, np.float32)


def test_follows_a_single_process(told: list[dict[str, Any]], alone: tuple[Network, list[Epoch]]) -> None:
    network, history = alone
    parameters, epochs = told[0]["weighted"]
    start = distributed_data.network().parameters
    assert np.abs(network.parameters - start).max() > 0.05
    np.testing.assert_allclose(floats(parameters), network.parameters, rtol=0, atol=TOLERANCE)
    assert len(epochs) == len(history)
    for mine, its in zip(epochs, history):
        assert mine[:2] == its[:2]
        assert mine.cost == pytest.approx(its.cost, abs=TOLERANCE)
        assert mine.validation_cost == pytest.approx(its.validation_cost, abs=TOLERANCE)
        assert mine.validation_accuracy == its.validation_accuracy
        assert mine.is_best == its.is_best


def test_all_ranks_and_runs_have_the_same_bits(told: list[dict[str, Any]]) -> None:
    for seen in told:
        assert seen["weighted"] == told[0]["weighted"]
        assert seen["again"] == told[0]["weighted"]
        assert seen["small"] == told[0]["small"]
        assert seen["mapped"] == told[0]["mapped"]


def test_the_size_of_the_pieces_changes_rounding_at_most(told: list[dict[str, Any]]) -> None:
    whole = floats(told[0]["in_one_piece"])
    np.testing.assert_allclose(whole, floats(told[0]["weighted"][0]), rtol=0, atol=TOLERANCE if len(told) > 2 else 0)


def test_a_part_of_the_ranks(told: list[dict[str, Any]]) -> None:
    """A communicator of two ranks, whatever the others do."""
    assert all(seen["pairs"] == told[0]["pairs"] for seen in told)
    assert (told[0]["pairs"] == told[0]["weighted"]) == (len(told) == 2)


def test_a_sum_with_ranks_that_have_no_rows(told: list[dict[str, Any]]) -> None:
    x = distributed_data.data()[0]
    network = distributed_data.network()
    history = network.fit(
        x[:40],
        x[:40, 2:4],
        cost=Cost("mean_squared_error", "sum"),
        optimizer="momentum",
        learning_rate=1e-3,
        epochs=2,
        batch_size=3,
        shuffle=False,
    )
    parameters, costs = told[0]["small"]
    np.testing.assert_allclose(floats(parameters), network.parameters, rtol=0, atol=TOLERANCE)
    assert costs == pytest.approx([epoch.cost for epoch in history], rel=TOLERANCE)


def test_batch_statistics_become_those_of_all_ranks(told: list[dict[str, Any]]) -> None:
    parameters, state = told[0]["statistics"]
    assert np.isfinite(floats(parameters)).all()
    assert all(seen["statistics"] == told[0]["statistics"] for seen in told)
    mean, variance = map(floats, state)
    assert (mean > 0).all()
    assert ((variance != 1) & (variance > 0)).all()


def test_resumes_with_the_same_bits(told: list[dict[str, Any]]) -> None:
    parameters, epochs = told[0]["weighted"]
    for seen in told:
        assert seen["resumed"][0] == parameters
        # A resumed run knows no epoch before, to be better than.
        assert [epoch._replace(is_best=True) for epoch in seen["resumed"][1]] == [
            epoch._replace(is_best=True) for epoch in epochs
        ]
        assert seen["going_on"]


# The rank that fails (-1: the last; None: all), its exception, and its words.
FAILURES = {
    "callback": (-1, "LookupError", "of the last rank"),
    "cost": (0, "LookupError", "of rank 0"),
    "derivative": (-1, "LookupError", "of a derivative"),
    "interrupt": (-1, "KeyboardInterrupt", ""),
    "shape": (-1, "ArgumentError", "x has shape (181, 5); it must be (rows, 6) or (6,)"),
    "rows": (None, "ArgumentError", "the ranks differ in rows: 181 on rank 0, 180 on rank 1"),
    "epochs": (None, "ArgumentError", "the ranks differ in epochs: 3 on rank 0, 4 on rank 1"),
    "batch": (None, "ArgumentError", "the ranks differ in batch_size: 32 on rank 0, 33 on rank 1"),
    "seed": (None, "ArgumentError", "the ranks differ in seed: 0 on rank 0, 1 on rank 1"),
    "layers": (
        None,
        "ArgumentError",
        "dense 16 tanh -> dense 2 identity, 146 parameters) on rank 0, Network(6 -> dense 17",
    ),
    "variance": (None, "ArgumentError", "batch normalization trains on batches of at least 2 rows"),
    "rate": (None, "StateError", "after epoch 2 rank 1 does not have the parameters and the optimizer of rank 0"),
    "steps": (None, "StateError", "the optimizer has taken 1 steps: no whole number of epochs of 6 steps"),
    "plateau": (None, "ArgumentTypeError", "but no plateau; not 'plateau'"),
    "resume": (None, "ArgumentTypeError", "resume needs a checkpoint"),
    "every": (None, "ArgumentError", "every is 0; it must be at least 1"),
    "folder": (0, "FileNotFoundError", "absent/run.checkpoint' cannot be written: No such file or directory"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failing_rank_ends_all(told: list[dict[str, Any]], name: str) -> None:
    place, kind, words = FAILURES[name]
    for rank, seen in enumerate(told):
        raised, text = seen["failures"][name]
        if place is None or rank == place % len(told):
            assert raised == kind
            assert words in text
        else:
            assert raised == "RankError"
            assert text.startswith(f"rank {place % len(told)} of {len(told)} failed: {kind}: ")
            assert words in text


def test_another_optimizer_on_another_rank(told: list[dict[str, Any]]) -> None:
    raised, text = told[1]["failures"]["optimizer"]
    assert raised == "StateError"
    assert told[0]["failures"]["optimizer"] == ("RankError", f"rank 1 of {len(told)} failed: StateError: {text}")


def test_nan_in_a_row(told: list[dict[str, Any]]) -> None:
    seen = sorted(each["failures"]["nan"][0] for each in told)
    assert seen == ["NotFiniteError"] + ["RankError"] * (len(told) - 1)


def test_the_cost_by_the_targets(told: list[dict[str, Any]]) -> None:
    assert all(seen["measures"] == ("cross_entropy", True, True) for seen in told)


def test_the_handler_of_interrupts_is_put_back(told: list[dict[str, Any]]) -> None:
    assert all(seen["handler"] for seen in told)


@pytest.mark.parametrize("ranks", [2, 4])
def test_a_killed_rank_ends_the_job_which_resumes_with_the_same_bits(tmp_path: Path, ranks: int) -> None:
    ended = run(ranks, tmp_path, "kill")
    assert ended.returncode != 0
    assert "signal 9" in ended.stderr
    assert not (tmp_path / "rank-0.pickle").exists()

    ended = run(ranks, tmp_path, "resume")
    assert ended.returncode == 0, ended.stderr
    for seen in results(ranks, tmp_path):
        assert seen["epochs"] == [4, 5]
        assert seen["parameters"] == seen["uninterrupted"]
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "killed.checkpoint",
        *(f"rank-{rank}.pickle" for rank in range(ranks)),
    ]


def test_one_rank(tmp_path: Path, alone: tuple[Network, list[Epoch]]) -> None:
    assert run(1, tmp_path).returncode == 0
    (seen,) = results(1, tmp_path)
    np.testing.assert_allclose(floats(seen["weighted"][0]), alone[0].parameters, rtol=0, atol=TOLERANCE)
    assert seen["again"] == seen["weighted"]
    assert max(seen["like_fit"].values()) < TOLERANCE


def test_exceptions_of_other_ranks_can_be_pickled() -> None:
    error = pickle.loads(pickle.dumps(RankError("rank 1 of 2 failed: OSError: full", 1)))
    assert (error.rank, error.name, str(error)) == (1, "CRL_CANCELLED", "rank 1 of 2 failed: OSError: full")
