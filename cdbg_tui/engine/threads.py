"""Daemon threads for calls that block: an engine that hangs must never hold up the quitting of the app.

`concurrent.futures` and asyncio's executor join their threads at exit; these do not.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_NO_ROOM_SECONDS = 0.1
"""Where the machine has no thread left, another's end is waited for so long at a time."""
_to_begin: queue.SimpleQueue[threading.Thread] = queue.SimpleQueue()


def begin(work: Callable[[], None], name: str) -> None:
    """Run *work* in a daemon thread, without waiting until that runs.

    `threading.Thread.start` waits for it: on a machine whose cores are all busy up to a tenth of a second, in
    which the app's thread answers no key.
    """
    _starter()
    _to_begin.put(threading.Thread(target=work, name=name, daemon=True))


def after(seconds: float, work: Callable[[], None], name: str) -> None:
    """Run *work* in a daemon thread, so many *seconds* from now."""

    def wait() -> None:
        time.sleep(seconds)
        work()

    begin(wait, name)


@cache
def _starter() -> threading.Thread:
    thread = threading.Thread(target=_start_them, name="starter", daemon=True)
    thread.start()
    return thread


def _start_them() -> None:
    while True:
        thread = _to_begin.get()
        while not _is_started(thread):
            time.sleep(_NO_ROOM_SECONDS)


def _is_started(thread: threading.Thread) -> bool:
    try:
        thread.start()
    except RuntimeError:  # "can't start new thread"
        return False
    return True


def as_they_come(
    call: Callable[[T], R], items: Iterable[T], *, workers: int, seconds: float
) -> Iterator[tuple[T, R | Exception]]:
    """Call *call* for every item, some at a time, and yield what came of each, as soon as it came.

    After *seconds* those whose call has not ended are given up; an exception stands for a result.
    """
    todo: queue.SimpleQueue[T] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[T, R | Exception]] = queue.SimpleQueue()
    count = 0
    for item in items:
        todo.put(item)
        count += 1
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            try:
                item = todo.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((item, call(item)))
            except Exception as error:  # noqa: BLE001 - handed to the caller, who knows what to expect
                done.put((item, error))

    for _ in range(min(workers, count)):
        begin(work, "side-by-side")
    deadline = time.monotonic() + seconds
    try:
        for _ in range(count):
            yield done.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        return
    finally:
        stop.set()


def side_by_side(
    call: Callable[[T], R], items: Iterable[T], *, workers: int, seconds: float
) -> dict[T, R | Exception]:
    """Return what came of each item within *seconds*; those whose call has not ended by then are missing."""
    return dict(as_they_come(call, items, workers=workers, seconds=seconds))
