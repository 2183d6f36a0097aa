"""Inspect and the report: what they ask of the engine, and where they are shown."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.content import Content

from cdbg_tui.engine import files, surroundings
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.model.container import Container
from cdbg_tui.model.units import size
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.choose import Choice, Choose
from cdbg_tui.tui.screens.form import Field, Form
from cdbg_tui.tui.screens.inspect import Inspect

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp

_IMAGE = "image"


def inspect(app: CdbgApp, container: Container | None) -> None:
    """Show everything that the engine knows of a container: first what one answer tells, then the rest."""
    if container is None:
        return

    def left(_: None) -> None:
        app.asking.forget("around")
        app.asking.forget("compare")

    def show(details: dict[str, Any]) -> None:
        screen = Inspect(details, app.engine.docker())
        app.push_screen(screen, left)
        _look_around(app, screen)

    app.asking.ask("inspect", lambda: files.inspect(app.engine, container.id), show, _complain(app))


def _complain(app: CdbgApp) -> Callable[[EngineError], None]:
    return lambda error: app.say(f"{error.what} {error.advice}", "error")


def _look_around(app: CdbgApp, screen: Inspect) -> None:
    details = screen.details
    app.asking.follow("around", lambda: surroundings.around(app.engine, details), screen.learn, _complain(app))


def inspect_again(app: CdbgApp, _: Container | None) -> None:
    """Read the container anew for the screen that shows it."""
    screen = app.screen
    if not isinstance(screen, Inspect):
        return

    def show(details: dict[str, Any]) -> None:
        screen.renew(details)
        _look_around(app, screen)

    app.asking.ask("inspect", lambda: files.inspect(app.engine, screen.container_id), show, _complain(app))


def compare(app: CdbgApp, _: Container | None) -> None:
    """Ask what the container shown is to be compared with, and compare it."""
    screen = app.screen
    if not isinstance(screen, Inspect):
        return

    def chosen(one: str | None) -> None:
        if one == _IMAGE:
            screen.compare_with(None)
        elif one is not None:
            app.asking.ask(
                "compare",
                lambda: files.inspect(app.engine, one),
                screen.compare_with,
                lambda error: screen.say(f"{error.what} {error.advice}".strip()),
            )

    title = Content("compare ") + plain(screen.container_name) + Content(" with")
    app.push_screen(Choose(title, _choices(app, screen)), chosen)


def _choices(app: CdbgApp, screen: Inspect) -> list[Choice]:
    image = str((screen.details.get("Config") or {}).get("Image") or "")
    others = [one for one in app.roster.containers.values() if one.id != screen.container_id]
    # Those of the same image are what one compares with.
    others.sort(key=lambda one: (one.image != image, one.name))
    what = plain(f"the image {image}: what run has added or changed")
    return [
        Choice(_IMAGE, Content("its image"), detail=what),
        *(Choice(one.id, plain(one.name), detail=plain(f"{one.state}, {one.image}")) for one in others),
    ]


def report(app: CdbgApp, container: Container | None) -> None:
    """Ask for a file, and write a report on the container to it."""
    if container is None:
        return

    def write(name: str) -> None:
        def wrote(told: tuple[Path, int, list[str]]) -> None:
            path, bytes_written, missing = told
            without = f", without {', '.join(missing)}" if missing else ""
            app.say(f"{size(bytes_written)} written to {path}{without}. Look through it before you send it on.")

        app.say(f"writing a report on {container.name}…")
        app.asking.ask(f"report {name}", lambda: _write(app, container.id, name), wrote, _complain(app))

    def answered(values: dict[str, str] | None) -> None:
        if values and values["path"].strip():
            write(values["path"].strip())

    def preview(values: dict[str, str]) -> str:
        return shlex.join(("cdbg", *app.engine.endpoint.cli, "report", container.name, "-o", values["path"]))

    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(app.now()))
    fields = [Field("path", "to file", f"{container.name}-{stamp}.tar.gz")]
    app.push_screen(Form(Content("a report on ") + plain(container.name_and_id), fields, preview), answered)


def _write(app: CdbgApp, container_id: str, name: str) -> tuple[Path, int, list[str]]:
    # With it come triage's rules and the archiver: not before a report is wanted.
    from cdbg_tui.commands.report import write

    path, dossier = write(app.engine, container_id, name)
    return path, path.stat().st_size, sorted(dossier.missing)
