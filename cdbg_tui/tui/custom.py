"""Commands of the user's own: from a key to what is run, and what came of it."""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content

from cdbg_tui.engine import files
from cdbg_tui.engine.gate import refusal, shut_by
from cdbg_tui.model.container import Container, from_inspect
from cdbg_tui.sessions.background import Background, Ended
from cdbg_tui.sessions.custom import CustomCommand, custom_plan
from cdbg_tui.sessions.plan import Plan, Refusal, shown
from cdbg_tui.sessions.running import missing
from cdbg_tui.tui.launching import launch, prepared, refuse
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.confirm import Confirm
from cdbg_tui.tui.screens.output import Output

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp


def run_command(app: CdbgApp, command: CustomCommand, container: Container | None) -> None:
    """Run a command for a container, after a question if it wants one; or say why not."""
    if (lacks := command.lacks(container)) or container is None:
        app.say(lacks, "warning")
        return

    if why := shut_by():
        app.say(refusal(why), "warning")
        return

    def inspected() -> Container:
        # The list does not know the PID, and labels may have commas in it only as inspect tells them.
        return from_inspect(files.inspect(app.engine, container.id))

    def ready(target: Container) -> None:
        made = custom_plan(command, target)
        if isinstance(made, Refusal):
            refuse(app, made)
        elif not command.confirm:
            _run(app, command, made)
        else:
            app.push_screen(
                Confirm(plain(f"Run {command.name} for {target.name_and_id}?"), command=made.argv),
                lambda agreed: prepared(app, inspected, partial(again, made)) if agreed else None,
            )

    def again(made: Plan, target: Container) -> None:
        # Its name and its PID may have become another's while the question stood.
        if custom_plan(command, target) == made:
            _run(app, command, made)
        else:
            app.say(f"{target.name} is not what it was: it was not run. Press the key again.", "warning")

    prepared(app, inspected, ready)


def _run(app: CdbgApp, command: CustomCommand, plan: Plan) -> None:
    if command.run == "suspend":
        launch(app, plan)
        return
    if program := missing(plan):
        app.say(f"{plan.title}: there is no {program} on your PATH.", "error")
        return
    app.last_command = plan.commands()
    job = Background(plan.argv)
    screen = Output(Content.assemble(plain(plan.title)), shown(plan.argv), job)

    def ended(how: Ended) -> None:
        if screen.is_attached:
            screen.tell_end(how)
            return
        last = f": {job.lines[-1]}" if how.status and job.lines else ""
        app.say(f"{plan.title} {how.words()}{last}", "information" if how.status == 0 else "warning")

    app.push_screen(screen)
    app.asking.ask(
        f"background {secrets.token_hex(4)}", job.run, ended, lambda error: app.say(error.what, "error")
    )
