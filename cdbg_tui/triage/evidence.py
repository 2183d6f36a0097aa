"""What a diagnosis may look at."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cdbg_tui.model.container import Container, from_inspect
from cdbg_tui.model.event import Event
from cdbg_tui.model.finding import Unseen
from cdbg_tui.model.sample import Usage
from cdbg_tui.model.units import epoch


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything gathered about one container; *unseen* names the sources that could not be read."""

    details: Mapping[str, Any]
    """``GET /containers/{id}/json``."""
    events: tuple[Event, ...] = ()
    usage: Usage | None = None
    unseen: tuple[Unseen, ...] = ()
    now: float = field(default_factory=time.time)

    @property
    def container(self) -> Container:
        """The container as the list knows it."""
        return from_inspect(self.details)

    @property
    def state(self) -> Mapping[str, Any]:
        """Inspect's ``State``."""
        return self.details.get("State") or {}

    @property
    def host(self) -> Mapping[str, Any]:
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
