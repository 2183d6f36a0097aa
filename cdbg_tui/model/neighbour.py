"""The other containers of an engine, as one of them could reach them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cdbg_tui.model.container import COMPOSE_SERVICE, Container, from_list


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A container, the networks it is on with its address there (empty where dead), and its names on them."""

    container: Container
    networks: Mapping[str, str] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    """In lower case: what the engine's name server answers to on a network of the user's own."""


def from_row(row: Mapping[str, Any], now: float) -> Neighbour:
    """Make a neighbour from an element of ``GET /containers/json``.

    The list leaves out aliases; Compose gives each container its service's name as one.
    """
    container = from_list(row, now)
    networks = (row.get("NetworkSettings") or {}).get("Networks") or {}
    names = {container.name, container.id[:12], container.labels.get(COMPOSE_SERVICE, "")}
    for network in networks.values():
        names |= set((network or {}).get("Aliases") or ()) | set((network or {}).get("DNSNames") or ())
    return Neighbour(
        container,
        {name: (network or {}).get("IPAddress") or "" for name, network in networks.items()},
        frozenset(name.lower() for name in names if name),
    )
