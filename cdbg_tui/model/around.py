"""What lies around a container, beyond its own inspect: its image, its neighbours, who listens in it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cdbg_tui.model.socket import Holder, Socket

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket that waits to be spoken to, and the process that has it, where that could be seen."""

    socket: Socket
    owner: Holder | None = None

    def __str__(self) -> str:
        return f"{self.owner or 'somebody'} listens on {self.socket}"


@dataclass(frozen=True, slots=True)
class Around:
    """What has been read so far; None is what has not been, for the reason in *unseen* if that is known."""

    image: Json | None = None
    """``GET /images/{id}/json`` of the image that it was made of."""
    rows: tuple[Json, ...] | None = None
    """``GET /containers/json?all=1``, the container's own row among them."""
    listeners: tuple[Listener, ...] | None = None
    unseen: Mapping[str, str] = field(default_factory=dict)
    """Why ``image``, ``rows`` or ``listeners`` could not be read."""
    now: float = field(default_factory=time.time)

    def missing(self, what: str) -> str:
        """Return what is said in place of a source that is not there."""
        why = self.unseen.get(what)
        return "looking…" if why is None else f"cannot be seen: {why}"

    def others(self, container_id: str) -> tuple[Json, ...]:
        """Return the rows of the other containers."""
        return tuple(row for row in self.rows or () if row.get("Id") != container_id)


def name_of(row: Json) -> str:
    """Return the name in a row of the list; a linked container has further ones with a path."""
    names = row.get("Names") or [str(row.get("Id") or "")[:12]]
    return str(min(names, key=lambda name: name.count("/"))).removeprefix("/")
