"""Commit and rerun: from a dead container to what is shown of the plan, at once or after choices."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content

from cdbg_tui.engine.remains import Remains, remains, with_strace, with_toolbox
from cdbg_tui.engine.toolbox import Toolbox
from cdbg_tui.model.container import Container, State, from_inspect
from cdbg_tui.sessions.copies import Differences
from cdbg_tui.sessions.exec import SHELLS
from cdbg_tui.sessions.plan import Plan, Refusal
from cdbg_tui.sessions.rerun import Choices, Start, rerun_plan, rerun_refusal
from cdbg_tui.tui import freezing
from cdbg_tui.tui.launching import Made, launch, prepared, refuse
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.choose import Choice, Choose
from cdbg_tui.tui.screens.form import Field, Form
from cdbg_tui.tui.screens.show_plan import ShowPlan

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp

STATIC_IMAGE = "busybox:musl"
"""Pulled on a key where no static busybox is at hand."""
_PULLED = Toolbox("/bin/busybox", STATIC_IMAGE)


def rerun(app: CdbgApp, container: Container | None) -> None:
    """Show what a rerun of a dead container does, then do it."""
    if container is not None:
        _frozen_or_not(app, container, partial(_rerun, app, container))


def rerun_as(app: CdbgApp, container: Container | None) -> None:
    """Ask in what the rerun is to differ, then do it."""
    if container is not None:
        _frozen_or_not(app, container, partial(_choose, app, container))


def _frozen_or_not(app: CdbgApp, container: Container, go_on: Callable[[], None]) -> None:
    if container.state is State.RESTARTING:
        freezing.offer(app, container, go_on)
    elif refusal := rerun_refusal(container):
        refuse(app, refusal)
    else:
        go_on()


def _rerun(app: CdbgApp, container: Container) -> None:
    def show(found: Remains) -> None:
        if found.shell is None and found.toolbox is None:
            _offer_pull(app, found, lambda pulled: _show(app, pulled, Choices(pull=True)))
        else:
            _show(app, found, Choices())

    prepared(app, lambda: remains(app.engine, container.id, SHELLS), show)


def _show(app: CdbgApp, found: Remains, choices: Choices) -> None:
    made = rerun_plan(found, app.engine.docker, secrets.token_hex(2), choices)
    if isinstance(made, Refusal):
        refuse(app, made)
        return
    title = f"rerun of {from_inspect(found.details).name_and_id}"
    app.push_screen(
        ShowPlan(title, made.banner, made.commands(), made.shown()),
        lambda agreed: launch(app, made) if agreed else None,
    )


def _offer_pull(app: CdbgApp, found: Remains, then: Callable[[Remains], None]) -> None:
    name = from_inspect(found.details).name
    title = Content.assemble(plain(name), " has no shell")
    why = Content("no static busybox is at hand to bring in; this is one")
    pull = Choice("pull", Content(f"pull {STATIC_IMAGE}"), "p", why)

    def chosen(one: str | None) -> None:
        if one is not None:
            then(replace(found, toolbox=_PULLED))

    app.push_screen(Choose(title, [pull]), chosen)


def _choose(app: CdbgApp, container: Container) -> None:
    def read() -> Remains:
        found = remains(app.engine, container.id, SHELLS)
        if found.toolbox is None:
            found = with_toolbox(app.engine, found)
        return with_strace(app.engine, found, app.config.toolbox)

    def ask(found: Remains) -> None:
        if found.shell is None and found.toolbox is None:
            _offer_pull(app, found, lambda pulled: _ask(app, pulled, pull=True))
        else:
            _ask(app, found)

    prepared(app, read, ask)


def _ask(app: CdbgApp, found: Remains, *, pull: bool = False) -> None:
    suffix = secrets.token_hex(2)

    def plan(values: dict[str, str]) -> Made:
        return rerun_plan(found, app.engine.docker, suffix, chosen(values, pull=pull))

    def words(values: dict[str, str], say: Callable[[Plan], str]) -> str:
        made = plan(values)
        return made.sentence if isinstance(made, Refusal) else say(made)

    app.push_screen(
        Form(
            Content("rerun of ") + plain(from_inspect(found.details).name_and_id),
            fields(found),
            partial(words, say=Plan.shown),
            partial(words, say=Plan.commands),
        ),
        lambda values: launch(app, plan(values)) if values is not None else None,
    )


AS_IT_WAS, READ_ONLY, NONE, ROOT, WRITABLE = "as it was", "read-only", "none", "root", "writable"
_STARTS = {"shell": Start.SHELL, "toolbox shell": Start.TOOLBOX, "the original under strace": Start.STRACE}


def fields(found: Remains) -> tuple[Field, ...]:
    """Return what can be chosen, and why some of it cannot be had."""
    host, config = found.details.get("HostConfig") or {}, found.details.get("Config") or {}
    own = config.get("User") or "root"
    whose = f"its own ({own})"
    unknown = {whose: f"its files know no {found.unknown_user}"} if found.unknown_user else {}
    is_read_only = bool(host.get("ReadonlyRootfs"))
    root = ("read-only, as it was", WRITABLE) if is_read_only else ("writable, as it was",)
    shell, toolbox, strace = _STARTS
    starts = {}
    if found.shell is None:
        starts[shell] = "it has none"
    if found.toolbox is None:
        starts[toolbox] = "no static busybox is at hand"
    if isinstance(found.strace, str):
        starts[strace] = found.strace
    return (
        Field("volumes", "volumes", "", (AS_IT_WAS, READ_ONLY), fixed=True),
        Field("network", "network", "", (AS_IT_WAS, NONE), fixed=True),
        Field("user", "user", "", (whose, ROOT), fixed=True, disabled=unknown),
        Field("root", "file system", "", root, fixed=True),
        Field("start", "start", "", (shell, toolbox, strace), fixed=True, disabled=starts),
    )


def chosen(values: dict[str, str], *, pull: bool = False) -> Choices:
    """Return what was chosen in the form."""
    same = differences(values)
    return Choices(
        read_only_volumes=same.read_only_volumes,
        no_network=same.no_network,
        as_root=same.as_root,
        writable_root=same.writable_root,
        start=_STARTS[values["start"]],
        pull=pull,
    )


def differences(values: Mapping[str, str]) -> Differences:
    """Return what was chosen of that in which any copy may differ."""
    return Differences(
        read_only_volumes=values["volumes"] == READ_ONLY,
        no_network=values["network"] == NONE,
        as_root=values["user"] == ROOT,
        writable_root=values["root"] == WRITABLE,
    )
