"""What is the same for all containers of an engine, read once however many are diagnosed."""

from __future__ import annotations

import contextlib
import json
import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from cdbg_tui.engine import kernel_log
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import understood
from cdbg_tui.engine.stream import query
from cdbg_tui.model.event import Event, from_engine
from cdbg_tui.model.neighbour import Neighbour, from_row, with_aliases
from cdbg_tui.triage.evidence import Layer

T = TypeVar("T")

# What triage asks of events; those of health checks and of reading would only fill the answer.
_ACTIONS = ("create", "start", "restart", "die", "oom", "kill", "stop", "destroy", "pause", "unpause")
EVENTS_SECONDS = 3.0
MOST_ANSWERS = 500
DEAR = 100
"""An answer is kept so many times as long as it took, at least: a list of thousands costs half a second."""


class Shared:
    """Answers of one engine, each asked for when it is first wanted, by whichever thread."""

    def __init__(self, engine: Engine, *, seconds: float = math.inf) -> None:
        """Keep each answer for *seconds*, and longer where it is dear."""
        self._engine = engine
        self._seconds = seconds
        self._answers: dict[object, tuple[float, Any]] = {}
        self._locks: dict[object, threading.Lock] = {}
        self._lock = threading.Lock()

    def _once(self, key: object, read: Callable[[], T]) -> T:
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            until, answer = self._answers.get(key, (-math.inf, None))
            if time.monotonic() >= until:
                began = time.monotonic()
                answer = read()
                self._keep(key, answer, time.monotonic() - began)
            found: T = answer
            return found

    def _keep(self, key: object, answer: Any, took: float) -> None:
        now = time.monotonic()
        with self._lock:
            if len(self._answers) >= MOST_ANSWERS:  # containers and images come and go, for weeks
                for one in [one for one, (until, _) in self._answers.items() if now >= until]:
                    del self._answers[one]
                    del self._locks[one]
            self._answers[key] = now + max(self._seconds, DEAR * took), answer

    def neighbours(self) -> tuple[Neighbour, ...]:
        """Return all containers of the engine."""

        def read() -> tuple[Neighbour, ...]:
            now = time.time()
            with understood("list of containers"):
                return tuple(self._engine.rows(query("/containers/json", all=1), lambda row: from_row(row, now)))

        return self._once("neighbours", read)

    def by_all_names(self, neighbour: Neighbour) -> Neighbour:
        """Return a neighbour with its aliases, which the list leaves out."""
        one = neighbour.container.id
        path = query(f"/containers/{one}/json")
        return self._once(("aliases", one), lambda: with_aliases(neighbour, self._engine.get(path)))

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
        return self._once(("image", image_id), lambda: self._engine.get(query(f"/images/{image_id}/json")))

    def layers(self, image_id: str) -> tuple[Layer, ...]:
        """Return an image's history, oldest first."""

        def read() -> tuple[Layer, ...]:
            rows = self._engine.get(query(f"/images/{image_id}/history"))
            with understood("history of an image"):
                return tuple(Layer(row.get("CreatedBy") or "", row.get("Size") or 0) for row in reversed(rows))

        return self._once(("layers", image_id), read)

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
