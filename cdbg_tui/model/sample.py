"""Readings of a container's meters, the rates between two of them, and a bounded history."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Sample:
    """Raw counters of one reading. Counters only grow; None is a figure that could not be had.

    Times are seconds (*time* of a monotonic clock), sizes bytes, *cpu_limit* a number of cores,
    *periods* and *throttled* counts of the CPU controller's enforcement periods.
    """

    time: float
    cpu: float | None = None
    cpu_limit: float | None = None
    periods: int | None = None
    throttled: int | None = None
    memory: int | None = None
    """In use, without the page cache that the kernel takes back first (inactive_file), as docker stats has it."""
    active_cache: int | None = None
    """Of that, page cache in use (active_file): the kernel takes it back, too, before it kills."""
    memory_limit: int | None = None
    pids: int | None = None
    pids_limit: int | None = None
    received: int | None = None
    sent: int | None = None
    read: int | None = None
    written: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What a container used between two readings. Shares are of 1.0; rates are a second."""

    cpu: float | None = None
    """Share of one core: 2.0 is two cores kept busy."""
    cpu_limit: float | None = None
    throttled: float | None = None
    """Share of the enforcement periods in which it was held back."""
    memory: int | None = None
    active_cache: int | None = None
    memory_limit: int | None = None
    pids: int | None = None
    pids_limit: int | None = None
    received: float | None = None
    sent: float | None = None
    read: float | None = None
    written: float | None = None

    @property
    def cpu_of_limit(self) -> float | None:
        """The CPU used as a share of what its limit allows."""
        if self.cpu is None or not self.cpu_limit:
            return None
        return self.cpu / self.cpu_limit

    @property
    def memory_of_limit(self) -> float | None:
        """The memory used as a share of its limit."""
        if self.memory is None or not self.memory_limit:
            return None
        return self.memory / self.memory_limit

    @property
    def memory_needed(self) -> int | None:
        """The memory that cannot be taken back."""
        return None if self.memory is None else max(0, self.memory - (self.active_cache or 0))

    @property
    def memory_needed_of_limit(self) -> float | None:
        """The memory that cannot be taken back as a share of its limit: at 1 the kernel kills."""
        if self.memory_needed is None or not self.memory_limit:
            return None
        return self.memory_needed / self.memory_limit


def usage(before: Sample | None, after: Sample) -> Usage:
    """Return what was used from *before* to *after*; without *before* there are levels, no rates."""
    seconds = after.time - before.time if before else 0.0

    def per_second(old: float | None, new: float | None) -> float | None:
        # A counter that shrank belongs to a new life of the container.
        if old is None or new is None or seconds <= 0 or new < old:
            return None
        return (new - old) / seconds

    throttled = None
    if before and None not in (before.periods, after.periods, before.throttled, after.throttled):
        periods = (after.periods or 0) - (before.periods or 0)
        held_back = (after.throttled or 0) - (before.throttled or 0)
        throttled = min(1.0, held_back / periods) if periods > 0 and held_back >= 0 else 0.0
    old = before or Sample(0.0)
    return Usage(
        cpu=per_second(old.cpu, after.cpu),
        cpu_limit=after.cpu_limit,
        throttled=throttled if after.cpu_limit else None,
        memory=after.memory,
        active_cache=after.active_cache,
        memory_limit=after.memory_limit,
        pids=after.pids,
        pids_limit=after.pids_limit,
        received=per_second(old.received, after.received),
        sent=per_second(old.sent, after.sent),
        read=per_second(old.read, after.read),
        written=per_second(old.written, after.written),
    )


@dataclass(frozen=True, slots=True)
class Counters:
    """What the kernel has counted for the container's control group; None is a figure that is not to be had."""

    oom_kills: int | None = None
    forks_refused: int | None = None


LEAST_SECONDS = 0.4
"""Readings nearer to each other than this make no rate: the kernel counts CPU in ticks of 4 or 10 ms."""

THROTTLED_OVER = 6
"""So many readings together tell how much a container is throttled."""


class History:
    """The last readings of one container, bounded: the newest usage, and of some figures what they were before."""

    FIGURES = ("cpu", "throttled", "memory")

    def __init__(self, length: int = 300) -> None:
        self.last: Usage | None = None
        """The newest usage, None before the first reading."""
        self._length = length
        # Hundreds of containers have one each, for weeks: four bytes a figure are enough for a bar.
        self._series = {figure: array("f") for figure in self.FIGURES}
        self._samples: deque[Sample] = deque(maxlen=THROTTLED_OVER + 1)

    def __len__(self) -> int:
        return len(self._series["cpu"])

    def add(self, sample: Sample) -> Usage:
        """Take a reading and return what was used since the one before.

        Only the throttled share is that of the last few readings: a container that works in bursts is
        throttled all the same, and a verdict must not flicker.
        """
        last = self._samples[-1] if self._samples else None
        if last and self.last and 0 <= sample.time - last.time < LEAST_SECONDS:
            # A container was just selected: what is new in the reading is its network.
            self._samples[-1] = replace(last, received=sample.received, sent=sample.sent)
            return self.last
        now = usage(last, sample)
        self._samples.append(sample)
        if now.throttled is not None:
            now = replace(now, throttled=usage(self._samples[0], sample).throttled)
        self.last = now
        for figure, series in self._series.items():
            series.append(getattr(now, figure) or 0.0)
            del series[: -self._length]
        return now

    def series(self, figure: str) -> Sequence[float]:
        """Return the values of one of the `FIGURES`, oldest first, unknown ones as 0."""
        return self._series[figure]
