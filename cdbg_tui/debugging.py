"""``--debug``: what cdbg does, written to a log in the state directory that never grows large.

Loaded only then. What is asked of the engine is there with its time, commands with their secrets masked;
bodies of requests and answers never are.
"""

from __future__ import annotations

import logging
import logging.handlers
import os
import platform
import sys
from collections import deque
from io import TextIOWrapper

from cdbg_tui import __version__
from cdbg_tui.config import state_dir
from cdbg_tui.engine import private
from cdbg_tui.engine.debug import log
from cdbg_tui.model.masking import Masks
from cdbg_tui.model.text import clean
from cdbg_tui.sessions.plan import shown

FILE = "debug.log"
MOST_BYTES = 1 << 20
MOST_FILES = 5

_MASKS = Masks(dict(os.environ))


class _Form(logging.Formatter):
    """One line a record, more only for a traceback; nothing in it acts on a terminal, or gives a secret away."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(clean(line) for line in _MASKS.lines(super().format(record)).split("\n"))


class _File(logging.handlers.RotatingFileHandler):
    """Rotates, and is for the user alone."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(
            self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        os.fchmod(descriptor, 0o600)
        return open(descriptor, "a", encoding="utf-8", errors="backslashreplace")


def listen() -> None:
    """Write the log from now on.

    Raises:
        OSError: it cannot be written.
    """
    file = _File(
        private.folder(state_dir()) / FILE, maxBytes=MOST_BYTES, backupCount=MOST_FILES - 1, encoding="utf-8"
    )
    file.setFormatter(_Form("%(asctime)s %(process)d %(threadName)s: %(message)s"))
    log.addHandler(file)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    log.debug("cdbg %s, Python %s: %s", __version__, platform.python_version(), shown(tuple(sys.argv)))


def last_lines(most: int) -> list[str]:
    """Return the last lines of the log, as they are in its file."""
    for handler in log.handlers:
        if isinstance(handler, _File):
            handler.flush()
            with open(handler.baseFilename, encoding="utf-8", errors="replace") as file:
                return list(deque(file, maxlen=most))
    return []
