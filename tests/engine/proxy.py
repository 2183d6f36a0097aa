"""A proxy before the engine's socket that counts requests, and can cut, stall and garble the answers."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from pathlib import Path

_REQUEST = re.compile(rb"^(GET|POST|PUT|DELETE|HEAD) (\S+) HTTP/1\.[01]\r\n")


class Proxy:
    """Listens on *path* and hands on to the unix socket *engine*, while it is open.

    *paths* are those asked for so far. An answer in *instead* is given in place of the engine's to
    requests whose path contains its key; None leaves such a request without an answer.
    """

    def __init__(self, path: Path, engine: str) -> None:
        self.url = f"unix://{path}"
        self.paths: list[str] = []
        self.instead: dict[str, bytes | None] = {}
        self._path = path
        self._engine = engine.removeprefix("unix://")
        self._listener: socket.socket | None = None
        self._links: set[socket.socket] = set()
        self._lock = threading.Lock()

    def open(self) -> None:
        """Begin to listen."""
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        """Listen no more, and cut all connections: as if the engine were gone."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self._path.unlink(missing_ok=True)
        self.cut()

    def cut(self) -> None:
        """Cut all connections that there are."""
        with self._lock:
            links = list(self._links)
        for link in links:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)

    def asked(self, *words: str) -> list[str]:
        """Return the paths asked for that contain all of *words*."""
        return [path for path in self.paths if all(word in path for word in words)]

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        engine = socket.socket(socket.AF_UNIX)
        with self._lock:
            self._links |= {client, engine}
        try:
            engine.connect(self._engine)
            threading.Thread(target=_pour, args=(engine, client), daemon=True).start()
            while piece := client.recv(65536):
                if request := _REQUEST.match(piece):
                    path = request[2].decode()
                    self.paths.append(path)
                    keys = [key for key in self.instead if key in path]
                    if keys and (answer := self.instead[keys[0]]) is not None:
                        client.sendall(answer)
                        return
                    if keys:
                        continue
                engine.sendall(piece)
        except OSError:
            return
        finally:
            for link in (client, engine):
                with contextlib.suppress(OSError):
                    link.shutdown(socket.SHUT_RDWR)
                link.close()
            with self._lock:
                self._links -= {client, engine}


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_RDWR)


def answer(body: bytes, status: str = "200 OK") -> bytes:
    """Return an HTTP answer as an engine would give it."""
    return f"HTTP/1.0 {status}\r\nContent-Type: application/json\r\n\r\n".encode() + body
