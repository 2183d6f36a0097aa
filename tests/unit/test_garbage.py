"""When garbage is looked for: in quiet moments, or where it is too much."""

from __future__ import annotations

import gc
from unittest.mock import patch

import pytest

from cdbg_tui.tui.garbage import ENOUGH, QUIET_SECONDS, TOO_MUCH, collect


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
        collect(quiet)
    assert collected.called is looks
