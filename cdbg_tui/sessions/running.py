"""Runs a session's commands on this process's terminal, and takes the terminal back whole.

Who calls it owns the terminal: the dashboard suspended itself, the command line has it anyway.
"""

from __future__ import annotations

import contextlib
import math
import os
import select
import shlex
import shutil
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import IO, Any, Literal

from cdbg_tui.engine.debug import log
from cdbg_tui.engine.gate import check_session, refusal, shut_by
from cdbg_tui.model.text import one_line
from cdbg_tui.model.units import size
from cdbg_tui.sessions.building import Failed, build
from cdbg_tui.sessions.life import ASK_SECONDS, ENDED, what_ended
from cdbg_tui.sessions.plan import DOCKER_FAILED, Argv, Plan, failed, outcome, shown
from cdbg_tui.sessions.pulling import pull
from cdbg_tui.sessions.signals import Pressed, signals_as_exit, signals_later

# What a child may have left switched on: the alternate screen (leaving it moves the cursor even where it was not
# entered, to where the app saw it last: so that is put back), the scroll region, mouse, focus and paste reports,
# key protocols, application keys, insert mode, no wrap, line drawing, colours, and a cursor that is hidden or of
# another shape.
_RESET = (
    "\x1b7\x1b[?1049l\x1b8\x1b7\x1b[r\x1b8"
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1004l\x1b[?2004l"
    "\x1b[<u\x1b[>4m\x1b[?1l\x1b>\x1b[4l\x1b[?7h\x1b(B\x0f\x1b[0m\x1b[?25h\x1b[0 q"
)
CLEANUP_SECONDS = 60.0
HELD_SECONDS = 20.0
"""So long may a command go on that somebody who closed the terminal, or wants us to leave, waits for."""
SLOW_SECONDS = 5.0
"""After so long it is said what is waited for."""
_GRACE_SECONDS = 0.3
_PRESS_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a session, in one line for a toast of that severity."""

    line: str
    severity: Literal["information", "warning", "error"] = "information"
    asks_to_keep: bool = False
    """The plan's clean-up has not run: ask first, then call `clean` or tell what was kept."""
    status: int = DOCKER_FAILED
    """What a shell would say of it: the session's own, 128 and the signal that ended the command line."""
    failed_build: Failed | None = None
    """Why there was no image to run, where that was the reason."""


def missing(plan: Plan) -> str:
    """Return the first program of the plan that is not on the PATH, or nothing."""
    built = (*plan.build.before, plan.build.argv) if plan.build else ()
    programs = [argv[0] for argv in (plan.pull, *built, *plan.prepare, plan.argv, *plan.cleanup) if argv]
    return next((program for program in programs if shutil.which(program) is None), "")


def clean(plan: Plan, interrupted: Pressed | None = None) -> tuple[str, ...]:
    """Run the plan's clean-up, out of sight, and return what could not be removed, in words.

    It blocks: under the app, call it from a thread of its own. On a terminal, Ctrl+C twice gives it up. An engine
    that has not answered once is not asked for the rest.
    """
    said: list[str] = []
    seconds = CLEANUP_SECONDS
    with signals_later():  # half done, nobody would know what there is to remove
        if interrupted is not None:
            interrupted.clear()
        for argv in plan.cleanup:
            try:
                said.append(_hidden(argv, seconds=seconds, interrupted=interrupted))
            except _GivenUpError as error:
                said.append(str(error))
                seconds = 1.0
    return tuple(one for one in said if one and not _is_gone_already(one))


@contextlib.contextmanager
def signals_for_the_child() -> Iterator[Pressed]:
    """Let Ctrl+C and Ctrl+\\ end the child, not us; yield what tells that one of them was pressed.

    The handlers are functions, for SIG_IGN would be inherited by the child.
    """
    pressed = Pressed()

    def note(_number: int, _frame: FrameType | None) -> None:
        pressed.set()

    before = [(number, signal.signal(number, note)) for number in (signal.SIGINT, signal.SIGQUIT)]
    try:
        yield pressed
    finally:
        for number, handler in before:
            # None: it was installed by something that is not Python, and cannot be put back.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def quietly(plan: Plan) -> int:
    """Run the plan's interactive command as if it had been typed, with no word of ours; return its status.

    For a pipe, or a command that is over when it has answered.

    Raises:
        EngineError: sessions are refused.
    """
    check_session()
    log.debug("session: %s", plan.shown())
    try:
        with signals_for_the_child() as interrupted:
            return _status(_call(plan.argv, interrupted if plan.ends_on_ctrl_c else None, plan.into))
    finally:
        clean(plan)


def wants_kept(plan: Plan) -> bool:
    """Ask on the terminal whether what a plan made is kept; Ctrl+C is no."""
    sys.stderr.write(one_line(f"Keep what {plan.title} made? [y/N]") + " ")
    sys.stderr.flush()
    try:
        return sys.stdin.readline().strip().lower() in ("y", "yes")
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return False


def on_terminal(plan: Plan, interrupted: Pressed, *, waits: bool = True) -> Outcome:
    """Run the plan on a terminal that is ours alone, under `signals_for_the_child`.

    Where it fails and *waits*, Enter is waited for: what docker wrote would be gone with this screen. Nothing
    is raised but what a signal's handler raises, and then everything is cleaned up first.
    """
    if why := shut_by():
        return Outcome(refusal(why), "error", status=DOCKER_FAILED)
    log.debug("session: %s", plan.shown())
    modes = _terminal_modes()
    try:
        with signals_as_exit():
            return _session(plan, modes, interrupted, waits=waits)
    except Exception as error:  # noqa: BLE001 - a suspended app would not resume; it is told instead
        return Outcome(f"{plan.title}: {error or type(error).__name__}", "error")
    finally:
        _take_back(modes)


def _session(plan: Plan, modes: list[Any] | None, interrupted: Pressed, *, waits: bool) -> Outcome:
    # The cursor is where it stood when the app began: below may be what the session before left.
    _write("\x1b[J")
    for line in plan.banner:
        _say(line)
    is_settled = False
    try:
        if failure := _prepare(plan, interrupted):
            status = _status(-signal.SIGINT) if interrupted.is_set() else DOCKER_FAILED
            built = failure if failure.kind else None
            return Outcome(
                f"{plan.title} was not started: {failure.what}", "error", status=status, failed_build=built
            )
        interrupted.clear()
        _say_command(plan.brief or plan.argv)
        started = time.monotonic()
        result = _call(plan.argv, interrupted if plan.ends_on_ctrl_c else None, plan.into)
        seconds = time.monotonic() - started
        _take_back(modes)
        if plan.still_runs and not isinstance(result, OSError) and _prints(plan.still_runs, b"true"):
            return Outcome(f"{outcome(plan, 0, seconds)}; it runs on", status=0)
        if result != 0 and plan.never_ran and _prints(plan.never_ran, b"created"):
            result = DOCKER_FAILED
        ended = what_ended(plan.life) if plan.life and result in ENDED else ""
        line, status = outcome(plan, result, seconds, ended), _status(result)
        line += _written(plan, result)
        told = Outcome(line, "error", status=status)
        # Ctrl+C is how a tool is ended that tells what it saw.
        if not failed(result, seconds) or (plan.stays and result == -signal.SIGINT):
            is_settled = plan.asks_to_keep
            was_ended = isinstance(result, int) and result > 128 and result != 128 + signal.SIGINT
            severity: Literal["information", "warning"] = "warning" if was_ended else "information"
            told = Outcome(line, "information" if is_settled else severity, is_settled, status)
            if is_settled or not (waits and plan.stays):
                return told
    finally:
        # Before anybody is waited for: whoever closes the terminal then leaves nothing either.
        if not is_settled:
            for complaint in clean(plan, interrupted):
                _say(complaint)
    if waits and (plan.stays or result != -signal.SIGINT):
        # A line of its own, though what was written ends in the middle of one.
        _write("\r\n")
        _say(f"{line}. Press Enter to go back.")
        _wait_for_enter(interrupted)
    return told


def _written(plan: Plan, result: int | OSError) -> str:
    """Return how much is in the file of a plan that writes one, as a sentence goes on; an empty one is removed."""
    if not plan.into or isinstance(result, OSError):
        return ""
    with contextlib.suppress(OSError):
        if written := os.stat(plan.into).st_size:
            return f"; {size(written)} in {plan.into}"
        os.unlink(plan.into)
    return "; it wrote nothing"


def _status(result: int | OSError) -> int:
    if isinstance(result, OSError):
        return DOCKER_FAILED
    return result if result >= 0 else 128 - result


def _prepare(plan: Plan, interrupted: Pressed) -> Failed | None:
    """Run what comes before the session; return what went wrong, or nothing."""
    if plan.pull:
        _say_command(plan.pull)
        if complaint := pull(plan.pull, _say):
            return Failed(complaint)
    interrupted.clear()
    if plan.build:
        if complaint := _one_by_one(plan.build.before, interrupted):
            return Failed(complaint)
        _say_command(plan.build.argv)
        if failure := build(plan.build, _say, interrupted):
            return failure
    complaint = _one_by_one(plan.prepare, interrupted)
    return Failed(complaint) if complaint else None


def _one_by_one(commands: Iterable[Argv], interrupted: Pressed) -> str:
    """Run *commands*, output hidden, until one fails; return what went wrong, or nothing."""
    for argv in commands:
        _say_command(argv)
        # It ends what it began, whatever is pressed: what an engine goes on making could not be cleaned up.
        try:
            with signals_later() as held:
                complaint = _hidden(argv, interrupted=interrupted, held=held)
        except _GivenUpError as error:
            complaint = str(error)
        if complaint:
            return complaint
        if interrupted.is_set():
            return "interrupted"
    return ""


def _prints(argv: Argv, wanted: bytes) -> bool:
    return _printed(argv).strip() == wanted


def _printed(argv: Argv) -> bytes:
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            argv,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ASK_SECONDS,
            start_new_session=True,
        )
        return done.stdout
    return b""


def _call(argv: Argv, leaving: Pressed | None = None, into: str = "") -> int | OSError:
    """Run *argv* with our standard streams; once *leaving* is set, it has a moment to end before it is killed.

    With *into*, its standard output goes to that file, which must not be there yet.
    """
    try:
        if into:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            try:
                out = os.open(into, flags, 0o600)
            except FileExistsError as error:
                return OSError(error.errno, f"{into} is there already, and is not overwritten")
            with os.fdopen(out, "wb") as file:
                return _run(argv, leaving, file)
        return _run(argv, leaving)
    except OSError as error:
        return error


def _run(argv: Argv, leaving: Pressed | None, out: IO[bytes] | None = None) -> int:
    # Spelled out: readline, once loaded, puts LINES and COLUMNS into it behind Python's back, and a
    # child would take the terminal's size from there, even after a resize.
    with subprocess.Popen(argv, env=dict(os.environ), stdout=out) as process:
        try:
            return process.wait() if leaving is None else _ended(process, leaving)
        except BaseException:
            process.kill()
            raise


def _ended(process: subprocess.Popen[bytes], leaving: Pressed) -> int:
    while True:
        try:
            return process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            if leaving.is_set():
                process.kill()
                process.wait()
                return -signal.SIGINT


class _GivenUpError(Exception):
    """A command was not waited for any longer."""


def _hidden(
    argv: Argv, *, seconds: float = math.inf, interrupted: Pressed | None = None, held: Sequence[int] = ()
) -> str:
    """Run *argv* without the terminal, out of reach of Ctrl+C; return its last words if it failed, or nothing.

    With *interrupted* the terminal's user can give it up, by pressing Ctrl+C twice, and is told so. Signals that
    are *held* until it has ended do not wait for ever.

    Raises:
        _GivenUpError: the user did, or *seconds* were over.
    """
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        return str(error)
    try:
        said = _awaited(process, argv, time.monotonic() + seconds, interrupted, held)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    if process.returncode == 0:
        return ""
    words = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    # The CLI's "run 'docker run --help'" comes last and says nothing.
    words = [line for line in words if not line.startswith(("Run 'docker ", "See 'docker "))] or words
    return one_line(words[-1]) if words else f"{shlex.join(argv)} ended with {process.returncode}"


def _awaited(
    process: subprocess.Popen[bytes],
    argv: Argv,
    deadline: float,
    interrupted: Pressed | None,
    held: Sequence[int],
) -> bytes:
    """Return what a hidden command wrote to its standard error, once it has ended."""
    was_told, presses, slow = False, 0, time.monotonic() + SLOW_SECONDS
    try:
        while True:
            try:
                return process.communicate(timeout=max(0.0, min(_PRESS_SECONDS, deadline - time.monotonic())))[1]
            except subprocess.TimeoutExpired:
                now = time.monotonic()
            if held:
                deadline = min(deadline, now + HELD_SECONDS)
            if interrupted is not None:
                if interrupted.is_set():
                    interrupted.clear()
                    presses += 1
                if not was_told and (presses or now > slow):
                    was_told = True
                    again = "Ctrl+C again" if presses else "Ctrl+C twice"
                    _say(f"The engine is still at it; {again} gives it up, and may leave something behind.")
            if presses > 1 or now >= deadline:
                raise _GivenUpError(f"the engine has not answered, and was given up: {one_line(shown(argv))}")
    finally:
        if presses and interrupted is not None:
            interrupted.set()


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


def _wait_for_enter(interrupted: Pressed) -> None:
    """Wait for a line on the terminal, its end, or Ctrl+C."""
    interrupted.clear()
    while not interrupted.is_set():
        ready, _, _ = select.select([0], [], [], 0.2)
        if ready:
            typed = os.read(0, 1024)
            if not typed or b"\n" in typed:
                return
