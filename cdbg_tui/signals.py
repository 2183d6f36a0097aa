"""Signals that ask the program to leave, turned into an exit that gives everything back."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


@contextmanager
def signals_as_exit() -> Iterator[None]:
    """Turn a closed terminal or a polite kill into an exit that passes through ``finally``."""

    def leave(number: int, _: object) -> NoReturn:
        sys.exit(128 + number)

    before = {one: signal.getsignal(one) for one in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)}
    signal.signal(signal.SIGHUP, leave)
    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
