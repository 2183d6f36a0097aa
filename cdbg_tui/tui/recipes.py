"""Recipes: from a process to a menu of tools, to a line that can be edited, to the terminal or a capture."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content

from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.tools import Ground, Shelf, alive, find_ground, pid_inside
from cdbg_tui.model.container import Container, from_inspect
from cdbg_tui.model.process import Process
from cdbg_tui.model.text import one_line
from cdbg_tui.sessions.capture import Bounds, capture_plan, capture_ways, to_bytes, to_seconds
from cdbg_tui.sessions.plan import Plan, Refusal
from cdbg_tui.sessions.recipes import (
    CAPTURE,
    RECIPES,
    TOOLS,
    Recipe,
    Subject,
    Way,
    command_line,
    file_name,
    main_process,
    recipe_plan,
    refusal,
    ways,
)
from cdbg_tui.sessions.recording import Recorded, Recording
from cdbg_tui.tui.launching import Made, launch, prepared, refuse
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.capture import CaptureScreen
from cdbg_tui.tui.screens.choose import Choice, Choose
from cdbg_tui.tui.screens.form import Field, Form

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp

_SHELF = Shelf()
_NONE = "no bound"


def recipes(app: CdbgApp, container: Container | None, process: Process | None = None) -> None:
    """Offer what can be done with a container's *process*, its main one if none is named, and its network."""
    if container is None:
        return
    if dead := refusal(container):
        refuse(app, dead)
        return

    def read() -> tuple[Ground, Subject]:
        ground = find_ground(app.engine, container.id, TOOLS, app.config.toolbox, _SHELF)
        return ground, _subject(ground, process)

    prepared(app, read, lambda found: _choose(app, *found))


def capture(app: CdbgApp, container: Container | None) -> None:
    """Ask what of a container's packets shall be captured, and for how long."""
    if container is None:
        return
    if dead := refusal(container):
        refuse(app, dead)
        return
    prepared(
        app,
        lambda: find_ground(app.engine, container.id, TOOLS, app.config.toolbox, _SHELF),
        lambda ground: _ask_for_capture(app, ground),
    )


def _subject(ground: Ground, process: Process | None) -> Subject:
    main = main_process(ground.details)
    if process is None or process.pid == main.pid:
        inner = pid_inside(main.pid, main.pid) if ground.is_local and main.inner is None else main.inner
        command = process.command if process else from_inspect(ground.details).command
        return replace(main, inner=inner, state=process.state if process else main.state, command=command)
    if not ground.is_local:
        return Subject(process.pid, None, process.state, process.command)
    inner = pid_inside(process.pid, main.pid)
    return Subject(process.pid, inner, process.state if inner is not None else "X", process.command)


def _choose(app: CdbgApp, ground: Ground, subject: Subject) -> None:
    name = from_inspect(ground.details).name_and_id
    choices = [_choice(recipe, ground, subject) for recipe in (*RECIPES, CAPTURE)]
    program = f", {one_line(subject.program)[:40]}," if subject.program else ""
    whose = f"process {subject.shown}{program} of {name}"
    by_id = {recipe.id: recipe for recipe in RECIPES}

    def chosen(which: str | None) -> None:
        if which == CAPTURE.id:
            _ask_for_capture(app, ground)
        elif which is not None:
            _ask(app, by_id[which], ground, subject)

    app.push_screen(Choose(plain(whose), choices), chosen)


def _choice(recipe: Recipe, ground: Ground, subject: Subject) -> Choice:
    found = ways(recipe, ground, subject)
    way = next((one for one, why in found.items() if not why), None)
    words = f"{recipe.words} · {way}" if way else ""
    disabled = "" if way else "; ".join(dict.fromkeys(found.values()))
    return Choice(recipe.id, plain(recipe.id), detail=plain(words), disabled=disabled)


def _stamp(app: CdbgApp) -> str:
    return time.strftime("%Y%m%d-%H%M%S", time.localtime(app.now()))


def _way_field(found: dict[Way, str]) -> Field:
    first = next((one for one, why in found.items() if not why), Way.SIDECAR)
    disabled = {str(one): why for one, why in found.items() if why}
    return Field("way", "runs", str(first), tuple(map(str, Way)), fixed=True, disabled=disabled)


def _ask(app: CdbgApp, recipe: Recipe, ground: Ground, subject: Subject) -> None:
    name = from_inspect(ground.details).name
    suffix = secrets.token_hex(2)
    fields = [Field("line", "command", command_line(recipe, ground)), _way_field(ways(recipe, ground, subject))]
    if recipe.ending:
        fields.insert(1, Field("into", "to file", file_name(recipe, name, _stamp(app))))

    def plan(values: dict[str, str]) -> Made:
        into = _expanded(values.get("into", ""))
        if isinstance(into, Refusal):
            return into
        way = Way(values["way"])
        return recipe_plan(recipe, way, values["line"], ground, subject, app.engine.docker, suffix, into)

    def answered(values: dict[str, str] | None) -> None:
        if values is not None:
            pid = subject.pid if recipe.on_process else 0
            _if_still(app, ground, pid, lambda: launch(app, plan(values)))

    def copied(values: dict[str, str]) -> str:
        made = plan(values)
        return made.commands() if isinstance(made, Plan) else ""

    title = plain(f"{recipe.id} on {from_inspect(ground.details).name_and_id}")
    app.push_screen(Form(title, fields, lambda values: _shown(plan(values)), copied), answered)


def _if_still(app: CdbgApp, ground: Ground, pid: int, then: Callable[[], None]) -> None:
    """Go on if the container that was looked at lives, and *pid* is its: a number is soon another process's."""
    ended = Refusal(f"{from_inspect(ground.details).name} or the process has ended or been removed: look again.")
    prepared(app, alive(app.engine, ground, pid), lambda is_so: then() if is_so else refuse(app, ended))


def _shown(made: Made) -> str:
    return made.sentence if isinstance(made, Refusal) else made.shown()


def _expanded(path: str) -> str | Refusal:
    try:
        return str(Path(path.strip()).expanduser()) if path.strip() else ""
    except RuntimeError as error:  # ~somebody who is not there
        return Refusal(f"{path}: {error}.")


def _ask_for_capture(app: CdbgApp, ground: Ground) -> None:
    name = from_inspect(ground.details).name
    suffix = secrets.token_hex(2)
    found = capture_ways(ground)
    if all(found.values()):
        reasons = "; ".join(f"by {way}, {why}" for way, why in found.items())
        app.say(f"There is no tcpdump for {name}: {reasons}.", "warning")
        return
    fields = (
        Field("filter", "filter", "", (), "every packet; or as: tcp port 80 and not host 10.0.0.1"),
        Field("into", "to file", file_name(CAPTURE, name, _stamp(app))),
        Field("packets", "packets", _NONE, (_NONE, "100", "1000", "10000", "100000"), fixed=True),
        Field("bytes", "size", "100M", (_NONE, "1M", "10M", "100M", "1G"), fixed=True),
        Field("seconds", "time", _NONE, (_NONE, "10s", "1m", "10m", "1h"), fixed=True),
        _way_field(found),
    )

    def plan(values: dict[str, str]) -> tuple[Made, Bounds]:
        packets, length, seconds = (
            "" if values[one] == _NONE else values[one] for one in ("packets", "bytes", "seconds")
        )
        bounds = Bounds(int(packets or 0), to_bytes(length), to_seconds(seconds))
        into = _expanded(values["into"])
        if isinstance(into, Refusal):
            return into, bounds
        if into in ("", "-"):
            return Refusal("Which file the packets shall go to is not said."), bounds
        made = capture_plan(
            ground,
            app.engine.docker,
            way=Way(values["way"]),
            suffix=suffix,
            into=into,
            expression=values["filter"],
            packets=bounds.packets,
        )
        return made, bounds

    def answered(values: dict[str, str] | None) -> None:
        if values is None:
            return
        made, bounds = plan(values)
        if isinstance(made, Refusal):
            refuse(app, made)
        else:
            words = f"{values['filter'].strip() or 'every packet'} · tcpdump by {values['way']}"
            _if_still(app, ground, 0, lambda: _capture(app, made, bounds, ground, words))

    title = Content("capture packets of ") + plain(from_inspect(ground.details).name_and_id)
    app.push_screen(Form(title, fields, lambda values: _shown(plan(values)[0])), answered)


def _capture(app: CdbgApp, made: Plan, bounds: Bounds, ground: Ground, words: str) -> None:
    try:
        recording = Recording(made, bounds, alive(app.engine, ground))
    except EngineError as error:
        app.say(error.what, "error")
        return
    app.last_command = made.commands()
    name = from_inspect(ground.details).name
    # The name of one engine may be somebody else's on another: the words that chose it go along.
    screen = CaptureScreen(name, recording, words, ("cdbg", *app.engine.endpoint.cli, "pcap", name, "-o", "-"))

    def ended(recorded: Recorded) -> None:
        if screen.is_running:
            screen.ended(recorded)
        else:
            app.say(recorded.line, "information" if recorded.is_well else "warning")

    def failed(error: EngineError) -> None:
        if screen.is_running:
            screen.failed(f"{error.what} {error.advice}")

    app.push_screen(screen)
    app.asking.ask(f"capture {made.into}", recording.run, ended, failed)
