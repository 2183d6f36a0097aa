"""What a report on a container is made of: its members, each read on its own, secrets masked in all of them."""

from __future__ import annotations

import json
import platform
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cdbg_tui import __version__
from cdbg_tui.engine import files, surroundings
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.log_requests import is_unreadable, log_path, read_records, unreadable
from cdbg_tui.engine.stream import query
from cdbg_tui.engine.threads import as_they_come
from cdbg_tui.model.container import Container, from_inspect
from cdbg_tui.model.details import Entry
from cdbg_tui.model.log import STDERR, stamp_of
from cdbg_tui.model.masking import Masks, visible
from cdbg_tui.model.probes import health
from cdbg_tui.model.summary import summary
from cdbg_tui.model.text import MASK, one_line
from cdbg_tui.model.units import clock, rfc3339, size
from cdbg_tui.triage import report
from cdbg_tui.triage.checklist import checklist
from cdbg_tui.triage.gather import gather
from cdbg_tui.triage.report import Looked
from cdbg_tui.triage.shared import Shared
from cdbg_tui.triage.verdict import diagnose, for_engine

SECONDS = 30.0
"""What has not answered by then is not in the report."""
IMAGE_SECONDS = 5.0
"""The image is asked for before all else: its secrets have to be known."""
LOG_LINES = 10_000
LOG_BYTES = 5 << 20
MOST_CHANGES = 50_000
WIDTH = 115


@dataclass(frozen=True, slots=True)
class Subject:
    """The container that a report is about, and how its texts are masked."""

    engine: Engine
    details: Mapping[str, Any]
    image: Mapping[str, Any] | None
    masks: Masks
    now: float

    @property
    def container(self) -> Container:
        """The container as the list knows it."""
        return from_inspect(self.details)


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a report: its name, what it holds, and how it is read."""

    name: str
    about: str
    read: Callable[[Subject], Mapping[str, str]]
    """Returns texts by file name: one source may fill two."""


@dataclass(slots=True)
class Dossier:
    """A report as it stands in memory: files by name, and why others are not there."""

    name: str
    texts: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


def collect(engine: Engine, container_id: str) -> Dossier:
    """Read everything about a container, for `SECONDS` at most.

    Raises:
        EngineError: not even inspect can be read.
    """
    details = files.inspect(engine, container_id)
    image: Mapping[str, Any] | None = None
    why_no_image = ""
    try:
        image = engine.get(query(f"/images/{details.get('Image')}/json"), patience=IMAGE_SECONDS)
    except EngineError as error:
        why_no_image = error.what
    subject = Subject(engine, details, image, _masks(details, image), time.time())
    made = Dossier(subject.container.name)
    wanted = [member for member in MEMBERS if image is not None or member.name != "image.json"]
    late = {member.name for member in wanted}
    came = as_they_come(lambda one: one.read(subject), wanted, workers=len(wanted), seconds=SECONDS)
    for member, answer in came:
        late.discard(member.name)
        if isinstance(answer, Exception):
            made.missing[member.name] = subject.masks.text(_why(answer))
        else:
            made.texts.update(answer)
    made.missing.update((name, f"no answer within {SECONDS:.0f} s") for name in late)
    if why_no_image:
        made.missing["image.json"] = subject.masks.text(why_no_image)
    made.texts = {"README.txt": _readme(subject, made), **dict(sorted(made.texts.items()))}
    return made


def _masks(details: Mapping[str, Any], image: Mapping[str, Any] | None) -> Masks:
    config = details.get("Config") or {}
    name = str(details.get("Name") or "").removeprefix("/")
    words = str(config.get("Image") or "").replace(":", "/").split("/")
    # A password that is the name of the program, as "postgres", would blot out every second line.
    return Masks(details, image or {}, besides=(name, *words))


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return (
        f"{error.what} {error.advice}".strip()
        if isinstance(error, EngineError)
        else f"{type(error).__name__}: {error}"
    )


def _readme(subject: Subject, made: Dossier) -> str:
    container = subject.container
    about = {member.name: member.about for member in MEMBERS} | ALSO
    width = max(map(len, about))
    lines = [
        f"Report on the container {container.name} ({container.id[:12]}), image {container.image}.",
        f"Made {rfc3339(subject.now)} by cdbg {__version__}, on {subject.engine.endpoint.url}.",
        "",
        "In here:",
        *(f"  {name:<{width}}  {words}" for name, words in about.items() if name in made.texts),
    ]
    if made.missing:
        lines += ["", "Not in here:"]
        lines += [f"  {name:<{width}}  {why}" for name, why in sorted(made.missing.items())]
    lines += [
        "",
        "Masked as ••••••: values of variables, labels and members whose names look secret, what follows flags",
        "such as --password, passwords in URLs, authorization headers; and, wherever else they stand, the",
        f"{subject.masks.count} values that inspect gives away as secret in one of these ways.",
        "A secret that nothing gives away is still there: look through it before you send it on.",
        "",
    ]
    return subject.masks.lines("\n".join(map(one_line, lines)))


# The members


def _triage(subject: Subject) -> Mapping[str, str]:
    evidence = gather(subject.engine, str(subject.details["Id"]), shared=Shared(subject.engine))
    diagnosis = for_engine(diagnose(evidence), subject.engine.endpoint.cli)
    checks = checklist(evidence, diagnosis)
    looked = Looked(evidence.container, evidence, diagnosis)
    paint = report.Paint(on=False)
    told = [*report.prose(looked, width=WIDTH, paint=paint), "", "", "The checklist", ""]
    told += report.prose(looked, width=WIDTH, paint=paint, checks=checks)
    return {
        "triage.txt": _text(subject, told),
        "triage.json": _json(subject, report.document(looked, checks)),
    }


def _inspect(subject: Subject) -> Mapping[str, str]:
    return {"inspect.json": _json(subject, subject.details)}


def _image(subject: Subject) -> Mapping[str, str]:
    return {"image.json": _json(subject, subject.image)}


def _summary(subject: Subject) -> Mapping[str, str]:
    *_, known = surroundings.around(subject.engine, subject.details)
    entries = summary(subject.details, known)
    joined = [entry for entry in entries if entry.key in ("ports", "networks", "mounts")]
    return {
        "summary.txt": _text(subject, _told(entries)),
        "siblings.txt": _text(subject, _told(joined)),
    }


def _told(entries: Sequence[Entry], depth: int = 0) -> Iterator[str]:
    width = max((len(entry.key) for entry in entries if len(entry.key) <= 40), default=0)
    for entry in entries:
        shown = entry.shown(revealed=False).splitlines()
        note = f"  ({entry.note})" if entry.note else ""
        first = shown[0] if shown else ""
        yield f"{'  ' * depth}{entry.key:<{width}}  {first}{note}".rstrip()
        if len(shown) < 2 and entry.key not in _IN_ONE_LINE:
            yield from _told(entry.children, depth + 1)


_IN_ONE_LINE = ("command", "health")
"""What is below them is the same in pieces, or stands in a file of its own."""


def _log(subject: Subject) -> Mapping[str, str]:
    container = subject.container
    kept: deque[str] = deque()
    taken, count = 0, 0
    path = log_path(container.id, tail=LOG_LINES)
    try:
        for record in read_records(subject.engine, path, bool(container.tty)):
            stamp = stamp_of(record)
            text = visible(record[1 + len(stamp) :].removeprefix(b" ").rstrip(b"\r"))
            line = f"{stamp.decode('ascii')} {'err' if record[0] == STDERR else 'out'} {text}"
            kept.append(line)
            count += 1
            taken += len(line.encode()) + 1
            while taken > LOG_BYTES:
                taken -= len(kept.popleft().encode()) + 1
    except EngineError as error:
        raise (unreadable(subject.engine, container.id) if is_unreadable(error) else error) from error
    if not kept:
        return {"log.txt": "The log is empty.\n"}
    cut = f", only the last {size(LOG_BYTES)} of them" if len(kept) < count else ""
    head = f"# the last {len(kept):,} lines{cut}; at most {LOG_LINES:,} are read"
    return {"log.txt": _text(subject, [head, *kept])}


def _changes(subject: Subject) -> Mapping[str, str]:
    found = files.changes(subject.engine, str(subject.details["Id"]), patience=SECONDS)
    lines = [f"{change.kind.letter} {change.path}" for change in found[:MOST_CHANGES]]
    if len(found) > MOST_CHANGES:
        lines.append(f"# and {len(found) - MOST_CHANGES:,} more: docker diff {subject.container.name}")
    return {"diff.txt": _text(subject, lines or ["# nothing was changed on disk"])}


def _health(subject: Subject) -> Mapping[str, str]:
    found = health(subject.details)
    lines = [f"health: {found.shown(revealed=False)}"]
    for entry in found.children:
        first, *rest = entry.shown(revealed=False).splitlines() or [entry.note]
        lines.append(f"{entry.key}  {first}")
        lines += [f"    {line}" for line in rest]
    return {"health.txt": _text(subject, lines)}


def _events(subject: Subject) -> Mapping[str, str]:
    one = str(subject.details["Id"])
    until = f"{subject.now:.9f}"
    path = query("/events", since="1", until=until, filters={"container": [one]})
    stream = subject.engine.stream(path, patience=SECONDS)
    labels = set((subject.details.get("Config") or {}).get("Labels") or {})
    try:
        told = [_event(json.loads(line), labels, subject.masks) for line in stream.lines()]
    finally:
        stream.close()
    head = (
        "# what the engine still remembers of it: it keeps the last 256 events, those of all containers together"
    )
    return {"events.txt": _text(subject, [head, *told] if told else [head, "# of this container, none"])}


def _event(raw: Mapping[str, Any], labels: set[str], masks: Masks) -> str:
    when = (raw.get("timeNano") or 0) / 1e9 or float(raw.get("time") or 0)
    attributes = (raw.get("Actor") or {}).get("Attributes") or {}
    # A container's own labels come with each of its events, and stand in inspect.json.
    told = masks.json({key: value for key, value in attributes.items() if key not in labels})
    words = " ".join(f"{key}={value}" for key, value in sorted(told.items()))
    kind, action = raw.get("Type") or "container", raw.get("Action") or raw.get("status")
    return f"{rfc3339(when)} {kind} {action} {words}".rstrip()


_INFO = (
    "ServerVersion",
    "OperatingSystem",
    "OSType",
    "OSVersion",
    "Architecture",
    "KernelVersion",
    "NCPU",
    "MemTotal",
    "MemoryLimit",
    "SwapLimit",
    "Driver",
    "DriverStatus",
    "CgroupDriver",
    "CgroupVersion",
    "LoggingDriver",
    "DefaultRuntime",
    "InitBinary",
    "SecurityOptions",
    "IPv4Forwarding",
    "BridgeNfIptables",
    "LiveRestoreEnabled",
    "Containers",
    "ContainersRunning",
    "ContainersPaused",
    "ContainersStopped",
    "Images",
    "SystemTime",
    "DockerRootDir",
    "Warnings",
)
"""What is taken of ``/info``: nothing of registries, proxies, swarms or the engine's labels."""


def _versions(subject: Subject) -> Mapping[str, str]:
    info = subject.engine.get("/info")
    told = {
        "cdbg": __version__,
        "python": sys.version,
        "platform": platform.platform(),
        "made": rfc3339(subject.now),
        "made_local": clock(subject.now),
        "engine": subject.engine.get("/version"),
        "info": {key: info[key] for key in _INFO if key in info},
    }
    return {"versions.json": _json(subject, told)}


def _text(subject: Subject, lines: Sequence[str] | Iterator[str]) -> str:
    return "".join(f"{_writable(subject.masks.text(line))}\n" for line in lines)


def _json(subject: Subject, value: Any) -> str:
    told = json.dumps(subject.masks.json(value), ensure_ascii=True, indent=2)
    return told.replace(_ESCAPED_MASK, MASK) + "\n"


_ESCAPED_MASK = json.dumps(MASK)[1:-1]
"""All else that is no ASCII stays escaped: no byte of a container's text acts on a terminal."""


def _writable(text: str) -> str:
    """Return text that a file can hold and a terminal can print: what is no letter is told by its number."""
    return visible(text.encode("utf-8", "backslashreplace"))


MEMBERS = (
    Member("triage.txt", "why it died, or why it does not answer, and the checklist", _triage),
    Member(
        "summary.txt",
        "what people ask of it: command, image, ports, networks, mounts, limits, environment",
        _summary,
    ),
    Member("inspect.json", "everything that the engine says about it", _inspect),
    Member("image.json", "everything that the engine says about its image", _image),
    Member("log.txt", "its last lines, each with its time and stream", _log),
    Member("diff.txt", "what it changed on disk, as docker diff tells it", _changes),
    Member("health.txt", "its health check and the last probes", _health),
    Member("events.txt", "what happened to it, as far as the engine remembers", _events),
    Member("versions.json", "versions and settings of the engine and of cdbg", _versions),
)
ALSO = {
    "triage.json": "the same for programs",
    "siblings.txt": "ports and who listens, networks and who else is on them, mounts and who else uses them",
}
"""Files that are made along with another."""
