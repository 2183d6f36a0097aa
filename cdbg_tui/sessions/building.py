"""A build in sight: docker's own steps on the terminal, and why it failed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass

from cdbg_tui.engine.build import why
from cdbg_tui.model.text import one_line
from cdbg_tui.sessions.in_sight import KEPT, passed_on, started, words
from cdbg_tui.sessions.plan import Argv, Build
from cdbg_tui.sessions.signals import Pressed

WONDERED_SECONDS = 10.0
INTERRUPTED = "interrupted"
LINES_TOLD = 20
_LEAVES_SECONDS = 15.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no image: *what* went wrong and what to do, the kind of it, and the last lines of the build."""

    what: str
    kind: str = ""
    static_helps: bool = False
    lines: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    """Packages that are not to be had."""


def build(one: Build, tell: Callable[[str], None], interrupted: Pressed) -> Failed | None:
    """Run ``docker build`` on this terminal; return why it failed, or nothing.

    Ctrl+C, which *interrupted* tells of, ends it as it ends any command. It comes back when the engine has put
    away the container in which a command of the build ran: only then can what is left of it be removed.
    """
    with tempfile.TemporaryFile() as text:
        text.write(one.dockerfile.encode())
        text.seek(0)
        try:
            process, output = started(one.argv, text)
        except OSError as error:
            return Failed(f"{one.argv[0]} could not be started: {error.strerror or error}")
    try:
        said = _followed(process, output, tell)
    except BaseException:
        # Without anybody at its other end the engine ends it.
        process.kill()
        raise
    finally:
        status = process.wait()
        os.close(output)
        if status != 0:
            _wait_until_it_left(one.inside)
    if status == 0:
        return None
    if interrupted.is_set():
        return Failed("the build was interrupted", INTERRUPTED)
    return _failed(words(said))


def _followed(process: subprocess.Popen[bytes], output: int, tell: Callable[[str], None]) -> bytes:
    said = b""
    heard, is_told = time.monotonic(), False
    while (piece := passed_on(process, output)) is not None:
        said = (said + piece)[-KEPT:]
        if piece:
            heard = time.monotonic()
        elif not is_told and time.monotonic() - heard > WONDERED_SECONDS:
            is_told = True
            tell(f"It has said nothing for {WONDERED_SECONDS:.0f} s; Ctrl+C ends it, and leaves nothing of it.")
    return said


def _wait_until_it_left(inside: Argv) -> None:
    """Wait until *inside*, which lists the containers of the build, prints nothing."""
    deadline = time.monotonic() + _LEAVES_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(subprocess.TimeoutExpired):
            done = subprocess.run(
                inside,
                check=False,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_LEAVES_SECONDS,
                start_new_session=True,
            )
            if not done.stdout.strip():
                return
        time.sleep(_POLL_SECONDS)


def _failed(said: str) -> Failed:
    lines = tuple(one_line(line) for line in said.splitlines() if line.strip())[-LINES_TOLD:]
    if known := why(said):
        return Failed(f"{known.what}: {known.advice}", known.kind, known.static_helps, lines, known.lacking)
    last = f": {lines[-1]}" if lines else ""
    return Failed(f"its image could not be built{last}", "unknown", static_helps=True, lines=lines)
