"""The programs that do the work, each a process of its own, so that one that crashes or hangs takes no other along.
native/worker.hpp has the conversation with them."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import tempfile
import time

from peers import OURS, Peer, environment

TIME_LIMIT = 120.0  # seconds for one answer
GIVE_UP_AFTER = 3  # failures in a row


class Cannot(Exception):
    """A worker said that it cannot do a cell."""


class Failed(Cannot):
    """A worker crashed, hung, did not start, or answered something else."""


class Worker:
    """One running program, pinned to as many cores as it may use."""

    def __init__(self, peer: Peer, threads: int):
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the worker; a pipe would fill up
        all_cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, sorted(all_cores)[-threads:])  # which the worker inherits, before its first thread
        try:
            self.process = subprocess.Popen(
                peer.command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None if os.environ.get("BENCH_DEBUG") else self.errors,
                env=environment(threads) | peer.environment,
                start_new_session=True,  # an interruption is bench.py's to handle
            )
        except OSError as error:
            raise Failed(f"did not start: {error}") from error
        finally:
            os.sched_setaffinity(0, all_cores)

    def ask(self, line: str) -> list[str]:
        """The words of the answer after the first."""
        assert self.process.stdin
        try:
            self.process.stdin.write((line + "\n").encode())
        except OSError as error:
            raise Failed(self.end()) from error
        answer = self.read_line().split()
        if answer[:1] == ["cannot"]:
            raise Cannot(" ".join(answer[1:]))
        return answer[1:]

    def numbers(self, line: str) -> list[float]:
        """The numbers of the answer."""
        answer = self.ask(line)
        try:
            return [float(word) for word in answer]
        except ValueError as error:
            raise Failed(f"answered {' '.join(answer)[:80]!r}") from error

    def read_line(self) -> str:
        assert self.process.stdout
        line, deadline = b"", time.monotonic() + TIME_LIMIT
        while not line.endswith(b"\n"):
            if not select.select([self.process.stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise Failed(f"no answer in {TIME_LIMIT:.0f} s")
            part = os.read(self.process.stdout.fileno(), 1 << 16)
            if not part:
                raise Failed(self.end())
            line += part
        return line.decode(errors="replace")

    def end(self) -> str:
        """How it ended, with the last line of its messages."""
        try:
            status = self.process.wait(1)
        except subprocess.TimeoutExpired:
            return "closed its pipes"
        how = f"with status {status}" if status >= 0 else f"by {signal.Signals(-status).name}"
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"ended {how}" + (f": {last[:200]}" if last else "")

    def close(self) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        for file in (self.process.stdin, self.process.stdout, self.errors):
            if file:
                file.close()


class Workers:
    """Keeps workers running between cells: starting some of them takes longer than a cell. Does without a peer whose
    program has failed some times in a row."""

    def __init__(self) -> None:
        self.running: dict[tuple, Worker] = {}
        self.failures: dict[tuple, int] = {}

    def get(self, peer: Peer, threads: int, role: str = "") -> Worker:
        if peer.name != OURS and self.failures.get((peer.name, *peer.command), 0) >= GIVE_UP_AFTER:
            raise Cannot(f"given up after {GIVE_UP_AFTER} failures")
        key = (peer.name, *peer.command, threads, role)
        if key not in self.running:
            self.running[key] = Worker(peer, threads)
        return self.running[key]

    def succeeded(self, peer: Peer) -> None:
        """It did a whole cell."""
        self.failures.pop((peer.name, *peer.command), None)

    def drop(self, peer: Peer, threads: int, role: str = "", error: Cannot | None = None) -> None:
        """Ends a worker, because of an error if one is given."""
        program = (peer.name, *peer.command)
        if isinstance(error, Failed):
            self.failures[program] = self.failures.get(program, 0) + 1
        if worker := self.running.pop((*program, threads, role), None):
            worker.close()

    def close(self) -> None:
        for worker in self.running.values():
            worker.close()
        self.running.clear()
