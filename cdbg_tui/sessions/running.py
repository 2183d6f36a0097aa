"""Runs a session's commands on this process's terminal, and takes the terminal back whole.

Who calls it owns the terminal: the dashboard suspended itself, the command line has it anyway.
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

from cdbg_tui.model.text import one_line
from cdbg_tui.sessions.plan import DOCKER_FAILED, Argv, Plan, failed, outcome, shown

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
    status: int = DOCKER_FAILED
    """What a shell would say of it: the session's own, 128 and the signal that ended the command line."""


def missing(plan: Plan) -> str:
    """Return the first program of the plan that is not on the PATH, or nothing."""
    programs = [argv[0] for argv in (plan.pull, *plan.prepare, plan.argv, *plan.cleanup) if argv]
    return next((program for program in programs if shutil.which(program) is None), "")


def clean(plan: Plan) -> tuple[str, ...]:
    """Run the plan's clean-up, out of sight, and return what could not be removed, in words.

    It blocks: under the app, call it from a thread of its own.
    """
    with _undisturbed():
        said = [_hidden(argv, seconds=CLEANUP_SECONDS) for argv in plan.cleanup]
    return tuple(one for one in said if one and not _is_gone_already(one))


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let what ends this process wait: half done, nobody would know what there is to clean up."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGHUP))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def signals_for_the_child() -> Iterator[threading.Event]:
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


@contextlib.contextmanager
def ending_cleans_up() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end this process by an exception, so that every ``finally`` is heard."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = [(number, signal.signal(number, end)) for number in (signal.SIGTERM, signal.SIGHUP)]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def on_terminal(plan: Plan, interrupted: threading.Event, *, waits: bool = True) -> Outcome:
    """Run the plan on a terminal that is ours alone, under `signals_for_the_child`.

    Where it fails and *waits*, Enter is waited for: what docker wrote would be gone with this screen. Nothing
    is raised but what a signal's handler raises, and then everything is cleaned up first.
    """
    modes = _terminal_modes()
    try:
        with ending_cleans_up():
            return _session(plan, modes, interrupted, waits=waits)
    except Exception as error:  # noqa: BLE001 - a suspended app would not resume; it is told instead
        return Outcome(f"{plan.title}: {error or type(error).__name__}", "error")
    finally:
        _take_back(modes)


def _session(plan: Plan, modes: list[Any] | None, interrupted: threading.Event, *, waits: bool) -> Outcome:
    # The cursor is where it stood when the app began: below may be what the session before left.
    _write("\x1b[J")
    for line in plan.banner:
        _say(line)
    is_settled = False
    try:
        if complaint := _prepare(plan, interrupted):
            status = _status(-signal.SIGINT) if interrupted.is_set() else DOCKER_FAILED
            return Outcome(f"{plan.title} was not started: {complaint}", "error", status=status)
        _say_command(plan.argv)
        started = time.monotonic()
        result = _call(plan.argv)
        seconds = time.monotonic() - started
        _take_back(modes)
        if result != 0 and _never_ran(plan):
            result = DOCKER_FAILED
        line, status = outcome(plan, result, seconds), _status(result)
        if not failed(result, seconds):
            is_settled = plan.asks_to_keep
            was_ended = isinstance(result, int) and result > 128 and result != 128 + signal.SIGINT
            severity: Literal["information", "warning"] = "warning" if was_ended else "information"
            return Outcome(line, "information" if is_settled else severity, is_settled, status)
    finally:
        # Before anybody is waited for: whoever closes the terminal then leaves nothing either.
        if not is_settled:
            for complaint in clean(plan):
                _say(complaint)
    if waits and result != -signal.SIGINT:
        _say(f"{line}. Press Enter to go back.")
        _wait_for_enter(interrupted)
    return Outcome(line, "error", status=status)


def _status(result: int | OSError) -> int:
    if isinstance(result, OSError):
        return DOCKER_FAILED
    return result if result >= 0 else 128 - result


def _prepare(plan: Plan, interrupted: threading.Event) -> str:
    """Run what comes before the session; return what went wrong, or nothing."""
    if plan.pull:
        _say_command(plan.pull)
        result = _call(plan.pull)
        if result != 0:
            return "its image could not be pulled" if result != -signal.SIGINT else "the pull was interrupted"
    interrupted.clear()
    for argv in plan.prepare:
        _say_command(argv)
        # It ends what it began, whatever is pressed: what an engine goes on making could not be cleaned up.
        with _undisturbed():
            complaint = _hidden(argv)
        if complaint:
            return complaint
        if interrupted.is_set():
            return "interrupted"
    return ""


def _never_ran(plan: Plan) -> bool:
    if not plan.never_ran:
        return False
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            plan.never_ran,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=CLEANUP_SECONDS,
            start_new_session=True,
        )
        return done.stdout.strip() == b"created"
    return False


def _call(argv: Argv) -> int | OSError:
    try:
        # Spelled out: readline, once loaded, puts LINES and COLUMNS into it behind Python's back, and a
        # child would take the terminal's size from there, even after a resize.
        return subprocess.run(argv, check=False, env=dict(os.environ)).returncode
    except OSError as error:
        return error


def _hidden(argv: Argv, *, seconds: float | None = None) -> str:
    """Run *argv* without the terminal, out of reach of Ctrl+C; return its last words if it failed, or nothing."""
    try:
        done = subprocess.run(
            argv,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            timeout=seconds,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    words = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    # The CLI's "run 'docker run --help'" comes last and says nothing.
    words = [line for line in words if not line.startswith(("Run 'docker ", "See 'docker "))] or words
    return one_line(words[-1]) if words else f"{shlex.join(argv)} ended with {done.returncode}"


def _is_gone_already(complaint: str) -> bool:
    """Tell whether the engine's complaint only means that nothing is left to remove."""
    gone = ("No such container", "No such image", "no such volume", "already in progress")
    return any(words in complaint for words in gone)


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
    _write(f"\x1b[1m$ {one_line(shown(argv))}\x1b[0m\r\n")


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
