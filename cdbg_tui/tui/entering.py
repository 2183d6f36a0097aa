"""Into what runs: a shell inside, the main process's own terminal, and this machine's tools in its namespaces."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.content import Content

from cdbg_tui.config import state_dir
from cdbg_tui.engine import files, inside
from cdbg_tui.engine.host import HostView, host_view, is_still
from cdbg_tui.model.container import Container
from cdbg_tui.sessions.attach import attach_plan, attach_refusal, takes_input
from cdbg_tui.sessions.exec import SHELLS, exec_plan, exec_refusal
from cdbg_tui.sessions.history import History
from cdbg_tui.sessions.nsenter import nsenter_plan, nsenter_refusal
from cdbg_tui.sessions.plan import Plan, Refusal
from cdbg_tui.tui.launching import Made, launch, prepared, refuse
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.form import Field, Form
from cdbg_tui.tui.screens.show_plan import ShowPlan

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp

ITS_OWN, PRIVILEGED = "its own", "all (--privileged)"
AS_ROOT, AS_SELF = "sudo", "none"
_HOST_COMMANDS = ("ss -tlnp", "tcpdump -ni any", "ip addr", "curl -v localhost")


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
    """Ask for user, command, directory and variables, then open a shell."""
    if container is None:
        return
    if refusal := exec_refusal(container):
        refuse(app, refusal)
        return
    history = History(state_dir())

    def read() -> tuple[str | None, tuple[str, ...], dict[str, Any], dict[str, tuple[str, ...]]]:
        engine, names = app.engine, ("user", "command", "workdir", "variables")
        found = inside.find_shell(engine, container.id, SHELLS)
        noted = {name: history.of(container.image, name) for name in names}
        return found, inside.users(engine, container.id), files.inspect(engine, container.id), noted

    def ask(facts: tuple[str | None, tuple[str, ...], dict[str, Any], dict[str, tuple[str, ...]]]) -> None:
        found, users, details, noted = facts
        config = details.get("Config") or {}

        def plan(values: dict[str, str]) -> Made:
            return exec_plan(
                container,
                app.engine.docker,
                shell=found,
                users=users,
                privileged=values["rights"] == PRIVILEGED,
                user=values["user"],
                workdir=values["workdir"],
                command=values["command"],
                variables=values["variables"],
            )

        def chosen(values: dict[str, str] | None) -> None:
            if values is None:
                return
            made = plan(values)
            if isinstance(made, Plan):
                entered = {name: value for name, value in values.items() if name in noted}
                app.asking.ask(
                    "history",
                    lambda: history.note(container.image, entered),
                    lambda _: None,
                    lambda error: app.say(f"It is not remembered: {error.what}", "warning"),
                )
            launch(app, made)

        names = tuple(dict.fromkeys((*noted["user"], "root" if "root" in users else "0", *users)))
        fields = (
            Field(
                "user", "user", "", names, f"its own: {config.get('User') or 'root'}; or a number, as 1000:1000"
            ),
            Field("command", "command", "", noted["command"], found or "it has no shell: name a program"),
            Field(
                "workdir",
                "directory",
                "",
                tuple(dict.fromkeys((*noted["workdir"], "/"))),
                f"its own: {config.get('WorkingDir') or '/'}",
            ),
            Field("variables", "variables", "", noted["variables"], "NAME=value NAME2='other value'"),
            Field("rights", "capabilities", "", (ITS_OWN, PRIVILEGED), fixed=True),
        )
        _push(app, Content("shell in ") + plain(container.name_and_id), fields, plan, chosen)

    prepared(app, read, ask)


def attach(app: CdbgApp, container: Container | None) -> None:
    """Attach to a container's main process; where it would hear what is typed, that is told first."""
    if container is None:
        return
    if refusal := attach_refusal(container):
        refuse(app, refusal)
        return

    def ready(details: dict[str, Any]) -> None:
        made = attach_plan(details, app.engine.docker)
        if isinstance(made, Refusal) or not takes_input(details):
            launch(app, made)
            return
        app.push_screen(
            ShowPlan(f"attach to {container.name_and_id}", made.banner, made.commands(), made.shown()),
            lambda agreed: launch(app, made) if agreed else None,
        )

    prepared(app, lambda: files.inspect(app.engine, container.id), ready)


def host_tools(app: CdbgApp, container: Container | None) -> None:
    """Ask for namespaces and a command of this machine, then enter them."""
    if container is None:
        return
    if refusal := nsenter_refusal(container):
        refuse(app, refusal)
        return

    def read() -> tuple[dict[str, Any], HostView, str | None]:
        details = files.inspect(app.engine, container.id)
        found = host_view(app.engine, details)
        return details, found, None if found.trouble else inside.find_shell(app.engine, container.id, SHELLS)

    def ask(facts: tuple[dict[str, Any], HostView, str | None]) -> None:
        details, found, inner = facts
        own = os.environ.get("SHELL") or "sh"

        def plan(values: dict[str, str]) -> Made:
            return nsenter_plan(
                details,
                found,
                shell=own,
                inside=inner,
                namespaces=values["namespaces"] or "net",
                command=values["command"],
                sudo=values.get("rights", AS_SELF if found.has_rights else AS_ROOT) == AS_ROOT,
            )

        refused = plan({"namespaces": "", "command": ""})
        if isinstance(refused, Refusal):
            refuse(app, refused)
            return

        fields = [
            Field("namespaces", "namespaces", "net", ("net", "net,pid,mnt", "net,uts", "all"), "net"),
            Field("command", "command", "", _HOST_COMMANDS, own),
        ]
        if found.has_sudo and not found.has_rights:
            fields.append(Field("rights", "rights", "", (AS_ROOT,), fixed=True))
        _push(
            app,
            Content("host tools in ") + plain(container.name_and_id),
            tuple(fields),
            plan,
            lambda values: _launch_if_still(app, container, found, plan(values)) if values is not None else None,
        )

    prepared(app, read, ask)


def _launch_if_still(app: CdbgApp, container: Container, found: HostView, made: Made) -> None:
    """Launch a plan for the process that was found, unless that has ended meanwhile and its PID is another's."""
    prepared(
        app,
        lambda: is_still(app.engine, container.id, found),
        lambda is_so: launch(
            app, made if is_so else Refusal(f"{container.name} has ended or restarted: try again.")
        ),
    )


def _push(
    app: CdbgApp,
    title: Content,
    fields: tuple[Field, ...],
    plan: Callable[[dict[str, str]], Made],
    chosen: Callable[[dict[str, str] | None], None],
) -> None:
    def words(values: dict[str, str], say: Callable[[Plan], str]) -> str:
        made = plan(values)
        return made.sentence if isinstance(made, Refusal) else say(made)

    app.push_screen(Form(title, fields, partial(words, say=Plan.shown), partial(words, say=Plan.commands)), chosen)
