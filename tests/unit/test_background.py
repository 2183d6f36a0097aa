"""A command beside the dashboard: it ends when it is told to, with all that it has started."""

from __future__ import annotations

import os
import threading

import psutil
import pytest

from cdbg_tui.sessions.background import Background, Ended
from tests.support import eventually, lives


class Running:
    """A command that runs in the background, from its first line on."""

    def __init__(self, script: str) -> None:
        self.job = Background(("sh", "-c", script))
        self.how: list[Ended] = []
        self.thread = threading.Thread(target=lambda: self.how.append(self.job.run()), daemon=True)
        self.thread.start()
        self.last = psutil.Process(int(eventually(lambda: self.job.lines)[0]))
        """The process whose number it wrote."""

    def ended(self) -> Ended:
        """Wait for its end."""
        self.thread.join(10)
        return self.how[0]


def test_it_ends_with_what_it_has_started() -> None:
    running = Running("sleep 1000 & echo $!; wait")
    assert running.job.end() == ""
    assert running.ended().status == -15
    eventually(lambda: not lives(running.last))
    assert running.job.end() == ""


def test_what_it_left_behind_is_ended_after_it_has_gone() -> None:
    running = Running("sleep 1000 & echo $!")
    first = os.getpgid(running.last.pid)
    eventually(lambda: psutil.Process(first).status() == psutil.STATUS_ZOMBIE)
    assert running.job.end() == ""
    assert running.ended().status == 0
    eventually(lambda: not lives(running.last))


def test_one_that_may_not_be_ended_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    running = Running("echo $$; exec sleep 1000")

    def refuse(_group: int, _number: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    with monkeypatch.context() as patched:
        patched.setattr(os, "killpg", refuse)
        assert running.job.end() == "It could not be ended: Operation not permitted."
    assert running.job.end() == ""
    assert running.ended().words().startswith("was ended by SIGTERM after")
