"""Daemon threads for calls that block: an engine that hangs must never hold up the quitting of the app.

`concurrent.futures` and asyncio's executor join their threads at exit; these do not.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


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
        threading.Thread(target=work, name="side-by-side", daemon=True).start()
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
