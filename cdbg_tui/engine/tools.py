"""Which tools there are for looking at a container: on this machine, in its own files, in a toolbox image.

Found by reading: nothing is run for it, and nothing in the container changes.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cdbg_tui.engine import cgroups
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.files import inspect
from cdbg_tui.engine.images import Image, has_image, local_images, probe
from cdbg_tui.engine.inside import follow, read
from cdbg_tui.engine.program import DEFAULT_PATH
from cdbg_tui.engine.stream import query

GUARD = ("sh", "cat")
"""What it takes to end a program with its standard input: `sessions.capture`."""
NSENTER = "nsenter"
_FULL = frozenset({"ip", *GUARD})
"""Programs of which busybox's own is as good; its lsof knows no options, and lists everything."""
_RESOLV_CONF_BYTES = 65536
IMAGES_LOOKED_INTO = 12
_LIKELY = re.compile(r"netshoot|toolbox|debug|tools|network-multitool|perf|trouble")


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of a container before a tool is chosen for it."""

    details: Mapping[str, Any]
    here: frozenset[str] = frozenset()
    """The tools on this machine's PATH."""
    is_local: bool = False
    """Whether this machine runs the container."""
    is_root: bool = False
    """Whether we may enter its namespaces."""
    own: frozenset[str] = frozenset()
    """The tools in its own files."""
    toolbox: str = ""
    """The image that a sidecar would be of; it may not be there."""
    images: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The tools of images on the engine, the configured one first."""
    nameserver: str = ""
    """The first that its /etc/resolv.conf names."""


class Shelf:
    """Remembers which tools an image has: an id stands for the same files for ever."""

    def __init__(self) -> None:
        self._known: dict[str, frozenset[str]] = {}

    def tools(self, engine: Engine, image: str, wanted: Iterable[str]) -> frozenset[str]:
        """Return those of *wanted* that an image has.

        Raises:
            EngineError: it is not there, or cannot be looked into.
        """
        described = engine.get(query(f"/images/{image}/json"))
        if described["Id"] not in self._known:
            path = _path((described.get("Config") or {}).get("Env"))
            with probe(engine, image) as probe_id:
                self._known[described["Id"]] = programs_in(engine, probe_id, wanted, path)
        return self._known[described["Id"]]


def find_ground(engine: Engine, container_id: str, wanted: Iterable[str], toolbox: str, shelf: Shelf) -> Ground:
    """Return what there is of the tools *wanted*, and the way to the container.

    Raises:
        EngineError: the engine cannot be asked.
    """
    wanted = tuple(dict.fromkeys((*wanted, *GUARD)))
    details = inspect(engine, container_id)
    path = _path((details.get("Config") or {}).get("Env"))
    main = int((details.get("State") or {}).get("Pid") or 0)
    return Ground(
        details,
        here=frozenset(one for one in (*wanted, NSENTER) if shutil.which(one)),
        is_local=main > 0 and cgroups.find(container_id, main) is not None and _is_process(main, container_id),
        is_root=os.geteuid() == 0,
        own=programs_in(engine, container_id, wanted, path),
        toolbox=toolbox,
        images=_images(engine, toolbox, wanted, shelf),
        nameserver=_nameserver(engine, container_id),
    )


def _is_process(pid: int, container_id: str) -> bool:
    """Tell whether the number means the container's process on this machine, too."""
    with contextlib.suppress(OSError):
        return container_id in Path(f"/proc/{pid}/cgroup").read_text(encoding="ascii", errors="replace")
    return False


def alive(engine: Engine, ground: Ground, pid: int = 0) -> Callable[[], bool]:
    """Return what tells whether a container is still in the life in which its ground was found.

    With *pid*, whether this machine's process of that number is still one of its own, too, where that can be told.
    An engine that does not answer says nothing about it.
    """
    state = ground.details.get("State") or {}
    container_id, main, started = str(ground.details["Id"]), int(state.get("Pid") or 0), state.get("StartedAt")

    def lives() -> bool:
        if ground.is_local:
            return all(_is_process(one, container_id) for one in (main, pid) if one)
        try:
            now = inspect(engine, container_id).get("State") or {}
        except EngineError as error:
            return error.kind != "missing"
        return bool(now.get("Running")) and now.get("StartedAt") == started

    return lives


def _path(env: Iterable[str] | None) -> str:
    return next((one[5:] for one in env or () if one.startswith("PATH=")), DEFAULT_PATH)


def programs_in(engine: Engine, container_id: str, wanted: Iterable[str], path: str) -> frozenset[str]:
    """Return those of *wanted* that a container's files have on its *path*.

    Raises:
        EngineError: the engine cannot be asked.
    """
    folders = _folders(engine, container_id, path)
    return frozenset(one for one in wanted if any(_is_tool(engine, container_id, f, one) for f in folders))


def _folders(engine: Engine, container_id: str, path: str) -> list[str]:
    """Return the folders of a PATH that are there, each once: /bin often leads to /usr/bin."""
    found = []
    for folder in dict.fromkeys(one for one in path.split(":") if one.startswith("/")):
        where, entry = follow(engine, container_id, folder)
        if entry is not None and entry.is_directory:
            found.append(where)
    return list(dict.fromkeys(found))


def _is_tool(engine: Engine, container_id: str, folder: str, name: str) -> bool:
    where, entry = follow(engine, container_id, f"{folder}/{name}")
    if entry is None or not entry.is_executable:
        return False
    return name in _FULL or not where.endswith("/busybox")


def _images(engine: Engine, toolbox: str, wanted: Iterable[str], shelf: Shelf) -> Mapping[str, frozenset[str]]:
    """Return the tools of the toolbox image, or where that is not there, of those that look like one."""
    if has_image(engine, toolbox):
        return {toolbox: shelf.tools(engine, toolbox, wanted)}
    found: dict[str, frozenset[str]] = {}
    likely = [one for one in local_images(engine) if _LIKELY.search(one.ref)]
    for one in likely[:IMAGES_LOOKED_INTO]:
        # One image that cannot be looked into (removed meanwhile, of another platform) hides no other.
        with contextlib.suppress(EngineError):
            if tools := _named(engine, one, wanted, shelf):
                found[one.ref] = tools
    return found


def _named(engine: Engine, image: Image, wanted: Iterable[str], shelf: Shelf) -> frozenset[str]:
    tools = shelf.tools(engine, image.ref, wanted)
    return tools if tools - frozenset(GUARD) else frozenset()


def _nameserver(engine: Engine, container_id: str) -> str:
    try:
        path, entry = follow(engine, container_id, "/etc/resolv.conf")
        if entry is None or not entry.is_regular:
            return ""
        text = read(engine, container_id, path, most=_RESOLV_CONF_BYTES).decode("ascii", "replace")
    except EngineError as error:
        if error.kind != "missing":
            raise
        return ""
    found = re.search(r"^nameserver\s+([0-9A-Fa-f.:]+)\s*$", text, re.MULTILINE)
    return found[1] if found else ""


def pid_inside(pid: int, main: int) -> int | None:
    """Return a process's number in the PID namespace of the main process; None if this machine cannot tell.

    proc(5): NSpid has one number for each namespace, from that of /proc inwards; a process may have made
    one of its own below the container's.
    """
    numbers, depth = _numbers(pid), len(_numbers(main))
    return numbers[depth - 1] if 0 < depth <= len(numbers) else None


def _numbers(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
        if found := re.search(r"^NSpid:([\s\d]*)$", status, re.MULTILINE):
            return [int(number) for number in found[1].split()]
    return []
