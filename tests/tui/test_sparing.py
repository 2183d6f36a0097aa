"""A dialog is painted once, and what is below it only where it changes."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from textual._compositor import ChopsUpdate, Compositor
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Region, Size
from textual.pilot import Pilot
from textual.widgets import Static

from cdbg_tui.tui import strain
from cdbg_tui.tui.screens import sparing
from cdbg_tui.tui.screens.over import Over
from cdbg_tui.tui.screens.sparing import MORE_SECONDS, NEWS_SECONDS, Sparing
from cdbg_tui.tui.thrifty import ThriftyApp
from tests.tui.opened import picture

WHOLE = Region(0, 0, 80, 24)


class Below(Sparing[None]):
    """A screen with a figure in its corner."""

    def compose(self) -> ComposeResult:
        yield Static("cpu 1", id="figure")
        yield Static("\n".join("below" for _ in range(20)))


class Dialog(Over[None]):
    """A dialog in the middle."""

    CSS = "Dialog { align: center middle; & > VerticalScroll { width: 40; height: 9; border: round red; } }"
    BINDINGS = [("escape", "dismiss(None)", "close")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static("sure?\n" * 3)


class Program(App[None]):
    """Opens the one over the other."""

    def get_default_screen(self) -> Below:
        return Below()


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[set[Region]]:
    """The regions of each painting that had any."""
    made: list[set[Region]] = []
    original = Compositor.render_update

    def render_update(self: Compositor, **options: object) -> object:
        if self._dirty_regions:
            made.append(set(self._dirty_regions))
        return original(self, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Compositor, "render_update", render_update)
    return made


def text(app: App[None]) -> str:
    return "\n".join("".join(segment.text for segment in strip) for strip in picture(app))


async def test_what_opens_and_closes_a_dialog_paints_all_once(painted: list[set[Region]]) -> None:
    app = Program()
    async with app.run_test() as pilot:
        await pilot.pause(0.2)
        painted.clear()
        app.push_screen(Dialog())
        await pilot.pause(0.3)
        assert "sure?" in text(app)
        assert "below" in text(app)
        assert sum(WHOLE in regions for regions in painted) == 1
        painted.clear()
        await pilot.press("escape")
        await pilot.pause(0.3)
        assert "sure?" not in text(app)
        assert sum(WHOLE in regions for regions in painted) == 1


async def test_a_figure_that_changes_below_a_dialog_is_all_that_is_painted(painted: list[set[Region]]) -> None:
    app = Program()
    async with app.run_test() as pilot:
        app.push_screen(Dialog())
        await pilot.pause(0.3)
        painted.clear()
        for number in range(2, 6):
            app.screen_stack[0].query_one("#figure", Static).update(f"cpu {number}", layout=False)
            await pilot.pause(0.1)
            assert f"cpu {number}" in text(app)
        assert set().union(*painted) == {Region(0, 0, 80, 1)}


async def test_another_size_is_laid_out_in_all_screens() -> None:
    app = Program()
    async with app.run_test() as pilot:
        app.push_screen(Dialog())
        await pilot.pause(0.2)
        await pilot.resize_terminal(60, 20)
        await pilot.pause(0.2)
        assert [screen._compositor.size for screen in app.screen_stack] == [Size(60, 20)] * 2
        assert {len(row) for row in text(app).splitlines()} == {60}
        await pilot.press("escape")
        await pilot.pause(0.2)
        assert {len(row) for row in text(app).splitlines()} == {60}


class Typed(ThriftyApp):
    """One that knows when the user did anything last."""

    def get_default_screen(self) -> Below:
        return Below()


async def test_news_are_painted_so_far_apart_and_none_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[float] = []
    original = Compositor.render_update

    def render_update(self: Compositor, **options: object) -> object:
        times.append(time.monotonic())
        return original(self, **options)  # type: ignore[arg-type]

    app = Typed()
    async with app.run_test() as pilot:
        await pilot.pause(0.3)
        figure = app.screen.query_one("#figure", Static)
        monkeypatch.setattr(Compositor, "render_update", render_update)
        for number in range(60):
            figure.update(f"cpu {number}", layout=False)
            await pilot.pause(0.01)
        await soon(pilot, lambda: "cpu 59" in text(app))
    assert len(times) > 3
    assert min(after - before for before, after in pairwise(times)) > 0.9 * NEWS_SECONDS


async def test_what_changes_in_a_dialog_and_below_it_at_once_is_painted_in_both(
    painted: list[set[Region]],
) -> None:
    app = Typed()
    async with app.run_test() as pilot:
        app.push_screen(Dialog())
        await pilot.pause(0.3)
        painted.clear()
        dialog = app.screen
        assert isinstance(dialog, Dialog)
        dialog._news_from = math.inf
        words = dialog.query_one(Static)
        words.update("really?\n" * 3, layout=False)
        await soon(pilot, lambda: words in dialog._dirty_widgets)
        dialog.refresh(Region(0, 0, 80, 1))  # as a screen below does
        dialog._news_from = 0.0
        await soon(pilot, lambda: words.region in set().union(*painted))


async def test_what_a_key_does_waits_for_nothing(painted: list[set[Region]]) -> None:
    app = Typed()
    async with app.run_test() as pilot:
        await pilot.pause(0.3)
        screen = app.screen
        assert isinstance(screen, Below)
        painted.clear()
        screen._news_from = math.inf
        screen.query_one("#figure", Static).update("cpu 9", layout=False)
        await pilot.pause(0.3)
        assert not painted
        app.touched_at = math.inf
        await soon(pilot, lambda: bool(painted))


async def test_news_are_not_begun_while_a_key_is_on_its_way(painted: list[set[Region]]) -> None:
    app = Typed()
    async with app.run_test() as pilot:
        await pilot.pause(0.3)
        painted.clear()
        with pytest.MonkeyPatch.context() as coming:
            coming.setattr(ThriftyApp, "key_is_coming", True)
            app.screen.query_one("#figure", Static).update("cpu 9", layout=False)
            await pilot.pause(0.3)
            assert not painted
        await soon(pilot, lambda: bool(painted))


async def test_what_a_key_does_is_painted_without_a_timer_and_once(painted: list[set[Region]]) -> None:
    app = Typed()
    async with app.run_test() as pilot:
        await pilot.pause(0.3)
        screen = app.screen
        assert isinstance(screen, Below)
        # A timer that goes off never, as one does for a moment behind a painting of news.
        screen._update_timer.stop()
        figure = screen.query_one("#figure", Static)
        painted.clear()
        app.touched(owes_echo=True)
        figure.update("cpu 9", layout=False)
        await asyncio.sleep(0.3)  # not the pilot's pause, which has all painted
        assert len(painted) == 1
        figure.update("cpu 10", layout=False)
        await asyncio.sleep(0.3)
        assert len(painted) == 1


async def test_what_waits_for_more_is_painted_all_the_same(painted: list[set[Region]]) -> None:
    app = Typed()
    async with app.run_test() as pilot:
        await pilot.pause(0.3)
        painted.clear()
        screen = app.screen
        assert isinstance(screen, Below)
        screen.query_one("#figure", Static).update("cpu 9", layout=False)
        screen.wait_for_more()
        began = time.monotonic()
        await soon(pilot, lambda: bool(painted))
        assert time.monotonic() > began + 0.9 * MORE_SECONDS


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The lines of each painting, where time is always short."""
    made: list[list[int]] = []
    original = Compositor.render_update

    def render_update(self: Compositor, **options: object) -> object:
        update = original(self, **options)  # type: ignore[arg-type]
        if isinstance(update, ChopsUpdate):
            made.append([y for y, *_ in update.spans])
        return update

    monkeypatch.setattr(Compositor, "render_update", render_update)
    monkeypatch.setattr(strain, "RELIEVED", 0.0)
    monkeypatch.setattr(sparing, "PART_CELLS", 3 * 80)
    return made


@asynccontextmanager
async def strained(app: App[None]) -> AsyncIterator[tuple[Pilot[None], Below]]:
    """Open it where time is short, and wait until it stands."""
    async with app.run_test() as pilot:
        await pilot.pause(0.3)
        screen = app.screen
        assert isinstance(screen, Below)
        screen.strain.is_high = True
        yield pilot, screen


async def test_where_time_is_short_it_is_painted_piece_by_piece_the_smallest_first(
    pieces: list[list[int]],
) -> None:
    async with strained(Program()) as (pilot, screen):
        pieces.clear()
        for widget in screen.query(Static):
            widget.refresh()
        await soon(pilot, lambda: sum(map(len, pieces)) >= 21)
        await pilot.pause(0.1)
    assert pieces == [[0, 1, 2], *([y, y + 1, y + 2] for y in range(3, 21, 3))]


async def test_what_changes_while_the_rest_is_painted_is_painted_too(pieces: list[list[int]]) -> None:
    async with strained(Typed()) as (pilot, screen):
        pieces.clear()
        # All at once, however slow the machine: something is left, and a figure changes before news are due.
        screen._news_from = math.inf
        screen._compositor._dirty_regions.add(Region(0, 1, 80, 20))
        figure = screen.query_one("#figure", Static)
        figure.refresh()
        screen._dirty_widgets.add(figure)
        screen._update_timer.resume()
        await soon(pilot, lambda: sum(map(len, pieces)) >= 20)
        assert [0] not in pieces
        screen._news_from = 0.0
        await soon(pilot, lambda: [0] in pieces)


async def soon(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Wait until it is true."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        await pilot.pause(0.01)
