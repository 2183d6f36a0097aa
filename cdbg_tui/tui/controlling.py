"""Stop, start, restart, pause, unpause, kill, remove: the menu, the question, the deed, what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content

from cdbg_tui.engine import control
from cdbg_tui.engine.client import Engine
from cdbg_tui.model.container import Container, State
from cdbg_tui.tui import freezing
from cdbg_tui.tui.paint import plain, shorten
from cdbg_tui.tui.screens.choose import Choice, Choose
from cdbg_tui.tui.screens.confirm import Confirm

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp

LONGEST_NAME = 22
"""In the menu's title; the question that follows has the whole of it."""
_ENDED = (State.EXITED, State.CREATED, State.DEAD)


@dataclass(frozen=True, slots=True)
class Verb:
    """Something that can be done to a container; *loss* is what a confirmation says is lost."""

    id: str
    key: str
    past: str
    states: tuple[State, ...]
    do: Callable[[Engine, str], None]
    detail: str
    loss: str = ""
    dangerous: bool = False


VERBS = (
    Verb("start", "s", "started", _ENDED, control.start, "run it again"),
    Verb(
        "stop",
        "t",
        "stopped",
        (State.RUNNING, State.PAUSED, State.RESTARTING),
        control.stop,
        "SIGTERM, then SIGKILL",
        "Its processes end; what they have not written is lost.",
    ),
    Verb(
        "restart",
        "r",
        "restarted",
        (State.RUNNING, State.PAUSED),
        control.restart,
        "stop, then start",
        "Its processes end; what they have not written is lost.",
    ),
    Verb("pause", "p", "paused", (State.RUNNING,), control.pause, "freeze all its processes"),
    Verb("unpause", "u", "unpaused", (State.PAUSED,), control.unpause, "let them go on"),
    Verb(
        "kill",
        "K",
        "killed",
        (State.RUNNING, State.PAUSED),
        control.kill,
        "SIGKILL at once",
        "Its processes are killed without a chance to save anything.",
        dangerous=True,
    ),
    Verb(
        "remove",
        "d",
        "removed",
        tuple(State),
        control.remove,
        "delete it",
        "Its log, its exit code and every file that it changed outside of volumes are gone for good.",
        dangerous=True,
    ),
)


def open_menu(app: CdbgApp, container: Container | None) -> None:
    """Offer what can be done to a container in its state."""
    if container is None:
        return
    choices = [
        Choice(
            verb.id,
            plain(verb.id),
            verb.key,
            plain(verb.detail),
            "" if container.state in verb.states else f"it is {container.state.value}",
        )
        for verb in VERBS
    ]
    if freezing.can_freeze(container):
        choices.append(Choice("freeze", Content("freeze"), "f", Content("restart policy off, its corpse is kept")))
    if policy := freezing.noted_policy(container):
        put_back = Content("put back its restart policy ") + plain(policy)
        choices.append(Choice("put back", put_back, "b", plain(freezing.put_back_command(app, container, policy))))

    def chosen(one: str | None) -> None:
        if one == "freeze":
            freezing.do_freeze(app, container)
        elif one == "put back":
            freezing.do_put_back(app, container)
        elif one is not None:
            _confirmed(app, container, next(verb for verb in VERBS if verb.id == one))

    # The border has no more room than the menu is wide, and the id must not be cut off.
    title = plain(replace(container, name=shorten(container.name, LONGEST_NAME)).name_and_id)
    app.push_screen(Choose(title, choices), chosen)


def _confirmed(app: CdbgApp, container: Container, verb: Verb) -> None:
    # Forced only if it lives now, and then the question says so: one that comes to life meanwhile is refused.
    force = verb.id == "remove" and not container.is_dead
    words = control.command(verb.id, container.name, force=force)
    do = partial(control.remove, force=force) if verb.id == "remove" else verb.do
    if not verb.loss:
        _do(app, container, verb, do)
        return

    def answered(yes: bool | None) -> None:
        if yes:
            _do(app, container, verb, do)

    app.push_screen(
        Confirm(
            plain(f"{verb.id} {container.name_and_id}?"),
            loss=plain(verb.loss),
            command=app.engine.docker(*words),
            yes=verb.id.capitalize(),
            dangerous=verb.dangerous,
        ),
        answered,
    )


def _do(app: CdbgApp, container: Container, verb: Verb, do: Callable[[Engine, str], None]) -> None:
    # By id: the name may belong to another container by now.
    app.asking.ask(
        f"{verb.id} {container.id}",
        lambda: do(app.engine, container.id),
        lambda _: app.say(f"{container.name} {verb.past}"),
        lambda error: app.say(f"{container.name} was not {verb.past}: {error.what} {error.advice}", "error"),
    )
