"""Copies files out of a container, below the directory that the user chose and nowhere else.

An archive is written by somebody else: its names may climb, its links lead away, its sizes lie, and it
may hold devices. So everything is written into a new directory of our own, files first and links last,
and moved to its name when it is whole. What cannot be had is left out and named. It ends where the disk
would be full.
"""

from __future__ import annotations

import contextlib
import errno
import os
import posixpath
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from cdbg_tui.engine.archive import SILENCE_SECONDS, archive_path, export_path, members, opened, whole
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.inside import follow, nothing_at
from cdbg_tui.engine.progress import Progress
from cdbg_tui.engine.room import BLOCK, Room
from cdbg_tui.model.file import as_told

CHUNK = 1 << 16
DEEPEST = 500
"""Directories within each other: what removes a copy that was cancelled goes down step by step."""
MOST_NAMED = 1_000
"""Of more that were left out, only the number is told."""
MOST_KEPT = 1_000_000
"""So many links wait for the files that they lead to, and so many directories for their times: no more is held."""
_NOTHING = bytes(CHUNK)


@dataclass(slots=True)
class Copied:
    """What was written, and what of the original is not in it and why."""

    path: Path
    files: int = 0
    bytes: int = 0
    left_out: list[str] = field(default_factory=list)
    left_out_count: int = 0

    def leave_out(self, name: str, why: str) -> None:
        """Note that *name* is not in the copy."""
        self.left_out_count += 1
        if len(self.left_out) < MOST_NAMED:
            self.left_out.append(f"{name}: {why}")


def target_of(destination: Path, path: str) -> Path:
    """Return the name that the copy of *path* gets: in *destination* if that is a directory, else that."""
    # Not Path's own way to ask, which raises where one may not look.
    is_there = os.path.isdir(destination)
    return destination / (posixpath.basename(path.rstrip("/")) or "root") if is_there else destination


def copy_out(
    engine: Engine,
    container_id: str,
    path: str,
    destination: Path,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Copied:
    """Copy a file, or a directory with all below it, to *destination*, as `target_of` understands it.

    A link is followed inside the container, and what it leads to is copied. A directory or a device is never
    overwritten, a file only with *overwrite*. All of it is the user's and nobody else's: of the modes only
    the owner's right to execute is kept. Holes stay holes.

    Raises:
        EngineError: there is no such file; its copy would overwrite something (the kind ``conflict``); it
            cannot be written; the engine does not answer; or it was cancelled. Nothing is left then.
    """
    progress = progress or Progress()
    path = posixpath.normpath(path)
    where, entry = follow(engine, container_id, path)
    if entry is None:
        raise nothing_at(engine, container_id, path)
    copied = Copied(target_of(destination, path))
    with _written(copied.path, overwrite=overwrite) as new:
        room = Room(copied.path.parent)
        with opened(engine, archive_path(container_id, where), progress) as tar:
            _extract(tar, new, copied, progress, room)
        if not os.path.lexists(new):
            if as_told(path) != path:
                raise EngineError(
                    "refused",
                    "This engine makes no archive of a file whose name is no UTF-8.",
                    "Copy the directory that it is in.",
                )
            raise EngineError("refused", f"{path} cannot be copied: it is {_what_it_is(copied)}.")
    return copied


def export(
    engine: Engine,
    container_id: str,
    destination: Path,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Copied:
    """Write a container's whole file system, without its volumes, to *destination* as a tar archive.

    Raises:
        EngineError: as for `copy_out`.
    """
    progress = progress or Progress()
    copied = Copied(destination, files=1)
    with _written(destination, overwrite=overwrite) as new:
        progress.check()
        room = Room(destination.parent)
        with (
            progress.reading(engine, export_path(container_id), patience=SILENCE_SECONDS) as stream,
            open(new, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file,
        ):
            for piece in whole(stream):
                room.take(len(piece))
                file.write(piece)
                progress.bytes += len(piece)
        copied.bytes = progress.bytes
    return copied


def _what_it_is(copied: Copied) -> str:
    return copied.left_out[0].partition(": ")[2] if copied.left_out else "nothing that a file system can hold"


def is_replaceable(path: Path) -> bool:
    """Tell whether what is at *path* may give way to a copy: a file, or a link to one or to nothing.

    A directory, a device or a pipe never does, and neither does the way to one: whoever writes to
    /dev/null or /dev/stdout means what lies there, not its name.
    """
    if not os.path.islink(path):
        return os.path.isfile(path)
    return not os.readlink(path).startswith("/proc/") and (os.path.isfile(path) or not os.path.exists(path))


def _exists(path: Path) -> EngineError:
    if not is_replaceable(path):
        what = "a directory" if os.path.isdir(path) else "no file"
        return EngineError("conflict", f"{path} is {what}, which is never overwritten.", "Choose another name.")
    return EngineError("conflict", f"{path} exists.", "Choose another name, or have it overwritten.")


def _check(final: Path, *, overwrite: bool) -> None:
    if os.path.lexists(final) and not (overwrite and is_replaceable(final)):
        raise _exists(final)


@contextlib.contextmanager
def _written(final: Path, *, overwrite: bool) -> Iterator[Path]:
    """Lend a path for something new, and give it its final name if all went well."""
    _check(final, overwrite=overwrite)
    try:
        # Beside its final place, so that it need only be renamed; nobody else may enter it.
        work = Path(tempfile.mkdtemp(prefix=".cdbg-copy-", dir=final.parent))
    except OSError as error:
        raise _unwritable(final.parent, error) from error
    try:
        new = work / "new"
        yield new
        _check(final, overwrite=overwrite)
        _put(new, final, overwrite=overwrite)
    except OSError as error:
        raise _unwritable(final, error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _put(new: Path, final: Path, *, overwrite: bool) -> None:
    """Give *new* its name; without *overwrite* not even to what came there a moment ago."""
    if not overwrite and new.is_file():
        try:
            os.link(new, final, follow_symlinks=False)
            return
        except FileExistsError:
            raise _exists(final) from None
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
    # A directory takes the place of nothing but an empty one.
    os.replace(new, final)


_NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


def _unwritable(path: Path, error: OSError) -> EngineError:
    return EngineError(
        "refused", f"{path} cannot be written: {error.strerror or error}.", "Choose another place, or make room."
    )


def _extract(tar: tarfile.TarFile, new: Path, copied: Copied, progress: Progress, room: Room) -> None:
    """Write what *tar* holds to *new*: a file if it is the archive of one, else a directory."""
    top = os.fspath(new)
    links: list[_Link] = []
    directories: list[tuple[str, float]] = []
    for member in members(tar):
        progress.files += 1
        parts = _parts(member.name)
        if parts is None:
            copied.leave_out(member.name, "its name leads out of the copy")
            continue
        if len(parts) > DEEPEST:
            copied.leave_out(member.name, "it lies too deep")
            continue
        # The first part is the name of what was asked for, which is another here.
        path = "/".join((top, *parts[1:]))
        with _left_out(member.name, copied):
            if member.isdir():
                _make_directory(path, len(parts), room)
                if len(directories) < MOST_KEPT:
                    directories.append((path, float(member.mtime)))
            elif member.isreg():
                _write(tar, member, path, copied, progress, room)
            elif len(links) >= MOST_KEPT and (member.issym() or member.islnk()):
                copied.leave_out(member.name, "there are too many links")
            elif member.issym() or member.islnk():
                links.append(_Link(member.name, parts[1:], member.linkname, is_symbolic=member.issym()))
            else:
                copied.leave_out(member.name, _SPECIAL.get(member.type, "neither a file nor a directory"))
    _make_links(links, top, copied, progress, room)
    # Innermost first: times change when something is made below.
    for path, when in reversed(directories):
        _set_time(path, when)


_SPECIAL = {
    tarfile.CHRTYPE: "a character device",
    tarfile.BLKTYPE: "a block device",
    tarfile.FIFOTYPE: "a named pipe",
}
_OF_THE_NAME = (
    *(errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOENT),
    *(errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL, errno.EMLINK),
)
"""Errors that are about one name: it is there already, below a file, or none that this file system can have."""


@contextlib.contextmanager
def _left_out(name: str, copied: Copied) -> Iterator[None]:
    """Leave out what cannot be had by its name; what hinders all others as well is raised."""
    try:
        yield
    except FileExistsError:
        copied.leave_out(name, "something of that name is in the archive already")
    except OSError as error:
        if error.errno not in _OF_THE_NAME:
            raise
        copied.leave_out(name, f"no file can be made of that name: {error.strerror}")


def _parts(name: str) -> tuple[str, ...] | None:
    """Return the parts of an archive's *name*; None where it climbs."""
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    return None if ".." in parts or "\0" in name else parts


def _make_directory(path: str, depth: int, room: Room) -> None:
    """Make a directory and those above it; not by `os.makedirs`, which lets everybody into those above."""
    room.take(BLOCK * depth, depth)
    missing = [path]
    while missing:
        try:
            os.mkdir(missing[-1], 0o700)
            missing.pop()
        except FileNotFoundError:
            missing.append(os.path.dirname(missing[-1]))
        except FileExistsError:
            if not os.path.isdir(missing[-1]):
                raise
            missing.pop()


def _write(
    tar: tarfile.TarFile, member: tarfile.TarInfo, path: str, copied: Copied, progress: Progress, room: Room
) -> None:
    body = tar.extractfile(member)
    if body is None:
        return
    room.take(BLOCK, 1)
    try:
        descriptor = os.open(path, _NEW, 0o600)
    except FileNotFoundError:
        _make_directory(os.path.dirname(path), path.count("/"), room)
        descriptor = os.open(path, _NEW, 0o600)
    with open(descriptor, "wb", buffering=0) as file:
        ends_in_hole = False
        while piece := body.read(CHUNK):
            progress.check()
            ends_in_hole = piece == _NOTHING
            if ends_in_hole:
                file.seek(CHUNK, os.SEEK_CUR)
            else:
                room.take(len(piece))
                file.write(piece)
        if ends_in_hole:
            file.truncate(member.size)
        if member.mode & 0o100:
            os.fchmod(descriptor, 0o700)
        _set_time(descriptor, float(member.mtime))
    copied.files += 1
    copied.bytes += member.size


_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


def _set_time(file: str | int, when: float) -> None:
    # A time that this file system cannot hold is no reason to have no copy.
    with contextlib.suppress(OSError, OverflowError, ValueError):
        os.utime(file, (when, when))


class _Link(NamedTuple):
    """A link of the archive: its name, the parts of that below the copy, and where it leads as it is written."""

    name: str
    parts: tuple[str, ...]
    target: str
    is_symbolic: bool


def _make_links(links: Sequence[_Link], top: str, copied: Copied, progress: Progress, room: Room) -> None:
    """Make the links that stay within the copy.

    All files are there by now, so none is written through a link; hard links come first, so that none of
    them is made of what a symbolic one leads to; and none is made below another.
    """
    for link in links:
        if not link.is_symbolic:
            progress.check()
            with _left_out(link.name, copied):
                _make_hard(link, top, copied, room)
    symbolic = {link.parts: link.target for link in reversed(links) if link.is_symbolic}
    for link in links:
        if not link.is_symbolic:
            continue
        progress.check()
        if not link.parts or leads_out(link.parts, symbolic):
            copied.leave_out(link.name, f"a link to {link.target}, out of the copy")
            continue
        if any(os.path.islink("/".join((top, *link.parts[:depth]))) for depth in range(1, len(link.parts))):
            copied.leave_out(link.name, "it lies below a link")
            continue
        path = "/".join((top, *link.parts))
        with _left_out(link.name, copied):
            _make_directory(os.path.dirname(path), len(link.parts), room)
            os.symlink(link.target, path)
            copied.files += 1


def _make_hard(link: _Link, top: str, copied: Copied, room: Room) -> None:
    parts = _parts(link.target)
    original = "/".join((top, *parts[1:])) if parts else ""
    if not os.path.isfile(original):
        copied.leave_out(link.name, f"a further name of {link.target}, which is not in the copy")
        return
    path = "/".join((top, *link.parts))
    _make_directory(os.path.dirname(path), len(link.parts), room)
    os.link(original, path, follow_symlinks=False)
    copied.files += 1


def leads_out(link: tuple[str, ...], links: Mapping[tuple[str, ...], str]) -> bool:
    """Tell whether a link of a copy leads out of it at any point of its way, by way of the other *links* as well.

    Names are the parts below the copy. Where it comes back in does not count: the copy gets another name.
    """
    at, todo = list(link[:-1]), [link[-1]]
    followed = 0
    while todo:
        part = todo.pop()
        if part in ("", "."):
            continue
        if part == "..":
            if not at:
                return True
            at.pop()
            continue
        at.append(part)
        target = links.get(tuple(at))
        if target is None:
            continue
        followed += 1
        if followed > _MOST_LINKS:
            return False  # round in a ring: nowhere
        if target.startswith("/") or "\0" in target:
            return True
        at.pop()
        todo += reversed(target.split("/"))
    return False


_MOST_LINKS = 40
"""As many as the kernel follows (path_resolution(7))."""
