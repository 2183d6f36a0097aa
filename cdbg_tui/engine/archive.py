"""Files of a container or image, dead or alive, out of the archives that the engine makes of them.

Nothing is run inside. An archive is read as it comes, once, and given up as soon as what was wanted is
there: the engine holds the container's lock until its answer is read (moby, containerArchivePath).
"""

from __future__ import annotations

import io
import posixpath
import stat
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.progress import Progress
from cdbg_tui.model.file import File, FileKind
from cdbg_tui.model.filetree import FileTree

SILENCE_SECONDS = 60.0
"""How long an engine may be silent within an archive before it is given up."""
MOST_FILES = 1_000_000
MOST_BYTES = 16 << 30
"""Beyond these a listing ends, and says that it is not whole: somebody else decides how much there is."""

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
        self._rest = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return *size* bytes, fewer at the end, all that are left for -1."""
        got = [self._rest]
        have = len(self._rest)
        while (size < 0 or have < size) and (piece := next(self._pieces, b"")):
            got.append(piece)
            have += len(piece)
        whole = b"".join(got) if len(got) > 1 else got[0]
        if size < 0:
            size = len(whole)
        self._rest = whole[size:]
        whole = whole[:size]
        self._progress.bytes += len(whole)
        return whole


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
    stream = engine.stream(request, patience=patience)
    try:
        progress.reads(stream)
        pieces = Pieces(stream, progress)
        with tarfile.open(
            fileobj=pieces, mode="r|", bufsize=1 << 18, encoding="utf-8", errors="surrogateescape"
        ) as tar:
            yield tar
        progress.check()
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        progress.check()
        # ValueError: numbers and PAX records that make no sense.
        raise EngineError("refused", f"The engine sent an archive that cannot be read: {error}.") from error
    finally:
        stream.close()


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
        float(member.mtime),
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
    tree = FileTree()
    request = export_path(container_id) if path == "/" else archive_path(container_id, path)
    above = "/" if path == "/" else posixpath.dirname(path.rstrip("/"))
    with opened(engine, request, progress) as tar:
        for member in members(tar):
            tree.add(as_file(member, above))
            progress.files += 1
            if progress.files >= MOST_FILES or progress.bytes > MOST_BYTES:
                return Listing(tree, f"after {progress.files:,} files; there are more")
    return Listing(tree)
