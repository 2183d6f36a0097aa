"""A tree of foreign names for large data: its rows are painted from plain items, and made when opened.

Textual's tree keeps a label for every node, splits it into lines and measures it; with tens of
thousands of nodes that takes seconds. Here a node holds its item only, and its row is painted when it
is on screen, cut to the width that there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar, Generic, TypeVar

from rich.style import Style
from rich.text import Text, TextType
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

T = TypeVar("T")

_NO_LABEL = Text()


class LazyTree(Tree[T], Generic[T]):
    """A tree of items of one type, which says what lies below an item and how it is painted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
        Binding("g,home", "scroll_home", "First", show=False),
        Binding("G,end", "scroll_end", "Last", show=False),
        Binding("pagedown,ctrl+f", "page_down", "Page down", show=False),
        Binding("pageup,ctrl+b", "page_up", "Page up", show=False),
        Binding("l,right", "enter_branch", "Open, go in", show=False),
        Binding("h,left", "leave_branch", "Close, go out", show=False),
    ]

    def __init__(self, top: T, *, id: str | None = None) -> None:  # noqa: A002
        self._changing = 0
        super().__init__(_NO_LABEL, top, id=id)
        self.guide_depth = 3
        self.wanted = ""
        """What is searched for, and marked in the rows."""
        self.margin = 0
        """Cells at the left that the tree leaves to columns."""

    def offspring(self, item: T) -> Sequence[T]:
        """Return what lies below *item*, in order."""
        raise NotImplementedError

    def has_offspring(self, item: T) -> bool:
        """Tell whether anything lies below *item*."""
        return bool(self.offspring(item))

    def opens_with_all(self, item: T) -> bool:
        """Tell whether *item* is opened where everything is."""
        return True

    def key(self, item: T) -> object:
        """Return by what *item* is told from others; itself, unless items are made anew."""
        return id(item)

    def paint(self, item: T, width: int) -> Text:
        """Return the row of *item*, in *width* cells at most."""
        raise NotImplementedError

    def paint_margin(self, item: T) -> Text:
        """Return the columns of *item* beside the tree, in as many cells as the margin has."""
        raise NotImplementedError

    def style(self, name: str) -> Style:
        """Return the style of a component class, to be laid over that of the row."""
        return self.get_component_rich_style(name, partial=True)

    def refill(self, open_items: Iterable[T] = (), at: Sequence[T] = ()) -> None:
        """Make the tree anew, with *open_items* open and the cursor as far down *at* as there is."""
        opened = {self.key(item) for item in open_items}
        top = self.root.data
        self.clear()
        self.cursor_line = -1
        self.root.data = top
        with self._at_once():
            self._fill(self.root)
            self.root.expand()
            self._open_those(self.root, opened)
        self.go_to(at)

    def _open_those(self, top: TreeNode[T], opened: set[object]) -> None:
        todo = [top]
        while todo:
            for child in todo.pop().children:
                if child.allow_expand and child.data is not None and self.key(child.data) in opened:
                    self._fill(child)
                    child.expand()
                    todo.append(child)

    def _fill(self, node: TreeNode[T]) -> None:
        if node.children or node.data is None:
            return
        with self._at_once():
            for item in self.offspring(node.data):
                node.add(_NO_LABEL, item, allow_expand=self.has_offspring(item))

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        """Lay the lines out anew once for all that is added and opened meanwhile, not for each of it."""
        self._changing += 1
        try:
            yield
        finally:
            self._changing -= 1
            self._invalidate()

    def _invalidate(self) -> None:
        if not self._changing:
            super()._invalidate()

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[T]) -> None:
        """Make the rows below it on first sight."""
        self._fill(event.node)

    def opened(self) -> list[T]:
        """Return the items that are open."""
        found, todo = [], [self.root]
        while todo:
            node = todo.pop()
            if node.is_expanded and node.children:
                if node.data is not None:
                    found.append(node.data)
                todo += node.children
        return found

    def go_to(self, trail: Sequence[T]) -> None:
        """Open what leads to the last item of *trail*, the top's own not among them, and go there."""
        node = self.root
        for index, item in enumerate(trail):
            self._fill(node)
            found = self._child(node, item)
            if found is None:
                break
            if not node.is_expanded:
                node.expand()
            node = found
            if index == len(trail) - 1:
                break
        # The tree gives its nodes their lines when it is asked for the last of them.
        if self.last_line >= 0:
            self.move_cursor(node if node.line >= 0 else self.get_node_at_line(0))

    def _child(self, node: TreeNode[T], item: T) -> TreeNode[T] | None:
        wanted = self.key(item)
        children = (one for one in node.children if one.data is not None)
        return next((one for one in children if one.data is not None and self.key(one.data) == wanted), None)

    def trail(self) -> list[T]:
        """Return the items from below the top to the cursor."""
        found: list[T] = []
        node = self.cursor_node
        while node is not None and not node.is_root:
            if node.data is not None:
                found.insert(0, node.data)
            node = node.parent
        return found

    def fold_all(self) -> None:
        """Open everything, or if anything is open, close all but the top."""
        at = self.trail()
        if any(child.is_expanded for child in self.root.children):
            self.refill(at=at[:1])
            return
        with self._at_once():
            todo = [self.root]
            while todo:
                node = todo.pop()
                self._fill(node)
                for child in node.children:
                    if child.allow_expand and child.data is not None and self.opens_with_all(child.data):
                        self._fill(child)
                        child.expand()
                        todo.append(child)
        self.go_to(at)

    def repaint(self) -> None:
        """Paint every row anew: what they show has changed, not which there are."""
        self._updates += 1
        self.refresh()

    def action_enter_branch(self) -> None:
        """Open it, or go to the first below it."""
        node = self.cursor_node
        if node is None or not node.allow_expand:
            return
        if node.is_expanded:
            self.action_cursor_down()
        else:
            node.expand()

    def action_leave_branch(self) -> None:
        """Close it, or go to what it lies below."""
        node = self.cursor_node
        if node is None:
            return
        if node.is_expanded and node.allow_expand:
            node.collapse()
        elif node.parent is not None and (self.show_root or not node.parent.is_root):
            self.move_cursor(node.parent)

    def process_label(self, label: TextType) -> Text:
        """Keep the empty label as it is: what is shown comes from `paint`."""
        return label if isinstance(label, Text) else Text(label)

    def get_label_width(self, node: TreeNode[T]) -> int:
        """Return nothing to scroll to sideways: rows are cut to the width that there is."""
        return 0

    def render_label(self, node: TreeNode[T], base_style: Style, style: Style) -> Text:
        """Paint the row of *node*, and mark in it what is searched for."""
        toggle = Style.from_meta({"toggle": True})
        icon = self.ICON_NODE_EXPANDED if node.is_expanded else self.ICON_NODE
        row = Text(end="")
        # Without the icon a leaf is indented as far, so that names stand below each other.
        row.append(icon if node.allow_expand else "  ", base_style + toggle)
        if node.data is None:
            return row
        room = self._room(node)
        label = self.paint(node.data, room)
        label.pad_right(max(0, room - label.cell_len))
        if self.wanted:
            self._mark(label)
        label.stylize(style)
        return row.append_text(label)

    def _render_line(self, y: int, x1: int, x2: int, base_style: Style) -> Strip:
        """Put the columns before the tree's own line."""
        if not self.margin:
            return super()._render_line(y, x1, x2, base_style)
        width = self.size.width
        line = super()._render_line(y, 0, max(0, width - self.margin), base_style)
        node = self.get_node_at_line(y)
        columns = Text(end="") if node is None or node.data is None else self.paint_margin(node.data)
        columns.pad_right(max(0, self.margin - columns.cell_len))
        style = base_style + Style(meta={"line": y})
        if y == self.cursor_line:
            style += self.get_component_rich_style("tree--cursor", partial=False)
        columns.stylize(style)
        return Strip.join([Strip(columns.render(self.app.console), self.margin), line]).crop(x1, x2)

    def _mark(self, label: Text) -> None:
        text, wanted = label.plain.casefold(), self.wanted.casefold()
        if len(text) != len(label.plain):  # folding has moved the letters
            text, wanted = label.plain.lower(), self.wanted.lower()
        start = text.find(wanted)
        while start >= 0:
            label.stylize(self.style("tree--hit"), start, start + len(wanted))
            start = text.find(wanted, start + len(wanted))

    def _room(self, node: TreeNode[T]) -> int:
        depth, above = 0 if self.show_root else -1, node.parent
        while above is not None:
            depth, above = depth + 1, above.parent
        return max(8, self.size.width - self.margin - depth * self.guide_depth - len(self.ICON_NODE))
