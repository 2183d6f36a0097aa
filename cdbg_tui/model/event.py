"""What the engine says happened to a container."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One engine event; *action* is its first word (``die``, ``kill``, ``health_status``)."""

    time: float
    action: str
    id: str
    name: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """Those of `ATTRIBUTES` that it has."""


ATTRIBUTES = ("exitCode", "signal")
"""The engine adds all labels of the container, to each of thousands of events that are kept for weeks."""


NETWORK_ACTIONS = ("connect", "disconnect")
"""What happens to a container on a network."""


def from_engine(raw: Mapping[str, Any]) -> Event | None:
    """Make an event from a line of ``GET /events``; None for what is not about a container.

    That one was connected to a network, or disconnected, is an event of the container here, of the network there.
    """
    actor = raw.get("Actor") or {}
    attributes = actor.get("Attributes") or {}
    action = raw.get("Action") or raw.get("status") or ""
    kind = raw.get("Type", "container")
    if kind == "network" and action in NETWORK_ACTIONS:
        actor = {"ID": attributes.get("container")}
        attributes = {}
    elif kind != "container":
        return None
    return Event(
        time=(raw.get("timeNano") or 0) / 1e9 or float(raw.get("time") or 0),
        # "health_status: unhealthy", "exec_start: sh -c …": the tail is detail, not kind.
        action=sys.intern(str(action).partition(":")[0]),
        id=sys.intern(str(actor.get("ID") or raw.get("id") or "")),
        name=sys.intern(str(attributes.get("name") or "")),
        attributes=_kept(*(attributes.get(name) for name in ATTRIBUTES)),
    )


@lru_cache(maxsize=1024)
def _kept(*values: object) -> Mapping[str, str]:
    """Return one mapping for all events that have these."""
    told = zip(ATTRIBUTES, values, strict=True)
    return MappingProxyType({name: str(value) for name, value in told if value is not None})
