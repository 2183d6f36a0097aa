"""A browsable tree of changes: what is shown of it, how much lies below, where something is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cdbg_tui.model.change import Change, Kind, Node, tree
from cdbg_tui.model.container import Mount

DEEPEST = 60
"""What lies deeper than this is listed flat: whoever walks a tree by recursion survives any path."""

Counts = Mapping[Kind, int]


class ChangeTree:
    """The changes of one container, of which kinds can be hidden.

    Directories that hold other changes are not counted: the engine lists them as modified because
    something below them is.
    """

    def __init__(self, changes: Iterable[Change], mounts: Iterable[Mount] = ()) -> None:
        self.root = tree(change for change in changes if change.path.strip("/"))
        self.hidden: frozenset[Kind] = frozenset()
        self._mounts = {mount.target.rstrip("/"): mount for mount in mounts}
        self._counts = _count(self.root)
        self._below: dict[int, list[Node]] = {}
        self._flat: dict[int, dict[str, Node]] = {}

    @property
    def totals(self) -> Counts:
        """How many paths there are of each kind, hidden or not."""
        return self.counts(self.root)

    def counts(self, node: Node) -> Counts:
        """Return how many paths of each kind *node* stands for, hidden ones included."""
        return dict(zip(Kind, self._counts[id(node)], strict=True))

    def toggle(self, kind: Kind) -> None:
        """Hide a kind, or show it again."""
        self.hidden ^= {kind}
        self._below.clear()

    def is_shown(self, node: Node) -> bool:
        """Tell whether *node* or anything below it is of a kind that is not hidden."""
        return any(count for kind, count in self.counts(node).items() if kind not in self.hidden)

    def below(self, node: Node) -> list[Node]:
        """Return what is shown directly below *node*: directories first, then by name."""
        found = self._below.get(id(node))
        if found is None:
            children = (child for child in self._children(node).values() if self.is_shown(child))
            found = sorted(children, key=lambda child: (not child.children, child.name))
            self._below[id(node)] = found
        return found

    def mount(self, node: Node) -> Mount | None:
        """Return what is mounted at *node*; its changes are elsewhere, and not known here."""
        return self._mounts.get(node.path)

    def search(self, text: str) -> list[tuple[Node, ...]]:
        """Return what is shown and has *text* in its name, each with what leads to it.

        Case does not matter; a text with a slash is looked for in whole paths.
        """
        wanted = text.casefold()
        if not wanted:
            return []
        return [
            trail
            for trail in self._trails()
            if wanted in (trail[-1].path if "/" in wanted else trail[-1].name).casefold()
        ]

    def directories(self) -> list[Node]:
        """Return everything that is shown and has something below."""
        return [trail[-1] for trail in self._trails() if trail[-1].children]

    def _trails(self) -> Iterator[tuple[Node, ...]]:
        todo: list[tuple[Node, ...]] = [(node,) for node in reversed(self.below(self.root))]
        while todo:
            trail = todo.pop()
            yield trail
            if trail[-1].children:
                todo += [(*trail, node) for node in reversed(self.below(trail[-1]))]

    def _children(self, node: Node) -> dict[str, Node]:
        if node.path.count("/") < DEEPEST:
            return node.children
        found = self._flat.get(id(node))
        if found is None:
            found = {}
            for leaf in _leaves(node):
                name = leaf.path.removeprefix(node.path + "/")
                found[name] = Node(name, leaf.path, leaf.kind)
                self._counts[id(found[name])] = self._counts[id(leaf)]
            self._flat[id(node)] = found
        return found


def _leaves(top: Node) -> Iterator[Node]:
    todo = list(top.children.values())
    while todo:
        node = todo.pop()
        if node.children:
            todo += node.children.values()
        else:
            yield node


def _count(root: Node) -> dict[int, tuple[int, ...]]:
    """Return the counts of each node by kind, by its id; without recursion, for paths of any depth."""
    order, todo = [], [root]
    while todo:
        node = todo.pop()
        order.append(node)
        todo += node.children.values()
    counts: dict[int, tuple[int, ...]] = {}
    for node in reversed(order):
        if node.children:
            below = (counts[id(child)] for child in node.children.values())
            counts[id(node)] = tuple(map(sum, zip(*below, strict=True)))
        else:
            counts[id(node)] = tuple(int(node.kind is kind) for kind in Kind)
    return counts
