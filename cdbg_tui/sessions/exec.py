"""A shell inside a running container: ``docker exec -it``."""

from __future__ import annotations

import shlex

from cdbg_tui.model.container import Container, State
from cdbg_tui.sessions.plan import NO_DETACH, Docker, Plan, Refusal

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
    command: str = "",
) -> Plan | Refusal:
    """Plan a shell in *target*, or *command* (as one would type it) in its stead.

    *shell* is what was found in the container, None if nothing was; *user* and *workdir* are the
    container's own where empty.
    """
    if refusal := exec_refusal(target):
        return refusal
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        return Refusal(f"The command cannot be read: {error}.")
    if not words and shell is None:
        return Refusal(
            f"{target.name} has no shell.", "s", "a sidecar brings its own and sees the same processes and files"
        )
    options = (*NO_DETACH, *(("--user", user) if user else ()), *(("--workdir", workdir) if workdir else ()))
    inner = words or shell_argv(shell or "")
    what = "shell" if not words else words[0]
    whose = f" as {user}" if user else ""
    return Plan(
        title=f"{what} in {target.name}{whose}",
        argv=docker("exec", "-it", *options, target.id[:12], *inner),
        banner=(f"{what} in {target.name}{whose}; exit or Ctrl+D comes back.",),
    )


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
