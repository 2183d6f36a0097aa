"""An engine that answers every question for an archive with the one it was given: such as no engine makes."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import socketserver
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import find

DIRECTORY = 1 << 31 | 0o755
REGULAR = 0o644
NOTHING: Mapping[str, object] = {}


@contextlib.contextmanager
def engine_with(socket: Path, body: Callable[[], Iterable[bytes]], *, mode: int = DIRECTORY) -> Iterator[Engine]:
    """Lend an engine whose every archive is *body*, of what its header says is of *mode*, in Go's bits."""
    stat = {"name": "x", "size": 0, "mode": mode, "mtime": "2026-01-01T00:00:00Z", "linkTarget": ""}
    coded = base64.b64encode(json.dumps(stat).encode())

    class Answer(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            asked = self.request.recv(65536)
            self.request.sendall(b"HTTP/1.0 200 OK\r\nX-Docker-Container-Path-Stat: " + coded + b"\r\n\r\n")
            if asked.startswith(b"GET"):
                with contextlib.suppress(OSError):
                    for piece in body():
                        self.request.sendall(piece)

    socket.unlink(missing_ok=True)
    server = socketserver.ThreadingUnixStreamServer(str(socket), Answer)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    engine = Engine(find(host=f"unix://{socket}"))
    try:
        yield engine
    finally:
        engine.close()
        server.shutdown()
        server.server_close()


class Tar:
    """An archive made member by member, of whatever a header can say."""

    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        self._tar = tarfile.open(fileobj=self._buffer, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115

    def file(self, name: str, data: bytes = b"x", **fields: object) -> Tar:
        """Add a regular file."""
        return self._add(name, tarfile.REGTYPE, data, {"size": len(data), **fields})

    def directory(self, name: str, **fields: object) -> Tar:
        """Add a directory."""
        return self._add(name, tarfile.DIRTYPE, fields={"mode": 0o755, **fields})

    def link(self, name: str, target: str) -> Tar:
        """Add a symbolic link."""
        return self._add(name, tarfile.SYMTYPE, fields={"linkname": target})

    def hard(self, name: str, target: str) -> Tar:
        """Add a further name of a file."""
        return self._add(name, tarfile.LNKTYPE, fields={"linkname": target})

    def special(self, name: str, kind: bytes) -> Tar:
        """Add a device or a pipe."""
        return self._add(name, kind)

    def _add(self, name: str, kind: bytes, data: bytes = b"", fields: Mapping[str, object] = NOTHING) -> Tar:
        member = tarfile.TarInfo(name)
        member.type = kind
        for field, value in fields.items():
            setattr(member, field, value)
        self._tar.addfile(member, io.BytesIO(data) if data else None)
        return self

    def open_end(self) -> bytes:
        """Return it without the blocks that end it."""
        return self._buffer.getvalue()

    def whole(self) -> bytes:
        """Return it as it is to be."""
        return self.open_end() + bytes(1024)
