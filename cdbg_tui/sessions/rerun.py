"""A dead container brought back under a shell: ``docker commit``, then a container of that image.

The commit carries its files, environment, user and working directory; what an image cannot hold (volumes,
networks, limits, capabilities) is given to the new container. Never its restart policy, ports, health check
or Compose labels: nothing may take the copy for the original.
"""

from __future__ import annotations

import csv
import io
import re
import shlex
from collections.abc import Collection, Mapping
from typing import Any

from cdbg_tui.model.container import Container, State, from_inspect
from cdbg_tui.model.details import hidden_words
from cdbg_tui.sessions.conditions import conditions
from cdbg_tui.sessions.exec import shell_argv
from cdbg_tui.sessions.plan import (
    NO_DETACH,
    SESSION_LABEL,
    TARGET_LABEL,
    Docker,
    Plan,
    Refusal,
    image_name,
    object_name,
)

REPOSITORY = "cdbg-rerun"
COMMAND_VARIABLE = "CDBG_COMMAND"
_COMPOSE_LABEL = re.compile(r"com\.docker\.compose\.[A-Za-z0-9._-]+", re.ASCII)


def rerun_plan(
    details: Mapping[str, Any],
    docker: Docker,
    *,
    shell: str | None,
    networks: Collection[str],
    running: Collection[str],
    suffix: str,
    user: str = "",
) -> Plan | Refusal:
    """Plan a shell on what the dead container of *details* left.

    *shell* is what was found in it; *networks* the names of the engine's networks and *running* the ids
    of its running containers, so that nothing is joined that is gone; *user* is its own where empty.
    """
    target = from_inspect(details)
    if refusal := _refusal(target, shell):
        return refusal
    name = object_name(target.name, suffix)
    image = f"{REPOSITORY}/{image_name(target.name, target.id[:12])}:{suffix}"
    host = details.get("HostConfig") or {}
    first, more, network_notes = _networks(details, networks, running)
    command = shlex.join([details.get("Path") or "", *(details.get("Args") or ())])
    entry, *words = shell_argv(shell or "")
    own_network = not first.startswith(("host", "container:"))
    body = (
        "--name", name,
        *_storage(target, details),
        *(("--network", first) if first != "bridge" else ()),
        *conditions(host, details.get("Config") or {}, target.id, own_network=own_network),
        *(("--user", user) if user else ()),
        "--no-healthcheck",
        "--env", f"{COMMAND_VARIABLE}={command}",
        "--entrypoint", entry,
        image, *words,
    )  # fmt: skip
    prepare = [docker("commit", *_changes(target), target.id[:12], image)]
    argv = docker("run", "-it", *NO_DETACH, *body)
    if more:  # 20.10 takes one --network: the others are connected before it starts
        prepare.append(docker("create", "-it", *body))
        prepare += [docker("network", "connect", network, name) for network in more]
        argv = docker("start", "-ai", *NO_DETACH, name)
    return Plan(
        title=f"rerun of {target.name}",
        argv=argv,
        prepare=tuple(prepare),
        cleanup=(docker("rm", "--force", name), docker("rmi", image)),
        asks_to_keep=True,
        kept=f"kept: container {name} (docker start -ai {name}) and image {image}",
        banner=(
            f"A shell on what {target.name} left: its files, volumes, environment, user and networks.",
            f"It was: {shlex.join(hidden_words(shlex.split(command)))}",
            f'To run that again: eval "${COMMAND_VARIABLE}"',
            *network_notes,
            *_volume_notes(details),
            *(("It goes on restarting meanwhile.",) if target.state is State.RESTARTING else ()),
            "exit or Ctrl+D comes back; then the copy is removed, or kept if you say so.",
        ),
    )


def _changes(target: Container) -> tuple[str, ...]:
    """Return the commit's changes: labels of a container cannot be removed from its image, only emptied."""
    compose = (f"{key}=" for key in target.labels if _COMPOSE_LABEL.fullmatch(key))
    labels = (f"{SESSION_LABEL}=rerun", f"{TARGET_LABEL}={target.id}", *compose)
    return ("--change", "LABEL " + " ".join(labels))


def _networks(
    details: Mapping[str, Any], existing: Collection[str], running: Collection[str]
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return the network to start in, those to be connected too, and what to say about those that are gone."""
    mode = (details.get("HostConfig") or {}).get("NetworkMode") or "default"
    if mode in ("host", "none"):
        return mode, (), ()
    if mode.startswith("container:"):
        other = mode.removeprefix("container:")
        if any(one.startswith(other) for one in running):
            return f"container:{other[:12]}", (), ()
        note = f"It shared the network of container {other[:12]}, which does not run: there is none."
        return "none", (), (note,)
    table = (details.get("NetworkSettings") or {}).get("Networks") or {}
    wanted = list(table) or ["bridge" if mode == "default" else mode]
    there = [name for name in wanted if name in existing]
    there.sort(key=lambda name: name != mode)
    gone = [name for name in wanted if name not in existing]
    notes = (f"Networks that no longer exist are left out: {', '.join(gone)}.",) if gone else ()
    return (there[0], tuple(there[1:]), notes) if there else ("none", (), notes)


def _storage(target: Container, details: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the options that mount what was mounted: its volumes and binds, and tmpfs anew and empty."""
    words: list[str] = []
    rows = details.get("Mounts") or ()
    host = details.get("HostConfig") or {}
    plain = [row for row in rows if row.get("Type") in ("bind", "volume")]
    if len(plain) < len(rows):
        # --volumes-from trips over a tmpfs mount ("no such volume"): each by itself, then.
        for row in plain:
            words += ["--mount", _mount(row)]
    elif plain:
        words += ["--volumes-from", target.id[:12]]
    for path, options in (host.get("Tmpfs") or {}).items():
        words += ["--tmpfs", f"{path}:{options}" if options else path]
    for mount in host.get("Mounts") or ():
        if mount.get("Type") == "tmpfs":
            words += ["--mount", _tmpfs(mount)]
    return tuple(words)


def _mount(row: Mapping[str, Any]) -> str:
    kind = row["Type"]
    source = (row.get("Name") if kind == "volume" else None) or row.get("Source") or ""
    readonly = [] if row.get("RW", True) else ["readonly"]
    return _csv(f"type={kind}", f"source={source}", f"target={row.get('Destination')}", *readonly)


def _tmpfs(mount: Mapping[str, Any]) -> str:
    options = mount.get("TmpfsOptions") or {}
    size = [f"tmpfs-size={options['SizeBytes']}"] if options.get("SizeBytes") else []
    mode = [f"tmpfs-mode={options['Mode']:o}"] if options.get("Mode") else []
    return _csv("type=tmpfs", f"target={mount.get('Target')}", *size, *mode)


def _csv(*fields: str) -> str:
    """Return *fields* as --mount reads them: comma-separated, quoted where they hold a comma."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(fields)
    return line.getvalue()


def _volume_notes(details: Mapping[str, Any]) -> tuple[str, ...]:
    known = ("bind", "volume", "tmpfs")
    others = [row for row in details.get("Mounts") or () if row.get("Type") not in known]
    return tuple(f"Left out: the {row.get('Type')} mounted at {row.get('Destination')}." for row in others)


def _refusal(target: Container, shell: str | None) -> Refusal | None:
    if target.state is State.RUNNING:
        return Refusal(f"{target.name} is alive.", "e", "a shell inside")
    if target.state is State.PAUSED:
        return Refusal(f"{target.name} is paused, not dead.", "s", "a sidecar sees it as it is")
    if target.state in (State.REMOVING, State.DEAD):
        # An engine that failed half-way through a removal calls what remains "dead", and commits none of it.
        return Refusal(f"{target.name} is being removed: the engine no longer commits it.")
    if shell is None:
        return Refusal(f"{target.name} has no shell to run on what it left.", "d", "see what it changed")
    return None
