"""What a container changed on disk."""

from __future__ import annotations

from dataclasses import dataclass
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
