"""A list of lines with a cursor, on Textual's line API: repaints the cells that changed, nothing else.

Textual's DataTable paints a refreshed screenful in about 40 ms, this in less than 10, and a figure that
changed costs the terminal that figure instead of its row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.selection import Selection
from textual.strip import Strip

from cdbg_tui.tui.cells import ROLES, Cell
from cdbg_tui.tui.widgets.scrolled import Scrolled


class LineList(Scrolled, can_focus=True):
    """Lines to move in. A subclass says what they are by `line` and `count`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("pagedown,ctrl+f,ctrl+d", "page(1)", "Page down", show=False),
        Binding("pageup,ctrl+b,ctrl+u", "page(-1)", "Page up", show=False),
        Binding("home,g", "go(0)", "First", show=False),
        Binding("end,G", "go(-1)", "Last", show=False),
        Binding("enter", "open", "Open", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line-list--cursor",
        *(f"line-list--{role}" for role in ROLES),
    }
    DEFAULT_CSS = """
    LineList {
        height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
        & > .line-list--cursor { background: $panel; }
        &:focus > .line-list--cursor { background: $block-cursor-blurred-background; text-style: bold; }
        & > .line-list--good { color: $text-success; }
        & > .line-list--warn { color: $text-warning; }
        & > .line-list--bad { color: $text-error; }
        & > .line-list--dim { color: $foreground-muted; }
        & > .line-list--accent { color: $text-accent; }
        & > .line-list--strong { text-style: bold; }
    }
    """

    cursor: reactive[int] = reactive(-1, repaint=False)

    class Moved(Message):
        """The cursor stands on another line."""

        def __init__(self, lines: LineList, index: int) -> None:
            super().__init__()
            self.lines = lines
            self.index = index

        @property
        def control(self) -> LineList:
            """The list in which it moved."""
            return self.lines

    class Opened(Moved):
        """Enter was pressed on a line, or it was double-clicked."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._drawn: dict[int, tuple[Cell, ...]] = {}
        self._roles: dict[str, Style] = {}

    @property
    def count(self) -> int:
        """The number of lines."""
        raise NotImplementedError

    def line(self, index: int, width: int) -> Sequence[Cell]:
        """Return a line as cells that fill *width*."""
        raise NotImplementedError

    def can_rest(self, index: int) -> bool:
        """Tell whether the cursor may stand on a line."""
        return 0 <= index < self.count

    # Painting

    def lines_changed(self) -> None:
        """Repaint what differs from the screen; call it after the lines are other ones."""
        size = Size(self.size.width, self.count)
        if size.height != self.virtual_size.height:
            self.virtual_size = size
            self.refresh()
            return
        width = self.scrollable_content_region.width
        top = self.scroll_offset.y
        for y in range(self.scrollable_content_region.height):
            index = top + y
            old = self._drawn.get(index)
            if index >= self.count or old is None:
                continue
            new = tuple(self.line(index, width))
            if new != old:
                self._drawn[index] = new
                start, end = changed_cells(old, new)
                self.refresh(Region(start, y, end - start, 1))

    def render_line(self, y: int) -> Strip:
        """Paint the line at *y* of the view."""
        index = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        base = self.rich_style
        if index >= self.count:
            self._drawn.pop(index, None)
            return Strip.blank(width, base)
        if len(self._drawn) > 4 * max(1, self.size.height):
            self._drawn.clear()
        cells = self._drawn[index] = tuple(self.line(index, width))
        if index == self.cursor:
            base += self.get_component_rich_style("line-list--cursor", partial=True)
        segments = [Segment(cell.text, base + self._role(cell.role)) for cell in cells]
        strip = Strip(segments).extend_cell_length(width, base).crop(0, width)
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(index)) is not None:
            strip = self._selected(strip, *span)
        return strip.apply_offsets(0, index)

    def _role(self, role: str) -> Style:
        if not role:
            return Style.null()
        if role not in self._roles:
            name = f"line-list--{role}"
            # Only the whole style has its colour blended by its alpha; only the partial one has no background.
            blended = Style.from_color(self.get_component_rich_style(name).color)
            self._roles[role] = self.get_component_rich_style(name, partial=True) + blended
        return self._roles[role]

    def _selected(self, strip: Strip, start: int, end: int) -> Strip:
        length = strip.cell_length
        end = length if end == -1 else min(end, length)
        style = self.screen.get_component_rich_style("screen--selection")
        middle = strip.crop(start, end)
        painted = Strip([Segment(part.text, (part.style or Style.null()) + style) for part in middle])
        return Strip.join([strip.crop(0, start), painted, strip.crop(end, length)])

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text under a selection by mouse."""
        width = self.scrollable_content_region.width
        lines = ("".join(cell.text for cell in self.line(i, width)).rstrip() for i in range(self.count))
        return selection.extract("\n".join(lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Repaint under a changed selection."""
        self.refresh()

    def notify_style_update(self) -> None:
        """Forget painted lines when theme or focus change the styles."""
        super().notify_style_update()
        self._drawn.clear()
        self._roles.clear()

    def on_resize(self) -> None:
        """Keep the virtual size and the cursor in step with the view."""
        self.virtual_size = Size(self.size.width, self.count)
        self._drawn.clear()
        self.refresh()
        self._show_cursor()

    # Moving

    def watch_cursor(self, old: int, new: int) -> None:
        """Repaint the two lines that changed, and bring the new one into view."""
        for index in {old, new}:
            if index >= 0:
                self.refresh_lines(index)
        self._show_cursor()

    def _show_cursor(self) -> None:
        height = self.scrollable_content_region.height
        top = self.scroll_offset.y
        if self.cursor < 0 or height <= 0:
            return
        if self.cursor < top or self.cursor >= top + height:
            above = self.cursor < top
            wanted = self.cursor if above else self.cursor - height + 1
            # A heading above the first line that can be stood on comes into view with it.
            if above and not any(map(self.can_rest, range(wanted))):
                wanted = 0
            self.scroll_to(y=wanted, animate=False)

    def move_to(self, index: int, step: int = 1) -> None:
        """Put the cursor on *index*, or the next line in the direction of *step* where it may rest."""
        while 0 <= index < self.count and not self.can_rest(index):
            index += step
        if self.can_rest(index) and index != self.cursor:
            self.cursor = index
            self.post_message(self.Moved(self, index))

    def action_move(self, step: int) -> None:
        """Move by one line."""
        if self.cursor == -1:
            self.move_to(0)
        else:
            self.move_to(self.cursor + step, step)

    def action_page(self, direction: int) -> None:
        """Move by a screenful, or to the end of the list."""
        step = max(1, self.scrollable_content_region.height - 1) * direction
        target = min(max(self.cursor + step, 0), self.count - 1)
        self.move_to(target, direction)
        if not self.can_rest(target):
            self.move_to(target, -direction)

    def action_go(self, index: int) -> None:
        """Move to the first line, or to the last (-1)."""
        if index == 0:
            self.move_to(0, 1)
        else:
            self.move_to(self.count - 1, -1)

    def action_open(self) -> None:
        """Open the line under the cursor."""
        if self.can_rest(self.cursor):
            self.post_message(self.Opened(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse points; a second click opens."""
        index = self.scroll_offset.y + event.y
        if not self.can_rest(index):
            return
        if index == self.cursor and event.chain > 1:
            self.action_open()
        self.move_to(index)


def changed_cells(old: Sequence[Cell], new: Sequence[Cell]) -> tuple[int, int]:
    """Return from where to where two lines differ, in terminal cells; cells before and after are equal."""
    start = 0
    for before, after in zip(old, new, strict=False):
        if before != after:
            break
        start += Segment(after.text).cell_length
    total, total_before = (sum(Segment(cell.text).cell_length for cell in line) for line in (new, old))
    end = max(total, total_before)
    if total == total_before:
        for before, after in zip(reversed(old), reversed(new), strict=False):
            if before != after or end <= start:
                break
            end -= Segment(after.text).cell_length
    return start, max(end, start + 1)
