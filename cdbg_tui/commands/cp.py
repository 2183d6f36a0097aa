"""`cdbg cp`: a file or directory of a container, dead or alive, copied out of it."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cdbg_tui.commands import terminal
from cdbg_tui.commands.source import meant
from cdbg_tui.engine.archive import SILENCE_SECONDS, archive_path, whole
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.engine.copying import Copied, copy_out
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.progress import Progress
from cdbg_tui.model.text import one_line
from cdbg_tui.model.units import size

STDOUT = "-"
TICK = 0.25
MOST_NAMED = 20
"""Of more that were left out, only the number is told."""


def main(endpoint: Endpoint, options: argparse.Namespace) -> int:
    """Copy, tell on stderr what came of it, and return the exit status."""

    def work(engine: Engine) -> int:
        _check(options)
        with meant(engine, options) as (container_id, path, _):
            if options.destination == STDOUT:
                _pour(engine, container_id, path)
                return 0
            progress = Progress()
            with _told(progress):
                copied = copy_out(
                    engine,
                    container_id,
                    path,
                    Path(options.destination),
                    overwrite=options.force,
                    progress=progress,
                )
        for line in told(copied):
            sys.stderr.write(line + "\n")
        return 0

    return terminal.on_engine(endpoint, work)


def _check(options: argparse.Namespace) -> None:
    destination = options.destination
    if ":" not in options.place and ":" in destination:
        raise EngineError("refused", "cdbg copies out of containers only.", "docker cp copies into one.")
    if destination == STDOUT and terminal.is_terminal():
        raise EngineError(
            "refused", "Standard output is a terminal, and no place for an archive.", "Redirect it: … - | tar t"
        )
    if destination.endswith("/") and not os.path.isdir(destination):
        raise EngineError("missing", f"There is no directory {destination}.", "Make it, or leave out the slash.")


def _pour(engine: Engine, container_id: str, path: str) -> None:
    stream = engine.stream(archive_path(container_id, path), patience=SILENCE_SECONDS)
    try:
        terminal.write(whole(stream))
    finally:
        stream.close()


def told(copied: Copied) -> Iterator[str]:
    """Yield the lines that say what was written, and what of the original is not in it."""
    files = f"{copied.files:,} file{'' if copied.files == 1 else 's'}"
    yield one_line(f"{files}, {size(copied.bytes)}, copied to {copied.path}")
    for name in copied.left_out[:MOST_NAMED]:
        yield one_line(f"left out: {name}")
    if (more := copied.left_out_count - len(copied.left_out[:MOST_NAMED])) > 0:
        yield f"left out: {more:,} more"


@contextmanager
def _told(progress: Progress) -> Iterator[None]:
    """Tell on a terminal's last line how far it is."""
    if not sys.stderr.isatty():
        yield
        return
    done = threading.Event()

    def tick() -> None:
        while not done.wait(TICK):
            sys.stderr.write(f"\r\x1b[K{size(progress.bytes)}, {progress.files:,} files")
            sys.stderr.flush()

    ticking = threading.Thread(target=tick, name="progress", daemon=True)
    ticking.start()
    try:
        yield
    finally:
        done.set()
        ticking.join()
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
