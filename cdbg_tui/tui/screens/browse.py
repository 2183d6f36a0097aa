"""A full screen around one tree: head, search, the whole of what the cursor is on, keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static, Tree

from cdbg_tui.tui.screens.help import Help
from cdbg_tui.tui.screens.messages import CopyWanted
from cdbg_tui.tui.screens.own_keys import own_keys
from cdbg_tui.tui.screens.sparing import Sparing
from cdbg_tui.tui.screens.tree import LazyTree
from cdbg_tui.tui.widgets.key_line import KeyLine

T = TypeVar("T")


class Browse(Sparing[None], Generic[T]):
    """Shows a tree; what it holds, and what a search finds in it, say its subclasses."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "search", key_display="/", tooltip="Search; Enter goes back to the rows"),
        Binding("n", "hit(1)", "The next hit", show=False),
        Binding("N", "hit(-1)", "The hit before", show=False),
        Binding("z", "fold_all", "fold", tooltip="Fold or unfold everything"),
        Binding("y", "copy", "copy", tooltip="Copy what the cursor is on"),
        Binding("escape", "back", "back", key_display="esc", tooltip="End the search, or leave"),
        Binding("q", "dismiss", "Leave", show=False),
        Binding("question_mark", "keys", "keys", key_display="?", tooltip="All keys of this screen"),
    ]

    def __init__(self, shown: LazyTree[T]) -> None:
        super().__init__(classes="browse")
        self.rows = shown
        self._hits: list[Sequence[T]] = []
        self._hit = 0

    def head(self) -> Content:
        """Return what stands above the tree."""
        raise NotImplementedError

    def find(self, text: str) -> Sequence[Sequence[T]]:
        """Return the items that *text* finds, each with what leads to it."""
        raise NotImplementedError

    def finds_at_once(self) -> bool:
        """Tell whether a text may be looked for at each of its letters, or only when it is whole."""
        return True

    def copied(self, item: T) -> CopyWanted | None:
        """Return what is copied of *item*; None for nothing."""
        raise NotImplementedError

    def reading(self, item: T) -> Content:
        """Return the whole of *item*, of which its row may show the beginning only."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Lay out head, tree, reading line, search line and keys."""
        yield Static(self.head(), classes="browse--head")
        yield self.rows
        yield Static(classes="browse--reading")
        with Horizontal(classes="browse--search"):
            yield Static("/", classes="browse--slash")
            yield Input(compact=True)
            yield Static(classes="browse--hits")
        yield KeyLine()

    def on_mount(self) -> None:
        """Give the keys to the tree."""
        self.query_one(".browse--search").display = False
        self.fill()
        self.rows.focus()

    def fill(self) -> None:
        """Make the rows for the first time."""
        self.rows.refill()

    def renew_head(self) -> None:
        """Show the head anew."""
        self.query_one(".browse--head", Static).update(self.head())

    @on(Tree.NodeHighlighted)
    def _read(self) -> None:
        node = self.rows.cursor_node
        there = node is not None and node.data is not None and node is not self.rows.root
        read = self.reading(node.data) if there and node is not None and node.data is not None else Content()
        self.query_one(".browse--reading", Static).update(read)

    def action_keys(self) -> None:
        """Show the keys of this screen."""
        self.app.push_screen(Help(own_keys(self)))

    def action_search(self) -> None:
        """Open the search line."""
        self.query_one(".browse--search").display = True
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Go to the first hit while the user types."""
        if self.finds_at_once():
            self.search(event.value)

    def on_input_submitted(self) -> None:
        """Leave the search line; what was found stays marked."""
        value = self.query_one(Input).value
        if value != self.rows.wanted:
            self.search(value)
        self.rows.focus()
        if not self.rows.wanted:
            self.query_one(".browse--search").display = False

    def search(self, text: str) -> None:
        """Find *text*, mark it and go to the first hit; an empty one ends the search."""
        self._hits, self._hit = list(self.find(text)), 0
        self.rows.wanted = text
        self.rows.repaint()
        if self._hits:
            self.rows.go_to(self._hits[0])
        self._tell_hits()

    def search_again(self) -> None:
        """Find the same text again, for there is something else to find it in now."""
        self._hits = list(self.find(self.rows.wanted))
        self._hit = min(self._hit, max(0, len(self._hits) - 1))
        self._tell_hits()

    def _tell_hits(self) -> None:
        words = "" if not self.rows.wanted else "not found"
        if self._hits:
            words = f"{self._hit + 1} of {len(self._hits)} · n N"
        line = self.query_one(".browse--hits", Static)
        line.set_class(bool(self.rows.wanted) and not self._hits, "-none")
        line.update(Content(words))

    def action_hit(self, step: int) -> None:
        """Go to the next or the previous hit; after the last comes the first."""
        if not self._hits:
            return
        self._hit = (self._hit + step) % len(self._hits)
        self.rows.go_to(self._hits[self._hit])
        self._tell_hits()

    def action_fold_all(self) -> None:
        """Open or close everything."""
        self.rows.fold_all()

    def action_copy(self) -> None:
        """Ask for what the cursor is on to be copied."""
        node = self.rows.cursor_node
        wanted = self.copied(node.data) if node is not None and node.data is not None else None
        if wanted is not None:
            self.post_message(wanted)

    def action_back(self) -> None:
        """End the search if there is one, or else leave."""
        if self.query_one(".browse--search").display:
            with self.prevent(Input.Changed):
                self.query_one(Input).clear()
            self.search("")
            self.query_one(".browse--search").display = False
            self.rows.focus()
        else:
            self.dismiss()
