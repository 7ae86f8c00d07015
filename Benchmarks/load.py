"""How much of the machine other programs use while a cell is measured."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def seconds_of_all() -> float:
    """Processor time that the whole machine has been busy."""
    user, nice, system, _idle, _iowait, interrupts, soft_interrupts = map(
        int, Path("/proc/stat").read_text().split(maxsplit=8)[1:8]
    )
    return (user + nice + system + interrupts + soft_interrupts) / TICKS


def seconds_of(process: int) -> float:
    """Processor time of a process and of its children that have ended. An ended one is among this process's children."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS


class OtherLoad:
    """The processors that others than this program and the given processes use, on average since it was made."""

    def __init__(self, processes: Iterable[int]):
        self.processes = [os.getpid(), *processes]
        self.began, self.before = time.monotonic(), self.others()

    def others(self) -> float:
        return seconds_of_all() - sum(map(seconds_of, self.processes))

    def cores(self) -> float:
        elapsed = time.monotonic() - self.began
        return max(0.0, (self.others() - self.before) / elapsed) if elapsed > 0 else 0.0
