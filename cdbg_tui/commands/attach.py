"""`cdbg attach`: the input and output of a container's main process, without the dashboard."""

from __future__ import annotations

import argparse

from cdbg_tui.commands import terminal
from cdbg_tui.commands.naming import resolved
from cdbg_tui.commands.running import carry_out, has_terminal
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.engine.files import inspect
from cdbg_tui.sessions.attach import attach_plan
from cdbg_tui.sessions.plan import DOCKER_FAILED


def main(endpoint: Endpoint, options: argparse.Namespace) -> int:
    """Run the session and return its exit status."""
    return terminal.on_engine(endpoint, lambda engine: _attach(engine, options), failed=DOCKER_FAILED)


def _attach(engine: Engine, options: argparse.Namespace) -> int:
    details = inspect(engine, resolved(engine, options.name))
    made = attach_plan(details, engine.docker, tty=has_terminal() or options.print)
    return carry_out(made, only_print=options.print, as_session=has_terminal())
