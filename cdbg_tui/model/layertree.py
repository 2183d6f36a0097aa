"""A browsable tree of what one layer changed, or of all files of an image up to a layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdbg_tui.model.layers import WHITEOUT, Image
from cdbg_tui.model.stacking import Change, Gone, What, what_of

DEEPEST = 60
"""What lies deeper is listed flat: whoever walks a tree by recursion survives any path."""

MOST_HITS = 10_000
_ORDER = tuple(What)


class Branch:
    """A name in the tree; *layer* and *index* tell which file of which layer it is, -1 for none."""

    __slots__ = ("_children", "counts", "gone", "index", "is_directory", "layer", "name", "path", "size", "what")

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self.path = path
        self.what: What | None = None
        self.layer = self.index = -1
        self.gone: Gone | None = None
        self.is_directory = False
        self._children: dict[str, Branch] | None = None
        self.size = 0
        """Bytes of it and of all that is below."""
        self.counts: tuple[int, ...] = ()
        """Paths that were added, modified and deleted below it, or are it; then those that are unchanged."""

    @property
    def children(self) -> dict[str, Branch]:
        """What is directly below it, by name."""
        return self._children or {}

    def below(self, name: str) -> Branch:
        """Return the branch of that name, made if need be."""
        if self._children is None:
            self._children = {}
        found = self._children.get(name)
        if found is None:
            found = self._children[name] = Branch(name, f"{self.path}/{name}")
        return found


@dataclass(frozen=True, slots=True)
class Shown:
    """Which tree: that of layer *number*; with *everything* all files up to it, not only what it changed."""

    number: int
    everything: bool = False


class LayerTree:
    """The tree of one layer, in which kinds of change can be hidden."""

    def __init__(self, image: Image, changes: Sequence[Change], shown: Shown) -> None:
        self.shown = shown
        self.root = Branch("", "")
        self.hidden: frozenset[What] = frozenset()
        self.by_size = False
        self._below: dict[int, list[Branch]] = {}
        self._list: list[tuple[str, Branch]] = []
        for number in range(0 if shown.everything else shown.number, shown.number + 1):
            self._add_layer(image, changes, number)
        for gone in changes[shown.number].gone:
            node = self._node(gone.path)
            node.what, node.gone, node.size = What.DELETED, gone, gone.size
            node.is_directory = gone.is_directory
        _count(self.root)
        self._listed()  # here, where nobody waits for it

    def _add_layer(self, image: Image, changes: Sequence[Change], number: int) -> None:
        files, change, last = image.layers[number].files, changes[number], self.shown.number
        for index, path in enumerate(files.paths):
            hidden_by = change.hidden_by[index]
            if hidden_by != -1 and hidden_by <= last:
                continue
            if path.rpartition("/")[2].startswith(WHITEOUT):
                continue
            node = self._node(path)
            node.layer, node.index, node.size = number, index, files.sizes[index]
            node.what = what_of(change, index) if number == last else None
            node.is_directory = files.is_directory(index)

    def _node(self, path: str) -> Branch:
        node = self.root
        for name in path.split("/", DEEPEST):
            node = node.below(name)
        return node

    def toggle(self, what: What) -> None:
        """Hide a kind of change, or show it again."""
        self.hidden ^= {what}
        self._below.clear()
        self._list.clear()

    def order(self, *, by_size: bool) -> None:
        """Put the largest first, or order by name."""
        self.by_size = by_size
        self._below.clear()
        self._list.clear()

    def is_shown(self, node: Branch) -> bool:
        """Tell whether it, or anything below it, is of a kind that is not hidden."""
        if self.shown.everything and node.counts[3]:
            return True
        return any(count and what not in self.hidden for what, count in zip(_ORDER, node.counts, strict=False))

    def below(self, node: Branch) -> list[Branch]:
        """Return what is shown directly below: directories first, by name; or the largest first."""
        found = self._below.get(id(node))
        if found is None:
            found = [child for child in node.children.values() if self.is_shown(child)]
            if self.by_size:
                found.sort(key=lambda child: (-child.size, child.name))
            else:
                found.sort(key=lambda child: (not child.children, child.name))
            self._below[id(node)] = found
        return found

    def search(self, text: str) -> list[tuple[Branch, ...]]:
        """Return what is shown and has *text* in its name, each with what leads to it.

        Case does not matter; a text with a slash is looked for in whole paths.
        """
        wanted = text.casefold()
        if not wanted:
            return []
        if "/" in wanted:
            found = [node for _, node in self._listed() if wanted in node.path.casefold()]
        else:
            found = [node for name, node in self._listed() if wanted in name]
        return [tuple(self.trail(node.path)) for node in found[:MOST_HITS]]

    def trail(self, path: str) -> list[Branch]:
        """Return what leads to *path*, it included, as far as there is such."""
        found: list[Branch] = []
        node = self.root
        for name in path.strip("/").split("/", DEEPEST):
            if name not in node.children:
                break
            node = node.children[name]
            found.append(node)
        return found

    def _listed(self) -> list[tuple[str, Branch]]:
        """Return what is shown in the order in which it is, each with its name for a search."""
        if not self._list:
            todo = list(reversed(self.below(self.root)))
            while todo:
                node = todo.pop()
                self._list.append((node.name.casefold(), node))
                if node.children:
                    todo += reversed(self.below(node))
        return self._list


def _count(root: Branch) -> None:
    """Sum up sizes and counts from the leaves on; without recursion, for paths of any depth."""
    order, todo = [], [root]
    while todo:
        node = todo.pop()
        order.append(node)
        todo += node.children.values()
    for node in reversed(order):
        if node.children:
            counts = [0, 0, 0, 0]
            for child in node.children.values():
                node.size += child.size
                for at, count in enumerate(child.counts):
                    counts[at] += count
            node.counts = tuple(counts)
        elif node.gone is not None:
            node.counts = (0, 0, node.gone.files or 1, 0)
        else:
            node.counts = _ONE[node.what]


_ONE: dict[What | None, tuple[int, ...]] = {
    What.ADDED: (1, 0, 0, 0),
    What.MODIFIED: (0, 1, 0, 0),
    What.DELETED: (0, 0, 1, 0),
    None: (0, 0, 0, 1),
}
