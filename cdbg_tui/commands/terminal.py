"""Standard output and standard error, as every command uses them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.model.text import is_safe, one_line
from cdbg_tui.sessions.signals import signals_as_exit

PIPED_WIDTH = 100
INTERRUPTED = 130


def on_engine(endpoint: Endpoint, work: Callable[[Engine], int], *, failed: int = 1) -> int:
    """Do *work* on the engine and return its status; an engine that fails is a sentence and *failed*."""
    never_fail_to_encode()
    engine = Engine(endpoint)
    try:
        with signals_as_exit():
            return work(engine)
    except EngineError as error:
        complain(f"{error} {error.advice}")
        return failed
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        engine.close()


def complain(sentence: str) -> None:
    """Say on standard error what went wrong."""
    sys.stderr.write(one_line(f"cdbg: {sentence}".rstrip()) + "\n")


def never_fail_to_encode() -> None:
    """Let standard output write a question mark for what it has no letter for."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")


@contextmanager
def read_or_not() -> Iterator[None]:
    """Take it that a reader of standard output has seen enough, as ``head`` does: that is no failure.

    Raises:
        EngineError: it cannot be written, for want of room for instance.
    """
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        # What Python flushes when it ends must not fail as well.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise EngineError("refused", f"Standard output cannot be written: {error.strerror}.") from error


def tell(lines: Iterable[str]) -> None:
    """Write each of *lines* as soon as it is there."""
    with read_or_not():
        for line in lines:
            sys.stdout.write(line + "\n")  # gate: who makes the lines has cleaned them
            sys.stdout.flush()


def tell_command(command: str) -> None:
    """Write a command to be run elsewhere, as it is.

    Raises:
        EngineError: it would act on the terminal that it is written to.
    """
    if is_terminal() and not is_safe(command):
        raise EngineError(
            "refused",
            "The command holds control characters, which would act on this terminal.",
            "Send it into a file or a pipe.",
        )
    tell([command])


def write(pieces: Iterable[bytes]) -> None:
    """Write *pieces* as they are.

    Raises:
        EngineError: they cannot be written, for want of room for instance.
    """
    out = sys.stdout.fileno()
    with read_or_not():
        sys.stdout.flush()
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(out, rest) :]


def is_terminal() -> bool:
    """Tell whether standard output is a terminal."""
    return sys.stdout.isatty()


def width() -> int:
    """Return how many columns there are; a pipe has room for a usual line."""
    return shutil.get_terminal_size((PIPED_WIDTH, 24)).columns


def is_coloured() -> bool:
    """Tell whether standard output is a terminal that wants colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
