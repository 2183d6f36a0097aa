"""The tree of what a layer of an image changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text

from cdbg_tui.model.layertree import Branch, LayerTree
from cdbg_tui.model.stacking import What
from cdbg_tui.model.text import one_line
from cdbg_tui.model.units import size
from cdbg_tui.tui.paint import shorten
from cdbg_tui.tui.screens.image_words import counted
from cdbg_tui.tui.screens.tree import LazyTree

MOST_OPEN = 5_000
"""So many rows are made at once in no time."""


class ImageTree(LazyTree[Branch]):
    """The tree of what a layer changed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tree--hit",
        "tree--dim",
        *(f"changes--{what.word}" for what in What),
    }

    def __init__(self) -> None:
        super().__init__(Branch("", ""), id="image-tree")
        self.show_root = False
        self.files: LayerTree | None = None

    def offspring(self, item: Branch) -> Sequence[Branch]:
        """Return what is shown directly below."""
        return self.files.below(item) if self.files is not None else ()

    def key(self, item: Branch) -> object:
        """Tell them by their path: the trees of other layers have others at the same places."""
        return item.path

    def has_offspring(self, item: Branch) -> bool:
        """Tell whether anything is below."""
        return bool(item.children)

    def fold_all(self) -> None:
        """Open or close everything; of very many files, open the first directories only."""
        is_open = any(child.is_expanded for child in self.root.children)
        if self.files is None or is_open or sum(self.files.root.counts) <= MOST_OPEN:
            super().fold_all()
        else:
            self.refill(self.files.below(self.files.root), self.trail())

    def paint(self, item: Branch, width: int) -> Text:
        """Return the row: the letter, the size, the name, and how much changed below."""
        style = self.style(f"changes--{item.what.word}") if item.what else self.style("tree--dim")
        letter = item.what.value if item.what else " "
        name = one_line(item.name) + ("/" if item.children or item.is_directory else "")
        words = one_line(counted(item.counts)) if item.children else ""
        if item.gone is not None and item.gone.files > 1:
            words = f"{item.gone.files:,} files"
        if item.children and item.what is None:
            style = self.style("tree--dim")
        head = f"{letter} {size(item.size):>9}  "
        room = width - len(head) - len(words) - 2
        if room < min(12, len(name)):
            words, room = "", width - len(head)
        row = Text(head + shorten(name, room), style=style, no_wrap=True, end="")
        return row.append(f"  {words}" if words else "", style=self.style("tree--dim"))


def only_ways(tree: LayerTree) -> list[Branch]:
    """Return the directories to open at first: those that are the only thing where they are."""
    opened: list[Branch] = []
    node = tree.root
    while len(below := tree.below(node)) == 1 and below[0].children:
        node = below[0]
        opened.append(node)
    if not opened and len(tree.below(tree.root)) <= 3:
        opened = [node for node in tree.below(tree.root) if node.children]
    return opened
