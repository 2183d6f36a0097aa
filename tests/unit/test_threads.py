"""Threads that nobody waits for."""

from __future__ import annotations

import queue
import threading
import time
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


def test_where_there_is_no_thread_left_it_begins_when_there_is_one() -> None:
    tried: list[str] = []
    started = threading.Event()
    original = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        if thread.name == "late":
            tried.append(thread.name)
            if len(tried) < 3:
                raise RuntimeError("can't start new thread")
        original(thread)

    with patch.object(threading.Thread, "start", start):
        begin(started.set, "late")
        assert started.wait(10)
    assert len(tried) == 3


def test_calls_side_by_side_wait_for_a_thread_as_well() -> None:
    tried: list[str] = []
    original = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        if thread.name == "side-by-side":
            tried.append(thread.name)
            if len(tried) < 3:
                raise RuntimeError("can't start new thread")
        original(thread)

    with patch.object(threading.Thread, "start", start):
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
