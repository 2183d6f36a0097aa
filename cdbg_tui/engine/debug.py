"""The debug log, by which it can be told afterwards what was asked of the engine, and what that took.

Nobody listens to it but ``--debug``, and then `cdbg_tui.debugging` masks what is written.
"""

from __future__ import annotations

import logging
import time

log = logging.getLogger("cdbg")


def since(began: float) -> str:
    """Return how long it is since *began* on the monotonic clock."""
    return f"{(time.monotonic() - began) * 1000:.1f} ms"


def failure(error: BaseException) -> str:
    """Return an error on one line: its kind, and what it says."""
    return f"{type(error).__name__} ({error})"
