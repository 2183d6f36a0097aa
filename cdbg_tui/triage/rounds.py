"""Diagnoses in the background: trouble in view first, each container once in each of its lives.

What nobody sees, or runs without a sign of trouble, can wait: an engine that everybody who opens a dashboard asks
everything at once has something else to do.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError, understood
from cdbg_tui.model.container import Container
from cdbg_tui.model.event import Event
from cdbg_tui.model.finding import Diagnosis
from cdbg_tui.triage.shared import Shared

WORKERS = 4
AGAIN_SECONDS = 10.0
"""One that changes more often is looked at no more often."""
SHARED_SECONDS = 5.0
LATER_SECONDS = 60.0
"""So long after the beginning the first of those is looked at that can wait, unless somebody is there: a dashboard
that is only open asks for nothing while much else begins."""
LATER_PACE = 3.0
"""Seconds between two of those: one costs 20 ms, and an open dashboard is to cost nothing."""
GIVE_WAY_SECONDS = 1.0
"""So long after a key nothing is begun that can wait, and the others are looked at one by one, with a rest after
each: where a hundred die at once, an engine that is asked about four all the time leaves a key no processor."""
REST = 2
"""So many times as long as it took to look at one."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found of a container, and as what it was known when it was looked at."""

    container: Container
    diagnosis: Diagnosis


def same_life(one: Container, other: Container) -> bool:
    """Tell whether a diagnosis of *one* holds for *other*: no new start or end, no other health."""
    if (one.state, one.exit_code, one.health) != (other.state, other.exit_code, other.health):
        return False
    # The list knows times only as `docker ps` prints them.
    return one.since == other.since or not (one.inspected and other.inspected)


class Rounds:
    """Looks at the containers that it is told of until closed, and hands over what it finds."""

    def __init__(
        self,
        engine: Engine,
        events_of: Callable[[str], tuple[Event, ...]],
        deliver: Callable[[Judged], None],
        containers: Callable[[], tuple[Container, ...] | None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._events_of = events_of
        self._deliver = deliver
        self.shared = Shared(engine, seconds=SHARED_SECONDS, containers=containers)
        """What it asked for all containers at once."""
        self._work = threading.Condition()
        self._heap: list[tuple[float, int, str]] = []
        """Those wanted soon, by when they may be looked at."""
        self._count = itertools.count()
        self._later: dict[str, float] = {}
        """Those that can wait, in their order, and when each may be looked at."""
        self._wanted: dict[str, tuple[Container, bool]] = {}
        """What waits in either, and whether it is wanted soon."""
        self._seen: dict[str, tuple[Container | None, float]] = {}
        """As what each was last looked at, and when; None where that failed."""
        self._later_from = time.monotonic() + LATER_SECONDS
        self._next_later = self._later_from
        self._given_way_to = self._rests_to = 0.0
        self._paused = self._closed = False
        self._has_begun = False
        self._looking = 0

    @property
    def is_at_rest(self) -> bool:
        """Whether it has begun, and every container that it was told of has been looked at."""
        with self._work:
            return self._has_begun and not self._wanted and not self._looking

    def start(self) -> None:
        """Begin."""
        self._has_begun = True
        for number in range(WORKERS):
            threading.Thread(target=self._go_on, name=f"rounds-{number}", daemon=True).start()

    def want(self, container: Container, *, soon: bool) -> None:
        """Look at *container* when its turn comes, unless that was done in this life of it."""
        one, now = container.id, time.monotonic()
        with self._work:
            seen, when = self._seen.get(one, (None, -AGAIN_SECONDS))
            if seen is not None and same_life(seen, container):
                return
            waiting, was_soon = self._wanted.get(one, (None, False))
            self._wanted[one] = container, soon or was_soon
            if waiting is not None and was_soon >= soon:
                return
            due = max(now, when + AGAIN_SECONDS)
            if soon:
                self._later.pop(one, None)
                heapq.heappush(self._heap, (due, next(self._count), one))
            else:
                self._later[one] = due
            self._work.notify()

    def forget(self, container_id: str) -> None:
        """Drop what is known of a container that is gone."""
        with self._work:
            for known in (self._wanted, self._later, self._seen):
                known.pop(container_id, None)

    def give_way(self) -> None:
        """Begin nothing for a moment that can wait: somebody presses keys. After that, wait no longer with it."""
        now = time.monotonic()
        self._given_way_to = now + GIVE_WAY_SECONDS
        if self._later_from > now:
            with self._work:
                self._later_from = self._next_later = now
                self._work.notify()

    def pause(self) -> None:
        """Begin nothing until `resume`."""
        self._paused = True

    def resume(self) -> None:
        """Go on."""
        with self._work:
            self._paused = False
            self._work.notify_all()

    def close(self) -> None:
        """End the threads; what they are waiting for is left behind."""
        with self._work:
            self._closed = True
            self._work.notify_all()

    def _go_on(self) -> None:
        # What one turn has in hand must go with it: the next may not come for days.
        while (container := self._next()) is not None:
            self._look_at(container)
            del container

    def _look_at(self, container: Container) -> None:
        # All the rules come with these: not before the first frame.
        from cdbg_tui.triage.gather import gather
        from cdbg_tui.triage.verdict import diagnose

        began = time.monotonic()
        try:
            events = self._events_of(container.id)
            # A thread that stumbles over what one container is like must not be lost to all others.
            with understood("description of a container"):
                found = diagnose(gather(self._engine, container.id, events, shared=self.shared))
        except EngineError:
            # It is gone, or the engine is: who follows the events says so. What comes back is wanted again.
            with self._work:
                if container.id in self._seen:
                    self._seen[container.id] = None, time.monotonic()
            return
        finally:
            now = time.monotonic()
            with self._work:
                self._looking -= 1
                self._rests_to = now + REST * (now - began)
                self._work.notify()
        if not self._closed:
            self._deliver(Judged(container, found))

    def _next(self) -> Container | None:
        with self._work:
            while not self._closed:
                now = time.monotonic()
                due = None if self._paused else self._due()
                if due is not None and now < self._given_way_to:
                    due = max(due, self._given_way_to if self._looking else self._rests_to)
                if due is None or due > now:
                    self._work.wait(None if due is None else due - now)
                    continue
                one = self._taken(now)
                if one not in self._wanted:  # it has gone meanwhile
                    continue
                container, _ = self._wanted.pop(one)
                self._seen[one] = container, now
                self._looking += 1
                return container
        return None

    def _due(self) -> float | None:
        """Return when the next one may be looked at."""
        times = [self._heap[0][0]] if self._heap else []
        if self._later:
            times.append(max(self._next_later, self._given_way_to, min(self._later.values())))
        return min(times, default=None)

    def _taken(self, now: float) -> str:
        """Take out the one that is due: those wanted soon go before those that can wait."""
        if self._heap and self._heap[0][0] <= now:
            return heapq.heappop(self._heap)[2]
        self._next_later = now + LATER_PACE
        one = next(one for one, due in self._later.items() if due <= now)
        del self._later[one]
        return one
