"""Commands out of sight end, or are given up: by the user who presses Ctrl+C twice, or when their time is over."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from cdbg_tui.sessions import running
from cdbg_tui.sessions.plan import Plan
from cdbg_tui.sessions.signals import Pressed
from tests.support import eventually

FOREVER = ("sleep", "1000")


def test_one_that_ends_is_waited_for() -> None:
    assert running._hidden(("true",)) == ""
    assert running._hidden(("sh", "-c", "echo it failed >&2; exit 1")) == "it failed"
    assert running._hidden(("/nonexistent/program",)) != ""


def test_ctrl_c_once_waits_and_says_so_and_twice_gives_up() -> None:
    pressed = Pressed()
    failures: list[BaseException] = []

    def wait() -> None:
        try:
            running._hidden(FOREVER, interrupted=pressed)
        except running._GivenUpError as error:
            failures.append(error)

    with pytest.MonkeyPatch.context() as patch:
        said: list[str] = []
        patch.setattr(running, "_say", said.append)
        waiting = threading.Thread(target=wait, daemon=True)
        waiting.start()
        pressed.set()
        eventually(lambda: said)
        assert "Ctrl+C again" in said[0]
        assert not failures
        pressed.set()
        waiting.join(5)
    assert "sleep 1000" in str(failures[0])
    assert pressed.is_set()  # who asked must still learn that it was interrupted


def test_a_signal_that_is_held_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "HELD_SECONDS", 0.3)
    with pytest.raises(running._GivenUpError, match="sleep 1000"):
        running._hidden(FOREVER, held=[signal.SIGHUP])


def test_a_clean_up_ends_though_the_engine_hangs_and_says_what_may_be_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "CLEANUP_SECONDS", 0.3)
    began = time.monotonic()
    plan = Plan(title="it", argv=("true",), cleanup=(FOREVER, ("sh", "-c", "exit 0"), FOREVER))
    first, second = running.clean(plan)
    assert time.monotonic() - began < 5
    assert "has not answered" in first
    assert "sleep 1000" in second
