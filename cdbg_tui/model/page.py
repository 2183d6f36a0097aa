"""What a file view shows: lines of text, of a hex dump or of a comparison, with what a search finds in them.

Lines are made ready for the screen when the page is, which is done away from the app's thread.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from cdbg_tui.model.filetype import decoded
from cdbg_tui.model.search import Query
from cdbg_tui.model.text import clean, is_plain
from cdbg_tui.model.units import size

MOST_HITS = 100_000
"""Where a search finds more, the rest is not looked for."""
TAB = 8


class Line(NamedTuple):
    """One line; *text* is harmless and has no tabs, *original* is what is copied."""

    text: str
    original: str
    number: str = ""
    role: str = ""
    """``note`` for our own words; in a comparison ``added``, ``removed`` or ``place``."""


class Hit(NamedTuple):
    """Where a search has found something: letters of a line's text, or bytes of a dump that begin in it."""

    line: int
    start: int
    end: int


class Page(ABC):
    """Lines that can be shown and searched."""

    number_width = 0
    """The cells that the longest number takes."""
    unsearched = ""
    """What a search does not look at."""

    @abstractmethod
    def __len__(self) -> int:
        """Return how many lines there are."""

    @abstractmethod
    def __getitem__(self, index: int) -> Line:
        """Return one line."""

    def text(self, index: int) -> str:
        """Return the text of one line."""
        return self[index].text

    @abstractmethod
    def find(self, query: Query) -> list[Hit]:
        """Return all hits, in their order; `MOST_HITS` at most."""

    def column(self, hit: Hit) -> int:
        """Return the letter of its line at which a hit begins."""
        return hit.start

    def marks(self, index: int, hits: Sequence[Hit], start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield which of *hits* touch letters *start* to *end* of a line, and from where to where each goes."""
        at = max(0, bisect_left(hits, (index, start)) - 1)
        while at < len(hits) and hits[at][:2] < (index, end):
            if hits[at].line == index and hits[at].end > start:
                yield at, hits[at].start, hits[at].end
            at += 1


class TextPage(Page):
    """Lines of text, as many as there are in memory; a note may stand among them.

    No object a line: a few megabytes may be millions of them.
    """

    def __init__(
        self,
        originals: Sequence[str],
        *,
        shown: Sequence[str] | None = None,
        roles: Mapping[int, str] = MappingProxyType({}),
        counted: int | None = None,
        unsearched: str = "",
    ) -> None:
        """*counted* lines have numbers from 1 on, those after them count down to the last; None if none has."""
        self._originals = originals
        self._shown = [shown_text(line) for line in originals] if shown is None else shown
        self._roles = roles
        self._counted = counted
        if counted is not None:
            self.number_width = max(len(str(counted)), len(str(counted - len(originals))))
        self.unsearched = unsearched

    def __len__(self) -> int:
        return len(self._originals)

    def __getitem__(self, index: int) -> Line:
        role = self._roles.get(index, "")
        number = ""
        if self._counted is not None and role != "note":
            number = str(index + 1 if index < self._counted else index - len(self._originals))
        return Line(self._shown[index], self._originals[index], number, role)

    def text(self, index: int) -> str:
        """Return the text of one line."""
        return self._shown[index]

    def find(self, query: Query) -> list[Hit]:
        """Return all hits, notes left out."""
        hits: list[Hit] = []
        for index, text in enumerate(self._shown):
            if self._roles.get(index) == "note":
                continue
            for match in query.regex.finditer(text):
                if match.end() > match.start():
                    hits.append(Hit(index, match.start(), match.end()))
                    if len(hits) == MOST_HITS:
                        return hits
        return hits

    def locate(self, wanted: str) -> int | None:
        """Return the line that *wanted* is, else is but for white space, else stands in; of several the last."""
        wanted = wanted.rstrip("\r\n")
        bare, shown = wanted.strip(), shown_text(wanted).strip()
        near = inside = None
        for index in range(len(self) - 1, -1, -1):
            if self._roles.get(index) == "note":
                continue
            original = self._originals[index]
            if original == wanted:
                return index
            if near is None and bare and original.strip() == bare:
                near = index
            if inside is None and shown and shown in self._shown[index]:
                inside = index
        return near if near is not None else inside


def shown_text(line: str) -> str:
    """Return a line as it stands on the screen: nothing in it acts, tabs are spaces."""
    if is_plain(line):
        return line
    text = clean(line)
    return text.expandtabs(TAB) if "\t" in text else text


def lines_of(text: str) -> list[str]:
    """Return the lines of *text* without their ends, be they those of Unix or of Windows."""
    lines = text.split("\n")
    if lines[-1] == "":
        del lines[-1]
    return [line.removesuffix("\r") for line in lines] if "\r" in text else lines


class Ends(NamedTuple):
    """The bytes of a file that are here: all, or its beginning and perhaps its end."""

    head: bytes
    tail: bytes
    size: int

    @property
    def missing(self) -> int:
        """How many bytes are not here."""
        return self.size - len(self.head) - len(self.tail)

    @property
    def missing_words(self) -> str:
        """What is said in place of them."""
        where = "between are" if self.tail else "after this are"
        return f"… {size(self.missing)} {where} not shown; Ctrl+S copies the whole file …"

    @property
    def unsearched(self) -> str:
        """What a search does not look at."""
        if not self.missing:
            return ""
        return "the middle was not searched" if self.tail else "the rest was not searched"


def text_page(ends: Ends, encoding: str) -> TextPage:
    """Return a file as text. Lines of its end count from the last: nobody knows how many are before them."""
    lines = lines_of(decoded(ends.head, encoding))
    counted = len(lines)
    if not ends.missing:
        return TextPage(lines, counted=counted)
    lines.append(ends.missing_words)
    coded = _without_mark(encoding, ends.head)
    lines += lines_of(decoded(ends.tail, coded, start=ends.size - len(ends.tail)))
    return TextPage(lines, roles={counted: "note"}, counted=counted, unsearched=ends.unsearched)


def page_of(lines: Sequence[Line]) -> TextPage:
    """Return lines that are ready, and have no numbers, as a page."""
    roles = {index: line.role for index, line in enumerate(lines) if line.role}
    return TextPage([line.original for line in lines], shown=[line.text for line in lines], roles=roles)


def _without_mark(encoding: str, head: bytes) -> str:
    """Return how bytes are decoded that have no byte order mark before them, as their file has."""
    if encoding in ("utf-16", "utf-32"):
        return encoding + ("-le" if head[:1] == b"\xff" else "-be")
    return "utf-8" if encoding == "utf-8-sig" else encoding


def note(words: str) -> Line:
    """Return a line of our own words."""
    return Line(words, words, role="note")
