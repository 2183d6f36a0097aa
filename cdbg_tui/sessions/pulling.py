"""A pull in sight: docker's own progress on the terminal, a limit to a registry's silence, and why it failed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable

from cdbg_tui.engine.pull import why
from cdbg_tui.model.text import one_line
from cdbg_tui.sessions.in_sight import KEPT, passed_on, started, words
from cdbg_tui.sessions.plan import Argv

SILENT_SECONDS = 60.0
"""An engine gives a silent registry up by itself after 10 to 25 s; one that does not is not waited for."""
WONDERED_SECONDS = 5.0
SILENT, ASKING = "silent", "asking"


def pull(argv: Argv, tell: Callable[[str], None], *, silent: float = SILENT_SECONDS) -> str:
    """Run ``docker pull`` on this terminal; return what went wrong and what to do, or nothing.

    Ctrl+C ends it as it ends any command. A registry that has not answered *silent* seconds long is given up.
    """
    try:
        process, output = started(argv)
    except OSError as error:
        return f"{argv[0]} could not be started: {error.strerror or error}"
    try:
        said, given_up = _followed(process, output, tell, silent)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        status = process.wait()
        os.close(output)
    if given_up == SILENT:
        return f"the registry was silent for {silent:.0f} s: choose a local image, or try again"
    if given_up == ASKING:
        return _complaint(said)
    if status == 0:
        return ""
    if status in (-signal.SIGINT, 128 + signal.SIGINT):
        return "the pull was interrupted"
    return _complaint(said)


def _complaint(said: bytes) -> str:
    text = words(said)
    if failure := why(text):
        return f"{failure.what}: {failure.advice}"
    lines = [line for line in text.splitlines() if line.strip()]
    return f"its image could not be pulled: {one_line(lines[-1])}" if lines else "its image could not be pulled"


def _followed(
    process: subprocess.Popen[bytes], output: int, tell: Callable[[str], None], silent: float
) -> tuple[bytes, str]:
    """Pass on what it says until it ends; return its last words, and why it was given up."""
    said = b""
    began = time.monotonic()
    is_told = False
    while (piece := passed_on(process, output)) is not None:
        said = (said + piece)[-KEPT:]
        # From 28 on it asks for a login, though it was given no input, and waits for that for ever.
        if said.rstrip().endswith(b"Username:"):
            return said, ASKING
        waited = time.monotonic() - began
        if _has_answered(said):
            continue
        if waited > silent:
            return said, SILENT
        if waited > WONDERED_SECONDS and not is_told:
            is_told = True
            tell(f"The registry has not answered yet; it is given up after {silent:.0f} s, by Ctrl+C at once.")
    return said, ""


def _has_answered(said: bytes) -> bool:
    """Tell whether there is more than docker's own first line, which needs no registry."""
    lines = [line for line in said.split(b"\n") if line.strip()]
    return len(lines) > 1 or (bool(lines) and not lines[0].startswith(b"Using default tag"))
