"""Where evidence lies: each source reads one kind of it, says when it is wanted, and may fail alone.

A source returns the fields of `Evidence` that it knows. What it cannot know raises `BlindError` with the reason,
or whatever the engine or the kernel say.
"""

from __future__ import annotations

import contextlib
import posixpath
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cdbg_tui.engine import cgroups, files, firewall, procfs, sockets
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.inside import look, read
from cdbg_tui.engine.log_requests import is_unreadable, log_path, read_records, unreadable
from cdbg_tui.engine.meters import Meters
from cdbg_tui.engine.processes import Meter
from cdbg_tui.engine.program import find_program
from cdbg_tui.model.change import Change, Kind
from cdbg_tui.model.container import Container
from cdbg_tui.model.log import STDERR, parse, plain_text
from cdbg_tui.model.reasons import candidates, telling
from cdbg_tui.model.sample import Counters, History
from cdbg_tui.model.socket import Socket
from cdbg_tui.model.text import clean
from cdbg_tui.triage.evidence import Evidence, Line
from cdbg_tui.triage.network.reach import is_address, unreached
from cdbg_tui.triage.network.troubles import meant, own_networks
from cdbg_tui.triage.shared import Shared

Fields = Mapping[str, Any]

LOG_LINES = 400
LOG_BYTES = 4 << 20
FLOOD_FROM = 200.0
"""Lines a second from which on it is worth to look twice."""
LOOK_SECONDS = 1.0
"""Between two looks at what threads wait for; and at the meters, whose ticks are coarse."""
FILES = 4
FILE_BYTES = 64 << 10
LINE_LENGTH = 8192
LARGEST_FILE = 32 << 20
CHANGES_SECONDS = 4.0


class BlindError(Exception):
    """A source cannot be read here; the text says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to read: the engine, what is the same for all its containers, and what is known already."""

    engine: Engine
    shared: Shared
    evidence: Evidence

    @property
    def id(self) -> str:
        """The container's id."""
        return self.evidence.container.id

    def group(self) -> cgroups.Group:
        """Return the container's control group.

        Raises:
            BlindError: it does not run on this machine.
        """
        group = cgroups.find(self.id, self.evidence.container.pid)
        if group is None or not group.pids():
            raise BlindError("its processes are not on this machine, or may not be seen by you")
        return group


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of evidence: its name for who is told that it could not be seen, and how it is read."""

    name: str
    read: Callable[[Place], Fields]
    wanted: Callable[[Evidence], bool] = lambda _: True
    is_slow: bool = False
    """Whether it takes long by its nature: what is known is shown before it."""
    is_last: bool = False
    """Whether it depends on what the others have found."""


def _is_up(evidence: Evidence) -> bool:
    return evidence.container.is_up


def _has_failed(evidence: Evidence) -> bool:
    return evidence.has_failed or bool(evidence.container.error)


def events(place: Place) -> Fields:
    """Read what the engine remembers of the container."""
    mine = tuple(event for event in place.shared.events() if event.id == place.id)
    if not mine:
        raise BlindError("the engine remembers only its last 256, and none of them is about this container")
    return {"events": mine}


def log(place: Place) -> Fields:
    """Read the last lines, and how many are written a second now."""
    lines = _log_lines(place)
    known: dict[str, Any] = {"log": lines}
    times = [line.time for line in lines if line.time is not None]
    if not place.evidence.container.is_up or len(times) < LOG_LINES:
        return known
    last, span = times[-1], times[-1] - times[0]
    if span <= 0 or len(times) / span >= FLOOD_FROM:
        time.sleep(LOOK_SECONDS)  # the time itself is what is measured over
        path = log_path(place.id, since=f"{last:.9f}", tail=20_000)
        count = sum(1 for _ in read_records(place.engine, path, bool(place.evidence.container.tty)))
        known["log_rate"] = count / max(LOOK_SECONDS, time.time() - last)
    return known


def _log_lines(place: Place) -> tuple[Line, ...]:
    tty = bool(place.evidence.container.tty)
    for count in (LOG_LINES, LOG_LINES // 10):
        kept: deque[bytes] = deque(maxlen=count)
        size = 0
        try:
            for record in read_records(place.engine, log_path(place.id, tail=count), tty):
                kept.append(record)
                size += len(record)
                if size > LOG_BYTES:
                    break
            else:
                return tuple(map(_line, kept))
        except EngineError as error:
            raise (unreadable(place.engine, place.id) if is_unreadable(error) else error) from error
    raise BlindError("its lines are too long to be read in passing")


def _line(record: bytes) -> Line:
    return Line(plain_text(record), time=parse(record).time, is_error=record[0] == STDERR)


def image(place: Place) -> Fields:
    """Read the image that it was made of, and its history."""
    image_id = str(place.evidence.details.get("Image") or "")
    try:
        known = place.shared.image(image_id)
    except EngineError as error:
        if error.kind == "missing":
            return {"image_is_gone": True}
        raise
    # Of a dead one they tell what a mount over them hides.
    wanted = place.evidence.container.is_up or (place.evidence.has_failed and place.evidence.mounts)
    layers = place.shared.layers(image_id) if wanted else ()
    return {"image": known, "layers": layers}


def changed_files(place: Place) -> Fields:
    """Read what it changed on disk, and the ends of the logs among that."""
    changed = tuple(files.changes(place.engine, place.id, patience=CHANGES_SECONDS))
    return {"changes": changed, "files": tuple(_telling_lines(place, changed))}


def _telling_lines(place: Place, changed: Iterable[Change]) -> Iterable[Line]:
    found_by_name = candidates(one.path for one in changed if one.kind is not Kind.DELETED)
    logs = {path: why for path, why in found_by_name.items() if why.is_text}
    found = 0
    for path in telling(logs, lambda _: None, most=10 * FILES):
        if found >= FILES:
            return
        # One that is gone, odd or refused hides no other.
        with contextlib.suppress(EngineError):
            entry = look(place.engine, place.id, path)
            if entry is None or not entry.is_regular or not 0 < entry.size <= LARGEST_FILE:
                continue
            found += 1
            yield from _file_lines(
                path, read(place.engine, place.id, path, most=FILE_BYTES, tail=True), entry.size
            )


def _file_lines(path: str, tail: bytes, size: int) -> Iterable[Line]:
    is_whole = len(tail) >= size
    for number, line in enumerate(tail.split(b"\n"), 1):
        if not line.strip():
            continue
        text = clean(line.decode("utf-8", "replace").rstrip("\r"))[:LINE_LENGTH]
        original = line.decode("utf-8", "surrogateescape")
        # Of a long file only the end was read: then nobody knows the numbers of its lines.
        yield Line(text, path, number if is_whole else 0, original="" if original == text else original)


def program(place: Place) -> Fields:
    """Look for the program that it was to run."""
    seen = place.evidence
    found = find_program(
        place.engine,
        place.id,
        str(seen.details.get("Path") or ""),
        path=seen.environment.get("PATH", ""),
        folder=str(seen.config.get("WorkingDir") or "/"),
    )
    return {"program": found, "machine": place.shared.machine()}


def neighbours(place: Place) -> Fields:
    """Read the other containers and the networks.

    Their further names are left out, where they are known: many a stranger is called “db”.
    """
    others = (one for one in place.shared.containers() if one.id != place.id)
    known = tuple(replace(one, aliases=frozenset()) if one.aliases else one for one in others)
    return {"neighbours": known, "networks": place.shared.networks()}


def names_and_networks(place: Place) -> Fields:
    """Look closer at containers that may be those which it looks for in vain, and at those that may have moved."""
    evidence, left = place.evidence, MOST_LOOKED_AT
    looks_in_vain, found = _looks_in_vain(evidence), []
    for one in evidence.neighbours or ():
        is_named = looks_in_vain and set(one.networks) - {"bridge", "host", "none"}
        if left and (is_named or _may_have_moved(evidence, one)):
            left -= 1
            with contextlib.suppress(EngineError):  # it was removed meanwhile
                one = place.shared.inspected(one)
        found.append(one)
    return {"neighbours": tuple(found)}


MOST_LOOKED_AT = 100


def _may_have_moved(evidence: Evidence, one: Container) -> bool:
    """Whether it is a sibling on other networks: that a dead one is put on another no engine tells."""
    project = evidence.container.project
    is_dead_sibling = bool(project) and one.project == project and not one.is_up
    return is_dead_sibling and not own_networks(evidence) & set(one.networks)


def _looks_in_vain(evidence: Evidence) -> bool:
    hosts = {one.host for one in unreached([*evidence.log, *evidence.files][-40:])}
    return any(host and not is_address(host) and meant(evidence, host) is None for host in hosts)


def _has_to_look_closer(evidence: Evidence) -> bool:
    return _looks_in_vain(evidence) or any(_may_have_moved(evidence, one) for one in evidence.neighbours or ())


def processes(place: Place) -> Fields:
    """Read its processes, their open files, and what the kernel counted for them."""
    group = place.group()
    found = tuple(Meter().read(group.pids()))
    if any(one.state == "Z" and (one.age or 0) < LOOK_SECONDS for one in found):
        time.sleep(LOOK_SECONDS)  # those that are still there then are not waited for
        found = tuple(Meter().read(group.pids()))
    alive = [process.pid for process in found if process.state != "Z"]
    return {
        "processes": found,
        "descriptors": procfs.descriptors(alive),
        "counters": Counters(group.oom_kills, group.forks_refused),
    }


def listening(place: Place) -> Fields:
    """Read what waits to be spoken to, and then whether anything in it waits for that."""
    pids = place.group().pids()
    waiting = _waiting(pids)
    waits = None
    if any(one.protocol == "tcp" for one in waiting):
        waits = procfs.waits(pids, LOOK_SECONDS)
        waiting = _waiting(pids)  # those who have waited for all that time are stuck
    return {"sockets": waiting, "waits": waits}


_ENGINE_RESOLVER = "127.0.0.11"
"""Of the engine, in the network namespace of each container on a network of the user's own (libnetwork)."""


def _waiting(pids: Iterable[int]) -> tuple[Socket, ...]:
    for pid in pids:
        # The first in the list may be a child that has ended.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            return tuple(one for one in sockets.waiting(pid) if one.address != _ENGINE_RESOLVER)
    raise BlindError("it ended meanwhile")


def meters(place: Place) -> Fields:
    """Read what it uses, by two readings."""
    its, history = Meters(place.group()), History()
    first = its.sample()
    if first is None:
        raise BlindError("it ended meanwhile")
    history.add(first)
    if first.cpu_limit:
        time.sleep(LOOK_SECONDS)  # see above
        if (second := its.sample()) is not None:
            history.add(second)
    return {"usage": history.last}


def holders(place: Place) -> Fields:
    """Read which processes have which ports, if the engine's machine is the one that this program sees."""
    if not any(map(firewall.is_here, place.shared.gateways())):
        raise BlindError("the engine's network is not that of this program")
    return {"holders": sockets.holders()}


def _misses_a_port(evidence: Evidence) -> bool:
    error, log = evidence.container.error.lower(), evidence.log[-20:]
    said = evidence.has_failed and any("in use" in line.text or "addrinuse" in line.text.lower() for line in log)
    on_machine = evidence.container.network_mode == "host"
    return "port" in error or "in use" in error or (on_machine and said)


def firewall_rules(place: Place) -> Fields:
    """Read the packet filter of the engine's machine, if it is the one that this program sees."""
    networks = (place.evidence.details.get("NetworkSettings") or {}).get("Networks") or {}
    gateways = [gateway for network in networks.values() if (gateway := (network or {}).get("Gateway"))]
    if not any(map(firewall.is_here, gateways)):
        raise BlindError("the engine's network is not that of this program")
    return {"firewall": firewall.rules()}


def kernel(place: Place) -> Fields:
    """Read what the kernel's log says of the container, or at the time of its end."""
    try:
        known = place.shared.kernel()
    except OSError as error:
        raise BlindError(f"/dev/kmsg may not be read: {error.strerror}") from error
    if not place.engine.endpoint.is_unix:
        raise BlindError("the engine is on another machine")
    end = place.evidence.finished or 0.0
    # The kernel names a process as in /proc/PID/comm, by its first 15 letters.
    process = f"{posixpath.basename(place.evidence.command[0])[:15]}["
    killed: set[str] = set()
    told = []
    for record in known:
        text = record.text
        if place.id in text:
            killed |= set(_VICTIM.findall(text))
        is_crash = abs(record.time - end) < KERNEL_SECONDS and process in text and _CRASH.search(text)
        if is_crash or any(f"Killed process {pid} (" in text for pid in killed):
            told.append(clean(text))
    return {"kernel": tuple(told[-20:])}


_VICTIM = re.compile(r"^oom-kill:.*\bpid=(\d+)")
_CRASH = re.compile(r"segfault at|\btrap|general protection")
KERNEL_SECONDS = 2.0


def _may_be_in_kernel_log(evidence: Evidence) -> bool:
    limited = bool(evidence.host.get("Memory")) and evidence.container.is_up
    return (evidence.exit_code or 0) > 128 or evidence.was_out_of_memory or limited


SOURCES = (
    Source("events", events, lambda seen: not seen.events),
    Source("log", log, lambda seen: seen.started is not None),
    Source("image", image),
    Source("other containers", neighbours),
    Source("program", program, _has_failed),
    Source("changed files", changed_files, lambda seen: seen.has_failed, is_slow=True),
    Source("kernel log", kernel, _may_be_in_kernel_log),
    Source("processes", processes, _is_up),
    Source("meters", meters, lambda seen: _is_up(seen) and seen.usage is None, is_slow=True),
    Source("sockets", listening, _is_up, is_slow=True),
    Source("ports of the machine", holders, _misses_a_port, is_last=True),
    Source("names on networks", names_and_networks, _has_to_look_closer, is_last=True),
    Source("firewall", firewall_rules, lambda seen: _is_up(seen) and any(p.public for p in seen.container.ports)),
)
