"""`cdbg triage`: one container, its checklist, or all of an engine, without the dashboard."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.engine.errors import EngineError, understood
from cdbg_tui.engine.threads import as_they_come
from cdbg_tui.model.container import Container, from_list
from cdbg_tui.model.finding import Diagnosis
from cdbg_tui.model.text import one_line
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
PIPED_WIDTH = 100

_NAME = re.compile(r"/?[a-zA-Z0-9][a-zA-Z0-9_.-]*", re.ASCII)
"""What the engine allows as a name; anything else must not become part of a path."""

Look = Callable[[str], Evidence]


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line; *name* is None for all."""

    name: str | None = None
    json: bool = False
    checklist: bool = False
    connect: bool = False


def main(endpoint: Endpoint, request: Request) -> int:
    """Look, tell on stdout, and return the exit status."""
    _never_fail_to_encode()
    engine = Engine(endpoint)
    try:
        status, lines = _all(engine, request) if request.name is None else _one(engine, request, request.name)
        return _told(lines, status)
    except EngineError as error:
        sys.stderr.write(one_line(f"cdbg: {error} {error.advice}".rstrip()) + "\n")
        return BLIND
    except KeyboardInterrupt:
        return 130
    finally:
        engine.close()


def _never_fail_to_encode() -> None:
    # The terminal may know fewer letters than a log does.
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")


def _told(lines: Iterable[str], status: Callable[[], int]) -> int:
    """Write the lines; a reader that has seen enough, as ``head`` does, is no failure."""
    try:
        for line in lines:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
    except BrokenPipeError:
        # What Python flushes when it ends must not fail as well.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status()


def _look(engine: Engine) -> Look:
    """Return what reads one container; what is the engine's, and not the container's, is read once for all."""
    shared = Shared(engine)
    return lambda container_id: gather(engine, container_id, shared=shared)


def _one(engine: Engine, request: Request, name: str) -> tuple[Callable[[], int], Iterator[str]]:
    evidence = _look(engine)(_resolved(engine, name))
    diagnosis = diagnose(evidence)
    looked = _looked(engine, evidence, diagnosis)
    checks = None
    if request.checklist:
        attempts = connections(engine, evidence) if request.connect else None
        checks = checklist(evidence, diagnosis, attempts)
    if request.json:
        lines = iter([report.as_json(report.document(looked, checks), indent=2)])
    else:
        lines = report.prose(looked, width=_width(), paint=_paint(), checks=checks)
    return lambda: FOUND if looked.is_wrong else WELL, lines


def _looked(engine: Engine, evidence: Evidence, diagnosis: Diagnosis) -> Looked:
    return Looked(evidence.container, evidence, for_engine(diagnosis, engine.endpoint.cli))


def _resolved(engine: Engine, name: str) -> str:
    """Return the id of the container that is called *name*, or whose id begins so.

    Raises:
        EngineError: there is none, with what may have been meant; or the engine does not answer.
    """
    if not _NAME.fullmatch(name):
        raise _no_such(engine, name)
    try:
        details = engine.get(f"/containers/{name.removeprefix('/')}/json")
    except EngineError as error:
        if error.kind in ("missing", "refused"):  # refused: the beginning of more than one id
            raise _no_such(engine, name) from error
        raise
    with understood("description of a container"):
        return str(details["Id"])


def _no_such(engine: Engine, name: str) -> EngineError:
    listed = _listed(engine)
    same = [one for one in listed if name and one.id.startswith(name)]
    if len(same) > 1:
        ids = ", ".join(f"{one.name} ({one.id[:12]})" for one in same[:5])
        return EngineError("missing", f"More than one container has an id that begins with “{name}”: {ids}.")
    import difflib

    known = {one.name.lower(): one.name for one in listed}
    near = difflib.get_close_matches(name.lower(), known, n=3)
    near += [low for low in known if name and name.lower() in low and low not in near]
    advice = f"Did you mean {', '.join(f'“{known[low]}”' for low in near[:3])}?" if near else ""
    return EngineError("missing", f"There is no container “{name}”.", advice)


def _listed(engine: Engine) -> list[Container]:
    rows = engine.get("/containers/json?all=1")
    now = time.time()
    with understood("list of containers"):
        return [from_list(row, now) for row in rows]


def _all(engine: Engine, request: Request) -> tuple[Callable[[], int], Iterator[str]]:
    listed = _listed(engine)
    seen: list[Looked] = []

    def lines() -> Iterator[str]:
        for one in looks(engine, listed, _look(engine)):
            seen.append(one)
            if request.json:
                yield report.as_json(report.document(one))
        if not request.json:
            piped = not sys.stdout.isatty()
            yield from report.table(seen, width=_width(), paint=_paint(), whole_names=piped)

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


def _width() -> int:
    return shutil.get_terminal_size((PIPED_WIDTH, 24)).columns


def _paint() -> report.Paint:
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return report.Paint(on=sys.stdout.isatty() and not plain)
