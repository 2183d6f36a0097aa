"""The path of a value in inspect's JSON, as ``docker inspect --format`` takes it: a Go template."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from cdbg_tui.model.details import Entry

_STEP = re.compile(
    r"""
      \. (?P<name> [A-Za-z_]\w* )
    | \.? \[ (?P<index> \d+ ) \]
    | \.? \[ (?P<key> "(?: [^"\\] | \\. )*" ) \]
    """,
    re.VERBOSE | re.ASCII,
)
_PRINTED_OTHERWISE = re.compile(
    r"\.State\.Health\.Log\[\d+\]\.(?:Start|End)"
    r"|\.Config\.Healthcheck\.(?:Interval|Timeout|StartPeriod|StartInterval)"
)
"""Go's own times and durations: printed as they are, they do not look as in the JSON."""
_EMPTY = ("null", "{}", "[]")


def go_template(entry: Entry, details: Mapping[str, Any] | None = None) -> str:
    """Return the template that prints the value of *entry*, what holds others in JSON; empty if it has no path.

    A template is first tried on the CLI's own types, then on the JSON: names hold for both. Keys that are no
    names, and elements of lists, take ``index``. Several mounts come in another order each time: of *details*
    that have them, one is named by its destination.
    """
    if not entry.path:
        return ""
    mounts = list((details or {}).get("Mounts") or ())
    mount = _OF_MOUNT.match(entry.path)
    if mount and len(mounts) > 1 and int(mount[1]) < len(mounts):
        target = json.dumps(str(mounts[int(mount[1])].get("Destination")), ensure_ascii=False)
        inner = _printed(entry, entry.path[mount.end() :] or ".")
        return f"{{{{range .Mounts}}}}{{{{if eq .Destination {target}}}}}{inner}{{{{end}}}}{{{{end}}}}"
    return _printed(entry, entry.path)


_OF_MOUNT = re.compile(r"\.Mounts\[(\d+)\]")


def _printed(entry: Entry, path: str) -> str:
    where = _expression(path)
    if entry.value is None or entry.value in _EMPTY or path == "." or _PRINTED_OTHERWISE.fullmatch(path):
        return f"{{{{json {where}}}}}"
    return f"{{{{{where[1:-1] if where.endswith(')') else where}}}}}"


def _expression(path: str) -> str:
    said = ""
    arguments: list[str] = []
    for step in _STEP.finditer(path):
        if step["name"] is None:
            # What stands between the quotes is JSON, whose escapes Go knows.
            arguments.append(step["index"] or step["key"])
            continue
        said = _indexed(said, arguments) + f".{step['name']}"
        arguments = []
    return _indexed(said, arguments) or "."


def _indexed(said: str, arguments: list[str]) -> str:
    return f"(index {said or '.'} {' '.join(arguments)})" if arguments else said
