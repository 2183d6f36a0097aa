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
from cdbg_tui.model.text import one_line

PIPED_WIDTH = 100
INTERRUPTED = 130


def on_engine(endpoint: Endpoint, work: Callable[[Engine], int], *, failed: int = 1) -> int:
    """Do *work* on the engine and return its status; an engine that fails is a sentence and *failed*."""
    never_fail_to_encode()
    engine = Engine(endpoint)
    try:
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
    """Take it that a reader of standard output has seen enough, as ``head`` does: that is no failure."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # What Python flushes when it ends must not fail as well.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell(lines: Iterable[str]) -> None:
    """Write each of *lines* as soon as it is there."""
    with read_or_not():
        for line in lines:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()


def width() -> int:
    """Return how many columns there are; a pipe has room for a usual line."""
    return shutil.get_terminal_size((PIPED_WIDTH, 24)).columns


def is_coloured() -> bool:
    """Tell whether standard output is a terminal that wants colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
