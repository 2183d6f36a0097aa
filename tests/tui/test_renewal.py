"""The list is brought up to date at once where that costs nothing, and in its turn where it does."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.containers import Changed
from cdbg_tui.tui import in_turn
from cdbg_tui.tui.messages import EngineTold
from tests.support import Run
from tests.tui.opened import Opened, opened


def tell(seen: Opened, name: str) -> None:
    """Have the engine tell of a container of that name; always the same."""
    [first, *_] = seen.app.containers.values()
    seen.app._told(EngineTold(Changed((replace(first, id="f" * 64, name=name),))))


def is_settled(seen: Opened) -> bool:
    """Tell whether nothing more is to come: no whole list behind that of those that run, nothing in its turn."""
    return seen.app._knows_dead and not seen.app._renewal.is_due


def listed(seen: Opened) -> list[str]:
    """Return the names in the list."""
    return [one.name for one in seen.app.dashboard.containers.containers.values()]


async def test_a_list_that_costs_nothing_is_right_at_once(engine: Engine, run: Run) -> None:
    one = run("sleep", "1000", name="cdbg-t-few")
    async with opened(engine) as seen:
        await seen.until(lambda: one in seen.app.containers and is_settled(seen))
        seen.app._renewal.took = 0.0
        tell(seen, "another")
        assert "another" in listed(seen)


async def test_a_list_that_is_dear_has_its_share_of_the_time(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_turn, "SHARE", 0.5)
    one = run("sleep", "1000", name="cdbg-t-dear")
    async with opened(engine) as seen:
        await seen.until(lambda: one in seen.app.containers and is_settled(seen))
        seen.app._renewal.done_at, seen.app._renewal.took = time.monotonic(), 0.5
        for number in range(3):
            tell(seen, f"another-{number}")
            assert f"another-{number}" not in listed(seen)
        await seen.until(lambda: "another-2" in listed(seen))
        assert seen.app._renewal.took < 0.5


async def test_keys_go_before_a_list_that_is_dear_but_not_for_ever(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_turn, "DEAR_SECONDS", -1.0)
    monkeypatch.setattr(in_turn, "PATIENCE_SECONDS", 0.5)
    one = run("sleep", "1000", name="cdbg-t-busy")
    async with opened(engine) as seen:
        await seen.until(lambda: one in seen.app.containers and is_settled(seen))
        began = seen.app.typed_at = time.monotonic()
        tell(seen, "another")
        assert "another" not in listed(seen)

        def is_listed() -> bool:
            seen.app.typed_at = time.monotonic()  # somebody holds a key down
            return "another" in listed(seen)

        await seen.until(is_listed)
        assert time.monotonic() - began >= 0.5
