"""How the dashboard leaves when a signal asks it to: what is open is closed, and the terminal given back."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from cdbg_tui.sessions.signals import Asked

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp


def when_asked(app: CdbgApp, asked: Asked) -> None:
    """Have the app leave by its loop when it is asked to, or was before there was a loop.

    Sessions, which hold up the loop, hear signals themselves (`sessions.signals`), and put back who heard them.
    """
    loop = asyncio.get_running_loop()

    def leave(status: int) -> None:
        try:
            loop.call_soon_threadsafe(lambda: app.exit(return_code=status))
        except RuntimeError:  # the loop has ended: nobody hears it any more
            sys.exit(status)

    asked.hand_to(leave)


def stop(app: CdbgApp) -> None:
    """Give the terminal back to the shell, stop as Ctrl+Z does, and take the terminal again when continued.

    All of the job, so that whatever has started us does not go on waiting for the terminal; where no shell could
    continue it, the kernel does not stop it either.
    """
    try:
        with app.suspend():
            handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            try:
                os.killpg(0, signal.SIGTSTP)
            finally:
                signal.signal(signal.SIGTSTP, handler)
    except SuspendNotSupported:
        app.say("This terminal cannot be given back for a while.", "warning")


def on_stop(app: CdbgApp) -> None:
    """Have the app stop as by its key when a signal tells it to; after Textual's own way the screen is empty."""
    textuals = signal.getsignal(signal.SIGTSTP)
    if not callable(textuals):  # there is no terminal
        return
    loop = asyncio.get_running_loop()

    def told(number: int, frame: FrameType | None) -> None:
        if app.is_away:  # in a session, which stops with us: the terminal is not the app's
            textuals(number, frame)
        else:
            loop.call_soon_threadsafe(stop, app)

    signal.signal(signal.SIGTSTP, told)
