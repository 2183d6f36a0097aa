"""A dead container brought back under a shell: ``docker commit``, then a container of that image.

The commit carries its files, environment, user and working directory; the rest is given to the new container
(`copies`).
"""

from __future__ import annotations

import re
import shlex
import tempfile
from dataclasses import dataclass
from enum import StrEnum

from cdbg_tui.engine.remains import Remains
from cdbg_tui.model.container import Container, State, from_inspect
from cdbg_tui.sessions.copies import Differences, command_of, copy_of, told
from cdbg_tui.sessions.exec import shell_argv
from cdbg_tui.sessions.plan import (
    SESSION_LABEL,
    TARGET_LABEL,
    Argv,
    Docker,
    Plan,
    Refusal,
    image_name,
    object_name,
)
from cdbg_tui.sessions.tools import Tools, tools, traced, with_links

REPOSITORY = "cdbg-rerun"
_COMPOSE_LABEL = re.compile(r"com\.docker\.compose\.[A-Za-z0-9._-]+", re.ASCII)


class Start(StrEnum):
    """What the copy is started with."""

    SHELL = "shell"
    """Its own shell, or that of the toolbox where it has none."""
    TOOLBOX = "toolbox"
    STRACE = "strace"
    """The original command under strace, then a shell."""


@dataclass(frozen=True, slots=True)
class Choices(Differences):
    """In what the copy is to differ from the original, and how it is started."""

    start: Start = Start.SHELL
    pull: bool = False
    """Whether the image of the toolbox is fetched first."""


AS_IT_WAS = Choices()


def rerun_plan(found: Remains, docker: Docker, suffix: str, choices: Choices = AS_IT_WAS) -> Plan | Refusal:
    """Plan a shell on what the dead container of *found* left; *suffix* makes its names its own."""
    details = found.details
    target = from_inspect(details)
    if refusal := rerun_refusal(target) or _lacking(target, found, choices):
        return refusal
    name = object_name(target.name, suffix)
    image = f"{REPOSITORY}/{image_name(target.name, target.id[:12])}:{suffix}"
    labels = (f"{SESSION_LABEL}=rerun", f"{TARGET_LABEL}={target.id}")
    brought = tools(found, docker, name, labels, shell=_takes_toolbox(found, choices), strace=_straces(choices))
    original = command_of(details)
    copy = copy_of(
        found,
        docker,
        name,
        image,
        _start(found, brought, choices, original),
        choices,
        in_image=found.has_image,
        brought=brought,
    )
    prepare, cleanup = files_as_image(found, docker, labels, name, image)
    return Plan(
        title=f"rerun of {target.name}",
        pull=docker("pull", found.toolbox.image) if choices.pull and found.toolbox else (),
        argv=copy.argv,
        prepare=(*prepare, *copy.prepare),
        cleanup=(docker("rm", "--force", name), docker("rmi", image), *brought.cleanup, *cleanup),
        never_ran=copy.never_ran,
        asks_to_keep=True,
        kept=f"kept: container {name} (docker start -ai {name}), image {image}{brought.kept}",
        banner=(
            *_opening(target, choices, writes=copy.writes),
            *told(copy, original),
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


def files_as_image(
    found: Remains, docker: Docker, labels: Argv, name: str, image: str
) -> tuple[tuple[Argv, ...], tuple[Argv, ...]]:
    """Return what makes an image of the container's files, and what must be removed of that but the image."""
    target = from_inspect(found.details)
    if found.has_image:
        # Labels of a container cannot be removed from its image, only emptied.
        compose = (f"{key}=" for key in target.labels if _COMPOSE_LABEL.fullmatch(key))
        # One that runs goes on running meanwhile.
        pause = ("--pause=false",) if target.state is State.RUNNING else ()
        change = "LABEL " + " ".join((*labels, *compose))
        return (docker("commit", *pause, "--change", change, target.id[:12], image),), ()
    # The engine commits nothing whose image it no longer has; its files can still be exported.
    archive = f"{tempfile.gettempdir()}/{name}.tar"
    remove = ("rm", "-f", archive)
    made = docker("import", "--change", "LABEL " + " ".join(labels), archive, image)
    return (docker("export", "--output", archive, target.id[:12]), made, remove), (remove,)


def _opening(target: Container, choices: Choices, *, writes: bool) -> tuple[str, ...]:
    whose = " as root" if choices.as_root else ""
    volumes = "; its volumes are the real ones, and can be written" if writes else ""
    return (f"A shell{whose} on a copy of what {target.name} left{volumes}.",)


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
