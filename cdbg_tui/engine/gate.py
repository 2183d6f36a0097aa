"""What ``--read-only`` lets through: of requests to the engine those that only read, of programs those that do.

It is shut for the whole process, so that nobody can forget to hand it on. Every request passes `check_request`
(`client` and `stream` send them all), every start of a program is reported by Python itself, whoever starts it.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from cdbg_tui.engine.errors import EngineError

BY_FLAG = "cdbg was started with --read-only"
BY_SETTING = "the settings file says read-only = true"
_READING = ("GET", "HEAD")
"""No POST of the engine's that cdbg needs leaves everything as it was, so none is let through."""
_WRITES_BY_GET = "/attach/ws"
"""The one GET that hands input to a container."""
_STARTS = frozenset(
    (
        "subprocess.Popen",
        "os.system",
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "pty.spawn",
    )
)
"""Python's audit events of whatever starts a program."""

_why = ""
_is_audited = False
_reads: ContextVar[bool] = ContextVar("reads", default=False)


class ShutError(PermissionError):
    """A program was to be started that might change something."""


def shut(why: str) -> None:
    """Let nothing through from now on that could change something; *why* is told to who tries."""
    global _why, _is_audited
    _why = why
    if not _is_audited:
        _is_audited = True
        sys.addaudithook(_audit)


def reopen() -> None:
    """Let everything through again, as it is when the program starts."""
    global _why
    _why = ""


def shut_by() -> str:
    """Return why what changes something is refused, as a sentence goes on; empty where it is not."""
    return "" if _reads.get() else _why


@contextmanager
def reading() -> Iterator[None]:
    """Vouch for the programs that are started within: they only read, or touch only what is the user's own."""
    token = _reads.set(True)
    try:
        yield
    finally:
        _reads.reset(token)


def check_request(method: str, path: str) -> None:
    """Stop a request that could change something.

    Raises:
        EngineError: it could, and the gate is shut.
    """
    if _why and (method not in _READING or _WRITES_BY_GET in path):
        raise EngineError("refused", f"That changes something on the engine, and {_why}.")


def check_session() -> None:
    """Stop what a session would begin with.

    Raises:
        EngineError: the gate is shut.
    """
    if why := shut_by():
        raise EngineError("refused", refusal(why))


def refusal(why: str) -> str:
    """Return what is said of a session that was not begun."""
    return f"Nothing was started: {why}."


def _audit(event: str, _args: object) -> None:
    if event in _STARTS and _why and not _reads.get():
        raise ShutError(errno.EPERM, _why)
