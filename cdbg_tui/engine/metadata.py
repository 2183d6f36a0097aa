"""Size, mode, owner and time of what a container changed: the engine's list of changes has paths only."""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cdbg_tui.engine.archive import archive_path, as_file, export_path, members, opened
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.inside import look
from cdbg_tui.engine.progress import Progress
from cdbg_tui.engine.threads import as_they_come
from cdbg_tui.model.change import Change, Kind
from cdbg_tui.model.container import mounts
from cdbg_tui.model.file import File, FileKind, as_told, kind_of, known_time

MOST_SINGLE = 2_000
"""Files that are asked for one by one, where they do not lie together in a directory that is new."""
MOST_BYTES = 2 << 30
"""What is read of one directory's archive: the engine holds the container's lock meanwhile."""
BATCH = 2_000
WORKERS = 6
SECONDS = 60.0

_REMAPPED = re.compile(r"/\d+\.\d+/overlay2/")
"""With user namespaces, dockerd keeps its data below a directory of this name, with owners that are shifted."""

Known = Mapping[str, File]
"""Files by their path as the list of changes tells it."""


def metadata(
    engine: Engine, details: Mapping[str, Any], changes: Sequence[Change], progress: Progress | None = None
) -> Iterator[Known]:
    """Yield what is known of the changed files, in batches as they come; of deleted ones nothing is, nor of
    mount points, whose files are elsewhere. A further name of a file has that one's size.

    The storage driver's own directory of changes is looked at where it is this machine's and may be read:
    no other way is as quick, nor leaves the engine alone so. Else archives are read: of new directories
    whole, of other files only the header.

    Raises:
        EngineError: the engine does not answer, or it was cancelled.
    """
    progress = progress or Progress()
    upper = upper_directory(engine, details)
    mounted = frozenset(mount.target.rstrip("/") for mount in mounts(details))
    if upper is not None:
        yield from _looked_at(upper, mounted, progress)
    else:
        yield from _asked_for(engine, str(details["Id"]), changes, mounted, progress)


def upper_directory(engine: Engine, details: Mapping[str, Any]) -> str | None:
    """Return the directory in which overlayfs keeps a container's changes, if it can be read here."""
    driver = details.get("GraphDriver") or {}
    if driver.get("Name") != "overlay2" or not engine.endpoint.is_unix:
        return None
    path = str((driver.get("Data") or {}).get("UpperDir") or "")
    if not os.path.isabs(path) or _REMAPPED.search(path):
        return None
    return path if os.access(path, os.R_OK | os.X_OK) else None


def _looked_at(upper: str, mounted: Container[str], progress: Progress) -> Iterator[Known]:
    batch: dict[str, File] = {}
    firsts: dict[int, str] = {}
    todo = _names(upper, "")
    while todo:
        path = todo.pop()
        progress.check()
        try:
            found = os.lstat(upper + path)
            target = os.readlink(upper + path) if stat.S_ISLNK(found.st_mode) else ""
        except OSError:
            # A living container removes files at any time.
            continue
        if stat.S_ISCHR(found.st_mode) and found.st_rdev == 0:
            # A whiteout: what was deleted (Documentation/filesystems/overlayfs.rst).
            continue
        if path in mounted:
            continue
        is_directory = stat.S_ISDIR(found.st_mode)
        if is_directory:
            todo += _names(upper, path)
        first = path if is_directory or found.st_nlink == 1 else firsts.setdefault(found.st_ino, path)
        batch[as_told(path)] = _of_stat(path, found, target, "" if first == path else first)
        progress.files += 1
        if len(batch) >= BATCH:
            yield batch
            batch = {}
    yield batch


def _names(upper: str, path: str) -> list[str]:
    """Return the paths of what lies in a directory, the last first: in that order the engine makes an archive."""
    try:
        names = os.listdir(upper + path)
    except OSError:
        return []
    names.sort(key=os.fsencode, reverse=True)
    return [f"{path}/{name}" for name in names]


def _of_stat(path: str, found: os.stat_result, target: str, same_as: str) -> File:
    kind = kind_of(found.st_mode)
    return File(
        path,
        kind,
        found.st_size if kind is FileKind.REGULAR else 0,
        stat.S_IMODE(found.st_mode),
        found.st_uid,
        found.st_gid,
        # In whole seconds, as an archive tells it.
        known_time(found.st_mtime_ns // 1_000_000_000),
        target,
        same_as,
    )


def _asked_for(
    engine: Engine, container_id: str, changes: Sequence[Change], mounted: Iterable[str], progress: Progress
) -> Iterator[Known]:
    whole, single = _requests(changes, mounted)

    def first(path: str) -> File | None:
        with opened(engine, archive_path(container_id, path), progress) as tar:
            member = tar.next()
        if member is not None:
            return as_file(member, posixpath.dirname(path))
        # A socket is left out of archives.
        entry = look(engine, container_id, path)
        return File(path, entry.kind, mode=entry.mode & 0o777) if entry else None

    batch: dict[str, File] = {}
    odd: set[str] = set()
    for path, file in as_they_come(first, single[:MOST_SINGLE], workers=WORKERS, seconds=SECONDS):
        progress.check()
        if isinstance(file, File):
            batch[as_told(file.path)] = file
        elif isinstance(file, EngineError) and file.kind == "unreachable":
            raise file
        elif "\ufffd" in path:
            odd.add(path)
    yield batch
    for path in whole:
        yield from _below(engine, container_id, path, progress)
    while odd:
        above = posixpath.dirname(next(iter(odd)).partition("\ufffd")[0])
        here = {path for path in odd if path.startswith(above.rstrip("/") + "/")}
        yield _among(engine, container_id, above, here, progress)
        odd -= here


def _among(engine: Engine, container_id: str, above: str, wanted: Collection[str], progress: Progress) -> Known:
    """Return what is known of files whose names are no UTF-8, and so cannot be asked for as they are told."""
    found: dict[str, File] = {}
    limit = progress.bytes + MOST_BYTES
    request = export_path(container_id) if above == "/" else archive_path(container_id, above)
    with opened(engine, request, progress) as tar:
        for member in members(tar):
            file = as_file(member, posixpath.dirname(above))
            if (told := as_told(file.path)) in wanted:
                found[told] = file
            if len(found) == len(wanted) or progress.bytes + file.size > limit:
                break
    return found


def _below(engine: Engine, container_id: str, path: str, progress: Progress) -> Iterator[Known]:
    batch: dict[str, File] = {}
    met: dict[str, File] = {}
    limit = progress.bytes + MOST_BYTES
    try:
        with opened(engine, archive_path(container_id, path), progress) as tar:
            for member in members(tar):
                file = as_file(member, posixpath.dirname(path))
                if first := met.get(file.same_as):
                    file = replace(first, path=file.path, same_as=file.same_as)
                elif not file.is_directory:
                    met[file.path] = file
                batch[as_told(file.path)] = file
                progress.files += 1
                if len(batch) >= BATCH:
                    yield batch
                    batch = {}
                if progress.bytes + file.size > limit:
                    break
    except EngineError as error:
        # Removed meanwhile, by a container that lives.
        if error.kind != "missing":
            raise
    yield batch


def _requests(changes: Sequence[Change], mounted: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the new directories of which everything is wanted, and the paths that are asked for singly."""
    points = tuple(mounted)
    added = {change.path for change in changes if change.kind is Kind.ADDED}
    new_directories = added & {posixpath.dirname(path) for path in added}
    whole: dict[str, None] = {}
    covered: set[str] = set()
    single = []
    for change in sorted(changes, key=lambda one: one.path.split("/")):
        if posixpath.dirname(change.path) in covered:
            covered.add(change.path)
        elif change.kind is Kind.DELETED or change.path in points:
            continue
        elif change.path in new_directories and not any(one.startswith(change.path + "/") for one in points):
            whole[change.path] = None
            covered.add(change.path)
        else:
            single.append(change.path)
    return list(whole), single
