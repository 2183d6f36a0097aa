"""Connections to a container's ports, made only when asked for: from the host, and inside its own network."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cdbg_tui.engine import cgroups
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.gate import reading
from cdbg_tui.engine.threads import side_by_side
from cdbg_tui.model.container import Container
from cdbg_tui.model.socket import at
from cdbg_tui.triage.evidence import Evidence

CONNECT_SECONDS = 2.0
CLOSED_SECONDS = 0.5
"""Docker's proxy accepts before it has asked the container, and closes at once where nothing listens."""
MOST = 8
"""So many ports are tried."""
WORKERS = 8
_ANY = ("", "0.0.0.0", "::")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a TCP connection is to be made."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A connection that was made, or not, in words; *answered* is None where it could not be tried."""

    target: str
    answered: bool | None
    words: str


@dataclass(frozen=True, slots=True)
class Attempts:
    """The connections that were asked for, from both sides."""

    inside: tuple[Attempt, ...] = ()
    outside: tuple[Attempt, ...] = ()


def outside_targets(container: Container, place: str) -> tuple[Target, ...]:
    """Return where the host reaches the published TCP ports; *place*: ``local``, or the engine's machine."""
    home = "127.0.0.1" if place == "local" else place
    return tuple(
        # What is bound to every address is reached at any.
        Target(home if port.address in _ANY else port.address, port.public)
        for port in container.ports
        if port.public and port.protocol == "tcp"
    )[:MOST]


def inside_targets(evidence: Evidence) -> tuple[Target, ...]:
    """Return what to try inside: the ports that it publishes or exposes, else those that listen."""
    listening = [one for one in evidence.sockets or () if one.protocol == "tcp"]
    wanted = dict.fromkeys(port.private for port in evidence.container.ports if port.protocol == "tcp")
    found = []
    for port in wanted or dict.fromkeys(one.port for one in listening):
        bound = [one.address for one in at(listening, port, "tcp")]
        address = next(iter(bound), "127.0.0.1")
        # What is bound to :: takes IPv4 as well, and a container seldom has IPv6, not even on its loopback.
        found.append(Target("127.0.0.1" if address in _ANY else address, port))
    return tuple(found)[:MOST]


def connections(engine: Engine, evidence: Evidence) -> Attempts:
    """Connect to the container's TCP ports from both sides, and say what came of it."""
    targets = outside_targets(evidence.container, engine.endpoint.place)
    done = side_by_side(attempt, targets, workers=WORKERS, seconds=CONNECT_SECONDS + CLOSED_SECONDS + 1)
    late = Attempt("", False, "did not answer in time")
    outside = tuple(
        result if isinstance(result := done.get(one), Attempt) else replace(late, target=str(one))
        for one in targets
    )
    return Attempts(_from_inside(evidence), outside)


def attempt(target: Target, *, proxied: bool = True) -> Attempt:
    """Make one connection, send nothing, and leave; *proxied*: Docker's proxy may be what accepts it."""
    try:
        with socket.create_connection((target.address, target.port), CONNECT_SECONDS) as link:
            if proxied and _is_closed_at_once(link):
                return Attempt(str(target), False, "accepted and closed at once: nothing answers behind it")
        return Attempt(str(target), True, "accepted the connection")
    except TimeoutError:
        return Attempt(str(target), False, f"did not answer within {CONNECT_SECONDS:g} s")
    except OSError as error:
        return Attempt(str(target), False, f"did not answer: {error.strerror or error}")


def _is_closed_at_once(link: socket.socket) -> bool:
    link.settimeout(CLOSED_SECONDS)
    try:
        return not link.recv(1)
    except TimeoutError:
        return False
    except ConnectionError:
        return True


_KNOCK = """\
import json, sys
from cdbg_tui.triage.network.knock import Target, attempt
made = [attempt(Target(*one), proxied=False) for one in json.loads(sys.argv[1])]
print(json.dumps([[one.target, one.answered, one.words] for one in made]))
"""


def _from_inside(evidence: Evidence) -> tuple[Attempt, ...]:
    """Connect from a process of ours that has nothing of the container but its network namespace."""
    container, targets = evidence.container, inside_targets(evidence)
    if not targets or not container.is_up:
        return ()
    # Only where the number means the same process to us as to the engine.
    if not container.pid or cgroups.find(container.id, container.pid) is None:
        return tuple(Attempt(str(one), None, "not tried: it runs on another machine") for one in targets)
    wanted = json.dumps([[one.address, one.port] for one in targets])
    argv = ("nsenter", "--target", str(container.pid), "--net", sys.executable, "-c", _KNOCK, wanted)
    seconds = CONNECT_SECONDS * len(targets) + 3
    try:
        with reading():
            done = subprocess.run(
                argv,
                check=True,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=seconds,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
            )
        made: list[Any] = json.loads(done.stdout)
        return tuple(Attempt(*one) for one in made)
    except FileNotFoundError:
        why = "nsenter is not on this machine"
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode("utf-8", "replace").strip().splitlines()
        why = lines[-1] if lines else f"nsenter ended with {error.returncode}"
    except (subprocess.TimeoutExpired, ValueError) as error:
        why = str(error)
    return tuple(Attempt(str(one), None, f"not tried: {why}") for one in targets)
