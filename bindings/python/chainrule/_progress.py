"""The progress of a fit: a bar in a terminal or a notebook, and lines in a log."""

from __future__ import annotations

import sys
import time
from typing import Any

# In a log, so many seconds lie between two lines at least.
_INTERVAL = 10.0


class Lines:
    """A line on sys.stderr for an epoch now and then, for what is no terminal: first, every ten seconds, and last."""

    def __init__(self, done: int, epochs: int) -> None:
        self._done = done
        self._epochs = epochs
        self._due = 0.0
        self._waiting = ""

    def show(self, measures: dict[str, float]) -> None:
        """Tells of a finished epoch."""
        self._done += 1
        shown = ", ".join(f"{name}={value:.4g}" for name, value in measures.items())
        self._waiting = f"epoch {self._done}/{self._epochs}: {shown}"
        if time.monotonic() >= self._due:
            self.close()
            self._due = time.monotonic() + _INTERVAL

    def close(self) -> None:
        """Writes the line of the last epoch, if it has none yet."""
        if self._waiting:
            print(self._waiting, file=sys.stderr, flush=True)
            self._waiting = ""


class Bar:
    """A bar of tqdm."""

    def __init__(self, kind: Any, done: int, epochs: int) -> None:
        self._bar = kind(initial=done, total=epochs, unit="epoch", dynamic_ncols=True)

    def show(self, measures: dict[str, float]) -> None:
        """Moves the bar by an epoch, and shows the measures beside it."""
        self._bar.set_postfix(measures, refresh=False)
        self._bar.update()

    def close(self) -> None:
        """Ends the bar. What it shows stays."""
        self._bar.close()


def progress_bar(done: int, epochs: int) -> Bar | Lines:
    """What shows the progress here, after `done` epochs."""
    in_notebook = _is_in_notebook()
    if not in_notebook and not (hasattr(sys.stderr, "isatty") and sys.stderr.isatty()):
        return Lines(done, epochs)
    try:
        import tqdm
    except ImportError as error:
        raise ImportError("progress=True needs tqdm: pip install chainrule[progress]") from error
    if in_notebook:
        from tqdm import notebook

        # Without ipywidgets a bar of text, which notebooks show, too.
        if getattr(notebook, "IProgress", None) is not None:
            return Bar(notebook.tqdm, done, epochs)
    return Bar(tqdm.tqdm, done, epochs)


def _is_in_notebook() -> bool:
    # Only a program that runs in IPython has imported it.
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and "IPKernelApp" in shell.config
