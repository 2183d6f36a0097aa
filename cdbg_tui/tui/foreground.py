"""Gives the terminal to a session's commands and takes it back whole, whatever they did to it.

The order of things here is measured, not taste: `App.suspend` does not come back from an exception, asyncio
takes a Ctrl+C that was meant for the child as its own, and Textual takes the terminal's modes as it finds
them for those to leave behind at the end.
"""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import shutil
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any, Literal

from textual.app import App, SuspendNotSupported

from cdbg_tui.model.text import one_line
from cdbg_tui.sessions.plan import Argv, Plan, failed, outcome

# What a child may have left switched on: the alternate screen (DECSC first, or leaving it moves the cursor),
# the scroll region, mouse, focus and paste reports, key protocols, application keys, insert mode, no wrap,
# line drawing, colours, and a cursor that is hidden or of another shape.
_RESET = (
    "\x1b7\x1b[?1049l\x1b7\x1b[r\x1b8"
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1004l\x1b[?2004l"
    "\x1b[<u\x1b[>4m\x1b[?1l\x1b>\x1b[4l\x1b[?7h\x1b(B\x0f\x1b[0m\x1b[?25h\x1b[0 q"
)
CLEANUP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a session, in one line for a toast of that severity."""

    line: str
    severity: Literal["information", "warning", "error"] = "information"
    asks_to_keep: bool = False
    """The plan's clean-up has not run: ask first, then call `clean` or tell what was kept."""


def run(app: App[Any], plan: Plan) -> Outcome:
    """Suspend *app*, run *plan* on its terminal, and resume it; on the app's own thread, never raising.

    Meanwhile the app does nothing: its loop waits here.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("the terminal can only be given away by the main thread")
    if missing := _missing(plan):
        return Outcome(f"{plan.title}: there is no {missing} on your PATH.", "error")
    result = Outcome(f"{plan.title} was not started.", "error")
    # Held until Textual has taken the terminal's keys back: up to there Ctrl+C is a signal to us too.
    with _signals_for_the_child() as interrupted:
        try:
            with app.suspend():
                result = _with_terminal(plan, interrupted)
        except SuspendNotSupported:
            return Outcome(
                f"{plan.title}: this terminal cannot be handed over. Copy the command instead.", "error"
            )
    return result


def clean(plan: Plan) -> tuple[str, ...]:
    """Run the plan's clean-up, out of sight, and return what could not be removed, in words.

    It blocks: under the app, call it from a thread of its own.
    """
    complaints: list[str] = []
    for argv in plan.cleanup:
        done = _hidden(argv, seconds=CLEANUP_SECONDS, own_session=True)
        if done and not _is_gone_already(done):
            complaints.append(done)
    return tuple(complaints)


def _missing(plan: Plan) -> str:
    programs = [argv[0] for argv in (plan.pull, *plan.prepare, plan.argv, *plan.cleanup) if argv]
    return next((program for program in programs if shutil.which(program) is None), "")


@contextlib.contextmanager
def _signals_for_the_child() -> Iterator[threading.Event]:
    """Let Ctrl+C and Ctrl+\\ end the child, not us; yield what tells that one of them was pressed.

    The handlers are functions, for SIG_IGN would be inherited by the child.
    """
    pressed = threading.Event()

    def note(_number: int, _frame: FrameType | None) -> None:
        pressed.set()

    before = [(number, signal.signal(number, note)) for number in (signal.SIGINT, signal.SIGQUIT)]
    try:
        yield pressed
    finally:
        for number, handler in before:
            # None: it was installed by something that is not Python, and cannot be put back.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _with_terminal(plan: Plan, interrupted: threading.Event) -> Outcome:
    """Run the plan on a terminal that is ours alone. Nothing may be raised here: the app would not resume."""
    modes = _terminal_modes()
    try:
        return _session(plan, modes, interrupted)
    except Exception as error:  # noqa: BLE001 - see above; it is told instead
        return Outcome(f"{plan.title}: {error or type(error).__name__}", "error")
    finally:
        _take_back(modes)


def _session(plan: Plan, modes: list[Any] | None, interrupted: threading.Event) -> Outcome:
    # The cursor is where it stood when the app began: below may be what the session before left.
    _write("\x1b[J")
    for line in plan.banner:
        _say(line)
    if complaint := _prepare(plan):
        _clean_now(plan)
        return Outcome(f"{plan.title} was not started: {complaint}", "error")
    _say_command(plan.argv)
    started = time.monotonic()
    result = _call(plan.argv)
    seconds = time.monotonic() - started
    _take_back(modes)
    line = outcome(plan, result, seconds)
    if not failed(result, seconds):
        if plan.asks_to_keep:
            return Outcome(line, asks_to_keep=True)
        _clean_now(plan)
        was_ended = isinstance(result, int) and result > 128 and result != 128 + signal.SIGINT
        return Outcome(line, "warning" if was_ended else "information")
    _clean_now(plan)
    if result != -signal.SIGINT:
        # What docker wrote is on this screen, and would be gone with it.
        _say(f"{line}. Press Enter to go back.")
        _wait_for_enter(interrupted)
    return Outcome(line, "error")


def _prepare(plan: Plan) -> str:
    """Run what comes before the session; return what went wrong, or nothing."""
    if plan.pull:
        _say_command(plan.pull)
        result = _call(plan.pull)
        if result != 0:
            return "its image could not be pulled" if result != -signal.SIGINT else "the pull was interrupted"
    for argv in plan.prepare:
        _say_command(argv)
        if complaint := _hidden(argv):
            return complaint
    return ""


def _clean_now(plan: Plan) -> None:
    for complaint in clean(plan):
        _say(complaint)


def _call(argv: Argv) -> int | OSError:
    try:
        # Spelled out: readline, once loaded, puts LINES and COLUMNS into it behind Python's back, and a
        # child would take the terminal's size from there, even after a resize.
        return subprocess.run(argv, check=False, env=dict(os.environ)).returncode
    except OSError as error:
        return error


def _hidden(argv: Argv, *, seconds: float | None = None, own_session: bool = False) -> str:
    """Run *argv* without the terminal; return its last words if it failed, or nothing.

    In a session of its own it is out of reach of a Ctrl+C.
    """
    try:
        done = subprocess.run(
            argv,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=own_session,
            timeout=seconds,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    if done.returncode == -signal.SIGINT or done.returncode == 128 + signal.SIGINT:
        return "interrupted"
    words = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    return one_line(words[-1]) if words else f"{shlex.join(argv)} ended with {done.returncode}"


def _is_gone_already(complaint: str) -> bool:
    """Tell whether the engine's complaint only means that nothing is left to remove."""
    return any(words in complaint for words in ("No such container", "No such image", "already in progress"))


def _terminal_modes() -> list[Any] | None:
    try:
        return termios.tcgetattr(0)
    except termios.error:  # no terminal on stdin
        return None


def _take_back(modes: list[Any] | None) -> None:
    """Undo what the child may have done to the terminal, and forget what was typed ahead for it."""
    with contextlib.suppress(OSError, termios.error):
        if modes is not None:
            _to_front()
            termios.tcsetattr(0, termios.TCSADRAIN, modes)
            termios.tcflush(0, termios.TCIFLUSH)
    _write(_RESET)


def _to_front() -> None:
    """Be the terminal's foreground job again: a shell with job control that was killed leaves its own there."""
    if os.tcgetpgrp(0) == os.getpgrp():
        return
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        os.tcsetpgrp(0, os.getpgrp())
    finally:
        signal.signal(signal.SIGTTOU, signal.SIG_DFL if before is None else before)


def _say(line: str) -> None:
    _write(f"\x1b[2m{one_line(line)}\x1b[0m\r\n")


def _say_command(argv: Argv) -> None:
    _write(f"\x1b[1m$ {one_line(shlex.join(argv))}\x1b[0m\r\n")


def _write(text: str) -> None:
    """Write to the terminal where Textual does: stdout may be somebody's file."""
    if stream := sys.__stderr__:
        with contextlib.suppress(OSError):
            stream.write(text)
            stream.flush()


def _wait_for_enter(interrupted: threading.Event) -> None:
    """Wait for a line on the terminal, its end, or Ctrl+C."""
    interrupted.clear()
    while not interrupted.is_set():
        ready, _, _ = select.select([0], [], [], 0.2)
        if ready:
            typed = os.read(0, 1024)
            if not typed or b"\n" in typed:
                return
