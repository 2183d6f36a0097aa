"""A command whose progress is shown: it draws on a terminal of its own, and what it draws is passed on to ours."""

from __future__ import annotations

import contextlib
import errno
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import termios
from typing import IO

from cdbg_tui.sessions.plan import Argv

KEPT = 8192
_CONTROL = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
_POLL_SECONDS = 0.2


def started(argv: Argv, stdin: IO[bytes] | int = subprocess.DEVNULL) -> tuple[subprocess.Popen[bytes], int]:
    """Start it on a terminal as wide as this one, so that it draws its progress; return our end of that.

    In our process group: Ctrl+C is for both.

    Raises:
        OSError: it cannot be started.
    """
    ours, theirs = pty.openpty()
    try:
        size = shutil.get_terminal_size()
        with contextlib.suppress(termios.error):
            termios.tcsetwinsize(theirs, (size.lines, size.columns))
        process = subprocess.Popen(argv, stdin=stdin, stdout=theirs, stderr=theirs)
    except OSError:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    return process, ours


def passed_on(process: subprocess.Popen[bytes], output: int) -> bytes | None:
    """Wait a moment for a piece of what it says, write that to our terminal and return it; None at its end."""
    ready, _, _ = select.select([output], [], [], _POLL_SECONDS)
    if not ready:
        return None if process.poll() is not None else b""
    try:
        piece = os.read(output, 4096)
    except OSError as error:
        if error.errno != errno.EIO:  # so a terminal ends whose other side is closed
            raise
        return None
    _write(piece)
    return piece or None


def words(said: bytes) -> str:
    """Return what was drawn as text."""
    return _CONTROL.sub(b"", said).decode("utf-8", "replace")


def _write(piece: bytes) -> None:
    if stream := sys.__stderr__:
        with contextlib.suppress(OSError):
            stream.flush()
            os.write(stream.fileno(), piece)
