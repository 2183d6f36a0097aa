"""Files of a container or image, dead or alive, out of the archives that the engine makes of them.

Nothing is run inside. An archive is read as it comes, once, and given up as soon as what was wanted is there:
until its answer is read the engine holds the container's lock, so that inspect, changes, start and stop wait for
it, and every other archive. An export does not: it hinders nobody (both seen with engines 20.10 and 28).
"""

from __future__ import annotations

import io
import math
import posixpath
import stat
import tarfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, urlencode

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.progress import Progress
from cdbg_tui.model.file import File, FileKind, known_time
from cdbg_tui.model.filetree import FileTree

SILENCE_SECONDS = 60.0
"""How long an engine may be silent within an archive before it is given up."""
BUFFER = 1 << 16
"""tarfile moves what is left of its buffer at each header: a larger one costs more, a smaller one more calls."""
MOST_FILES = 1_000_000
MOST_BYTES = 16 << 30
MOST_SECONDS = 60.0
"""Beyond these a listing ends, and says that it is not whole: somebody else decides how much there is. The time
is that of what is mounted, for which the container's lock is held; it may be a whole disk of the machine."""

_KINDS = {
    tarfile.DIRTYPE: FileKind.DIRECTORY,
    tarfile.SYMTYPE: FileKind.LINK,
    tarfile.CHRTYPE: FileKind.CHARACTER,
    tarfile.BLKTYPE: FileKind.BLOCK,
    tarfile.FIFOTYPE: FileKind.FIFO,
}


class Pieces(io.RawIOBase):
    """A stream's body as a file that is read once, from its beginning."""

    def __init__(self, stream: Iterable[bytes], progress: Progress | None = None) -> None:
        self._pieces = iter(stream)
        self._progress = progress or Progress()
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to *size* bytes of what is there, nothing at the end; for -1 all that is left."""
        if size < 0:
            return self.readall()
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
            self._progress.bytes += len(self._rest)
        piece, self._rest = self._rest[:size], self._rest[size:]
        return bytes(piece)


class _Member(tarfile.TarInfo):
    """Takes an archive that breaks off for what it is: tarfile takes it for one that ends there."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        try:
            member = super().frombuf(buf, encoding, errors)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"it broke off, or is garbled ({error})") from error
        if member.type in _LONG and not 0 <= member.size <= MOST_HEADER:
            raise tarfile.ReadError("it has a header that is too long")
        if member.size < 0:
            raise tarfile.ReadError("it has a file of a negative size")
        return member


_LONG = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
MOST_HEADER = 1 << 20
"""Of headers with long names, which are read into memory whole."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The files in an archive; *cut* says why it ended before the archive did, and is empty where it did not."""

    tree: FileTree
    cut: str = ""


def archive_path(container_id: str, path: str) -> str:
    """Return the request for the archive of *path* in a container."""
    query = urlencode({"path": path}, errors="surrogateescape")
    return f"/containers/{quote(container_id)}/archive?{query}"


def export_path(container_id: str) -> str:
    """Return the request for the archive of a container's whole file system, without its volumes."""
    return f"/containers/{quote(container_id)}/export"


@contextmanager
def opened(
    engine: Engine, request: str, progress: Progress | None = None, *, patience: float = SILENCE_SECONDS
) -> Iterator[tarfile.TarFile]:
    """Open an archive, to be read in its order; leaving gives up what has not been read.

    Raises:
        EngineError: there is no such container or path, the engine does not answer, what it sends is no
            archive, or it was cancelled.
    """
    progress = progress or Progress()
    progress.check()
    with progress.reading(engine, request, patience=patience) as stream:
        pieces = Pieces(stream, progress)
        try:
            with tarfile.open(
                fileobj=pieces,
                mode="r|",
                bufsize=BUFFER,
                tarinfo=_Member,
                encoding="utf-8",
                errors="surrogateescape",
            ) as tar:
                yield tar
        except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
            # ValueError: numbers and PAX records that make no sense.
            raise EngineError("refused", f"The engine sent an archive that cannot be read: {error}.") from error


def whole(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces of an archive that is handed on as it is.

    Raises:
        EngineError: it ended without the two empty blocks that end every archive (tar(5)).
    """
    last = b""
    for piece in pieces:
        yield piece
        last = (last + piece)[-1024:]
    if last != bytes(1024):
        raise EngineError("refused", "The engine broke off in the middle of the archive.", "Try again.")


def members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Yield the members of an archive; unlike tarfile's own way, without keeping them all."""
    while (member := tar.next()) is not None:
        yield member
        tar.members = []  # type: ignore[attr-defined]


def as_file(member: tarfile.TarInfo, above: str) -> File:
    """Return a member as a file; *above* is where in the container the archive's names begin."""
    same_as = inside(above, member.linkname) if member.islnk() else ""
    return File(
        inside(above, member.name),
        _KINDS.get(member.type, FileKind.REGULAR),
        member.size if member.isreg() else 0,
        stat.S_IMODE(member.mode),
        member.uid,
        member.gid,
        known_time(member.mtime),
        member.linkname if member.issym() else "",
        same_as,
    )


def inside(above: str, name: str) -> str:
    """Return the absolute path of an archive's *name* below *above*; ``..`` does not lead out of the root."""
    return posixpath.normpath("/" + above + "/" + name).replace("//", "/")


def listing(engine: Engine, container_id: str, path: str = "/", progress: Progress | None = None) -> Listing:
    """List everything at and below *path*.

    The root is listed without what is mounted, as the engine exports it; a mount point with what it holds.

    Raises:
        EngineError: there is no such container or path, the engine does not answer, or it was cancelled.
    """
    progress = progress or Progress()
    deadline = math.inf if path == "/" else time.monotonic() + MOST_SECONDS
    tree = FileTree()
    request = export_path(container_id) if path == "/" else archive_path(container_id, path)
    above = "/" if path == "/" else posixpath.dirname(path.rstrip("/"))
    with opened(engine, request, progress) as tar:
        for member in members(tar):
            tree.add(as_file(member, above))
            progress.files += 1
            # Before its content passes by: a sparse file may be longer than any disk.
            is_too_much = progress.bytes + member.size > MOST_BYTES or time.monotonic() > deadline
            if progress.files >= MOST_FILES or is_too_much:
                return Listing(tree, f"after {progress.files:,} files; there may be more")
    return Listing(tree)
