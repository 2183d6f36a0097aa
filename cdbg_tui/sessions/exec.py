"""A shell inside a running container: ``docker exec -it``."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection

from cdbg_tui.model.container import Container, State
from cdbg_tui.sessions.plan import NO_DETACH, Argv, Docker, Plan, Refusal

SHELLS = (
    "/bin/bash",
    "/usr/bin/bash",
    "/usr/local/bin/bash",
    "/bin/zsh",
    "/usr/bin/zsh",
    "/bin/ash",
    "/bin/dash",
    "/bin/sh",
    "/usr/bin/sh",
    "/usr/local/bin/sh",
    "/busybox/sh",
    "/bin/busybox",
    "/usr/bin/busybox",
    "/busybox/busybox",
    "/busybox",
)
"""Where shells lie, best first; a bare busybox serves as one. Distroless debug images keep theirs in /busybox."""

_VARIABLE = re.compile(r"[^\s=]+(=|$)")
_MOST_NAMES = 8


def shell_argv(shell: str) -> tuple[str, ...]:
    """Return the words that start *shell*: a bare busybox wants to be told what it is to be."""
    return (shell, "sh") if shell.endswith("/busybox") else (shell,)


def exec_plan(
    target: Container,
    docker: Docker,
    *,
    shell: str | None,
    user: str = "",
    workdir: str = "",
    command: str | Argv = (),
    variables: str | Argv = (),
    privileged: bool = False,
    users: Collection[str] | None = None,
    tty: bool = True,
) -> Plan | Refusal:
    """Plan a shell in *target*, or *command* in its stead.

    *shell* is what was found in the container, None if nothing was; *user* and *workdir* are the container's
    own where empty. *command* and *variables* are words, or one text as one would type it. *users* are the
    names that the container knows, None if that was not looked at. Without *tty*, its input and output are
    as good as those of a pipe.
    """
    if refusal := exec_refusal(target) or _no_such_user(target, user, users):
        return refusal
    try:
        words, env = _words(command, "command"), _words(variables, "variables")
    except ValueError as error:
        return Refusal(str(error))
    if wrong := next((word for word in env if not _VARIABLE.match(word)), None):
        return Refusal(f"“{wrong}” is no variable: they are written NAME=value, or NAME for its value here.")
    if not words and shell is None:
        return Refusal(
            f"{target.name} has no shell.", "s", "a sidecar brings its own and sees the same processes and files"
        )
    options = [*NO_DETACH] if tty else []
    options += ["--user", user] if user else []
    options += ["--workdir", workdir] if workdir else []
    options += [word for one in env for word in ("--env", one)]
    options += ["--privileged"] if privileged else []
    inner = words or shell_argv(shell or "")
    what = "shell" if not words else words[0]
    whose = f" as {user}" if user else ""
    return Plan(
        title=f"{what} in {target.name}{whose}",
        argv=docker("exec", "-it" if tty else "-i", *options, target.id[:12], *inner),
        banner=(f"{what} in {target.name}{whose}; exit or Ctrl+D comes back.",),
    )


def _words(typed: str | Argv, what: str) -> Argv:
    """Return what was typed as words.

    Raises:
        ValueError: a quote is open; the text is a sentence.
    """
    if not isinstance(typed, str):
        return tuple(typed)
    try:
        return tuple(shlex.split(typed))
    except ValueError as error:
        raise ValueError(f"The {what} cannot be read: {error}.") from error


def _no_such_user(target: Container, user: str, users: Collection[str] | None) -> Refusal | None:
    """Say that the container does not know *user*: the engine looks names up in its files, but not numbers."""
    name = user.partition(":")[0]
    if users is None or not name or name.isdigit() or name in users:
        return None
    known = f"it knows {', '.join(list(users)[:_MOST_NAMES])}" if users else "it has no /etc/passwd"
    return Refusal(f"{target.name} has no user “{name}”: {known}. A number does everywhere, as 0 or 1000:1000.")


def exec_refusal(target: Container) -> Refusal | None:
    """Say why *target* cannot be entered in its state; None if it can."""
    match target.state:
        case State.RUNNING:
            return None
        case State.PAUSED:
            return Refusal(f"{target.name} is paused: nothing can be started in it.", "x", "unpause it")
        case State.RESTARTING:
            return Refusal(
                f"{target.name} is between two restarts: there is nothing to enter.",
                "c",
                "a shell on what it left",
            )
        case State.CREATED:
            return Refusal(f"{target.name} never ran.", "c", "a shell on its files")
        case State.REMOVING | State.DEAD:
            return Refusal(f"{target.name} is being removed.")
    return Refusal(f"{target.name} does not run.", "c", "a shell on what it left")
