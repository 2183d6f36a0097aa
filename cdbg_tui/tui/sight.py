"""What nobody can see is not read: the meters rest while the panes are covered, or their window is not in view."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from textual.timer import Timer

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp

LOOK_SECONDS = 5.0
"""tmux tells when a pane loses the focus, not when its window does that had none: then it is asked."""


class Sight:
    """Has the sweeps of an app rest and go on."""

    def __init__(self, app: CdbgApp) -> None:
        self._app = app
        self._is_in_view = True
        self._is_resting = False
        self._timer: Timer | None = None

    @property
    def is_resting(self) -> bool:
        """Whether nothing is read because nobody would see it."""
        return self._is_resting

    def changed(self) -> None:
        """See anew whether the panes can be seen."""
        app = self._app
        if not app.dashboard.is_running:  # the app is leaving
            return
        above = app.screen_stack[app.screen_stack.index(app.dashboard) + 1 :]
        is_covered = any(screen.styles.background.a == 1 for screen in above)
        rests = not app.config.stats_unseen and (is_covered or not self._is_in_view)
        if rests == self._is_resting:
            return
        self._is_resting = rests
        self._read(not rests)
        app.following.look_at_processes()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let it rest while the terminal is somebody else's."""
        self._read(False)
        try:
            yield
        finally:
            self._read(not self._is_resting)

    def _read(self, reads: bool) -> None:
        for reader in (self._app.sweeper, self._app.rounds):
            if reads:
                reader.resume()
            else:
                reader.pause()

    def blurred(self) -> None:
        """Look from time to time whether tmux shows our pane, now that it has lost the focus."""
        if "TMUX_PANE" in os.environ and self._timer is None and not self._app.config.stats_unseen:
            self._timer = self._app.set_interval(LOOK_SECONDS, self._look)
            self._look()

    def focused(self) -> None:
        """Be in view for certain."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._app.asking.forget("in view")
        self._told(True)

    def _look(self) -> None:
        from cdbg_tui.sessions.in_view import is_in_view

        self._app.asking.ask("in view", is_in_view, self._told, lambda _: None)

    def _told(self, is_in_view: bool) -> None:
        self._is_in_view = is_in_view
        self.changed()
