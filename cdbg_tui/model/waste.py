"""Efficiency and wasted space of an image, figure for figure as dive has them.

The rules are dive's (github.com/wagoodman/dive, v0.13), with their odd corners, for two tools that judge the
same image in a pipeline must agree:

- Only leaves of a layer's tree are looked at: files, and directories with nothing below them in that layer
  (`Efficiency` in filetree/efficiency.go).
- The size is that of the tar header; hard and symbolic links have 0 there, and are counted so
  (`NewFileInfoFromTarHeader` in filetree/file_info.go). A layer's size is the sum over its archive, ``.`` left
  out (image_archive.go).
- Every path has a *cumulative* size, that of all its copies together, the last and visible one included, and a
  *least* size. The score is the sum of the least by the sum of the cumulative; 1 where there is nothing.
- A whiteout ``.wh.x`` is one more copy of ``x``: of size 0 where x is a file, so that its least size becomes 0;
  of the size of all that is below in the layers underneath where x is a directory.
- Wasted are the cumulative sizes of the paths that are met at least twice. A directory that is deleted whole
  was no leaf before, is met once, and so is *not* wasted, although nobody sees its bytes any more. What nobody
  sees is counted besides, by `stacking.compare`.
- Names that begin with ``.wh..wh.``, opaque directories' marks among them, are left out (`AddPath` in
  filetree/file_tree.go): what an opaque directory hides is neither deleted nor wasted.
- Layers are stacked without regard for kinds: a file in the place of a directory keeps what was below it
  (`Stack` in filetree/file_tree.go). The lowest layer is stacked on a copy of itself.
- A whiteout of what is not there ends the look at that layer; the path counts with a least size of -1
  (`visitor` in filetree/efficiency.go returns an error).
- *User* bytes are those of all layers but the lowest; the wasted share is wasted by user bytes
  (image/analysis.go).
- The CI rule fails below the threshold: ``threshold > efficiency`` (ci/rules.go).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cdbg_tui.model.layers import WHITEOUT, Files

_NOT_KEPT = ".wh..wh."


@dataclass(frozen=True, slots=True)
class Offender:
    """A path that is in more than one layer: all its copies together, or what was deleted of it."""

    path: str
    size: int
    count: int


@dataclass(frozen=True, slots=True)
class Waste:
    """What dive says of an image."""

    efficiency: float
    wasted: int
    size: int
    user_size: int
    offenders: tuple[Offender, ...]
    """The worst first."""

    @property
    def user_share(self) -> float | None:
        """Wasted bytes by those of all layers but the lowest; None where these have none."""
        return self.wasted / self.user_size if self.user_size else None


class _Node:
    __slots__ = ("children", "is_directory", "size")

    def __init__(self) -> None:
        self.children: dict[str, _Node] | None = None
        self.size = 0
        self.is_directory = False


def weigh(layers: Sequence[Files]) -> Waste:
    """Return efficiency and waste of an image with these layers, the lowest first."""
    known: dict[str, int] = {}
    total, least, count = array("q"), array("q"), array("q")
    stack = _Node()
    for number, files in enumerate(layers):
        tree = _tree(files)
        if not number:
            stack = _tree(files)
        for trail, name, node in _children_first(tree):
            if node.children:
                continue
            is_whiteout = name.startswith(WHITEOUT)
            path = trail + (name.removeprefix(WHITEOUT) if is_whiteout else name)
            at = known.get(path)
            if at is None:
                at = known[path] = len(total)
                total.append(0)
                least.append(-1)
                count.append(0)
            size = node.size
            if is_whiteout:
                before = _find(stack, path)
                if before is None:
                    break
                size = _all_sizes(before) if before.is_directory else 0
            total[at] += size
            least[at] = size if least[at] < 0 else min(least[at], size)
            count[at] += 1
        _stack(stack, tree)
    discovered = sum(total)
    offenders = [Offender("/" + path, total[at], count[at]) for path, at in known.items() if count[at] > 1]
    offenders.sort(key=lambda one: (-one.size, one.path))
    return Waste(
        efficiency=sum(least) / discovered if discovered else 1.0,
        wasted=sum(one.size for one in offenders),
        size=sum(files.size for files in layers),
        user_size=sum(files.size for files in layers[1:]),
        offenders=tuple(offenders),
    )


def _tree(files: Files) -> _Node:
    root = _Node()
    for index, path in enumerate(files.paths):
        if (node := _made(root, path)) is not None:
            node.size, node.is_directory = files.sizes[index], files.is_directory(index)
    return root


def _made(root: _Node, path: str) -> _Node | None:
    """Return the node of *path*, made if need be; None for names that are not kept."""
    node = root
    for name in path.split("/"):
        if node.children is None:
            node.children = {}
        below = node.children.get(name)
        if below is None:
            if name.startswith(_NOT_KEPT):
                return None
            below = node.children[name] = _Node()
        node = below
    return node


def _find(root: _Node, path: str) -> _Node | None:
    node = root
    for name in path.strip("/").split("/"):
        if not name:
            continue
        if node.children is None or (found := node.children.get(name)) is None:
            return None
        node = found
    return node


def _children_first(root: _Node) -> Iterator[tuple[str, str, _Node]]:
    """Yield every node but the root, with what its path begins with: by name, what is below before it."""
    todo: list[tuple[str, str, _Node, bool]] = _below("", root)
    while todo:
        trail, name, node, is_done = todo.pop()
        if is_done or not node.children:
            yield trail, name, node
        else:
            todo.append((trail, name, node, True))
            todo += _below(f"{trail}{name}/", node)


def _below(trail: str, node: _Node) -> list[tuple[str, str, _Node, bool]]:
    children = node.children or {}
    return [(trail, name, children[name], False) for name in sorted(children, reverse=True)]


def _stack(stack: _Node, tree: _Node) -> None:
    for trail, name, node in _children_first(tree):
        if name.startswith(WHITEOUT):
            gone = name.removeprefix(WHITEOUT)
            parent = _find(stack, trail)
            if parent is not None and parent.children:
                parent.children.pop(gone, None)
        elif (put := _made(stack, trail + name)) is not None:
            put.size, put.is_directory = node.size, node.is_directory


def _all_sizes(top: _Node) -> int:
    size, todo = 0, [top]
    while todo:
        node = todo.pop()
        size += node.size
        if node.children:
            todo += node.children.values()
    return size
