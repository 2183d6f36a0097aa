"""The files of a container or image as a tree, and the way through its links."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping

from cdbg_tui.model.file import File, FileKind

_MOST_LINKS = 40
"""As many as the kernel follows (path_resolution(7))."""


class FileTree:
    """Files by path. What leads to a file is a directory, whether it was told or not."""

    def __init__(self, files: Iterable[File] = ()) -> None:
        self._files: dict[str, File] = {"/": File("/", FileKind.DIRECTORY)}
        self._below: dict[str, dict[str, None]] = {"/": {}}
        for file in files:
            self.add(file)

    def __len__(self) -> int:
        return len(self._files)

    def __contains__(self, path: str) -> bool:
        return path in self._files

    def __iter__(self) -> Iterator[File]:
        return iter(self._files.values())

    def add(self, file: File) -> None:
        """Take a file in; a later word about the same path holds."""
        path = file.path
        if path not in self._files:
            self._enter(path)
        self._files[path] = file

    def _enter(self, path: str) -> None:
        """Give *path* its place below directories, as many of them as are missing."""
        while True:
            above = posixpath.dirname(path)
            there = self._below.get(above)
            if there is not None:
                there[path] = None
                if above not in self._files:
                    self._files[above] = File(above, FileKind.DIRECTORY)
                return
            self._below[above] = {path: None}
            if above in self._files:
                return
            self._files[above] = File(above, FileKind.DIRECTORY)
            path = above

    def get(self, path: str) -> File | None:
        """Return what is at *path*, links not followed."""
        return self._files.get(path)

    def paths_below(self, path: str) -> Iterable[str]:
        """Return the paths directly below *path*, as they came."""
        return self._below.get(path, {})

    def below(self, path: str) -> list[File]:
        """Return what lies directly below *path*: directories first, then by name."""
        found = [self._files[one] for one in self._below.get(path, ())]
        found.sort(key=lambda file: (not file.is_directory, file.name))
        return found

    def has_below(self, path: str) -> bool:
        """Tell whether anything lies below *path*."""
        return bool(self._below.get(path))

    def count_below(self, path: str) -> int:
        """Return how many files lie directly below *path*."""
        return len(self._below.get(path, ()))

    def original(self, file: File) -> File:
        """Return the file of which *file* is a further name, or itself: that one has the size."""
        return self._files.get(file.same_as, file) if file.same_as else file

    def resolve(self, path: str) -> File | None:
        """Return what *path* leads to, links followed inside this tree only: its root is theirs.

        None where it leads nowhere, or round in a ring.
        """
        return resolve(path, self._files.get)


def resolve(path: str, get: Callable[[str], File | None]) -> File | None:
    """Return what *path* leads to in the tree of which *get* tells what is at a path; its root holds links in.

    None where it leads nowhere, or round in a ring.
    """
    todo = [part for part in reversed(path.split("/")) if part not in ("", ".")]
    at, links = "/", 0
    while todo:
        part = todo.pop()
        if part == "..":
            at = posixpath.dirname(at)
            continue
        file = get(posixpath.join(at, part))
        if file is None:
            return None
        if file.kind is not FileKind.LINK:
            at = file.path
            continue
        links += 1
        if links > _MOST_LINKS:
            return None
        if file.link.startswith("/"):
            at = "/"
        todo += [part for part in reversed(file.link.split("/")) if part not in ("", ".")]
    return get(at)


Weights = Mapping[str, tuple[int, float]]
"""Of each directory, the bytes that lie below it, and when the newest of its files was written."""


def weights(tree: FileTree) -> Weights:
    """Return what lies below each directory of *tree*, in one pass, without recursion."""
    found: dict[str, tuple[int, float]] = {}
    order, todo = [], ["/"]
    while todo:
        path = todo.pop()
        order.append(path)
        todo += [one for one in tree.paths_below(path) if tree.has_below(one)]
    for path in reversed(order):
        total, newest = 0, 0.0
        for one in tree.paths_below(path):
            file = tree.get(one)
            more, when = found.get(one) or ((file.size, file.modified) if file else (0, 0.0))
            total += more
            newest = max(newest, when)
        found[path] = total, newest
    return found
