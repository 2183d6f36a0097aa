"""The program that is soaked: keys pressed as an engineer does, and what it costs from time to time."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.program import Program
from tests.soak.life import SITTER

PANEL = b"esc closes"


@dataclass(frozen=True)
class Reading:
    """What it costs at one moment."""

    at: float
    memory: float
    """PSS, MiB."""
    threads: int
    files: int
    """Open descriptors, without those of containers' meters."""
    key: float
    """From a key to the panel that it opens, ms."""


def reading(program: Program) -> Reading:
    """Measure, at rest in the list."""
    key = panel(program)
    return Reading(
        time.monotonic() - program.started,
        program.memory(),
        len(os.listdir(f"/proc/{program.pid}/task")),
        len(_files(program.pid)),
        key,
    )


def _files(pid: int) -> list[str]:
    """Return what a process has open, but for the meters of containers, which come and go with them."""
    opened = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            opened.append(os.readlink(link))
    return [path for path in opened if not path.startswith("/sys/fs/cgroup/")]


def panel(program: Program) -> float:
    """Open the help, and close it; return how long its first sight took, in ms."""
    pressed = program.press("?")
    shown = seen_since(program, pressed, PANEL)
    program.press("esc")
    program.settle()
    return 1000 * (shown - pressed)


def seen_since(program: Program, since: float, words: bytes, seconds: float = 20) -> float:
    """Return when *words* were written after a moment; fail if they are not within *seconds*."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen = b""
        for when, data in list(program.chunks):
            if when >= since:
                seen += data
                if words in seen:
                    return when
        assert program.ended is None, "the program has ended"
        time.sleep(0.002)
    screen, _ = program.screen()
    raise AssertionError(f"no {words!r} within {seconds} s on\n" + "\n".join(screen.display))


def look_around(program: Program) -> None:
    """Go about as an engineer does: up and down, every pane, what changed, everything known, a shell."""
    for key in ("1", "g", *("down",) * 8, *("up",) * 4, "2", "3", "4", "5", "1"):
        program.press(key)
        time.sleep(0.05)
    for key in ("d", "i", "x", "y"):
        program.press(key)
        program.settle()
        program.press("esc")
        program.settle()
    leave(program)


def leave(program: Program) -> None:
    """Close whatever is open: a screen may have opened behind the Esc that was to close it."""
    for _ in range(3):
        program.press("esc")
        program.settle()


def choose(program: Program) -> None:
    """Have the sitter selected, and its log followed."""
    leave(program)
    program.press("1")
    program.press("/")
    program.type(SITTER + "\r")
    program.settle()


def shell(program: Program) -> None:
    """Open a shell in the sitter, and leave it."""
    choose(program)
    began = program.press("e")
    seen_since(program, began, b"/ #")
    program.type("exit\r")
    seen_since(program, began, f"shell in {SITTER}".encode())
    program.press("esc")
    program.settle()


def tidy(program: Program) -> None:
    """Forget what was written: a week of it is no part of what is measured."""
    del program.chunks[:-50]
