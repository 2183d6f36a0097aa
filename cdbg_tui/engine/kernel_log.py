"""The kernel's log, where this machine is the engine's and it may be read."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

_LONGEST = 8192
"""A record is never longer (Documentation/ABI/testing/dev-kmsg)."""
MOST_RECORDS = 20_000


@dataclass(frozen=True, slots=True)
class Record:
    """One record: when, in epoch seconds as near as the kernel's clock tells, and its text."""

    time: float
    text: str


def records() -> tuple[Record, ...]:
    """Return what the kernel remembers, oldest first.

    Raises:
        OSError: it may not be read.
    """
    booted = time.time() - time.clock_gettime(time.CLOCK_MONOTONIC)
    found: list[Record] = []
    device = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    try:
        while len(found) < MOST_RECORDS:
            try:
                raw = os.read(device, _LONGEST)
            except BlockingIOError:
                break
            except BrokenPipeError:  # records were overwritten meanwhile: it goes on with the next
                continue
            head, _, text = raw.decode("utf-8", "replace").partition(";")
            stamp = head.split(",")[2] if head.count(",") > 1 else "0"
            when = booted + int(stamp) / 1e6 if stamp.isdigit() else 0.0
            found.append(Record(when, text.partition("\n")[0]))
    finally:
        os.close(device)
    return tuple(found)
