"""Sessions: from a key to a plan, from the plan to the terminal, and what came of it in a line."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.content import Content

from cdbg_tui.engine import files, images, inside
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.model.container import Container
from cdbg_tui.sessions.exec import SHELLS, exec_plan, exec_refusal
from cdbg_tui.sessions.plan import Plan, Refusal
from cdbg_tui.sessions.sidecar import sidecar_plan
from cdbg_tui.tui import foreground
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.choose import Choice, Choose
from cdbg_tui.tui.screens.confirm import Confirm
from cdbg_tui.tui.screens.form import Field, Form

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp

Made = Plan | Refusal
SLOW_SECONDS = 0.6


def shell(app: CdbgApp, container: Container | None) -> None:
    """Open the best shell that a running container has."""
    if container is None:
        return
    if refusal := exec_refusal(container):
        refuse(app, refusal)
        return
    prepared(
        app,
        lambda: inside.find_shell(app.engine, container.id, SHELLS),
        lambda found: launch(app, exec_plan(container, app.engine.docker, shell=found)),
    )


def shell_as(app: CdbgApp, container: Container | None) -> None:
    """Ask for user, command and directory, then open a shell."""
    if container is None:
        return
    if refusal := exec_refusal(container):
        refuse(app, refusal)
        return

    def read() -> tuple[str | None, tuple[str, ...], dict[str, Any]]:
        engine = app.engine
        found = inside.find_shell(engine, container.id, SHELLS)
        return found, inside.users(engine, container.id), files.inspect(engine, container.id)

    def ask(facts: tuple[str | None, tuple[str, ...], dict[str, Any]]) -> None:
        found, users, details = facts
        config = details.get("Config") or {}

        def plan(values: dict[str, str]) -> Made:
            return exec_plan(container, app.engine.docker, shell=found, **values)

        def preview(values: dict[str, str]) -> str:
            made = plan(values)
            return made.sentence if isinstance(made, Refusal) else made.commands()

        names = tuple(dict.fromkeys(("root", *users)))
        fields = (
            Field("user", "user", "", names, f"its own: {config.get('User') or 'root'}"),
            Field("command", "command", "", (), found or "it has no shell: name a program"),
            Field("workdir", "directory", "", ("/",), f"its own: {config.get('WorkingDir') or '/'}"),
        )
        title = Content("shell in ") + plain(container.name)
        app.push_screen(
            Form(title, fields, preview),
            lambda values: launch(app, plan(values)) if values is not None else None,
        )

    prepared(app, read, ask)


def sidecar(app: CdbgApp, container: Container | None) -> None:
    """Put a toolbox beside a container; ask first if its image is not here."""
    if container is None:
        return
    image = app.config.toolbox

    def ready(facts: tuple[dict[str, Any], bool]) -> None:
        details, is_here = facts
        made = _sidecar(app, details, image)
        if is_here or isinstance(made, Refusal):
            launch(app, made)
        else:
            _choose_toolbox(app, details, image)

    prepared(app, lambda: (files.inspect(app.engine, container.id), images.has_image(app.engine, image)), ready)


def _sidecar(app: CdbgApp, details: dict[str, Any], image: str, **options: Any) -> Made:
    return sidecar_plan(details, app.engine.docker, image=image, suffix=secrets.token_hex(2), **options)


def _choose_toolbox(app: CdbgApp, details: dict[str, Any], image: str) -> None:
    """Offer to pull the toolbox, or to use an image with a shell that is here already."""

    def ask(found: tuple[tuple[images.Image, str], ...]) -> None:
        pull = Choice("pull", Content("pull ") + plain(image), "p", Content("docker pull shows its progress"))
        here = [
            Choice(f"{number}", Content("use ") + plain(one.ref), "", plain(where))
            for number, (one, where) in enumerate(found)
        ]
        title = plain(f"the toolbox image {image} is not on this engine")

        def chosen(choice: str | None) -> None:
            if choice == "pull":
                launch(app, _sidecar(app, details, image, pull=True))
            elif choice is not None:
                one, where = found[int(choice)]
                launch(app, _sidecar(app, details, one.ref, shell=where))

        app.push_screen(Choose(title, [pull, *here]), chosen)

    app.say(f"{image} is not here: looking for local images with a shell…")
    prepared(app, lambda: images.images_with_shell(app.engine), ask)


def launch(app: CdbgApp, made: Made) -> None:
    """Give the terminal to a plan, or say why there is none; then tell what came of it."""
    if isinstance(made, Refusal):
        refuse(app, made)
        return
    app.last_command = made.commands()
    app.sweeper.pause()
    app.rounds.pause()
    try:
        outcome = foreground.run(app, made)
    finally:
        app.sweeper.resume()
        app.rounds.resume()
    app.say(outcome.line, outcome.severity)
    if outcome.asks_to_keep:
        _ask_to_keep(app, made)


def _ask_to_keep(app: CdbgApp, plan: Plan) -> None:
    question = plain(f"{plan.title}: remove what it made?")
    loss = Content("What you changed in it is lost, except in its volumes.")

    def answered(remove: bool | None) -> None:
        if remove is False:
            app.say(plan.kept)
        else:
            app.asking.ask(
                "clean up",
                lambda: foreground.clean(plan),
                lambda complaints: app.say("; ".join(complaints) or "removed again: nothing is left behind"),
                lambda error: app.say(error.what, "error"),
            )

    app.push_screen(Confirm(question, loss=loss, yes="Remove", no="Keep"), answered)


def refuse(app: CdbgApp, refusal: Refusal) -> None:
    """Say why a session cannot be had, and which key helps."""
    helps = f" {refusal.key}: {refusal.key_text}." if refusal.key else ""
    app.say(refusal.sentence + helps, "warning")


def prepared(app: CdbgApp, read: Callable[[], Any], then: Callable[[Any], None]) -> None:
    """Read what a plan needs in the background, then go on; a newer wish replaces an older one.

    Where that takes long enough to be wondered about, it is said.
    """
    slow = app.set_timer(SLOW_SECONDS, lambda: app.say("looking at what is there…"))

    def answered(answer: Any) -> None:
        slow.stop()
        then(answer)

    def failed(error: EngineError) -> None:
        slow.stop()
        _failed(app, error)

    app.asking.ask("session", read, answered, failed)


def _failed(app: CdbgApp, error: EngineError) -> None:
    app.say(f"{error.what} {error.advice}", "error")
