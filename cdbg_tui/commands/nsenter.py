"""`cdbg nsenter`: programs of this machine in a container's namespaces, without the dashboard."""

from __future__ import annotations

import argparse
import os

from cdbg_tui.commands import terminal
from cdbg_tui.commands.naming import resolved
from cdbg_tui.commands.running import carry_out, has_terminal
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.engine.files import inspect
from cdbg_tui.engine.host import host_view, is_still
from cdbg_tui.engine.inside import find_shell
from cdbg_tui.model.container import from_inspect
from cdbg_tui.sessions.exec import SHELLS
from cdbg_tui.sessions.nsenter import nsenter_plan
from cdbg_tui.sessions.plan import DOCKER_FAILED, Plan, Refusal


def main(endpoint: Endpoint, options: argparse.Namespace) -> int:
    """Run the session and return its exit status."""
    return terminal.on_engine(endpoint, lambda engine: _nsenter(engine, options), failed=DOCKER_FAILED)


def _nsenter(engine: Engine, options: argparse.Namespace) -> int:
    container_id = resolved(engine, options.name)
    details = inspect(engine, container_id)
    found = host_view(engine, details)
    made = nsenter_plan(
        details,
        found,
        shell=os.environ.get("SHELL") or "sh",
        inside=None if found.trouble or options.words else find_shell(engine, container_id, SHELLS),
        namespaces=options.namespaces,
        command=tuple(options.words),
        sudo=options.sudo,
    )
    if isinstance(made, Plan) and not options.print and not is_still(engine, container_id, found):
        made = Refusal(f"{from_inspect(details).name} has ended or restarted: try again.")
    return carry_out(made, only_print=options.print, as_session=has_terminal() and not options.words)
