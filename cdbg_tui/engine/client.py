"""The engine in use: where it is, the way to ask it, and how to leave it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cdbg_tui.engine.connect import Endpoint, Tunnel
from cdbg_tui.engine.errors import EngineError, engine_errors
from cdbg_tui.engine.stream import Stream, get_json

if TYPE_CHECKING:
    from docker import APIClient

CALL_SECONDS = 10


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
        return Stream(self.reachable, path, patience=patience, born=born)

    def header(self, path: str, name: str, *, patience: float = CALL_SECONDS) -> str:
        """Return a field of the answer's header to a HEAD."""
        stream = Stream(self.reachable, path, patience=patience, method="HEAD")
        stream.close()
        return stream.header(name)

    def get(self, path: str, *, patience: float = CALL_SECONDS) -> Any:
        """Return the decoded answer to one GET, without docker-py."""
        return get_json(self.reachable, path, patience=patience)

    @contextmanager
    def api(self) -> Iterator[APIClient]:
        """Lend docker-py's low-level client; whatever it raises becomes an `EngineError`."""
        with engine_errors(self.endpoint.url):
            yield self._client()

    def _client(self) -> APIClient:
        where = self.reachable
        if (known := self._api) is not None:
            return known
        # Without the lock: making a client asks the engine for its version, and `close` must not wait for that.
        made = _api_client(where)
        with self._lock:
            if self._api is None and not self._closed.is_set():
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
    return APIClient(
        base_url=where.url,
        version="auto",
        timeout=CALL_SECONDS,
        tls=tls or False,
        max_pool_size=16,
    )
