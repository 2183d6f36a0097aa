"""`cdbg sidecar`: a toolbox beside a running container, without the dashboard."""

from __future__ import annotations

import argparse
import secrets
import sys

from cdbg_tui.commands import terminal
from cdbg_tui.commands.naming import resolved
from cdbg_tui.config import load, state_dir
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.model.container import from_inspect
from cdbg_tui.sessions.beside import planned, read_for, remember
from cdbg_tui.sessions.plan import DOCKER_FAILED, Plan, Refusal
from cdbg_tui.sessions.profiles import BY_NAME
from cdbg_tui.sessions.pulling import pull
from cdbg_tui.sessions.running import missing, on_terminal, quietly, signals_for_the_child
from cdbg_tui.sessions.sidecar import Wishes, sidecar_refusal, unseen
from cdbg_tui.sessions.signals import signals_as_exit


def main(endpoint: Endpoint, options: argparse.Namespace) -> int:
    """Run the session and return its exit status."""
    return terminal.on_engine(endpoint, lambda engine: _sidecar(engine, options), failed=DOCKER_FAILED)


def _sidecar(engine: Engine, options: argparse.Namespace) -> int:
    container_id = resolved(engine, options.name)
    has_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if not (options.words or options.print or has_terminal):
        terminal.complain("sidecar opens a shell and needs a terminal; give it a command, or --print.")
        return DOCKER_FAILED
    image = options.image or load().toolbox
    wishes = Wishes(
        profile=BY_NAME[options.profile],
        user=options.user,
        volumes=options.volumes_from,
        ipc=options.ipc,
        stands_in_root=options.root,
        command=tuple(options.words),
        terminal=has_terminal or options.print,
        pull=options.pull,
    )
    made = _planned(engine, container_id, image, wishes)
    if isinstance(made, Refusal):
        terminal.complain(made.sentence)
        return DOCKER_FAILED
    if options.print:
        terminal.tell_command(made.commands())
        return 0
    if program := missing(made):
        terminal.complain(f"there is no {program} on your PATH.")
        return DOCKER_FAILED
    return _answered(made) if options.words else _entered(made)


def _planned(engine: Engine, container_id: str, image: str, wishes: Wishes) -> Plan | Refusal:
    found = read_for(engine, container_id, image, wishes, state_dir())
    if refusal := sidecar_refusal(from_inspect(found.details)):
        return refusal
    if found.image is None and not wishes.pull:
        return Refusal(f"The image {image} is not on this engine: --pull fetches it, --image takes another.")
    made = planned(found, engine.docker, image, secrets.token_hex(2), wishes)
    if isinstance(made, Plan):
        remember(found, image, state_dir())
        if wishes.command and (why := unseen(found.details, wishes, found.rights)):
            terminal.complain(why)
    return made


def _entered(plan: Plan) -> int:
    with signals_as_exit(), signals_for_the_child() as interrupted:
        outcome = on_terminal(plan, interrupted, waits=False)
    terminal.complain(outcome.line)
    return outcome.status


def _answered(plan: Plan) -> int:
    """Run a command and nothing else: what it writes is all that is written."""
    if plan.pull:
        with signals_for_the_child():
            complaint = pull(plan.pull, terminal.complain)
        if complaint:
            terminal.complain(f"{plan.title} was not started: {complaint}")
            return DOCKER_FAILED
    with signals_as_exit():
        return quietly(plan)
