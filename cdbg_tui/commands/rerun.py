"""`cdbg rerun`: a shell on what a dead container left, without the dashboard."""

from __future__ import annotations

import argparse
import secrets
import sys
import time

from cdbg_tui.commands import terminal
from cdbg_tui.commands.naming import resolved
from cdbg_tui.commands.running import run_and_keep
from cdbg_tui.config import load, state_dir
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.files import inspect
from cdbg_tui.engine.freezing import Policies, freeze, has_ended, update_words
from cdbg_tui.engine.images import has_image
from cdbg_tui.engine.remains import Remains, remains, with_strace, with_toolbox
from cdbg_tui.model.container import Container, State, from_inspect
from cdbg_tui.sessions.exec import SHELLS
from cdbg_tui.sessions.plan import DOCKER_FAILED, Plan, Refusal
from cdbg_tui.sessions.rerun import Choices, Start, rerun_plan, rerun_refusal
from cdbg_tui.sessions.running import (
    missing,
)

YOUNG_SECONDS = 60.0
"""One that was restarted, and has run for longer, does not crash at once."""


def main(endpoint: Endpoint, options: argparse.Namespace) -> int:
    """Run the session and return its exit status."""
    return terminal.on_engine(endpoint, lambda engine: _rerun(engine, options), failed=DOCKER_FAILED)


def _rerun(engine: Engine, options: argparse.Namespace) -> int:
    container_id = resolved(engine, options.name)
    if not options.print and not (sys.stdin.isatty() and sys.stdout.isatty()):
        terminal.complain("rerun opens a shell and needs a terminal; --print shows its commands.")
        return DOCKER_FAILED
    made = _planned(engine, container_id, options)
    if isinstance(made, Refusal):
        terminal.complain(made.sentence)
        return DOCKER_FAILED
    if options.print:
        terminal.tell_command(made.commands())
        return 0
    if program := missing(made):
        terminal.complain(f"there is no {program} on your PATH.")
        return DOCKER_FAILED
    return run_and_keep(made, options)


def _planned(engine: Engine, container_id: str, options: argparse.Namespace) -> Plan | Refusal:
    target = from_inspect(inspect(engine, container_id))
    if options.freeze and _loops(target):
        _freeze(engine, container_id, target.name, only_told=options.print)
    elif refusal := rerun_refusal(target):
        return refusal
    start = Start.STRACE if options.strace else Start.TOOLBOX if options.toolbox_shell else Start.SHELL
    choices = Choices(
        read_only_volumes=options.read_only,
        no_network=options.no_network,
        as_root=options.root,
        writable_root=options.writable,
        start=start,
    )
    return rerun_plan(_found(engine, container_id, options, start), engine.docker, secrets.token_hex(2), choices)


def _loops(target: Container) -> bool:
    """Tell whether it is in a restart loop: one that runs well keeps its policy, whatever was asked."""
    if target.state is State.RUNNING:
        return bool(target.restarts) and time.time() - (target.since or 0.0) < YOUNG_SECONDS
    return target.state is State.RESTARTING


def _found(engine: Engine, container_id: str, options: argparse.Namespace, start: Start) -> Remains:
    found = remains(engine, container_id, SHELLS)
    if options.busybox or (start is Start.TOOLBOX and found.toolbox is None):
        found = with_toolbox(engine, found, options.busybox)
    if options.busybox and found.toolbox is None:
        here = has_image(engine, options.busybox)
        why = "has no static busybox for its processor" if here else "is not on this engine"
        advice = "" if here else f"docker pull {options.busybox} fetches it."
        raise EngineError("missing", f"The image {options.busybox} {why}.", advice)
    return with_strace(engine, found, load().toolbox) if start is Start.STRACE else found


def _freeze(engine: Engine, container_id: str, name: str, *, only_told: bool) -> None:
    words = engine.docker(*update_words("no", name))
    if only_told:
        terminal.tell_command(" ".join(words))
        return
    policy = freeze(engine, container_id, Policies(state_dir()))
    if policy != "no":
        back = " ".join(engine.docker(*update_words(policy, name)))
        terminal.complain(f"{name} is no longer restarted; its policy was {policy}: {back} puts it back.")
    if not has_ended(engine, container_id):
        raise EngineError("refused", f"{name} runs on: it is no longer restarted when it ends.")
