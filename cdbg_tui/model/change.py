"""What a container changed on disk, and the tree made of a list of changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """The engine's three kinds of change (``GET /containers/{id}/changes``)."""

    MODIFIED = 0
    ADDED = 1
    DELETED = 2

    @property
    def letter(self) -> str:
        """The letter of ``docker diff``: C, A or D."""
        return "CAD"[self.value]

    @property
    def word(self) -> str:
        """The word for it: modified, added or deleted."""
        return ("modified", "added", "deleted")[self.value]


@dataclass(frozen=True, slots=True)
class Change:
    """One changed path, absolute inside the container."""

    path: str
    kind: Kind


@dataclass(slots=True)
class Node:
    """A name in the tree of changes; *kind* is None for a directory that only leads to others."""

    name: str
    path: str
    kind: Kind | None = None
    children: dict[str, Node] = field(default_factory=dict)

    def count(self, kind: Kind) -> int:
        """Return how many paths of *kind* stand here and below; directories that hold others do not count."""
        own = int(self.kind is kind and not self.children)
        return own + sum(child.count(kind) for child in self.children.values())


def tree(changes: Iterable[Change]) -> Node:
    """Return the root of the tree of *changes*."""
    root = Node("", "/")
    for change in changes:
        node = root
        for name in change.path.strip("/").split("/"):
            path = node.path.rstrip("/") + "/" + name
            node = node.children.setdefault(name, Node(name, path))
        if node is not root:
            node.kind = change.kind
    return root
