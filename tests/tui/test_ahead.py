"""The keys are drawn before they are asked for, and stand as they would have without."""

from __future__ import annotations

import time

import pytest
from textual.screen import Screen

from cdbg_tui.engine.client import Engine
from cdbg_tui.tui import app as app_module
from cdbg_tui.tui.app import CdbgApp
from cdbg_tui.tui.widgets.key_columns import KeyColumns
from tests.support import Run
from tests.tui.opened import Opened, opened
from tests.tui.test_dashboard import FOREVER


class Drawn:
    """Counts the lines of keys that are drawn."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lines = 0
        original = KeyColumns.render_line

        def render_line(columns: KeyColumns, y: int) -> object:
            self.lines += 1
            return original(columns, y)

        monkeypatch.setattr(KeyColumns, "render_line", render_line)


@pytest.fixture
def drawn(run: Run, monkeypatch: pytest.MonkeyPatch) -> Drawn:
    """Have the keys drawn soon after the start, beside a container."""
    run(*FOREVER, name="a-target")
    monkeypatch.setattr(app_module, "AHEAD_SECONDS", 0.05)
    return Drawn(monkeypatch)


async def shown(seen: Opened) -> Screen[object]:
    """Ask for the keys."""
    await seen.press("question_mark")
    await seen.until(lambda: "esc closes" in seen.text)
    return seen.app.screen


def change_theme(seen: Opened) -> None:
    """Have other colours."""
    seen.app.theme = "textual-light" if seen.app.theme != "textual-light" else "nord"


def has_colours_of_now(seen: Opened, screen: Screen[object]) -> bool:
    """Tell whether its box would have the same ones if it were styled anew."""
    styles = screen.query_one(".dialog--box").styles
    had = styles.background, styles.border
    seen.app.stylesheet.update(screen)
    return (styles.background, styles.border) == had


async def test_the_keys_are_drawn_before_they_are_asked_for(engine: Engine, drawn: Drawn) -> None:
    async with opened(engine) as seen:
        await seen.until(lambda: drawn.lines > 0)
        assert seen.app.screen is seen.app.dashboard
        assert "esc closes" not in seen.text
        before = drawn.lines
        await shown(seen)
        assert drawn.lines == before
        await seen.press("escape")
        await seen.until(lambda: "esc closes" not in seen.text)


async def test_they_have_the_colours_and_the_size_of_now(engine: Engine, drawn: Drawn) -> None:
    async with opened(engine) as seen:
        await seen.until(lambda: drawn.lines > 0)
        change_theme(seen)
        await seen.pilot.resize_terminal(80, 24)
        screen = await shown(seen)
        assert screen.region.size == (80, 24)
        assert screen.region.contains_region(screen.query_one(".dialog--box").region)
        assert has_colours_of_now(seen, screen)


async def test_keys_that_are_pressed_come_first(
    engine: Engine, drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[int] = []
    original = CdbgApp._draw_ahead

    async def draw_ahead(app: CdbgApp) -> None:
        if len(turns) < 3:
            app.typed_at = time.monotonic()
        await original(app)
        turns.append(drawn.lines)

    monkeypatch.setattr(CdbgApp, "_draw_ahead", draw_ahead)
    async with opened(engine) as seen:
        await seen.until(lambda: drawn.lines > 0)
        assert turns[:3] == [0, 0, 0]


async def test_those_that_were_shown_already_have_the_colours_of_now(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(*FOREVER, name="a-target")
    monkeypatch.setattr(app_module, "AHEAD_SECONDS", 600)
    async with opened(engine) as seen:
        await shown(seen)
        await seen.press("escape")
        await seen.until(lambda: seen.app.screen is seen.app.dashboard)
        change_theme(seen)
        await seen.app.dashboard.draw_keys()
        assert has_colours_of_now(seen, await shown(seen))
