"""A container's meters, read from the files of its control group.

A reading costs twenty microseconds where the files are held open, a hundred where they are not, and the engine
nothing; through the API it costs the engine 2-4 ms. Files: kernel documentation, admin-guide/cgroup-v1 and
admin-guide/cgroup-v2.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cdbg_tui.engine.cgroups import Group
from cdbg_tui.model.sample import Sample

LIMITS_SECONDS = 10.0
"""Limits change by hand only: they are not read each time."""
FILES = 6
"""At most so many of one group are held open."""
SPARE = 256
"""So many descriptors are left for all else."""
_MOST = 16384
"""Bytes; none of these files is longer, but for io.stat on a machine of a hundred disks."""

# A limit that nobody set is the largest page-aligned number (v1); no machine has an exbibyte.
_UNLIMITED = 1 << 60
_GONE = -1


def most_held() -> int:
    """Return of how many groups the files can be held open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 20 if soft == resource.RLIM_INFINITY else max(0, soft - SPARE) // FILES


@dataclass(frozen=True, slots=True)
class _Limits:
    cpu: float | None = None
    memory: int | None = None
    pids: int | None = None


class Meters:
    """The meter files of one group; *held* open they are to be closed."""

    def __init__(self, group: Group, *, held: bool = False) -> None:
        self._group = group
        self._held = held
        self._files: dict[str, int] = {}
        self._limits = _Limits()
        self._limits_due = 0.0

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files.values():
            if file != _GONE:
                os.close(file)
        self._files.clear()

    def sample(self, *, whole: bool = False) -> Sample | None:
        """Read the meters; None when the group is gone.

        Only if it is to be *whole* what goes through the network is read, which takes a PID, and the limits anew.
        """
        now = time.monotonic()
        unified = self._group.unified
        used = self._cpu_v2() if unified else self._cpu_v1()
        if used is None:
            return None
        if whole or now >= self._limits_due:
            self._limits = self._limits_v2() if unified else self._limits_v1()
            self._limits_due = now + LIMITS_SECONDS
        limits = self._limits
        throttling = self._bytes("cpu", "cpu.stat") if limits.cpu else b""
        in_use = self._number("memory", "memory.current" if unified else "memory.usage_in_bytes")
        detail = self._bytes("memory", "memory.stat")
        hierarchy = b"" if unified else b"total_"
        read, written = self._moved()
        made = Sample(
            time=now,
            cpu=used,
            cpu_limit=limits.cpu,
            periods=_field(throttling, b"nr_periods"),
            throttled=_field(throttling, b"nr_throttled"),
            memory=None
            if in_use is None
            else max(0, in_use - (_field(detail, hierarchy + b"inactive_file") or 0)),
            active_cache=_field(detail, hierarchy + b"active_file"),
            memory_limit=limits.memory,
            pids=self._number("pids", "pids.current"),
            pids_limit=limits.pids,
            read=read,
            written=written,
        )
        return with_network(made, self._group.pids()) if whole else made

    def _cpu_v1(self) -> float | None:
        used = self._number("cpuacct", "cpuacct.usage")
        return None if used is None else used / 1e9

    def _cpu_v2(self) -> float | None:
        used = _field(self._bytes("cpu", "cpu.stat"), b"usage_usec")
        return None if used is None else used / 1e6

    def _limits_v1(self) -> _Limits:
        quota, period = self._once("cpu", "cpu.cfs_quota_us"), self._once("cpu", "cpu.cfs_period_us")
        return _Limits(
            cpu=quota / period if quota and period else None,
            memory=self._once("memory", "memory.limit_in_bytes"),
            pids=self._once("pids", "pids.max"),
        )

    def _limits_v2(self) -> _Limits:
        quota, _, period = (_read(f"{self._group.folder('cpu')}/cpu.max") or b"").strip().partition(b" ")
        return _Limits(
            cpu=int(quota) / int(period) if quota.isdigit() and period.isdigit() and int(period) else None,
            memory=self._once("memory", "memory.max"),
            pids=self._once("pids", "pids.max"),
        )

    def _once(self, controller: str, name: str) -> int | None:
        """Read a limit; None where nobody set one."""
        text = (_read(f"{self._group.folder(controller)}/{name}") or b"").strip()
        return int(text) if text.isdigit() and 0 < int(text) < _UNLIMITED else None

    def _moved(self) -> tuple[int | None, int | None]:
        text = self._bytes("blkio", "io.stat" if self._group.unified else "blkio.throttle.io_service_bytes")
        return _io_stat(text) if self._group.unified else _blkio(text)

    def _number(self, controller: str, name: str) -> int | None:
        text = (self._bytes(controller, name) or b"").strip()
        return int(text) if text.isdigit() else None

    def _bytes(self, controller: str, name: str) -> bytes | None:
        if not self._held:
            return _read(f"{self._group.folder(controller)}/{name}")
        file = self._files.get(name)
        if file is None:
            try:
                file = os.open(f"{self._group.folder(controller)}/{name}", os.O_RDONLY)
            except FileNotFoundError:
                file = _GONE  # this kernel has no such controller
            except OSError:
                return None
            self._files[name] = file
        if file == _GONE:
            return None
        try:
            return os.pread(file, _MOST, 0)
        except OSError:  # ENODEV: the group went
            return None


def _read(path: str) -> bytes | None:
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        return os.pread(file, _MOST, 0)
    except OSError:
        return None
    finally:
        os.close(file)


def _field(text: bytes | None, name: bytes) -> int | None:
    """Return the number of one of the lines ``name value``: the others are not even taken apart."""
    if not text:
        return None
    begins = b"\n" + name + b" "
    text = b"\n" + text
    at = text.find(begins)
    if at < 0:
        return None
    end = text.find(b"\n", at + 1)
    value = text[at + len(begins) : end if end >= 0 else None]
    return int(value) if value.isdigit() else None


def _blkio(text: bytes | None) -> tuple[int | None, int | None]:
    """Sum ``8:0 Read 4096`` over the devices (v1)."""
    if text is None:
        return None, None
    rows = [row for row in (line.split() for line in text.splitlines()) if len(row) == 3]
    return (
        sum(int(row[2]) for row in rows if row[1] == b"Read"),
        sum(int(row[2]) for row in rows if row[1] == b"Write"),
    )


def _io_stat(text: bytes | None) -> tuple[int | None, int | None]:
    """Sum ``8:0 rbytes=4096 wbytes=0 …`` over the devices (v2)."""
    if text is None:
        return None, None
    words = [word.partition(b"=") for word in text.split()]
    return (
        sum(int(value) for name, _, value in words if name == b"rbytes"),
        sum(int(value) for name, _, value in words if name == b"wbytes"),
    )


def with_network(sample: Sample, pids: Iterable[int]) -> Sample:
    """Return *sample* with what went through the interfaces of a container's network, loopback left out.

    It is read through the first of its *pids* that still is: short-lived children come and go.
    """
    text = next((text for pid in pids if (text := _interfaces(pid))), None)
    if text is None:
        return sample
    rows = [line.partition(b":") for line in text.splitlines()[2:]]
    counts = [tail.split() for name, _, tail in rows if name.strip() != b"lo"]
    return replace(
        sample,
        received=sum(int(count[0]) for count in counts if len(count) > 8),
        sent=sum(int(count[8]) for count in counts if len(count) > 8),
    )


def _interfaces(pid: int) -> bytes | None:
    # Not in one read: unlike a cgroup's file it comes in pieces of a page.
    try:
        with open(f"/proc/{pid}/net/dev", "rb") as file:
            return file.read()
    except OSError:
        return None
