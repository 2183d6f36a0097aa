"""`cdbg exec`: a shell or a command inside a running container, without the dashboard."""

from __future__ import annotations

import argparse

from cdbg_tui.commands import terminal
from cdbg_tui.commands.naming import resolved
from cdbg_tui.commands.running import carry_out, has_terminal
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.engine.files import inspect
from cdbg_tui.engine.inside import find_shell, users
from cdbg_tui.model.container import from_inspect
from cdbg_tui.sessions.exec import SHELLS, exec_plan, exec_refusal
from cdbg_tui.sessions.plan import DOCKER_FAILED


def main(endpoint: Endpoint, options: argparse.Namespace) -> int:
    """Run the session and return its exit status."""
    return terminal.on_engine(endpoint, lambda engine: _exec(engine, options), failed=DOCKER_FAILED)


def _exec(engine: Engine, options: argparse.Namespace) -> int:
    target = from_inspect(inspect(engine, resolved(engine, options.name)))
    is_up = exec_refusal(target) is None
    tty = has_terminal()
    made = exec_plan(
        target,
        engine.docker,
        shell=find_shell(engine, target.id, SHELLS) if is_up and not options.words else None,
        users=users(engine, target.id) if is_up and options.user else None,
        user=options.user,
        workdir=options.workdir,
        command=tuple(options.words),
        variables=tuple(options.env),
        privileged=options.privileged,
        tty=tty,
    )
    return carry_out(made, only_print=options.print, as_session=tty and not options.words)
