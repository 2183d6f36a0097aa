"""What tests of every kind share."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import psutil

T = TypeVar("T")

PRIVATE_ENGINE = Path(__file__).with_name("private-engine")
LABEL = "dev.cdbg.test"
IMAGE = "busybox:latest"


class Docker(Protocol):
    """The docker command line on the test engine."""

    def __call__(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run ``docker WORDS``; with *check*, an exit code other than 0 fails the test."""


class Run(Protocol):
    """Makes containers that end with the test."""

    def __call__(
        self,
        *command: str,
        name: str | None = None,
        options: Sequence[str] = (),
        image: str = IMAGE,
        start: bool = True,
    ) -> str:
        """Create a container, start it unless told not to, and return its full id.

        A start that fails is a fate like others: look at the container for it.
        """


def time_waited() -> float:
    """Return for how many seconds so far anybody on this machine has waited for a processor.

    Linux tells from 4.20 on (``/proc/pressure/cpu``); elsewhere it is 0.
    """
    told = Path("/proc/pressure/cpu")
    return int(told.read_text().partition("total=")[2].split()[0]) / 1e6 if told.exists() else 0.0


def lives(process: psutil.Process) -> bool:
    """Tell whether it does anything: what has ended may still wait for its new parent."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def eventually(condition: Callable[[], T], seconds: float = 10) -> T:
    """Ask *condition* until its answer is truthy, and return that; fail when *seconds* are over."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        name = getattr(condition, "__qualname__", repr(condition))
        assert time.monotonic() < deadline, f"{name} was still {answer!r} after {seconds} s"
        time.sleep(0.05)
    return answer
