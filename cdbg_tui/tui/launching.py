"""Sessions: from a key to a plan, from the plan to the terminal, and what came of it in a line."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual.content import Content

from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.gate import refusal, shut_by
from cdbg_tui.model.container import Container
from cdbg_tui.sessions import places
from cdbg_tui.sessions.plan import Plan, Refusal
from cdbg_tui.sessions.running import Outcome, missing
from cdbg_tui.tui import foreground
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.choose import Choice, Choose
from cdbg_tui.tui.screens.confirm import Confirm

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp

Made = Plan | Refusal
SLOW_SECONDS = 0.6


def launch(app: CdbgApp, made: Made, then: Callable[[Outcome], None] | None = None) -> None:
    """Run a plan where sessions open, or say why there is none; then tell what came of it, *then* as well."""
    if isinstance(made, Refusal):
        refuse(app, made)
        return
    if why := shut_by():
        app.say(refusal(why), "warning")
        return
    app.last_command = made.commands()
    if app.sessions_open != places.HERE:
        if places.has_tmux():
            _beside(app, made, then)
            return
        note = f"Sessions are to open in a {app.sessions_open}: that takes tmux, so this one opens here."
        made = replace(made, banner=(note, *made.banner))
    with app.sight.away():
        outcome = foreground.run(app, made)
    app.say(outcome.line, outcome.severity)
    if then:
        then(outcome)
    if outcome.asks_to_keep:
        _ask_to_keep(app, made)


def _beside(app: CdbgApp, plan: Plan, then: Callable[[Outcome], None] | None) -> None:
    """Let tmux open a plan beside the dashboard, which goes on; what came of it is told when it is over."""
    if program := missing(plan):
        app.say(f"{plan.title}: there is no {program} on your PATH.", "error")
        return
    place, columns = app.sessions_open, app.size.width

    def ended(outcome: Outcome) -> None:
        app.say(outcome.line, outcome.severity)
        if then:
            then(outcome)

    app.asking.ask(
        # A key of its own: each goes on until it is over, whatever is opened after it.
        f"session {secrets.token_hex(4)}",
        lambda: places.open_beside(plan, place, columns),
        ended,
        lambda error: app.say(error.what, "error"),
    )


def choose_place(app: CdbgApp, _: Container | None) -> None:
    """Ask where sessions open from now on, until the dashboard is left."""
    lacking = "" if places.has_tmux() else "that takes tmux, and this terminal is none of its panes"
    choices = [
        Choice(places.HERE, Content("here"), "h", Content("in place of the dashboard, until the session ends")),
        Choice(places.SPLIT, Content("split"), "s", Content("beside or below the dashboard, in tmux"), lacking),
        Choice(places.WINDOW, Content("window"), "w", Content("in a new window of tmux"), lacking),
    ]

    def chosen(place: str | None) -> None:
        if place is not None:
            app.sessions_open = place
            app.say(_OPENS[place])

    now = {places.HERE: "here", places.SPLIT: "in a split", places.WINDOW: "in a window"}[app.sessions_open]
    app.push_screen(Choose(Content(f"where sessions open (now {now})"), choices), chosen)


_OPENS = {
    places.HERE: "Sessions open here.",
    places.SPLIT: "Sessions open in a split of tmux.",
    places.WINDOW: "Sessions open in a new window of tmux.",
}


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
