"""What the diff browser says of one file, and of a mount that cannot be entered."""

from __future__ import annotations

from textual.content import Content

from cdbg_tui.model.change import Kind
from cdbg_tui.model.container import Mount
from cdbg_tui.model.file import File, FileKind, is_known
from cdbg_tui.model.owners import Owners
from cdbg_tui.model.shown import Shown
from cdbg_tui.model.text import one_line
from cdbg_tui.model.units import clock, exact_span, size
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.file_rows import KINDS, counted, mounted

_COLOURS = {Kind.ADDED: "$text-success", Kind.MODIFIED: "$text-warning", Kind.DELETED: "$text-error"}

CLOSE_SECONDS = 3600.0
"""So near to the container's end, a file's time is told from there."""


def reading(shown: Shown, path: str, owners: Owners, ended: float | None, said: str) -> Content:
    """Return the whole path, what became of it, and all that is known of it."""
    mount, file, kind = shown.mount(path), shown.file(path), shown.kind(path)
    parts: list[str] = []
    if mount is not None:
        parts.append(mounted(mount))
    elif kind is not None and not shown.has_below(path):
        parts.append(kind.word)
    if shown.has_below(path) and not shown.is_whole and mount is None:
        parts.append(counted(shown, path))
    if file is not None and is_known(file) and (mount is None or shown.is_entered(path)):
        parts += _known(shown, file, owners, ended, kind)
    if file is not None and file.kind is FileKind.LINK:
        parts.append(f"→ {one_line(file.link)}")
    if said:
        parts.append(said)
    return Content.assemble(
        plain(one_line(path)), ("  " + one_line(" · ".join(part for part in parts if part)), "$foreground-muted")
    )


def _known(shown: Shown, file: File, owners: Owners, ended: float | None, kind: Kind | None) -> list[str]:
    path = file.path
    words = [file.kind.word] if file.kind not in (FileKind.REGULAR, FileKind.DIRECTORY) else []
    count = shown.size(path)
    if count is not None and (file.kind is FileKind.REGULAR or shown.has_below(path)):
        where = " below it" if shown.has_below(path) else ""
        words.append((f"{size(count)} ({count:,} bytes)" if count >= 1024 else f"{count} bytes") + where)
    if kind is Kind.DELETED:
        words[-1:] = [f"{word} in the image" for word in words[-1:]]
        return words
    words += [file.permissions, one_line(owners.of(file))]
    if file.modified > 0:
        words.append(_when(file.modified, ended))
    if file.same_as:
        words.append(f"a further name of {one_line(file.same_as)}")
    return words


def _when(when: float, ended: float | None) -> str:
    try:
        words = clock(when)
    except (OverflowError, ValueError, OSError):  # any 64-bit number can be in an inode
        return ""
    if ended is None or abs(ended - when) > CLOSE_SECONDS:
        return words
    span = exact_span(abs(ended - when))
    return f"{words}, {span} {'before' if when <= ended else 'after'} its end"


def totals(shown: Shown, cut: str) -> Content:
    """Return how many files there are, by what became of them, and how big they are."""
    if shown.is_whole:
        words = f"{len(shown):,} files, {size(shown.size('/') or 0)}"
        return Content.assemble(words, (f"  cut off {one_line(cut)}" if cut else "", "$text-warning"))
    parts = []
    for kind in KINDS:
        words = f"{shown.totals.get(kind, 0):,} {kind.word}"
        if kind in shown.hidden:
            parts.append(Content.styled(f"{words} (hidden)", "$foreground-muted"))
            continue
        weight = shown.bytes[kind]
        letter = (f"{kind.letter} ", f"bold {_COLOURS[kind]}")
        parts.append(Content.assemble(letter, words, (f" {size(weight)}" if weight else "", "$foreground-muted")))
    return Content(" · ").join(parts)


def why_not_entered(mount: Mount, *, is_up: bool) -> str:
    """Return why the engine cannot read what is mounted there; empty where it can."""
    if mount.kind == "tmpfs":
        if is_up:
            return "in memory, in its own mount namespace: the engine does not see it, a shell inside does"
        return "in memory: what it held went with the container's end"
    if mount.kind == "npipe":
        return "a named pipe of Windows is no directory"
    return ""
