"""Programs of this machine in a container's namespaces: ``nsenter``.

The container needs neither a shell nor a tool, and nothing is made: of the namespaces that are not entered, the
machine's own hold, so by default a program sees the machine's files and the container's network.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from cdbg_tui.engine.host import NAMESPACES, HostView
from cdbg_tui.model.container import Container, State, from_inspect
from cdbg_tui.sessions.exec import shell_argv
from cdbg_tui.sessions.plan import Argv, Plan, Refusal

DEFAULT = ("net",)
_OPTIONS = {"mnt": "--mount"}
"""Of nsenter, where they are not the name of the namespace."""


def nsenter_plan(
    details: Mapping[str, Any],
    found: HostView,
    *,
    shell: str,
    inside: str | None = None,
    namespaces: str | Sequence[str] = DEFAULT,
    command: str | Argv = (),
    sudo: bool = False,
) -> Plan | Refusal:
    """Plan *command*, or a shell, in *namespaces* of the container whose inspection is *details*.

    *shell* is that of this machine, *inside* the one that the container has: with its mount namespace, programs
    are looked for in its files. *namespaces* and *command* are words, or one text as one would type it.
    """
    target = from_inspect(details)
    if refusal := nsenter_refusal(target):
        return refusal
    if found.trouble:
        return Refusal(found.trouble, "s", "a sidecar sees the same network and processes")
    if not found.has_rights and not sudo:
        helps = "choose sudo, or start cdbg as root" if found.has_sudo else "start cdbg as root"
        return Refusal(f"Entering namespaces takes root (CAP_SYS_ADMIN, CAP_SYS_PTRACE): {helps}.")
    wanted = _named(namespaces)
    if isinstance(wanted, Refusal):
        return wanted
    if "user" in wanted and "user" in found.shared:
        return Refusal(f"{target.name} has the user namespace of this machine: leave “user” out.")
    words = _words(command)
    if isinstance(words, Refusal):
        return words
    if not words and "mnt" in wanted and inside is None:
        return Refusal(f"{target.name} has no shell: leave “mnt” out, or name a program that it has.")
    inner = words or (shell_argv(inside or "") if "mnt" in wanted else (shell,))
    options = [_OPTIONS.get(one, f"--{one}") for one in wanted]
    what = f"{', '.join(wanted)} of {target.name}"
    prefix = ("sudo",) if sudo else ()
    return Plan(
        title=f"{words[0] if words else 'host shell'} in {what}",
        argv=(*prefix, "nsenter", "--target", str(found.pid), *options, "--", *inner),
        banner=(f"{_whose(wanted, target)} exit or Ctrl+D comes back.", *_notes(wanted, found, target)),
        is_local=True,
    )


def _whose(wanted: Argv, target: Container) -> str:
    names = ", ".join(_WORDS[one] for one in wanted)
    rest = "" if len(wanted) == len(NAMESPACES) else " The rest is this machine's: be careful."
    return f"You have the {names} of {target.name} (PID {target.pid})." + rest


_WORDS = {
    "net": "network",
    "pid": "processes",
    "mnt": "files",
    "uts": "hostname",
    "ipc": "shared memory",
    "user": "users",
    "cgroup": "control groups",
}


def _notes(wanted: Argv, found: HostView, target: Container) -> tuple[str, ...]:
    notes = []
    if shared := [one for one in wanted if one in found.shared]:
        notes.append(f"{target.name} has no {' and '.join(shared)} namespace of its own: that is the machine's.")
    if "pid" in wanted and "mnt" not in wanted:
        notes.append("ps and /proc still show this machine's processes: that takes “mnt” as well.")
    if target.state is State.PAUSED:
        notes.append(f"{target.name} is paused: its processes are there, and frozen.")
    return tuple(notes)


def _named(namespaces: str | Sequence[str]) -> Argv | Refusal:
    names = namespaces.replace(",", " ").split() if isinstance(namespaces, str) else namespaces
    if names == ["all"]:
        return tuple(one for one in NAMESPACES if one != "user")
    names = ["mnt" if one == "mount" else one for one in names]
    if unknown := [one for one in names if one not in NAMESPACES]:
        return Refusal(f"“{unknown[0]}” is no namespace: there are {', '.join(NAMESPACES)}, and all (but user).")
    if not names:
        return Refusal(f"Name a namespace: {', '.join(NAMESPACES)}.")
    return tuple(one for one in NAMESPACES if one in names)


def _words(typed: str | Argv) -> Argv | Refusal:
    try:
        return tuple(shlex.split(typed)) if isinstance(typed, str) else tuple(typed)
    except ValueError as error:
        return Refusal(f"The command cannot be read: {error}.")


def nsenter_refusal(target: Container) -> Refusal | None:
    """Say why *target* has no namespaces in its state; None if it has."""
    if target.is_up:
        return None
    if target.state is State.RESTARTING:
        return Refusal(
            f"{target.name} is between two restarts: it has no namespaces.", "c", "a shell on what it left"
        )
    if target.state in (State.REMOVING, State.DEAD):
        return Refusal(f"{target.name} is being removed.")
    return Refusal(f"{target.name} does not run: it has no namespaces.", "c", "a shell on what it left")
