"""What is asked before a container is looked at more closely: may its ports be tried, where is its log saved."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content

from cdbg_tui.engine import logs
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.model.container import Container
from cdbg_tui.model.tempname import safe_name
from cdbg_tui.model.units import size
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.confirm import Confirm
from cdbg_tui.tui.screens.form import Field, Form

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp


def connect(app: CdbgApp, container: Container | None) -> None:
    """Ask whether its ports may be tried, and try them: a program may note down who connects."""
    if container is None:
        return

    def answered(yes: bool | None) -> None:
        if yes:
            app.following.connect()

    app.push_screen(
        Confirm(
            Content("connect to the ports of ") + plain(container.name_and_id) + Content("?"),
            loss=Content("From this machine and in its own network; nothing is sent. Its program may log it."),
            yes="Connect",
        ),
        answered,
    )


def save_log(app: CdbgApp, container: Container | None) -> None:
    """Ask for a file, and write the whole log of a container to it."""
    if container is None:
        return
    tty = app.following.tty
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(app.now()))
    suggested = f"{safe_name(container.name)}-{stamp}.log"

    def write(name: str, *, overwrite: bool) -> None:
        def save() -> tuple[Path, int | None]:
            try:
                path = Path(name).expanduser().absolute()
            except RuntimeError as error:  # ~somebody who is not there
                raise EngineError("refused", f"{name}: {error}.") from error
            try:
                return path, logs.save(app.engine, container.id, tty, path, timestamps=True, overwrite=overwrite)
            except FileExistsError:
                return path, None

        def saved(answer: tuple[Path, int | None]) -> None:
            path, count = answer
            if count is not None:
                app.say(f"{size(count)} written to {path}")
                return
            app.push_screen(
                Confirm(
                    plain(f"{path} exists. Overwrite it?"), loss=Content("What it holds is lost."), dangerous=True
                ),
                lambda yes: write(name, overwrite=True) if yes else None,
            )

        app.say(f"saving the log of {container.name}…")
        app.asking.ask(f"save {name}", save, saved, lambda error: app.say(f"{error.what} {error.advice}", "error"))

    def answered(values: dict[str, str] | None) -> None:
        if values and values["path"].strip():
            write(values["path"].strip(), overwrite=False)

    def preview(values: dict[str, str]) -> str:
        return f"docker logs --timestamps {container.name}  →  {values['path']}"

    title = Content("save the log of ") + plain(container.name_and_id)
    app.push_screen(Form(title, [Field("path", "to file", suggested)], preview), answered)
