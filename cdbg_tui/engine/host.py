"""A container's main process as this machine sees it, and whether its namespaces can be entered from here.

namespaces(7), setns(2): to enter those of another takes CAP_SYS_ADMIN, to find them CAP_SYS_PTRACE.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.files import inspect

NAMESPACES = ("net", "pid", "mnt", "uts", "ipc", "user", "cgroup")
_SYS_PTRACE, _SYS_ADMIN = 19, 21


@dataclass(frozen=True, slots=True)
class HostView:
    """What was found; *trouble* says in a sentence why nothing can be entered, and is empty where it can."""

    pid: int = 0
    started: int = 0
    """When the process began, in the kernel's ticks: with the PID it names one process and no other."""
    has_rights: bool = False
    has_sudo: bool = False
    shared: frozenset[str] = frozenset()
    """Namespaces of the container that are those of this program, too."""
    trouble: str = ""


def host_view(engine: Engine, details: Mapping[str, Any]) -> HostView:
    """Look at the main process of an inspected container from this machine."""
    if not engine.endpoint.is_unix:
        return HostView(trouble="Host tools need an engine of this machine; this one is elsewhere.")
    if shutil.which("nsenter") is None:
        return HostView(trouble="There is no nsenter on your PATH: it is part of util-linux.")
    pid = int((details.get("State") or {}).get("Pid") or 0)
    if not pid:
        return HostView(trouble="It has no main process.")
    started = _started(pid)
    if started is None or not _is_of(pid, details):
        where = "in another machine, a VM or another PID namespace"
        return HostView(
            trouble=f"Its main process, {pid} to the engine, is not seen here: the engine runs {where}."
        )
    return HostView(
        pid,
        started,
        has_rights=_has_rights(),
        has_sudo=shutil.which("sudo") is not None,
        shared=frozenset(one for one in NAMESPACES if _is_shared(pid, one)),
    )


def is_still(engine: Engine, container_id: str, view: HostView) -> bool:
    """Tell whether the process that was found is still the container's main process.

    Raises:
        EngineError: the engine cannot be asked.
    """
    try:
        details = inspect(engine, container_id)
    except EngineError as error:
        if error.kind == "missing":
            return False
        raise
    is_main = (details.get("State") or {}).get("Pid") == view.pid
    return is_main and _started(view.pid) == view.started and _is_of(view.pid, details)


def _started(pid: int) -> int | None:
    try:
        # The name may hold anything, blanks and brackets too; after its last bracket come fields 3 and on.
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return int(fields[22 - 3])
    except (OSError, ValueError, IndexError):
        return None


def _is_of(pid: int, details: Mapping[str, Any]) -> bool:
    """Tell whether a process is the container's: by its cgroup, or the root that it has.

    A rootless engine has cgroups only where these are of version 2.
    """
    if str(details["Id"]) in _read(pid, "cgroup"):
        return True
    layer = ((details.get("GraphDriver") or {}).get("Data") or {}).get("UpperDir")
    # proc(5): the fifth field of mountinfo is where it is mounted; to this machine it is elsewhere.
    roots = (line for line in _read(pid, "mountinfo").splitlines() if line.split()[4:5] == ["/"])
    return bool(layer) and any(f",upperdir={layer}," in line for line in roots)


def _read(pid: int, name: str) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8", errors="replace")
    return ""


def _is_shared(pid: int, namespace: str) -> bool:
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/ns/{namespace}") == os.readlink(f"/proc/self/ns/{namespace}")
    return False  # not to be seen without rights


def _has_rights() -> bool:
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    found = re.search(r"^CapEff:\s*([0-9a-f]+)", status, re.MULTILINE)
    effective = int(found[1], 16) if found else 0
    return all(effective >> capability & 1 for capability in (_SYS_ADMIN, _SYS_PTRACE))
