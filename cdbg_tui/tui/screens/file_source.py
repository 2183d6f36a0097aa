"""What the diff browser asks of what reads for it."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Protocol

from cdbg_tui.model.change import Kind


class Tab(StrEnum):
    """Whose files are shown; the value is its word."""

    CHANGES = "changes"
    CONTAINER = "container"
    IMAGE = "image"


Act = Literal["view", "copy", "edit", "export"]
"""What can be done with a file."""


class Source(Protocol):
    """What reads for the screen, and does what is wanted of a file; none of it blocks."""

    def read(self) -> None:
        """Read what was changed."""

    def list_files(self, tab: Tab) -> None:
        """List a whole file system."""

    def enter(self, point: str) -> None:
        """List what is mounted at a path."""

    def act(self, how: Act, path: str, change: Kind | None, line: str, *, is_image: bool) -> None:
        """Do something with a file of the container, or of its image."""

    def close(self) -> None:
        """End all of it; a second time does nothing."""
