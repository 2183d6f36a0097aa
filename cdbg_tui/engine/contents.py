"""What is in a file of a container: all of a small one, both ends of a big one."""

from __future__ import annotations

import posixpath
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cdbg_tui.engine.archive import archive_path, as_file, inside, members, opened
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.progress import Progress
from cdbg_tui.model.file import File, as_told

HEAD_BYTES = 1 << 20
TAIL_BYTES = 3 << 20
CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Contents:
    """A file and its bytes; of a big one its beginning and its end, and nothing of what is between."""

    file: File
    head: bytes = b""
    tail: bytes = b""
    """Empty where *head* is all."""

    @property
    def skipped(self) -> int:
        """How many bytes there are between head and tail."""
        return self.file.size - len(self.head) - len(self.tail) if self.tail else 0


def contents(
    engine: Engine,
    container_id: str,
    path: str,
    *,
    head: int = HEAD_BYTES,
    tail: int = TAIL_BYTES,
    progress: Progress | None = None,
) -> Contents:
    """Return a file with its bytes: all, if it is no longer than *head* and *tail* together.

    What is between passes through here and is not kept. With a *tail* of 0 the reading ends after the
    head. What is not a regular file has no bytes.

    Raises:
        EngineError: there is no such file, the engine does not answer, or it was cancelled.
    """
    progress = progress or Progress()
    with _found(engine, container_id, path, progress) as (tar, member, above):
        file = as_file(member, above)
        body = tar.extractfile(member) if member.isreg() else None
        if body is None:
            return Contents(file)
        if file.size <= head + tail:
            return Contents(file, body.read(file.size))
        first = body.read(head)
        if not tail:
            return Contents(file, first)
        ring = bytearray()
        while piece := body.read(CHUNK):
            ring += piece
            if len(ring) > 2 * tail:
                del ring[:-tail]
        return Contents(file, first, bytes(ring[-tail:]))


@contextmanager
def _found(
    engine: Engine, container_id: str, path: str, progress: Progress
) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo, str]]:
    """Lend the archive of *path*, the member that it is, and the directory in which the archive's names begin.

    Of a name that is no UTF-8 some engines make an empty archive; then that of its directory is gone through.
    """
    above = posixpath.dirname(path.rstrip("/"))
    with opened(engine, archive_path(container_id, path), progress) as tar:
        if (member := tar.next()) is not None:
            yield tar, member, above
            return
    if as_told(path) != path:
        around = posixpath.dirname(above)
        with opened(engine, archive_path(container_id, above), progress) as tar:
            for member in members(tar):
                if inside(around, member.name) == path:
                    yield tar, member, around
                    return
    raise EngineError("missing", f"There is nothing at {path}.")
