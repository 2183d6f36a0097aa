"""What a tab of the diff browser shows: files, what became of each, what is mounted; hidden kinds and an order."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

from cdbg_tui.model.change import Change, Kind
from cdbg_tui.model.container import Mount
from cdbg_tui.model.file import File, FileKind, as_told, is_known
from cdbg_tui.model.filetree import FileTree, Weights, resolve

DEEPEST = 60
"""What lies deeper than this is listed flat: whoever walks a tree by recursion survives any path."""
MOST_HITS = 10_000


class Order(Enum):
    """What comes first in a directory; the value is its word."""

    PATH = "path"
    SIZE = "size"
    TIME = "time"

    @property
    def next(self) -> Order:
        """The one after it."""
        orders = list(Order)
        return orders[(orders.index(self) + 1) % len(orders)]


class Shown:
    """A tree of paths with what is known of each.

    Directories that hold other changes are not counted: the engine lists them as modified because
    something below them is. What a mount holds, once it was entered, is a tree of its own.
    """

    def __init__(
        self,
        files: FileTree,
        kinds: Mapping[str, Kind],
        mounts: Iterable[Mount] = (),
        known_weights: Weights | None = None,
        counts: Mapping[str, tuple[int, ...]] | None = None,
    ) -> None:
        """Show *files*; where *known_weights* is given they are a whole file system, else changes only.

        The *counts* are those of its changes, by the path as which each is told.
        """
        self._files = files
        self.kinds = kinds
        """What became of each path, as the engine tells it."""
        self.is_whole = known_weights is not None
        """Whether this is a whole file system; else it is what was changed of one."""
        self._weights: dict[str, tuple[int, float]] = dict(known_weights or {})
        self._mounts: dict[str, Mount] = {}
        self._entered: dict[str, tuple[FileTree, Weights]] = {}
        self._real: dict[str, str] = {}
        self._counts: Mapping[str, tuple[int, ...]] = counts or {}
        self._bytes = dict.fromkeys(Kind, 0)
        self._below: dict[str, list[str]] = {}
        self.hidden: frozenset[Kind] = frozenset()
        self.order = Order.PATH
        self.put_mounts(mounts)

    @classmethod
    def of_changes(cls, changes: Iterable[Change], mounts: Iterable[Mount] = ()) -> Shown:
        """Return the tree of what a container changed."""
        kinds = {change.path: change.kind for change in changes if change.path.strip("/")}
        return cls(FileTree(File(path) for path in kinds), kinds, mounts)

    def put_mounts(self, mounts: Iterable[Mount]) -> None:
        """Show what is mounted, in its place."""
        for mount in mounts:
            target = posixpath.normpath("/" + mount.target.lstrip("/"))
            if target == "/":
                continue
            self._mounts[target] = mount
            home = self._home(target)
            there = home.get(target)
            if there is None or not is_known(there):
                # Most are directories; of files it is learned.
                home.add(File(target, FileKind.DIRECTORY))
        if not self.is_whole:
            self._counts = _counted(self._files, self.kinds)
        self._below.clear()

    def enter(self, point: str, tree: FileTree, known_weights: Weights) -> None:
        """Show what is mounted at *point* below it."""
        self._entered[point] = tree, known_weights
        for target in self._mounts:
            if target.startswith(point + "/") and target not in tree:
                tree.add(File(target, FileKind.DIRECTORY))
        self._below.clear()

    def put(self, file: File) -> None:
        """Take in what is known of one path that is there."""
        home = self._home(file.path)
        if file.path in home:
            home.add(file)
            self._below.clear()

    def is_entered(self, path: str) -> bool:
        """Tell whether what is mounted at *path* is shown."""
        return path in self._entered

    def _point(self, path: str) -> str:
        """Return the entered mount in which *path* lies; empty for none."""
        if not self._entered:
            return ""
        points = (one for one in self._entered if path == one or path.startswith(one + "/"))
        return max(points, key=len, default="")

    def _home(self, path: str) -> FileTree:
        point = self._point(path)
        return self._entered[point][0] if point else self._files

    # What is known of one

    def __contains__(self, path: str) -> bool:
        return path in self._home(path)

    def __len__(self) -> int:
        return len(self._files) + sum(len(tree) for tree, _ in self._entered.values())

    def file(self, path: str) -> File | None:
        """Return what is known of a file, which may be its path only (`is_known`); None where there is none."""
        return self._home(path).get(path)

    def kind(self, path: str) -> Kind | None:
        """Return what became of a path; None where nothing did, or where nobody compares it."""
        if self._point(path) not in ("", path):
            return None
        return self.kinds.get(path if path in self.kinds or not self.is_whole else as_told(path))

    def mount(self, path: str) -> Mount | None:
        """Return what is mounted at *path*; its changes are elsewhere, and not known here."""
        return self._mounts.get(path)

    def mount_above(self, path: str) -> str:
        """Return the mount point at or above *path*; empty where there is none."""
        points = (one for one in self._mounts if path == one or path.startswith(one + "/"))
        return max(points, key=len, default="")

    def real(self, path: str) -> str:
        """Return the path by which the engine finds it: a name that is no UTF-8 is told otherwise."""
        return self._real.get(path, path)

    def is_directory(self, path: str) -> bool:
        """Tell whether something may lie below *path*."""
        file = self._home(path).get(path)
        return self.has_below(path) or (file is not None and file.is_directory)

    def size(self, path: str) -> int | None:
        """Return the bytes of a file, or of everything below a directory; None where unknown."""
        return self._weight(path)[0]

    def modified(self, path: str) -> float:
        """Return when a file was written, or the newest of those below a directory; 0 where unknown."""
        return self._weight(path)[1]

    def _weight(self, path: str) -> tuple[int | None, float]:
        point = self._point(path)
        tree, known = self._entered[point] if point else (self._files, self._weights)
        weight = known.get(path)
        if weight is not None:
            return weight
        file = tree.get(path)
        if file is None or not is_known(file):
            return None, 0.0
        return tree.original(file).size, file.modified

    def resolve(self, path: str) -> File | None:
        """Return what *path* leads to, links followed inside the container only."""
        return resolve(path, lambda one: self._home(one).get(one))

    # Learning

    def learn(self, batch: Mapping[str, File]) -> None:
        """Take in what became known of changed files, by the path as which each is told."""
        for told, file in batch.items():
            old = self._files.get(told)
            if old is None:
                continue
            if file.path != told:
                self._real[told] = file.path
                file = replace(file, path=told)
            self._files.add(file)
            if not self._files.has_below(told):
                self._weigh(told, file.size - old.size, file.modified)
        self._below.clear()

    def learn_deleted(self, image: FileTree, known_weights: Weights) -> None:
        """Take in the sizes of what was deleted, out of the image's own files."""
        for path, kind in self.kinds.items():
            file = image.get(path) if kind is Kind.DELETED else None
            if file is not None and not self._files.has_below(path):
                weight = known_weights.get(path)
                self._files.add(file if weight is None else replace(file, size=weight[0]))
        self._below.clear()

    def _weigh(self, path: str, more: int, when: float) -> None:
        kind = self.kinds.get(path)
        if kind is not None:
            self._bytes[kind] += more
        while path != "/":
            path = posixpath.dirname(path)
            total, newest = self._weights.get(path, (0, 0.0))
            self._weights[path] = total + more, max(newest, when)

    # What is shown of it

    @property
    def totals(self) -> Mapping[Kind, int]:
        """How many paths there are of each kind, hidden or not."""
        return self.counts("/")

    @property
    def bytes(self) -> Mapping[Kind, int]:
        """How many bytes the files of each kind have, as far as it is known."""
        return self._bytes

    @property
    def all_counts(self) -> Mapping[str, tuple[int, ...]]:
        """How many paths of each kind there are below each directory, for a whole file system to show as well."""
        return self._counts

    def counts(self, path: str) -> Mapping[Kind, int]:
        """Return how many paths of each kind *path* stands for, hidden ones included."""
        return dict(zip(Kind, self._count(path), strict=True))

    def _count(self, path: str) -> tuple[int, ...]:
        found = self._counts.get(path if path in self._counts or not self.is_whole else as_told(path))
        return _own(self.kinds.get(path)) if found is None else found

    def toggle(self, kind: Kind) -> None:
        """Hide a kind, or show it again."""
        self.hidden ^= {kind}
        self._below.clear()

    def sort_by(self, order: Order) -> None:
        """Put what lies in each directory in this order."""
        self.order = order
        self._below.clear()

    def is_shown(self, path: str) -> bool:
        """Tell whether *path*, or anything below it, is of a kind that is not hidden."""
        if self.is_whole or path in self._mounts or self._point(path):
            return True
        # A mount may lie below what was not changed.
        return any(
            count for kind, count in zip(Kind, self._count(path), strict=True) if kind not in self.hidden
        ) or any(one.startswith(path.rstrip("/") + "/") for one in self._mounts)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is shown."""
        return not self.below("/")

    def has_below(self, path: str) -> bool:
        """Tell whether anything lies below *path*, shown or hidden."""
        return self._home(path).has_below(path)

    def below(self, path: str) -> list[str]:
        """Return what is shown directly below *path*, in order."""
        found = self._below.get(path)
        if found is None:
            tree = self._home(path)
            paths = tree.paths_below(path) if path.count("/") < DEEPEST else _leaves(tree, path)
            found = sorted((one for one in paths if self.is_shown(one)), key=self._place)
            self._below[path] = found
        return found

    def _place(self, path: str) -> tuple[Any, ...]:
        name = path.rpartition("/")[2]
        if self.order is Order.SIZE:
            return -(self.size(path) or 0), name
        if self.order is Order.TIME:
            return -self.modified(path), name
        return not self.is_directory(path), name

    def trail(self, path: str) -> list[str]:
        """Return what leads to *path* from below the root, and itself; as far as it is shown."""
        parts = path.strip("/").split("/")
        ups = ["/" + "/".join(parts[: number + 1]) for number in range(len(parts))] if parts[0] else []
        found: list[str] = []
        for one in ups[:DEEPEST]:
            if one not in self or not self.is_shown(one):
                return found
            found.append(one)
        if len(ups) > DEEPEST and path in self and not self.has_below(path) and self.is_shown(path):
            found.append(path)
        return found

    def name(self, path: str) -> str:
        """Return the name that is shown below what leads to it."""
        parts = path.split("/", DEEPEST + 1)
        return parts[-1] if len(parts) > DEEPEST + 1 else path.rpartition("/")[2]

    def paths(self) -> Iterator[str]:
        """Yield everything that there is, in no order."""
        for file in self._files:
            yield file.path
        for point, (tree, _) in self._entered.items():
            yield from (file.path for file in tree if file.path.startswith(point + "/"))

    def directories(self) -> list[str]:
        """Return everything that has something below it, but for mounts."""
        return [path for path in self.paths() if self.has_below(path)]

    def search(self, text: str) -> list[list[str]]:
        """Return what is shown and has *text* in its name, each with what leads to it.

        Case does not matter; a text with a slash is looked for in whole paths.
        """
        wanted = text.casefold()
        if not wanted:
            return []
        if "/" in wanted:
            hits = [path for path in self.paths() if wanted in path.casefold()]
        else:
            hits = [path for path in self.paths() if wanted in path.rpartition("/")[2].casefold()]
        trails = [trail for path in hits[:MOST_HITS] if (trail := self.trail(path)) and trail[-1] == path]
        trails.sort(key=lambda trail: [self._place(one) for one in trail])
        return trails


def _own(kind: Kind | None) -> tuple[int, ...]:
    return tuple(int(kind is one) for one in Kind)


def _leaves(tree: FileTree, top: str) -> Iterator[str]:
    todo = list(tree.paths_below(top))
    while todo:
        path = todo.pop()
        below = tree.paths_below(path)
        if below:
            todo += below
        else:
            yield path


def _counted(tree: FileTree, kinds: Mapping[str, Kind]) -> dict[str, tuple[int, ...]]:
    """Return how many paths of each kind lie below each directory; without recursion, for paths of any depth."""
    order, todo = [], ["/"]
    while todo:
        path = todo.pop()
        order.append(path)
        todo += [one for one in tree.paths_below(path) if tree.has_below(one)]
    counts: dict[str, tuple[int, ...]] = {}
    for path in reversed(order):
        below = (counts.get(one) or _own(kinds.get(one)) for one in tree.paths_below(path))
        counts[path] = tuple(map(sum, zip(*below, strict=True))) or _own(None)
    return counts
