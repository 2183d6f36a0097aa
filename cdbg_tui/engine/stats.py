"""One sweep of samples of all running containers: from their cgroups where readable, else from the API."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cdbg_tui.engine import cgroups
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError, understood
from cdbg_tui.engine.meters import Meters, most_held
from cdbg_tui.engine.threads import side_by_side
from cdbg_tui.model.sample import Sample

API_WORKERS = 12
API_SECONDS = 8.0
LIMITS_SECONDS = 30.0

Limits = tuple[float | None, int | None]
"""CPU in cores, memory in bytes."""
_NO_SAMPLE = "0001-01-01"


@dataclass(frozen=True, slots=True)
class Sweep:
    """The samples of one sweep, by container id; *source* is ``cgroups``, ``api`` or ``cgroups and api``."""

    samples: Mapping[str, Sample]
    source: str
    is_whole: bool = True
    """Whether all were read, and not the one alone that was newly selected."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What to read: everything that runs, what of it can be seen, and the one that is looked at."""

    running: tuple[str, ...] = ()
    visible: frozenset[str] = field(default_factory=frozenset)
    selected: str = ""


class Sweeper:
    """Reads the meters every *interval* seconds until closed; not while paused.

    Through the cgroup files all running containers are read. Through the API, where each reading costs
    the engine milliseconds of CPU, only those that can be seen.
    """

    def __init__(self, engine: Engine, deliver: Callable[[Sweep], None], *, interval: float = 2.0) -> None:
        self._engine = engine
        self._deliver = deliver
        self._interval = interval
        self._targets = Targets()
        self._meters: dict[str, Meters] = {}
        self._most_held = most_held()
        self._limits: dict[str, tuple[float, Limits]] = {}
        """By container id, and when they were read."""
        self._wake = threading.Event()
        self._running = threading.Event()
        self._running.set()
        self._closed = False
        self._is_due = True
        """Whether all are to be read as soon as can be."""

    def start(self) -> None:
        """Begin to sweep."""
        threading.Thread(target=self._sweep_on, name="stats", daemon=True).start()

    def aim(self, targets: Targets) -> None:
        """Set what to read; a newly selected container is read at once, and so are all where there were none."""
        before, self._targets = self._targets, targets
        if not before.running:
            self._is_due = True
        if self._is_due or targets.selected != before.selected:
            self._wake.set()

    def pause(self) -> None:
        """Stop reading until `resume`."""
        self._running.clear()

    def resume(self) -> None:
        """Go on reading."""
        self._is_due = True
        self._running.set()
        self._wake.set()

    def close(self) -> None:
        """End the thread."""
        self._closed = True
        self._running.set()
        self._wake.set()

    def _sweep_on(self) -> None:
        due = 0.0
        while not self._closed:
            self._running.wait()
            # Before the targets are taken: what is aimed at from now on wakes it again.
            self._wake.clear()
            if self._closed:
                break
            began = time.monotonic()
            is_whole, self._is_due = self._is_due or began >= due, False
            targets = self._targets
            asked = targets.running if is_whole else (targets.selected,)
            if targets.running and (is_whole or targets.selected in targets.running):
                sweep = self._sweep(targets, asked, is_whole)
                if not self._closed:
                    self._deliver(sweep)
            now = time.monotonic()
            if is_whole:
                # A sweep that takes long is made less often: never more than a third of the time.
                due = max(began + self._interval, now + 2 * (now - began))
            self._wake.wait(due - now)
        for meters in self._meters.values():
            meters.close()

    def _sweep(self, targets: Targets, asked: Iterable[str], is_whole: bool) -> Sweep:
        samples: dict[str, Sample] = {}
        through_api: list[str] = []
        for one in asked:
            meters = self._meters.get(one) or self._find(one)
            sample = meters.sample(whole=one == targets.selected) if meters else None
            if sample is not None:
                samples[one] = sample
            elif meters is not None:
                self._forget(one)
            elif one in targets.visible or one == targets.selected:
                through_api.append(one)
        if is_whole:
            for gone in self._meters.keys() - set(targets.running):
                self._forget(gone)
            for gone in self._limits.keys() - set(targets.running):
                del self._limits[gone]
        sources = ["cgroups"] if samples else []
        read = side_by_side(self._from_api, through_api, workers=API_WORKERS, seconds=API_SECONDS)
        for one, result in read.items():
            if isinstance(result, Sample):
                samples[one] = result
            elif isinstance(result, Exception) and not isinstance(result, EngineError):
                raise result
        return Sweep(samples, " and ".join(sources + ["api"] * bool(through_api)), is_whole)

    def _find(self, container_id: str) -> Meters | None:
        group = cgroups.find(container_id)
        if group is None:
            return None
        made = self._meters[container_id] = Meters(group, held=len(self._meters) < self._most_held)
        return made

    def _forget(self, container_id: str) -> None:
        self._meters.pop(container_id).close()

    def _from_api(self, container_id: str) -> Sample | None:
        path = f"/containers/{container_id}/stats?stream=0&one-shot=1"
        stats = self._engine.get(path, patience=API_SECONDS)
        with understood("reading of the meters"):
            sample = from_stats(stats, time.monotonic())
        if sample is None:
            return None
        read, (cpu, memory) = self._limits.get(container_id, (-LIMITS_SECONDS, (None, None)))
        if time.monotonic() - read >= LIMITS_SECONDS:  # docker update may have changed them
            details = self._engine.get(f"/containers/{container_id}/json")
            with understood("description of a container"):
                cpu, memory = limits(details)
            self._limits[container_id] = time.monotonic(), (cpu, memory)
        return replace(sample, cpu_limit=cpu, memory_limit=memory)


def limits(details: Mapping[str, Any]) -> Limits:
    """Return the CPU and the memory limit of an inspected container."""
    host = details.get("HostConfig") or {}
    nano, quota = host.get("NanoCpus") or 0, host.get("CpuQuota") or 0
    period = host.get("CpuPeriod") or 100_000
    cpu = nano / 1e9 if nano > 0 else quota / period if quota > 0 else None
    return cpu, (host.get("Memory") or 0) or None


def from_stats(stats: Mapping[str, Any], now: float) -> Sample | None:
    """Make a sample from ``GET /containers/{id}/stats``; None of a container that does not run.

    The kinds of cgroup differ in names: ``inactive_file`` is ``total_inactive_file`` in v1, block I/O
    operations are written with a capital there.
    """
    cpu, memory = stats.get("cpu_stats") or {}, stats.get("memory_stats") or {}
    if (stats.get("read") or _NO_SAMPLE).startswith(_NO_SAMPLE):
        return None
    throttling = cpu.get("throttling_data") or {}
    detail = memory.get("stats") or {}
    cache = detail.get("total_inactive_file", detail.get("inactive_file", 0))
    io = (stats.get("blkio_stats") or {}).get("io_service_bytes_recursive") or ()
    networks = stats.get("networks")
    pids = stats.get("pids_stats") or {}
    limit = pids.get("limit") or 0

    def moved(operation: str) -> int:
        return sum(row.get("value", 0) for row in io if row.get("op", "").lower() == operation)

    def through(figure: str) -> int | None:
        return None if networks is None else sum(one.get(figure, 0) for one in networks.values())

    return Sample(
        time=now,
        cpu=(cpu.get("cpu_usage") or {}).get("total_usage", 0) / 1e9,
        periods=throttling.get("periods"),
        throttled=throttling.get("throttled_periods"),
        # A rootless engine may have no memory controller to ask.
        memory=max(0, memory["usage"] - cache) if memory.get("usage") else None,
        active_cache=detail.get("total_active_file", detail.get("active_file")),
        pids=pids.get("current"),
        pids_limit=limit if 0 < limit < 1 << 60 else None,
        received=through("rx_bytes"),
        sent=through("tx_bytes"),
        read=moved("read"),
        written=moved("write"),
    )
