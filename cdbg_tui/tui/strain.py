"""How far the machine leaves the app the time that it needs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

FADES = 0.9
"""So much of what was seen before still counts at each new piece of work."""
STRAINED, RELIEVED = 2.0, 1.5
"""From the one on it waits for a processor as long as it has one; that is over when it is below the other."""


class Strain:
    """Compares how long pieces of work take with the time that the processors gave to the process meanwhile."""

    def __init__(self) -> None:
        self._took = self._needed = 0.0
        self.is_high = False
        """Whether there is not enough time for all that would be nice."""

    def note(self, took: float, needed: float) -> None:
        """Take note of a piece of work: the seconds that it took, and those of the processor."""
        self._took = FADES * self._took + took
        self._needed = FADES * self._needed + needed
        self.is_high = self.factor >= (RELIEVED if self.is_high else STRAINED)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Take note of the work that is done within."""
        began, needed = time.monotonic(), time.process_time()
        yield
        self.note(time.monotonic() - began, time.process_time() - needed)

    @property
    def factor(self) -> float:
        """How many times as long as it should work took of late."""
        return max(1.0, self._took / self._needed) if self._needed else 1.0
