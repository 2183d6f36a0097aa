"""The list of containers, kept true by the engine's event stream: one list, then one row an event."""

from __future__ import annotations

import json
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cdbg_tui.engine import cgroups
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError, understood
from cdbg_tui.engine.stream import Stream, query
from cdbg_tui.engine.threads import after
from cdbg_tui.model.container import Container, from_inspect, from_list, merged, wants_inspection
from cdbg_tui.model.event import NETWORK_ACTIONS, Event, from_engine

ACTIONS = ["create", "start", "restart", "die", "oom", "kill", "stop", "destroy"]
ACTIONS += ["rename", "pause", "unpause", "health_status", "update"]

INSPECTION_SECONDS = 0.003
"""What it costs an engine and us to inspect one container: beyond as many as a list takes, one list is cheaper."""
RELIST_FROM = 24
"""Even where a list costs next to nothing."""
GATHER_SECONDS = 0.05
HASTE_SECONDS = 0.05
"""So long after the beginning those that run are told of alone: an engine with thousands that do not run takes
a quarter of a second for the whole list, and we as long again to read it."""
ASKED_BY_ID = 2_000
"""So many ids at most in one request, of 76 bytes each: Go's servers take a megabyte."""
CURIOUS_AFTER = 15.0
"""Seconds after the start: what is in view is looked into sooner, by whoever judges it."""
CURIOUS_MOST = 200
"""Of more than so many nothing is asked until they come into view."""
CURIOUS_AT_ONCE = 8
CURIOUS_PAUSE = 0.25
FIRST_RETRY, LAST_RETRY = 0.5, 10.0
NEAR_RETRY = 1.0
"""The longest pause before a socket of this machine, where to be refused costs nobody anything."""
DOUBT_SECONDS = 1.0
PING_SECONDS = 5.0
"""So long an engine may take to give a sign of life."""
QUIET_SECONDS = 60.0
"""After so long without a word from it, it is asked for one: an engine that hangs ends no stream."""
STALE_SECONDS = 5.0
"""The same while somebody looks."""
CLOCK_MARGIN = 5.0
FIRST_LIST_SECONDS = 5.0
"""So long who asks for all containers waits for the first list."""
BEHIND_SECONDS = 1.0
"""So long it may take to look at what events have named; after that, what is known may be wrong."""
MOST_EVENTS, MOST_EVENTS_OF_ONE = 10_000, 500
"""Kept, and handed out of one container: who holds a look at it holds them, long after they were dropped here."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The list anew; what does not run may be left out of the first, where the engine takes its time for that."""

    containers: tuple[Container, ...]
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Changed:
    """Rows that are new or different, and ids that are gone."""

    containers: tuple[Container, ...]
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """The engine does not answer; it is asked again after *retry_in* seconds."""

    error: EngineError
    retry_in: float


News = Listed | Changed | Lost


class Watch:
    """Lists the containers, follows the events, and tells what changed, until closed.

    One thread reads events, another looks at the containers that they name, so that a burst of events
    neither waits for answers nor asks twice for the same container.
    """

    def __init__(self, engine: Engine, early: Callable[[News], None] | None = None) -> None:
        """*early* hears, in the thread that reads it, what is told before anybody listens; that is told again."""
        self._engine = engine
        self._early = early
        self._known: dict[str, Container] = {}
        self._is_lost = False
        self._behind_from = math.inf
        """When what is known may be wrong, by the monotonic clock: it takes its time to look."""
        self._stuck: set[str] = set()
        """Could not be inspected: not to be curious about until something happens to them."""
        self._doubted: tuple[str, float | None] | None = None
        self._listener: Callable[[News], None] | None = None
        self._untold: list[News] = []
        self._telling = threading.Lock()
        self._listing = threading.Lock()
        self._events: deque[Event] = deque(maxlen=MOST_EVENTS)
        self._stream: Stream | None = None
        self._closed = threading.Event()
        self._listed = threading.Event()
        """There is a whole list, or none is to be had at once."""
        self._retry = threading.Event()
        self._alarm = threading.Event()
        self._why: EngineError | None = None
        """Why the event stream was given up, where that was our doing."""
        engine.on_trouble = self._alarm.set
        self._work = threading.Condition()
        self._pending: dict[str, None] = {}
        self._curious: dict[str, None] = {}
        self._curious_from = 0.0
        """By the monotonic clock."""
        self._last_event = 1.0
        self._listing_took = 0.0
        """Seconds."""
        self._listed_at = 0.0
        """By our clock."""
        self._tried_at = 0.0

    def start(self) -> None:
        """Begin; the first news is the list, or that there is no engine."""
        self._curious_from = time.monotonic() + CURIOUS_AFTER
        for run in (self._follow, self._look, self._listen_for_life):
            threading.Thread(target=run, name=f"watch{run.__name__}", daemon=True).start()

    def listen(self, listener: Callable[[News], None]) -> None:
        """Hand all news to *listener*, first those from before: the list is asked for while the app loads."""
        with self._telling:
            for news in self._untold:
                listener(news)
            self._untold.clear()
            self._listener = listener

    @property
    def has_news(self) -> bool:
        """Whether there is something to tell to who begins to listen."""
        return bool(self._untold)

    def _deliver(self, news: News) -> None:
        with self._telling:
            self._tell(news)

    def _tell(self, news: News) -> None:
        if self._closed.is_set():
            return
        if self._listener is None:
            self._untold.append(news)
            if self._early is not None:
                self._early(news)
        else:
            self._listener(news)

    def retry_now(self) -> None:
        """Do not wait for the next attempt to reach a lost engine."""
        self._retry.set()

    def glance(self) -> None:
        """See whether the engine still answers, or answers again, unless that was just seen: somebody looks."""
        now = time.monotonic()
        if now - self._engine.heard_at > STALE_SECONDS:
            self._alarm.set()
        if self._stream is None and now - self._tried_at > STALE_SECONDS:
            self._retry.set()

    def events_of(self, container_id: str) -> tuple[Event, ...]:
        """Return what was last heard of a container, oldest first, the engine's own memory included."""
        heard = (event for event in self._events.copy() if event.id == container_id)
        return tuple(deque(heard, maxlen=MOST_EVENTS_OF_ONE))

    def containers(self) -> tuple[Container, ...] | None:
        """Return all containers as they were told of last; None where that may be wrong.

        At the beginning it waits for the list: to ask for another would make both late.
        That one which does not run is put on a network no engine tells (20.10, 28): it is known when it starts.
        """
        is_there = self._listed.wait(FIRST_LIST_SECONDS) and not self._is_lost
        is_true = is_there and time.monotonic() < self._behind_from
        return tuple(self._known.values()) if is_true else None

    def close(self) -> None:
        """End the threads; they are through as soon as what they wait for is cut off."""
        self._closed.set()
        self._listed.set()
        self._retry.set()
        self._alarm.set()
        with self._work:
            self._work.notify_all()
        if (stream := self._stream) is not None:
            stream.close()

    def _follow(self) -> None:
        delay = FIRST_RETRY
        while not self._closed.is_set():
            self._why = None
            self._stuck.clear()
            self._tried_at = time.monotonic()
            try:
                if not self._listed.is_set():
                    self._list_running()
                self._list()
                self._is_lost = False
                delay = FIRST_RETRY
                self._read_events()
                error = self._why or EngineError(
                    "unreachable",
                    f"The engine at {self._engine.endpoint.url} ended the event stream.",
                    "It may be restarting; cdbg keeps trying.",
                    "it ended the event stream",
                )
            except EngineError as failure:
                error = failure
            finally:
                self._stream = None
                self._is_lost = True
                self._listed.set()
            if self._closed.is_set():
                return
            self._deliver(Lost(error, delay))
            self._retry.wait(delay)
            self._retry.clear()
            is_cheap = self._engine.endpoint.url.startswith("unix:") and error.kind != "timeout"
            delay = min(delay * 2, NEAR_RETRY if is_cheap else LAST_RETRY)

    def _listen_for_life(self) -> None:
        """Ask for a sign of life where there is reason to doubt, or after a long silence."""
        while not self._closed.is_set():
            is_doubted = self._alarm.wait(QUIET_SECONDS)
            self._alarm.clear()
            # Without a stream the engine is lost already, and asked again anyway.
            if (stream := self._stream) is None or self._closed.is_set():
                continue
            if not is_doubted and time.monotonic() - self._engine.heard_at < QUIET_SECONDS:
                continue
            try:
                # Not a ping: an engine whose lists hang, or are forbidden, may answer that all the same.
                self._engine.get("/containers/json?limit=1", patience=PING_SECONDS)
            except EngineError as error:
                self._give_up(stream, error)

    def _give_up(self, stream: Stream | None, error: EngineError) -> None:
        """End the event stream of an engine that does not answer: who reads it tells so, and lists anew.

        Not if that has happened since *stream* was the one that is read.
        """
        if stream is not None and stream is self._stream:
            self._why = error
            stream.close()

    def _list(self) -> None:
        with self._listing:  # both threads do, and the older answer must not come last
            self._list_alone()

    def _list_running(self) -> None:
        """Ask for those that run, and have them told of if the whole list is long in coming."""
        now = time.time()
        # By their ids, they cost the engine nothing for the thousands that have stopped.
        ids = cgroups.ids() if self._engine.endpoint.is_unix else []
        ids = ids if len(ids) <= ASKED_BY_ID else []
        path = query("/containers/json", filters={"id": ids}) if ids else "/containers/json"
        running = self._asked(path, now)
        if ids and not running:
            return  # they are another engine's: the whole list is to tell of this one's
        self._known = {one.id: one for one in running}

        def tell() -> None:
            with self._telling:
                if not self._listed.is_set():
                    self._tell(Listed(tuple(running), is_whole=False))

        after(max(0.0, now + HASTE_SECONDS - time.time()), tell, "haste")

    def _asked(self, path: str, now: float) -> list[Container]:
        with understood("list of containers"):
            return self._engine.rows(path, lambda row: from_list(row, now))

    def _list_alone(self) -> None:
        now = time.time()
        made = self._asked("/containers/json?all=1", now)
        containers = tuple(merged(self._known.get(one.id), one, now) for one in made)
        self._known = {one.id: one for one in containers}
        self._listed.set()
        self._listed_at, self._listing_took = now, time.time() - now
        self._deliver(Listed(containers))
        self._be_curious(containers)

    def _be_curious(self, containers: Iterable[Container]) -> None:
        now = time.time()
        wanted = {c.id: None for c in containers if c.id not in self._stuck and wants_inspection(c, now)}
        if len(wanted) > CURIOUS_MOST:
            return
        with self._work:
            self._curious |= wanted
            self._work.notify()

    def _read_events(self) -> None:
        # From the engine's whole memory on: it holds 256 events, and who sent a signal stands only there.
        path = query(
            "/events",
            since=f"{self._last_event:.9f}",
            filters={"type": ["container", "network"], "event": [*ACTIONS, *NETWORK_ACTIONS]},
        )
        stream = self._stream = self._engine.stream(path)
        if self._closed.is_set():
            stream.close()
        # Events bear the time of the engine's clock, which may be far from ours.
        ahead = (stream.engine_time or time.time()) - time.time()
        fresh_from = self._listed_at + ahead - CLOCK_MARGIN
        # Not compared with one another: two that happen at once may come in either order.
        heard_to = self._last_event
        for line in stream.lines():
            with understood("event"):
                event = from_engine(json.loads(line))
            if event is None or not event.id or event.time <= heard_to:
                continue
            self._engine.heard_at = time.monotonic()
            self._last_event = max(self._last_event, event.time)
            if event.action not in NETWORK_ACTIONS:
                self._events.append(event)
            if event.time >= fresh_from:
                self._hear(event)

    def _hear(self, event: Event) -> None:
        if event.action not in NETWORK_ACTIONS:
            with self._work:
                self._pending[event.id] = None
                self._stuck.discard(event.id)
                self._work.notify()
            return
        # To be connected is part of a start, which keeps whoever looks waiting, and is told of at its end.
        known = self._known.get(event.id)
        if known is not None and (known.is_up or event.action == "disconnect"):
            self._be_curious_about(event.id)

    def _look(self) -> None:
        while not self._closed.is_set():
            with self._work:
                self._wait_for_work()
            # A death is several events within milliseconds: look once, after them.
            if self._closed.wait(GATHER_SECONDS):
                return
            with self._work:
                changed = bool(self._pending)
                ids = list(self._pending or self._curious)
                ids = ids if changed else ids[:CURIOUS_AT_ONCE]
                self._pending.clear()
                for one in ids:
                    self._curious.pop(one, None)
            self._behind_from = time.monotonic() + BEHIND_SECONDS
            stream = self._stream
            most = max(RELIST_FROM, self._listing_took / INSPECTION_SECONDS)
            try:
                if len(ids) > most or (not self._inspect(ids) and changed):
                    self._list()
            except EngineError as error:
                # What was to be looked at is not known any more.
                self._give_up(stream, error)
                if self._closed.wait(FIRST_RETRY):
                    return
            self._behind_from = math.inf
            if not changed and self._closed.wait(CURIOUS_PAUSE):
                return

    def _wait_for_work(self) -> None:
        while not (self._pending or self._closed.is_set()):
            patience = self._curious_from - time.monotonic() if self._curious else None
            if patience is not None and patience <= 0:
                return
            self._work.wait(patience)

    def _inspect(self, ids: list[str]) -> bool:
        """Look at these containers, and tell; False if one of them could not be looked at.

        An inspection waits for the container's lock, which a stuck one never gives: the list then still answers.
        """
        found: list[Container] = []
        gone: list[str] = []
        stuck = False
        for one in ids:
            try:
                details = self._engine.get(f"/containers/{one}/json")
                with understood("description of a container"):
                    found.append(from_inspect(details))
            except EngineError as error:
                if error.kind == "missing":
                    gone.append(one)
                    continue
                self._stuck.add(one)
                stuck = True
                if error.kind in ("timeout", "unreachable"):
                    break
        with self._listing:  # a list that was asked for before must not come last
            self._known.update((one.id, one) for one in found)
            for one in gone:
                self._known.pop(one, None)
            if found or gone:
                self._deliver(Changed(tuple(found), tuple(gone)))
        for container in found:
            self._doubt(container)
        return not stuck

    def _doubt(self, container: Container) -> None:
        """Look again at one that was just killed: containerd may tell of the memory only after its death."""
        just_now = abs(time.time() - (container.since or 0.0)) < CLOCK_MARGIN
        life = (container.id, container.since)
        if container.exit_code != 137 or container.oom_killed or not just_now or life == self._doubted:
            return
        self._doubted = life
        after(DOUBT_SECONDS, lambda: self._be_curious_about(container.id), "doubt")

    def _be_curious_about(self, container_id: str) -> None:
        with self._work:
            self._curious[container_id] = None
            self._work.notify()
