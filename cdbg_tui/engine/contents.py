"""What is in a file of a container: all of a small one, both ends of a big one."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from cdbg_tui.engine.archive import archive_path, as_file, opened
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.progress import Progress
from cdbg_tui.model.file import File

HEAD_BYTES = 1 << 20
TAIL_BYTES = 3 << 20
CHUNK = 1 << 20


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
    with opened(engine, archive_path(container_id, path), progress) as tar:
        member = tar.next()
        if member is None:
            raise EngineError("missing", f"There is nothing at {path}.")
        file = as_file(member, posixpath.dirname(path.rstrip("/")))
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
