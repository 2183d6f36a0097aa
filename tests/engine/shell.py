"""A plan that is run as the foreground runs it, its interactive command on a terminal of ours."""

from __future__ import annotations

import os
import pty
import re
import secrets
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cdbg_tui.sessions.plan import Argv, Plan, Refusal
from cdbg_tui.sessions.running import clean

SECONDS = 30.0


class Shell:
    """An interactive command on a terminal of its own."""

    def __init__(self, argv: Argv) -> None:
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        self._seen = ""

    def ask(self, command: str) -> str:
        """Type *command* and return what it prints."""
        mark = secrets.token_hex(4)
        # Typed in two halves, so that the echo is not taken for the answer.
        self._type(f"echo '<{mark[:4]}''{mark[4:]}'; {command}; echo '{mark[:4]}''{mark[4:]}>'")
        found = self._wait(re.compile(f"<{mark}\r?\n(.*?){mark}>", re.S))
        return found[1].replace("\r\n", "\n").strip()

    def wait_for(self, pattern: re.Pattern[str]) -> str:
        """Wait until *pattern* has been printed, and return that."""
        return self._wait(pattern)[0]

    def press_ctrl_c(self) -> None:
        """Interrupt what is in its foreground."""
        os.write(self._master, b"\x03")

    def press(self, keys: bytes) -> None:
        """Send what a terminal sends for some keys."""
        os.write(self._master, keys)

    def leave(self) -> int:
        """Type exit, and return the exit code of the docker command line."""
        self._type("exit")
        return self.ended()

    def ended(self) -> int:
        """Wait for the end of the command, and return its exit code."""
        while True:  # it must be read, or it blocks
            try:
                if not os.read(self._master, 4096):
                    break
            except OSError:
                break
        return self._process.wait(SECONDS)

    def close(self) -> None:
        """Kill the docker command line, if it still runs; again, do nothing."""
        if self._master < 0:
            return
        self._process.kill()
        self._process.wait()
        os.close(self._master)
        self._master = -1

    def _type(self, line: str) -> None:
        os.write(self._master, line.encode() + b"\n")

    def _wait(self, pattern: re.Pattern[str]) -> re.Match[str]:
        deadline = time.monotonic() + SECONDS
        while not (found := pattern.search(self._seen)):
            ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"no {pattern.pattern!r} in {self._seen!r}"
            try:
                self._seen += os.read(self._master, 4096).decode("utf-8", "replace")
            except OSError:
                pytest.fail(f"ended before {pattern.pattern!r}: {self._seen}")
        self._seen = self._seen[found.end() :]
        return found


@contextmanager
def opened(plan: Plan | Refusal) -> Iterator[Shell]:
    """Run a plan's commands as the foreground does, its shell on a terminal of ours, and its clean-up."""
    assert isinstance(plan, Plan), plan
    try:
        for argv in plan.prepare:
            subprocess.run(argv, check=True, capture_output=True, text=True)
        shell = Shell(plan.argv)
        try:
            yield shell
        finally:
            shell.close()
    finally:
        assert clean(plan) == ()
