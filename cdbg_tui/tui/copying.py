"""Copying to the clipboard, and the menu of what can be copied of a container."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from textual.content import Content

from cdbg_tui.model.container import Container
from cdbg_tui.model.details import hidden_words
from cdbg_tui.model.text import one_line
from cdbg_tui.tui import clipboard
from cdbg_tui.tui.paint import plain, shorten
from cdbg_tui.tui.screens.choose import Choice, Choose

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp


def copy(app: CdbgApp, text: str, what: str) -> None:
    """Copy *text*, the original, in the background; a toast tells by which route."""

    def write_osc52(sequence: str) -> None:
        # Only the app's own thread may write to the terminal.
        app.call_later(app.write_osc52, sequence)

    app.asking.ask(
        "copy",
        lambda: clipboard.copy(text, write_osc52),
        lambda route: app.say(f"{what}: {route}" if what else route),
        lambda error: app.say(error.what, "error"),
    )


def _shown(text: str) -> str:
    """Return both ends of what would be copied, on one line and without its secrets."""
    return shorten(one_line(" ".join(hidden_words(text.split(" ")))), 60)


def open_menu(app: CdbgApp, container: Container | None) -> None:
    """Offer what can be copied of *container*."""
    if container is None:
        return
    texts = {
        "id": container.id,
        "name": container.name,
        "image": container.image,
        "command": container.command,
        "last": app.last_command,
    }
    rows: tuple[tuple[str, str, str], ...] = (
        ("id", "i", "id"),
        ("name", "n", "name"),
        ("image", "m", "image"),
        ("command", "c", "command line of its main process"),
        ("last", "l", "command of the last session"),
    )
    looked_at = app.following.container
    if looked_at is not None and looked_at.id == container.id:
        offered = [(f"next{number}", step) for number, step in enumerate(app.following.next_commands)]
        texts |= {one: shlex.join(step.command) for one, step in offered}
        rows += tuple((one, "", step.text) for one, step in offered)
    choices = [
        Choice(one, plain(label), key, plain(_shown(texts[one])), "" if texts[one] else "there is none")
        for one, key, label in rows
    ]

    def chosen(one: str | None) -> None:
        if one is not None:
            copy(app, texts[one], {row[0]: row[2] for row in rows}[one])

    app.push_screen(Choose(Content("copy · ") + plain(container.name), choices), chosen)
