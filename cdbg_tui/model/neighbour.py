"""The other containers of an engine, as one of them could reach them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
    networks = _networks(row)
    names = {container.name, container.id[:12], container.labels.get(COMPOSE_SERVICE, "")}
    return Neighbour(
        container,
        {name: network.get("IPAddress") or "" for name, network in networks.items()},
        frozenset(name.lower() for name in names if name) | _aliases(networks),
    )


def with_aliases(neighbour: Neighbour, details: Mapping[str, Any]) -> Neighbour:
    """Return *neighbour* with the names that only ``GET /containers/{id}/json`` tells."""
    return replace(neighbour, names=neighbour.names | _aliases(_networks(details)))


def _networks(answer: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    networks = (answer.get("NetworkSettings") or {}).get("Networks") or {}
    return {name: network or {} for name, network in networks.items()}


def _aliases(networks: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    every = (network.get(key) or () for network in networks.values() for key in ("Aliases", "DNSNames"))
    return frozenset(name.lower() for names in every for name in names)
