"""What lies around a container, read step by step: its image and neighbours first, then who listens in it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from cdbg_tui.engine import cgroups
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.sockets import table
from cdbg_tui.engine.stream import query
from cdbg_tui.engine.threads import as_they_come
from cdbg_tui.model.around import Around, Listener
from cdbg_tui.model.socket import Holder

SECONDS = 10.0
ENGINE_RESOLVER = "127.0.0.11"
"""Of the engine, in the network namespace of each container on a network of the user's own (libnetwork)."""

Json = Mapping[str, Any]


def around(engine: Engine, details: Json) -> Iterator[Around]:
    """Yield what is known, better and better: one request for all containers, one for the image, and /proc."""
    reads: dict[str, Callable[[], Any]] = {
        "rows": lambda: tuple(engine.get(query("/containers/json", all=1))),
        "image": lambda: engine.get(query(f"/images/{details.get('Image')}/json")),
        "listeners": lambda: listeners(details),
    }
    known = Around()
    for name, answer in as_they_come(lambda one: reads[one](), list(reads), workers=len(reads), seconds=SECONDS):
        if isinstance(answer, EngineError | OSError):
            known = replace(known, unseen={**known.unseen, name: _why(name, answer)})
        elif isinstance(answer, Exception):
            raise answer
        else:
            known = replace(known, **{name: answer})
        yield known
    late = {name: "no answer in time" for name in reads if getattr(known, name) is None}
    yield replace(known, unseen={**late, **known.unseen})


def _why(name: str, error: EngineError | OSError) -> str:
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    if name == "image" and error.kind == "missing":
        return "the image has been removed from the engine"
    return error.what


def listeners(details: Json) -> tuple[Listener, ...]:
    """Return what waits to be spoken to in a container's network namespace, with the processes that have it.

    Raises:
        OSError: it cannot be seen from here, for the reason told.
    """
    state = details.get("State") or {}
    if not state.get("Running"):
        raise OSError(0, "it does not run")
    group = cgroups.find(str(details["Id"]), int(state.get("Pid") or 0))
    pids = group.pids() if group else []
    if not pids:
        raise OSError(0, "its processes are not on this machine, or may not be seen by you")
    for pid in pids:
        # The first in the list may be a child that has ended.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            rows = [(one, inode) for one, inode in table(pid) if one.address != ENGINE_RESOLVER]
            owners = _owners(pids, {inode for _, inode in rows})
            known = [
                Listener(one, Holder(one.protocol, one.port, *owners[inode]) if inode in owners else None)
                for one, inode in rows
            ]
            is_on_host = (details.get("HostConfig") or {}).get("NetworkMode") == "host"
            return tuple(one for one in known if one.owner or not is_on_host)
    raise OSError(0, "it ended meanwhile")


def _owners(pids: Iterable[int], wanted: set[int]) -> dict[int, tuple[int, str]]:
    """Return which process has which socket, by inode (proc(5), ``fd``); the oldest of those that share it."""
    found: dict[int, tuple[int, str]] = {}
    for pid in sorted(pids):
        if wanted <= found.keys():
            break
        # It may have ended, or not be ours to look into.
        with contextlib.suppress(OSError):
            for inode in _sockets(pid) & wanted:
                found.setdefault(inode, (pid, _name(pid)))
    return found


def _sockets(pid: int) -> set[int]:
    inodes = set()
    for entry in os.scandir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            target = os.readlink(entry.path)
            if target.startswith("socket:["):
                inodes.add(int(target[8:-1]))
    return inodes


def _name(pid: int) -> str:
    with open(f"/proc/{pid}/comm", "rb") as file:
        return file.read().decode("utf-8", "replace").strip()
