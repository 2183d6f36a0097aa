"""What happens on the engine meanwhile: births and deaths, bursts in logs, storms of events, restarts."""

from __future__ import annotations

import itertools
import json
import socket
import threading
from collections.abc import Callable
from typing import Any

from tests.engine.own_engine import OwnEngine
from tests.support import IMAGE

SITTER = "000-sitter"
"""Runs as long as the engine does: what sessions and logs are of."""
LABEL = "dev.cdbg.soak"
_ENDS = ("exit 0", "exit 1", "echo no such file >&2; exit 127", "kill -9 $$", "sleep 0.3", "sleep 1; exit 143")
_LINE = 'printf "L%07d ' + "x" * 80 + '\\n", ++n'
FLOODS = {"USR1": 20_000, "USR2": 100_000}
"""Lines that the sitter writes for a signal; the second are as many as are kept."""
_SITTER = "".join(
    f"trap 'awk \"BEGIN {{ while (n < {lines}) {_LINE.replace(chr(34), chr(92) + chr(34))} }}\"' {signal}; "
    for signal, lines in FLOODS.items()
)
_SITTER += "while :; do echo tick; sleep 0.2; done"


class RefusedError(Exception):
    """The engine did not do it, or is away."""


class Api:
    """The engine's API on one connection a request: quicker than a command line, and nothing between."""

    def __init__(self, own: OwnEngine) -> None:
        self._path = own.url.removeprefix("unix://")

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        """Ask, and return the decoded answer.

        Raises:
            RefusedError: it is away, or says no.
        """
        data = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {path} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(20)
                link.connect(self._path)
                link.sendall(head.encode() + data)
                with link.makefile("rb") as answer:
                    said, _, rest = answer.read().partition(b"\r\n\r\n")
        except OSError as error:
            raise RefusedError(str(error)) from error
        if not said:
            raise RefusedError("it broke off")
        if int(said.split()[1]) >= 400:
            raise RefusedError(rest.decode(errors="replace"))
        return json.loads(rest) if rest.strip() and b"json" in said else None

    def create(self, name: str, *command: str) -> None:
        """Create a container without a network, which costs the engine most."""
        body = {
            "Image": IMAGE,
            "Cmd": list(command),
            "Labels": {LABEL: "1", "com.docker.compose.project": name[:3]},
            "HostConfig": {"NetworkMode": "none"},
            "StopTimeout": 0,
        }
        self("POST", f"/containers/create?name={name}", body)

    def start(self, name: str) -> None:
        """Start a container."""
        self("POST", f"/containers/{name}/start")

    def remove(self, name: str) -> None:
        """Remove a container, running or not."""
        self("DELETE", f"/containers/{name}?force=1&v=1")


class Life:
    """All that happens, in threads, until the block is left."""

    def __init__(self, own: OwnEngine) -> None:
        self.api = Api(own)
        self.births = 0
        self.events = 0
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Life:
        self.sit()
        for number in range(3):
            self._go_on(lambda number=number: self._be_born(number))  # type: ignore[misc]
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _go_on(self, step: Callable[[], None]) -> None:
        def run() -> None:
            while not self._over.is_set():
                try:
                    step()
                except RefusedError:
                    self._over.wait(0.2)  # the engine is away

        self._threads.append(threading.Thread(target=run))
        self._threads[-1].start()

    def sit(self) -> None:
        """Have the sitter run, also after a restart of the engine."""
        names = [one["Names"][0] for one in self.api("GET", "/containers/json?all=1")]
        if f"/{SITTER}" not in names:
            self.api.create(SITTER, "sh", "-c", _SITTER)
        self.api.start(SITTER)

    def _be_born(self, number: int) -> None:
        """Let one container live and die, under a name that had others before, and be removed."""
        for turn in itertools.count():
            if self._over.is_set():
                return
            name = f"{number}00-life-{turn % 4}"
            try:
                self.api.create(name, "sh", "-c", _ENDS[(turn + number) % len(_ENDS)])
                self.api.start(name)
                self.births += 1
            finally:
                old = f"{number}00-life-{(turn - 2) % 4}"
                if turn > 1:
                    self.api.remove(old)

    def flood(self, signal: str = "USR1") -> None:
        """Have the sitter write as many lines as `FLOODS` says."""
        self.api("POST", f"/containers/{SITTER}/kill?signal={signal}")

    def storm(self, events: int) -> None:
        """Have the engine tell of so many events at once: signals that nobody minds."""

        def some() -> None:
            for _ in range(events // 8):
                self.api("POST", f"/containers/{SITTER}/kill?signal=WINCH")

        threads = [threading.Thread(target=some) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.events += events // 8 * 8
