"""Evidence for a diagnosis: every source read side by side, each with its time, each allowed to fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.threads import as_they_come
from cdbg_tui.model.event import Event
from cdbg_tui.model.finding import Unseen
from cdbg_tui.model.sample import Usage
from cdbg_tui.triage.evidence import Evidence
from cdbg_tui.triage.shared import Shared
from cdbg_tui.triage.sources import SOURCES, BlindError, Fields, Place, Source

AT_ONCE = 6
SECONDS = 8.0
"""What has not answered by then is unseen."""


def gather(
    engine: Engine,
    container_id: str,
    events: tuple[Event, ...] | None = None,
    usage: Usage | None = None,
    *,
    shared: Shared | None = None,
) -> Evidence:
    """Read all that there is about a container; *container_id* may be its name.

    *events* and *usage* are what was seen already; without them the engine is asked. *shared* keeps what is
    the same for other containers of the engine.

    Raises:
        EngineError: not even its state can be read.
    """
    *_, last = look_closer(engine, container_id, events, usage, shared=shared)
    return last


def look_closer(
    engine: Engine,
    container_id: str,
    events: tuple[Event, ...] | None = None,
    usage: Usage | None = None,
    *,
    shared: Shared | None = None,
) -> Iterator[Evidence]:
    """Yield what is known of a container: what its state tells at once, then what comes quickly, then all.

    Raises:
        EngineError: not even its state can be read.
    """
    details = engine.get(f"/containers/{container_id}/json")
    seen = Evidence(details, events or (), usage, is_whole=False)
    yield seen
    place = Place(engine, shared or Shared(engine), seen)
    wanted = [source for source in SOURCES if not source.is_last and source.wanted(seen)]
    waiting = {source.name for source in wanted}
    slow = {source.name for source in wanted if source.is_slow}
    for source, answer in as_they_come(lambda one: one.read(place), wanted, workers=AT_ONCE, seconds=SECONDS):
        seen = _with(seen, source, answer)
        waiting.discard(source.name)
        if waiting and waiting <= slow and source.name not in slow:
            yield seen
    for source in SOURCES:
        if source.is_last and source.wanted(seen):
            seen = _with(seen, source, _answer(source, replace(place, evidence=seen)))
    late = tuple(Unseen(name, f"no answer within {SECONDS:.0f} s") for name in sorted(waiting))
    yield replace(seen, unseen=seen.unseen + late, is_whole=True)


def _answer(source: Source, place: Place) -> Fields | Exception:
    try:
        return source.read(place)
    except (EngineError, BlindError, OSError) as error:
        return error


def _with(seen: Evidence, source: Source, answer: Fields | Exception) -> Evidence:
    if not isinstance(answer, Exception):
        return replace(seen, **answer)
    if isinstance(answer, EngineError | BlindError | OSError):
        return replace(seen, unseen=(*seen.unseen, Unseen(source.name, _why(answer))))
    raise answer


def _why(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
