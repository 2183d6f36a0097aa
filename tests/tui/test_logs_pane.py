"""The logs pane in a small app of its own."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Input, Static

from cdbg_tui.model.log import LogBatch
from cdbg_tui.tui.panes.logs import LogsPane
from cdbg_tui.tui.widgets.log_lines import KEPT_LINES

STAMP = b"2026-11-22T15:21:02.%09dZ "


def record(text: str | bytes, stream: int = 1, at: int = 0) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return b"%c" % stream + STAMP % at + data


def numbered(start: int, stop: int) -> list[bytes]:
    return [record(f"line {one}", at=one) for one in range(start, stop)]


class LogsApp(App[None]):
    """Shows nothing but the pane, and remembers what it asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.pane = LogsPane()
        self.asked: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_mount(self) -> None:
        self.pane.view.focus()

    def on_logs_pane_window_chosen(self, message: LogsPane.WindowChosen) -> None:
        self.asked.append(message)

    def on_logs_pane_earlier_wanted(self, message: LogsPane.EarlierWanted) -> None:
        self.asked.append(message)

    def on_logs_pane_save_wanted(self, message: LogsPane.SaveWanted) -> None:
        self.asked.append(message)

    @property
    def rows(self) -> list[str]:
        """What the view draws, without its gutter."""
        view = self.pane.view
        strips = [view.render_line(y) for y in range(view.size.height)]
        return [strip.text[1:].rstrip() for strip in strips]

    @property
    def state(self) -> str:
        """The words in the lower border."""
        subtitle = self.pane._border_subtitle
        return subtitle.plain if subtitle else ""


async def typed(pilot: Pilot[None], key: str, text: str) -> None:
    await pilot.press(key)
    await pilot.pause()
    pilot.app.query_one(Input).value = text
    await pilot.press("enter")
    await pilot.pause()


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, condition
        await pilot.pause(0.01)


async def test_the_end_is_followed_until_somebody_scrolls_up() -> None:
    app = LogsApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.pane.show(LogBatch(numbered(0, 100), first=True))
        await pilot.pause()
        assert app.rows[-1] == "line 99"
        assert app.state == "following"
        await pilot.press("k", "k")
        app.pane.show(LogBatch(numbered(100, 120)))
        await pilot.pause()
        assert app.rows[-1] == "line 97"
        assert app.state == "paused +20"
        await pilot.press("G")
        assert app.rows[-1] == "line 119"
        assert app.state == "following"


@pytest.mark.parametrize(("up", "back"), [("up", "end"), ("pageup", "f"), ("b", "G"), ("home", "end"), ("g", "f")])
async def test_every_way_up_stops_following_and_each_way_back_follows(up: str, back: str) -> None:
    app = LogsApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.pane.show(LogBatch(numbered(0, 100), first=True))
        await pilot.press(up)
        assert app.state.startswith("paused")
        await pilot.press(back)
        assert app.state == "following"
        assert app.rows[-1] == "line 99"


async def test_scrolling_down_to_the_end_follows_again() -> None:
    app = LogsApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.pane.show(LogBatch(numbered(0, 100), first=True))
        await pilot.press("k", "j")
        assert app.state == "following"


async def test_what_is_read_stays_when_the_oldest_lines_go() -> None:
    app = LogsApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.pane.show(LogBatch(numbered(0, KEPT_LINES), first=True))
        await pilot.press("pageup", "pageup")
        before = app.rows
        app.pane.show(LogBatch(numbered(KEPT_LINES, KEPT_LINES + 5000)))
        await pilot.pause()
        assert app.rows == before
        assert app.pane.view.kept == KEPT_LINES
        assert app.pane.view.first == record("line 5000", at=5000)
        await pilot.press("g")
        assert app.rows[0] == f"{KEPT_LINES:,} lines are kept: ctrl+s saves the whole log"
        assert app.rows[1] == "line 5000"
        assert app.asked == []


async def test_earlier_lines_are_asked_for_once_and_come_above_what_is_read() -> None:
    app = LogsApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.pane.show(LogBatch(numbered(50, 150), first=True))
        await pilot.press("g", "k", "k")
        await pilot.pause()
        [asked] = app.asked
        assert isinstance(asked, LogsPane.EarlierWanted)
        assert (asked.first, asked.have) == ((STAMP % 50).strip(), 100)
        assert app.rows[0] == "loading earlier lines…"
        app.pane.show_earlier(numbered(20, 50), exhausted=False)
        await pilot.pause()
        assert app.rows[0] == "line 50"
        assert app.pane.view.note == "↑ earlier lines"
        await pilot.press("g")
        assert app.rows[:2] == ["loading earlier lines…", "line 20"]
        assert len(app.asked) == 2
        app.pane.show_earlier([], exhausted=True)
        await pilot.press("g", "k")
        assert app.rows[:2] == ["the log begins here", "line 20"]
        assert len(app.asked) == 2


async def test_a_search_marks_all_hits_and_goes_from_one_to_the_next() -> None:
    app = LogsApp()
    async with app.run_test(size=(60, 12)) as pilot:
        texts = ["ERROR one" if one in (10, 50, 90) else f"line {one}" for one in range(100)]
        app.pane.show(LogBatch([record(text) for text in texts], first=True))
        await typed(pilot, "slash", "error")
        view = app.pane.view

        def line_of_hit() -> int:
            row = next(y for y, text in enumerate(app.rows) if text == "ERROR one")
            return view.scroll_offset.y + row - 1

        await until(pilot, lambda: "ERROR one" in app.rows)
        assert line_of_hit() == 90
        assert "/error" in app.state
        strip = view.render_line(app.rows.index("ERROR one"))
        [marked] = [segment for segment in strip if segment.text == "ERROR"]
        [rest] = [segment for segment in strip if segment.text.startswith(" one")]
        assert marked.style
        assert rest.style
        assert marked.style.bgcolor != rest.style.bgcolor
        await pilot.press("N")
        await until(pilot, lambda: "line 50" not in app.rows and "ERROR one" in app.rows)
        assert line_of_hit() == 50
        await pilot.press("n", "n")
        await until(pilot, lambda: "went round" in app.state)
        assert line_of_hit() == 10
        await pilot.press("escape")
        assert "/error" not in app.state


async def test_a_search_that_finds_nothing_or_is_no_expression_says_so() -> None:
    app = LogsApp()
    async with app.run_test(size=(80, 12)) as pilot:
        app.pane.show(LogBatch(numbered(0, 20_000), first=True))
        await typed(pilot, "slash", "nowhere[")
        await until(pilot, lambda: "not found" in app.state)
        assert "nowhere[ (taken literally)" in app.state


async def test_a_search_before_the_first_line_goes_on_when_lines_come() -> None:
    app = LogsApp()
    async with app.run_test(size=(80, 12)) as pilot:
        await typed(pilot, "slash", "error")
        await until(pilot, lambda: "not found" in app.state)
        lines = [record(f"error {one}" if one == 50 else "line") for one in range(100)]
        app.pane.show(LogBatch(lines, first=True))
        await until(pilot, lambda: "error 50" in app.rows)
        assert "not found" not in app.state


async def test_it_is_not_said_any_longer_that_nothing_is_found_when_it_comes() -> None:
    app = LogsApp()
    async with app.run_test(size=(80, 12)) as pilot:
        app.pane.show(LogBatch(numbered(100, 200), first=True))
        with_hit = [*numbered(200, 300), record("error"), *numbered(300, 400)]
        comings: list[Callable[[], None]] = [
            lambda: app.pane.show(LogBatch(with_hit)),
            lambda: app.pane.show_earlier(with_hit, exhausted=False),
        ]
        for come in comings:
            await typed(pilot, "slash", "error")
            await until(pilot, lambda: "not found" in app.state)
            app.pane.show(LogBatch(numbered(400, 410)))
            assert "not found" in app.state
            come()
            assert "not found" not in app.state
            assert "following" in app.state, "nobody asked to leave the end"
            app.pane.clear()
            app.pane.show(LogBatch(numbered(500, 600), first=True))


async def test_a_filter_shows_only_what_matches_also_of_what_comes() -> None:
    app = LogsApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.pane.show(LogBatch(numbered(0, 30_000), first=True))
        await typed(pilot, "ampersand", "7$")
        await until(pilot, lambda: app.pane.view.shown == 3000)
        assert app.rows[-2:] == ["line 29987", "line 29997"]
        app.pane.show(LogBatch(numbered(30_000, 30_010)))
        await pilot.pause()
        assert app.rows[-2:] == ["line 29997", "line 30007"]
        assert "only 7$" in app.state
        await typed(pilot, "ampersand", "!7$")
        await until(pilot, lambda: app.pane.view.shown == 27_009)
        assert app.rows[-1] == "line 30009"
        assert app.rows[-3] == "line 30006"
        await pilot.press("escape")
        await until(pilot, lambda: app.pane.view.shown == 30_010)
        assert "only" not in app.state


async def test_new_lines_that_the_filter_leaves_out_are_not_counted_as_new() -> None:
    app = LogsApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.pane.show(LogBatch(numbered(0, 1000), first=True))
        await typed(pilot, "ampersand", "7$")
        await pilot.press("k")
        app.pane.show(LogBatch(numbered(1000, 1020)))
        await pilot.pause()
        assert "paused +2" in app.state


async def test_a_prompt_that_is_left_changes_nothing() -> None:
    app = LogsApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.pane.show(LogBatch(numbered(0, 100), first=True))
        await pilot.press("ampersand", "7", "escape")
        assert not app.query_one(Input).display
        assert app.pane.view.has_focus
        assert app.state == "following"
        assert app.rows[-1] == "line 99"


async def test_escape_is_left_to_others_when_there_is_nothing_to_clear() -> None:
    class Outer(LogsApp):
        BINDINGS = [("escape", "back", "Back")]  # noqa: RUF012
        went_back = 0

        async def action_back(self) -> None:
            self.went_back += 1

    app = Outer()
    async with app.run_test(size=(60, 12)) as pilot:
        app.pane.show(LogBatch(numbered(0, 10), first=True))
        await typed(pilot, "ampersand", "7")
        await pilot.press("escape")
        assert app.went_back == 0
        await pilot.press("escape")
        assert app.went_back == 1


async def test_long_lines_wrap_and_what_is_read_stays_on_the_screen() -> None:
    app = LogsApp()
    async with app.run_test(size=(42, 12)) as pilot:
        records = [record(f"{one:04} " + "abcdefgh" * 10, at=one) for one in range(3000)]
        app.pane.show(LogBatch(records, first=True))
        await pilot.press("pageup")
        top = app.rows[0][:4]
        await pilot.press("w")
        await pilot.pause()
        assert app.rows[0][:4] == top
        assert app.rows[0][4:] + app.rows[1] + app.rows[2] == " " + "abcdefgh" * 10
        await until(pilot, lambda: app.pane.view.virtual_size.height == 9001)
        assert app.rows[0][:4] == top
        await pilot.resize_terminal(102, 12)
        await until(pilot, lambda: app.pane.view.virtual_size.height == 3001)
        assert app.rows[0] == f"{top} " + "abcdefgh" * 10


async def test_times_are_shown_before_the_lines() -> None:
    app = LogsApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.pane.show(LogBatch([record("hello", at=345_000_000)], first=True))
        await pilot.press("t")
        assert re.fullmatch(r"\d\d:\d\d:02\.345 hello", app.rows[1])
        await pilot.press("t")
        assert app.rows[1] == "hello"


async def test_stderr_is_marked_in_the_gutter() -> None:
    app = LogsApp()
    async with app.run_test(size=(60, 12)):
        app.pane.show(LogBatch([record("out"), record("wrong", stream=2)], first=True))
        out, wrong = app.pane.view.render_line(1), app.pane.view.render_line(2)
        assert (out.text[0], wrong.text[0]) == (" ", "▌")


HOSTILE = [
    b"\x1b]52;c;aGk=\x07osc",
    b"\x1b[2J\x1b[31mred\x1b[0m\x1b",
    b"\xc2\x9b31mc1 \xc2\x9d0;title\x07",
    b"[/x][red]evil[/usr/bin][@click=app.quit]x[/]",
    b"\xe2\x80\xae rtl \x00\x08\x7f \xff",
    b"10%\r20%\r",
    b"a\tb\x1bc",
]


async def test_hostile_lines_are_drawn_without_a_control_character() -> None:
    app = LogsApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.pane.show(LogBatch([record(text) for text in HOSTILE], first=True))
        for key in ("t", "w"):
            drawn = "".join(app.rows)
            assert "osc" in drawn
            assert "[/x][red]evil[/usr/bin][@click=app.quit]x[/]" in drawn
            assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e]", drawn)
            await pilot.press(key)
        await typed(pilot, "slash", "[/x]")
        await typed(pilot, "ampersand", "e|o")
        assert "[/x]" in app.state


async def test_a_problem_is_told_with_its_advice_and_without_markup() -> None:
    app = LogsApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.pane.show(LogBatch([], first=True, ended=True, problem="No [/x] log.", advice="Try \x1b[2Jjson."))
        await pilot.pause()
        said = app.query_one("#log-said", Static)
        assert said.display
        assert str(said.content) == "No [/x] log.\nTry json."


async def test_loading_empty_and_ended_are_told_apart() -> None:
    app = LogsApp()
    async with app.run_test(size=(60, 12)):
        said = app.query_one("#log-said", Static)
        app.pane.clear("loading…")
        assert (said.display, str(said.content)) == (True, "loading…")
        app.pane.show(LogBatch([], first=True))
        assert str(said.content) == "There is no line in this log."
        assert app.state == "following"
        app.pane.show(LogBatch([record("one")]))
        assert not said.display
        app.pane.show(LogBatch([], ended=True))
        assert app.state == "ended"
        app.pane.show(LogBatch([record("two")], first=True))
        assert app.state == "following"
        app.pane.clear("loading…")
        assert app.pane.view.kept == 0


async def test_the_window_goes_round_and_is_asked_for() -> None:
    app = LogsApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press(*("T" * 7))
        chosen = [one.seconds for one in app.asked if isinstance(one, LogsPane.WindowChosen)]
        assert chosen == [60, 300, 900, 3600, 6 * 3600, 24 * 3600, None]
        await pilot.press("T")
        assert "last 1 min" in app.state


async def test_saving_is_asked_for() -> None:
    app = LogsApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("ctrl+s")
        assert isinstance(app.asked[0], LogsPane.SaveWanted)


async def test_a_batch_is_acknowledged_when_it_is_taken() -> None:
    app, taken = LogsApp(), list[int]()
    async with app.run_test(size=(60, 12)):
        app.pane.show(LogBatch(numbered(0, 3), taken=lambda: taken.append(1)))
        assert taken == [1]
        assert app.pane.seam == tuple(numbered(0, 3))


async def test_text_is_selected_with_the_mouse_and_stays_selected_as_lines_come() -> None:
    app = LogsApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.pane.show(LogBatch(numbered(0, 100), first=True))
        await pilot.press("k")
        await pilot.pause()
        view = app.pane.view
        first = app.rows.index("line 95")
        await pilot.mouse_down(view, offset=(6, first))
        await pilot.hover(view, offset=(4, first + 2))
        await pilot.mouse_up(view, offset=(4, first + 2))
        await pilot.pause()
        assert app.screen.get_selected_text() == "95\nline 96\nline"
        app.pane.show(LogBatch(numbered(100, 120)))
        app.pane.show_earlier([record("earlier")], exhausted=True)
        assert app.screen.get_selected_text() == "95\nline 96\nline"


async def test_a_wrapped_line_is_copied_as_one_line() -> None:
    app = LogsApp()
    async with app.run_test(size=(32, 12)) as pilot:
        app.pane.show(LogBatch([record("abcdefghij" * 5), record("next")], first=True))
        await pilot.press("w")
        await pilot.pause()
        view = app.pane.view
        await pilot.mouse_down(view, offset=(1, 1))
        await pilot.hover(view, offset=(4, 3))
        await pilot.mouse_up(view, offset=(4, 3))
        assert app.screen.get_selected_text() == "abcdefghij" * 5 + "\nnext"


async def test_a_line_that_is_too_wide_is_scrolled_sideways() -> None:
    app = LogsApp()
    async with app.run_test(size=(32, 12)) as pilot:
        app.pane.show(LogBatch([record("abcdefghij" * 10)], first=True))
        await until(pilot, lambda: app.pane.view.max_scroll_x > 0)
        assert app.rows[1].startswith("abcdefghij")
        app.pane.view.scroll_to(x=5, animate=False)
        await pilot.pause()
        assert app.rows[1].startswith("fghijabc")


async def test_no_batch_and_no_key_holds_the_app_for_long() -> None:
    app = LogsApp()
    async with app.run_test(size=(100, 30)) as pilot:
        worst = 0.0
        for start in range(0, 100_000, 5000):
            began = time.thread_time()
            app.pane.show(LogBatch(numbered(start, start + 5000)))
            worst = max(worst, time.thread_time() - began)
        for change in (app.pane.action_wrap, app.pane.action_timestamps, app.pane.action_wrap):
            began = time.thread_time()
            change()
            worst = max(worst, time.thread_time() - began)
        await until(pilot, lambda: app.pane.view.virtual_size.height == 100_001)
        # Seconds of the processor; laid out at once, 100,000 lines take 0.4 of them, and wrapped 1.4.
        assert worst < 0.15
