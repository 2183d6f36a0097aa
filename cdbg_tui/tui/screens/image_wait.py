"""What stands in the place of an image while it is read: how far that is, or why there is none."""

from __future__ import annotations

from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import ProgressBar, Static

from cdbg_tui.model.units import size, span
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.image_words import MUTED
from cdbg_tui.tui.screens.prose import prose


class Measured(NamedTuple):
    """How far the reading of an image is."""

    bytes: int = 0
    expected: int = 0
    """About so many bytes in all: the stream holds more than the files; 0 where unknown."""
    files: int = 0
    is_read: bool = False


class ImageWait(Vertical):
    """A bar, and figures in words."""

    def compose(self) -> ComposeResult:
        """Lay out words above the bar."""
        yield Static()
        yield ProgressBar(total=None, show_eta=False, show_percentage=False)

    def tell(self, measured: Measured, seconds: float) -> None:
        """Say how far it is after *seconds*."""
        done, expected, files, is_read = measured
        waited = span(seconds)
        if not done:
            words = f"the engine puts the layers together … {waited}"
        elif is_read:
            words = f"read {size(done)}, {files:,} files; comparing the layers … {waited}"
        else:
            words = f"read {size(done)} of about {size(max(expected, done))}, {files:,} files · {waited}"
        if done:
            self.query_one(ProgressBar).update(total=max(expected, done + (not is_read)), progress=done)
        self.query_one(Static).update(plain(words, MUTED))

    def fail(self, sentence: str) -> None:
        """Say why there is nothing to see."""
        self.query_one(ProgressBar).display = False
        self.query_one(Static).update(prose(sentence, "$text-error"))
