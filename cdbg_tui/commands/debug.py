"""`cdbg debug`: a container's image with tools, run in its place, without the dashboard."""

from __future__ import annotations

import argparse
import secrets
import shlex
import sys
from pathlib import Path

from cdbg_tui.commands import terminal
from cdbg_tui.commands.naming import resolved
from cdbg_tui.commands.running import run_and_keep
from cdbg_tui.config import load
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.engine.debug_ground import Ground, ground, with_static
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.files import inspect
from cdbg_tui.model.container import from_inspect
from cdbg_tui.sessions.building import INTERRUPTED
from cdbg_tui.sessions.debug_image import (
    Base,
    Choices,
    Start,
    Tools,
    debug_plan,
    debug_refusal,
    dockerfile_of,
    save,
    tools_of,
)
from cdbg_tui.sessions.exec import SHELLS
from cdbg_tui.sessions.plan import DOCKER_FAILED, Refusal
from cdbg_tui.sessions.running import Outcome, missing

_MOST_BYTES = 1 << 20


def main(endpoint: Endpoint, options: argparse.Namespace) -> int:
    """Run the session and return its exit status."""
    return terminal.on_engine(endpoint, lambda engine: _debug(engine, options), failed=DOCKER_FAILED)


def _debug(engine: Engine, options: argparse.Namespace) -> int:
    container_id = resolved(engine, options.name)
    only_told = options.print or options.dockerfile
    if not only_told and not (sys.stdin.isatty() and sys.stdout.isatty()):
        terminal.complain("debug opens a shell and needs a terminal; --print shows its commands.")
        return DOCKER_FAILED
    if refusal := debug_refusal(from_inspect(inspect(engine, container_id))):
        terminal.complain(refusal.sentence)
        return DOCKER_FAILED
    found, choices, suffix = _found(engine, container_id, options), _choices(options), secrets.token_hex(2)
    edited = _read(options.file) if options.file else ""
    text = edited or dockerfile_of(found, suffix, choices)
    made = debug_plan(found, engine.docker, suffix, choices, edited)
    if isinstance(text, Refusal) or isinstance(made, Refusal):
        terminal.complain(made.sentence if isinstance(made, Refusal) else str(text))
        return DOCKER_FAILED
    if options.save:
        save(Path(options.save), text)
    if only_told:
        terminal.tell_command(text.rstrip("\n") if options.dockerfile else made.commands())
        return 0
    if program := missing(made):
        terminal.complain(f"there is no {program} on your PATH.")
        return DOCKER_FAILED
    packages = _packages(found, choices)
    return run_and_keep(made, options, lambda outcome: _tell_ways_on(outcome, options, packages))


def _choices(options: argparse.Namespace) -> Choices:
    return Choices(
        read_only_volumes=options.read_only,
        no_network=options.no_network,
        as_root=options.root,
        writable_root=options.writable,
        base=Base.FILES if options.files else Base.IMAGE,
        tools=Tools(options.tools) if options.tools else Tools.PACKAGES if options.packages else None,
        packages=tuple(options.packages.replace(",", " ").split()),
        start=Start.STRACE if options.strace else Start.ORIGINAL if options.original else Start.SHELL,
    )


def _found(engine: Engine, container_id: str, options: argparse.Namespace) -> Ground:
    toolbox = options.image or load().toolbox
    found = ground(engine, container_id, SHELLS, toolbox)
    return with_static(engine, found, toolbox) if options.tools in ("busybox", "toolbox") else found


def _read(name: str) -> str:
    try:
        if name == "-":
            data = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with open(name, "rb") as file:
                data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise EngineError("missing", f"{name} cannot be read: {error.strerror or error}.") from error
    if len(data) > _MOST_BYTES:
        raise EngineError("refused", f"{name} is too large for a Dockerfile.")
    return data.decode("utf-8", "replace").replace("\r\n", "\n")


def _packages(found: Ground, choices: Choices) -> tuple[str, ...]:
    """Return what is to be installed; nothing where the tools are copied in."""
    if tools_of(found, choices) is not Tools.PACKAGES or found.manager is None:
        return ()
    return choices.packages or found.manager.packages


def _tell_ways_on(outcome: Outcome, options: argparse.Namespace, packages: tuple[str, ...]) -> None:
    """After a build that failed, tell by which commands another may not."""
    failed = outcome.failed_build
    if failed is None or failed.kind == INTERRUPTED or not packages:
        return
    there = [one for one in packages if one not in failed.lacking]
    if failed.lacking and there and len(there) < len(packages) and not options.file:
        out = "it" if len(failed.lacking) == 1 else "them"
        argv = ("cdbg", "debug", options.name, "--packages", " ".join(there))
        terminal.complain(f"{shlex.join(argv)} leaves {out} out.")
    if failed.static_helps:
        terminal.complain(f"cdbg debug {options.name} --tools busybox takes the static toolbox.")
