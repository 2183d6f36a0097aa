"""The terminal of a container's main process: ``docker attach``, with a way out that is told.

What a key does there depends on the container. With a terminal of its own, everything typed is the program's,
Ctrl+C included; only there the engine looks for detach keys. Without one, Ctrl+C is a signal on this side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdbg_tui.model.container import Container, State, from_inspect
from cdbg_tui.sessions.plan import Docker, Plan, Refusal

DETACH_KEY, DETACH_SHOWN = "ctrl-]", "Ctrl+]"
"""As telnet has it. Docker's own, Ctrl+P Ctrl+Q, keeps each Ctrl+P back until the next key."""


def attach_plan(details: Mapping[str, Any], docker: Docker, *, tty: bool = True) -> Plan | Refusal:
    """Plan to attach to the container whose inspection is *details*.

    Without a *tty* of ours, docker attaches to a container with a terminal for its output only.
    """
    target = from_inspect(details)
    if refusal := attach_refusal(target):
        return refusal
    config = details.get("Config") or {}
    has_tty = bool(config.get("Tty"))
    has_stdin = bool(config.get("OpenStdin")) and (tty or not has_tty)
    is_raw = has_stdin and has_tty
    options = ["--sig-proxy=false"]
    if is_raw:
        options = ["--detach-keys", DETACH_KEY, *options]
    if not has_stdin:
        options += ["--no-stdin"]
    return Plan(
        title=f"attached to {target.name}",
        argv=docker("attach", *options, target.id[:12]),
        banner=(
            *_banner(target, config),
            "What it wrote before is in its log; here stands what it writes from now on.",
        ),
        still_runs=docker("container", "inspect", "--format", "{{.State.Running}}", target.id),
        ends_on_ctrl_c=not is_raw,
    )


def takes_input(details: Mapping[str, Any]) -> bool:
    """Tell whether what is typed would reach the main process."""
    return bool((details.get("Config") or {}).get("OpenStdin"))


def _banner(target: Container, config: Mapping[str, Any]) -> tuple[str, ...]:
    name = target.name
    leaves = f"Ctrl+C leaves, and is not passed on; {name} runs on."
    if not config.get("OpenStdin"):
        return (f"Output only: the standard input of {name} is not open.", leaves)
    if not config.get("Tty"):
        ends = " Ctrl+D ends its input, for good." if config.get("StdinOnce") else ""
        return (f"Each line that you type goes to the main process of {name} ({target.command}).{ends}", leaves)
    return (
        f"Each key goes to the main process of {name} ({target.command}): Ctrl+C, too, and that may end it.",
        f"{DETACH_SHOWN} leaves, and {name} runs on.",
    )


def attach_refusal(target: Container) -> Refusal | None:
    """Say why nobody can attach to *target* in its state; None if one can."""
    match target.state:
        case State.RUNNING:
            return None
        case State.PAUSED:
            return Refusal(f"{target.name} is paused: it neither reads nor writes.", "x", "unpause it")
        case State.RESTARTING:
            return Refusal(
                f"{target.name} is between two restarts: there is nothing to attach to.",
                "c",
                "a shell on what it left",
            )
        case State.CREATED:
            return Refusal(f"{target.name} never ran.", "x", "start it")
        case State.REMOVING | State.DEAD:
            return Refusal(f"{target.name} is being removed.")
    return Refusal(f"{target.name} does not run: its output is in its log.", "c", "a shell on what it left")
