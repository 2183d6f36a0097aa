"""Looks for garbage when nobody waits: a look at all that a dashboard holds takes up to a tenth of a second.

Python looks whenever enough has been made, as when a dialog opens or a log floods: just when a key waits.

What was freed goes back to the system then. glibc's malloc keeps a heap for each of many threads, takes ever
larger blocks from the heap once one of that size was freed (mallopt(3), M_MMAP_THRESHOLD), and gives back only
what lies at a heap's end: over weeks of floods and lost engines that is as much again as is in use.
"""

from __future__ import annotations

import ctypes
import gc
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual._styles_cache import StylesCache
from textual.strip import Strip

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp

LOOK_SECONDS = 5.0
QUIET_SECONDS = 1.0
"""So long after the last key nobody waits."""
ENOUGH, TOO_MUCH = 3, 20
"""Collections of the younger generations, of 7,000 new objects each: worth a look in quiet, and in any case."""
WHOLE_AFTER = 20
"""After so many looks one goes through all that there is; the others leave alone what outlived the one before."""
STYLES = 2_048
"""So many may be kept as the terminal reads them: a few hundred are on a screen."""
_NEVER = 1 << 30
_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
"""Of malloc.h."""
_LARGE = 512 * 1024
"""Bytes: blocks from there on are mapped, and so unmapped, one by one. What one reading of a stream may bring is
less, and not worth a mapping each time."""


def tend(app: CdbgApp) -> None:
    """Leave what has been loaded so far alone, and look through the rest in quiet moments."""
    _tame_malloc()
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _NEVER)
    gc.enable()
    looks = Looks()
    app.set_interval(LOOK_SECONDS, lambda: looks.look(time.monotonic() - app.typed_at))


class Looks:
    """Looks for garbage. To go through five thousand containers each time takes 50 ms, and seldom finds any."""

    def __init__(self) -> None:
        self._partial = 0

    def look(self, quiet: float) -> bool:
        """Look where there may be some, no key having been pressed for *quiet* seconds, or too much.

        Return whether it was looked.
        """
        made, is_quiet = gc.get_count()[2], quiet >= QUIET_SECONDS
        if made < (ENOUGH if is_quiet else TOO_MUCH):
            return False
        # Textual's cache of two colours holds, for a thousand widgets that are gone, all that they had drawn.
        StylesCache.get_inner_outer.cache_clear()
        # And it keeps how 16,384 styles are written, one for each place that text was at: 10 MiB after days.
        if Strip.render_ansi.cache_info().currsize > STYLES:
            Strip.render_ansi.cache_clear()
        self._partial += 1
        if self._partial > WHOLE_AFTER and is_quiet:
            self._partial = 0
            gc.unfreeze()
        gc.collect()
        gc.freeze()
        _give_back()
        return True


def _tame_malloc() -> None:
    """Have one heap for all threads, which take turns anyway, and nothing large in it."""
    if (mallopt := _of_glibc("mallopt")) is not None:
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, _LARGE)


def _give_back() -> None:
    """Give whole pages back that are free between others in use."""
    if (trim := _of_glibc("malloc_trim")) is not None:
        trim(ctypes.c_size_t(0))


def _of_glibc(name: str) -> Callable[..., int] | None:
    """Return a function of glibc; other C libraries have no such, and no such trouble."""
    try:
        return getattr(ctypes.CDLL(None), name, None)
    except OSError:  # a static Python has no library to look in
        return None
