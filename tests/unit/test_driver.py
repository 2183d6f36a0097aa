"""How keys are waited for: without looking, and with a short patience only behind an Esc."""

from __future__ import annotations

import os
import pty
import select
import sys
import threading
import tty
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from textual.events import Key
from textual.message import Message

from cdbg_tui.tui import driver
from tests.support import eventually


@dataclass
class Typed:
    """A terminal whose keys are read, and what came of it."""

    fd: int
    keys: list[str] = field(default_factory=list)
    patience: list[float | None] = field(default_factory=list)
    thread: threading.Thread | None = None
    stop: int = -1

    def type(self, data: bytes) -> None:
        os.write(self.fd, data)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Typed]:
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    one = Typed(ours)
    real = select.poll

    class Recording:
        def __init__(self) -> None:
            self._poll = real()
            self.register, self.unregister = self._poll.register, self._poll.unregister

        def poll(self, patience: float | None) -> list[tuple[int, int]]:
            one.patience.append(patience)
            return self._poll.poll(patience)

    def take(message: Message) -> None:
        if isinstance(message, Key):
            one.keys.append(message.key)

    monkeypatch.setattr(select, "poll", Recording)
    terminal = driver.Terminal.__new__(driver.Terminal)
    terminal._debug, terminal.fileno = False, theirs
    monkeypatch.setattr(terminal, "process_message", take, raising=False)
    stop, one.stop = os.pipe()
    terminal._stop = (stop, one.stop)
    one.thread = threading.Thread(target=terminal.run_input_thread)
    one.thread.start()
    yield one
    if one.thread.is_alive():
        os.write(one.stop, b"\0")
        one.thread.join(5)
    for fd in (ours, theirs, stop, one.stop):
        os.close(fd)
    assert not one.thread.is_alive()


def test_it_sleeps_until_there_is_a_key(typed: Typed) -> None:
    typed.type(b"a")
    eventually(lambda: typed.keys == ["a"])
    typed.type(b"\x1b[A")
    eventually(lambda: typed.keys == ["a", "up"])
    assert set(typed.patience) == {None}
    assert len(typed.patience) <= 3


def test_a_lone_escape_is_one_soon(typed: Typed) -> None:
    typed.type(b"\x1b")
    eventually(lambda: typed.keys == ["escape"])
    waited = [one for one in typed.patience if one is not None]
    assert waited
    assert max(waited) <= 1000 * driver.ESCAPE_SECONDS


def test_what_is_no_utf8_ends_nothing(typed: Typed) -> None:
    typed.type(b"\xff\xfeb")
    eventually(lambda: "b" in typed.keys)


def test_it_ends_when_it_is_told_to(typed: Typed) -> None:
    assert typed.thread is not None
    os.write(typed.stop, b"\0")
    typed.thread.join(5)
    assert not typed.thread.is_alive()


def test_what_is_written_to_a_terminal_that_is_gone_goes_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "__stderr__", terminal)
        out = driver.output()
        out.write("seen")
        out.flush()
        assert os.read(ours, 10) == b"seen"
        os.close(ours)
        with pytest.raises(OSError, match="Input/output"):
            os.write(theirs, b"lost")
        out.write("lost" * 100_000)
        out.flush()
