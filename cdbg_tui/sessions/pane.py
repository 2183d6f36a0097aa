"""The program that runs a plan in a pane of tmux; the dashboard is at the other end of the socket."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from cdbg_tui.sessions.life import Life
from cdbg_tui.sessions.plan import Build, Plan
from cdbg_tui.sessions.running import (
    Outcome,
    clean,
    on_terminal,
    signals_for_the_child,
    wants_kept,
)
from cdbg_tui.sessions.signals import signals_as_exit

_OF_THE_PANE = ("TMUX", "TMUX_PANE", "TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION")
"""What this terminal has said of itself; all else is as the dashboard has it."""
_SIZE = ("LINES", "COLUMNS")


def main(path: str) -> None:
    """Get a plan from the socket at *path*, run it on this terminal, and tell what came of it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
        wire.connect(path)
        heard = b""
        while piece := wire.recv(1 << 16):
            heard += piece
        task = json.loads(heard)
        _settle(task["env"], task["cwd"])
        plan = plan_of(task["plan"])
        outcome = Outcome(f"{plan.title}: its pane was closed", "warning")
        try:
            outcome = _run(plan)
        finally:
            with contextlib.suppress(OSError):  # the dashboard was left meanwhile: nobody wants to know
                told = {
                    "line": outcome.line,
                    "severity": outcome.severity,
                    "status": outcome.status,
                    "failed_build": asdict(outcome.failed_build) if outcome.failed_build else None,
                }
                wire.sendall(json.dumps(told).encode())
    sys.exit(outcome.status)


def plan_of(values: Mapping[str, Any]) -> Plan:
    """Return the plan that `dataclasses.asdict` and JSON have made *values* of."""
    fields = {name: _tuples(value) for name, value in values.items()}
    if life := fields.get("life"):
        fields["life"] = Life(**{name: _tuples(value) for name, value in life.items()})
    if build := fields.get("build"):
        fields["build"] = Build(**{name: _tuples(value) for name, value in build.items()})
    return Plan(**fields)


def _tuples(value: Any) -> Any:
    return tuple(_tuples(one) for one in value) if isinstance(value, list) else value


def _settle(env: Mapping[str, str], cwd: str) -> None:
    own = {name: os.environ[name] for name in _OF_THE_PANE if name in os.environ}
    os.environ.clear()
    os.environ.update({name: value for name, value in env.items() if name not in _SIZE} | own)
    with contextlib.suppress(OSError):  # it was removed: where we are is as good
        os.chdir(cwd)


def _run(plan: Plan) -> Outcome:
    with signals_as_exit():
        with signals_for_the_child() as interrupted:
            outcome = on_terminal(plan, interrupted)
        if not outcome.asks_to_keep:
            return outcome
        keeps = False
        complaints: tuple[str, ...] = ()
        try:
            keeps = wants_kept(plan)
        finally:
            complaints = () if keeps else clean(plan)
    left = plan.kept if keeps else "; ".join(complaints) or "removed again: nothing is left behind"
    return replace(outcome, line=f"{outcome.line}; {left}", asks_to_keep=False)
