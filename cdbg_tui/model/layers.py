"""An image: its layers with the files that each brings, and its history.

A layer's files are columns, not objects: an image has hundreds of thousands, and is kept while the
dashboard is open.
"""

from __future__ import annotations

import posixpath
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from cdbg_tui.model.instruction import readable

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
NOTES = ".wh..wh."
"""Notes of AUFS to itself; all but `OPAQUE` mean nothing."""


class Files:
    """What a layer's archive says of its files, in its order. A path is relative to the root and normal."""

    __slots__ = ("flags", "gids", "links", "modes", "paths", "size", "sizes", "times", "uids")

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.flags = bytearray()
        """Type flags of tar: ``0`` regular, ``1`` hard link, ``2`` symbolic link, ``5`` directory."""
        self.sizes = array("q")
        self.modes = array("H")
        self.uids = array("q")
        self.gids = array("q")
        self.times = array("q")
        self.links: dict[int, str] = {}
        self.size = 0
        """Bytes of all of them, as headers tell; dive's size of a layer, to the byte."""

    def __len__(self) -> int:
        return len(self.paths)

    def add(
        self,
        path: str,
        size: int = 0,
        flag: str = "0",
        *,
        mode: int = 0o644,
        uid: int = 0,
        gid: int = 0,
        modified: int = 0,
        link: str = "",
    ) -> None:
        """Add a file; *path* may be written in any way. The root itself is left out, as dive leaves it out."""
        path = posixpath.normpath(path)
        if path == ".":
            return
        self.size += size
        path = path.strip("/")
        if not path:
            return
        if link:
            self.links[len(self.paths)] = link
        self.paths.append(path)
        self.flags.append(ord(flag))
        self.sizes.append(size)
        self.modes.append(mode)
        self.uids.append(uid)
        self.gids.append(gid)
        self.times.append(modified)

    def is_directory(self, index: int) -> bool:
        """Tell whether a file is a directory."""
        return self.flags[index] == _DIRECTORY


_DIRECTORY = ord("5")


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of an image's history: an instruction of its Dockerfile, mostly."""

    original: str
    """As the builder wrote it down (``created_by``)."""
    created: float | None = None
    comment: str = ""
    is_empty: bool = False
    """It made no layer: ENV, CMD, LABEL …"""

    @property
    def instruction(self) -> str:
        """The instruction as one writes it, on one line, its secrets masked."""
        return readable(self.original) or self.comment.strip()


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer; *step* is None where the history says nothing of it."""

    files: Files
    digest: str = ""
    step: Step | None = None

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return self.files.size

    @property
    def instruction(self) -> str:
        """What brought it, on one line."""
        return (self.step.instruction if self.step else "") or NO_HISTORY


NO_HISTORY = "no history"


@dataclass(frozen=True, slots=True)
class Image:
    """An image whose layers have been read, the lowest first."""

    id: str
    names: tuple[str, ...]
    layers: tuple[Layer, ...]
    steps: tuple[tuple[Step | None, int | None], ...]
    """The history in order, each with the number (from 0) of its layer; None for an empty one. A layer
    without history has a row as well."""
    created: float | None = None
    platform: str = ""
    is_whole: bool = True
    """Whether the history has as many entries as there are layers: else one may stand at the wrong layer."""

    @property
    def size(self) -> int:
        """Bytes of all layers."""
        return sum(layer.size for layer in self.layers)

    @property
    def name(self) -> str:
        """What it is called: its first name, or the beginning of its id."""
        return self.names[0] if self.names else self.id.removeprefix("sha256:")[:12]


def told(history: Sequence[Step], files: Sequence[tuple[str, Files]]) -> tuple[tuple[Layer, ...], ImageSteps]:
    """Return the layers of (digest, files) with their steps, and all steps in order.

    The entries that are not empty belong to the layers in order, from the lowest on, as ``docker history``
    has it. Images that were imported, squashed or made by other builders may have fewer.
    """
    layers: list[Layer] = []
    steps: list[tuple[Step | None, int | None]] = []
    for step in history:
        if step.is_empty or len(layers) >= len(files):
            steps.append((step, None))
            continue
        digest, own = files[len(layers)]
        steps.append((step, len(layers)))
        layers.append(Layer(own, digest, step))
    for digest, own in files[len(layers) :]:
        steps.append((None, len(layers)))
        layers.append(Layer(own, digest))
    return tuple(layers), tuple(steps)


ImageSteps = tuple[tuple[Step | None, int | None], ...]
