"""`cdbg image`: what is in an image's layers, what of it is wasted, and who is to blame."""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cdbg_tui.commands import image_report, terminal
from cdbg_tui.commands.naming import resolved
from cdbg_tui.engine import files, saved_image
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.progress import Progress
from cdbg_tui.model.analysis import analyse
from cdbg_tui.model.units import size

WELL, BELOW, BLIND = 0, 1, 2
"""Exit statuses: well, less efficient than is allowed, could not look."""

PROGRESS_SECONDS = 0.2


def main(endpoint: Endpoint, options: argparse.Namespace) -> int:
    """Read the image, tell on stdout, and return the exit status."""

    def work(engine: Engine) -> int:
        details = _found(engine, options.name)
        progress = Progress()
        with _told(progress, int(details["Size"])):
            analysis = analyse(saved_image.read(engine, details, progress))
        lowest: float | None = options.lowest_efficiency
        if options.json:
            lines: Iterator[str] = iter([image_report.as_json(analysis, lowest)])
        else:
            lines = image_report.prose(
                analysis, width=terminal.width(), coloured=terminal.is_coloured(), lowest=lowest, now=time.time()
            )
        terminal.tell(lines)
        return BELOW if lowest is not None and analysis.waste.efficiency < lowest else WELL

    return terminal.on_engine(endpoint, work, failed=BLIND)


def _found(engine: Engine, name: str) -> dict[str, Any]:
    """Return what the engine says of the image called *name*, or of that of the container called so.

    Raises:
        EngineError: there is neither, the container's image was removed, or the engine does not answer.
    """
    try:
        return saved_image.inspect(engine, name)
    except EngineError as error:
        if error.kind not in ("missing", "refused"):
            raise
    try:
        container_id = resolved(engine, name)
    except EngineError as error:
        if error.kind != "missing" or "More than one" in error.what:
            raise
        raise EngineError(
            "missing", f"There is neither an image nor a container “{name}”.", error.advice
        ) from error
    image_id = str(files.inspect(engine, container_id).get("Image") or "")
    try:
        return saved_image.inspect(engine, image_id)
    except EngineError as error:
        if error.kind != "missing":
            raise
        what = f"The image of the container “{name}” is no longer on the engine: {image_id}."
        raise EngineError("missing", what) from error


@contextmanager
def _told(progress: Progress, total: int) -> Iterator[None]:
    """Say on standard error how far the reading is, if that is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    done = threading.Event()

    def tell() -> None:
        while not done.wait(PROGRESS_SECONDS):
            words = "the engine puts the layers together …"
            if progress.bytes:
                words = f"read {size(progress.bytes)} of about {size(max(total, progress.bytes))}"
                words += f", {progress.files:,} files"
            sys.stderr.write(f"\r\x1b[K{words}")
            sys.stderr.flush()

    teller = threading.Thread(target=tell, name="progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join(1)
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
