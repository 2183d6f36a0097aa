"""Copies files out of a container, below the directory that the user chose and nowhere else.

An archive is written by somebody else: its names may climb, its links lead away, its sizes lie, and it
may hold devices. So everything is written into a new directory of our own, files first and links last,
and moved to its name when it is whole. What cannot be had is left out and named.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cdbg_tui.engine.archive import SILENCE_SECONDS, archive_path, export_path, members, opened
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.inside import follow
from cdbg_tui.engine.progress import Progress
from cdbg_tui.model.units import size

CHUNK = 1 << 20
MOST_NAMED = 1_000
"""Of more that were left out, only the number is told."""
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
    return destination / (posixpath.basename(path.rstrip("/")) or "root") if destination.is_dir() else destination


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

    A link is followed inside the container, and what it leads to is copied. A directory is never
    overwritten, a file only with *overwrite*. All of it is the user's and nobody else's: of the modes only
    the owner's right to execute is kept. Holes stay holes.

    Raises:
        EngineError: there is no such file; its copy would overwrite something (the kind ``conflict``); it
            cannot be written; the engine does not answer; or it was cancelled. Nothing is left then.
    """
    progress = progress or Progress()
    where, entry = follow(engine, container_id, path)
    if entry is None:
        raise EngineError("missing", f"There is nothing at {path} in the container.")
    copied = Copied(target_of(destination, path))
    with _written(copied.path, overwrite=overwrite) as new:
        with opened(engine, archive_path(container_id, where), progress) as tar:
            _extract(tar, new, copied, progress)
        if not os.path.lexists(new):
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
        stream = engine.stream(export_path(container_id), patience=SILENCE_SECONDS)
        try:
            progress.reads(stream)
            with open(new, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
                last = b""
                for piece in stream:
                    file.write(piece)
                    progress.bytes += len(piece)
                    last = (last + piece)[-1024:]
            progress.check()
        finally:
            stream.close()
        # Two empty blocks end every archive (tar(5)): without them the engine broke off.
        if last.strip(b"\0"):
            raise EngineError("refused", "The engine broke off in the middle of the archive.", "Try again.")
        copied.bytes = progress.bytes
    return copied


def _what_it_is(copied: Copied) -> str:
    return copied.left_out[0].partition(": ")[2] if copied.left_out else "nothing that a file system can hold"


def _exists(path: Path) -> EngineError:
    if path.is_dir() and not path.is_symlink():
        return EngineError(
            "conflict", f"{path} is a directory, which is never overwritten.", "Choose another name."
        )
    return EngineError("conflict", f"{path} exists.", "Choose another name, or have it overwritten.")


@contextlib.contextmanager
def _written(final: Path, *, overwrite: bool) -> Iterator[Path]:
    """Lend a path for something new, and give it its final name if all went well."""
    is_there = os.path.lexists(final)
    if is_there and (not overwrite or (final.is_dir() and not final.is_symlink())):
        raise _exists(final)
    try:
        # Beside its final place, so that it need only be renamed; nobody else may enter it.
        work = Path(tempfile.mkdtemp(prefix=".cdbg-copy-", dir=final.parent))
    except OSError as error:
        raise _unwritable(final.parent, error) from error
    try:
        new = work / "new"
        yield new
        if not overwrite and os.path.lexists(final):
            raise _exists(final)
        os.replace(new, final)
    except OSError as error:
        raise _unwritable(final, error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _unwritable(path: Path, error: OSError) -> EngineError:
    return EngineError(
        "refused", f"{path} cannot be written: {error.strerror or error}.", "Choose another place, or make room."
    )


def _extract(tar: tarfile.TarFile, new: Path, copied: Copied, progress: Progress) -> None:
    """Write what *tar* holds to *new*: a file if it is the archive of one, else a directory."""
    links: list[tuple[Path, tarfile.TarInfo]] = []
    directories: list[tuple[Path, tarfile.TarInfo]] = []
    for member in members(tar):
        parts = _parts(member.name)
        if parts is None:
            copied.leave_out(member.name, "its name leads out of the copy")
            continue
        # The first part is the name of what was asked for, which is another here.
        path = new.joinpath(*parts[1:])
        if member.isdir():
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            directories.append((path, member))
        elif member.isreg():
            _write(tar, member, path, copied, progress)
        elif member.issym() or member.islnk():
            links.append((path, member))
        else:
            copied.leave_out(member.name, _SPECIAL.get(member.type, "neither a file nor a directory"))
        progress.files += 1
    for path, member in links:
        _link(path, member, new, copied)
    _drop_leading_out(links, new, copied)
    # Innermost first: times change when something is made below.
    for path, member in reversed(directories):
        path.chmod(0o700)
        _set_time(path, member)


_SPECIAL = {
    tarfile.CHRTYPE: "a character device",
    tarfile.BLKTYPE: "a block device",
    tarfile.FIFOTYPE: "a named pipe",
}


def _parts(name: str) -> list[str] | None:
    """Return the parts of an archive's *name*; None where it climbs."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return None if ".." in parts or "\0" in name else parts


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path, copied: Copied, progress: Progress) -> None:
    body = tar.extractfile(member)
    if body is None:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    free = shutil.disk_usage(path.parent).free
    if member.size > free:
        raise EngineError(
            "refused",
            f"{member.name} is {size(member.size)} long, and {size(free)} are free at {copied.path.parent}.",
            "Choose another place, or make room.",
        )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        copied.leave_out(member.name, "it is in the archive twice")
        return
    with open(descriptor, "wb", buffering=0) as file:
        while piece := body.read(CHUNK):
            progress.check()
            if piece == _NOTHING:
                file.seek(CHUNK, os.SEEK_CUR)
            else:
                file.write(piece)
        file.truncate(member.size)
    path.chmod(0o600 | (member.mode & 0o100))
    _set_time(path, member)
    copied.files += 1
    copied.bytes += member.size


def _set_time(path: Path, member: tarfile.TarInfo) -> None:
    # A time that this file system cannot hold is no reason to have no copy.
    with contextlib.suppress(OSError, OverflowError, ValueError):
        os.utime(path, (member.mtime, member.mtime))


def _link(path: Path, member: tarfile.TarInfo, new: Path, copied: Copied) -> None:
    """Make a link that stays within the copy; all files are there by now, so none is written through it."""
    if os.path.lexists(path):
        copied.leave_out(member.name, "it is in the archive twice")
        return
    if member.islnk():
        parts = _parts(member.linkname)
        original = new.joinpath(*parts[1:]) if parts else None
        if original is None or not original.is_file() or original.is_symlink():
            copied.leave_out(member.name, f"a further name of {member.linkname}, which is not in the copy")
            return
        os.link(original, path, follow_symlinks=False)
    else:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.symlink_to(member.linkname)
    copied.files += 1


def _drop_leading_out(links: Iterable[tuple[Path, tarfile.TarInfo]], new: Path, copied: Copied) -> None:
    """Remove the links that lead out of the copy, be it by way of each other: so only now can it be told."""
    top = os.path.realpath(new)
    for path, member in [(path, member) for path, member in links if path.is_symlink()]:
        target = os.path.realpath(path)
        if member.linkname.startswith("/") or not (target + "/").startswith(top + "/"):
            path.unlink()
            copied.files -= 1
            copied.leave_out(member.name, f"a link to {member.linkname}, out of the copy")
