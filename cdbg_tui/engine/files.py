"""What the engine knows of one container's files and settings: its changes on disk, and inspect."""

from __future__ import annotations

from typing import Any

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import understood
from cdbg_tui.engine.stream import query
from cdbg_tui.model.change import Change, Kind

CHANGES_SECONDS = 300.0
"""The engine compares whole trees where its storage driver cannot tell, silent meanwhile."""


def changes(engine: Engine, container_id: str, *, patience: float = CHANGES_SECONDS) -> list[Change]:
    """Return what a container, running or dead, changed on disk, ordered by path.

    Raises:
        EngineError: there is no such container, or no answer within *patience* seconds.
    """
    rows = engine.get(query(f"/containers/{container_id}/changes"), patience=patience)
    # An untouched container is answered with null.
    with understood("list of changes"):
        found = [Change(row["Path"], Kind(row["Kind"])) for row in rows or ()]
        found.sort(key=lambda change: change.path)
    return found


def inspect(engine: Engine, container_id: str) -> dict[str, Any]:
    """Return everything that the engine says about a container.

    Raises:
        EngineError: there is no such container, or the engine does not answer.
    """
    details: dict[str, Any] = engine.get(query(f"/containers/{container_id}/json"))
    return details
