"""Copying to the clipboard, and the menu of what can be copied of a container."""

from __future__ import annotations

import os
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content

from cdbg_tui.engine import private
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

    # What is copied is to be run, so it is the original; but nobody should be surprised by what is in it.
    told = "; it holds a secret in the clear" if _shown_whole(text) != text else ""
    app.asking.ask(
        "copy",
        lambda: clipboard.copy(text, write_osc52),
        lambda route: app.say((f"{what}: {route}" if what else route) + told),
        lambda error: app.say(error.what, "error"),
    )


def _shown(text: str) -> str:
    """Return both ends of what would be copied, on one line and without its secrets."""
    return shorten(one_line(_shown_whole(text)), 60)


def _shown_whole(text: str) -> str:
    return " ".join(hidden_words(text.split(" ")))


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


def save_picture(app: CdbgApp, folder: str | None) -> None:
    """Write what is on the screen to an SVG file in *folder*, or the current one, and say where it is."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(app.now()))
    path = Path(folder or os.getcwd()) / f"cdbg-{stamp}.svg"
    try:
        with private.opened(path) as file:
            file.write(app.export_screenshot().encode())
    except OSError as error:
        app.say(f"{path} cannot be written: {error.strerror or error}", "error")
    else:
        app.say(f"the screen was written to {path}")
