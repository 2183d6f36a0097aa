"""What nobody can see is not read."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from textual import events
from textual.screen import Screen

from cdbg_tui.config import Config
from cdbg_tui.engine.client import Engine
from cdbg_tui.tui import sight
from tests.support import Run
from tests.tui.opened import Opened, opened


def is_reading(seen: Opened) -> bool:
    return seen.app.sweeper._running.is_set() and not seen.app.rounds._paused


async def test_meters_rest_while_another_screen_covers_them_and_go_on_after(engine: Engine, run: Run) -> None:
    run("sleep", "1000", name="cdbg-t-covered")
    async with opened(engine) as seen:
        await seen.go_to("cdbg-t-covered")
        assert is_reading(seen)
        await seen.press("x")  # a dialog covers nothing
        await seen.pilot.pause()
        seen.app.sight.changed()
        assert is_reading(seen)
        await seen.press("escape")
        await seen.app.push_screen(Screen())
        await seen.until(lambda: not is_reading(seen))
        assert seen.app.following._processes is None
        seen.app.pop_screen()
        await seen.until(lambda: is_reading(seen) and seen.app.following._processes is not None)


async def test_meters_rest_while_tmux_shows_another_window(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("sleep", "1000", name="cdbg-t-elsewhere")
    monkeypatch.setenv("TMUX_PANE", "%1")
    monkeypatch.setattr(sight, "LOOK_SECONDS", 0.1)
    for config, rests in ((Config(), True), (Config(stats_unseen=True), False)):
        with patch("cdbg_tui.sessions.in_view.is_in_view", return_value=True) as in_view:
            async with opened(engine, config=config) as seen:
                seen.app.post_message(events.AppBlur())
                await seen.until(lambda: in_view.called or not rests)  # noqa: B023
                await seen.pilot.pause()
                assert is_reading(seen)
                in_view.return_value = False
                await seen.pilot.pause(0.5)
                assert is_reading(seen) is not rests
                seen.app.post_message(events.AppFocus())
                await seen.until(lambda: is_reading(seen))
