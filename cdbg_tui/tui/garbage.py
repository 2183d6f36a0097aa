"""Looks for garbage when nobody waits: a look at all that a dashboard holds takes up to a tenth of a second.

Python looks whenever enough has been made, as when a dialog opens or a log floods: just when a key waits.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp

LOOK_SECONDS = 5.0
QUIET_SECONDS = 1.0
"""So long after the last key nobody waits."""
ENOUGH, TOO_MUCH = 3, 20
"""Collections of the younger generations, of 7,000 new objects each: worth a look in quiet, and in any case."""
_NEVER = 1 << 30


def tend(app: CdbgApp) -> None:
    """Leave what has been loaded so far alone for good, and look through the rest in quiet moments."""
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _NEVER)
    gc.enable()
    app.set_interval(LOOK_SECONDS, lambda: collect(time.monotonic() - app.typed_at))


def collect(quiet: float) -> None:
    """Look for garbage where there may be some, no key having been pressed for *quiet* seconds, or too much."""
    count = gc.get_count()[2]
    if count >= TOO_MUCH or (count >= ENOUGH and quiet >= QUIET_SECONDS):
        gc.collect()
