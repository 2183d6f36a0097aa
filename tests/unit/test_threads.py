"""Threads that nobody waits for."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from cdbg_tui.engine.threads import after, begin, side_by_side


def test_who_begins_a_thread_does_not_wait_for_it() -> None:
    held, started = threading.Event(), threading.Event()
    original = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        if thread.name == "slow":
            assert held.wait(10)
        original(thread)

    with patch.object(threading.Thread, "start", start):
        begin(started.set, "slow")
        assert not started.is_set()
        held.set()
        assert started.wait(10)


@contextmanager
def room_at_the_third_try(name: str) -> Iterator[list[str]]:
    """Let the machine have no thread left for those of a *name*, twice; what is lent has an item for each try."""
    tried: list[str] = []
    original = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        if thread.name == name:
            tried.append(thread.name)
            if len(tried) < 3:
                raise RuntimeError("can't start new thread")
        original(thread)

    with patch.object(threading.Thread, "start", start):
        yield tried


def test_where_there_is_no_thread_left_it_begins_when_there_is_one() -> None:
    started = threading.Event()
    with room_at_the_third_try("late") as tried:
        begin(started.set, "late")
        assert started.wait(10)
    assert len(tried) == 3


def test_calls_side_by_side_wait_for_a_thread_as_well() -> None:
    with room_at_the_third_try("side-by-side") as tried:
        assert side_by_side(lambda one: one + 1, [1, 2], workers=2, seconds=10) == {1: 2, 2: 3}
    assert len(tried) >= 3


def test_what_is_to_run_later_holds_up_nobody() -> None:
    began, ran = time.monotonic(), threading.Event()
    after(1.0, ran.set, "later")
    assert not ran.is_set()
    assert ran.wait(10)
    assert time.monotonic() - began >= 1.0


def test_those_that_begin_are_named_and_hold_up_no_exit() -> None:
    seen: queue.SimpleQueue[threading.Thread] = queue.SimpleQueue()
    begin(lambda: seen.put(threading.current_thread()), "named")
    thread = seen.get(timeout=10)
    assert thread.name == "named"
    assert thread.daemon
