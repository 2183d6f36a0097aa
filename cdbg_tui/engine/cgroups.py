"""Where a container's control group is, and what it tells at any time; its meters are read by `meters`.

Files: kernel documentation, admin-guide/cgroup-v1 and admin-guide/cgroup-v2. Where the engine puts the
groups: moby, daemon/oci_linux.go (``docker/ID`` with the cgroupfs driver, ``docker-ID.scope`` in
``system.slice`` with systemd).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
_PLACES = (("docker", "{}"), ("system.slice", "docker-{}.scope"))
"""Folder, and name of the group of a container with that id."""
_ID = "([0-9a-f]{64})"


def _read(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            return file.read(65536).decode("ascii", "replace")
    except OSError:
        return None


def _table(text: str | None) -> dict[str, int]:
    """Return lines of ``name value`` as a mapping."""
    rows = (line.split() for line in (text or "").splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}


@dataclass(frozen=True, slots=True)
class Group:
    """The control group of one container: in each hierarchy of v1, or the one of v2."""

    path: str
    """Below the root of a hierarchy: ``docker/ID``."""
    unified: bool

    def folder(self, controller: str) -> str:
        """Return where the files of a controller are."""
        return f"{ROOT}/{self.path}" if self.unified else f"{ROOT}/{controller}/{self.path}"

    @property
    def exists(self) -> bool:
        """Whether it is still there: it goes with the container's last process."""
        return Path(self.folder("memory")).is_dir()

    def pids(self) -> list[int]:
        """Return the processes in it and in the groups below it; zombies are in no group."""
        found: list[int] = []
        for folder in self._folders(Path(self.folder("memory"))):
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
        return _table(_read(f"{self.folder('memory')}/{name}")).get("oom_kill")

    @property
    def forks_refused(self) -> int | None:
        """How often a process in it was refused a further one by the limit; None where that is not told."""
        return _table(_read(f"{self.folder('pids')}/pids.events")).get("max")


def ids() -> list[str]:
    """Return the ids of what runs on this machine, whichever engine runs it, but for what has another parent."""
    base = ROOT if (ROOT / "cgroup.controllers").exists() else ROOT / "memory"
    found: list[str] = []
    for folder, name in _PLACES:
        group = re.compile(name.replace(".", r"\.").format(_ID))
        with suppress(OSError):
            found += [match[1] for entry in os.listdir(base / folder) if (match := group.fullmatch(entry))]
    return found


def find(container_id: str, pid: int = 0) -> Group | None:
    """Return the container's group, or None where this machine does not run it or may not look.

    Ids are 256 random bits: a group of that name is that container's. *pid*, where known, finds groups
    under a parent of the user's own (``--cgroup-parent``).
    """
    unified = (ROOT / "cgroup.controllers").exists()
    base = ROOT if unified else ROOT / "memory"
    for path in (f"{folder}/{name.format(container_id)}" for folder, name in _PLACES):
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
