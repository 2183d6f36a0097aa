"""Size, mode, owner and time of what a container changed: the engine's list of changes has paths only."""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cdbg_tui.engine.archive import archive_path, as_file, members, opened
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.progress import Progress
from cdbg_tui.engine.threads import as_they_come
from cdbg_tui.model.change import Change, Kind
from cdbg_tui.model.file import File, FileKind, as_told, kind_of

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
    """Yield what is known of the changed files, in batches as they come; of deleted ones nothing is.

    The storage driver's own directory of changes is looked at where it is this machine's and may be read:
    no other way is as quick, nor leaves the engine alone so. Else archives are read: of new directories
    whole, of other files only the header.

    Raises:
        EngineError: the engine does not answer, or it was cancelled.
    """
    progress = progress or Progress()
    upper = upper_directory(engine, details)
    if upper is not None:
        yield from _looked_at(upper, progress)
    else:
        mounted = [str(row.get("Destination") or "") for row in details.get("Mounts") or ()]
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


def _looked_at(upper: str, progress: Progress) -> Iterator[Known]:
    batch: dict[str, File] = {}
    for above, directories, files in os.walk(upper):
        progress.check()
        for name in (*directories, *files):
            try:
                found = os.lstat(os.path.join(above, name))
                target = os.readlink(os.path.join(above, name)) if stat.S_ISLNK(found.st_mode) else ""
            except OSError:
                # A living container removes files at any time.
                continue
            if stat.S_ISCHR(found.st_mode) and found.st_rdev == 0:
                # A whiteout: what was deleted (Documentation/filesystems/overlayfs.rst).
                continue
            path = posixpath.join("/", os.path.relpath(above, upper), name)
            file = _of_stat(posixpath.normpath(path), found, target)
            batch[as_told(file.path)] = file
            progress.files += 1
        if len(batch) >= BATCH:
            yield batch
            batch = {}
    yield batch


def _of_stat(path: str, found: os.stat_result, target: str) -> File:
    kind = kind_of(found.st_mode)
    return File(
        path,
        kind,
        found.st_size if kind is FileKind.REGULAR else 0,
        stat.S_IMODE(found.st_mode),
        found.st_uid,
        found.st_gid,
        found.st_mtime,
        target,
    )


def _asked_for(
    engine: Engine, container_id: str, changes: Sequence[Change], mounted: Iterable[str], progress: Progress
) -> Iterator[Known]:
    whole, single = _requests(changes, mounted)

    def first(path: str) -> File | None:
        with opened(engine, archive_path(container_id, path), progress) as tar:
            member = tar.next()
            return as_file(member, posixpath.dirname(path)) if member else None

    batch: dict[str, File] = {}
    for _, file in as_they_come(first, single[:MOST_SINGLE], workers=WORKERS, seconds=SECONDS):
        progress.check()
        if isinstance(file, File):
            batch[as_told(file.path)] = file
        elif isinstance(file, EngineError) and file.kind == "unreachable":
            raise file
    yield batch
    for path in whole:
        yield from _below(engine, container_id, path, progress)


def _below(engine: Engine, container_id: str, path: str, progress: Progress) -> Iterator[Known]:
    batch: dict[str, File] = {}
    limit = progress.bytes + MOST_BYTES
    try:
        with opened(engine, archive_path(container_id, path), progress) as tar:
            for member in members(tar):
                file = as_file(member, posixpath.dirname(path))
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
