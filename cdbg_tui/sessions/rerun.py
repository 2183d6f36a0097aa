"""A dead container brought back under a shell: ``docker commit``, then a container of that image.

The commit carries its files, environment, user and working directory; what an image cannot hold (volumes,
networks, limits, capabilities) is given to the new container. Never its restart policy, ports, health check
or Compose labels: nothing may take the copy for the original.
"""

from __future__ import annotations

import re
import shlex
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cdbg_tui.engine.remains import Remains
from cdbg_tui.model.container import COMPOSE_PROJECT, Container, State, from_inspect
from cdbg_tui.model.details import hidden_words
from cdbg_tui.model.text import one_line
from cdbg_tui.sessions.conditions import conditions
from cdbg_tui.sessions.exec import shell_argv
from cdbg_tui.sessions.passed_on import networks, storage
from cdbg_tui.sessions.plan import (
    NO_DETACH,
    SESSION_LABEL,
    TARGET_LABEL,
    Argv,
    Docker,
    Plan,
    Refusal,
    image_name,
    object_name,
    typed,
)
from cdbg_tui.sessions.tools import Tools, tools, traced, with_links

REPOSITORY = "cdbg-rerun"
COMMAND_VARIABLE = "CDBG_COMMAND"
_COMPOSE_LABEL = re.compile(r"com\.docker\.compose\.[A-Za-z0-9._-]+", re.ASCII)


class Start(StrEnum):
    """What the copy is started with."""

    SHELL = "shell"
    """Its own shell, or that of the toolbox where it has none."""
    TOOLBOX = "toolbox"
    STRACE = "strace"
    """The original command under strace, then a shell."""


@dataclass(frozen=True, slots=True)
class Choices:
    """In what the copy is to differ from the original."""

    read_only_volumes: bool = False
    no_network: bool = False
    as_root: bool = False
    writable_root: bool = False
    start: Start = Start.SHELL
    pull: bool = False
    """Whether the image of the toolbox is fetched first."""


AS_IT_WAS = Choices()


def rerun_plan(found: Remains, docker: Docker, suffix: str, choices: Choices = AS_IT_WAS) -> Plan | Refusal:
    """Plan a shell on what the dead container of *found* left; *suffix* makes its names its own."""
    details = found.details
    target = from_inspect(details)
    config = details.get("Config") or {}
    if refusal := rerun_refusal(target) or _lacking(target, found, choices):
        return refusal
    name = object_name(target.name, suffix)
    image = f"{REPOSITORY}/{image_name(target.name, target.id[:12])}:{suffix}"
    labels = (f"{SESSION_LABEL}=rerun", f"{TARGET_LABEL}={target.id}")
    brought = tools(found, docker, name, labels, shell=_takes_toolbox(found, choices), strace=_straces(choices))
    mounted = storage(target, details, found.gone, read_only=choices.read_only_volumes)
    joined = networks(details, found.networks, found.running, none=choices.no_network)
    same = conditions(
        details.get("HostConfig") or {},
        config,
        target.id,
        running=found.running,
        own_network=joined.is_own,
        writable_root=choices.writable_root,
    )
    original = (details.get("Path") or "", *(details.get("Args") or ()))
    entry, *words = _start(found, brought, choices, original)
    body = (
        "--name", name,
        *mounted.options,
        *joined.options,
        *same.options,
        *_identity(found, choices),
        "--no-healthcheck",
        "--log-driver", "none",
        "--env", f"{COMMAND_VARIABLE}={shlex.join(original)}",
        *brought.options,
        "--entrypoint", entry,
        image, *words,
    )  # fmt: skip
    prepare, cleanup = _copied_files(target, found, docker, labels, name, image)
    prepare += brought.before
    argv = docker("run", "-it", *NO_DETACH, *body)
    never_ran: Argv = ()
    if joined.more or brought.after:  # 20.10 takes one --network: the others are connected before it starts
        prepare.append(docker("create", "-it", *body))
        prepare += [docker("network", "connect", network, name) for network in joined.more]
        prepare += brought.after
        argv = docker("start", "-ai", *NO_DETACH, name)
        never_ran = docker("inspect", "--format", "{{.State.Status}}", name)
    copied = (*_identity_words(found, choices), *mounted.copied, *joined.copied, *same.copied)
    left = (*_unknown(found), *mounted.left, *joined.left, *same.left, *_config_left(target, config))
    return Plan(
        title=f"rerun of {target.name}",
        pull=docker("pull", found.toolbox.image) if choices.pull and found.toolbox else (),
        argv=argv,
        prepare=tuple(prepare),
        cleanup=(docker("rm", "--force", name), docker("rmi", image), *brought.cleanup, *cleanup),
        never_ran=never_ran,
        asks_to_keep=True,
        kept=f"kept: container {name} (docker start -ai {name}), image {image}{brought.kept}",
        banner=(
            *_opening(target, choices, writes=mounted.writes),
            f"Copied: {', '.join(copied)}.",
            *((f"Not copied: {', '.join(left)}.",) if left else ()),
            *_original(original),
            *brought.notes,
            *(("It goes on restarting meanwhile.",) if target.state is State.RESTARTING else ()),
            "exit or Ctrl+D comes back; then the copy is removed, or kept if you say so.",
        ),
    )


def _takes_toolbox(found: Remains, choices: Choices) -> bool:
    return found.shell is None or choices.start is Start.TOOLBOX


def _straces(choices: Choices) -> bool:
    return choices.start is Start.STRACE


def _start(found: Remains, brought: Tools, choices: Choices, original: Argv) -> Argv:
    """Return the words that start the copy, the first of which is its entrypoint."""
    shell = brought.shell or shell_argv(found.shell or "")
    script = f"exec {shlex.join(shell)}"
    words: Argv = ()
    if _straces(choices):
        script, words = traced(shell), ("cdbg", *brought.strace, *original)
    if brought.shell:
        script = with_links(brought.shell[0], script)
    return (*shell, "-c", script, *words) if brought.shell or words else shell


def _copied_files(
    target: Container, found: Remains, docker: Docker, labels: Argv, name: str, image: str
) -> tuple[list[Argv], tuple[Argv, ...]]:
    """Return what makes an image of the container's files, and what must be removed of that."""
    if found.has_image:
        # Labels of a container cannot be removed from its image, only emptied.
        compose = (f"{key}=" for key in target.labels if _COMPOSE_LABEL.fullmatch(key))
        return [docker("commit", "--change", "LABEL " + " ".join((*labels, *compose)), target.id[:12], image)], ()
    # The engine commits nothing whose image it no longer has; its files can still be exported.
    archive = f"{tempfile.gettempdir()}/{name}.tar"
    remove = ("rm", "-f", archive)
    made = docker("import", "--change", "LABEL " + " ".join(labels), archive, image)
    return [docker("export", "--output", archive, target.id[:12]), made, remove], (remove,)


def _identity(found: Remains, choices: Choices) -> Argv:
    """Return user, and where they are not in the image, environment and directory."""
    config = found.details.get("Config") or {}
    user = "0" if choices.as_root or found.unknown_user else ""
    words: list[str] = []
    if not found.has_image:
        user = user or config.get("User") or ""
        words += [word for value in config.get("Env") or () for word in ("--env", value)]
        words += ["--workdir", config["WorkingDir"]] if config.get("WorkingDir") else []
    return (*(("--user", user) if user else ()), *words)


def _identity_words(found: Remains, choices: Choices) -> tuple[str, ...]:
    config = found.details.get("Config") or {}
    whose = "" if choices.as_root or found.unknown_user else config.get("User") or ""
    return ("environment", *((f"user {whose}",) if whose else ()), f"directory {config.get('WorkingDir') or '/'}")


def _unknown(found: Remains) -> tuple[str, ...]:
    return (f"its user (no {found.unknown_user} in its files: root instead)",) if found.unknown_user else ()


def _config_left(target: Container, config: Mapping[str, Any]) -> tuple[str, ...]:
    left = []
    if (config.get("Healthcheck") or {}).get("Test") not in (None, [], ["NONE"]):
        left.append("health check")
    if COMPOSE_PROJECT in target.labels:
        left.append("Compose labels")
    return tuple(left)


def _opening(target: Container, choices: Choices, *, writes: bool) -> tuple[str, ...]:
    whose = " as root" if choices.as_root else ""
    volumes = "; its volumes are the real ones, and can be written" if writes else ""
    return (f"A shell{whose} on a copy of what {target.name} left{volumes}.",)


def _original(original: Argv) -> tuple[str, ...]:
    """Return the lines that name the original command: one to paste, where what is shown is what it was."""
    again = f'eval "${COMMAND_VARIABLE}"'
    line = shlex.join(original)
    shown = one_line(typed(hidden_words(original)))
    if shown == line:
        return (f"It was: {line}", f"To run that again, paste it, or: {again}")
    why = "its secrets are masked here" if one_line(line) == line else "it holds what cannot be shown"
    return (f"It was: {shown}", f"To run that again ({why}): {again}")


def rerun_refusal(target: Container) -> Refusal | None:
    """Say why *target* cannot be rerun in its state; None if it can."""
    if target.state is State.RUNNING:
        return Refusal(f"{target.name} is alive.", "e", "a shell inside")
    if target.state is State.PAUSED:
        return Refusal(f"{target.name} is paused, not dead.", "s", "a sidecar sees it as it is")
    if target.state in (State.REMOVING, State.DEAD):
        # An engine that failed half-way through a removal calls what remains "dead", and commits none of it.
        return Refusal(f"{target.name} is being removed: the engine no longer commits it.")
    return None


def _lacking(target: Container, found: Remains, choices: Choices) -> Refusal | None:
    if _takes_toolbox(found, choices) and found.toolbox is None:
        lack = "has no shell, and " if found.shell is None else "gets no toolbox: "
        return Refusal(
            f"{target.name} {lack}there is no static busybox on this engine or machine to bring in:"
            " docker pull busybox:musl fetches one."
        )
    if _straces(choices) and isinstance(found.strace, str):
        return Refusal(f"{target.name} cannot be started under strace: {found.strace}.")
    return None
