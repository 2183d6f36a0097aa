"""Debug images: from a container to its Dockerfile, from that to a session, and what to do where a build fails."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content

from cdbg_tui.engine.debug_ground import Ground, ground, with_static
from cdbg_tui.model.container import Container, from_inspect
from cdbg_tui.sessions.building import INTERRUPTED
from cdbg_tui.sessions.debug_image import (
    PLAIN,
    Base,
    Choices,
    Start,
    Tools,
    debug_plan,
    debug_refusal,
    dockerfile_of,
    offline,
    save,
    tools_of,
)
from cdbg_tui.sessions.exec import SHELLS
from cdbg_tui.sessions.plan import Plan, Refusal
from cdbg_tui.sessions.running import Outcome
from cdbg_tui.tui import rerunning
from cdbg_tui.tui.launching import launch, prepared, refuse
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.dockerfile import DockerfileScreen, Left, Preview, Trouble, Wanted
from cdbg_tui.tui.screens.form import Field, Form

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp

IMAGE, FILES = "its image", "its files as they are now"
_TOOLS = {
    Tools.PACKAGES: "its packages",
    Tools.BUSYBOX: "a static busybox",
    Tools.TOOLBOX: "the toolbox image",
}
_STARTS = {
    Start.SHELL: "a shell",
    Start.ORIGINAL: "the original, then a shell",
    Start.STRACE: "that under strace",
}


def debug_image(app: CdbgApp, container: Container | None) -> None:
    """Show the Dockerfile of a debug image, then build and run it."""
    if container is None:
        return
    if refusal := debug_refusal(container):
        refuse(app, refusal)
        return
    toolbox = app.config.toolbox
    prepared(
        app,
        lambda: ground(app.engine, container.id, SHELLS, toolbox),
        lambda found: _show(app, found, PLAIN),
    )


def _show(app: CdbgApp, found: Ground, choices: Choices, edited: str = "", trouble: Trouble | None = None) -> None:
    suffix = secrets.token_hex(2)
    made = dockerfile_of(found, suffix, choices)
    if isinstance(made, Refusal):
        refuse(app, made)
        return
    text = edited or made

    def plan(now: str) -> Plan | Refusal:
        return debug_plan(found, app.engine.docker, suffix, choices, "" if now == made else now)

    def left(one: Left | None) -> None:
        if one is None:
            return
        kept = "" if one.text == made else one.text
        if one.wanted is Wanted.RUN:
            launch(app, plan(one.text), partial(_built, app, found, choices, kept))
        elif one.wanted is Wanted.SAVE:
            _save(app, found, one.text, lambda: _show(app, found, choices, kept, trouble))
        elif one.wanted is Wanted.STATIC:
            _with_static(app, found, lambda more: _show(app, more, offline(choices, more)))
        else:
            _with_static(app, found, lambda more: _choose(app, more, choices, kept))

    title = Content("debug image of ") + plain(from_inspect(found.found.details).name_and_id)
    app.push_screen(DockerfileScreen(title, text, lambda now: previewed(plan(now)), trouble), left)


def previewed(made: Plan | Refusal) -> Preview | str:
    """Return what is told of a plan beside its Dockerfile."""
    if isinstance(made, Refusal):
        return made.sentence
    shown = replace(made, build=replace(made.build, dockerfile="…\n") if made.build else None).shown()
    return Preview(made.banner, shown, made.commands())


def _built(app: CdbgApp, found: Ground, choices: Choices, edited: str, outcome: Outcome) -> None:
    """Where the build failed, come back to its Dockerfile with the reason."""
    failed = outcome.failed_build
    if failed is None or failed.kind == INTERRUPTED:
        return
    helps = failed.static_helps and tools_of(found, choices) is Tools.PACKAGES
    _show(app, found, choices, edited, Trouble(failed.what, failed.lines, helps))


def _with_static(app: CdbgApp, found: Ground, then: Callable[[Ground], None]) -> None:
    prepared(app, lambda: with_static(app.engine, found, app.config.toolbox), then)


def _save(app: CdbgApp, found: Ground, text: str, back: Callable[[], None]) -> None:
    name = from_inspect(found.found.details).name

    def chosen(values: dict[str, str] | None) -> None:
        if values is None:
            back()
            return
        path = Path(os.path.expanduser(values["file"].strip())).absolute()
        app.asking.ask("dockerfile", lambda: save(path, text), lambda _: saved(path), failed)

    def saved(path: Path) -> None:
        app.say(f"The Dockerfile is in {path}.")
        back()

    def failed(error: Exception) -> None:
        app.say(f"{error} {getattr(error, 'advice', '')}".strip(), "error")
        back()

    note = "It is written for you alone (mode 600), and never over another file."
    field = Field("file", "to file", f"Dockerfile.{name}")
    app.push_screen(Form(Content("save the Dockerfile"), (field,), lambda _: note, enter="saves"), chosen)


def _choose(app: CdbgApp, found: Ground, choices: Choices, edited: str) -> None:
    suffix = secrets.token_hex(2)

    def words(values: dict[str, str], say: Callable[[Plan], str]) -> str:
        made = debug_plan(found, app.engine.docker, suffix, chosen_of(found, values))
        return made.sentence if isinstance(made, Refusal) else say(made)

    def told(made: Plan) -> str:
        text = made.build.dockerfile if made.build else ""
        lines = [line for line in text.splitlines() if not line.startswith("LABEL dev.cdbg.")]
        return "\n".join((*lines, "", made.banner[0]))

    def chosen(values: dict[str, str] | None) -> None:
        if values is None:
            _show(app, found, choices, edited)
        else:
            _show(app, found, chosen_of(found, values))

    title = Content("debug image of ") + plain(from_inspect(found.found.details).name_and_id)
    form = Form(
        title,
        fields(found, choices),
        partial(words, say=told),
        partial(words, say=Plan.commands),
        enter="shows its Dockerfile",
    )
    app.push_screen(form, chosen)


def fields(found: Ground, choices: Choices) -> tuple[Field, ...]:
    """Return what can be chosen, and why some of it cannot be had."""
    lacking = {}
    if found.manager is None:
        lacking[_TOOLS[Tools.PACKAGES]] = "its image has no package manager"
    if found.found.toolbox is None:
        lacking[_TOOLS[Tools.BUSYBOX]] = lacking[_TOOLS[Tools.TOOLBOX]] = "no static busybox is at hand"
    elif not found.carried:
        lacking[_TOOLS[Tools.TOOLBOX]] = "it is not here, or has no programs of its own"
    packages = choices.packages or (found.manager.packages if found.manager else ())
    has_image = found.found.has_image
    base = IMAGE if has_image and choices.base is Base.IMAGE else FILES
    no_image = {} if has_image else {IMAGE: "it is gone"}
    volumes, network, user, root, _ = rerunning.fields(found.found)
    return (
        Field(
            "tools",
            "tools",
            _TOOLS[tools_of(found, choices)],
            tuple(_TOOLS.values()),
            fixed=True,
            disabled=lacking,
        ),
        Field("packages", "packages", " ".join(packages), (), "of its package manager, with blanks between"),
        Field(
            "base",
            "from",
            base,
            (IMAGE, FILES),
            fixed=True,
            disabled=no_image,
        ),
        Field("start", "start", _STARTS[choices.start], tuple(_STARTS.values()), fixed=True),
        volumes,
        network,
        user,
        root,
    )


def chosen_of(found: Ground, values: Mapping[str, str]) -> Choices:
    """Return what was chosen in the form."""
    same = rerunning.differences(values)
    packages = tuple(values["packages"].replace(",", " ").split())
    usual = found.manager.packages if found.manager else ()
    return Choices(
        read_only_volumes=same.read_only_volumes,
        no_network=same.no_network,
        as_root=same.as_root,
        writable_root=same.writable_root,
        base=Base.FILES if values["base"] == FILES else Base.IMAGE,
        tools=next(one for one, words in _TOOLS.items() if words == values["tools"]),
        packages=() if packages == usual else packages,
        start=next(one for one, words in _STARTS.items() if words == values["start"]),
    )
