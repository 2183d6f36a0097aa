"""Which hosts a container complains of to the last, and which of its neighbours each of them means."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from cdbg_tui.model.container import COMPOSE_SERVICE, Container, State
from cdbg_tui.triage.evidence import Evidence, Line
from cdbg_tui.triage.network.reach import Kind, Unreached, addresses, is_address, is_own, mentions, unreached

TAIL = 20
"""Only so many last lines tell what a container suffers from; of one that has failed, twice as many."""
RECENT = 120.0
"""A complaint of a running container that is older than so many seconds is over, unless it comes more rarely."""
DEFAULT = "bridge"
DEPENDS_ON = "com.docker.compose.depends_on"

_ANSWERED = re.compile(
    r"\b(?:re)?connected\b|\bconnection (?:\w+ ){0,2}(?:established|restored|succe|ok\b|is up)"
    r"|\bis (?:now )?(?:up|available|ready|reachable|back)\b"
    r"|\b(?:ready|listening|serving|accepting connections|succeeded|successfully|recovered|healthy)\b"
    r"|\b(?:started|resumed|back online)\b",
    re.IGNORECASE,
)
_NOT_ANSWERED = re.compile(
    r"\b(?:not|n't|un\w*|dis\w*|fail\w*|error|cannot|until|when|wait\w*|retry\w*|never|no)\b", re.IGNORECASE
)
_GIVES_IN = re.compile(
    r"\b(?:continu(?:e|es|ing)|carrying on"
    r"|fall(?:s|ing)? ?back|disabled|disabling|without"
    r"|skip(?:s|ped|ping)?|ignor(?:e|ed|ing)|non-fatal|optional|best.effort"
    r"|using (?:the )?(?:default|cache|local))\b",
    re.IGNORECASE,
)
"""A program that says how it gets along without."""
_CHATTER = re.compile(
    r"retry|re-?try|wait|sleep|attempt|again|reconnect|back.?off|giving up|give up|abort"
    r"|exit|shut|stopp|fatal|panic|bye|clos(?:e|ing)|fail|error|traceback|exception|quit|terminat",
    re.IGNORECASE,
)
_CONTINUED = re.compile(
    r"^(?:\s|at |[\]})>{\[]|caused by|goroutine|\w{1,20}: *$|npm |node:|node\.js v|\.{3}|$)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A host that a container complains of: the newest complaint, how many there are, whether it is set on it."""

    complaint: Unreached
    host: str
    port: int | None
    count: int
    guessed: str = ""
    """Where the host was read, if not in the complaint: ``environment DATABASE_URL``."""


def may_suffer(evidence: Evidence) -> bool:
    """Whether a reason is wanted: it runs, or ended with a code of its own, not by a signal."""
    if evidence.container.state is State.RUNNING:
        return True
    code = evidence.exit_code
    stopped = bool(evidence.signals_sent()) and code in (None, 0, 130, 137, 143)
    return (
        (evidence.has_failed or evidence.container.state is State.RESTARTING)
        and not stopped
        and not (code is not None and 129 <= code < 192)
    )


def troubles(evidence: Evidence) -> Iterator[Trouble]:
    """Yield the hosts that it complains of and that did not answer since, the newest first."""
    for lines in _ends(evidence):
        complaints = unreached(lines)
        at = {id(line): index for index, line in enumerate(lines)}
        named = [(one, *_who(evidence, one)) for one in complaints]
        done: set[str] = set()
        for complaint, host, port, guessed in reversed(named):
            mine = [(one, p) for one, name, p, _ in named if name == host]
            if not host or host in done:
                continue
            done.add(host)
            places = [at[id(one.line)] for one, _ in mine]
            everywhere = [at[id(one.line)] for one in complaints]
            if not _persists(evidence, lines, places, everywhere, host):
                continue
            if evidence.container.is_up and len(mine) < _OFTEN and _is_somebody_elses(evidence, host):
                continue
            # A name that does not resolve says more than that somebody waits for it.
            told = next((one for one, _ in reversed(mine) if one.kind is not Kind.FAILED), complaint)
            port = port or next((p for _, p in reversed(mine) if p), None)
            yield Trouble(told, host, port, len(mine), guessed)


_OFTEN = 3
"""A running container that complains less often of a host out in the world may do so for somebody else."""


def _is_somebody_elses(evidence: Evidence, host: str) -> bool:
    named = {name for name, _, _ in settings(evidence)}
    return "." in host and not is_address(host) and host not in named and meant(evidence, host) is None


def _ends(evidence: Evidence) -> Iterator[Sequence[Line]]:
    """Yield the last lines of the log, then those of each file."""
    count = TAIL if evidence.container.is_up else 2 * TAIL
    yield evidence.log[-count:]
    for source in dict.fromkeys(line.source for line in evidence.files):
        yield [line for line in evidence.files if line.source == source][-count:]


def _who(evidence: Evidence, complaint: Unreached) -> tuple[str, int | None, str]:
    """Return the host and port that a complaint is about, and where they were read if not in itself."""
    host, port = complaint.host, complaint.port
    names, named = own_names(evidence), list(settings(evidence))
    if host and host not in names:
        sure = complaint.sure or host in {one[0] for one in named} or host in names_around(evidence)
        if sure or meant(evidence, host):
            return host, port, ""
    for name in sorted(names_around(evidence) - names, key=len, reverse=True):
        if mentions(complaint.line.text, name):
            return name, port, ""
    if complaint.kind is Kind.FAILED or (host and host not in names):
        return "", None, ""  # it speaks of somebody, and not of a host
    known_ones = [one for one in named if meant(evidence, one[0])]
    wanted = [one for one in known_ones if is_ailing(evidence, one[0])] or known_ones
    if not wanted and len({one[0] for one in named}) == 1:
        wanted = named
    if wanted:
        return wanted[0]
    down = [name for name, _ in depends_on(evidence) if is_ailing(evidence, name)]
    return (down[0], None, f"label {DEPENDS_ON}") if down else ("", None, "")


def own_names(evidence: Evidence) -> set[str]:
    own = {evidence.container.name, evidence.container.id[:12], str(evidence.config.get("Hostname") or "")}
    for network in networks_of(evidence).values():
        own |= set(network.get("Aliases") or ()) | set(network.get("DNSNames") or ())
    own.add(evidence.container.labels.get(COMPOSE_SERVICE, ""))
    return {name.lower() for name in own if name}


def names_around(evidence: Evidence) -> set[str]:
    names = {name for one in evidence.neighbours or () for name in one.names if len(name) > 1}
    return names | {name for name, _ in depends_on(evidence)}


def settings(evidence: Evidence) -> Iterator[tuple[str, int | None, str]]:
    """Yield the hosts that its environment and its arguments name, and where."""
    environment = evidence.environment
    for name, value in environment.items():
        for host, port in addresses(value):
            if not is_own(host):
                yield host, port, f"environment {name}"
        if re.search(r"(?:^|_)(?:HOST|HOSTNAME|SERVER|ADDR|ADDRESS)$", name) and name != "HOSTNAME":
            # The port of DB_HOST is in DB_PORT.
            port_text = environment.get(re.sub(r"[A-Z]+$", "PORT", name), "")
            if re.fullmatch(r"[a-zA-Z][\w.-]{0,252}", value) and not is_own(value.lower()):
                yield value.lower(), int(port_text) if port_text.isdecimal() else None, f"environment {name}"
    for word in evidence.command[1:]:
        for host, port in addresses(word):
            if not is_own(host):
                yield host, port, "command line"


def depends_on(evidence: Evidence) -> list[tuple[str, str]]:
    """Return the Compose services that it depends on, each with the condition: ``service_healthy``."""
    label = evidence.container.labels.get(DEPENDS_ON, "")
    parts = (part.split(":") for part in label.split(",") if part)
    return [(part[0].strip().lower(), part[1] if len(part) > 1 else "") for part in parts]


def _persists(
    evidence: Evidence, lines: Sequence[Line], places: Sequence[int], complaints: Sequence[int], host: str
) -> bool:
    """Whether the complaint is how things stand: it is the last word about that host, and not an old one."""
    newest = places[-1]
    after = [line for index, line in enumerate(lines) if index > newest and index not in complaints]
    after = [line for line in after if not _CONTINUED.match(line.text)]
    if any(_answers(evidence, line, host) for line in after):
        return False
    later = [line for line in after if not _CHATTER.search(line.text)]
    said_at = lines[newest].time
    if not evidence.container.is_up:
        end = evidence.finished
        return len(later) <= 8 and (said_at is None or end is None or end - said_at <= RECENT)
    if _GIVES_IN.search(lines[newest].text) or any(_GIVES_IN.search(line.text) for line in after[:2]):
        return False
    gaps = [b - a for a, b in pairwise(places)]
    if len(later) > max([1, *(2 * gap for gap in gaps)]):
        return False
    first_at = lines[places[0]].time
    if said_at is None or first_at is None:
        return True
    usual = (said_at - first_at) / max(1, len(places) - 1)
    return evidence.now - said_at <= max(RECENT, 3 * usual) or is_ailing(evidence, host)


def _answers(evidence: Evidence, line: Line, host: str) -> bool:
    """Whether a line says that *host* answered, and not that another did."""
    if not _ANSWERED.search(line.text) or _NOT_ANSWERED.search(line.text):
        return False
    others = names_around(evidence) - own_names(evidence) - {host}
    return mentions(line.text, host) or not any(mentions(line.text, other) for other in others)


def networks_of(evidence: Evidence) -> dict[str, dict[str, Any]]:
    networks = (evidence.details.get("NetworkSettings") or {}).get("Networks") or {}
    return {name: network or {} for name, network in networks.items()}


def in_own_subnet(evidence: Evidence, host: str) -> bool:
    """Tell whether an address lies in a network that it is on."""
    try:
        address = ipaddress.ip_address(host)
        return any(
            address in ipaddress.ip_network(f"{network['IPAddress']}/{network['IPPrefixLen']}", strict=False)
            for network in networks_of(evidence).values()
            if network.get("IPAddress") and network.get("IPPrefixLen")
        )
    except ValueError:
        return False


def own_networks(evidence: Evidence) -> set[str]:
    """Return the networks that it is on; those of the container whose network it shares."""
    mode = str(evidence.host.get("NetworkMode") or "")
    if mode.startswith("container:"):
        owner = mode.partition(":")[2]
        for one in evidence.neighbours or ():
            if owner in (one.id, one.name):
                return set(one.networks)
    return set(networks_of(evidence)) or ({DEFAULT} if mode in ("", "default", DEFAULT) else {mode})


def links(evidence: Evidence) -> dict[str, str]:
    """Return ``--link`` aliases with the name of the container behind each."""
    pairs = (str(link).split(":") for link in evidence.host.get("Links") or ())
    return {pair[-1].rpartition("/")[2].lower(): pair[0].lstrip("/").lower() for pair in pairs if len(pair) == 2}


def _known(evidence: Evidence, host: str, one: Container) -> bool:
    """Whether *host* means this neighbour: by name, by ``name.network``, by link or by address."""
    if not host:
        return False
    if is_address(host):
        return host in one.networks.values()
    name, _, network = host.partition(".")
    if network in one.networks and name in one.names:
        return True
    project = evidence.container.project
    if host == one.labels.get(COMPOSE_SERVICE, "").lower() and host != one.name.lower():
        # The name of a service means something in its own project and networks only: there are many a “db”.
        shared = own_networks(evidence) & set(one.networks) - {DEFAULT}
        return bool(shared) or (bool(project) and one.project == project)
    return host in one.names or links(evidence).get(host) in one.names


def meant(evidence: Evidence, host: str) -> Container | None:
    """Return the neighbour that *host* means: of its own project before others, then by shared network."""
    own, project = own_networks(evidence), evidence.container.project
    known = [one for one in evidence.neighbours or () if _known(evidence, host, one)]

    def rank(one: Container) -> tuple[bool, bool, bool]:
        mine = bool(project) and one.project == project
        return (mine, bool(own & set(one.networks)), one.state is State.RUNNING)

    return max(known, key=rank, default=None)


def is_ailing(evidence: Evidence, host: str) -> bool:
    one = meant(evidence, host)
    return one is not None and one.state is not State.RUNNING
