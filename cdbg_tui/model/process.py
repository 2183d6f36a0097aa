"""A container's processes, and the tree made of a list of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Process:
    """One process. Sizes are bytes, *age* seconds, *cpu* a share of one core (None: not measured yet)."""

    pid: int
    """As the engine's machine counts."""
    parent: int
    inner_pid: int | None
    """As the container counts; None where only the engine's ``top`` could be asked."""
    user: str
    state: str
    """The kernel's letter: R running, S sleeping, D uninterruptible, T stopped, Z zombie, I idle."""
    cpu: float | None
    memory: int | None
    threads: int | None
    age: float | None
    command: str


@dataclass(frozen=True, slots=True)
class Descriptors:
    """How many files a process holds open, and how many it may (RLIMIT_NOFILE, its soft limit)."""

    pid: int
    name: str
    open: int
    limit: int


@dataclass(frozen=True, slots=True)
class Waits:
    """What the threads of a container's processes did between two looks."""

    calls: Mapping[str, int]
    """System calls that threads were blocked in at both looks, and how many threads; ``running`` for none."""
    seconds: float
    """Time between the two looks."""
    switches: int
    """Voluntary context switches of all threads meanwhile: 0 where not one of them did anything."""


DEEPEST = 40
"""From this depth on strokes go no further to the right: nobody's terminal would show them."""

STATE_WORDS = {
    "R": "running",
    "S": "sleeping",
    "D": "blocked",
    "T": "stopped",
    "t": "traced",
    "Z": "zombie",
    "I": "idle",
    "X": "dead",
}


@dataclass(frozen=True, slots=True)
class Branch:
    """A process in its place in the tree; *lines* are the strokes that lead to it."""

    process: Process
    depth: int
    lines: str


def tree(processes: Iterable[Process]) -> list[Branch]:
    """Return the processes parents first, each with its strokes; siblings in order of their PIDs.

    Roots are those whose parent is not in the container: its main process, and what was started beside
    it by ``docker exec``.
    """
    listed = sorted(processes, key=lambda p: p.pid)
    known = {process.pid for process in listed}
    children: dict[int, list[Process]] = {}
    roots: list[Process] = []
    for process in listed:
        if process.parent in known and process.parent != process.pid:
            children.setdefault(process.parent, []).append(process)
        else:
            roots.append(process)

    branches: list[Branch] = []
    # A stack of our own: a container may fork deeper than Python recurses.
    todo = [(root, 0, "", "") for root in reversed(roots)]
    while todo:
        process, depth, lead, mark = todo.pop()
        branches.append(Branch(process, depth, lead + mark))
        below = lead + {"": "", "├─": "│ ", "└─": "  "}[mark] if depth < DEEPEST else lead
        mine = children.pop(process.pid, [])
        marks = ["├─"] * (len(mine) - 1) + ["└─"]
        todo += [(child, depth + 1, below, m) for child, m in zip(reversed(mine), reversed(marks), strict=False)]
    return branches
