"""An app that waits for its terminal without looking, and sends it no more than what has changed."""

from __future__ import annotations

import os
import time
from typing import Any

from rich.console import Console, RenderableType
from textual import events
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.driver import Driver
from textual.screen import Screen
from textual.timer import Timer

from cdbg_tui.tui.driver import Terminal
from cdbg_tui.tui.painted import Painted

LEAST_SECONDS = 0.001
COMES_SECONDS = 0.05
"""So long what was read may be on its way to the app; answers of the terminal, for one, do not come there."""
_begin = Timer.__init__


def _begin_after_now(self: Timer, event_target: Any, interval: float, **options: Any) -> None:
    _begin(self, event_target, max(interval, LEAST_SECONDS), **options)


# Textual's timers spin for ever when their time is over before they begin, and nothing else runs any more: so did
# that of a toast that was to stand for a few microseconds more when a dialog opened over it. One whose time is
# over when it first looks at the clock never calls anybody.
Timer.__init__ = _begin_after_now  # type: ignore[method-assign]


class ThriftyApp(App[None]):
    """Textual's app on `driver.Terminal`, sending what `painted.Painted` finds to differ."""

    def __init__(self) -> None:
        super().__init__()
        self._painted = Painted()
        self._entered = 0
        self.touched_at = 0.0
        """When what the user did last, if only with the mouse, began to be done; by the monotonic clock."""
        self.owes_echo = False
        """Whether what a key has changed is still to be painted at once."""

    def touched(self, *, owes_echo: bool) -> None:
        """Take note that what changes now is the user's doing, and whether it is to be painted at once."""
        self.touched_at, self.owes_echo = time.monotonic(), owes_echo

    @property
    def key_is_coming(self) -> bool:
        """Whether the terminal has sent something, a key perhaps, that has not come here yet."""
        driver = self._driver
        read_at = driver.read_at if isinstance(driver, Terminal) else 0.0
        return self.touched_at < read_at and time.monotonic() < read_at + COMES_SECONDS

    def get_driver_class(self) -> type[Driver]:
        """Return the terminal's driver, unless the environment names another."""
        return super().get_driver_class() if "TEXTUAL_DRIVER" in os.environ else Terminal

    def on_resize(self, event: events.Resize) -> None:
        """Draw all of it: what a terminal leaves standing when its size changes is its own affair."""
        self.action_repaint()

    def action_repaint(self) -> None:
        """Draw every cell again, whoever has written over it."""
        self._painted.forget()
        if self.screen_stack:
            self.screen.refresh()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        driver = self._driver
        is_sent = self._running and not self._closed and not self._batch_count
        if is_sent and isinstance(driver, Terminal) and isinstance(renderable, CompositorUpdate):
            if driver.entered != self._entered:
                self._painted.forget()
                self._entered = driver.entered
            drawn = self._painted.differences(renderable, self.console)
            cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
            if not drawn and cursor == self._previous_cursor_position:
                self.post_display_hook()
                return
            renderable = _Drawn(drawn)
        super()._display(screen, renderable)


class _Drawn(CompositorUpdate):
    """An update that is drawn already."""

    def __init__(self, drawn: str) -> None:
        self._drawn = drawn

    def render_segments(self, console: Console) -> str:
        return self._drawn
