"""Gives the terminal to a session's commands: suspends the app, has them run, and resumes it.

The order of things here is measured, not taste: `App.suspend` does not come back from an exception, asyncio
takes a Ctrl+C that was meant for the child as its own, and Textual takes the terminal's modes as it finds
them for those to leave behind at the end.
"""

from __future__ import annotations

import threading
from typing import Any

from textual.app import App, SuspendNotSupported

from cdbg_tui.sessions.plan import Plan
from cdbg_tui.sessions.running import Outcome, clean, missing, on_terminal, signals_for_the_child

__all__ = ["Outcome", "clean", "run"]


def run(app: App[Any], plan: Plan) -> Outcome:
    """Suspend *app*, run *plan* on its terminal, and resume it; on the app's own thread, never raising.

    Meanwhile the app does nothing: its loop waits here.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("the terminal can only be given away by the main thread")
    if program := missing(plan):
        return Outcome(f"{plan.title}: there is no {program} on your PATH.", "error")
    result = Outcome(f"{plan.title} was not started.", "error")
    # Held until Textual has taken the terminal's keys back: up to there Ctrl+C is a signal to us too.
    with signals_for_the_child() as interrupted:
        try:
            with app.suspend():
                result = on_terminal(plan, interrupted)
        except SuspendNotSupported:
            return Outcome(
                f"{plan.title}: this terminal cannot be handed over. Copy the command instead.", "error"
            )
    return result
