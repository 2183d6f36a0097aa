"""Signals that ask the program to leave, turned into an exit that gives everything back."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


@contextmanager
def signals_as_exit() -> Iterator[None]:
    """Turn a closed terminal or a polite kill into an exit that passes through every ``finally``.

    What is changed about Ctrl+C inside is put back as well.
    """

    def leave(number: int, _: object) -> NoReturn:
        sys.exit(128 + number)

    before = {one: signal.getsignal(one) for one in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)}
    signal.signal(signal.SIGHUP, leave)
    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            # None: it was installed by something that is not Python, and cannot be put back.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
