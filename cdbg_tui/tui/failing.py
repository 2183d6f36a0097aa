"""What a report of a failure can tell of the dashboard, and how it hears of what failed out of its sight."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual.events import Key, MouseDown

from cdbg_tui import crash
from cdbg_tui.engine.gate import shut_by

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp


def watch(app: CdbgApp) -> None:
    """Have what fails in a thread or a task told on the screen, and the terminal described in reports."""

    def tell(words: str) -> None:
        # From whatever thread: the app's own does it.
        app.call_later(app.say, f"{words}.", "error")

    crash.know("terminal", lambda: f"{app.size.width}x{app.size.height}, {_terminal()}")
    crash.know("read-only", lambda: "yes" if shut_by() else "no")
    crash.know("containers", lambda: f"{len(app.roster.containers)} listed")
    crash.tell_by(tell)
    asyncio.get_running_loop().set_exception_handler(_task_failed)


def _task_failed(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    if isinstance(error, Exception):
        crash.in_background(error, "in a task of the dashboard")
    else:
        crash.note(f"asyncio: {context.get('message')}")


def of_textuals(renderables: Sequence[object]) -> Exception:
    """Return what Textual would print of a failure as an error to be reported: where it was, and no values."""
    from rich.traceback import Traceback

    told = []
    for one in renderables:
        for stack in one.trace.stacks if isinstance(one, Traceback) else ():
            frames = (f"{os.path.basename(frame.filename)}:{frame.lineno} {frame.name}" for frame in stack.frames)
            told.append(f"{stack.exc_type} in {', '.join(frames)}")
    return RuntimeError("; ".join(told) or "Textual gave up")


def _terminal() -> str:
    inside = "in tmux" if os.environ.get("TMUX") else "not in tmux"
    return f"TERM={os.environ.get('TERM')} COLORTERM={os.environ.get('COLORTERM')}, {inside}"


def note_input(app: CdbgApp, event: Key | MouseDown) -> None:
    """Remember a key or a click for a report; never what is typed into a field."""
    where = type(app.screen).__name__ if app.screen_stack else "no screen"
    if isinstance(event, MouseDown):
        crash.note(f"click at {event.screen_x},{event.screen_y} on {where}")
    else:
        is_typed = app.focused is not None and app.focused.check_consume_key(event.key, event.character)
        crash.note(f"{'a letter typed' if is_typed else f'key {event.key}'} on {where}")
