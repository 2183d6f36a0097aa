"""The other containers of an engine, as one of them could reach them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cdbg_tui.model.container import COMPOSE_SERVICE, Container, from_list, merged


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A container, the networks it is on with its address there (empty where dead), and its aliases on them."""

    container: Container
    networks: Mapping[str, str] = field(default_factory=dict)
    aliases: frozenset[str] = frozenset()
    """In lower case."""

    @property
    def names(self) -> frozenset[str]:
        """In lower case: what the engine's name server answers to on a network of the user's own.

        The list leaves out aliases; Compose gives each container its service's name as one.
        """
        container = self.container
        own = (container.name, container.id[:12], container.labels.get(COMPOSE_SERVICE, ""))
        return self.aliases.union(name.lower() for name in own if name)


def from_row(
    row: Mapping[str, Any], now: float, known: Callable[[str], Container | None] = lambda _: None
) -> Neighbour:
    """Make a neighbour from an element of ``GET /containers/json``.

    Its container is the *known* one of that id where that is as the row says: there may be thousands.
    """
    container = from_list(row, now)
    networks = _networks(row)
    return Neighbour(
        merged(known(container.id), container, now),
        {name: network.get("IPAddress") or "" for name, network in networks.items()},
        _aliases(networks),
    )


def with_aliases(neighbour: Neighbour, details: Mapping[str, Any]) -> Neighbour:
    """Return *neighbour* with the names that only ``GET /containers/{id}/json`` tells."""
    return replace(neighbour, aliases=neighbour.aliases | _aliases(_networks(details)))


def _networks(answer: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    networks = (answer.get("NetworkSettings") or {}).get("Networks") or {}
    return {name: network or {} for name, network in networks.items()}


def _aliases(networks: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    every = (network.get(key) or () for network in networks.values() for key in ("Aliases", "DNSNames"))
    return frozenset(name.lower() for names in every for name in names)
