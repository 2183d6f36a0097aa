"""What is the same for all containers of an engine, read once however many are diagnosed."""

from __future__ import annotations

import contextlib
import json
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from cdbg_tui.engine import kernel_log
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import understood
from cdbg_tui.engine.stream import query
from cdbg_tui.model.container import Container, from_inspect, from_list
from cdbg_tui.model.event import Event, from_engine
from cdbg_tui.triage.evidence import Layer

T = TypeVar("T")

# What triage asks of events; those of health checks and of reading would only fill the answer.
_ACTIONS = ("create", "start", "restart", "die", "oom", "kill", "stop", "destroy", "pause", "unpause")
EVENTS_SECONDS = 3.0
MOST_ANSWERS = 500
IMAGE_SECONDS = 60.0
"""What an id of an image stands for never changes; only its tags do, and it can be removed."""
DEAR = 100
"""An answer is kept so many times as long as it took, at least: a list of thousands costs half a second."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was answered, when that was asked for by the monotonic clock, and how long it took in seconds."""

    answer: Any
    when: float
    took: float

    def is_old(self, seconds: float) -> bool:
        return time.monotonic() >= self.when + self.took + max(seconds, DEAR * self.took)


class Shared:
    """Answers of one engine, each asked for when it is first wanted, by whichever thread."""

    def __init__(
        self,
        engine: Engine,
        *,
        seconds: float = math.inf,
        containers: Callable[[], tuple[Container, ...] | None] = lambda: None,
    ) -> None:
        """Keep each answer for *seconds*, and longer where it is dear.

        *containers* knows all those of the engine, or nothing while it does not: then the engine is asked.
        """
        self._engine = engine
        self._seconds = seconds
        self._containers = containers
        self._answers: dict[object, _Answer] = {}
        self._locks: dict[object, threading.Lock] = {}
        self._lock = threading.Lock()

    def _once(self, key: object, read: Callable[[], T], seconds: float | None = None) -> T:
        seconds = self._seconds if seconds is None else seconds
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            known = self._answers.get(key)
            if known is None or known.is_old(seconds):
                began = time.monotonic()
                known = self._keep(key, _Answer(read(), began, time.monotonic() - began))
            found: T = known.answer
            return found

    def _keep(self, key: object, answer: _Answer) -> _Answer:
        with self._lock:
            if len(self._answers) >= MOST_ANSWERS:  # containers and images come and go, for weeks
                for one in [one for one, known in self._answers.items() if known.is_old(self._seconds)]:
                    del self._answers[one]
                    self._locks.pop(one, None)  # gone already, if it was being asked for at the last time
            self._answers[key] = answer
        return answer

    def containers(self) -> tuple[Container, ...]:
        """Return all containers of the engine."""

        def read() -> tuple[Container, ...]:
            now = time.time()
            with understood("list of containers"):
                path = query("/containers/json", all=1)
                return tuple(self._engine.rows(path, lambda row: from_list(row, now)))

        known = self._containers()
        return self._once("containers", read) if known is None else known

    def inspected(self, container: Container) -> Container:
        """Return a container with its networks of now, and all its names there: the list leaves some out."""

        def read() -> Container:
            with understood("description of a container"):
                return from_inspect(self._engine.get(query(f"/containers/{container.id}/json")))

        looked_at = self._once(("container", container.id), read)
        return replace(container, networks=looked_at.networks, aliases=looked_at.aliases)

    def _networks(self) -> list[dict[str, Any]]:
        return self._once("networks", lambda: list(self._engine.get("/networks")))

    def networks(self) -> frozenset[str]:
        """Return the names and ids of the engine's networks."""
        with understood("list of networks"):
            return frozenset(row[key] for row in self._networks() for key in ("Name", "Id"))

    def gateways(self) -> frozenset[str]:
        """Return the addresses that the engine's machine has on its networks."""
        with understood("list of networks"):
            rows = (row for one in self._networks() for row in (one.get("IPAM") or {}).get("Config") or ())
            return frozenset(row["Gateway"] for row in rows if row.get("Gateway"))

    def machine(self) -> str:
        """Return the engine's architecture in Go's words."""
        return self._once("machine", lambda: str(self._engine.get("/version").get("Arch") or ""))

    def image(self, image_id: str) -> Mapping[str, Any]:
        """Return what the engine knows of an image."""
        path = query(f"/images/{image_id}/json")
        return self._once(("image", image_id), lambda: self._engine.get(path), max(self._seconds, IMAGE_SECONDS))

    def layers(self, image_id: str) -> tuple[Layer, ...]:
        """Return an image's history, oldest first."""

        def read() -> tuple[Layer, ...]:
            rows = self._engine.get(query(f"/images/{image_id}/history"))
            with understood("history of an image"):
                return tuple(Layer(row.get("CreatedBy") or "", row.get("Size") or 0) for row in reversed(rows))

        return self._once(("layers", image_id), read, max(self._seconds, IMAGE_SECONDS))

    def events(self) -> tuple[Event, ...]:
        """Return the events of containers that the engine remembers, oldest first."""

        def read() -> tuple[Event, ...]:
            path = query(
                "/events",
                since="1",
                until=f"{time.time():.9f}",
                filters={"type": ["container"], "event": list(_ACTIONS)},
            )
            stream = self._engine.stream(path, patience=EVENTS_SECONDS)
            with contextlib.closing(stream), understood("event"):
                told = (from_engine(json.loads(line)) for line in stream.lines())
                return tuple(event for event in told if event is not None)

        return self._once("events", read)

    def kernel(self) -> tuple[kernel_log.Record, ...]:
        """Return the kernel's log; OSError where it may not be read."""
        return self._once("kernel", kernel_log.records)
