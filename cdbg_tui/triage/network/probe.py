"""A container's health check: how its probes went, and which address they ask."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cdbg_tui.model.socket import Socket
from cdbg_tui.model.units import epoch
from cdbg_tui.triage.evidence import Evidence
from cdbg_tui.triage.network.reach import addresses

RESOLVER = "127.0.0.11"
"""Docker's name server listens there in every network of the user's own."""
SECOND = 1_000_000_000
"""The engine keeps times of health checks in nanoseconds."""

_URL = re.compile(
    r"\b(?P<scheme>[a-z][a-z0-9+.-]{1,20})://(?:[^\s/@\"']{1,200}@)?(?P<host>[a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,60}\])"
    r"(?::(?P<port>\d{1,5}))?",
    re.IGNORECASE,
)
_SCHEMES = {
    "http": 80,
    "https": 443,
    "ws": 80,
    "wss": 443,
    "redis": 6379,
    "amqp": 5672,
    "postgres": 5432,
    "ftp": 21,
}
_DEVICE = re.compile(r"/dev/(?:tcp|udp)/(?P<host>[\w.-]{1,253})/(?P<port>\d{1,5})")
_TALKS = re.compile(
    r"\b(?:nc|ncat|netcat|telnet)\b[^|;&\n]{0,200}?"
    r" (?P<host>[a-z][\w.-]{0,252}|[\d.]{7,15}) (?P<port>\d{1,5})\b"
)
_OPTION = re.compile(r"(?:^|\s)(?:-p|-P|--port)[ =]?(?P<port>\d{2,5})\b")
_BARE = re.compile(r"(?:^|[\s'\"])(?P<host>localhost|127\.0\.0\.1|\[::1\])(?=[/\s'\"]|$)")
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w{1,80})(?::?-(?P<default>[^}]{0,80}))?\}|(?P<plain>\w{1,80}))")


@dataclass(frozen=True, slots=True)
class Target:
    """What a probe asks: a host and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Check:
    """A container's health check and how its probes went."""

    evidence: Evidence

    @cached_property
    def health(self) -> Mapping[str, Any]:
        """Inspect's ``State.Health``."""
        return self.evidence.state.get("Health") or {}

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """Inspect's ``Config.Healthcheck``."""
        return self.evidence.config.get("Healthcheck") or {}

    @cached_property
    def test(self) -> tuple[str, ...]:
        """The command, without the word that says how it is run."""
        words = [str(word) for word in self.settings.get("Test") or ()]
        return tuple(words[1:] if words and words[0] in ("CMD", "CMD-SHELL") else words)

    @property
    def command(self) -> str:
        """The command as one line."""
        return self.test[0] if len(self.test) == 1 else shlex.join(self.test)

    @cached_property
    def probes(self) -> tuple[Mapping[str, Any], ...]:
        """The last probes, oldest first: the engine keeps five."""
        return tuple(probe for probe in self.health.get("Log") or () if probe)

    @property
    def code(self) -> int | None:
        """The exit code of the last probe; -1 where the engine gave it up."""
        return self.probes[-1].get("ExitCode") if self.probes else None

    @cached_property
    def output(self) -> str:
        """What the last probe said."""
        return str(self.probes[-1].get("Output") or "").strip() if self.probes else ""

    @property
    def streak(self) -> int:
        """How many probes failed in a row."""
        return int(self.health.get("FailingStreak") or len(self.probes))

    def seconds(self, name: str, default: float) -> float:
        """Return one of its times."""
        return float(self.settings.get(name) or 0) / SECOND or default

    @property
    def up_for(self) -> float:
        """Since when the container is up, in seconds."""
        return self.evidence.now - (self.evidence.started or self.evidence.now)

    @cached_property
    def never_succeeded(self) -> bool:
        """Whether no probe since the start went well, as far as their number tells."""
        if any(probe.get("ExitCode") == 0 for probe in self.probes):
            return False
        last = epoch(str(self.probes[-1].get("End") or "")) if self.probes else None
        ran = (last or self.evidence.now) - (self.evidence.started or 0)
        # Probes of the start period are not counted as failures, and each takes its time besides.
        counted = ran - self.seconds("StartPeriod", 0)
        return self.streak + 1 >= 0.6 * counted / self.seconds("Interval", 30)

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """What the probe asks, read out of its command."""
        return tuple(dict.fromkeys(_targets(_filled(self.command, self.evidence.environment))))

    @cached_property
    def sockets(self) -> list[Socket] | None:
        """What listens where the probe runs; None where that is not known."""
        if self.evidence.sockets is None:
            return None
        return [one for one in self.evidence.sockets if one.address != RESOLVER and one.protocol == "tcp"]


def _filled(command: str, environment: Mapping[str, str]) -> str:
    """Put the values of the container's variables into a command, as its shell does."""

    def value(match: re.Match[str]) -> str:
        name = match["braced"] or match["plain"]
        return environment.get(name) or match["default"] or match[0]

    return _VARIABLE.sub(value, command[:4000])


def _targets(command: str) -> Iterator[Target]:
    for match in _URL.finditer(command):
        port = match["port"] or _SCHEMES.get(match["scheme"].lower(), 0)
        if int(port):
            yield Target(match["host"].strip("[]").lower(), int(port))
    for pattern in (_DEVICE, _TALKS):
        for match in pattern.finditer(command):
            yield Target(match["host"].lower(), int(match["port"]))
    bare = _URL.sub(" ", command)
    for host, port in addresses(bare):
        if port:
            yield Target(host, port)
    if option := _OPTION.search(bare):
        yield Target("localhost", int(option["port"]))
    elif re.search(r"\b(?:curl|wget)\b", bare) and (plain := _BARE.search(bare)):
        yield Target(plain["host"].strip("[]"), 80)
