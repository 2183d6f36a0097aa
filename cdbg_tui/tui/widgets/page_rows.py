"""Which row of a view shows which part of which line, for lines that wrap and for endless ones."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.cache import LRUCache

from cdbg_tui.model.page import Page
from cdbg_tui.tui.widgets.log_rows import Rows, breaks

WIDEST = 4096
"""A longer line goes on in the next row also where lines do not wrap: a megabyte is no row."""
_COUNTED = 1 << 16
"""A line of so many letters of other than one cell is broken by their number: measuring each takes too long."""


def widths(page: Page) -> Sequence[int]:
    """Return the cells that each line takes; slow for many lines, so not for the app's thread."""
    texts = map(page.text, range(len(page)))
    return [len(text) if text.isascii() else cell_len(text) for text in texts]


def row_starts(text: str, width: int) -> list[int]:
    """Return where the rows of a line begin."""
    if len(text) > _COUNTED and not text.isascii():
        return list(range(0, len(text), max(1, width // 2)))
    return breaks(text, width)


class PageRows:
    """The rows of a page at one width."""

    def __init__(self, page: Page, cells: Sequence[int] | None, width: int) -> None:
        """*cells* are what `widths` returns; None where no line is wider than the narrowest view."""
        self.page = page
        self.width = width
        self._rows: Rows | None = None
        self._starts: LRUCache[int, list[int]] = LRUCache(512)
        if cells is not None and max(cells, default=0) > width:
            self._rows = Rows()
            self._rows.append(range(len(page)), [self._height(i, count) for i, count in enumerate(cells)])

    def _height(self, index: int, cells: int) -> int:
        if cells <= self.width:
            return 1
        text = self.page.text(index)
        return -(-len(text) // self.width) if text.isascii() else len(row_starts(text, self.width))

    def __len__(self) -> int:
        return len(self.page) if self._rows is None else self._rows.bottom - self._rows.top

    def at(self, row: int) -> tuple[int, int]:
        """Return the line that *row* belongs to, and which of its rows it is."""
        return (row, 0) if self._rows is None else self._rows.at(self._rows.top + row)

    def row_of(self, line: int, column: int = 0) -> int:
        """Return the row of a line in which its letter *column* stands."""
        if self._rows is None:
            return line
        starts = self.starts(line)
        part = max(0, sum(start <= column for start in starts) - 1) if column else 0
        return self._rows.row_of(line) - self._rows.top + part

    def starts(self, line: int) -> list[int]:
        """Return where the rows of a line begin."""
        if self._rows is None:
            return [0]
        if (starts := self._starts.get(line)) is None:
            starts = self._starts[line] = row_starts(self.page.text(line), self.width)
        return starts

    def span(self, row: int) -> tuple[int, int, int]:
        """Return the line of *row*, and from which of its letters to which."""
        line, part = self.at(row)
        starts = self.starts(line)
        end = starts[part + 1] if part + 1 < len(starts) else len(self.page.text(line))
        return line, starts[part], end
