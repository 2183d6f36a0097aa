"""Evidence for a diagnosis: all of its reading in one place, each source allowed to fail."""

from __future__ import annotations

from cdbg_tui.engine.client import Engine
from cdbg_tui.model.event import Event
from cdbg_tui.model.finding import Unseen
from cdbg_tui.model.sample import Usage
from cdbg_tui.triage.evidence import Evidence


def gather(engine: Engine, container_id: str, events: tuple[Event, ...], usage: Usage | None) -> Evidence:
    """Read what is known of a container; *events* and *usage* are what the dashboard has seen itself.

    Raises:
        EngineError: not even its state can be read.
    """
    details = engine.get(f"/containers/{container_id}/json")
    unseen: tuple[Unseen, ...] = ()
    if not events:
        unseen = (
            Unseen(
                "events",
                "The engine remembers only its last 256, and none of them is about this container; "
                "cdbg records them while it is open.",
            ),
        )
    return Evidence(details, events, usage, unseen)
