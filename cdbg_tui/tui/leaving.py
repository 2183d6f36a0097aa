"""Signals that ask the dashboard to leave, heard by its loop: what is open is closed, and the terminal given back.

An exception out of a signal's handler, as elsewhere, comes up wherever the program happens to be, and may get
lost there, or pass by what Textual has to undo.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp


def on_signals(app: CdbgApp) -> None:
    """Have the app leave when it is asked to; asked again, the program ends without waiting for it.

    Sessions, which hold up the loop, hear signals themselves. Nothing is done where nobody hears them so far: who
    does (`sessions.signals`) puts back the handlers.
    """
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        return
    loop = asyncio.get_running_loop()
    asked: list[int] = []

    def leave(number: int, _frame: object) -> None:
        if asked:
            sys.exit(128 + number)
        asked.append(number)
        try:
            loop.call_soon_threadsafe(lambda: app.exit(return_code=128 + number))
        except RuntimeError:  # the loop has ended: nobody hears it any more
            sys.exit(128 + number)

    for one in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(one, leave)


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
