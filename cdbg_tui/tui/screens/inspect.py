"""The screen of inspect: everything that the engine says about one container, as a searchable tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.content import Content

from cdbg_tui.model.details import Entry, nodes, search
from cdbg_tui.model.summary import summary
from cdbg_tui.model.text import one_line
from cdbg_tui.tui.paint import plain, shorten
from cdbg_tui.tui.screens.browse import Browse
from cdbg_tui.tui.screens.messages import CopyWanted
from cdbg_tui.tui.screens.prose import prose
from cdbg_tui.tui.screens.tree import LazyTree

LONGEST_ROW = 400
LONGEST_READING = 4_000
"""Characters of a value that are shown of one; an environment may hold megabytes."""
WIDEST_KEY = 20
_FAINT = {"null", "{}", "[]", "false", "0", "none", "never"}


class InspectTree(LazyTree[Entry]):
    """The tree of inspect's values."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tree--hit",
        "tree--dim",
        "inspect--key",
        "inspect--secret",
    }

    def __init__(self, top: Entry) -> None:
        super().__init__(top)
        self.show_root = False
        self.revealed = False
        self._columns: dict[int, int] = {}
        self._align(top)

    def _align(self, top: Entry) -> None:
        """Set where the values below *top* begin: below each other, unless a key is very long."""
        keys = [len(entry.key) for entry in top.children]
        column = max((width for width in keys if width <= WIDEST_KEY), default=0)
        for entry in top.children:
            self._columns[id(entry)] = column
            self._align(entry)

    def offspring(self, item: Entry) -> Sequence[Entry]:
        """Return the values below."""
        return item.children

    def paint(self, item: Entry, width: int) -> Text:
        """Return the row: key and value, or how many values there are below."""
        row = Text(no_wrap=True, end="")
        key = shorten(one_line(item.key[:LONGEST_ROW]), max(8, width // 2))
        row.append(key, self.style("inspect--key"))
        row.pad_right(max(0, self._columns[id(item)] - len(key)))
        if item.value is None:
            count = len(item.children)
            words = f"  {count} value{'' if count == 1 else 's'}"
            row.append(words, self.style("tree--dim"))
            return row
        value = item.shown(revealed=self.revealed)
        style = self.style("tree--dim") if value in _FAINT else None
        if item.secret and not self.revealed:
            style = self.style("inspect--secret")
        text = one_line(value[:LONGEST_ROW]) if value else "empty"
        row.append("  ")
        row.append(text, style or ("" if value else self.style("tree--dim")))
        row.truncate(width, overflow="ellipsis")
        return row


class Inspect(Browse[Entry]):
    """Everything about one container: first what people ask, then all that the engine says."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "reveal", "reveal secrets"),
        Binding("Y", "copy_path", "copy path", show=False),
    ]

    def __init__(self, details: Mapping[str, Any]) -> None:
        self._container = str(details.get("Name") or details.get("Id") or "").removeprefix("/")
        everything = Entry("everything the engine says", None, nodes(details), ".")
        self._top = Entry("", None, (*summary(details), everything))
        self._view = InspectTree(self._top)
        super().__init__(self._view)

    @property
    def revealed(self) -> bool:
        """Whether secrets are shown."""
        return self._view.revealed

    def head(self) -> Content:
        """Return whose details these are, and whether secrets are shown."""
        title = Content.assemble(("inspect ", "$foreground-muted"), plain(one_line(self._container), "bold"))
        if self.revealed:
            state = Content.styled("secrets are shown: m hides them", "$text-warning")
        else:
            state = Content.styled("secrets are masked: m reveals them", "$foreground-muted")
        return Content("    ").join([title, state])

    def find(self, text: str) -> Sequence[Sequence[Entry]]:
        """Return the values that *text* finds, as they are shown."""
        return search(self._top.children, text, revealed=self.revealed)

    def reading(self, item: Entry) -> Content:
        """Return the path and the value, cut where it is very long."""
        value = item.shown(revealed=self.revealed)
        cut = ""
        if len(value) > LONGEST_READING:
            cut = f"{len(value):,} characters in all, y copies them: "
        path = plain(one_line(item.path[:LONGEST_ROW] or item.key[:LONGEST_ROW]), "$foreground-muted")
        text = prose(value[:LONGEST_READING])
        return Content.assemble(path, "  " if value else "", (cut, "$text-warning"), text)

    def copied(self, item: Entry) -> CopyWanted:
        """Return the value as it is; a masked one or a branch gives its path instead."""
        if item.value is None or (item.secret and not self.revealed):
            return self._path_of(item)
        return CopyWanted(item.value, f"the value of {item.key}")

    def _path_of(self, item: Entry) -> CopyWanted:
        return CopyWanted(item.path or item.key, "the path (the value is masked)" if item.secret else "the path")

    def action_copy_path(self) -> None:
        """Ask for the path to be copied, as jq takes it."""
        node = self._view.cursor_node
        if node is not None and node.data is not None:
            self.post_message(self._path_of(node.data))

    def action_reveal(self) -> None:
        """Show the secrets, or mask them again."""
        self._view.revealed = not self._view.revealed
        self._view.repaint()
        self.renew_head()
        self.search_again()
        self._read()
