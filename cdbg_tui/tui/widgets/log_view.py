"""A log as a scrollable view: keeps bytes, draws only what is seen, never waits for all its lines."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.selection import Selection
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from cdbg_tui.model.log import STDERR, plain_text
from cdbg_tui.model.search import Query
from cdbg_tui.model.text import one_line
from cdbg_tui.tui.widgets.log_lines import Hit, Lines, clock_of, coloured_text, search, shown_text
from cdbg_tui.tui.widgets.log_rows import Layout, Rows
from cdbg_tui.tui.widgets.scrolled import Scrolled

SLICE_SECONDS = 0.006
"""The longest that the app is held by work on all lines; the rest follows in further slices."""

_PAUSE_SECONDS = 0.004
_GUTTER = 1
_KEPT_ROWS = 64
"""So many are kept as they are drawn, or two screens full where that is more: each takes some 10 KiB."""


class LogView(Scrolled, can_focus=True):
    """The lines of one log, the newest at the bottom, followed until somebody scrolls up."""

    ALLOW_SELECT = True
    BINDINGS: ClassVar[list[BindingType]] = []
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "log--stderr",
        "log--stamp",
        "log--note",
        "log--hit",
        "log--hit-current",
    }
    DEFAULT_CSS = """
    LogView {
        overflow-x: scroll;
        overflow-y: scroll;
        scrollbar-size: 0 1;
        & .log--stderr { color: $error; }
        & .log--stamp { color: $text-muted; }
        & .log--note { color: $text-muted; text-style: italic; }
        & .log--hit { background: $warning 40%; color: $text; }
        & .log--hit-current { background: $warning; color: $background; text-style: bold; }
    }
    """

    follow: var[bool] = var(True)
    """Whether the end stays in sight as lines come."""
    new_count: var[int] = var(0)
    """How many lines came since following was turned off."""
    wrap: var[bool] = var(False, init=False)
    """Whether long lines go on in the next row."""
    timestamps: var[bool] = var(False, init=False)
    """Whether each line has its time before it."""
    note: var[str] = var("", init=False)
    """The words above the first line: our own."""

    class TopReached(Message):
        """Somebody wants to see what is above the first line."""

    class Sought(Message):
        """A search has come to its end: at a hit, after going round, or nowhere."""

        def __init__(self, found: bool, went_round: bool) -> None:
            super().__init__()
            self.found = found
            self.went_round = went_round

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lines = Lines()
        self._layout = Layout(self._lines, 0)
        self._paused_at = 0
        self._is_placing = False
        self._widest = 0
        self._painted: LRUCache[int, list[Text]] = LRUCache(_KEPT_ROWS)
        # Whole rows as they are drawn at this sideways scroll, width and style.
        self._frame = (0, 0, Style.null())
        self._strips: LRUCache[int, Strip] = LRUCache(_KEPT_ROWS)
        self._filling: Timer | None = None
        self._search: Query | None = None
        self._filter: Query | None = None
        self._hit: Hit | None = None
        self._seeking: Iterator[Hit | None] | None = None

    # What is kept

    @property
    def kept(self) -> int:
        """How many lines are kept."""
        return len(self._lines)

    @property
    def is_full(self) -> bool:
        """Whether a further line would push out the first."""
        return self._lines.is_full

    @property
    def shown(self) -> int:
        """How many lines the filter lets through, of those that it has looked at."""
        return len(self._rows)

    @property
    def first(self) -> bytes:
        """The oldest kept record; empty where there is none."""
        return self._lines[self._lines.first] if len(self._lines) else b""

    def last(self, count: int) -> tuple[bytes, ...]:
        """Return the newest *count* records."""
        return self._lines.last(count)

    def append(self, records: Sequence[bytes]) -> None:
        """Take the newest lines; the oldest go when there are too many."""
        self._lines.append(records)
        self._fill()

    def prepend(self, records: Sequence[bytes]) -> None:
        """Take lines from before the first, as many of the last of them as there is room for."""
        self._lines.prepend(records)
        self._fill()

    def clear(self) -> None:
        """Forget all lines, and follow the next."""
        self._lines = Lines()
        self._hit, self._seeking = None, None
        self._widest = 0
        self.note = ""
        self.follow = True
        self._lay_out_anew()

    # Laying out

    @property
    def _rows(self) -> Rows:
        return self._layout.rows

    @property
    def _width(self) -> int:
        return max(1, self.size.width - _GUTTER)

    def _lay_out_anew(self) -> None:
        """Start again from what is being read: the rest is laid out below and above it in slices."""
        anchor = self._lines.end
        if not self.follow and len(self._rows):
            anchor, _ = self._rows.at(self._top_row())
        if self.is_mounted and self.text_selection is not None:
            self.screen.clear_selection()
        self._painted.clear()
        self._strips.clear()
        self._layout = Layout(
            self._lines,
            anchor,
            keeps=self._filter,
            width=self._width if self.wrap else None,
            timestamps=self.timestamps,
        )
        self._fill(goal=anchor)

    def _fill(self, goal: int | None = None) -> None:
        """Lay out what is not yet, for one slice of time; *goal* is the line to have at the top."""
        top = self._top_row()
        is_done = self._layout.fill(time.perf_counter() + SLICE_SECONDS)
        self._place(self._rows.row_of(goal) if goal is not None else top)
        self.new_count = 0 if self.follow else self._rows.count_from(self._paused_at)
        if not is_done and self._filling is None and self.is_mounted:
            self._filling = self.set_timer(_PAUSE_SECONDS, self._fill_on)

    def _fill_on(self) -> None:
        self._filling = None
        self._fill()

    # Scrolling. The first row of the content is the note; row r of the log is r - top + 1 below it.

    def _top_row(self) -> int:
        """Return the row of the log at the upper edge."""
        rows = self._rows
        return min(max(rows.top + self.scroll_offset.y - 1, rows.top), max(rows.top, rows.bottom - 1))

    def _place(self, top: int) -> None:
        """Fit the scrollable size, and have the end in sight or row *top* at the upper edge."""
        if not self.is_mounted:
            return
        was_at_note = self.scroll_offset.y == 0
        rows = self._rows
        size = Size(0 if self.wrap else self._widest + _GUTTER, rows.bottom - rows.top + 1)
        self._is_placing = True
        try:
            if size != self.virtual_size:
                # Set as a reactive, the size would lay out the whole screen anew for each batch.
                self.set_reactive(Widget.virtual_size, size)
                self._scroll_update(size)
            wanted = self.max_scroll_y if self.follow else top - rows.top + 1
            if not self.follow and was_at_note and top == rows.top:
                wanted = 0
            if wanted != self.scroll_y:
                self.scroll_to(y=wanted, animate=False, force=True)
        finally:
            self._is_placing = False
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow or not as somebody scrolls to the end or away from it."""
        super().watch_scroll_y(old_value, new_value)
        if self._is_placing or old_value == new_value:
            return
        # A view that grows is moved up to its new end: nobody has scrolled.
        if new_value > old_value and new_value >= self.max_scroll_y:
            self.follow = True
        elif new_value < min(old_value, self.max_scroll_y):
            self.follow = False
            if new_value < 1:
                self.post_message(self.TopReached())

    def watch_follow(self, follow: bool) -> None:
        """Go to the end, or remember where it was."""
        self._paused_at = self._lines.end
        if follow:
            self.new_count = 0
            self._place(0)

    def watch_wrap(self) -> None:
        """Lay out anew."""
        self.scroll_to(x=0, animate=False)
        self._lay_out_anew()

    def watch_timestamps(self) -> None:
        """Lay out anew."""
        self._lay_out_anew()

    def watch_note(self) -> None:
        """Show the words above the first line."""
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Wrap at the new width, and keep what two screens of the new height show."""
        if 2 * event.size.height > self._strips.maxsize:
            for drawn in (self._strips, self._painted):
                drawn.clear()  # a full one does not grow
                drawn.grow(2 * event.size.height)
        if self.wrap and self._width != self._layout.width:
            self._lay_out_anew()
        else:
            self._place(self._top_row())

    def _scroll_rows(self, rows: int) -> None:
        if rows < 0 and self.scroll_offset.y == 0:
            self.post_message(self.TopReached())
        self.scroll_to(y=self.scroll_offset.y + rows, animate=False, force=True)

    def action_scroll_up(self) -> None:
        """Go up one row."""
        self._scroll_rows(-1)

    def action_scroll_down(self) -> None:
        """Go down one row."""
        self._scroll_rows(1)

    def action_page_up(self) -> None:
        """Go up one page."""
        self._scroll_rows(1 - self.scrollable_content_region.height)

    def action_page_down(self) -> None:
        """Go down one page."""
        self._scroll_rows(self.scrollable_content_region.height - 1)

    def action_scroll_home(self) -> None:
        """Go to the first line."""
        self._scroll_rows(-self.max_scroll_y)

    def action_scroll_end(self) -> None:
        """Go to the end and follow."""
        self.follow = True
        self._place(0)

    # Searching

    def show_only(self, query: Query | None) -> None:
        """Leave out the lines that *query* does not keep."""
        self._filter = query
        self._lay_out_anew()

    def highlight(self, query: Query | None) -> None:
        """Mark what *query* finds."""
        self._search, self._hit, self._seeking = query, None, None
        self._forget_paint()

    def would_hit(self, record: bytes) -> bool:
        """Tell whether what is looked for is in *record*, and the filter lets it through."""
        text = plain_text(record)
        kept = self._filter is None or self._filter.keeps(text)
        return kept and self._search is not None and bool(self._search.hits(text))

    def seek(self, *, backwards: bool = False) -> None:
        """Go to the next hit from what is on the screen, or from the last hit if that is; `Sought` tells."""
        if self._search is None:
            return
        number, after = self._search_start(backwards)
        lines, query, keeps = self._lines, self._search, self._filter
        self._seeking = search(lines, query, keeps, number, after, backwards=backwards)
        self._seek_on(self._seeking)

    def _seek_on(self, seeking: Iterator[Hit | None]) -> None:
        """Look on for one slice of time, unless something else is looked for by now."""
        deadline = time.perf_counter() + SLICE_SECONDS
        while seeking is self._seeking:
            if time.perf_counter() > deadline:
                self.set_timer(_PAUSE_SECONDS, lambda: self._seek_on(seeking))
                return
            try:
                hit = next(seeking)
            except StopIteration:
                self._seeking = None
                self.post_message(self.Sought(False, False))
                return
            if hit is not None:
                self._seeking = None
                self._show_hit(hit)
                self.post_message(self.Sought(True, hit.went_round))

    def _search_start(self, backwards: bool) -> tuple[int, int | None]:
        """Return the line to begin with, and the hit in it that was the last."""
        rows = self._rows
        if not len(rows):
            return self._lines.first, None
        page = max(1, self.scrollable_content_region.height - 1)
        first, _ = rows.at(self._top_row())
        last, _ = rows.at(min(self._top_row() + page - 1, rows.bottom - 1))
        if self._hit is not None and first <= self._hit.number <= last:
            return self._hit.number, self._hit.index
        return (last if backwards else first), None

    def _show_hit(self, hit: Hit) -> None:
        """Bring a hit into sight, and stop following there."""
        self._hit = hit
        self.follow = False
        number, column = hit.number, hit.column
        while not self._layout.holds(number):
            self._fill()
        self._forget_paint()
        record = self._lines[number]
        column += len(clock_of(record)) if self.timestamps else 0
        row = self._rows.row_of(number)
        if self.wrap:
            starts = self._layout.breaks(shown_text(record, timestamps=self.timestamps))
            row += max(0, sum(start <= column for start in starts) - 1)
        elif not self.scroll_offset.x <= column < self.scroll_offset.x + self._width - 8:
            self._widest = max(self._widest, column + self._width // 2)
            self._place(self._top_row())
            self.scroll_to(x=max(0, column - self._width // 2), animate=False, force=True)
        page = max(1, self.scrollable_content_region.height)
        at = row - self._rows.top + 1
        if not self.scroll_offset.y <= at < self.scroll_offset.y + page:
            self._is_placing = True
            self.scroll_to(y=at - page // 3, animate=False, force=True)
            self._is_placing = False

    # Drawing

    def notify_style_update(self) -> None:
        """Draw anew in other colours."""
        super().notify_style_update()
        self._forget_paint()

    def _forget_paint(self) -> None:
        self._painted.clear()
        self._strips.clear()
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the rows in sight."""
        style = self.rich_style
        frame = (self.scroll_offset.x, self.size.width, style)
        if frame != self._frame:
            self._frame = frame
            self._strips.clear()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        _, width, style = self._frame
        y += self.scroll_offset.y
        row = self._rows.top + y - 1
        if y == 0:
            note = style + self.get_component_rich_style("log--note", partial=True)
            words = Segment(" " * _GUTTER + one_line(self.note), note)
            return Strip([words]).crop_extend(0, width, style)
        if row >= self._rows.bottom or width <= _GUTTER:
            return Strip.blank(width, style)
        if (selection := self.text_selection) is not None:
            return self._drawn(row, selection.get_span(row))
        strip = self._strips.get(row)
        if strip is None:
            strip = self._strips[row] = self._drawn(row, None)
        return strip

    def _drawn(self, row: int, selected: tuple[int, int] | None) -> Strip:
        scroll_x, width, style = self._frame
        number, part = self._rows.at(row)
        record = self._lines[number]
        # The offset tells the mouse which letter of which row it points at.
        placed = style + Style.from_meta({"offset": (scroll_x, row)})
        gutter = Segment(" ", placed)
        if record[0] == STDERR:
            colour = self.get_component_rich_style("log--stderr", partial=True)
            gutter = Segment("▌", placed + colour)
        texts = self._texts(number, record)
        text = texts[part] if part < len(texts) else Text("")
        if selected is not None:
            start, end = selected
            text = text.copy()
            chosen = self.screen.get_component_rich_style("screen--selection")
            text.stylize(chosen, start, len(text) if end == -1 else end)
        cells = cell_len(text.plain)
        self._see_width(cells)
        room = width - _GUTTER
        if len(text.spans) <= 1 and text.plain.isascii():
            line = text.plain[scroll_x : scroll_x + room].ljust(room)
            return Strip([gutter, Segment(line, placed)], width)
        strip = Strip(text.render(self.app.console), cells)
        strip = strip.crop_extend(scroll_x, scroll_x + room, style).apply_offsets(scroll_x, row)
        return Strip([gutter, *strip], width)

    def _see_width(self, width: int) -> None:
        """Widen the scrollable size to the widest line that was seen."""
        if not self.wrap and width > self._widest:
            self._widest = width
            if width > self._width:
                self.call_later(lambda: self._place(self._top_row()))

    def _texts(self, number: int, record: bytes) -> list[Text]:
        """Return the rows of a line as text with its colours, its time and its hits."""
        if (texts := self._painted.get(number)) is not None:
            return texts
        text = coloured_text(record)
        for index, (start, end) in enumerate(self._search.hits(text.plain) if self._search else ()):
            is_current = self._hit is not None and (self._hit.number, self._hit.index) == (number, index)
            name = "log--hit-current" if is_current else "log--hit"
            text.stylize(self.get_component_rich_style(name), start, end)
        if self.timestamps:
            stamp = self.get_component_rich_style("log--stamp", partial=True)
            text = Text.assemble((clock_of(record), stamp), text)
        text.stylize_before(self._frame[2])
        starts = self._layout.breaks(text.plain)
        texts = list(text.divide(starts[1:]))
        self._painted[number] = texts
        return texts

    # Selecting

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text; a line that wraps is one line."""
        rows, parts = self._rows, list[str]()
        row = max(rows.top, selection.start.y if selection.start else rows.top)
        stop = min(rows.bottom, selection.end.y + 1 if selection.end else rows.bottom)
        while row < stop:
            number, part = rows.at(row)
            text = shown_text(self._lines[number], timestamps=self.timestamps)
            starts = self._layout.breaks(text)
            if part == 0 and parts:
                parts.append("\n")
            for start, end in zip(starts[part:], [*starts[part + 1 :], len(text)], strict=True):
                if row < stop and (span := selection.get_span(row)) is not None:
                    piece = text[start:end]
                    parts.append(piece[span[0] : len(piece) if span[1] == -1 else span[1]])
                row += 1
        return "".join(parts), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Show what is selected; the lines stand still while one selects."""
        if selection is not None:
            self.follow = False
        self.refresh()
