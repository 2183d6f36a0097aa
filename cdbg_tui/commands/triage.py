"""`cdbg triage`: one container, its checklist, or all of an engine, without the dashboard."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence

from cdbg_tui.commands import terminal
from cdbg_tui.commands.naming import listed, resolved
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.threads import as_they_come
from cdbg_tui.model.container import Container
from cdbg_tui.model.finding import Diagnosis
from cdbg_tui.triage import report
from cdbg_tui.triage.checklist import checklist
from cdbg_tui.triage.evidence import Evidence
from cdbg_tui.triage.gather import gather
from cdbg_tui.triage.network.knock import connections
from cdbg_tui.triage.report import Looked
from cdbg_tui.triage.shared import Shared
from cdbg_tui.triage.verdict import diagnose, for_engine

WELL, FOUND, BLIND = 0, 1, 2
"""Exit statuses: nothing is wrong, something was found, could not look."""

ALL_SECONDS = 60.0
"""What is not looked at by then is told as such."""
WORKERS = 8

Look = Callable[[str], Evidence]


def main(endpoint: Endpoint, options: argparse.Namespace) -> int:
    """Look, tell on stdout, and return the exit status."""

    def work(engine: Engine) -> int:
        status, lines = _all(engine, options) if options.all else _one(engine, options)
        terminal.tell(lines)
        return status()

    return terminal.on_engine(endpoint, work, failed=BLIND)


def _look(engine: Engine) -> Look:
    """Return what reads one container; what is the engine's, and not the container's, is read once for all."""
    shared = Shared(engine)
    return lambda container_id: gather(engine, container_id, shared=shared)


def _one(engine: Engine, options: argparse.Namespace) -> tuple[Callable[[], int], Iterator[str]]:
    evidence = _look(engine)(resolved(engine, options.name))
    diagnosis = diagnose(evidence)
    looked = _looked(engine, evidence, diagnosis)
    checks = None
    if options.checklist:
        attempts = connections(engine, evidence) if options.connect else None
        checks = checklist(evidence, diagnosis, attempts)
    if options.json:
        lines = iter([report.as_json(report.document(looked, checks), indent=2)])
    else:
        lines = report.prose(looked, width=terminal.width(), paint=_paint(), checks=checks)
    return lambda: FOUND if looked.is_wrong else WELL, lines


def _looked(engine: Engine, evidence: Evidence, diagnosis: Diagnosis) -> Looked:
    return Looked(evidence.container, evidence, for_engine(diagnosis, engine.endpoint.cli))


def _all(engine: Engine, options: argparse.Namespace) -> tuple[Callable[[], int], Iterator[str]]:
    known = listed(engine)
    seen: list[Looked] = []

    def lines() -> Iterator[str]:
        for one in looks(engine, known, _look(engine)):
            seen.append(one)
            if options.json:
                yield report.as_json(report.document(one))
        if not options.json:
            piped = not sys.stdout.isatty()
            yield from report.table(seen, width=terminal.width(), paint=_paint(), whole_names=piped)

    def status() -> int:
        if any(one.is_wrong for one in seen):
            return FOUND
        return BLIND if seen and all(one.diagnosis is None for one in seen) else WELL

    return status, lines()


def looks(
    engine: Engine, listed: Sequence[Container], look: Look, *, seconds: float = ALL_SECONDS
) -> Iterator[Looked]:
    """Yield what came of each container, in the order of the list, each as soon as those before it are there.

    One that is removed meanwhile is left out.
    """
    known = {one.id: one for one in listed}
    waiting = list(known)
    came: dict[str, Looked | None] = {}

    def diagnosed(container_id: str) -> Looked:
        evidence = look(container_id)
        return _looked(engine, evidence, diagnose(evidence))

    for container_id, result in as_they_come(diagnosed, list(known), workers=WORKERS, seconds=seconds):
        came[container_id] = _result(known[container_id], result)
        while waiting and waiting[0] in came:
            if (one := came[waiting.pop(0)]) is not None:
                yield one
    for container_id in waiting:
        late = Looked(known[container_id], why=f"not looked at in time: {seconds:g} s were over")
        if (last := came.get(container_id, late)) is not None:
            yield last


def _result(container: Container, result: Looked | Exception) -> Looked | None:
    if isinstance(result, Looked):
        return result
    if not isinstance(result, EngineError):
        # One that we stumble over must not hide all others.
        return Looked(container, why=f"not looked at: {type(result).__name__}: {result}")
    return None if result.kind == "missing" else Looked(container, why=f"not looked at: {result}")


def _paint() -> report.Paint:
    return report.Paint(on=terminal.is_coloured())
