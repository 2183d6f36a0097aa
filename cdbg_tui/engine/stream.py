"""Long answers of an engine, read straight from the socket, closable from any thread.

docker-py's iterators cannot be closed from another thread in every case, lose which of stdout and stderr
a line came from, and cost three times as much a log line. One HTTP/1.0 request needs none of that: the
body is what follows the header, until the connection ends. It also gets the first list before docker-py
is even imported.
"""

from __future__ import annotations

import codecs
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from cdbg_tui.engine.answers import checked
from cdbg_tui.engine.connect import Endpoint, open_socket
from cdbg_tui.engine.debug import failure, log, since
from cdbg_tui.engine.errors import engine_errors, from_status
from cdbg_tui.engine.gate import check_request

T = TypeVar("T")

CHUNK = 1 << 18
CONNECT_SECONDS = 10.0
LONGEST_LINE = 16 << 20


def query(path: str, **params: str | int | Mapping[str, Any]) -> str:
    """Return *path* with its query string; mappings are sent as JSON, as the engine wants filters."""
    words = {name: json.dumps(value) if isinstance(value, Mapping) else value for name, value in params.items()}
    return f"{quote(path)}?{urlencode(words)}" if words else quote(path)


class Stream:
    """The answer to one request, its body as chunks of bytes. Iterate in one thread, `close` in any."""

    def __init__(
        self,
        endpoint: Endpoint,
        path: str,
        *,
        patience: float | None = None,
        method: str = "GET",
        born: Callable[[Stream], None] | None = None,
    ) -> None:
        """Ask for *path* (unversioned: the engine's newest API) and read the header of the answer.

        *patience* is the longest silence within the body, in seconds; None waits for ever. *born* is handed the
        stream before it waits for the header, so that another thread can close it even then.

        Raises:
            EngineError: the engine cannot be reached or says no.
        """
        check_request(method, path)
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._is_in_use = False
        """Whether somebody waits on the socket, or is about to."""
        self._where = endpoint.url
        self._head = b""
        began = time.monotonic()
        with engine_errors(endpoint.url):
            self._socket = open_socket(endpoint, CONNECT_SECONDS)
            try:
                if born is not None:
                    born(self)
                host = "docker" if endpoint.is_unix else urlsplit(endpoint.url).hostname
                with self._in_use():
                    self._socket.sendall(f"{method} {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
                    # An answer that takes long to make is silent before its header, not within its body.
                    self._socket.settimeout(CONNECT_SECONDS if patience is None else patience)
                    self._rest = self._header()
                    self._socket.settimeout(patience)
            except BaseException as error:
                self.close()
                log.debug("%s %s: %s after %s", method, path, failure(error), since(began))
                raise
        log.debug("%s %s: 200 after %s", method, path, since(began))

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        """Keep the socket's descriptor until this is through, even if the stream is closed meanwhile.

        A number that is free is the next connection's at once (open(2): the lowest): who was just about to wait
        on the one would wait on the other, or read what is not meant for him.
        """
        with self._lock:
            self._is_in_use = True
        try:
            yield
        finally:
            with self._lock:
                self._is_in_use = False
                if self._closed.is_set():
                    self._socket.close()

    def _header(self) -> bytes:
        got = bytearray()
        while b"\r\n\r\n" not in got:
            piece = self._socket.recv(CHUNK)
            if not piece or len(got) > CHUNK:
                raise ValueError("its answer is no HTTP")
            got += piece
        head, _, rest = bytes(got).partition(b"\r\n\r\n")
        status = re.match(rb"HTTP/1\.[01] (\d{3})\b", head)
        if status is None:
            raise ValueError("its answer is no HTTP")
        self._head = head
        if status[1] != b"200":
            while len(rest) < CHUNK and (piece := self._socket.recv(CHUNK)):
                rest += piece
            try:
                text = str(json.loads(rest)["message"])
            except (ValueError, KeyError, TypeError):
                text = rest.decode("utf-8", "replace")
            raise from_status(int(status[1]), text, self._where)
        return rest

    @property
    def engine_time(self) -> float | None:
        """What the engine's own clock said when it answered, to the second."""
        try:
            return parsedate_to_datetime(self.header("Date")).timestamp()
        except ValueError:
            return None

    def header(self, name: str) -> str:
        """Return a field of the answer's header; empty where it has none of that name."""
        match = re.search(rb"^%b: *(.*?)\r?$" % name.encode(), self._head, re.MULTILINE | re.IGNORECASE)
        return match[1].decode("latin-1") if match else ""

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body until it ends or the stream is closed.

        Raises:
            EngineError: the connection broke, or was silent for longer than its patience.
        """
        if self._rest:
            yield self._rest
            self._rest = b""
        while not self._closed.is_set():
            try:
                with engine_errors(self._where), self._in_use():
                    piece = self._socket.recv(CHUNK)
            except Exception:
                if self._closed.is_set():
                    return
                raise
            if not piece or self._closed.is_set():
                return
            yield piece

    def lines(self) -> Iterator[bytes]:
        """Yield the body line by line, without the line breaks."""
        buffer = b""
        for piece in self:
            *whole, buffer = (buffer + piece).split(b"\n")
            if len(buffer) > LONGEST_LINE:
                with engine_errors(self._where):
                    raise ValueError("its answer is not made of lines")
            yield from (line.rstrip(b"\r") for line in whole if line.strip())
        if buffer.strip():
            yield buffer

    def close(self) -> None:
        """End the stream; whoever iterates over it is through at once."""
        with self._lock:
            self._closed.set()
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)  # wakes who waits on it
            if not self._is_in_use:
                self._socket.close()


def get_json(endpoint: Endpoint, path: str, *, patience: float = 10.0) -> Any:
    """Return the decoded answer to one GET.

    Raises:
        EngineError: the engine cannot be reached, says no, or answers rubbish.
    """
    body = _body(endpoint, path, patience)
    with engine_errors(endpoint.url):
        answer = json.loads(body)
    return checked(path, answer)


def get_rows(endpoint: Endpoint, path: str, made: Callable[[Any], T], *, patience: float = 10.0) -> list[T]:
    """Return what is *made* of each element of the list that answers a GET.

    Each is decoded as it comes and let go before the next: thousands at once, or their text, take several times
    the memory of what is made of them, and what is kept stands among it, so that it never goes back to the system.

    Raises:
        EngineError: the engine cannot be reached, says no, or answers rubbish.
    """
    return [made(checked(path, [row])[0]) for row in _rows(endpoint, path, patience)]


def _rows(endpoint: Endpoint, path: str, patience: float) -> Iterator[Any]:
    decode = codecs.getincrementaldecoder("utf-8")("surrogatepass").decode  # as json does
    with engine_errors(endpoint.url):
        stream = Stream(endpoint, path, patience=patience)
        try:
            yield from _elements(path, (decode(piece) for piece in stream))
        finally:
            stream.close()


_GAP = re.compile(r"[\s,]*")


def _elements(path: str, pieces: Iterator[str]) -> Iterator[Any]:
    """Yield the elements of a list, each as soon as all of it is there."""
    text = ""
    for piece in pieces:
        text = (text + piece).lstrip()
        if text:
            break
    if not text.startswith("["):
        yield from checked(path, json.loads(text + "".join(pieces)))
        return
    raw_decode, at = json.JSONDecoder().raw_decode, 1
    more = True
    while True:
        at = _GAP.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing at all
        if text.startswith("]", at):
            return
        try:
            element, at = raw_decode(text, at)
        except ValueError:
            if not more:
                raise
            # As much again before it is tried anew: a huge one would be gone through for each of its pieces.
            held, size = [text[at:]], 0
            for piece in pieces:
                held.append(piece)
                size += len(piece)
                if size > len(held[0]):
                    break
            else:
                more = False
            text, at = "".join(held), 0
            continue
        yield element


def _body(endpoint: Endpoint, path: str, patience: float) -> bytes:
    stream = Stream(endpoint, path, patience=patience)
    try:
        return b"".join(stream)
    finally:
        stream.close()
