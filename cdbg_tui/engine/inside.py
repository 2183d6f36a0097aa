"""What is inside a container, running or dead, asked without running anything in it."""

from __future__ import annotations

import base64
import json
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from cdbg_tui.engine.archive import archive_path, opened
from cdbg_tui.engine.client import CALL_SECONDS, Engine
from cdbg_tui.engine.errors import EngineError, understood
from cdbg_tui.model.file import FileKind
from cdbg_tui.model.text import one_line

# Go's io/fs.FileMode: kinds are in the high bits, not where POSIX has them.
_DIRECTORY = 1 << 31
_LINK = 1 << 27
_DEVICE, _CHARACTER = 1 << 26, 1 << 21
_FIFO, _SOCKET = 1 << 25, 1 << 24
_KINDS = _DIRECTORY | _LINK | _DEVICE | _FIFO | _SOCKET | _CHARACTER | 1 << 19
_MAX_LINKS = 8
PASSWD_BYTES = 1 << 20
_LEADS_NOWHERE = ("too many links", "too many levels", "not a directory", "name too long")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file as the engine sees it: its mode in Go's bits, and where it leads if it is a link."""

    name: str
    size: int
    mode: int
    link: str = ""

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return bool(self.mode & _LINK)

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return bool(self.mode & _DIRECTORY)

    @property
    def is_regular(self) -> bool:
        """Whether it is a regular file: neither a directory, a link, a device, a pipe nor a socket."""
        return not self.mode & _KINDS

    @property
    def kind(self) -> FileKind:
        """What it is, in the words of a listing."""
        bits = {
            _DIRECTORY: FileKind.DIRECTORY,
            _LINK: FileKind.LINK,
            _CHARACTER: FileKind.CHARACTER,
            _DEVICE: FileKind.BLOCK,
            _FIFO: FileKind.FIFO,
            _SOCKET: FileKind.SOCKET,
        }
        return next((kind for bit, kind in bits.items() if self.mode & bit), FileKind.REGULAR)

    @property
    def is_executable(self) -> bool:
        """Whether it is a regular file that somebody may execute."""
        return self.is_regular and bool(self.mode & 0o111)


def look(engine: Engine, container_id: str, path: str) -> Entry | None:
    """Return what lies at *path* in a container, links not followed; None if nothing does.

    A HEAD of the archive: unlike a GET it makes no event, and unlike an exec it leaves no trace.

    Raises:
        EngineError: the engine cannot be asked.
    """
    try:
        coded = engine.header(archive_path(container_id, path), "X-Docker-Container-Path-Stat")
    except EngineError as error:
        if error.kind == "missing":
            return None
        raise
    with understood("description of a file"):
        stat = json.loads(base64.b64decode(coded))
        return Entry(stat["name"], int(stat["size"]), int(stat["mode"]), stat.get("linkTarget") or "")


def follow(engine: Engine, container_id: str, path: str) -> tuple[str, Entry | None]:
    """Return where *path* leads through links inside a container, and what lies there; None if nothing does.

    Raises:
        EngineError: the engine cannot be asked.
    """
    entry = None
    for _ in range(_MAX_LINKS):
        try:
            entry = look(engine, container_id, path)
        except EngineError as error:
            if error.kind != "refused":
                raise
            _check_leads_nowhere(engine, container_id, path)
            return path, None
        if entry is None or not entry.is_link:
            return path, entry
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), entry.link))
    return path, None


def _check_leads_nowhere(engine: Engine, container_id: str, path: str) -> None:
    """Ask again why *path* was refused, with words: a HEAD does not tell an impossible path from a broken engine.

    Raises:
        EngineError: it is not for the path.
    """
    try:
        engine.stream(archive_path(container_id, path), patience=CALL_SECONDS).close()
    except EngineError as error:
        # A ring of links; what would be below a file; more letters than a name may have.
        if not any(words in error.what for words in _LEADS_NOWHERE):
            raise


def check_is_there(engine: Engine, container_id: str) -> None:
    """Ask for the container itself, where nothing was found in it: a HEAD is answered the same in both cases.

    Raises:
        EngineError: it has been removed, or the engine cannot be asked.
    """
    try:
        engine.get(f"/containers/{container_id}/json")
    except EngineError as error:
        if error.kind == "missing":
            raise EngineError("missing", "The container has been removed.") from error
        raise


def nothing_at(engine: Engine, container_id: str, path: str) -> EngineError:
    """Return what is to be said where nothing was found at *path*: perhaps the container itself is gone."""
    try:
        check_is_there(engine, container_id)
    except EngineError as error:
        return error
    return EngineError("missing", f"There is nothing at {one_line(path)} in the container.")


def find_shell(engine: Engine, container_id: str, candidates: Iterable[str]) -> str | None:
    """Return the first of *candidates* (absolute paths) that can be executed in a container.

    Raises:
        EngineError: the container has been removed, or the engine cannot be asked.
    """
    found = next((path for path in candidates if _leads_to_program(engine, container_id, path)), None)
    if found is None:
        check_is_there(engine, container_id)
    return found


def _leads_to_program(engine: Engine, container_id: str, path: str) -> bool:
    _, entry = follow(engine, container_id, path)
    return entry is not None and entry.is_executable


def read(
    engine: Engine, container_id: str, path: str, *, most: int, tail: bool = False, patience: float = CALL_SECONDS
) -> bytes:
    """Return the first (or with *tail* the last) *most* bytes of a regular file; empty where it is none.

    For the last ones the whole file passes through here, nothing of it is kept.

    Raises:
        EngineError: there is no such file, or the engine cannot be asked.
    """
    with opened(engine, archive_path(container_id, path), patience=patience) as tar:
        member = tar.next()
        file = tar.extractfile(member) if member and member.isreg() else None
        if file is None:
            return b""
        if not tail:
            return file.read(most)
        kept = b""
        while piece := file.read(1 << 20):
            kept = (kept + piece)[-most:]
        return kept


def users(engine: Engine, container_id: str) -> tuple[str, ...]:
    """Return the names in a container's /etc/passwd, in its order; none where it has no such file.

    Raises:
        EngineError: the engine cannot be asked.
    """
    path, entry = follow(engine, container_id, "/etc/passwd")
    if entry is None or not entry.is_regular or entry.size > PASSWD_BYTES:
        return ()
    text = read(engine, container_id, path, most=PASSWD_BYTES).decode("utf-8", "replace")
    rows = (line.split(":") for line in text.splitlines() if not line.startswith("#"))
    return tuple(dict.fromkeys(row[0] for row in rows if len(row) >= 7 and row[0]))
