"""What is inside a container, running or dead, asked without running anything in it."""

from __future__ import annotations

import base64
import io
import json
import posixpath
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from cdbg_tui.engine.client import CALL_SECONDS, Engine
from cdbg_tui.engine.errors import EngineError, from_status

if TYPE_CHECKING:
    from requests import Response

# Go's io/fs.FileMode: kinds are in the high bits, not where POSIX has them.
_DIRECTORY = 1 << 31
_LINK = 1 << 27
_KINDS = _DIRECTORY | _LINK | 1 << 26 | 1 << 25 | 1 << 24 | 1 << 21 | 1 << 19
_MAX_LINKS = 8
PASSWD_BYTES = 1 << 20


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
    def is_executable(self) -> bool:
        """Whether it is a regular file that somebody may execute."""
        return not self.mode & _KINDS and bool(self.mode & 0o111)


def look(engine: Engine, container_id: str, path: str) -> Entry | None:
    """Return what lies at *path* in a container, links not followed; None if nothing does.

    A HEAD of the archive: unlike a GET it makes no event, and unlike an exec it leaves no trace.

    Raises:
        EngineError: the engine cannot be asked.
    """
    with engine.api() as api:
        answer: Response = api.head(
            f"{api.base_url}/v{api.api_version}/containers/{quote(container_id)}/archive",
            params={"path": path},
            timeout=CALL_SECONDS,
        )
    if answer.status_code == 404:
        return None
    if answer.status_code != 200:
        raise from_status(answer.status_code, "", engine.endpoint.url)
    stat = json.loads(base64.b64decode(answer.headers["X-Docker-Container-Path-Stat"]))
    return Entry(stat["name"], stat["size"], stat["mode"], stat.get("linkTarget") or "")


def find_shell(engine: Engine, container_id: str, candidates: Iterable[str]) -> str | None:
    """Return the first of *candidates* (absolute paths) that can be executed in a container.

    Raises:
        EngineError: the engine cannot be asked.
    """
    return next((path for path in candidates if _leads_to_program(engine, container_id, path)), None)


def _leads_to_program(engine: Engine, container_id: str, path: str) -> bool:
    for _ in range(_MAX_LINKS):
        try:
            entry = look(engine, container_id, path)
        except EngineError as error:
            if error.kind != "refused":
                raise
            # So it answers about a ring of links, and about what would be below a file.
            return False
        if entry is None:
            return False
        if not entry.is_link:
            return entry.is_executable
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), entry.link))
    return False


def users(engine: Engine, container_id: str) -> tuple[str, ...]:
    """Return the names in a container's /etc/passwd, in its order; none where it has no such file.

    Raises:
        EngineError: the engine cannot be asked.
    """
    path = "/etc/passwd"
    entry = look(engine, container_id, path)
    if entry is not None and entry.is_link:
        path = posixpath.join("/etc", entry.link)
        entry = look(engine, container_id, path)
    if entry is None or entry.mode & _KINDS or entry.size > PASSWD_BYTES:
        return ()
    archive = f"/containers/{quote(container_id)}/archive?{urlencode({'path': path})}"
    stream = engine.stream(archive, patience=CALL_SECONDS)
    got = bytearray()
    try:
        for piece in stream:
            got += piece
            if len(got) > 2 * PASSWD_BYTES:  # it has grown since it was looked at
                return ()
    finally:
        # The engine holds the container's lock until its answer is read or given up.
        stream.close()
    return _names(bytes(got))


def _names(archive: bytes) -> tuple[str, ...]:
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            member = tar.next()
            file = tar.extractfile(member) if member and member.isreg() else None
            text = file.read().decode("utf-8", "replace") if file else ""
    except tarfile.TarError:
        return ()
    rows = (line.split(":") for line in text.splitlines() if not line.startswith("#"))
    return tuple(dict.fromkeys(row[0] for row in rows if len(row) >= 7 and row[0]))
