"""The storage and the networks of a dead container, as options for its copy."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from cdbg_tui.model.container import Container
from cdbg_tui.sessions.conditions import csv_line
from cdbg_tui.sessions.plan import Argv

_KNOWN = ("bind", "volume", "tmpfs")


@dataclass(frozen=True, slots=True)
class Storage:
    """Options that mount what was mounted, and in words what that is and what is not."""

    options: Argv = ()
    copied: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    writes: bool = False
    """Whether something can be written that is not the copy's own."""


@dataclass(frozen=True, slots=True)
class Networks:
    """The network to start in, and those to be connected too before it starts."""

    options: Argv = ()
    more: tuple[str, ...] = ()
    copied: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    is_own: bool = True
    """Whether its names are its own, rather than those of the machine or of another container."""


def storage(
    target: Container, details: Mapping[str, Any], gone: Mapping[str, str], *, read_only: bool = False
) -> Storage:
    """Return volumes and binds, and tmpfs anew and empty; *gone* are those that cannot be had, and why."""
    host = details.get("HostConfig") or {}
    rows = details.get("Mounts") or ()
    plain = [row for row in rows if row.get("Type") in ("bind", "volume") and row.get("Destination") not in gone]
    left = [f"{row.get('Type')} at {row.get('Destination')}" for row in rows if row.get("Type") not in _KNOWN]
    left += [f"mount at {place}, {why}" for place, why in gone.items()]
    words: list[str] = []
    if len(plain) < len(rows):
        # --volumes-from trips over a tmpfs mount ("no such volume"), and makes a source that is gone.
        for row in plain:
            words += ["--mount", _mount(row, read_only=read_only)]
    elif plain:
        words += ["--volumes-from", target.id[:12] + (":ro" if read_only else "")]
    declared = (details.get("Config") or {}).get("Volumes") or {}
    lost = [row.get("Destination") for row in rows if row not in plain and row.get("Type") != "tmpfs"]
    for place in lost:
        # Where its image declares a volume, the engine would make one that nobody removes.
        if place in declared:
            words += ["--tmpfs", str(place)]
    has_tmpfs = False
    for path, options in (host.get("Tmpfs") or {}).items():
        words += ["--tmpfs", f"{path}:{options}" if options else path]
        has_tmpfs = True
    for mount in host.get("Mounts") or ():
        if mount.get("Type") == "tmpfs":
            words += ["--mount", _tmpfs(mount)]
            has_tmpfs = True
    writable = not read_only and any(row.get("RW", True) for row in plain)
    copied = [_counted(plain, read_only=read_only)] if plain else []
    copied += ["tmpfs (empty)"] if has_tmpfs else []
    return Storage(tuple(words), tuple(copied), tuple(left), writes=writable)


def _counted(rows: Collection[Mapping[str, Any]], *, read_only: bool) -> str:
    count = f"{len(rows)} mounts" if len(rows) > 1 else f"mount {next(iter(rows)).get('Destination')}"
    return f"{count} read-only" if read_only else count


def _mount(row: Mapping[str, Any], *, read_only: bool) -> str:
    kind = row["Type"]
    source = (row.get("Name") if kind == "volume" else None) or row.get("Source") or ""
    readonly = ["readonly"] if read_only or not row.get("RW", True) else []
    return csv_line(f"type={kind}", f"source={source}", f"target={row.get('Destination')}", *readonly)


def _tmpfs(mount: Mapping[str, Any]) -> str:
    options = mount.get("TmpfsOptions") or {}
    size = [f"tmpfs-size={options['SizeBytes']}"] if options.get("SizeBytes") else []
    mode = [f"tmpfs-mode={options['Mode']:o}"] if options.get("Mode") else []
    return csv_line("type=tmpfs", f"target={mount.get('Target')}", *size, *mode)


def networks(
    details: Mapping[str, Any], existing: Collection[str], running: Collection[str], *, none: bool = False
) -> Networks:
    """Return those that still exist, joined under no name but its own; none of them where *none* is wanted."""
    mode = (details.get("HostConfig") or {}).get("NetworkMode") or "default"
    if none or mode == "none":
        return Networks(("--network", "none"), left=("its networks",) if none and mode != "none" else ())
    if mode == "host":
        return Networks(("--network", "host"), copied=("the host's network",), is_own=True)
    if mode.startswith("container:"):
        other = mode.removeprefix("container:")
        if any(one.startswith(other) for one in running):
            return Networks(
                ("--network", f"container:{other[:12]}"), copied=(f"network of {other[:12]}",), is_own=False
            )
        why = f"the network of container {other[:12]}, which does not run (it has none)"
        return Networks(("--network", "none"), left=(why,))
    table = (details.get("NetworkSettings") or {}).get("Networks") or {}
    wanted = list(table) or ["bridge" if mode in ("default", "bridge") else mode]
    there = sorted((name for name in wanted if name in existing), key=lambda name: name != mode)
    left = [f"network {name}, which is gone" for name in wanted if name not in existing]
    ends = [end or {} for end in table.values()]
    if any(end.get("Aliases") for end in ends):
        left.append("network aliases")
    if any((end.get("IPAMConfig") or {}).get("IPv4Address") for end in ends):
        left.append("fixed addresses")
    if not there:
        return Networks(("--network", "none"), left=tuple(left))
    options = ("--network", there[0]) if there[0] != "bridge" else ()
    copied = (f"network{'s' if len(there) > 1 else ''} {' '.join(there)}",)
    return Networks(options, tuple(there[1:]), copied, tuple(left))
