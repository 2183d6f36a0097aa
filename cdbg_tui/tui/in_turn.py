"""Work that a burst of news wants done again and again, and that may be dear: it has its share of the time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.timer import Timer

from cdbg_tui.tui.thrifty import LEAST_SECONDS

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp

SHARE = 0.1
"""So much of the time may go into it."""
DEAR_SECONDS = 0.005
"""Where it takes longer it lets keys go first, for *PATIENCE_SECONDS*: it is begun *KEYS_SECONDS* after one."""
KEYS_SECONDS = 0.15
PATIENCE_SECONDS = 1.0


class InTurn:
    """Does *work* when it is wanted: at once where it is cheap, else in good time after the last time.

    Among thousands of containers the list takes as long to bring up to date as many keys; among fifty, a
    millisecond.
    """

    def __init__(self, app: CdbgApp, work: Callable[[], None]) -> None:
        self._app = app
        self._work = work
        self._timer: Timer | None = None
        self.done_at = 0.0
        """When it was done last, by the monotonic clock."""
        self.took = 0.0
        """Seconds that it took then."""

    @property
    def is_due(self) -> bool:
        """Whether it is still to be done."""
        return self._timer is not None

    def want(self) -> None:
        """Have it done; wanted again meanwhile, it is done once."""
        if self._timer is not None:
            return
        now = time.monotonic()
        if self.took > DEAR_SECONDS:
            # Never right behind what has found that it is wanted: a key may have come meanwhile.
            self._timer = self._app.set_timer(LEAST_SECONDS, lambda: self._do_or_wait(now))
        else:
            self._do_or_wait(now)

    def _do_or_wait(self, since: float) -> None:
        self._timer, now = None, time.monotonic()
        left = self.done_at + self.took * (1 / SHARE - 1) - now
        if self.took > DEAR_SECONDS and now - since < PATIENCE_SECONDS:
            left = max(left, self._app.typed_at + KEYS_SECONDS - now)
        if left > 0:
            self._timer = self._app.set_timer(left, lambda: self._do_or_wait(since))
        elif self._app.dashboard.is_running:  # the app is not leaving
            self._work()
            self.done_at = time.monotonic()
            self.took = self.done_at - now
