"""The log of the selected container: followed, searched, filtered, and what to say where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from cdbg_tui.model.log import LogBatch, stamp_of
from cdbg_tui.model.search import Query, query
from cdbg_tui.model.text import clean
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.widgets.log_view import LogView
from cdbg_tui.tui.widgets.pane import Pane

WINDOWS: tuple[tuple[int | None, str], ...] = (
    (None, "all"),
    (60, "1 min"),
    (5 * 60, "5 min"),
    (15 * 60, "15 min"),
    (3600, "1 h"),
    (6 * 3600, "6 h"),
    (24 * 3600, "24 h"),
)

NOT_FOUND = "not found"
SEAM = 256
"""So many of the last records are handed to a new tail, which repeats none of them."""


class LogPrompt(Input):
    """The line at the bottom where a search or a filter is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", id="logs.prompt.leave", show=False)
    ]

    class Left(Message):
        """It was left without an answer."""

    def action_leave(self) -> None:
        """Leave things as they are."""
        self.post_message(self.Left())


class LogsPane(Pane):
    """One container's log; is handed batches, and asks by messages for what it does not have."""

    DEFAULT_CSS = """
    LogsPane {
        border: round $border-blurred;
        &:focus-within { border: round $border; }
        & > #log-said { display: none; height: auto; max-height: 50%; padding: 0 1; color: $text-muted; }
        & > #log-said.-problem { color: $text-warning; }
        & > LogView { height: 1fr; }
        & > LogPrompt { display: none; height: 1; border: none; padding: 0 1; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "follow", "Follow", id="logs.follow", tooltip="Follow the log's end, or stop"),
        Binding("slash", "open_prompt('/')", "Search", id="logs.search", tooltip="Mark and go to what matches"),
        Binding("n", "next_hit", "Next hit", id="logs.next", tooltip="The next hit, downwards"),
        Binding("N", "previous_hit", "Previous hit", id="logs.previous", tooltip="The one before it"),
        Binding(
            "ampersand",
            "open_prompt('&')",
            "Filter",
            id="logs.filter",
            tooltip="Show only the lines that match; !pattern: those that do not",
        ),
        Binding("w", "wrap", "Wrap", id="logs.wrap", tooltip="Long lines go on in the next row"),
        Binding("t", "timestamps", "Times", id="logs.timestamps", tooltip="The time before each line"),
        Binding("T", "window", "Window", id="logs.window", tooltip="How far back: all, 1 min … 24 h"),
        Binding("ctrl+s", "save", "Save", id="logs.save", tooltip="Save the whole log to a file"),
        Binding(
            "escape",
            "clear_search",
            "Clear",
            id="logs.clear",
            tooltip="Drop the search, then the filter",
            show=False,
        ),
        Binding("j", "scroll('scroll_down')", "Down", id="logs.down", show=False),
        Binding("k", "scroll('scroll_up')", "Up", id="logs.up", show=False),
        Binding("space", "scroll('page_down')", "Page down", id="logs.page_down", show=False),
        Binding("b", "scroll('page_up')", "Page up", id="logs.page_up", show=False),
        Binding("g", "scroll('scroll_home')", "First line", id="logs.home", show=False),
        Binding("G", "scroll('scroll_end')", "End", id="logs.end", show=False),
    ]

    NUMBER, WHAT = 3, "logs"

    class WindowChosen(Message):
        """Only the lines of the last *seconds* are wanted, all of them when None: a new tail is due."""

        def __init__(self, seconds: int | None) -> None:
            super().__init__()
            self.seconds = seconds

    class EarlierWanted(Message):
        """The lines before the one with the stamp *first* are wanted; *have* are here: see `show_earlier`."""

        def __init__(self, first: bytes, have: int) -> None:
            super().__init__()
            self.first = first
            self.have = have

    class SaveWanted(Message):
        """The whole log is wanted in a file."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.view = LogView()
        self._said = Static(id="log-said")
        self._prompt = LogPrompt(compact=True, select_on_focus=False)
        self._asks: Literal["/", "&"] = "/"
        self._window = 0
        self._search: Query | None = None
        self._filter: Query | None = None
        self._aside = self._says = ""
        self._is_waiting = self._is_exhausted = self._has_ended = self._is_open = False

    def compose(self) -> ComposeResult:
        """Lay the pane out."""
        yield self._said
        yield self.view
        yield self._prompt

    def on_mount(self) -> None:
        """Watch what the state words depend on."""
        for name in ("follow", "new_count"):
            self.watch(self.view, name, self._show_state, init=False)
        self._show_state()

    # What is shown

    @property
    def seconds(self) -> int | None:
        """The chosen time window; None is the whole log."""
        return WINDOWS[self._window][0]

    @property
    def seam(self) -> tuple[bytes, ...]:
        """The last records: what a tail that goes on here is not to repeat."""
        return self.view.last(SEAM)

    def clear(self, waiting: str = "") -> None:
        """Forget the log, and say what is being waited for. Search, filter, wrap and window stay."""
        self.view.clear()
        self._is_waiting = self._is_exhausted = self._has_ended = self._is_open = False
        self._aside = ""
        self._say(plain(waiting))
        self._show_state()

    def show(self, batch: LogBatch) -> None:
        """Add the lines of *batch*, and say how the log ended if it did."""
        was_empty = not self.view.kept
        self.view.append(batch.records)
        batch.taken()
        # What was looked for before there was a line is looked for now.
        if self._takes_back_among(batch.records) and was_empty:
            self._seek(backwards=True)
        if batch.records or batch.first:
            self._has_ended, self._is_open = False, True
        if batch.ended:
            self._has_ended = True
        if batch.problem:
            parts = (plain(one) for one in (batch.problem, batch.advice) if one)
            self._say(Content("\n").join(parts), is_problem=True)
        elif self.view.kept:
            self._say(Content())
        elif batch.first or batch.ended:
            window = f" in the last {WINDOWS[self._window][1]}" if self.seconds else ""
            self._say(plain(f"There is no line in this log{window}."))
        self._show_note()
        self._show_state()

    def show_earlier(self, records: Sequence[bytes], exhausted: bool) -> None:
        """Add *records* above the first; *exhausted* when there are none before them."""
        self._is_waiting, self._is_exhausted = False, exhausted
        self.view.prepend(records)
        self._takes_back_among(records)
        self._show_note()
        self._show_state()

    def _say(self, content: Content, *, is_problem: bool = False) -> None:
        # An update lays out the whole screen anew.
        if content.plain != self._says:
            self._says = content.plain
            self._said.update(content)
        self._said.set_class(is_problem, "-problem")
        self._said.display = bool(content.plain)

    def _show_note(self) -> None:
        if self._is_waiting:
            note = "loading earlier lines…"
        elif self.view.is_full:
            note = f"{self.view.kept:,} lines are kept: ctrl+s saves the whole log"
        elif self._is_exhausted:
            note = "the window begins here" if self.seconds else "the log begins here"
        else:
            note = "↑ earlier lines" if self.view.kept else ""
        self.view.note = note

    def _show_state(self) -> None:
        view, words = self.view, list[tuple[str, str]]()

        def word(text: str, style: str = "") -> None:
            words.append((" · " * bool(words) + clean(text), style))

        if self._aside:
            word(self._aside, "$text-warning")
        if self._filter is not None:
            word(f"only {self._described(self._filter)}", "$text-warning")
        if self._search is not None:
            word(f"/{self._described(self._search)}")
        if self.seconds:
            word(f"last {WINDOWS[self._window][1]}")
        if view.wrap:
            word("wrap")
        if self._has_ended:
            word("ended")
        elif view.follow and self._is_open:
            word("following", "$text-success")
        if not view.follow:
            new = f" +{view.new_count:,}" if view.new_count else ""
            word(f"paused{new}", "$text-warning")
        self.border_subtitle = Content.assemble(*words)  # gate: `word` cleans them

    @staticmethod
    def _described(pattern: Query) -> str:
        text = plain(pattern.text).plain
        text = text if len(text) <= 24 else text[:23] + "…"
        return f"{text} (taken literally)" if pattern.is_literal else text

    # Keys

    def action_scroll(self, how: str) -> None:
        """Scroll the view as its own keys do."""
        getattr(self.view, f"action_{how}")()

    def action_follow(self) -> None:
        """Follow, or stop."""
        self.view.follow = not self.view.follow

    def action_wrap(self) -> None:
        """Wrap long lines, or scroll sideways to them."""
        self.view.wrap = not self.view.wrap
        self._show_state()

    def action_timestamps(self) -> None:
        """Show the time of each line, or hide it."""
        self.view.timestamps = not self.view.timestamps

    def action_window(self) -> None:
        """Take the next time window."""
        self._window = (self._window + 1) % len(WINDOWS)
        self._show_state()
        self.post_message(self.WindowChosen(self.seconds))

    def action_save(self) -> None:
        """Ask for the log in a file."""
        self.post_message(self.SaveWanted())

    def action_open_prompt(self, asks: Literal["/", "&"]) -> None:
        """Let a search or a filter be typed."""
        self._asks = asks
        former = self._search if asks == "/" else self._filter
        self._prompt.value = former.text if former else ""
        self._prompt.cursor_position = len(self._prompt.value)
        self._prompt.placeholder = (
            "search: text or regular expression" if asks == "/" else "only lines with …, !… only those without"
        )
        self._prompt.display = True
        # At once, not with the next message: what is typed behind the slash is the search.
        self.screen.set_focus(self._prompt)

    def action_next_hit(self) -> None:
        """Go to the next hit."""
        self._seek(backwards=False)

    def action_previous_hit(self) -> None:
        """Go to the hit before."""
        self._seek(backwards=True)

    def action_clear_search(self) -> None:
        """Drop the search, or else the filter."""
        if self._search is not None:
            self._set_search("")
        else:
            self._set_filter("")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Esc and n to others where there is nothing to clear or to find."""
        if action == "clear_search":
            return self._search is not None or self._filter is not None
        if action in ("next_hit", "previous_hit"):
            return self._search is not None
        return True

    def _seek(self, *, backwards: bool) -> None:
        self._aside = ""
        self.view.seek(backwards=backwards)

    def _takes_back_among(self, records: Sequence[bytes]) -> bool:
        """Take back that nothing was found if it is among lines that came since; tell whether it is."""
        if self._aside != NOT_FOUND or not any(map(self.view.would_hit, records)):
            return False
        self._aside = ""
        return True

    def _set_search(self, text: str) -> None:
        self._search, self._aside = (query(text) if text else None), ""
        self.view.highlight(self._search)
        if self._search is not None:
            # At the end of a log, what is looked for lies behind.
            self._seek(backwards=self.view.follow)
        self._show_state()
        self.refresh_bindings()

    def _set_filter(self, text: str) -> None:
        self._filter, self._aside = (query(text, is_filter=True) if text else None), ""
        self.view.show_only(self._filter)
        self._show_state()
        self.refresh_bindings()

    def _close_prompt(self) -> None:
        self._prompt.display = False
        self.screen.set_focus(self.view)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search or filter for what was typed."""
        event.stop()
        self._close_prompt()
        if self._asks == "/":
            self._set_search(event.value)
        else:
            self._set_filter(event.value)

    def on_log_prompt_left(self, event: LogPrompt.Left) -> None:
        """Close the prompt."""
        event.stop()
        self._close_prompt()

    def on_log_view_sought(self, event: LogView.Sought) -> None:
        """Say so when a search went round, or found nothing."""
        event.stop()
        if not event.found:
            self._aside = NOT_FOUND
        elif event.went_round:
            self._aside = "went round the end"
        self._show_state()

    def on_log_view_top_reached(self, event: LogView.TopReached) -> None:
        """Ask for what is above, once."""
        event.stop()
        if self._is_waiting or self._is_exhausted or self.view.is_full or not self.view.kept:
            return
        self._is_waiting = True
        self._show_note()
        self.post_message(self.EarlierWanted(stamp_of(self.view.first), self.view.kept))
