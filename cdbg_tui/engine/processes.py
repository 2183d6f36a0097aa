"""One container's processes: from /proc where its machine is this one, else from the engine's ``top``."""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdbg_tui.engine import cgroups
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError, understood
from cdbg_tui.engine.stream import query
from cdbg_tui.engine.threads import begin
from cdbg_tui.model.process import Process

if TYPE_CHECKING:
    import psutil

# Columns that procps and busybox-free hosts know; args last, since it holds spaces, and -ww, or an engine with
# COLUMNS in its environment cuts it there. `top` itself is an event in the engine and a `ps` on its machine, so
# it is asked for less often than /proc.
TOP_COLUMNS = "pid,ppid,user,stat,pcpu,rss,nlwp,etime,args"
LOCAL_SECONDS, TOP_SECONDS = 2.0, 4.0
MOST = 2000
_COMMAND_BYTES = 4096


@dataclass(frozen=True, slots=True)
class ProcessesRead:
    """One reading; *source* is ``/proc`` or ``docker top``, *error* why there is none."""

    container_id: str
    processes: tuple[Process, ...]
    source: str
    error: EngineError | None = None


class ProcessWatch:
    """Reads one container's processes again and again, while somebody looks at them."""

    def __init__(
        self, engine: Engine, container_id: str, pid: int, deliver: Callable[[ProcessesRead], None]
    ) -> None:
        self._engine = engine
        self._id = container_id
        self._pid = pid
        self._deliver = deliver
        self._closed = threading.Event()

    def start(self) -> None:
        """Begin; the first reading comes at once, shares of CPU with the second."""
        begin(self._read_on, "processes")

    def close(self) -> None:
        """End the thread."""
        self._closed.set()

    def _read_on(self) -> None:
        meter = Meter()
        pause = 0.5  # CPU needs two readings: the second comes soon
        while not self._closed.is_set():
            reading = self._read(meter)
            if self._closed.is_set():
                return
            self._deliver(reading)
            if reading.error is not None and reading.error.kind not in ("timeout", "unreachable"):
                return
            if self._closed.wait(pause if reading.source == "/proc" else TOP_SECONDS):
                return
            pause = LOCAL_SECONDS

    def _read(self, meter: Meter) -> ProcessesRead:
        group = cgroups.find(self._id, self._pid)
        pids = group.pids() if group else []
        if pids:
            return ProcessesRead(self._id, tuple(meter.read(pids)), "/proc")
        try:
            answer = self._engine.get(query(f"/containers/{self._id}/top", ps_args=f"-wweo {TOP_COLUMNS}"))
            with understood("list of processes"):
                return ProcessesRead(self._id, from_top(answer), "docker top")
        except EngineError as error:
            return ProcessesRead(self._id, (), "docker top", error)


class Meter:
    """Reads processes out of /proc; remembers their CPU times, so that the next reading has shares."""

    def __init__(self) -> None:
        self._times: dict[tuple[int, float], tuple[float, float]] = {}
        self._users: dict[str, dict[int, str]] = {}

    def read(self, pids: list[int]) -> list[Process]:
        """Return these processes and what descends from them: zombies are in no cgroup, but have parents."""
        import psutil

        found: dict[int, Process] = {}
        todo = list(pids)
        times: dict[tuple[int, float], tuple[float, float]] = {}
        while todo and len(found) < MOST:
            pid = todo.pop()
            if pid in found:
                continue
            # A process may end between any two of these reads; then it is not in the list.
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                process = psutil.Process(pid)
                with process.oneshot():
                    found[pid] = self._process(process, times)
                todo += _children(pid)
        self._times = times
        return list(found.values())

    def _process(self, process: psutil.Process, times: dict[tuple[int, float], tuple[float, float]]) -> Process:
        import psutil

        pid, born, now = process.pid, process.create_time(), time.monotonic()
        state = _LETTERS.get(process.status(), "S")
        cpu_times = process.cpu_times()
        used = cpu_times.user + cpu_times.system
        before = self._times.get((pid, born))
        times[pid, born] = (now, used)
        command, memory, threads = "", 0, 0
        if state != "Z":
            with contextlib.suppress(psutil.ZombieProcess):
                command = " ".join(process.cmdline())[:_COMMAND_BYTES]
                memory = process.memory_info().rss
                threads = process.num_threads()
        status = _status(pid)
        return Process(
            pid=pid,
            parent=process.ppid() or 0,
            inner_pid=status[0],
            user=self._user(pid, status[1], process.uids().real),
            state=state,
            cpu=None if before is None else max(0.0, (used - before[1]) / (now - before[0])),
            memory=memory,
            threads=threads or 1,
            age=max(0.0, time.time() - born),
            command=command or f"[{process.name()}]",
        )

    def _user(self, pid: int, namespace: str, uid: int) -> str:
        """Return the user's name as the container itself knows it, else the number."""
        if namespace not in self._users:
            self._users[namespace] = _passwd(pid)
        return self._users[namespace].get(uid, str(uid))


_LETTERS = {
    "running": "R",
    "sleeping": "S",
    "disk-sleep": "D",
    "stopped": "T",
    "tracing-stop": "t",
    "zombie": "Z",
    "dead": "X",
    "wake-kill": "D",
    "waking": "R",
    "idle": "I",
    "parked": "I",
}


def _children(pid: int) -> list[int]:
    """Return the children of all threads of a process (/proc/PID/task/TID/children, proc(5))."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
    return found


def _status(pid: int) -> tuple[int | None, str]:
    """Return the PID in the innermost namespace, and a word that tells mount namespaces apart."""
    inner, namespace = None, ""
    with contextlib.suppress(OSError):
        match = re.search(r"^NSpid:.*?(\d+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
        inner = int(match[1]) if match else None
    with contextlib.suppress(OSError):
        namespace = os.readlink(f"/proc/{pid}/ns/mnt")
    return inner, namespace


def _passwd(pid: int) -> dict[int, str]:
    """Return the users of a process's own /etc/passwd; none where it is a link, which could lead out."""
    names: dict[int, str] = {}
    with contextlib.suppress(OSError, ValueError):
        root = os.open(f"/proc/{pid}/root", os.O_RDONLY | os.O_DIRECTORY)
        try:
            etc = os.open("etc", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=root)
            try:
                flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
                file = os.open("passwd", flags, dir_fd=etc)
            finally:
                os.close(etc)
        finally:
            os.close(root)
        with open(file, "rb") as passwd:
            for line in passwd.read(65536).decode("utf-8", "replace").splitlines():
                fields = line.split(":")
                if len(fields) > 2 and fields[2].isdigit():
                    names.setdefault(int(fields[2]), fields[0])
    return names


def from_top(answer: Mapping[str, Any]) -> tuple[Process, ...]:
    """Make processes from ``GET /containers/{id}/top``, by the titles of its columns.

    The engine splits at white space and puts what is left over into the last column.
    """
    titles = [title.lower() for title in answer.get("Titles") or ()]
    made = []
    for row in answer.get("Processes") or ():
        cell = dict(zip(titles, row, strict=False))
        share, kib = cell.get("%cpu", ""), cell.get("rss", "")
        made.append(
            Process(
                pid=int(cell.get("pid") or 0),
                parent=int(cell.get("ppid") or 0),
                inner_pid=None,
                user=cell.get("user", ""),
                state=(cell.get("stat") or "S")[0],
                cpu=float(share) / 100 if share.replace(".", "", 1).isdigit() else None,
                memory=int(kib) * 1024 if kib.isdigit() else None,
                threads=int(cell["nlwp"]) if cell.get("nlwp", "").isdigit() else None,
                age=_etime(cell.get("elapsed", "")),
                command=cell.get("command", ""),
            )
        )
    return tuple(made)


def _etime(text: str) -> float | None:
    """Return the seconds in ps(1)'s ``[[DD-]hh:]mm:ss``."""
    match = re.fullmatch(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+)", text.strip())
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
