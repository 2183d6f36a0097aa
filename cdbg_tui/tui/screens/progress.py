"""How far something long is, with a key that ends it; and what came of it, where that is more than a line."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from cdbg_tui.engine.progress import Progress
from cdbg_tui.model.text import one_line
from cdbg_tui.model.units import rate, size
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.over import Over

SHOWN_AFTER_SECONDS = 0.3
"""What takes no longer is not worth a dialog that comes and goes."""
_RATE_SECONDS = 2.0
_CLEAN_UP_SECONDS = 3.0


class ProgressBox(Over[None]):
    """Shows how far *progress* is, until who pushed it takes it away; Esc cancels."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "cancel", "cancel")]
    DEFAULT_CSS = """
    ProgressBox.-early { background: transparent; & > .dialog--box { visibility: hidden; } }
    """

    def __init__(self, title: Content, progress: Progress, finished: threading.Event) -> None:
        """*finished* is set by who does the work, when nothing of it is left half done."""
        super().__init__(classes="dialog -early")
        self._title = title
        self._progress = progress
        self._finished = finished
        self._read: list[tuple[float, int]] = [(time.monotonic(), 0)]
        self._told = Static(classes="dialog--text")

    def compose(self) -> ComposeResult:
        """Lay out the figures."""
        with Vertical(classes="dialog--box") as box:
            box.border_title = self._title
            box.border_subtitle = "esc cancels"
            yield self._told

    def on_mount(self) -> None:
        """Begin to tell."""
        self.set_timer(SHOWN_AFTER_SECONDS, lambda: self.remove_class("-early"))
        self.set_interval(0.2, self.tell)
        self.tell()

    def tell(self) -> None:
        """Show how far it is, and how fast it goes."""
        if self._progress.is_cancelled:
            self._told.update("ending …")
            return
        when, done = time.monotonic(), self._progress.bytes
        self._read.append((when, done))
        while len(self._read) > 2 and self._read[1][0] < when - _RATE_SECONDS:
            del self._read[0]
        since, before = self._read[0]
        pace = (done - before) / (when - since) if when > since else 0.0
        words = [size(done)]
        if self._progress.files:
            words.append(f"{self._progress.files:,} file{'' if self._progress.files == 1 else 's'}")
        words.append(rate(pace))
        self._told.update(Content("  ·  ".join(words)))

    def action_cancel(self) -> None:
        """End it; who runs it says what came of that."""
        self._progress.cancel()
        self.tell()

    def on_unmount(self) -> None:
        """Where the program is left in the middle of it, let what was half written be removed first."""
        self._progress.cancel()
        self._finished.wait(_CLEAN_UP_SECONDS)


class Told(Over[None]):
    """A word on what was done, with a list below it that scrolls."""

    DEFAULT_CSS = """
    Told > .dialog--box > VerticalScroll { margin-top: 1; }
    Told .told--rows { width: auto; height: auto; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss(None)", "close"),
        Binding("j,down", "scroll('scroll_down')", "down", show=False),
        Binding("k,up", "scroll('scroll_up')", "up", show=False),
        Binding("space,pagedown", "scroll('scroll_page_down')", "page down", show=False),
        Binding("b,pageup", "scroll('scroll_page_up')", "page up", show=False),
    ]

    def __init__(self, title: Content, words: Content, rows: Sequence[str]) -> None:
        super().__init__(classes="dialog")
        self._title, self._words, self._rows = title, words, rows

    def compose(self) -> ComposeResult:
        """Lay out words and list."""
        with Vertical(classes="dialog--box") as box:
            box.border_title = self._title
            box.border_subtitle = "esc closes"
            yield Static(self._words, classes="dialog--text")
            with VerticalScroll(classes="dialog--scroll"):
                yield Static(
                    Content("\n").join([plain(one_line(row)) for row in self._rows]), classes="told--rows"
                )

    def on_mount(self) -> None:
        """Give the keys to the list."""
        self.query_one(VerticalScroll).focus()

    def action_scroll(self, way: str) -> None:
        """Move in the list."""
        getattr(self.query_one(VerticalScroll), way)(animate=False)
