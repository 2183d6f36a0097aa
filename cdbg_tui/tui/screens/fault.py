"""No engine: what is wrong, what to do, which engine was meant and why."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.messages import RetryWanted
from cdbg_tui.tui.screens.prose import prose
from cdbg_tui.tui.screens.sparing import Sparing
from cdbg_tui.tui.widgets.key_line import KeyLine


class Fault(Sparing[None]):
    """Fills the screen while no engine can be reached."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r,enter", "retry", "try again", key_display="r"),
        Binding("q", "app.quit", "quit", key_display="q"),
    ]

    def __init__(
        self,
        what: str,
        advice: str,
        where: str,
        why: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """*what* is wrong and *advice* on it are sentences; *where* is the URL, *why* says who chose it."""
        super().__init__()
        self._what, self._advice = what, advice
        self._where, self._why = where, why
        self._clock = clock
        self._next: float | None = None
        self._trying = False
        self._is_laid_out = False

    def compose(self) -> ComposeResult:
        """Lay out the sentences."""
        with Vertical(classes="fault--box") as box:
            box.border_title = "no engine"
            yield Static(classes="fault--text")
            yield Static(classes="fault--wait")
        yield KeyLine()

    def on_mount(self) -> None:
        """Count down from now on."""
        self._is_laid_out = True
        self._paint()
        self.set_interval(0.5, self.tell)

    def show(self, what: str, advice: str) -> None:
        """Show another reason: what a new try has met."""
        self._what, self._advice, self._trying = what, advice, False
        if self._is_laid_out:
            self._paint()

    def retry_in(self, seconds: float) -> None:
        """Say that it will be tried again in so many *seconds*; the app does it."""
        self._next, self._trying = self._clock() + seconds, False
        if self._is_laid_out:
            self.tell()

    def action_retry(self) -> None:
        """Ask for another try at once."""
        self._trying = True
        self.tell()
        self.post_message(RetryWanted())

    def tell(self) -> None:
        """Show how long it is until the next try."""
        left = 0 if self._next is None else math.ceil(self._next - self._clock())
        words = "trying again …" if self._trying or (self._next is not None and left <= 0) else ""
        if not words and left > 0:
            words = f"trying again in {left} s"
        self.query_one(".fault--wait", Static).update(plain(words))

    def _paint(self) -> None:
        muted = "$foreground-muted"
        lines = [prose(self._what, "bold"), Content("")]
        if self._advice:
            lines += [prose(self._advice), Content("")]
        engine = Content.assemble(("engine  ", muted), plain(self._where))
        reason = Content.assemble(("chosen by  ", muted), plain(self._why))
        self.query_one(".fault--text", Static).update(Content("\n").join([*lines, engine, reason]))
        self.tell()
