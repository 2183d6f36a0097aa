"""A container's meters, read from the kernel's cgroup files where this machine runs it.

A reading costs tens of microseconds and the engine nothing; through the API it costs the engine 2-4 ms.
Files: kernel documentation, admin-guide/cgroup-v1 and admin-guide/cgroup-v2. Where the engine puts the
groups: moby, daemon/oci_linux.go (``docker/ID`` with the cgroupfs driver, ``docker-ID.scope`` in
``system.slice`` with systemd).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from cdbg_tui.model.sample import Sample

ROOT = Path("/sys/fs/cgroup")

# A limit that nobody set is the largest page-aligned number (v1); no machine has an exbibyte.
_UNLIMITED = 1 << 60


def _read(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            return file.read(65536).decode("ascii", "replace")
    except OSError:
        return None


def _number(path: str) -> int | None:
    text = _read(path)
    return int(text) if text and text.strip().lstrip("-").isdigit() else None


def _table(text: str | None) -> dict[str, int]:
    """Return lines of ``name value`` as a mapping."""
    rows = (line.split() for line in (text or "").splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}


def _limit(value: int | None) -> int | None:
    return value if value is not None and 0 < value < _UNLIMITED else None


@dataclass(frozen=True, slots=True)
class Group:
    """The control group of one container: in each hierarchy of v1, or the one of v2."""

    path: str
    """Below the root of a hierarchy: ``docker/ID``."""
    unified: bool

    def _dir(self, controller: str) -> str:
        return f"{ROOT}/{self.path}" if self.unified else f"{ROOT}/{controller}/{self.path}"

    @property
    def exists(self) -> bool:
        """Whether it is still there: it goes with the container's last process."""
        return Path(self._dir("memory")).is_dir()

    def pids(self) -> list[int]:
        """Return the processes in it and in the groups below it; zombies are in no group."""
        found: list[int] = []
        for folder in self._folders(Path(self._dir("memory"))):
            text = _read(f"{folder}/cgroup.procs")
            # 0 is a process of another PID namespace: this is not the engine's machine after all.
            found += [int(pid) for pid in (text or "").split() if pid != "0"]
        return found

    def _folders(self, top: Path) -> Iterator[Path]:
        yield top
        try:
            below = [child for child in top.iterdir() if child.is_dir()]
        except OSError:
            return
        for child in below:
            yield from self._folders(child)

    @property
    def oom_kills(self) -> int | None:
        """How many processes in it the kernel has killed for memory; None where it does not tell."""
        name = "memory.events" if self.unified else "memory.oom_control"
        return _table(_read(f"{self._dir('memory')}/{name}")).get("oom_kill")

    @property
    def forks_refused(self) -> int | None:
        """How often a process in it was refused a further one by the limit; None where that is not told."""
        return _table(_read(f"{self._dir('pids')}/pids.events")).get("max")

    def sample(self, *, network: bool = False) -> Sample | None:
        """Read the meters; None when the group is gone. The network's only if asked: it takes a PID."""
        now = time.monotonic()
        made = self._sample_v2(now) if self.unified else self._sample_v1(now)
        if made is None or not network:
            return made
        return with_network(made, self.pids())

    def _sample_v1(self, now: float) -> Sample | None:
        cpu, memory, pids = self._dir("cpu"), self._dir("memory"), self._dir("pids")
        used = _number(f"{self._dir('cpuacct')}/cpuacct.usage")
        if used is None:
            return None
        quota, period = _number(f"{cpu}/cpu.cfs_quota_us"), _number(f"{cpu}/cpu.cfs_period_us")
        limited = quota is not None and quota > 0 and period
        stat = _table(_read(f"{cpu}/cpu.stat")) if limited else {}
        in_use = _number(f"{memory}/memory.usage_in_bytes")
        detail = _table(_read(f"{memory}/memory.stat"))
        cache = detail.get("total_inactive_file", 0)
        read, written = _blkio(_read(f"{self._dir('blkio')}/blkio.throttle.io_service_bytes"))
        return Sample(
            time=now,
            cpu=used / 1e9,
            cpu_limit=quota / period if limited and quota and period else None,
            periods=stat.get("nr_periods"),
            throttled=stat.get("nr_throttled"),
            memory=None if in_use is None else max(0, in_use - cache),
            active_cache=detail.get("total_active_file"),
            memory_limit=_limit(_number(f"{memory}/memory.limit_in_bytes")),
            pids=_number(f"{pids}/pids.current"),
            pids_limit=_limit(_number(f"{pids}/pids.max")),
            read=read,
            written=written,
        )

    def _sample_v2(self, now: float) -> Sample | None:
        here = self._dir("")
        stat = _table(_read(f"{here}/cpu.stat"))
        if "usage_usec" not in stat:
            return None
        quota, _, period = (_read(f"{here}/cpu.max") or "max 100000").strip().partition(" ")
        in_use = _number(f"{here}/memory.current")
        detail = _table(_read(f"{here}/memory.stat"))
        cache = detail.get("inactive_file", 0)
        read, written = _io_stat(_read(f"{here}/io.stat"))
        return Sample(
            time=now,
            cpu=stat["usage_usec"] / 1e6,
            cpu_limit=int(quota) / int(period) if quota.isdigit() and period.isdigit() else None,
            periods=stat.get("nr_periods"),
            throttled=stat.get("nr_throttled"),
            memory=None if in_use is None else max(0, in_use - cache),
            active_cache=detail.get("active_file"),
            memory_limit=_limit(_number(f"{here}/memory.max")),
            pids=_number(f"{here}/pids.current"),
            pids_limit=_limit(_number(f"{here}/pids.max")),
            read=read,
            written=written,
        )


def _blkio(text: str | None) -> tuple[int | None, int | None]:
    """Sum ``8:0 Read 4096`` over the devices (v1)."""
    if text is None:
        return None, None
    rows = [row for row in (line.split() for line in text.splitlines()) if len(row) == 3]
    return (
        sum(int(row[2]) for row in rows if row[1] == "Read"),
        sum(int(row[2]) for row in rows if row[1] == "Write"),
    )


def _io_stat(text: str | None) -> tuple[int | None, int | None]:
    """Sum ``8:0 rbytes=4096 wbytes=0 …`` over the devices (v2)."""
    if text is None:
        return None, None
    words = [word.partition("=") for word in text.split()]
    return (
        sum(int(value) for name, _, value in words if name == "rbytes"),
        sum(int(value) for name, _, value in words if name == "wbytes"),
    )


def find(container_id: str, pid: int = 0) -> Group | None:
    """Return the container's group, or None where this machine does not run it or may not look.

    Ids are 256 random bits: a group of that name is that container's. *pid*, where known, finds groups
    under a parent of the user's own (``--cgroup-parent``).
    """
    unified = (ROOT / "cgroup.controllers").exists()
    base = ROOT if unified else ROOT / "memory"
    for path in (f"docker/{container_id}", f"system.slice/docker-{container_id}.scope"):
        if (base / path).is_dir():
            return Group(path, unified)
    text = _read(f"/proc/{pid}/cgroup") if pid else None
    for line in (text or "").splitlines():
        _, controllers, path = line.split(":", 2)
        if container_id in path and (unified or "memory" in controllers.split(",")):
            inside = path[: path.index(container_id)] + path[path.index(container_id) :].partition("/")[0]
            if (base / inside.lstrip("/")).is_dir():
                return Group(inside.lstrip("/"), unified)
    return None


def with_network(sample: Sample, pids: Iterable[int]) -> Sample:
    """Return *sample* with what went through the interfaces of a container's network, loopback left out.

    It is read through the first of its *pids* that still is: short-lived children come and go.
    """
    text = next((text for pid in pids if (text := _read(f"/proc/{pid}/net/dev"))), None)
    if text is None:
        return sample
    rows = [line.partition(":") for line in text.splitlines()[2:]]
    counts = [tail.split() for name, _, tail in rows if name.strip() != "lo"]
    return replace(
        sample,
        received=sum(int(count[0]) for count in counts if len(count) > 8),
        sent=sum(int(count[8]) for count in counts if len(count) > 8),
    )
