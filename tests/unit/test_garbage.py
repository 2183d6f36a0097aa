"""When garbage is looked for: in quiet moments, or where it is too much. What then goes back to the system."""

from __future__ import annotations

import ctypes
import gc
import weakref
from collections.abc import Iterator
from unittest.mock import patch

import psutil
import pytest
from rich.color import ColorSystem
from rich.style import Style
from textual._styles_cache import StylesCache
from textual.color import Color
from textual.strip import Strip

from cdbg_tui.tui.garbage import ENOUGH, QUIET_SECONDS, STYLES, TOO_MUCH, WHOLE_AFTER, Looks


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    """Leave nothing frozen behind."""
    yield
    gc.unfreeze()


@pytest.mark.parametrize(
    ("count", "quiet", "looks"),
    [
        (ENOUGH, QUIET_SECONDS, True),
        (ENOUGH, 0.1, False),
        (ENOUGH - 1, 100.0, False),
        (TOO_MUCH, 0.1, True),
    ],
)
def test_it_looks_in_quiet_moments_or_where_it_is_too_much(count: int, quiet: float, looks: bool) -> None:
    with patch.object(gc, "get_count", return_value=(0, 0, count)), patch.object(gc, "collect") as collected:
        assert Looks().look(quiet) is looks
    assert collected.called is looks


def look(looks: Looks | None = None) -> None:
    with patch.object(gc, "get_count", return_value=(0, 0, ENOUGH)):
        assert (looks or Looks()).look(QUIET_SECONDS)


class Ring:
    """Something that holds itself."""

    def __init__(self) -> None:
        self.itself = self


def test_what_outlived_a_look_is_left_alone_until_all_is_gone_through() -> None:
    looks, ring = Looks(), Ring()
    kept = weakref.ref(ring)
    look(looks)
    del ring
    for _ in range(WHOLE_AFTER - 1):
        young = Ring()
        passed = weakref.ref(young)
        del young
        look(looks)
        assert passed() is None
        assert kept() is not None
    look(looks)
    assert kept() is None
    assert gc.get_freeze_count() > 0


def test_what_a_widget_had_drawn_is_not_kept_when_it_is_gone() -> None:
    drawn = StylesCache()
    drawn.get_inner_outer(Color(0, 0, 0), Color(1, 1, 1))
    kept = weakref.ref(drawn)
    del drawn
    look()
    assert kept() is None


@pytest.mark.parametrize(("shown", "kept"), [(STYLES, STYLES), (STYLES + 1, 0)])
def test_of_the_styles_that_were_ever_shown_not_all_are_kept(shown: int, kept: int) -> None:
    Strip.render_ansi.cache_clear()
    for x in range(shown):
        Strip.render_ansi(Style(bold=True, meta={"offset": (x, 0)}), ColorSystem.TRUECOLOR)
    look()
    assert Strip.render_ansi.cache_info().currsize == kept


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="another C library than glibc")
def test_memory_that_was_freed_between_what_is_in_use_goes_back() -> None:
    process, size, count = psutil.Process(), 64 << 10, 1_000
    blocks = [bytearray(b"x" * size) for _ in range(count)]
    pinned = bytearray(b"x" * size)
    full = process.memory_info().rss
    del blocks
    look()
    assert full - process.memory_info().rss > size * count / 2
    assert pinned
