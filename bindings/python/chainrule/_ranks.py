"""The processes of an MPI communicator, which must stay in step."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from ._errors import ArgumentError, ChainruleError
from ._handles import FloatArray
from ._prototypes import Status

if TYPE_CHECKING:
    import numpy.typing as npt

T = TypeVar("T")


class RankError(ChainruleError, RuntimeError):
    """Another rank has failed, and so this one ends, too. The text says which rank, and its error.

    Attributes
    ----------
    rank
        The first rank that failed.
    """

    def __init__(self, message: str, rank: int) -> None:
        super().__init__(message, Status.CANCELLED)
        self.rank = rank

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.rank)


class Ranks:
    """The ranks of an mpi4py communicator: a context, in which Ctrl-C waits for local().

    An exception between two collective calls would leave the other ranks waiting for ever.
    """

    def __init__(self, comm: Any) -> None:
        try:
            from mpi4py import MPI
        except ImportError as error:
            raise ImportError("distributed.fit() needs mpi4py: pip install chainrule[mpi]") from error
        self.comm = MPI.COMM_WORLD if comm is None else comm
        self.rank: int = self.comm.Get_rank()
        self.size: int = self.comm.Get_size()
        self._in_place = MPI.IN_PLACE
        self._before: Callable[[int, Any], Any] | None = None
        self._is_interrupted = False
        self._late: BaseException | None = None

    def __enter__(self) -> Ranks:
        handler = signal.getsignal(signal.SIGINT)
        # Only the main thread gets signals, and a number is no handler that could raise.
        if threading.current_thread() is threading.main_thread() and callable(handler):
            self._before = handler
            signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _interrupt(self, *_: object) -> None:
        self._is_interrupted = True

    def local(self, action: Callable[[], T]) -> tuple[T | None, BaseException | None]:
        """What this rank's action returns, or its exception, that of later() and Ctrl-C included."""
        try:
            if self._late is not None:
                raise self._late
            value = action()
            if self._is_interrupted and self._before is not None:
                self._is_interrupted = False
                self._before(signal.SIGINT, None)
        except BaseException as error:
            return None, error
        return value, None

    def later(self, action: Callable[[], object]) -> None:
        """Runs an action of every rank. An exception waits for the next local(), and so for the next agreement."""
        _, self._late = self.local(action)

    def agree(self, error: BaseException | None) -> None:
        """Raises if a rank gives an exception: there the exception itself, elsewhere a RankError."""
        texts = self.comm.allgather(None if error is None else f"{type(error).__name__}: {error}")
        if error is not None:
            raise error
        for rank, text in enumerate(texts):
            if text is not None:
                raise RankError(f"rank {rank} of {self.size} failed: {text}", rank)

    def attempt(self, action: Callable[[], T]) -> T:
        """What this rank's action returns. If one rank's action raises, all ranks raise."""
        value, error = self.local(action)
        self.agree(error)
        return cast("T", value)

    def of_rank_0(self, action: Callable[[], T]) -> T:
        """What the action of rank 0 returns, which only that rank runs."""
        value: T = self.comm.bcast(self.attempt(lambda: action() if self.rank == 0 else None), root=0)
        return value

    def same(self, values: dict[str, Any]) -> None:
        """Raises on all ranks if one rank's values differ from those of rank 0."""
        told = self.comm.allgather(values)
        for rank, others in enumerate(told):
            for what, value in others.items():
                if value != told[0][what]:
                    raise ArgumentError(
                        f"the ranks differ in {what}: {told[0][what]} on rank 0, {value} on rank {rank}",
                        Status.ERROR_MISMATCH,
                    )

    def total(self, count: int) -> Total:
        """A vector of so many floats to add up over the ranks."""
        return Total(self.comm, self._in_place, count)

    def add(self, vector: FloatArray) -> None:
        """Replaces a vector by its sum over the ranks."""
        self.comm.Allreduce(self._in_place, vector)

    def part(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The rank's part of a batch; parts differ in length by one at most."""
        return rows[len(rows) * self.rank // self.size : len(rows) * (self.rank + 1) // self.size]


class Total:
    """A vector that the ranks add up piece by piece, from its end to its start, while they still compute the start.

    Every rank sends every piece, even if it fails. The last piece says whether one has failed: that costs no message.
    """

    # The floats of a piece: "Measured" in docs/distributed.md.
    PIECE = 1 << 18

    def __init__(self, comm: Any, in_place: Any, count: int) -> None:
        self._comm, self._in_place = comm, in_place
        self._memory = np.zeros(1 + count, np.float32)
        self.vector = self._memory[1:]
        # Where the pieces start that are sent before the last one.
        self.firsts = range(count - self.PIECE, 0, -self.PIECE)
        self._sent: list[Any] = []

    @property
    def _unsent(self) -> FloatArray:
        return self._memory[: len(self._memory) - self.PIECE * len(self._sent)]

    def send(self) -> None:
        """Begins to add up the next piece. Leave it alone until finish()."""
        self._sent.append(self._comm.Iallreduce(self._in_place, self._unsent[-self.PIECE :]))
        for request in self._sent:
            request.Test()  # Many MPI libraries make progress only in calls.

    def finish(self, is_complete: bool, has_failed: bool) -> bool:
        """Adds up the rest. Returns whether a rank has failed.

        Parameters
        ----------
        is_complete
            Whether this rank has computed the rest; otherwise it adds 0.
        """
        if not is_complete:
            self._unsent[:] = 0
        self._memory[0] = has_failed
        for _ in self.firsts[len(self._sent) :]:
            self.send()
        self._comm.Allreduce(self._in_place, self._unsent)
        for request in self._sent:
            request.Wait()
        self._sent.clear()
        return bool(self._memory[0] != 0)
