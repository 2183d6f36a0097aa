"""The files of an image, read through a container that is made of it, never started, and removed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.model.container import SESSION_LABEL, TARGET_LABEL


class ImageFiles:
    """Lends the id of a container in which an image's files can be read as in any other.

    It is made when it is first asked for and lives until `close`: of what a dead container deleted, the
    image has the only copy, and the engine gives files of containers only. It has no network, no name
    and the label of what sessions make.
    """

    def __init__(self, engine: Engine, image_id: str, target: str = "") -> None:
        self._engine = engine
        self._image_id = image_id
        self._target = target
        self._lock = threading.Lock()
        self._made = ""
        self._closed = False

    def container(self) -> str:
        """Return the id of the container that stands for the image.

        Raises:
            EngineError: the image has been removed, or the engine does not answer.
        """
        with self._lock:
            if self._closed:
                raise EngineError("cancelled", "It was left.")
            if not self._made:
                labels = {SESSION_LABEL: "probe", TARGET_LABEL: self._target}
                try:
                    with self._engine.api() as api:
                        # A command, for an image may have none and then cannot become a container.
                        created = api.create_container(
                            self._image_id, command=["-"], labels=labels, network_disabled=True
                        )
                except EngineError as error:
                    if error.kind == "missing":
                        raise EngineError(
                            "missing",
                            "The image is no longer on the engine.",
                            "Pull it again to compare with it: its id tells whether it is the same.",
                        ) from error
                    raise
                self._made = str(created["Id"])
            return self._made

    def close(self) -> None:
        """Remove that container, if there is one. It blocks.

        Raises:
            EngineError: it could not be removed; it is then in the list of what was left behind.
        """
        with self._lock:
            self._closed = True
            made, self._made = self._made, ""
        if not made:
            return
        try:
            with self._engine.api() as api:
                api.remove_container(made, v=True, force=True)
        except EngineError as error:
            if error.kind != "missing":
                raise


@contextlib.contextmanager
def image_container(engine: Engine, image_id: str, target: str = "") -> Iterator[str]:
    """Lend the id of a container that stands for an image while the block lasts.

    Raises:
        EngineError: the image has been removed, or the engine does not answer.
    """
    files = ImageFiles(engine, image_id, target)
    try:
        yield files.container()
    finally:
        files.close()
