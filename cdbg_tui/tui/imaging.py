"""From the wish to see a container's image to the screen of it: read once, kept by its id."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from cdbg_tui.engine import files, saved_image
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.progress import Progress
from cdbg_tui.model.analysis import Analysis, analyse
from cdbg_tui.model.container import Container
from cdbg_tui.tui.screens.image import ImageScreen
from cdbg_tui.tui.screens.image_wait import Measured

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp

KEPT = 3
"""So many images are kept, in memory: nothing is put on disk."""


def image(app: CdbgApp, container: Container | None) -> None:
    """Show the image of a container; the screen opens at once, the reading may take its time."""
    if container is None:
        return
    progress, details, is_read = Progress(), dict[str, Any](), threading.Event()
    key = f"image {container.id}"
    screen = ImageScreen(
        container.image,
        measured=lambda: Measured(progress.bytes, int(details.get("Size") or 0), progress.files, is_read.is_set()),
        now=app.now,
    )

    def looked() -> Analysis:
        details.update(_details(app, container))
        if (known := app.images_read.get(details["Id"])) is not None:
            return known
        read = saved_image.read(app.engine, details, progress)
        is_read.set()
        return analyse(read)

    def show(analysis: Analysis) -> None:
        app.images_read.pop(analysis.image.id, None)
        app.images_read[analysis.image.id] = analysis
        while len(app.images_read) > KEPT:
            del app.images_read[next(iter(app.images_read))]
        screen.show(analysis)

    def left(_: None) -> None:
        progress.cancel()
        app.asking.forget(key)

    app.push_screen(screen, left)
    app.asking.ask(key, looked, show, lambda error: screen.fail(f"{error.what} {error.advice}".strip()))


def _details(app: CdbgApp, container: Container) -> dict[str, Any]:
    """Return what the engine says of the image of a container, by its id: its name may mean another by now."""
    image_id = str(files.inspect(app.engine, container.id).get("Image") or container.image)
    try:
        return saved_image.inspect(app.engine, image_id)
    except EngineError as error:
        if error.kind != "missing":
            raise
        raise EngineError(
            "missing",
            f"The image {container.image} of {container.name} is no longer on the engine: {image_id[:19]}…",
            "Pull it again; only if it still has this id, it is the same.",
        ) from error
