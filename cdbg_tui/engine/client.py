"""The engine in use: where it is, the way to ask it, and how to leave it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from cdbg_tui.engine.connect import Endpoint, Tunnel
from cdbg_tui.engine.debug import failure, log, since
from cdbg_tui.engine.errors import EngineError, engine_errors
from cdbg_tui.engine.gate import check_request
from cdbg_tui.engine.stream import Stream, get_json, get_rows

if TYPE_CHECKING:
    from docker import APIClient
    from requests import PreparedRequest, Response

T = TypeVar("T")

CALL_SECONDS = 10
AWAY = ("unreachable", "timeout", "forbidden")
"""Kinds of errors that may mean that the engine as a whole is gone, not only that it says no."""


def _ignore() -> None:
    """Nobody follows the engine."""


class Engine:
    """One container engine. Its calls block: make them from a thread that may wait.

    All of them raise `EngineError` and nothing else.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        """As the user named it."""
        self._tunnel: Tunnel | None = None
        self._api: APIClient | None = None
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self.on_trouble: Callable[[], None] = _ignore
        """Called, in whatever thread, when it cannot be reached, does not answer, or does not let us in."""
        self.heard_at = time.monotonic()
        """When it last answered."""

    @contextmanager
    def _noted(self) -> Iterator[None]:
        """Note whether the engine answers what is asked within."""
        try:
            yield
        except EngineError as error:
            if error.kind in AWAY:
                self.on_trouble()
            raise
        self.heard_at = time.monotonic()

    @property
    def reachable(self) -> Endpoint:
        """The endpoint to connect to: the engine's own, or our end of a tunnel to it, dug if need be."""
        if not self.endpoint.url.startswith("ssh://"):
            return self.endpoint
        with self._lock:
            if self._closed.is_set():
                raise EngineError("unreachable", "The engine was left.")
            if self._tunnel is None or not self._tunnel.is_alive:
                if self._tunnel:
                    self._tunnel.close()
                    self._tunnel = None
                self._tunnel, self._api = Tunnel(self.endpoint, self._closed), None
            return self._tunnel.endpoint

    def stream(
        self, path: str, *, patience: float | None = None, born: Callable[[Stream], None] | None = None
    ) -> Stream:
        """Open a long answer; *born* has it before it is answered, and may close it then."""
        with self._noted():
            return Stream(self.reachable, path, patience=patience, born=born)

    def header(self, path: str, name: str, *, patience: float = CALL_SECONDS) -> str:
        """Return a field of the answer's header to a HEAD."""
        with self._noted():
            stream = Stream(self.reachable, path, patience=patience, method="HEAD")
        stream.close()
        return stream.header(name)

    def get(self, path: str, *, patience: float = CALL_SECONDS) -> Any:
        """Return the decoded answer to one GET, without docker-py."""
        with self._noted():
            return get_json(self.reachable, path, patience=patience)

    def rows(self, path: str, made: Callable[[Any], T], *, patience: float = CALL_SECONDS) -> list[T]:
        """Return what is *made* of each row that answers a GET, which is let go before the next is decoded."""
        with self._noted():
            return get_rows(self.reachable, path, made, patience=patience)

    @contextmanager
    def api(self) -> Iterator[APIClient]:
        """Lend docker-py's low-level client; whatever it raises becomes an `EngineError`."""
        try:
            with self._noted(), engine_errors(self.endpoint.url):
                yield self._client()
        except EngineError as error:
            if "client version" in error.what:
                # The engine was replaced by an older one: with the next call a version is agreed on anew.
                with self._lock:
                    self._api = None
            raise

    def _client(self) -> APIClient:
        where = self.reachable
        if (known := self._api) is not None:
            return known
        # Without the lock: making a client asks the engine for its version, and `close` must not wait for that.
        made = _api_client(where)
        with self._lock:
            is_still_there = self._tunnel is None or self._tunnel.endpoint == where
            if self._api is None and is_still_there and not self._closed.is_set():
                self._api = made
        return made

    def docker(self, *words: str) -> tuple[str, ...]:
        """Return the argv of a docker command line that speaks to this engine."""
        return ("docker", *self.endpoint.cli, *words)

    def close(self) -> None:
        """Leave: close connections and the tunnel. Streams are closed by who opened them."""
        self._closed.set()
        with self._lock:
            if self._api is not None:
                self._api.close()
                self._api = None
            if self._tunnel is not None:
                self._tunnel.close()
                self._tunnel = None


def _api_client(where: Endpoint) -> APIClient:
    # 70 modules of HTTP library: not before something is asked that needs them.
    from docker import APIClient
    from docker.tls import TLSConfig

    # Under a session that has the terminal, stderr is the user's.
    logging.getLogger("urllib3").addHandler(logging.NullHandler())
    logging.getLogger("urllib3").propagate = False
    tls = None
    if where.tls:
        pair = (where.tls.cert, where.tls.key) if where.tls.cert else None
        tls = TLSConfig(client_cert=pair, ca_cert=where.tls.ca or None, verify=where.tls.verify)

    class Client(APIClient):
        """Sends what the gate lets through; each of docker-py's calls comes by here."""

        def send(self, request: PreparedRequest, **options: Any) -> Response:
            method, path = request.method or "", request.path_url
            check_request(method, path)
            began = time.monotonic()
            try:
                answer = super().send(request, **options)
            except Exception as error:
                log.debug("%s %s: %s after %s", method, path, failure(error), since(began))
                raise
            log.debug("%s %s: %s after %s", method, path, answer.status_code, since(began))
            return answer

    return Client(
        base_url=where.url,
        version="auto",
        timeout=CALL_SECONDS,
        tls=tls or False,
        max_pool_size=16,
    )
