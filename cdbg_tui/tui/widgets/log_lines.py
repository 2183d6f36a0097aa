"""The kept lines of a log: numbered, bounded, as they stand on the screen, and searched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.text import Text

from cdbg_tui.model.log import LONGEST_SHOWN, parse, plain_text, stamp_of, visible
from cdbg_tui.model.search import Query
from cdbg_tui.model.units import epoch
from cdbg_tui.tui.paint import ansi

KEPT_LINES = 100_000
KEPT_BYTES = 64 << 20
"""So much is kept of a log whose lines are long."""


class Lines:
    """The last records of a log. Each keeps its number while others come and go at either end."""

    def __init__(self, most: int = KEPT_LINES, most_bytes: int = KEPT_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._records: list[bytes] = []
        self._bytes = 0
        self.first = 0
        """The number of the oldest record."""

    def __len__(self) -> int:
        """Return how many records are kept."""
        return len(self._records)

    def __getitem__(self, number: int) -> bytes:
        """Return the record with this number."""
        return self._records[number - self.first]

    @property
    def end(self) -> int:
        """The number that the next record gets."""
        return self.first + len(self._records)

    @property
    def is_full(self) -> bool:
        """Whether a further record would push out the first."""
        return len(self._records) >= self._most or self._bytes >= self._most_bytes

    def last(self, count: int) -> tuple[bytes, ...]:
        """Return the newest *count* records."""
        return tuple(self._records[-count:])

    def append(self, records: Sequence[bytes]) -> None:
        """Keep the newest records; the oldest go when there are too many."""
        kept = self._records
        kept += records
        self._bytes += sum(map(len, records))
        gone = max(0, len(kept) - self._most)
        self._bytes -= sum(map(len, kept[:gone]))
        while self._bytes > self._most_bytes and gone < len(kept) - 1:
            self._bytes -= len(kept[gone])
            gone += 1
        if gone:
            del kept[:gone]
            self.first += gone

    def prepend(self, records: Sequence[bytes]) -> None:
        """Keep records from before the first, as many of the last of them as there is room for."""
        taken = list(records[-max(0, self._most - len(self._records)) :]) if not self.is_full else []
        self._records[:0] = taken
        self.first -= len(taken)
        self._bytes += sum(map(len, taken))


def clock_of(record: bytes) -> str:
    """Return the local time of day of a record, to the millisecond, and a space."""
    when = epoch(stamp_of(record).decode("ascii"))
    if when is None:
        return ""
    return datetime.fromtimestamp(when).strftime("%H:%M:%S.%f")[:-3] + " "


def shown_text(record: bytes, *, timestamps: bool = False) -> str:
    """Return the text of a record as it stands on the screen."""
    text = plain_text(record)
    if len(text) > LONGEST_SHOWN:
        text = f"{text[:LONGEST_SHOWN]} …[{len(text) - LONGEST_SHOWN} more characters]"
    return clock_of(record) + text if timestamps else text


def coloured_text(record: bytes) -> Text:
    """Return the same text, without its time, in the colours that it brings."""
    plain = shown_text(record)
    if b"\x1b" not in record and b"\x9b" not in record:
        return Text(plain)
    text = ansi(visible(parse(record).text))
    text.expand_tabs(8)
    if len(text) > LONGEST_SHOWN:
        text = text[:LONGEST_SHOWN] + Text(plain[LONGEST_SHOWN:])
    # What is measured and searched must be what is drawn.
    return text if text.plain == plain else Text(plain)


@dataclass(frozen=True, slots=True)
class Hit:
    """A place that a search has found: the line, which of its hits it is, and where in it."""

    number: int
    index: int
    column: int
    went_round: bool


def search(
    lines: Lines,
    query: Query,
    keeps: Query | None,
    number: int,
    after: int | None,
    *,
    backwards: bool,
) -> Iterator[Hit | None]:
    """Look line by line from *number* on, round the end and back; yield None for each line without a hit.

    *after* is the hit in the first line that is already known. Lines that the filter *keeps* leaves out
    are passed over. Lines may come and go meanwhile.
    """
    step, went_round, left = (-1 if backwards else 1), False, len(lines) + 1
    while left > 0 and len(lines):
        if backwards and number < lines.first:
            number, went_round = lines.end - 1, True
        elif not backwards and number >= lines.end:
            number, went_round = lines.first, True
        number = max(number, lines.first)
        text = plain_text(lines[number])
        hits = query.hits(text) if keeps is None or keeps.keeps(text) else []
        start, stop = 0, len(hits)
        if after is not None:
            start, stop = (0, after) if backwards else (after + 1, stop)
        if start < stop:
            index = stop - 1 if backwards else start
            yield Hit(number, index, hits[index][0], went_round)
            return
        after, number, left = None, number + step, left - 1
        yield None
