"""A proxy before the engine's socket: it counts requests, and cuts, stalls, garbles and delays answers by path."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from dataclasses import dataclass
from pathlib import Path

_BEGUN = re.compile(rb"[A-Z]+ /")
_REQUEST = re.compile(rb"^(GET|POST|PUT|DELETE|HEAD) (\S+) HTTP/1\.[01]\r\n")
_NOISE = bytes(one if one == 10 else one ^ 0x80 for one in range(256))
"""What each byte becomes that is garbled: lines stay lines."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an answer of the engine: after *after* bytes of its body it is cut, or stalls.

    *garbles* makes noise of its body, *delay* holds each piece of it up for so many seconds; *status* and *text*
    are answered in the engine's place.
    """

    cuts: bool = False
    stalls: bool = False
    after: int = 0
    garbles: bool = False
    delay: float = 0.0
    status: str = ""
    text: str = ""


class Proxy:
    """Listens on *path* and hands on to the unix socket *engine*, while it is open.

    *paths* are those asked for so far, *methods* how each was. An answer in *instead* is given in place of the
    engine's to requests whose path contains its key; None leaves such a request without an answer. A fault in
    *faults* spoils the engine's answers to such requests. Both hold for requests that come after they were set.
    """

    def __init__(self, path: Path, engine: str) -> None:
        self.url = f"unix://{path}"
        self.paths: list[str] = []
        self.methods: list[str] = []
        self.instead: dict[str, bytes | None] = {}
        self.faults: dict[str, Fault] = {}
        self._mended = threading.Event()
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

    def spoil(self, part: str, fault: Fault) -> None:
        """Spoil all answers to paths that contain *part*, from now on."""
        self._mended.clear()
        self.faults[part] = fault

    def mend(self) -> None:
        """Spoil nothing any more; answers that stalled are cut."""
        self.faults.clear()
        self.instead.clear()
        self._mended.set()

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
        pump = _Pump(engine, client, self._mended)
        pumping = threading.Thread(target=pump.run, daemon=True)
        try:
            engine.connect(self._engine)
            pumping.start()
            while piece := client.recv(65536):
                while _BEGUN.match(piece) and b"\r\n" not in piece and (rest := client.recv(65536)):
                    piece += rest
                if request := _REQUEST.match(piece):
                    path = request[2].decode()
                    self.paths.append(path)
                    self.methods.append(request[1].decode())
                    keys = [key for key in self.instead if key in path]
                    if keys and (given := self.instead[keys[0]]) is not None:
                        client.sendall(given)
                        return
                    if keys:
                        continue
                    pump.fault = next((self.faults[key] for key in self.faults if key in path), None)
                    if pump.fault is not None and pump.fault.status:
                        client.sendall(answer(pump.fault.text.encode(), pump.fault.status))
                        return
                engine.sendall(piece)
        except OSError:
            return
        finally:
            for link in (client, engine):
                with contextlib.suppress(OSError):
                    link.shutdown(socket.SHUT_RDWR)
            if pumping.ident is not None:
                pumping.join()  # who reads must not find another connection under the number of a closed one
            for link in (client, engine):
                link.close()
            with self._lock:
                self._links -= {client, engine}


class _Pump:
    """Hands the engine's answers on, one connection's, each with the *fault* that is set when it begins."""

    def __init__(self, source: socket.socket, sink: socket.socket, mended: threading.Event) -> None:
        self.fault: Fault | None = None
        self._source, self._sink, self._mended = source, sink, mended

    def run(self) -> None:
        """Hand on until the engine ends, or a fault does."""
        with contextlib.suppress(OSError):
            while piece := self._source.recv(65536):
                if (fault := self.fault) is None:
                    self._sink.sendall(piece)
                elif not self._spoil(piece, fault):
                    break
            self._sink.shutdown(socket.SHUT_RDWR)

    def _spoil(self, piece: bytes, fault: Fault) -> bool:
        """Hand *piece* on as *fault* wants it; False if that ends the answer."""
        if fault.delay:
            self._mended.wait(fault.delay)
        # The engine sends its header by itself or with the first of the body.
        head, end, body = piece.partition(b"\r\n\r\n") if piece.startswith(b"HTTP/") else (b"", b"", piece)
        if fault.garbles:
            body = body.translate(_NOISE)
        if not (fault.cuts or fault.stalls):
            self._sink.sendall(head + end + body)
            return True
        if fault.after:
            self._sink.sendall(head + end + body[: fault.after])
            if head and not body:
                return True
        if fault.stalls:
            self._mended.wait()
        return False


def answer(body: bytes, status: str = "200 OK") -> bytes:
    """Return an HTTP answer as an engine would give it."""
    return f"HTTP/1.0 {status}\r\nContent-Type: application/json\r\n\r\n".encode() + body
