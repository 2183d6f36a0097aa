"""`cdbg diff`: what a container changed on disk, as `docker diff` lists it, with what each file is."""

from __future__ import annotations

import argparse
import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cdbg_tui.commands import terminal
from cdbg_tui.commands.naming import resolved
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.engine.files import changes, inspect
from cdbg_tui.engine.metadata import metadata
from cdbg_tui.model.change import Change, Kind
from cdbg_tui.model.container import Mount, mounts
from cdbg_tui.model.file import File, as_told
from cdbg_tui.model.quoting import quoted
from cdbg_tui.model.text import one_line
from cdbg_tui.model.units import clock, rfc3339, size
from cdbg_tui.triage.report import Paint, as_json

Row = tuple[Change, File | None]

_COLOURS = {Kind.ADDED: "green", Kind.MODIFIED: "yellow", Kind.DELETED: "red"}
_NOTHING = "-"


def main(endpoint: Endpoint, options: argparse.Namespace) -> int:
    """Tell the changes on stdout, and return the exit status."""

    def work(engine: Engine) -> int:
        details = inspect(engine, resolved(engine, options.name))
        found = changes(engine, details["Id"])
        rows = list(_with_files(engine, details, found))
        if options.json:
            terminal.tell([as_json(document(details, rows), indent=2)])
        elif terminal.is_terminal():
            terminal.tell(for_a_person(rows, mounts(details), Paint(on=terminal.is_coloured())))
        else:
            terminal.tell(map(columns, rows))
        return 0

    return terminal.on_engine(endpoint, work)


def _with_files(engine: Engine, details: Mapping[str, Any], found: Sequence[Change]) -> Iterator[Row]:
    known: dict[str, File] = {}
    for batch in metadata(engine, details, found):
        known |= batch
    for change in found:
        yield change, None if change.kind is Kind.DELETED else known.get(as_told(change.path))


def columns(row: Row) -> str:
    """Return a change as columns with tabs between them, for programs."""
    change, file = row
    if file is None:
        return "\t".join((change.kind.letter, *[_NOTHING] * 4, quoted(change.path)))
    words = (
        change.kind.letter,
        file.permissions,
        _owner(file),
        str(file.size),
        _stamp(file.modified) or _NOTHING,
        quoted(file.path),
        *([quoted(file.link)] if file.link else []),
    )
    return "\t".join(words)


def for_a_person(rows: Sequence[Row], mounted: Iterable[Mount], paint: Paint) -> Iterator[str]:
    """Yield the changes as aligned lines, with a summary below."""
    owners = max((len(_owner(file)) for _, file in rows if file), default=1)
    sizes = max((len(_size(file)) for _, file in rows if file), default=1)
    points = {mount.target.rstrip("/"): mount for mount in mounted}
    for change, file in rows:
        about = f"{_NOTHING:<10}  {_NOTHING:<{owners}}  {_NOTHING:>{sizes}}  {_NOTHING:<19}"
        if file is not None:
            when = clock(file.modified) if _stamp(file.modified) else _NOTHING
            about = f"{file.permissions:<10}  {_owner(file):<{owners}}  {_size(file):>{sizes}}  {when:<19}"
        name = quoted(file.path if file else change.path) + (
            f" -> {quoted(file.link)}" if file and file.link else ""
        )
        if mount := points.get(change.path):
            name += f"  (mounted: {one_line(mount.name or mount.source or mount.kind)})"
        colour = _COLOURS[change.kind]
        yield f"{paint(change.kind.letter, colour)}  {paint(about, 'dim')}  {paint(name, colour)}"
    counts = totals(rows)
    told = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count and word != "bytes")
    yield ""
    yield f"{told}; {size(counts['bytes'])}" if told else "Nothing was changed."


def totals(rows: Iterable[Row]) -> dict[str, int]:
    """Return how many changes of each kind there are, and the bytes in added and modified files."""
    counts = {kind.word: 0 for kind in (Kind.ADDED, Kind.MODIFIED, Kind.DELETED)}
    counts["bytes"] = 0
    for change, file in rows:
        counts[change.kind.word] += 1
        # A further name of a file takes no room.
        counts["bytes"] += file.size if file and not file.same_as else 0
    return counts


def document(details: Mapping[str, Any], rows: Iterable[Row]) -> dict[str, Any]:
    """Return the JSON document of a container's changes; its keys and their order are part of the interface."""
    rows = list(rows)
    return {
        "container": {"id": details["Id"], "name": str(details.get("Name") or "").removeprefix("/")},
        "totals": totals(rows),
        "changes": [_change(*row) for row in rows],
        "mounts": [
            {"path": mount.target, "type": mount.kind, "source": mount.name or mount.source}
            for mount in mounts(details)
        ],
    }


def _change(change: Change, file: File | None) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": change.kind.letter, **_text("path", file.path if file else change.path)}
    if file is None:
        return {**told, **dict.fromkeys(("type", "size", "mode", "uid", "gid", "modified", "link"))}
    return {
        **told,
        "type": file.kind.word,
        "size": file.size,
        "mode": f"{file.mode:04o}",
        "uid": file.uid,
        "gid": file.gid,
        "modified": _stamp(file.modified),
        **(_text("link", file.link) if file.link else {"link": None}),
    }


def _text(key: str, text: str) -> dict[str, str]:
    """Return *text* as the engine tells it, and where that loses bytes, these as well."""
    told = as_told(text)
    if told == text:
        return {key: text}
    raw = text.encode("utf-8", "surrogateescape")
    return {key: told, f"{key}_base64": base64.b64encode(raw).decode("ascii")}


def _size(file: File) -> str:
    return _NOTHING if file.is_directory else size(file.size)


def _owner(file: File) -> str:
    return _NOTHING if file.uid is None else f"{file.uid}:{file.gid}"


def _stamp(when: float) -> str | None:
    """Return a time as RFC 3339 in UTC, to the second; None where it is not known, or of no calendar."""
    try:
        return rfc3339(when)[:19] + "Z" if when else None
    except (OverflowError, ValueError, OSError):
        return None
