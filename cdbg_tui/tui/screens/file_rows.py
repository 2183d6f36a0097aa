"""The rows of the diff browser: columns of size, permissions, owner and time, and the tree of names."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType

from cdbg_tui.model.change import Kind
from cdbg_tui.model.container import Mount
from cdbg_tui.model.file import File, FileKind, is_known
from cdbg_tui.model.filetree import FileTree
from cdbg_tui.model.owners import Owners
from cdbg_tui.model.reasons import Reason
from cdbg_tui.model.shown import Shown
from cdbg_tui.model.text import one_line
from cdbg_tui.model.units import size
from cdbg_tui.tui.paint import fit, shorten
from cdbg_tui.tui.screens.tree import LazyTree

KINDS = (Kind.ADDED, Kind.MODIFIED, Kind.DELETED)
COLUMNS = {"mode": 10, "owner": 15, "time": 12, "size": 9}
"""Their widths, in the order in which they give way to the names."""
_SHOWN = ("size", "mode", "owner", "time")
NAMES_WIDTH = 44
"""What the names have at least before there are all columns."""
HALF_A_YEAR = 182 * 86400


class Row(NamedTuple):
    """A row of the tree: a path, in its own place or among those at the top that may tell why."""

    path: str
    is_telling: bool = False


TOP = Row("/")
TELLING = Row("", is_telling=True)
"""The row above those that may tell why."""


def columns_for(width: int) -> tuple[str, ...]:
    """Return the columns for which there is room in *width* cells, in the order in which they stand."""
    kept = list(COLUMNS)
    while kept and width - _breadth(kept) < (NAMES_WIDTH if len(kept) > 1 else 30):
        kept.pop(0)
    return tuple(name for name in _SHOWN if name in kept)


def _breadth(columns: Sequence[str]) -> int:
    return sum(COLUMNS[name] + 2 for name in columns)


def when_written(when: float, now: float) -> str:
    """Return a file's time as ``ls -l`` does: ``Nov 25 12:48``, or with its year if it is not of these months."""
    if when <= 0:
        return ""
    try:
        there = time.localtime(when)
    except (OverflowError, ValueError, OSError):  # any 64-bit number can be in an inode
        return ""
    is_near = abs(now - when) < HALF_A_YEAR
    return f"{_MONTHS[there.tm_mon - 1]} {there.tm_mday:2} " + time.strftime("%H:%M" if is_near else " %Y", there)


# Not strftime's, which speaks the locale's tongue in any number of cells.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class FilesTree(LazyTree[Row]):
    """The tree of one tab."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tree--hit",
        "tree--dim",
        "changes--telling",
        *(f"changes--{kind.word}" for kind in Kind),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "view"),
    ]

    def __init__(self) -> None:
        super().__init__(TOP)
        self.show_root = False
        self.auto_expand = False
        self.shown = Shown(FileTree(), {})
        self.owners = Owners()
        self.reasons: Mapping[str, Reason] = {}
        """Why a changed file may tell something, for those that may."""
        self.telling: Sequence[str] = ()
        """Those that are offered at the top."""
        self.said: dict[str, str] = {}
        """Words on a row that the tree itself does not know: that there is more, or why there is nothing."""
        self.now = time.time()
        self._columns: tuple[str, ...] = ()

    def key(self, item: Row) -> object:
        """Return the row itself: rows are made anew each time."""
        return item

    def offspring(self, item: Row) -> Sequence[Row]:
        """Return what is shown directly below."""
        if item == TELLING:
            return [Row(path, is_telling=True) for path in self.telling]
        top = [TELLING] if item == TOP and self.telling else []
        return top + [Row(path) for path in self.shown.below(item.path)]

    def has_offspring(self, item: Row) -> bool:
        """Tell whether anything lies below it, or may after a look into what is mounted there."""
        if item.is_telling:
            return item == TELLING
        return self.shown.has_below(item.path) or self.is_to_enter(item.path)

    def opens_with_all(self, item: Row) -> bool:
        """Look into what is mounted only when that very thing is opened."""
        return not self.is_to_enter(item.path)

    def is_to_enter(self, path: str) -> bool:
        """Tell whether something is mounted there that was not read yet."""
        is_mount = self.shown.mount(path) is not None
        return is_mount and not self.shown.is_entered(path) and self.shown.is_directory(path)

    def renew_telling(self, paths: Sequence[str]) -> bool:
        """Offer other paths at the top; False where the whole tree is to be made anew for that."""
        if list(paths) == list(self.telling):
            return True
        node = self._child(self.root, TELLING)
        if node is None or not paths:
            self.telling = tuple(paths)
            return False
        at = self.trail()
        self.telling = tuple(paths)
        node.remove_children()
        self._fill(node)
        self.go_to(at)
        return True

    # Columns

    def on_resize(self, event: events.Resize) -> None:
        """Show the columns for which there is room."""
        self.lay_out(event.size.width)

    def lay_out(self, width: int) -> None:
        """Leave room for the columns that fit into *width*."""
        self._columns = columns_for(width)
        self.margin = _breadth(self._columns)
        self.repaint()

    def paint_margin(self, item: Row) -> Text:
        """Return size, permissions, owner and time."""
        cells = self._cells(item.path) if item != TELLING else {}
        row = Text(end="", style=self.style("tree--dim"))
        for name in self._columns:
            width = COLUMNS[name]
            row.append(fit(cells.get(name, ""), width, right=name == "size") + "  ")
        return row

    def _cells(self, path: str) -> Mapping[str, str]:
        shown = self.shown
        if shown.mount(path) is not None and not shown.is_entered(path):
            return {}
        file = shown.file(path)
        known = file is not None and is_known(file)
        below = shown.has_below(path)
        count = shown.size(path)
        is_sized = below or (file is not None and known and file.kind is FileKind.REGULAR)
        return {
            "size": size(count) if count is not None and is_sized else "",
            "mode": file.permissions if file is not None and known else "",
            "owner": self.owners.of(file) if file is not None else "",
            "time": when_written(shown.modified(path), self.now),
        }

    # Names

    def paint(self, item: Row, width: int) -> Text:
        """Return the row: the letter of ``docker diff``, the name, and words for both."""
        if item == TELLING:
            row = Text("what may tell why", style=self.style("changes--telling"), no_wrap=True, end="")
            row.truncate(width, overflow="ellipsis")
            return row
        shown, path = self.shown, item.path
        kind = shown.kind(path)
        name = one_line(path if item.is_telling else shown.name(path))
        below = shown.has_below(path)
        if kind is not None and not below:
            style = self.style(f"changes--{kind.word}")
        else:
            style = Style() if shown.is_whole else self.style("tree--dim")
        if shown.is_directory(path):
            name += "/"
        mark, words = one_line(self._mark_of(item)), one_line(self._words(path))
        letter = f"{kind.letter} " if kind else ""
        extra = (f"  ◆ {mark}" if mark else "") + (f"  {words}" if words else "")
        # Both ends of a name tell it from others; of the words the beginning is enough.
        room = max(min(len(name), width * 2 // 3), width - len(letter) - len(extra))
        row = Text(letter + shorten(name, room), style=style, no_wrap=True, end="")
        if mark:
            row.append(f"  ◆ {mark}", style=self.style("changes--telling"))
        if words:
            row.append(f"  {words}", style=self.style("tree--dim"))
        row.truncate(width, overflow="ellipsis")
        return row

    def _mark_of(self, item: Row) -> str:
        why = self.reasons.get(item.path)
        is_changed = self.shown.kind(item.path) in (Kind.ADDED, Kind.MODIFIED)
        return why.word if why is not None and is_changed and not self.shown.is_directory(item.path) else ""

    def _words(self, path: str) -> str:
        said = self.said.get(path, "")
        mount = self.shown.mount(path)
        if mount is not None:
            return f"{said}{' · ' if said else ''}{mounted(mount)}"
        file = self.shown.file(path)
        if said:
            return said
        if file is not None and file.kind is FileKind.LINK:
            return f"→ {one_line(file.link)}{self._lost(file)}"
        if file is not None and file.kind not in (FileKind.REGULAR, FileKind.DIRECTORY):
            return file.kind.word
        return counted(self.shown, path) if self.shown.has_below(path) else ""

    def _lost(self, file: File) -> str:
        if self.shown.is_whole and self.shown.resolve(file.path) is None:
            where = self.shown.mount_above(lexically(file))
            return "" if where and not self.shown.is_entered(where) else "  (leads nowhere)"
        if _climbs(file):
            return "  (held in by the container's root)"
        return ""


def lexically(file: File) -> str:
    """Return where a link points by its words alone, whether or not there is anything."""
    parts: list[str] = [] if file.link.startswith("/") else file.path.split("/")[1:-1]
    for part in file.link.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def _climbs(file: File) -> bool:
    """Tell whether a link has more ``..`` than there are directories above it."""
    depth = 0 if file.link.startswith("/") else file.path.count("/") - 1
    for part in file.link.split("/"):
        if part == "..":
            depth -= 1
            if depth < 0:
                return True
        elif part not in ("", "."):
            depth += 1
    return False


def mounted(mount: Mount) -> str:
    """Return what a mount is, in words: its kind, where it comes from, whether it can be written."""
    source = one_line(mount.name[:24] or mount.source)
    return f"mount point: {'' if mount.writable else 'read-only '}{one_line(mount.kind)} {source}".rstrip()


def counted(shown: Shown, path: str) -> str:
    """Return how many paths of each kind lie below *path*, but for the hidden ones."""
    counts = shown.counts(path)
    return ", ".join(
        f"{counts[kind]:,} {kind.word}" for kind in KINDS if counts[kind] and kind not in shown.hidden
    )
