"""Two sides of a comparison, next to each other: sections that fold, and a row for each thing that differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.content import Content

from cdbg_tui.model.compare import SECTIONS, Row, differences, shown
from cdbg_tui.model.details import Entry
from cdbg_tui.model.text import one_line
from cdbg_tui.tui.paint import fit, plain
from cdbg_tui.tui.screens.entry_tree import LONGEST_ROW, EntryTree
from cdbg_tui.tui.screens.prose import prose

_ABSENT = "—"
_GAP = 2
LEAST_KEY, WIDEST_SHARE = 12, 0.3
_INDENT = 6
"""Cells before a row below a section: padding, guide, and where the sign of a branch stands."""


class CompareTree(EntryTree):
    """Shows what differs between two sides."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"compare--same"}

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(Entry("", None, ()), id=id)
        self._rows: dict[int, Row] = {}
        self._key = LEAST_KEY

    def compare(self, rows: tuple[Row, ...], *, everything: bool) -> None:
        """Show *rows*: those that differ and mean something, or all."""
        chosen = differences(rows, everything=everything)
        self._rows = {}
        self._key = max((cell_len(one_line(row.key[:LONGEST_ROW])) for row in chosen), default=LEAST_KEY)
        sections = [self._section(name, [row for row in chosen if row.section == name]) for name in SECTIONS]
        found = [section for section in sections if section.children]
        self.renew(Entry("", None, tuple(found)), open_first=found)

    def _section(self, name: str, rows: Sequence[Row]) -> Entry:
        entries = []
        for row in rows:
            texts = shown(row, revealed=True)
            covers = shown(row, revealed=False)
            # The right side's path: that of the container looked at.
            path = (row.right or row.left or Entry("")).path
            whole, cover = " ⇄ ".join(texts), " ⇄ ".join(covers)
            entry = Entry(row.key, whole, path=path, cover=None if whole == cover else cover)
            self._rows[id(entry)] = row
            entries.append(entry)
        return Entry(name, None, tuple(entries))

    def row_of(self, item: Entry) -> Row | None:
        """Return what stands on both sides; None for a section."""
        return self._rows.get(id(item))

    def paint(self, item: Entry, width: int) -> Text:
        """Return the row: key, left side, right side, each in a column of its own."""
        row = self._rows.get(id(item))
        if row is None:
            return super().paint(item, width)
        made = Text(no_wrap=True, end="")
        key, side = self._widths(width)
        faint = not row.differs or row.is_noise
        made.append(fit(row.key[:LONGEST_ROW], key), self.style("inspect--key"))
        for entry, text in zip((row.left, row.right), shown(row, revealed=self.revealed), strict=True):
            made.append(" " * _GAP)
            style = self.style("tree--dim") if faint or entry is None else None
            if entry is not None and entry.secret and not self.revealed:
                style = self.style("inspect--secret")
            told = text[:LONGEST_ROW] or ("empty" if entry is not None else _ABSENT)
            made.append(fit(told, side), style or "")
        return made

    def _widths(self, width: int) -> tuple[int, int]:
        key = max(LEAST_KEY, min(self._key, int(width * WIDEST_SHARE)))
        return key, max(8, (width - key - 2 * _GAP) // 2)

    def heading(self, left: str, right: str) -> Content:
        """Return the line above the columns."""
        key, side = self._widths(max(8, self.scrollable_content_region.width - _INDENT + 1))
        return Content.assemble(
            " " * (_INDENT + key + _GAP),
            plain(fit(left, side), "bold"),
            " " * _GAP,
            plain(fit(right, side), "bold"),
        )

    def reading(self, row: Row, left: str, right: str, most: int) -> Content:
        """Return both sides in full, one above the other."""
        width = max(map(cell_len, (left, right)))
        lines = []
        told = zip((left, right), (row.left, row.right), shown(row, revealed=self.revealed), strict=True)
        for name, entry, text in told:
            words = text[:most] or ("empty" if entry is not None else "not there")
            lines.append(Content.assemble(plain(fit(name, width), "$foreground-muted"), "  ", prose(words)))
        return Content("\n").join(lines)
