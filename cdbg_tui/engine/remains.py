"""What is left of a dead container, and what its engine has that a rerun of it needs."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.files import inspect
from cdbg_tui.engine.images import has_image, probe
from cdbg_tui.engine.inside import find_shell, follow, look, read
from cdbg_tui.engine.toolbox import Strace, Toolbox, find_strace, find_toolbox, has_image_mounts

_TABLE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Remains:
    """All that a plan needs to know."""

    details: Mapping[str, Any]
    shell: str | None = None
    """The best shell in its files."""
    networks: tuple[str, ...] = ()
    """The engine's, by name."""
    running: tuple[str, ...] = ()
    """The ids of the engine's running containers."""
    has_image: bool = True
    """Whether its image still is: the engine commits nothing without it."""
    gone: Mapping[str, str] = field(default_factory=dict)
    """Where it had mounts that cannot be mounted again, and why, as a sentence goes on."""
    unknown_user: str = ""
    """Its user or group, if its files know no such name: the engine would not start a copy."""
    image_mounts: bool = False
    toolbox: Toolbox | None = None
    """A static busybox; not looked for where nobody asked."""
    strace: Strace | str = "nobody looked for it"
    """Where a strace is, or why there is none."""


def remains(engine: Engine, container_id: str, shells: Sequence[str]) -> Remains:
    """Return what is left of a container, and a toolbox if it has none of *shells*.

    Raises:
        EngineError: the engine cannot be asked.
    """
    details = inspect(engine, container_id)
    image = str(details.get("Image") or "")
    is_there = bool(image) and has_image(engine, image)
    can_open = _can_open(engine, container_id)
    found = Remains(
        details,
        networks=tuple(network["Name"] for network in engine.get("/networks")),
        running=tuple(row["Id"] for row in engine.get("/containers/json")),
        has_image=is_there,
    )
    if can_open:
        found = replace(
            found,
            shell=find_shell(engine, container_id, shells),
            unknown_user=_unknown_user(engine, container_id, details),
        )
    elif is_there:
        with probe(engine, image) as probe_id:
            found = replace(
                found,
                shell=find_shell(engine, probe_id, shells),
                unknown_user=_unknown_user(engine, probe_id, details),
            )
    gone = _unmountable(details) | ({} if can_open or not is_there else _gone(engine, image, details))
    found = replace(found, gone=gone)
    return found if found.shell else with_toolbox(engine, found)


def with_toolbox(engine: Engine, found: Remains, wanted: str = "") -> Remains:
    """Return *found* with a static busybox to bring in, of the image *wanted* if that is given.

    Raises:
        EngineError: the engine cannot be asked.
    """
    return replace(found, toolbox=find_toolbox(engine, wanted), image_mounts=has_image_mounts(engine))


def with_strace(engine: Engine, found: Remains, image: str) -> Remains:
    """Return *found* with a strace, its own or that of *image*, or why there is none.

    Raises:
        EngineError: the engine cannot be asked.
    """
    mounts = found.image_mounts or has_image_mounts(engine)
    strace = find_strace(engine, str(found.details["Id"]), image, image_mounts=mounts)
    return replace(found, strace=strace, image_mounts=mounts)


def _can_open(engine: Engine, container_id: str) -> bool:
    """Tell whether the engine can show a container's files, for which it mounts what is mounted into it.

    Where a bind's source is gone, it says of every path that nothing is there; where something cannot be
    mounted on what is there, it fails.
    """
    try:
        return look(engine, container_id, "/") is not None
    except EngineError as error:
        if error.kind != "refused":
            raise
        return False


def _unmountable(details: Mapping[str, Any]) -> dict[str, str]:
    """Return the mounts of which the engine said that they kept the container from starting."""
    complaint = str((details.get("State") or {}).get("Error") or "")
    return {
        str(row.get("Destination")): "which cannot be mounted there"
        for row in details.get("Mounts") or ()
        if row.get("Source") and f'mounting "{row["Source"]}" to rootfs' in complaint
    }


def _gone(engine: Engine, image: str, details: Mapping[str, Any]) -> dict[str, str]:
    """Return the binds that the engine refuses: it says so before it makes a container."""
    gone = {}
    for row in details.get("Mounts") or ():
        if row.get("Type") != "bind":
            continue
        mount = {"Type": "bind", "Source": row.get("Source"), "Target": row.get("Destination")}
        try:
            with probe(engine, image, {"Mounts": [mount]}):
                continue
        except EngineError as error:
            if error.kind != "refused":
                raise
            gone[str(row.get("Destination"))] = "whose source is gone"
    return gone


def _unknown_user(engine: Engine, container_id: str, details: Mapping[str, Any]) -> str:
    """Return the first of user and group that is a name and is not in the container's own tables."""
    user, _, group = str((details.get("Config") or {}).get("User") or "").partition(":")
    for name, table in ((user, "/etc/passwd"), (group, "/etc/group")):
        # Not even root is known without the table.
        if name and not name.isdigit() and name not in _names(engine, container_id, table):
            return name
    return ""


def _names(engine: Engine, container_id: str, table: str) -> set[str]:
    with contextlib.suppress(EngineError):
        path, entry = follow(engine, container_id, table)
        if entry is not None and entry.is_regular and entry.size <= _TABLE_BYTES:
            text = read(engine, container_id, path, most=_TABLE_BYTES).decode("utf-8", "replace")
            return {line.partition(":")[0] for line in text.splitlines()}
    return set()
