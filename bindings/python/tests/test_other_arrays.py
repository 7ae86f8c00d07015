"""Frames and arrays of other libraries, with missing values and without; memory that others own; forks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import run_python

import chainrule
from chainrule import ArgumentError, ArgumentTypeError, Network, NotFiniteError

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

X = np.linspace(-1, 1, 32, dtype=np.float32).reshape(8, 4)
LABELS = np.arange(8) % 3
FRAME = pd.DataFrame(X, columns=list("abcd"))
NULLABLE = FRAME.convert_dtypes()
COLUMNS = pl.DataFrame(X, schema=list("abcd"))


def made() -> Network:
    return Network(4).add_dense(5, "tanh").add_dense(3).build(1)


@pytest.mark.parametrize(
    "x",
    [FRAME, NULLABLE, FRAME.astype(np.float64), FRAME.assign(d=NULLABLE["d"]), COLUMNS, COLUMNS.cast(pl.Float64)],
    ids=["pandas", "nullable", "float64", "mixed", "polars", "polars float64"],
)
def test_frames_are_arrays(x: Any) -> None:
    np.testing.assert_array_equal(made().predict(x), made().predict(X))


def test_columns_of_one_name_are_columns() -> None:
    twice = pd.concat([NULLABLE, NULLABLE], axis=1).iloc[:, [0, 1, 6, 7]]
    np.testing.assert_array_equal(made().predict(twice.set_axis(list("aabb"), axis=1)), made().predict(X))


@pytest.mark.parametrize(
    "targets",
    [pd.Series(LABELS), pd.Series(LABELS, dtype="Int64"), pd.Series(LABELS, dtype="uint8"), pl.Series(LABELS)],
    ids=["pandas", "nullable", "uint8", "polars"],
)
def test_series_are_targets(targets: Any) -> None:
    by_series, by_array = made(), made()
    by_series.fit(FRAME, targets, epochs=2)
    by_array.fit(X, LABELS, epochs=2)
    np.testing.assert_array_equal(by_series.parameters, by_array.parameters)


def with_missing(frame: Any) -> Any:
    frame = frame.copy()
    frame.iloc[1, 2] = None
    return frame


CLASSES = [0, 1, 2, 0, 1, 2, 0, None]
REFUSED: dict[str, tuple[Callable[[Network], Any], type[Exception], str]] = {
    "missing": (lambda n: n.fit(with_missing(FRAME), LABELS), NotFiniteError, "x holds nan at row 1, column 2"),
    "missing nullable": (lambda n: n.fit(with_missing(NULLABLE), LABELS), (NotFiniteError, ArgumentTypeError), "x"),
    "missing in polars": (
        lambda n: n.fit(COLUMNS.with_columns(c=pl.Series([1.0, None] * 4)), LABELS),
        NotFiniteError,
        "x holds nan at row 1, column 2",
    ),
    "a column of text": (
        lambda n: n.predict(FRAME.assign(c=list("abcdefgh"))),
        ArgumentTypeError,
        "the column 'c' of x has the dtype",
    ),
    "a column of text in polars": (
        lambda n: n.predict(COLUMNS.with_columns(c=pl.Series(list("abcdefgh")))),
        ArgumentTypeError,
        "the column 'c' of x has the dtype",
    ),
    "dates": (
        lambda n: n.predict(FRAME.assign(c=pd.date_range("2026-01-01", periods=8))),
        ArgumentTypeError,
        "the column 'c' of x has the dtype datetime64",
    ),
    "a missing class": (
        lambda n: n.fit(X, pd.Series(CLASSES, dtype="Int64")),
        ArgumentError,
        "targets (holds nan at row 7|has missing values)",
    ),
    "a missing class as float": (lambda n: n.fit(X, pd.Series(CLASSES)), ArgumentError, "targets holds nan at row 7"),
    "a missing class in polars": (lambda n: n.fit(X, pl.Series(CLASSES)), ArgumentError, "targets holds nan at row 7"),
    "a missing answer": (
        lambda n: n.fit(X, pd.Series([True, None] * 4, dtype="boolean")),
        ArgumentTypeError,
        "targets has missing values; fill them, or leave their rows out",
    ),
    "categories": (
        lambda n: n.fit(X, pd.Series(list("abcabcab")).astype("category")),
        ArgumentTypeError,
        "targets has the dtype",
    ),
    "another width": (lambda n: n.predict(FRAME[["a", "b"]]), ArgumentError, r"x has shape \(8, 2\)"),
    "an empty frame": (lambda n: n.predict(pd.DataFrame()), ArgumentError, r"x has shape \(0, 0\)"),
    "a number": (lambda n: n.predict(np.array(3.0)), ArgumentError, r"x has shape \(\); it must be \(rows, 4\)"),
    "nothing": (lambda n: n.predict([]), ArgumentError, r"x has shape \(0,\); it must be \(rows, 4\)"),
    "no rows to fit": (lambda n: n.fit(X[:0], LABELS[:0]), ArgumentError, "the number of rows of x is 0"),
    "too large": (
        lambda n: n.predict(np.full(4, -1e300)),
        ArgumentError,
        r"x holds numbers that are too large for float32, up to 1e\+300 in size",
    ),
    "too large among infinities": (
        lambda n: n.predict(np.array([1e300, np.inf, np.nan, 1e200])),
        ArgumentError,
        r"up to 1e\+300 in size",
    ),
    "too large weights": (
        lambda n: n.fit(X, LABELS, sample_weight=np.full(8, 1e200)),
        ArgumentError,
        "sample_weight holds numbers that are too large",
    ),
    "structured": (lambda n: n.predict(np.zeros(8, [("a", "f4"), ("b", "f4")])), ArgumentTypeError, "x has the dtype"),
    "a generator": (lambda n: n.predict(row for row in X), ArgumentTypeError, "x has the dtype object"),
    "a dictionary": (lambda n: n.predict({"a": 1}), ArgumentTypeError, "x has the dtype object"),
    "bytes": (lambda n: n.predict(b"abcd"), ArgumentTypeError, "x has the dtype"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    use, error, message = REFUSED[case]
    network = made()
    before = network.parameters.copy()
    with pytest.raises(error, match=message) as caught:
        use(network)
    assert isinstance(caught.value, chainrule.ChainruleError)
    np.testing.assert_array_equal(network.parameters, before)


def test_memory_of_others(tmp_path: Path) -> None:
    """Read-only arrays and files are read in place; nothing is written into them."""
    network, expected = made(), made().predict(X)
    file = tmp_path / "x"
    X.tofile(file)
    frozen = X.copy()
    frozen.flags.writeable = False
    views: list[Any] = [
        np.memmap(file, np.float32, "r", shape=(8, 4)),
        frozen,
        np.frombuffer(X.tobytes(), np.float32).reshape(8, 4),
        memoryview(X),
        X[::-1][::-1],
        np.asfortranarray(X),
        X.astype(np.float16).astype(np.longdouble),
        np.broadcast_to(X, (2, 8, 4))[1],
    ]
    for x in views:
        np.testing.assert_allclose(network.predict(x), expected, atol=1e-2)
        made().fit(x, LABELS, epochs=1)
        made().objective(x, LABELS)(network.parameters)
    np.testing.assert_array_equal(np.fromfile(file, np.float32), X.ravel())
    np.testing.assert_array_equal(frozen, X)


def test_one_network_in_many_threads() -> None:
    network = made()
    network.fit(X, LABELS, epochs=1)
    with ThreadPoolExecutor(4) as pool:
        for use in (network.predict_proba, lambda x: network.score(x, LABELS), lambda x: str(network.summary())):
            first = use(X)
            for each in pool.map(use, [X] * 50):
                np.testing.assert_array_equal(each, first)


FORKED = """
import os, sys
import numpy as np
from chainrule import Network

x = np.random.default_rng(1).standard_normal((2000, 20)).astype(np.float32)
labels = (x[:, 0] > 0).astype(int)
network = Network(20).add_dense(200, "tanh").add_dense(2).build(1)
network.fit(x, labels, epochs=2, threads=2, batch_size=500)

def work():
    network.fit(x, labels, epochs=2, threads=2, batch_size=500)
    return network.predict(x).tobytes() + network.prepare().predict(x).tobytes()

receive, send = os.pipe()
if os.fork() == 0:
    with os.fdopen(send, "wb") as file:
        file.write(work())
    os._exit(0)
os.close(send)
with os.fdopen(receive, "rb") as file:
    theirs = file.read()
sys.exit(theirs != work())
"""


def test_a_child_of_fork_goes_on() -> None:
    """After threads were at work, in both processes with the same bits."""
    run = run_python("-W", "error", "-c", FORKED)
    assert run.returncode == 0, run.stderr
