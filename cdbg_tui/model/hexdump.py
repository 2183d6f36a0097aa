"""Bytes as lines of hexadecimal figures and letters, as ``hexdump -C`` prints them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from cdbg_tui.model.page import MOST_HITS, Ends, Hit, Line, Page, note
from cdbg_tui.model.search import Query

ROW = 16
_LETTERS = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in range(256))
_LETTERS_AT = 3 * ROW + 3
"""Where in a row the letters begin: after the figures, the gap in their middle, and the first bar."""
_FIGURES = re.compile(r"(?:[0-9a-fA-F]{2} ?)+")


def dumped(data: bytes) -> str:
    """Return up to `ROW` bytes as a row."""
    half = ROW // 2
    figures = f"{data[:half].hex(' ')}  {data[half:].hex(' ')}" if len(data) > half else data.hex(" ")
    return f"{figures:<{_LETTERS_AT - 1}}|{data.decode('latin-1').translate(_LETTERS)}|"


class HexPage(Page):
    """A file, or both ends of one, as rows that are made when they are looked at."""

    def __init__(self, ends: Ends) -> None:
        self._head, self._tail = ends.head, ends.tail
        self._ends = ends
        # So that the rows of the end stand where they would if all of it were shown.
        start = ends.size - len(ends.tail)
        skew = -start % ROW if ends.tail else 0
        self._tail = ends.tail[skew:]
        self._start = start + skew
        self._head_rows = -(-len(self._head) // ROW)
        self._notes = 1 if ends.missing else 0
        self.number_width = max(8, len(f"{ends.size:x}"))
        self.unsearched = ends.unsearched

    def __len__(self) -> int:
        return self._head_rows + self._notes + -(-len(self._tail) // ROW)

    def __getitem__(self, index: int) -> Line:
        if self._notes and index == self._head_rows:
            return note(self._ends.missing_words)
        data, first, offset = self._head, 0, 0
        if index >= self._head_rows:
            data, first, offset = self._tail, self._head_rows + self._notes, self._start
        at = (index - first) * ROW
        row = dumped(data[at : at + ROW])
        number = f"{offset + at:0{self.number_width}x}"
        return Line(row, f"{number}  {row}", number)

    def find(self, query: Query) -> list[Hit]:
        """Return where the text, or else the bytes that hexadecimal figures name, stands."""
        wanted = [re.escape(query.text.encode("utf-8", "surrogateescape"))]
        if _FIGURES.fullmatch(query.text):
            wanted.append(re.escape(bytes.fromhex(query.text)))
        pattern = re.compile(b"|".join(wanted), re.IGNORECASE if query.regex.flags & re.IGNORECASE else 0)
        hits: list[Hit] = []
        for data, first in ((self._head, 0), (self._tail, self._head_rows + self._notes)):
            for match in pattern.finditer(data):
                if match.end() > match.start():
                    row, start = divmod(match.start(), ROW)
                    hits.append(Hit(first + row, start, start + match.end() - match.start()))
                if len(hits) >= MOST_HITS:
                    return hits
        return hits

    def column(self, hit: Hit) -> int:
        """Return where the figures of a hit begin."""
        return _figure(hit.start)

    def marks(self, index: int, hits: Sequence[Hit], _start: int, _end: int) -> Iterator[tuple[int, int, int]]:
        """Yield the figures and the letters of the bytes that were found, those begun in rows above as well."""
        at = bisect_left(hits, (index + 1,)) - 1
        while at >= 0:
            line, start, end = hits[at]
            above = (index - line) * ROW
            start, end = max(start - above, 0), min(end - above, ROW)
            if end <= 0:
                return
            yield at, _figure(start), _figure(end - 1) + 2
            yield at, _LETTERS_AT + start, _LETTERS_AT + end
            at -= 1


def _figure(byte: int) -> int:
    return 3 * byte + (byte >= ROW // 2)
