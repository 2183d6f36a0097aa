"""What each layer of an image did to those below it, as an overlay file system stacks them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from cdbg_tui.model.layers import NOTES, OPAQUE, WHITEOUT, Files, Image, Layer


class What(Enum):
    """What a layer did to a path; in the words and letters of dive."""

    ADDED = "A"
    MODIFIED = "M"
    DELETED = "D"

    @property
    def word(self) -> str:
        """The word for it."""
        return self.name.lower()


_LEADS, _ADDED, _MODIFIED = 0, ord("A"), ord("M")


@dataclass(frozen=True, slots=True)
class Gone:
    """A path that a layer deleted, with all that was below it."""

    path: str
    size: int
    """Bytes in lower layers that it hid; they are in the image all the same."""
    files: int
    """Files and links, directories not counted."""
    brought_by: int
    """The number of the layer whose bytes these are, the most of them at least."""
    is_directory: bool = False


@dataclass(slots=True)
class Change:
    """What one layer did, by the index of its files; *hidden_by* tells the layer that hides a file, or -1."""

    what: bytearray
    """``A`` or ``M`` for a file; 0 for whiteouts, and for directories that only lead to others."""
    before: array[int]
    """The size of what a modified file was before."""
    hidden_by: array[int]
    gone: list[Gone] = field(default_factory=list)
    counts: dict[What, int] = field(default_factory=lambda: dict.fromkeys(What, 0))
    bytes: dict[What, int] = field(default_factory=lambda: dict.fromkeys(What, 0))
    """What it added, what modified files are now, and what it deleted in lower layers."""
    hides: int = 0
    """Bytes of lower layers that nobody sees from here on: deleted or overwritten."""


class _Node:
    """A path of the stacked file system, and which file of which layer it is."""

    __slots__ = ("children", "index", "layer")

    def __init__(self) -> None:
        self.children: dict[str, _Node] | None = None
        self.layer = -1
        self.index = -1


def compare(layers: Sequence[Layer]) -> list[Change]:
    """Return what each layer did to those below it, as an overlay file system would stack them.

    A whiteout deletes a path and all below it, an opaque directory what lower layers have in it; both act
    on lower layers only. Only headers are compared: a file that is in a layer again counts as modified,
    whatever it holds; a directory does where its mode or owner differ.
    """
    return _Stacking(layers).changes()


class _Stacking:
    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = layers
        self._top = _Node()
        self._changes: list[Change] = []

    def changes(self) -> list[Change]:
        for number in range(len(self._layers)):
            self._lay(number)
        return self._changes

    def _lay(self, number: int) -> None:
        files = self._layers[number].files
        change = Change(
            bytearray(len(files)), array("q", bytes(8 * len(files))), array("h", b"\xff\xff" * len(files))
        )
        self._changes.append(change)
        whiteouts: list[str] = []
        opaque: list[str] = []
        own: list[int] = []
        for index, path in enumerate(files.paths):
            above, _, name = path.rpartition("/")
            if not name.startswith(WHITEOUT):
                own.append(index)
                self._compare(files, index, change)
            elif name == OPAQUE:
                opaque.append(above)
            elif not name.startswith(NOTES) and name != WHITEOUT:
                whiteouts.append(f"{above}/{name[len(WHITEOUT) :]}" if above else name[len(WHITEOUT) :])
        if whiteouts or opaque:
            again = _with_parents(files.paths[index] for index in own)
            for path in whiteouts:
                self._delete(number, change, path, again)
            for path in opaque:
                self._clear(number, change, path, again)
        for index in own:
            self._put(number, index, change)
        _count(files, own, change)

    def _find(self, path: str) -> _Node | None:
        node = self._top
        for name in path.split("/"):
            if node.children is None or (found := node.children.get(name)) is None:
                return None
            node = found
        return node

    def _compare(self, files: Files, index: int, change: Change) -> None:
        old = self._find(files.paths[index])
        if old is None:
            change.what[index] = _ADDED
            return
        if old.layer < 0:  # a directory that no archive has named
            change.what[index] = _LEADS if files.is_directory(index) else _MODIFIED
            return
        was = self._layers[old.layer].files
        if files.is_directory(index) and was.is_directory(old.index):
            same = _meta(files, index) == _meta(was, old.index)
            change.what[index] = _LEADS if same else _MODIFIED
        else:
            change.what[index] = _MODIFIED
            change.before[index] = was.sizes[old.index]

    def _delete(self, number: int, change: Change, path: str, again: set[str]) -> None:
        above, _, name = path.rpartition("/")
        parent = self._find(above) if above else self._top
        if parent is None or parent.children is None or (node := parent.children.pop(name, None)) is None:
            return
        self._gone(number, change, path, node, again)

    def _clear(self, number: int, change: Change, path: str, again: set[str]) -> None:
        node = self._find(path) if path else self._top
        if node is None or not node.children:
            return
        children, node.children = node.children, None
        for name, child in children.items():
            self._gone(number, change, f"{path}/{name}" if path else name, child, again)

    def _gone(self, number: int, change: Change, path: str, node: _Node, again: set[str]) -> None:
        """Note what is deleted for good; what the same layer brings again is modified instead."""
        todo = [(path, node)]
        while todo:
            path, node = todo.pop()
            if path in again:
                change.hides += self._hide(node, number)
                todo += [(f"{path}/{name}", child) for name, child in (node.children or {}).items()]
                continue
            by_layer: dict[int, int] = {}
            files, size = 0, 0
            for one in _all(node):
                if one.layer < 0:
                    continue
                own = self._hide(one, number)
                size += own
                by_layer[one.layer] = by_layer.get(one.layer, 0) + own
                files += not self._layers[one.layer].files.is_directory(one.index)
            brought_by = max(by_layer, key=lambda layer: by_layer[layer], default=node.layer)
            is_directory = node.children is not None or (
                node.layer >= 0 and self._layers[node.layer].files.is_directory(node.index)
            )
            change.gone.append(Gone(path, size, files, brought_by, is_directory))
            change.hides += size

    def _hide(self, node: _Node, number: int) -> int:
        if node.layer < 0 or self._changes[node.layer].hidden_by[node.index] != -1:
            return 0
        self._changes[node.layer].hidden_by[node.index] = number
        return self._layers[node.layer].files.sizes[node.index]

    def _put(self, number: int, index: int, change: Change) -> None:
        files = self._layers[number].files
        node = self._top
        for name in files.paths[index].split("/"):
            if node.children is None:
                node.children = {}
            below = node.children.get(name)
            if below is None:
                below = node.children[name] = _Node()
            node = below
        if node.layer == number:  # named twice: the later one holds
            change.what[node.index] = _LEADS
            self._hide(node, number)
        elif node.layer >= 0:
            change.hides += self._hide(node, number)
        if node.children and not files.is_directory(index):
            below_it = (one for child in node.children.values() for one in _all(child))
            change.hides += sum(self._hide(one, number) for one in below_it if one.layer != number)
            node.children = {name: child for name, child in node.children.items() if child.layer == number} or None
        node.layer, node.index = number, index


def _meta(files: Files, index: int) -> tuple[int, int, int]:
    return files.modes[index], files.uids[index], files.gids[index]


def _all(top: _Node) -> Iterator[_Node]:
    todo = [top]
    while todo:
        node = todo.pop()
        yield node
        if node.children:
            todo += node.children.values()


def _with_parents(paths: Iterator[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        one = path
        while one and one not in found:
            found.add(one)
            one = one.rpartition("/")[0]
    return found


def _count(files: Files, own: Sequence[int], change: Change) -> None:
    """Count what has nothing below it in this layer: directories that hold others are not counted."""
    parents = {path.rpartition("/")[0] for path in files.paths}
    for index in own:
        letter = change.what[index]
        if letter and files.paths[index] not in parents:
            what = What.ADDED if letter == _ADDED else What.MODIFIED
            change.counts[what] += 1
            change.bytes[what] += files.sizes[index]
    for gone in change.gone:
        change.counts[What.DELETED] += gone.files or 1
        change.bytes[What.DELETED] += gone.size


def what_of(change: Change, index: int) -> What | None:
    """Return what a layer did with one of its files; None for a directory that only leads to others."""
    letter = change.what[index]
    return What(chr(letter)) if letter else None


def difference(image: Image, changes: Sequence[Change], number: int, index: int) -> str:
    """Return in words in what a modified file of a layer differs from the one below it; empty if it is new."""
    change = changes[number]
    if what_of(change, index) is not What.MODIFIED:
        return ""
    files = image.layers[number].files
    path = files.paths[index]
    for below in range(number - 1, -1, -1):
        was = image.layers[below].files
        if (at := _position(was, path, changes[below], number)) is None:
            continue
        words = []
        if files.flags[index] != was.flags[at]:
            words.append("another kind of file")
        if files.modes[index] != was.modes[at]:
            words.append(f"mode {was.modes[at]:04o} before")
        if (files.uids[index], files.gids[index]) != (was.uids[at], was.gids[at]):
            words.append(f"owner {was.uids[at]}:{was.gids[at]} before")
        if not files.is_directory(index) and files.times[index] == was.times[at] and words:
            words.append("its content copied for that")
        return ", ".join(words)
    return ""


def _position(files: Files, path: str, change: Change, hidden_by: int) -> int | None:
    at = -1
    while True:
        try:
            at = files.paths.index(path, at + 1)
        except ValueError:
            return None
        if change.hidden_by[at] in (hidden_by, -1):
            return at
