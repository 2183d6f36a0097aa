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
from cdbg_tui.model.finding import Proof, Unseen
from cdbg_tui.model.process import Descriptors, Process, Waits
from cdbg_tui.model.program import Program
from cdbg_tui.model.sample import Counters, Usage
from cdbg_tui.model.socket import Holder, Socket
from cdbg_tui.model.units import epoch

Json = Mapping[str, Any]

CALM_SECONDS = 3600.0
"""Up for so long, a container is in no restart loop, however often it was restarted before."""


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
    original: str = ""
    """Of a file: the line as it stands there, with lone surrogates for what is no UTF-8; empty if as in *text*."""

    @property
    def where(self) -> str:
        """Its place, as a proof names it: ``log``, ``/var/log/app/error.log:12``."""
        return f"{self.source}:{self.number}" if self.number else self.source

    @property
    def proof(self) -> Proof:
        """The line as a proof; of a file's, with what finds it there."""
        if not self.source.startswith("/"):
            return Proof(self.where, self.text)
        return Proof(self.where, self.text, self.source, self.original or self.text)


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
    is_whole: bool = True
    """Whether every source has had its time; before that, what is missing is only not read yet."""
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
    counters: Counters = field(default_factory=Counters)
    neighbours: tuple[Container, ...] | None = None
    """All other containers of the engine."""
    networks: frozenset[str] | None = None
    """The names and ids of the engine's networks."""
    holders: tuple[Holder, ...] | None = None
    """Which processes of the engine's machine have which ports."""
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
    def is_looping(self) -> bool:
        """Whether its policy starts it again and again, be it up at this moment or not.

        The engine never takes the count of restarts back: one that has been up for far longer than it used to
        be is over it.
        """
        container = self.container
        if container.state is State.RESTARTING:
            return True
        count = container.restarts or 0
        usual = (self.now - container.created) / (count + 1)
        up_for = self.now - (self.started or 0.0)
        return count >= 3 and container.is_up and up_for < min(CALM_SECONDS, 3 * usual)

    @property
    def exit_code(self) -> int | None:
        """The exit code of the process that ended last; None of a container that runs, or never ran.

        After a start that failed, 126 to 128 are the engine's own, and how the run before ended is not known.
        In a restart loop it is that of the run before this one.
        """
        container = self.container
        if container.error and container.exit_code in (126, 127, 128):
            return None
        if container.is_up:
            return self._code_before if self.is_looping else None
        ended = container.state in (State.EXITED, State.DEAD, State.RESTARTING)
        return container.exit_code if ended and self.started is not None else None

    @property
    def _code_before(self) -> int | None:
        codes = (event.attributes.get("exitCode", "") for event in reversed(self.events) if event.action == "die")
        code = next(codes, "")
        return int(code) if code.isdigit() else None

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

    def kills(self, within: float = 60.0) -> tuple[tuple[float, int], ...]:
        """Return when which signals were sent through the engine shortly before the end, oldest first."""
        end = self.finished or 0.0
        return tuple(
            (event.time, int(event.attributes["signal"]))
            for event in self.events
            if event.action == "kill"
            and event.attributes.get("signal", "").isdigit()
            and end - within <= event.time <= end + 2
        )

    def signals_sent(self) -> tuple[int, ...]:
        """Return the signals that somebody sent through the engine shortly before the end, oldest first."""
        return tuple(number for _, number in self.kills())

    @property
    def was_out_of_memory(self) -> bool:
        """Whether the engine heard that the kernel killed something in it for memory, in its last run or this."""
        if self.container.oom_killed:
            return True
        last = self.finished or 0.0
        since = (self.started or 0.0) if self.container.is_up and not self.is_looping else last - 60
        return any(event.action == "oom" and event.time >= since for event in self.events)
