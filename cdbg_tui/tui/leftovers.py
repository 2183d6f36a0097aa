"""What debug sessions left behind: said once after the start, shown and removed on a key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cdbg_tui.model.container import SESSION_LABEL, Container, State

if TYPE_CHECKING:
    from cdbg_tui.engine.leftovers import LeftBehind
    from cdbg_tui.tui.app import CdbgApp

YOUNG_SECONDS = 3600.0
"""A probe that is younger may still be looked through, by this dashboard or another."""
_UP = (State.RUNNING, State.PAUSED, State.RESTARTING)


def abandoned(containers: Iterable[Container], now: float) -> list[Container]:
    """Return the containers of sessions that nobody can be in."""
    made = [one for one in containers if SESSION_LABEL in one.labels and one.state not in _UP]
    return [one for one in made if not one.is_probe or now - one.created > YOUNG_SECONDS]


def tell(app: CdbgApp) -> None:
    """Say what an earlier session left, if it left something: one request, for what is an image."""
    from cdbg_tui.engine.leftovers import left_images

    in_use = {one.image for one in app.roster.containers.values() if one.state in _UP}
    containers = abandoned(app.roster.containers.values(), app.now())

    def told(images: tuple[str, ...]) -> None:
        left = [image for image in images if image not in in_use]
        if counts := [
            _counted(len(those), word) for those, word in ((containers, "container"), (left, "image")) if those
        ]:
            app.say(f"left behind by debug sessions: {' and '.join(counts)}. Ctrl+L shows and removes them.")

    # What cannot be asked now is not worth a complaint: the header tells of an engine that is gone.
    app.asking.ask("leftovers", lambda: left_images(app.engine), told, lambda _: None)


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def show(app: CdbgApp, _container: Container | None) -> None:
    """Show all of it, to be removed."""
    from cdbg_tui.engine.leftovers import left_behind, remove_left_behind
    from cdbg_tui.tui.screens.left_behind import LeftBehindScreen, RemovalWanted

    def listed(items: tuple[LeftBehind, ...]) -> None:
        screen = app.screen
        if isinstance(screen, LeftBehindScreen):
            screen.show(items)
        elif items:
            app.push_screen(LeftBehindScreen(items, app.now(), app.engine.docker, remove))
        else:
            app.say("nothing is left behind: no debug container, image or volume")

    def ask() -> None:
        app.asking.ask("left behind", lambda: left_behind(app.engine), listed, lambda e: app.say(e.what, "error"))

    def remove(wanted: RemovalWanted) -> None:
        def removed(complaints: tuple[str, ...]) -> None:
            app.say("; ".join(complaints) or "removed", "error" if complaints else "information")
            ask()

        app.asking.ask(
            "left behind",
            lambda: remove_left_behind(app.engine, wanted),
            removed,
            lambda error: app.say(error.what, "error"),
        )

    ask()
