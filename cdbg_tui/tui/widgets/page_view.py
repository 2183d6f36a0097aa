"""A page with a cursor: line numbers, colours, hits; draws only what is seen."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.reactive import var
from textual.selection import Selection
from textual.strip import Strip

from cdbg_tui.model.page import Hit, Line, Page, TextPage
from cdbg_tui.tui.paint import ansi
from cdbg_tui.tui.widgets.line_list import LineList
from cdbg_tui.tui.widgets.page_rows import WIDEST, PageRows

Spans = Mapping[int, Sequence[tuple[int, int, str]]]
"""The colours of lines: from which letter to which, and Textual's words for the style; in order."""

LONGEST_COLOURED = 1 << 16
"""The colours that a longer line brings itself are not looked for."""
_SIDEWAYS = 8


class PageView(LineList):
    """Rows of one page, which is handed over ready: with its widths, later with its colours and hits."""

    ALLOW_SELECT = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "page(1)", "Page down", show=False),
        Binding("b", "page(-1)", "Page up", show=False),
        Binding("right,l", "sideways(1)", "Right", show=False),
        Binding("left,h", "sideways(-1)", "Left", show=False),
        Binding("0", "line_start", "Start of the lines", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "page--number",
        "page--note",
        "page--added",
        "page--removed",
        "page--place",
        "page--hit",
        "page--hit-current",
    }
    DEFAULT_CSS = """
    PageView {
        & > .page--number { color: $foreground-muted; }
        & > .page--note { color: $text-accent; text-style: italic; }
        & > .page--added { color: $text-success; }
        & > .page--removed { color: $text-error; }
        & > .page--place { color: $text-primary; }
        & > .page--hit { background: $warning 40%; color: $text; }
        & > .page--hit-current { background: $warning; color: $background; text-style: bold; }
    }
    """

    wrap: var[bool] = var(False, init=False)
    """Whether long lines go on in the next row."""
    left: var[int] = var(0, init=False)
    """The first cell of the lines that is shown, where they do not wrap."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.page: Page = TextPage(())
        self._cells: Sequence[int] | None = None
        self._rows = PageRows(self.page, None, WIDEST)
        self._colours: Spans = {}
        self._styles: dict[str, Style] = {}
        self._hits: Sequence[Hit] = ()
        self._hit = -1

    # What is shown

    @property
    def count(self) -> int:
        """The number of rows."""
        return len(self._rows)

    def show(self, page: Page, cells: Sequence[int] | None, *, at: int = 0) -> None:
        """Show another page, the cursor on line *at*; *cells* are the widths of its lines, if they differ."""
        self.page, self._cells = page, cells
        self._colours, self._hits, self._hit = {}, (), -1
        self.left = 0
        self.set_reactive(PageView.cursor, -1)
        self._lay_out(at)

    def colour(self, colours: Spans) -> None:
        """Show colours in the lines."""
        self._colours = colours
        self.refresh()

    @property
    def current(self) -> int:
        """The line that the cursor is on; -1 where there is none."""
        return self._rows.at(self.cursor)[0] if 0 <= self.cursor < self.count else -1

    def go_to(self, line: int, column: int = 0, *, middle: bool = True) -> None:
        """Put the cursor on a line, in the middle of the view if it is out of sight."""
        if not len(self.page):
            return
        row = self._rows.row_of(min(max(line, 0), len(self.page) - 1), column)
        height = self.scrollable_content_region.height
        top = self.scroll_offset.y
        if middle and height and not top <= row < top + height:
            self.scroll_to(y=max(0, row - height // 2), animate=False, force=True)
        self.move_to(row)

    @property
    def _room(self) -> int:
        return max(1, self.scrollable_content_region.width - self._gutter)

    @property
    def _gutter(self) -> int:
        return self.page.number_width + 3 if self.page.number_width else 1

    def _lay_out(self, line: int, column: int = 0) -> None:
        if self.is_mounted and self.text_selection is not None:
            self.screen.clear_selection()
        width = self._room if self.wrap and self.size.width else WIDEST
        self._rows = PageRows(self.page, self._cells, width)
        self.virtual_size = Size(self.size.width, self.count)
        self.refresh()
        if len(self.page):
            self.set_reactive(PageView.cursor, -1)
            self.go_to(line, column)
            # Where it was not laid out yet, nothing could be scrolled.
            self.call_after_refresh(self._show_cursor)

    def _here(self) -> tuple[int, int]:
        return self._rows.span(self.cursor)[:2] if 0 <= self.cursor < self.count else (0, 0)

    def watch_wrap(self) -> None:
        """Lay out anew, the cursor where it was."""
        self.left = 0
        self._lay_out(*self._here())

    def watch_left(self) -> None:
        """Draw anew."""
        self.refresh()

    def on_resize(self) -> None:
        """Wrap at the new width."""
        if self.wrap and self._room != self._rows.width:
            self._lay_out(*self._here())

    # Searching

    def mark(self, hits: Sequence[Hit], current: int) -> None:
        """Mark *hits*, and go to one of them."""
        self._hits, self._hit = hits, current
        self.refresh()
        if 0 <= current < len(hits):
            hit = hits[current]
            column = self.page.column(hit)
            self.go_to(hit.line, column)
            if not self.wrap:
                column -= self._rows.starts(hit.line)[self._rows.at(self._rows.row_of(hit.line, column))[1]]
                if not self.left <= column < self.left + self._room - _SIDEWAYS:
                    self.left = 0 if column < self._room - _SIDEWAYS else column - self._room // 2

    # Moving

    def action_sideways(self, step: int) -> None:
        """Go half a view to the left or the right in lines that do not wrap."""
        if not self.wrap:
            widest = min(max(self._cells, default=0), WIDEST) if self._cells is not None else self._room
            step *= max(_SIDEWAYS, self._room // 2)
            self.left = max(0, min(self.left + step, widest - _SIDEWAYS))

    def action_line_start(self) -> None:
        """Go back to where the lines begin."""
        self.left = 0

    def action_scroll_left(self) -> None:
        """Go left: the wheel that is turned sideways."""
        self.left = max(0, self.left - _SIDEWAYS)

    def action_scroll_right(self) -> None:
        """Go right."""
        if not self.wrap and self._cells is not None:
            self.left = max(0, min(self.left + _SIDEWAYS, max(self._cells, default=0) - _SIDEWAYS))

    def action_open(self) -> None:
        """Do nothing: there is nothing in a line to open."""

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        row = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        base = self.rich_style
        if row >= self.count:
            return Strip.blank(width, base)
        if row == self.cursor:
            base += self.get_component_rich_style("line-list--cursor", partial=True)
        index, start, end = self._rows.span(row)
        line = self.page[index]
        room, left = self._room, 0 if self.wrap else self.left
        # Of letters of one cell each, only those in sight are painted.
        first, last = start, end
        if line.text.isascii():
            first, last = min(start + left, end), min(start + left + room, end)
        text = self._painted(index, line, first, last, base)
        if (selection := self.text_selection) is not None and (span := selection.get_span(row)) is not None:
            stop = end - start if span[1] == -1 else span[1]
            chosen = self.screen.get_component_rich_style("screen--selection")
            text.stylize(chosen, max(0, span[0] - (first - start)), max(0, stop - (first - start)))
        cells = end - start if line.text.isascii() else cell_len(text.plain)
        begin = 0 if line.text.isascii() else left
        strip = Strip(text.render(self.app.console), cell_len(text.plain)).crop_extend(begin, begin + room, base)
        if left + room < cells:
            # So that nobody takes what is seen for all there is.
            strip = Strip.join(
                [strip.crop(0, room - 1), Strip([Segment("›", base + self._style("page--number"))])]
            )
        number = line.number if start == 0 else ""
        gutter = f" {number:>{self.page.number_width}}  " if self.page.number_width else " "
        placed = base + self._style("page--number") + Style.from_meta({"offset": (left, row)})
        return Strip([Segment(gutter, placed), *strip.apply_offsets(left, row)], width)  # gate: a number

    def _painted(self, index: int, line: Line, start: int, end: int, base: Style) -> Text:
        """Return letters *start* to *end* of a line in all their colours."""
        piece = line.text[start:end]
        text = Text(piece, end="", no_wrap=True)  # gate: the text of a page's line is clean
        text.stylize(base)
        if line.role:
            text.stylize(self._style(f"page--{line.role}"))
        elif "\x1b" in line.original or "\x9b" in line.original:
            self._stylize_own(text, line, start, end)
        spans = self._colours.get(index, ())
        for first, last, style in spans[max(0, bisect_left(spans, (start,)) - 1) :]:
            if first >= end:
                break
            if last > start:
                text.stylize(self._textual_style(style), max(0, first - start), last - start)
        for at, first, last in self.page.marks(index, self._hits, start, end):
            name = "page--hit-current" if at == self._hit else "page--hit"
            text.stylize(self.get_component_rich_style(name), max(0, first - start), last - start)
        return text

    def _stylize_own(self, text: Text, line: Line, start: int, end: int) -> None:
        """Give *text* the colours that the line itself sets."""
        if len(line.original) > LONGEST_COLOURED:
            return
        own = ansi(line.original)
        own.expand_tabs(8)
        # What is drawn must be what is measured and searched.
        if own.plain == line.text:
            for span in own[start:end].spans:
                text.stylize(span.style, span.start, span.end)

    def _style(self, name: str) -> Style:
        if name not in self._styles:
            # Only the whole style has its colour blended by its alpha; only the partial one has no background.
            blended = Style.from_color(self.get_component_rich_style(name).color)
            self._styles[name] = self.get_component_rich_style(name, partial=True) + blended
        return self._styles[name]

    def _textual_style(self, words: str) -> Style:
        if words not in self._styles:
            parsed = self.app.stylesheet.parse_style(words)
            style = (self.visual_style + parsed).rich_style
            self._styles[words] = Style(
                color=style.color, bold=style.bold, italic=style.italic, underline=style.underline
            )
        return self._styles[words]

    def notify_style_update(self) -> None:
        """Draw anew in other colours."""
        super().notify_style_update()
        self._styles.clear()

    # Copying

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text: the original of lines that are selected whole, else what is seen."""
        row = max(0, selection.start.y if selection.start else 0)
        stop = min(self.count, selection.end.y + 1 if selection.end else self.count)
        parts: list[str] = []
        while row < stop:
            index, start, end = self._rows.span(row)
            line = self.page[index]
            if start == 0 and parts:
                parts.append("\n")
            first, last = selection.get_span(row) or (0, 0)
            last = end - start if last == -1 else min(last, end - start)
            is_whole = (first, start, last) == (0, 0, len(line.text))
            parts.append(line.original if is_whole else line.text[start + first : start + last])
            row += 1
        return "".join(parts), "\n"
