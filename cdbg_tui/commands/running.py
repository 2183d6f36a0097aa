"""A plan run from the command line: as a session on a terminal, or without a word where it is part of a pipe."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from cdbg_tui.commands import terminal
from cdbg_tui.sessions.plan import DOCKER_FAILED, Plan, Refusal
from cdbg_tui.sessions.running import (
    Outcome,
    clean,
    missing,
    on_terminal,
    quietly,
    signals_for_the_child,
    wants_kept,
)
from cdbg_tui.sessions.signals import signals_as_exit


def has_terminal() -> bool:
    """Tell whether both input and output are a terminal: only then is there somebody to have a session."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def carry_out(made: Plan | Refusal, *, only_print: bool, as_session: bool) -> int:
    """Print a plan, or run it, or say why there is none; return the exit status."""
    if isinstance(made, Refusal):
        terminal.complain(made.sentence)
        return DOCKER_FAILED
    if only_print:
        terminal.tell_command(made.commands())
        return 0
    if program := missing(made):
        terminal.complain(f"there is no {program} on your PATH.")
        return DOCKER_FAILED
    if not as_session:
        return quietly(made)
    with signals_as_exit(), signals_for_the_child() as interrupted:
        outcome = on_terminal(made, interrupted, waits=False)
    terminal.complain(outcome.line)
    return outcome.status


def run_and_keep(
    plan: Plan, options: argparse.Namespace, failed: Callable[[Outcome], None] = lambda _: None
) -> int:
    """Run a plan whose remains may be kept, by ``--keep``, ``--remove`` or the answer to a question.

    *failed* is told of one that came to nothing. Return the exit status.
    """
    with signals_as_exit():
        with signals_for_the_child() as interrupted:
            outcome = on_terminal(plan, interrupted, waits=False)
        if not outcome.asks_to_keep:
            terminal.complain(outcome.line)
            failed(outcome)
            return outcome.status
        keeps = False
        try:
            keeps = bool(options.keep) if options.keep or options.remove else wants_kept(plan)
        finally:
            complaints = () if keeps else clean(plan)
    for line in (outcome.line, plan.kept if keeps else "; ".join(complaints) or "removed: nothing is left behind"):
        terminal.complain(line)
    return outcome.status
