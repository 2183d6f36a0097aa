"""What a diagnosis may look at: everything that was read of one container, and nothing that was guessed."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cdbg_tui.model.change import Change
from cdbg_tui.model.container import Container, Mount, State, from_inspect, mounts
from cdbg_tui.model.event import Event
from cdbg_tui.model.finding import Unseen
from cdbg_tui.model.neighbour import Neighbour
from cdbg_tui.model.process import Process
from cdbg_tui.model.program import Program
from cdbg_tui.model.sample import Usage
from cdbg_tui.model.socket import Socket
from cdbg_tui.model.units import epoch

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """A line that the container wrote, already cleaned: what it says, and where it stands."""

    text: str
    source: str = "log"
    """``log``, or the absolute path of a file in the container."""
    number: int = 0
    """Of a file: its line number, from 1."""
    time: float | None = None
    is_error: bool = False
    """Whether it was written to stderr."""

    @property
    def where(self) -> str:
        """Its place, as a proof names it: ``log``, ``/var/log/app/error.log:12``."""
        return f"{self.source}:{self.number}" if self.number else self.source


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


@dataclass(frozen=True, slots=True)
class Counters:
    """What the kernel has counted for the container's control group; None is a figure that is not to be had."""

    oom_kills: int | None = None
    forks_refused: int | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """One step of the image's history: the instruction as it was recorded, and the bytes that it added."""

    instruction: str
    size: int


@dataclass(frozen=True)
class Evidence:
    """Everything gathered about one container. What could not be read is None, and named in *unseen*."""

    details: Json
    """``GET /containers/{id}/json``."""
    events: tuple[Event, ...] = ()
    usage: Usage | None = None
    unseen: tuple[Unseen, ...] = ()
    now: float = field(default_factory=time.time)
    log: tuple[Line, ...] = ()
    """The last lines, oldest first; empty where there are none, or where no line could be read."""
    log_rate: float | None = None
    """Lines a second that it writes now."""
    image: Json | None = None
    """``GET /images/{id}/json`` of the image that it was made of; None while not read."""
    image_is_gone: bool = False
    layers: tuple[Layer, ...] = ()
    """The image's history, oldest first."""
    changes: tuple[Change, ...] | None = None
    files: tuple[Line, ...] = ()
    """Lines of files that the container wrote and that look like logs, in the order of their files."""
    program: Program | None = None
    """What the first word of its command line leads to."""
    processes: tuple[Process, ...] | None = None
    descriptors: tuple[Descriptors, ...] = ()
    sockets: tuple[Socket, ...] | None = None
    """What waits to be spoken to in its network namespace."""
    waits: Waits | None = None
    counters: Counters = Counters()
    neighbours: tuple[Neighbour, ...] | None = None
    """All other containers of the engine."""
    networks: frozenset[str] | None = None
    """The names and ids of the engine's networks."""
    firewall: tuple[str, ...] | None = None
    """The rules of the engine's machine, as iptables-save writes them, packet counters included."""
    kernel: tuple[str, ...] | None = None
    """Lines of the kernel's log that name this container or its processes."""
    machine: str = ""
    """The engine's architecture, in Go's words: ``amd64``."""

    @cached_property
    def container(self) -> Container:
        """The container as the list knows it."""
        return from_inspect(self.details)

    @property
    def state(self) -> Json:
        """Inspect's ``State``."""
        return self.details.get("State") or {}

    @property
    def config(self) -> Json:
        """Inspect's ``Config``."""
        return self.details.get("Config") or {}

    @property
    def host(self) -> Json:
        """Inspect's ``HostConfig``."""
        return self.details.get("HostConfig") or {}

    @property
    def started(self) -> float | None:
        """When the main process last began, as epoch seconds; None if it never did."""
        return epoch(self.state.get("StartedAt") or "")

    @property
    def finished(self) -> float | None:
        """When it last ended; None if it never did."""
        return epoch(self.state.get("FinishedAt") or "")

    @property
    def exit_code(self) -> int | None:
        """The exit code of a process that ran and ended; None of any other container.

        After a start that failed, 126 to 128 are the engine's own, and how the run before ended is not known.
        """
        container = self.container
        if container.error and container.exit_code in (126, 127, 128):
            return None
        ended = container.state in (State.EXITED, State.DEAD, State.RESTARTING)
        return container.exit_code if ended and self.started is not None else None

    @property
    def has_failed(self) -> bool:
        """Whether it ran and ended other than with success."""
        return self.exit_code not in (None, 0)

    @property
    def command(self) -> tuple[str, ...]:
        """The command line of the main process."""
        return (self.details.get("Path") or "", *(self.details.get("Args") or ()))

    @cached_property
    def environment(self) -> Mapping[str, str]:
        """Its environment as configured."""
        pairs = (line.partition("=") for line in self.config.get("Env") or ())
        return {name: value for name, _, value in pairs}

    @cached_property
    def mounts(self) -> tuple[Mount, ...]:
        """What is mounted into it."""
        return mounts(self.details)

    def mount_of(self, path: str) -> Mount | None:
        """Return the innermost mount that *path* lies on; None where it lies in the container's own layers."""
        over = (m for m in self.mounts if (path + "/").startswith(m.target.rstrip("/") + "/"))
        return max(over, key=lambda mount: len(mount.target), default=None)

    @property
    def words(self) -> Sequence[Line]:
        """All lines that may tell a reason: the log first, then the files."""
        return (*self.log, *self.files)

    def signals_sent(self, within: float = 60.0) -> tuple[int, ...]:
        """Return the signals that somebody sent through the engine shortly before the end, oldest first."""
        end = self.finished or 0.0
        return tuple(
            int(event.attributes["signal"])
            for event in self.events
            if event.action == "kill"
            and event.attributes.get("signal", "").isdigit()
            and end - within <= event.time <= end + 2
        )
