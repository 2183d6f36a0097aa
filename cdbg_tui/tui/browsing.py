"""The diff browser on an engine: what its screen shows is read here, and what is wanted of a file is begun."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from cdbg_tui.engine import files
from cdbg_tui.engine.archive import Listing, listing
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.image_files import ImageFiles
from cdbg_tui.engine.inside import PASSWD_BYTES, follow, look, read
from cdbg_tui.engine.metadata import metadata
from cdbg_tui.engine.progress import Progress
from cdbg_tui.model.change import Change, Kind
from cdbg_tui.model.container import Container, from_inspect, mounts
from cdbg_tui.model.file import File
from cdbg_tui.model.filetree import FileTree, Weights, weights
from cdbg_tui.model.owners import Owners, names
from cdbg_tui.model.reasons import candidates
from cdbg_tui.model.shown import Shown
from cdbg_tui.tui.screens.changes import Changes
from cdbg_tui.tui.screens.file_source import Act, Tab

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp

LEAVING_SECONDS = 3.0
"""How long leaving the program waits for the container that stands for an image to be removed."""
MOST_MOUNTS = 50
_CANCELLED = "It was cancelled: {} reads it."

Then = Callable[[], None]
"""What the app's thread does with an answer."""


def changes(app: CdbgApp, container: Container | None) -> None:
    """Show what a container changed on disk; the screen opens at once, the engine may take its time."""
    if container is not None:
        looked_at = app.following.container
        is_looked_at = looked_at is not None and looked_at.id == container.id
        path, line = app.following.file_in_proof if is_looked_at else ("", "")
        Visit(app, container, path, line).open()


def open_file(app: CdbgApp, container: Container | None, path: str, line: str) -> None:
    """Show a file of a container, at a line of it."""
    if container is not None:
        from cdbg_tui.tui.viewing import Target, view

        view(app, Target(container.id, container.name, path, line=line))


class Visit:
    """A diff browser that is open, and all that it is having read. It runs on the app's thread."""

    def __init__(self, app: CdbgApp, container: Container, path: str = "", line: str = "") -> None:
        self._app = app
        self._container = container
        self._images: ImageFiles | None = None
        self._image_container = ""
        self._reading: dict[str, Progress] = {}
        self._is_closed = False
        self.screen = Changes(container.id, container.name, is_up=container.is_up, at=path, line=line)
        self.screen.source = self

    def open(self) -> None:
        """Put the screen up, and begin to read."""
        self._app.push_screen(self.screen)
        self.read()

    def read(self) -> None:
        """Read what was changed, then what is known of each file."""
        engine, one, screen = self._app.engine, self._container.id, self.screen
        progress = self._begin("changes")

        def question() -> Iterator[Then]:
            details = files.inspect(engine, one)
            yield partial(self._know, details)
            changed = files.changes(engine, one)
            reasons = candidates(change.path for change in changed if change.kind is not Kind.DELETED)
            yield partial(screen.show, Shown.of_changes(changed, mounts(details)), reasons)
            yield from self._closely(details, changed, progress)
            yield screen.complete

        def failed(error: EngineError) -> None:
            if error.kind != "cancelled":
                screen.fail(f"{error.what} {error.advice}".strip())

        self._app.asking.follow(self._key("changes"), question, lambda act: act(), failed)

    def _closely(self, details: dict[str, Any], changed: list[Change], progress: Progress) -> Iterator[Then]:
        # The changes are there: what fails now leaves columns empty, and says so.
        engine, screen = self._app.engine, self.screen
        try:
            yield partial(screen.learned, _owners(self._app, str(details["Id"])))
            for batch in metadata(engine, details, changed, progress):
                yield partial(screen.learn, batch)
            if single := _mounted_files(self._app, details):
                yield partial(screen.learn_mounted, single)
        except EngineError as error:
            if error.kind != "cancelled":
                words = f"sizes and times are not all known: {error.what}"
                yield lambda: self._app.say(words, "warning")

    def _know(self, details: dict[str, Any]) -> None:
        container = from_inspect(details)
        ended = None if container.is_up else container.since
        self.screen.know(mounts(details), ended, is_up=container.is_up)
        if self._images is None:
            self._images = ImageFiles(self._app.engine, str(details.get("Image") or ""), container.id)

    def enter(self, point: str) -> None:
        """List what is mounted at *point*."""
        engine, one = self._app.engine, self._container.id
        self._list(
            point,
            lambda progress: listing(engine, one, point, progress),
            partial(self.screen.entered, point),
            partial(self.screen.not_entered, point),
        )

    def list_files(self, tab: Tab) -> None:
        """List the whole container, or its image."""
        engine, images, one = self._app.engine, self._images, self._container.id

        def look(progress: Progress) -> Listing:
            if tab is Tab.CONTAINER:
                return listing(engine, one, "/", progress)
            if images is None:
                raise EngineError("missing", "It is not known of which image the container was made.")
            self._image_container = images.container()
            progress.check()
            return listing(engine, self._image_container, "/", progress)

        self._list(tab, look, partial(self.screen.listed, tab), partial(self.screen.failed, tab))

    def _list(
        self,
        what: str,
        look: Callable[[Progress], Listing],
        then: Callable[[FileTree, Weights, str], None],
        failed: Callable[[str], None],
    ) -> None:
        progress = self._begin(what)
        self.screen.reads(what, progress)

        def question() -> tuple[FileTree, Weights, str]:
            found = look(progress)
            return found.tree, weights(found.tree), found.cut

        def say(error: EngineError) -> None:
            key = "r" if what in set(Tab) else "Enter"
            words = _CANCELLED.format(key) if error.kind == "cancelled" else f"{error.what} {error.advice}"
            failed(words.strip())

        self._app.asking.ask(self._key(what), question, lambda answer: then(*answer), say)

    def act(self, how: Act, path: str, change: Kind | None, line: str, *, is_image: bool) -> None:
        """Show a file, copy it out, open it, or export everything."""
        from cdbg_tui.tui.copying_out import copy_out, edit, export
        from cdbg_tui.tui.viewing import Target, view

        app, name, images = self._app, self._container.name, self._images
        one = self._image_container if is_image else self._container.id
        if change is Kind.DELETED and how != "view" and images is not None:
            # The image has the only copy.
            app.asking.ask(
                self._key("deleted"),
                images.container,
                lambda there: self.act(how, path, None, line, is_image=self._stands_for_image(there)),
                lambda error: app.say(f"{error.what} {error.advice}", "error"),
            )
            return
        match how:
            case "view":
                view(app, Target(one, name, path, change, self._images, line))
            case "copy":
                copy_out(app, one, name, path)
            case "edit":
                edit(app, one, name, path)
            case "export":
                export(app, one, name)

    def _stands_for_image(self, container_id: str) -> bool:
        self._image_container = container_id
        return True

    def _key(self, what: str) -> str:
        return f"browse {what} {id(self)}"

    def _begin(self, what: str) -> Progress:
        if what in self._reading:
            self._reading[what].cancel()
        self._reading[what] = Progress()
        return self._reading[what]

    def close(self) -> None:
        """End all reading, and remove what stood for the image."""
        if self._is_closed:
            return
        self._is_closed = True
        app, images = self._app, self._images
        for what, progress in self._reading.items():
            progress.cancel()
            app.asking.forget(self._key(what))
        app.asking.forget(self._key("deleted"))
        if images is None:
            return

        def remove() -> None:
            try:
                images.close()
            except EngineError as error:
                words = f"the container that stood for the image was not removed: {error.what} Ctrl+L removes it."
                app.call_later(app.say, words, "error")

        thread = threading.Thread(target=remove, name="close image files", daemon=True)
        thread.start()
        if app.return_code is not None:  # it is being left: a daemon thread ends with it
            thread.join(LEAVING_SECONDS)


def _mounted_files(app: CdbgApp, details: dict[str, Any]) -> list[File]:
    """Return what is mounted that is a file: a configuration, as a rule."""
    found = []
    for mount in mounts(details)[:MOST_MOUNTS]:
        entry = look(app.engine, str(details["Id"]), mount.target) if mount.kind == "bind" else None
        if entry is not None and not entry.is_directory:
            found.append(File(mount.target, size=entry.size))
    return found


def _owners(app: CdbgApp, container_id: str) -> Owners:
    """Return the names that the container itself has for its users and groups; none where it has no such files."""

    def table(path: str) -> str:
        try:
            real, entry = follow(app.engine, container_id, path)
            if entry is None or not entry.is_regular or entry.size > PASSWD_BYTES:
                return ""
            return read(app.engine, container_id, real, most=PASSWD_BYTES).decode("utf-8", "replace")
        except EngineError as error:
            if error.kind in ("missing", "refused"):
                return ""
            raise

    return Owners(names(table("/etc/passwd")), names(table("/etc/group")))
