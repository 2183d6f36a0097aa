"""A container as the list shows it, made from either of the engine's two answers about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from cdbg_tui.model.units import epoch

COMPOSE_PROJECT = "com.docker.compose.project"
COMPOSE_SERVICE = "com.docker.compose.service"
SESSION_LABEL = "dev.cdbg.session"
"""The session it was made for: ``sidecar``, ``rerun``, ``debug``, or ``probe``, to read an image's files in."""
TARGET_LABEL = "dev.cdbg.target"
"""The id of the container that it was made for."""
BUILD_LABEL = "dev.cdbg.build"
"""The name of the container for which an image is built: what a build that failed leaves carries it, too."""


class State(StrEnum):
    """The engine's own words for what a container is doing."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"


# Looked at for thousands at once: an enumeration's members are dear to look up.
_UP = (State.RUNNING, State.PAUSED)
_ENDED = (State.EXITED, State.DEAD, State.CREATED)


class Health(StrEnum):
    """The result of the container's own health check."""

    NONE = ""
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Port:
    """A port of the container; *public* is 0 where it is exposed but not published."""

    private: int
    protocol: str = "tcp"
    public: int = 0
    address: str = ""

    def __str__(self) -> str:
        tail = "" if self.protocol == "tcp" else f"/{self.protocol}"
        if not self.public:
            return f"{self.private}{tail}"
        if self.public == self.private:
            return f"{self.public}{tail}"
        return f"{self.public}→{self.private}{tail}"


@dataclass(frozen=True, slots=True)
class Mount:
    """Something mounted into a container: a volume, a bind or a tmpfs."""

    kind: str
    source: str
    target: str
    writable: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class Container:
    """One container. Times are epoch seconds, None where the engine has not said."""

    id: str
    name: str
    image: str
    state: State
    command: str = ""
    created: float = 0.0
    since: float | None = None
    """When it came to be in this state; from the list only as exact as ``docker ps`` prints it."""
    exit_code: int | None = None
    health: Health = Health.NONE
    ports: tuple[Port, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    network_mode: str = ""
    networks: Mapping[str, str] = field(default_factory=dict)
    """Those it is on, each with its address there, which is empty where it is dead."""
    aliases: frozenset[str] = frozenset()
    """Its further names on them, in lower case; the list leaves them out."""
    restarts: int | None = None
    """Restarts by the engine's policy; None while the container has not been inspected."""
    oom_killed: bool = False
    error: str = ""
    """The engine's own words on why it could not start."""
    pid: int = 0
    """Of the main process, as the engine's machine counts; 0 where unknown or dead."""
    tty: bool | None = None
    inspected: bool = False

    @property
    def project(self) -> str:
        """The Compose project, or an empty string."""
        return self.labels.get(COMPOSE_PROJECT, "")

    @property
    def is_probe(self) -> bool:
        """Whether it is ours, never started, and gone again as soon as the files of its image have been read."""
        return self.labels.get(SESSION_LABEL) == "probe"

    @property
    def name_and_id(self) -> str:
        """What a question calls it: a name may be another container's by the time it is answered."""
        return f"{self.name} ({self.id[:12]})"

    @property
    def names(self) -> frozenset[str]:
        """In lower case: what the engine's name server answers to on a network of the user's own.

        Of those that the list leaves out, Compose gives each container its service's name.
        """
        own = (self.name, self.id[:12], self.labels.get(COMPOSE_SERVICE, ""))
        return self.aliases.union(name.lower() for name in own if name)

    @property
    def is_up(self) -> bool:
        """Whether it has a running (or frozen) main process."""
        return self.state in _UP

    @property
    def is_dead(self) -> bool:
        """Whether it has ended, or never came to life."""
        return self.state in _ENDED


_UNITS = {
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86400,
    "week": 604800,
    "month": 2592000,
    "year": 31536000,
}
_AGO = re.compile(
    r"(?:(?P<less>Less than a second)|About an? (?P<one>minute|hour)|(?P<n>\d+) (?P<unit>[a-z]+?)s?\b)"
)
# A container that is started within so many seconds of its creation was never restarted.
_PROMPT = 5.0
_EXIT = re.compile(r"^(?:Exited|Restarting) \((-?\d+)\)")


def seconds_in(status: str) -> int | None:
    """Return the age in ``docker ps``'s words, in seconds; `leeway` says how far off it may be.

    The words are go-units' HumanDuration, which counts hours up to 48, days up to 14, weeks up to 60 days.
    """
    match = _AGO.search(status)
    if match is None:
        return None
    if match["less"]:
        return 0
    unit = _UNITS.get(match["one"] or match["unit"])
    if unit is None:
        return None
    return int(match["n"] or 1) * unit


def leeway(said: float) -> tuple[float, float]:
    """Return how much younger and how much older than *said* seconds the words leave a container.

    Minutes are cut off, hours are rounded, and what is longer is cut off from rounded hours: "6 minutes"
    is less than 7, but "3 hours" is from two and a half to three and a half.
    """
    if said < 3600:
        return 0.0, 1.0 if said < 60 else 60.0
    if said < 48 * 3600:
        return 1800.0, 1800.0
    days = said / 86400
    unit = "day" if days < 14 else "week" if days < 60 else "month" if days < 730 else "year"
    return 1800.0, float(_UNITS[unit])


def from_list(row: Mapping[str, Any], now: float) -> Container:
    """Make a container from an element of ``GET /containers/json``; *now* dates its "3 hours ago"."""
    status: str = row.get("Status") or ""
    age = seconds_in(status)
    exited = _EXIT.match(status)
    names = row.get("Names") or ["/" + row["Id"][:12]]
    # A linked container lists its aliases too ("/web/db"); its own name is the one without a path.
    name = min(names, key=lambda n: n.count("/")).removeprefix("/")
    networks = _networks(row)
    return Container(
        id=row["Id"],
        name=name,
        image=row.get("Image") or "",
        state=_state(row.get("State") or ""),
        command=row.get("Command") or "",
        created=float(row.get("Created") or 0),
        since=float(row.get("Created") or 0) if age is None else now - age,
        exit_code=int(exited[1]) if exited else None,
        health=_health_in(status),
        ports=_ports_of_list(row.get("Ports") or ()),
        labels=row.get("Labels") or {},
        network_mode=(row.get("HostConfig") or {}).get("NetworkMode") or "",
        networks=_addresses(networks),
        aliases=_aliases(networks),
    )


def from_inspect(details: Mapping[str, Any]) -> Container:
    """Make a container from ``GET /containers/{id}/json``."""
    state = details.get("State") or {}
    config = details.get("Config") or {}
    host = details.get("HostConfig") or {}
    what = _state(state.get("Status") or "")
    created = epoch(details.get("Created") or "") or 0.0
    started, finished = epoch(state.get("StartedAt") or ""), epoch(state.get("FinishedAt") or "")
    up = what in _UP
    ended = what in (State.EXITED, State.DEAD, State.RESTARTING)
    since = started if up else finished if ended else created
    failed_start = what is State.CREATED and bool(state.get("Error"))
    networks = _networks(details)
    return Container(
        id=details["Id"],
        name=(details.get("Name") or details["Id"][:12]).removeprefix("/"),
        image=config.get("Image") or details.get("Image") or "",
        state=what,
        command=" ".join([details.get("Path") or "", *(details.get("Args") or ())]).strip(),
        created=created,
        since=since,
        exit_code=state.get("ExitCode") if ended or failed_start else None,
        health=_health((state.get("Health") or {}).get("Status") or ""),
        ports=_ports_of_inspect((details.get("NetworkSettings") or {}).get("Ports") or {}),
        labels=config.get("Labels") or {},
        network_mode=host.get("NetworkMode") or "",
        networks=_addresses(networks),
        aliases=_aliases(networks),
        restarts=details.get("RestartCount") or 0,
        oom_killed=bool(state.get("OOMKilled")),
        error=state.get("Error") or "",
        pid=state.get("Pid") or 0,
        tty=bool(config.get("Tty")),
        inspected=True,
    )


def wants_inspection(container: Container, now: float) -> bool:
    """Tell whether the list's own answer hides something that its row should say.

    A kill may have been for memory, 126 to 128 may be the engine's own after a start that failed, as may be
    why a container was never up; and one that is younger than its creation has been restarted, perhaps by
    its policy. All others are left alone, so
    that opening the dashboard costs the engine next to nothing.
    """
    if container.inspected:
        return False
    if container.state is State.RUNNING:
        age = now - container.created
        up_for = now - (container.since or now)
        return age - up_for > leeway(up_for)[1] + _PROMPT
    return container.exit_code in (126, 127, 128, 137) or container.state in (State.CREATED, State.RESTARTING)


def merged(old: Container | None, new: Container, now: float) -> Container:
    """Return what is known of a container just listed: *old* if it is of the same life and has as much."""
    if old is None or new.inspected:
        return new
    younger, older = leeway(now - (new.since or 0.0))
    off_by = (new.since or 0.0) - (old.since or 0.0)
    if not -younger - _PROMPT <= off_by <= older + _PROMPT:
        return new
    same = _of_the_list(old) == _of_the_list(new)
    return old if (same if old.inspected else replace(new, since=old.since) == old) else new


def _of_the_list(container: Container) -> tuple[object, ...]:
    """Return what can change in a life, as far as the list tells it."""
    return container.state, container.exit_code, container.health, container.name, container.networks


def _state(word: str) -> State:
    try:
        return State(word.lower())
    except ValueError:
        return State.DEAD


def _health(word: str) -> Health:
    try:
        return Health(word)
    except ValueError:  # "none": no health check
        return Health.NONE


def _health_in(status: str) -> Health:
    if status.endswith("(healthy)"):
        return Health.HEALTHY
    if status.endswith("(unhealthy)"):
        return Health.UNHEALTHY
    return Health.STARTING if status.endswith("(health: starting)") else Health.NONE


def _networks(answer: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any] | None]:
    return (answer.get("NetworkSettings") or {}).get("Networks") or {}


def _addresses(networks: Mapping[str, Mapping[str, Any] | None]) -> Mapping[str, str]:
    return _kept(*((name, (network or {}).get("IPAddress") or "") for name, network in networks.items()))


@lru_cache(maxsize=1024)
def _kept(*networks: tuple[str, str]) -> Mapping[str, str]:
    """Return one mapping for all containers that have these: thousands may be dead."""
    return MappingProxyType(dict(networks))


def _aliases(networks: Mapping[str, Mapping[str, Any] | None]) -> frozenset[str]:
    told = [
        names for one in networks.values() if one for key in ("Aliases", "DNSNames") if (names := one.get(key))
    ]
    return frozenset(name.lower() for names in told for name in names) if told else _NO_NAMES


_NO_NAMES: frozenset[str] = frozenset()


def _ports_of_list(rows: Any) -> tuple[Port, ...]:
    return _merged(
        Port(
            private=row.get("PrivatePort") or 0,
            protocol=row.get("Type") or "tcp",
            public=row.get("PublicPort") or 0,
            address=row.get("IP") or "",
        )
        for row in rows
    )


def _ports_of_inspect(table: Mapping[str, Any]) -> tuple[Port, ...]:
    def ports() -> Any:
        for key, bindings in table.items():
            private, _, protocol = key.partition("/")
            if not private.isdigit():
                continue
            for binding in bindings or [{}]:
                public = (binding or {}).get("HostPort") or "0"
                if public.isdigit():
                    yield Port(int(private), protocol or "tcp", int(public), (binding or {}).get("HostIp") or "")

    return _merged(ports())


def _merged(ports: Any) -> tuple[Port, ...]:
    """Keep one of the IPv4 and IPv6 twins that the engine lists for each published port."""
    kept: dict[tuple[int, str, int], Port] = {}
    for port in ports:
        kept.setdefault((port.private, port.protocol, port.public), port)
    # Published ones first: they are what an engineer looks for.
    return tuple(sorted(kept.values(), key=lambda p: (not p.public, p.public, p.private)))


def mounts(details: Mapping[str, Any]) -> tuple[Mount, ...]:
    """Return what is mounted into an inspected container, tmpfs included."""
    listed = [
        Mount(
            kind=row.get("Type") or "bind",
            source=row.get("Source") or "",
            target=row.get("Destination") or "",
            writable=bool(row.get("RW", True)),
            name=row.get("Name") or "",
        )
        for row in details.get("Mounts") or ()
    ]
    tmpfs = (details.get("HostConfig") or {}).get("Tmpfs") or {}
    listed += [Mount("tmpfs", "", target, "ro" not in options.split(",")) for target, options in tmpfs.items()]
    return tuple(listed)
