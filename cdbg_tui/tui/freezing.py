"""A crash-looping container is frozen before its corpse is looked at, and its restart policy is put back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.content import Content

from cdbg_tui.config import state_dir
from cdbg_tui.engine.freezing import Policies, freeze, has_ended, put_back, update_words
from cdbg_tui.model.container import Container, State
from cdbg_tui.sessions.plan import shown
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.choose import Choice, Choose

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp


def can_freeze(container: Container) -> bool:
    """Tell whether it is one that its restart policy starts again and again."""
    return container.state is State.RESTARTING or (container.is_up and bool(container.restarts))


def noted_policy(container: Container) -> str:
    """Return the restart policy that it had before it was frozen; empty where it was not."""
    return Policies(state_dir()).of(container.id)


def offer(app: CdbgApp, container: Container, go_on: Callable[[], None]) -> None:
    """Ask whether a container between two restarts shall be frozen, then *go_on*."""
    choices = [
        Choice("freeze", Content("freeze it first"), "f", plain(_command(app, container, "no"))),
        Choice("leave", Content("leave it as it is"), "l", Content("it goes on restarting meanwhile")),
    ]

    def chosen(one: str | None) -> None:
        if one == "freeze":
            do_freeze(app, container, go_on)
        elif one == "leave":
            go_on()

    title = Content.assemble(plain(container.name_and_id), " is restarted again and again")
    app.push_screen(Choose(title, choices), chosen)


def do_freeze(app: CdbgApp, container: Container, go_on: Callable[[], None] | None = None) -> None:
    """Switch its restart policy off, wait for its end, say what the policy was, and *go_on*."""

    def work() -> tuple[str, bool]:
        policy = freeze(app.engine, container.id, Policies(state_dir()))
        return policy, has_ended(app.engine, container.id)

    def done(answer: tuple[str, bool]) -> None:
        policy, ended = answer
        if policy != "no":
            app.say(f"{container.name} is frozen; its restart policy was {policy}. x: put it back.")
        if not ended:
            app.say(f"{container.name} still runs: it is not restarted when it ends.", "warning")
        elif go_on is not None:
            go_on()

    app.say(f"freezing {container.name}: {_command(app, container, 'no')}")
    app.asking.ask(
        f"freeze {container.id}",
        work,
        done,
        lambda error: app.say(f"{container.name} was not frozen: {error.what} {error.advice}", "error"),
    )


def do_put_back(app: CdbgApp, container: Container) -> None:
    """Give it the restart policy that it had."""
    app.asking.ask(
        f"freeze {container.id}",
        lambda: put_back(app.engine, container.id, Policies(state_dir())),
        lambda policy: app.say(f"{container.name} has its restart policy {policy} again; s in x starts it."),
        lambda error: app.say(f"{container.name}: {error.what} {error.advice}", "error"),
    )


def put_back_command(app: CdbgApp, container: Container, policy: str) -> str:
    """Return the command line that puts a policy back, to be shown."""
    return _command(app, container, policy)


def _command(app: CdbgApp, container: Container, policy: str) -> str:
    return shown(app.engine.docker(*update_words(policy, container.name)))
