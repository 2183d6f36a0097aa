"""The tree of inspect's values: keys in a column, values after it, what is said about them in faint letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.text import Text
from textual.widgets.tree import TreeNode

from cdbg_tui.model.details import Entry
from cdbg_tui.model.text import one_line
from cdbg_tui.tui.paint import shorten
from cdbg_tui.tui.screens.tree import LazyTree

LONGEST_ROW = 400
WIDEST_KEY = 28
_FAINT = {"null", "{}", "[]", "false", "0", "none", "never"}

Trail = tuple[str, ...]


class EntryTree(LazyTree[Entry]):
    """Shows entries; secrets are masked until *revealed*."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tree--hit",
        "tree--dim",
        "inspect--key",
        "inspect--secret",
    }

    def __init__(self, top: Entry, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(top, id=id)
        self.show_root = False
        self.revealed = False
        self.top = top
        self._columns: dict[int, int] = {}
        self._align(top)

    def _align(self, top: Entry) -> None:
        """Set where the values below *top* begin: below each other, unless a key is very long."""
        keys = [len(entry.key) for entry in top.children]
        column = max((width for width in keys if width <= WIDEST_KEY), default=0)
        for entry in top.children:
            self._columns[id(entry)] = column
            self._align(entry)

    def renew(self, top: Entry, *, open_first: Sequence[Entry] = ()) -> None:
        """Show other values; what was open or closed stays so, and *open_first* is how new branches begin."""
        before = dict(trails(self.top))
        opened_ids = {id(entry) for entry in self.opened()}
        at = tuple(entry.key for entry in self.trail())
        self.top = self.root.data = top
        self._columns.clear()
        self._align(top)
        first = {id(entry) for entry in open_first}
        now_open: list[Entry] = []
        now_at: list[Entry] = []
        for trail, entry in trails(top):
            old = before.get(trail)
            if entry.children and (id(old) in opened_ids if old and old.children else id(entry) in first):
                now_open.append(entry)
            if at[: len(trail)] == trail and len(now_at) == len(trail) - 1:
                now_at.append(entry)
        self.refill(now_open, now_at)

    def _room(self, node: TreeNode[Entry]) -> int:
        # A scrollbar takes its cells from the rows, not from the size.
        return max(8, super()._room(node) - self.size.width + self.scrollable_content_region.width)

    def offspring(self, item: Entry) -> Sequence[Entry]:
        """Return the values below."""
        return item.children

    def paint(self, item: Entry, width: int) -> Text:
        """Return the row: key and value, or how many values there are below; then the note."""
        row = Text(no_wrap=True, end="")
        dim = self.style("tree--dim")
        key = shorten(one_line(item.key[:LONGEST_ROW]), max(8, width // 2))
        row.append(key, self.style("inspect--key"))
        row.pad_right(max(0, self._columns[id(item)] - len(key)))
        if item.value is not None:
            value = item.shown(revealed=self.revealed)
            style = dim if value in _FAINT else None
            if item.secret and not self.revealed:
                style = self.style("inspect--secret")
            text = one_line(value[:LONGEST_ROW]) if value else "empty"
            row.append("  ")
            row.append(text, style or ("" if value else dim))
        elif item.children:
            count = len(item.children)
            row.append(f"  {count} value{'' if count == 1 else 's'}", dim)
        if item.note:
            row.append("  " + ("· " if item.value is not None or item.children else "") + one_line(item.note), dim)
        row.truncate(width, overflow="ellipsis")
        return row


def trails(top: Entry) -> Iterator[tuple[Trail, Entry]]:
    """Yield every entry below *top* with the keys that lead to it, what holds others before them."""
    todo: list[tuple[Trail, Entry]] = [((entry.key,), entry) for entry in reversed(top.children)]
    while todo:
        trail, entry = todo.pop()
        yield trail, entry
        todo += [((*trail, child.key), child) for child in reversed(entry.children)]
