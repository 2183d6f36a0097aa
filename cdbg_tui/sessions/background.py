"""A command that runs beside the dashboard, without a terminal: its output as it comes, and its end."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import threading
import time
from collections import deque
from dataclasses import dataclass

from cdbg_tui.engine.debug import log
from cdbg_tui.model.text import clean
from cdbg_tui.model.units import span
from cdbg_tui.sessions.plan import Argv, shown, signal_name

MOST_LINES = 5000
"""Of the output, the last ones are kept."""
_LONGEST_LINE = 4096


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit status, or minus the signal; *why* where it could not be started."""

    status: int
    seconds: float
    why: str = ""

    def words(self) -> str:
        """Return it as a sentence goes on."""
        if self.why:
            return f"could not be started: {self.why}"
        if self.status < 0:
            return f"was ended by {signal_name(-self.status)} after {span(self.seconds)}"
        return f"ended after {span(self.seconds)} with status {self.status}"


class Background:
    """One command; `run` blocks until it is over, everything else may be asked meanwhile."""

    def __init__(self, argv: Argv) -> None:
        self.argv = argv
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._count = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._is_over = False
        self._lock = threading.Lock()

    @property
    def count(self) -> int:
        """How many lines it has written: when it grows, there are new `lines`."""
        return self._count

    @property
    def lines(self) -> tuple[str, ...]:
        """The last lines of its output, standard error among it, clean for a terminal."""
        with self._lock:
            return tuple(self._lines)

    def run(self) -> Ended:
        """Run it to its end."""
        log.debug("in the background: %s", shown(self.argv))
        started = time.monotonic()
        try:
            process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=dict(os.environ),
                # A group of its own: what it starts ends with it, and no key of the terminal reaches it.
                start_new_session=True,
            )
        except OSError as error:
            return Ended(-1, 0.0, error.strerror or str(error))
        self._process = process
        atexit.register(self.end)
        try:
            with process:
                while line := process.stdout.readline(_LONGEST_LINE) if process.stdout else b"":
                    with self._lock:
                        self._lines.append(clean(line.decode("utf-8", "replace").rstrip("\r\n")))
                        self._count += 1
                # Until it has been waited for, its number is its group's and nobody else's (waitpid(2)).
                with contextlib.suppress(ChildProcessError):  # waited for by the kernel, where SIGCHLD is ignored
                    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
                with self._lock:
                    self._is_over = True
        finally:
            atexit.unregister(self.end)
        return Ended(process.returncode, time.monotonic() - started)

    def end(self) -> str:
        """Have it ended, with what it has started, even where it has left that behind; return why that cannot be.

        Again, or when it is over, do nothing.
        """
        with self._lock:
            if self._process is None or self._is_over:
                return ""
            try:
                os.killpg(self._process.pid, signal.SIGTERM)
            except OSError as error:
                return f"It could not be ended: {error.strerror or error}."
        return ""
