"""What is composed is what Textual composes, and no widget draws more than it has to."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable

import pytest
from rich.segment import Segment
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from cdbg_tui.tui.compositor import SparingCompositor, beside, first_of
from cdbg_tui.tui.screens.over import Over
from cdbg_tui.tui.screens.sparing import Sparing
from cdbg_tui.tui.widgets.log_view import LogView
from cdbg_tui.tui.widgets.pane import Pane
from cdbg_tui.tui.widgets.scrolled import Bar, Scrolled
from tests.tui.opened import picture

SIZE = (80, 24)
EVERYTHING = Region(0, 0, *SIZE)


class Numbers(Scrolled):
    """A thousand lines."""

    def on_mount(self) -> None:
        self.virtual_size = Size(10, 1000)

    def render_line(self, y: int) -> Strip:
        return Strip([Segment(f"number {self.scroll_offset.y + y}")]).adjust_cell_length(self.size.width)


class Panes(Sparing[None]):
    """Widgets beside, in and over each other."""

    def compose(self) -> ComposeResult:
        with Horizontal():
            with Pane(id="left"):
                yield Numbers(id="numbers")
            with Vertical():
                with Pane(id="upper"):
                    yield Static("words " * 40, id="words")
                with Pane(id="lower"):
                    yield Static("figures " * 40)
        yield Static("over them", id="float")


class Dialog(Over[None]):
    """Something that stands over all of it."""

    CSS = "Dialog { align: center middle; & > Static { width: 30; height: 5; border: heavy red; } }"

    def compose(self) -> ComposeResult:
        yield Static("sure?")


class Wide(Over[None]):
    """Something that hides most of it."""

    CSS = "Wide { align: center bottom; & > Static { width: 100%; height: 20; background: blue; } }"

    def compose(self) -> ComposeResult:
        yield Static("much")


class Program(App[None]):
    """Shows them."""

    CSS = """
    Pane { border: round green; }
    #words { height: auto; }
    #float { layer: above; offset: 30 15; width: 20; height: 5; background: red; }
    Panes { layers: below above; }
    """

    def get_default_screen(self) -> Panes:
        return Panes()


def places(chance: random.Random) -> set[Region]:
    """Some that have changed, a few of them partly or wholly out of the screen."""
    return {
        Region(chance.randint(-5, 85), chance.randint(-3, 25), chance.randint(0, 40), chance.randint(0, 8))
        for _ in range(chance.randint(1, 4))
    }


async def test_an_update_draws_what_textuals_own_would_draw() -> None:
    async with Program().run_test(size=SIZE) as pilot:
        await pilot.pause()
        compositor = pilot.app.screen._compositor
        assert isinstance(compositor, SparingCompositor)
        chance, drawn = random.Random(7), 0  # noqa: S311 - the same each time
        whole = Compositor._render_chops(compositor, EVERYTHING, lambda y: True)
        for _ in range(200):
            compositor._dirty_regions = places(chance)
            update = compositor.render_partial_update()
            if update is None:
                continue
            for y, first, last in update.spans:
                for end, (x, piece) in zip(update.chop_ends[y], update.chops[y].items(), strict=True):
                    if x < last and end > first:
                        assert piece is not None
                        assert list(piece) == list(whole[y][x])
                        drawn += 1
        assert drawn > 1000


async def test_a_dialog_over_it_is_what_textuals_own_would_draw() -> None:
    async with Program().run_test(size=SIZE) as pilot:
        app = pilot.app
        await app.push_screen(Dialog())
        await pilot.pause()
        drawn = []
        for render in (SparingCompositor._render_chops, Compositor._render_chops):
            visible_screen_stack.set([app.screen_stack[0]])
            pieces = render(app.screen._compositor, EVERYTHING, lambda y: True)  # type: ignore[arg-type]
            drawn.append([list(Strip.join(line.values())) for line in pieces])
        assert drawn[0] == drawn[1]
        assert "sure?" in "".join(segment.text for line in drawn[0] for segment in line)


async def test_what_a_dialog_hides_is_not_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Program().run_test(size=SIZE) as pilot:
        app = pilot.app
        numbers, figures = app.screen.query_one(Numbers), app.screen.query_one("#lower Static")
        await app.push_screen(Wide())
        await pilot.pause()
        asked = Asked(monkeypatch)
        app.screen.refresh()
        await pilot.pause()
        assert app.screen.query_one(Static) in asked.lines
        assert figures not in asked.lines
        assert max(asked.lines[numbers]) < 4
        asked.lines.clear()
        figures.refresh()
        numbers.refresh(Region(0, 12, 10, 1))
        await pilot.pause()
        assert not asked.lines
        numbers.refresh(Region(0, 0, 10, 1))
        await pilot.pause()
        assert asked.lines[numbers] == {0}


def test_what_is_beside_a_cover_is_all_that_it_does_not_hide() -> None:
    chance = random.Random(3)  # noqa: S311 - the same each time
    for _ in range(300):
        region, cover = (
            Region(chance.randint(0, 9), chance.randint(0, 9), chance.randint(1, 9), chance.randint(1, 9))
            for _ in range(2)
        )
        cells = [(x, y) for part in beside(region, cover) for y in part.line_range for x in part.column_range]
        assert len(cells) == len(set(cells))
        hidden = {(x, y) for y in cover.line_range for x in cover.column_range}
        assert set(cells) == {(x, y) for y in region.line_range for x in region.column_range} - hidden


def test_what_is_drawn_first_is_small_and_nothing_of_it_is_lost() -> None:
    chance = random.Random(4)  # noqa: S311 - the same each time
    for _ in range(300):
        regions = {
            Region(chance.randint(0, 9), chance.randint(0, 9), chance.randint(1, 9), chance.randint(1, 9))
            for _ in range(chance.randint(1, 5))
        }
        all_of_it = cells_of(regions)
        drawn: Counter[tuple[int, int]] = Counter()
        smallest = min(regions, key=lambda one: (one.area, one.y, one.x))
        first, left = first_of(regions, 12)
        assert cells_of([smallest]) <= cells_of(first) or smallest.area > 12
        for turn in range(50):
            drawn += cells_of(first)
            assert sum(one.area for one in first) < 12 + 9, turn
            if not left:
                break
            first, left = first_of(left, 12)
        assert drawn == all_of_it


def cells_of(regions: Iterable[Region]) -> Counter[tuple[int, int]]:
    """Count how often each cell is in one of *regions*."""
    return Counter((x, y) for one in regions for y in one.line_range for x in one.column_range)


class Asked:
    """Who was asked to draw, and which of its lines."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lines: dict[Widget, set[int]] = {}
        original = Widget.render_lines

        def render_lines(widget: Widget, crop: Region) -> list[Strip]:
            self.lines.setdefault(widget, set()).update(crop.line_range)
            return original(widget, crop)

        monkeypatch.setattr(Widget, "render_lines", render_lines)


async def test_only_those_draw_that_have_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Program().run_test(size=SIZE) as pilot:
        await pilot.pause()
        asked = Asked(monkeypatch)
        words, numbers = pilot.app.screen.query_one("#words"), pilot.app.screen.query_one(Numbers)
        words.refresh()
        numbers.refresh(Region(0, 3, 10, 1))
        await pilot.pause()
        assert set(asked.lines) == {words, numbers}
        assert asked.lines[numbers] == {3}


async def test_a_title_that_changes_is_one_line_of_its_pane(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Program().run_test(size=SIZE) as pilot:
        await pilot.pause()
        left = pilot.app.screen.query_one("#left", Pane)
        asked = Asked(monkeypatch)
        left.name_subject("api")
        left.note("3 lines")
        await pilot.pause()
        assert set(asked.lines) == {left}
        rows = [row.text for row in picture(pilot.app)]
        assert "· api" in rows[0]
        assert any("3 lines" in row for row in rows)
        asked.lines.clear()
        left.name_subject("api")
        await pilot.pause()
        assert not asked.lines


async def test_a_bar_is_drawn_anew_when_what_it_shows_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Program().run_test(size=SIZE) as pilot:
        await pilot.pause()
        words, numbers = pilot.app.screen.query_one("#words", Static), pilot.app.screen.query_one(Numbers)
        asked = Asked(monkeypatch)
        words.update("other words " * 40)  # lays the screen out
        await pilot.pause()
        assert words in asked.lines
        assert numbers.vertical_scrollbar not in asked.lines
        numbers.virtual_size = Size(10, 50)
        await pilot.pause()
        assert numbers.vertical_scrollbar in asked.lines


async def test_a_bar_that_looks_the_same_is_not_drawn_while_its_log_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    class Log(App[None]):
        def compose(self) -> ComposeResult:
            yield LogView()

    async with Log().run_test(size=SIZE) as pilot:
        log = pilot.app.screen.query_one(LogView)
        log.append([b"\x01line"] * 50_000)
        await pilot.pause()
        bar, drawn = log.vertical_scrollbar, []
        original = Bar.render_lines

        def render_lines(widget: Bar, crop: Region) -> list[Strip]:
            before = widget._strips
            strips = original(widget, crop)
            drawn.append(widget._strips is not before)
            return strips

        monkeypatch.setattr(Bar, "render_lines", render_lines)
        for _ in range(3):
            log.append([b"\x01another"])
            await pilot.pause()
        assert bar in pilot.app.screen._compositor.visible_widgets
        assert drawn
        assert not any(drawn)
        log.scroll_to(y=0, animate=False, force=True)
        await pilot.pause()
        assert drawn[-1]


async def test_a_bar_is_what_textuals_own_would_be() -> None:
    async with Program().run_test(size=SIZE) as pilot:
        await pilot.pause()
        numbers, chance = pilot.app.screen.query_one(Numbers), random.Random(5)  # noqa: S311 - the same each time
        for turn in range(30):
            numbers.virtual_size = Size(10, chance.choice([30, 90, 1000]))
            numbers.scroll_to(y=chance.randint(0, 1000), animate=False, force=True)
            if turn == 15:
                pilot.app.theme = "textual-light"
            await pilot.pause()
            bar = numbers.vertical_scrollbar
            region = bar.size.region
            assert isinstance(bar, Bar)
            bar._styles_cache.clear()
            assert bar.render_lines(region) == Widget.render_lines(bar, region)


async def test_a_bar_whose_list_is_taken_away_meanwhile_is_let_go() -> None:
    async with Program().run_test(size=SIZE) as pilot:
        await pilot.pause()
        numbers = pilot.app.screen.query_one(Numbers)
        bar = numbers.vertical_scrollbar
        bar.refresh()
        await numbers.remove()
        bar._repaint_required = True
        bar._check_refresh()
        assert bar.parent is None
        assert bar.render_lines(Region(0, 0, 2, 5)) == [Strip.blank(2)] * 5
