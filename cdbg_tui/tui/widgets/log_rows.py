"""Which line of a log stands on which row of the screen, for lines that wrap and lines left out.

Lines have numbers that they keep while they are held, and rows have numbers that they keep while the
lines are laid out alike. Both may therefore grow at either end, and be cut at the front, without moving
what is being read.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from rich.cells import cell_len, get_character_cell_size

from cdbg_tui.model.log import plain_text
from cdbg_tui.model.search import Query
from cdbg_tui.tui.widgets.log_lines import Lines, shown_text

ORIGIN = 1 << 40
"""The row that everything grows from; rows above it stay positive."""

_CHUNK = 256


class Rows:
    """A run of laid-out lines in ascending order, each at least one row high."""

    def __init__(self) -> None:
        self._numbers = array("q")
        self._ends = array("q")
        self.top = ORIGIN
        """The first row."""

    def __len__(self) -> int:
        """Return how many lines are laid out."""
        return len(self._numbers)

    @property
    def bottom(self) -> int:
        """The row after the last one."""
        return self._ends[-1] if self._ends else self.top

    def append(self, numbers: Sequence[int], heights: Iterable[int] | None = None) -> None:
        """Lay out further lines below; without *heights* each takes one row."""
        start = self.bottom
        self._numbers.extend(numbers)
        self._ends.extend(_ends(start, len(numbers), heights))

    def prepend(self, numbers: Sequence[int], heights: Sequence[int] | None = None) -> None:
        """Lay out further lines above; rows below keep their numbers."""
        self.top -= len(numbers) if heights is None else sum(heights)
        self._numbers = array("q", numbers) + self._numbers
        self._ends = array("q", _ends(self.top, len(numbers), heights)) + self._ends

    def trim(self, first: int) -> None:
        """Forget the lines before number *first*."""
        gone = bisect_left(self._numbers, first)
        if gone:
            self.top = self._ends[gone - 1]
            del self._numbers[:gone]
            del self._ends[:gone]

    def at(self, row: int) -> tuple[int, int]:
        """Return the number of the line that *row* belongs to, and which row of the line it is."""
        index = bisect_right(self._ends, row)
        return self._numbers[index], row - (self._ends[index - 1] if index else self.top)

    def row_of(self, number: int) -> int:
        """Return the first row of the line *number*, or of the next that is laid out."""
        index = bisect_left(self._numbers, number)
        return self._ends[index - 1] if index else self.top

    def count_from(self, number: int) -> int:
        """Return how many lines are laid out from *number* on."""
        return len(self._numbers) - bisect_left(self._numbers, number)


def _ends(start: int, count: int, heights: Iterable[int] | None) -> Iterable[int]:
    if heights is None:
        return range(start + 1, start + count + 1)
    ends = accumulate(heights, initial=start)
    next(ends)
    return ends


def breaks(text: str, width: int) -> list[int]:
    """Return where the rows of *text* begin when it is wrapped at *width* cells, as a terminal does."""
    if text.isascii():
        return list(range(0, len(text), width)) or [0]
    if cell_len(text) <= width:
        return [0]
    starts, filled = [0], 0
    for index, character in enumerate(text):
        size = get_character_cell_size(character)
        filled += size
        if filled > width:
            starts.append(index)
            filled = size
    return starts


def height(text: str, width: int) -> int:
    """Return how many rows *text* takes at *width* cells."""
    if text.isascii():
        return -(-len(text) // width) or 1
    return len(breaks(text, width))


class Layout:
    """The rows of the lines that a filter keeps, at one width; made bit by bit from a line that is read.

    What is below that line comes first, then what is above it: both join what is there, and nothing that
    is there moves.
    """

    def __init__(
        self,
        lines: Lines,
        anchor: int,
        *,
        keeps: Query | None = None,
        width: int | None = None,
        timestamps: bool = False,
    ) -> None:
        """Begin at line number *anchor*; without *width*, a line is one row however long."""
        self.rows = Rows()
        self.width = width
        self._lines = lines
        self._keeps = keeps
        self._timestamps = timestamps
        # The lines from one number to the other are laid out.
        self._above = self._below = min(max(anchor, lines.first), lines.end)

    def holds(self, number: int) -> bool:
        """Tell whether this line had its turn."""
        return self._above <= number < self._below

    def fill(self, deadline: float) -> bool:
        """Drop what is kept no more, and lay out what is new until *deadline*; tell whether that is all."""
        lines = self._lines
        self.rows.trim(lines.first)
        self._above, self._below = max(self._above, lines.first), max(self._below, lines.first)
        chunk = _CHUNK if self.width or self._keeps else len(lines)
        while True:
            if self._below < lines.end:
                start, self._below = self._below, min(self._below + chunk, lines.end)
                self.rows.append(*self._measured(start, self._below))
            elif self._above > lines.first:
                stop, self._above = self._above, max(self._above - chunk, lines.first)
                self.rows.prepend(*self._measured(self._above, stop))
            else:
                return True
            if time.perf_counter() > deadline:
                return self._below == lines.end and self._above == lines.first

    def breaks(self, text: str) -> list[int]:
        """Return where the rows of a line begin."""
        return breaks(text, self.width) if self.width else [0]

    def _measured(self, start: int, stop: int) -> tuple[Sequence[int], list[int] | None]:
        """Return which of these lines are to be seen, and how many rows each takes."""
        lines, keeps, width = self._lines, self._keeps, self.width
        numbers: Sequence[int] = range(start, stop)
        if keeps is not None:
            numbers = [number for number in numbers if keeps.keeps(plain_text(lines[number]))]
        if not width:
            return numbers, None
        texts = (shown_text(lines[number], timestamps=self._timestamps) for number in numbers)
        return numbers, [height(text, width) for text in texts]
