"""Signals that ask the program to leave, turned into an end that gives everything back."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType


class Pressed:
    """Whether a key that interrupts was pressed.

    No `threading.Event`: that has a lock, and the handler that sets it runs in the middle of who holds it.
    """

    def __init__(self) -> None:
        self._is_set = False

    def set(self) -> None:
        """Note that one was."""
        self._is_set = True

    def clear(self) -> None:
        """Forget it."""
        self._is_set = False

    def is_set(self) -> bool:
        """Tell whether one was, since it was forgotten last."""
        return self._is_set


class Asked:
    """Notes the signal that asks the program to leave, for somebody who can leave in good order.

    An exception out of a signal's handler comes up wherever the program happens to be. In the middle of an
    import it may leave the lock of a module shut for ever, or be lost in a callback, which hears no exception.
    """

    def __init__(self) -> None:
        self.status = 0
        """What a shell would say of the first signal that came, 128 and its number; 0 for none."""
        self._leave: Callable[[int], None] | None = None

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        """Take a signal; at the second, the program ends without waiting for anybody.

        One end of a terminal may send several, from the kernel, the shell and us: they are one.
        """
        if number == signal.SIGHUP and self.status == 128 + number:
            return
        if self.status:
            sys.exit(128 + number)
        self.status = 128 + number
        if self._leave is not None:
            self._leave(self.status)

    def hand_to(self, leave: Callable[[int], None]) -> None:
        """Have *leave* called with the status to leave with, at once where a signal has come already."""
        self._leave = leave
        if self.status:
            leave(self.status)


@contextmanager
def signals_noted() -> Iterator[Asked]:
    """Have a closed terminal, a polite kill and Ctrl+C noted."""
    asked = Asked()
    with _put_back():
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, asked)
        yield asked


@contextmanager
def signals_as_exit() -> Iterator[None]:
    """Turn a closed terminal or a polite kill into an exit that passes through every ``finally``.

    The end of a terminal is one, however many signals tell of it. What is changed about Ctrl+C inside is put back
    as well.
    """

    has_hung_up = False

    def leave(number: int, _: object) -> None:
        nonlocal has_hung_up
        if number == signal.SIGHUP and has_hung_up:
            return
        has_hung_up |= number == signal.SIGHUP
        sys.exit(128 + number)

    with _put_back():
        for number in (signal.SIGHUP, signal.SIGTERM):
            signal.signal(number, leave)
        yield


@contextmanager
def signals_later() -> Iterator[Sequence[int]]:
    """Let a closed terminal or a polite kill wait until this is through, and then do what it does.

    What is lent holds those that have come.

    A mask would not do: it is one thread's, and the kernel gives the signal to another, for which Python's main
    thread then runs the handler all the same. In any other thread no handler runs, and nothing has to be done.
    """
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    try:
        with _put_back():
            for number in (signal.SIGHUP, signal.SIGTERM):
                signal.signal(number, lambda number, _: came.append(number))
            yield came
    finally:
        if came:
            signal.raise_signal(came[0])


@contextmanager
def _put_back() -> Iterator[None]:
    before = {one: signal.getsignal(one) for one in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            # None: it was installed by something that is not Python, and cannot be put back.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
