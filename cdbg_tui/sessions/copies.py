"""A copy of a container, run in its place: an image of it under the conditions that it had.

What an image cannot hold (volumes, networks, limits, capabilities) is given to the new container. Never its
restart policy, ports, health check or Compose labels: nothing may take the copy for the original.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cdbg_tui.engine.remains import Remains
from cdbg_tui.model.container import COMPOSE_PROJECT, from_inspect
from cdbg_tui.model.details import hidden_words
from cdbg_tui.model.text import one_line
from cdbg_tui.sessions.conditions import conditions
from cdbg_tui.sessions.passed_on import networks, storage
from cdbg_tui.sessions.plan import NO_DETACH, Argv, Docker, typed
from cdbg_tui.sessions.tools import Tools

COMMAND_VARIABLE = "CDBG_COMMAND"


@dataclass(frozen=True, slots=True)
class Differences:
    """In what a copy is to differ from the original."""

    read_only_volumes: bool = False
    no_network: bool = False
    as_root: bool = False
    writable_root: bool = False


SAME = Differences()


@dataclass(frozen=True, slots=True)
class Copy:
    """What starts a copy, and in words what it has of the original."""

    argv: Argv
    prepare: tuple[Argv, ...] = ()
    never_ran: Argv = ()
    copied: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    writes: bool = False
    """Whether it can write what is not its own."""


def copy_of(
    found: Remains,
    docker: Docker,
    name: str,
    image: str,
    start: Argv,
    differences: Differences,
    *,
    in_image: bool,
    known_env: tuple[str, ...] = (),
    brought: Tools | None = None,
) -> Copy:
    """Return what starts *image* as the container *name* with the words of *start*.

    *in_image* tells whether user, variables and directory are in the image; *known_env* is what is there anyway.
    """
    brought = brought or Tools()
    details = found.details
    target = from_inspect(details)
    config = details.get("Config") or {}
    mounted = storage(target, details, found.gone, read_only=differences.read_only_volumes)
    joined = networks(details, found.networks, found.running, none=differences.no_network)
    same = conditions(
        details.get("HostConfig") or {},
        config,
        target.id,
        running=found.running,
        own_network=joined.is_own,
        writable_root=differences.writable_root,
    )
    entry, *words = start
    body = (
        "--name", name,
        *mounted.options,
        *joined.options,
        *same.options,
        *_identity(found, differences, known_env, in_image=in_image),
        "--no-healthcheck",
        "--log-driver", "none",
        "--env", f"{COMMAND_VARIABLE}={shlex.join(command_of(details))}",
        *brought.options,
        "--entrypoint", entry,
        image, *words,
    )  # fmt: skip
    prepare = [*brought.before]
    argv = docker("run", "-it", *NO_DETACH, *body)
    never_ran: Argv = ()
    if joined.more or brought.after:  # 20.10 takes one --network: the others are connected before it starts
        prepare.append(docker("create", "-it", *body))
        prepare += [docker("network", "connect", network, name) for network in joined.more]
        prepare += brought.after
        argv = docker("start", "-ai", *NO_DETACH, name)
        never_ran = docker("inspect", "--format", "{{.State.Status}}", name)
    return Copy(
        argv,
        tuple(prepare),
        never_ran,
        copied=(*_identity_words(found, differences), *mounted.copied, *joined.copied, *same.copied),
        left=(*_unknown(found), *mounted.left, *joined.left, *same.left, *_config_left(target.labels, config)),
        writes=mounted.writes,
    )


def command_of(details: Mapping[str, Any]) -> Argv:
    """Return the words of a container's main process."""
    return (details.get("Path") or "", *(details.get("Args") or ()))


def _identity(
    found: Remains, differences: Differences, known_env: tuple[str, ...], *, in_image: bool
) -> tuple[str, ...]:
    """Return user, and where they are not in the image, environment and directory."""
    config = found.details.get("Config") or {}
    user = "0" if differences.as_root or found.unknown_user else ""
    words: list[str] = []
    if not in_image:
        user = user or config.get("User") or ""
        words += [word for value in config.get("Env") or () if value not in known_env for word in ("--env", value)]
        words += ["--workdir", config["WorkingDir"]] if config.get("WorkingDir") else []
    return (*(("--user", user) if user else ()), *words)


def _identity_words(found: Remains, differences: Differences) -> tuple[str, ...]:
    config = found.details.get("Config") or {}
    whose = "" if differences.as_root or found.unknown_user else config.get("User") or ""
    return ("environment", *((f"user {whose}",) if whose else ()), f"directory {config.get('WorkingDir') or '/'}")


def _unknown(found: Remains) -> tuple[str, ...]:
    return (f"its user (no {found.unknown_user} in its files: root instead)",) if found.unknown_user else ()


def _config_left(labels: Mapping[str, str], config: Mapping[str, Any]) -> tuple[str, ...]:
    left = []
    if (config.get("Healthcheck") or {}).get("Test") not in (None, [], ["NONE"]):
        left.append("health check")
    if COMPOSE_PROJECT in labels:
        left.append("Compose labels")
    return tuple(left)


def told(copy: Copy, original: Argv) -> tuple[str, ...]:
    """Return the lines of a banner: what is copied and what not, and the original command."""
    left = (f"Not copied: {', '.join(copy.left)}.",) if copy.left else ()
    return (f"Copied: {', '.join(copy.copied)}.", *left, *_original(original))


def _original(original: Argv) -> tuple[str, ...]:
    """Return the lines that name the original command: one to paste, where what is shown is what it was."""
    again = f'eval "${COMMAND_VARIABLE}"'
    line = shlex.join(original)
    shown = one_line(typed(hidden_words(original)))
    if shown == line:
        return (f"It was: {line}", f"To run that again, paste it, or: {again}")
    why = "its secrets are masked here" if one_line(line) == line else "it holds what cannot be shown"
    return (f"It was: {shown}", f"To run that again ({why}): {again}")
