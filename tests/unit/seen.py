"""Evidence of a made-up container for the tests of rules, and what is found in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cdbg_tui.model.event import Event
from cdbg_tui.model.finding import Finding
from cdbg_tui.model.sample import Usage
from cdbg_tui.model.units import rfc3339
from cdbg_tui.triage.evidence import Evidence, Line
from cdbg_tui.triage.verdict import diagnose

NEVER = "0001-01-01T00:00:00Z"
CREATED, STARTED, FINISHED = 1000.0, 1001.0, 1031.0
NOW = 2000.0


def evidence(
    status: str = "exited",
    code: int = 0,
    *log: str,
    sent: Sequence[int] = (),
    sent_at: float = FINISHED - 1,
    usage: Usage | None = None,
    config: dict[str, Any] | None = None,
    host: dict[str, Any] | None = None,
    restarts: int = 0,
    now: float = NOW,
    details: dict[str, Any] | None = None,
    fields: dict[str, Any] | None = None,
    **state: Any,
) -> Evidence:
    """Return evidence of a container in that state that wrote *log*; *fields* are those of `Evidence`."""
    up = status in ("running", "paused")
    inspected = {
        "Id": "ab" * 32,
        "Name": "/api",
        "Created": rfc3339(CREATED),
        "Path": "serve",
        "RestartCount": restarts,
        "State": {
            "Status": status,
            "ExitCode": code,
            "Error": "",
            "OOMKilled": False,
            "StartedAt": NEVER if status == "created" else rfc3339(STARTED),
            "FinishedAt": NEVER if up or status == "created" else rfc3339(FINISHED),
            **state,
        },
        "Config": {"Image": "api:1", **(config or {})},
        "HostConfig": host or {},
        **(details or {}),
    }
    events = tuple(Event(sent_at, "kill", "ab" * 32, "api", {"signal": str(number)}) for number in sent)
    lines = wrote(*log, at=now if up else FINISHED)
    return replace(Evidence(inspected, events, usage, now=now, log=lines), **(fields or {}))


def wrote(*lines: str, at: float = FINISHED) -> tuple[Line, ...]:
    """Return lines of a log, a tenth of a second apart, the last at a time."""
    return tuple(Line(text, time=at - (len(lines) - 1 - n) / 10) for n, text in enumerate(lines))


def findings(seen: Evidence) -> tuple[Finding, ...]:
    """Return what is found, the verdict first."""
    return diagnose(seen).findings


def causes(seen: Evidence) -> list[str]:
    """Return the causes that are found, the verdict first."""
    return [finding.cause for finding in findings(seen)]


def found(seen: Evidence, cause: str) -> Finding:
    """Return the finding of that cause."""
    return next(finding for finding in findings(seen) if finding.cause == cause)
