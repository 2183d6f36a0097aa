"""What hostile text does to any screen: nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input

from cdbg_tui.model.change import Change, Kind
from cdbg_tui.model.container import Mount
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.changes import Changes
from cdbg_tui.tui.screens.choose import Choice, Choose
from cdbg_tui.tui.screens.confirm import Confirm
from cdbg_tui.tui.screens.fault import Fault
from cdbg_tui.tui.screens.form import Field, Form
from cdbg_tui.tui.screens.inspect import Inspect
from cdbg_tui.tui.screens.show_plan import ShowPlan
from tests.tui.stage import on_stage

EVIL = "[/x][@click=app.quit]x[/] [red]\x1b[2J\x1b]52;c;aGk=\x07\x9b1m\u202eevil\r\x00 [INFO]"
UNSAFE = {chr(code) for code in (*range(32), *range(127, 160), 0x202E)}
# Inspect

DETAILS: dict[str, Any] = {
    "Id": "a" * 64,
    "Name": "/web-1",
    "Path": "serve",
    "Args": ["--password", "hunter2"],
    "Created": "2026-11-22T14:00:00Z",
    "State": {"Status": "running", "StartedAt": "2026-11-22T14:00:01Z", "Pid": 7},
    "Config": {"Image": "web:1", "Env": ["PORT=80", "DB_PASSWORD=hunter2"]},
    "HostConfig": {"Memory": 1 << 26, "RestartPolicy": {"Name": "always"}},
    "Mounts": [{"Type": "bind", "Source": "/a", "Destination": "/b", "RW": False}],
}


# Hostile text


def hostile_changes() -> Screen[Any]:
    """Return changed files with names that nobody should have."""
    screen = Changes("id", EVIL, [Mount(EVIL, EVIL, "/x", True)])
    names = (EVIL, "a\nb", "\udcff\udcfe", "[/]", "日本語" * 90, " ", "‍")
    screen.show([Change(f"/{name}/{name}", Kind.ADDED) for name in names])
    return screen


HOSTILE = {f"{EVIL}{i}": {EVIL: [EVIL, {EVIL: EVIL}]} for i in range(3)}
SCREENS: dict[str, Callable[[], Screen[Any]]] = {
    "menu": lambda: Choose(plain(EVIL), [Choice("a", plain(EVIL), "a", plain(EVIL))]),
    "question": lambda: Confirm(plain(EVIL), loss=plain(EVIL), command=("docker", "rm", EVIL)),
    "form": lambda: Form(
        plain(EVIL), [Field("a", EVIL, EVIL, (EVIL, "b"), EVIL)], lambda now: f"{EVIL} {now['a']}"
    ),
    "plan": lambda: ShowPlan(EVIL, [EVIL], f"docker run {EVIL}\n{EVIL}"),
    "inspect": lambda: Inspect(
        DETAILS
        | {"Name": EVIL, "Path": EVIL, "Args": [EVIL], "Evil": HOSTILE}
        | {"Config": {"Image": EVIL, "Env": [f"{EVIL}={EVIL}"], "Labels": {EVIL: EVIL}}}
    ),
    "changes": hostile_changes,
    "fault": lambda: Fault(EVIL, EVIL, EVIL, EVIL),
}


@pytest.mark.parametrize("size", [(160, 45), (80, 24), (20, 8)])
@pytest.mark.parametrize("name", SCREENS)
async def test_hostile_text_reaches_no_terminal(name: str, size: tuple[int, int]) -> None:
    async with on_stage(SCREENS[name](), size) as (app, pilot):
        await pilot.press("z", "down", "down")
        await pilot.pause()
        assert not UNSAFE & set("".join(app.rows))
        if size[0] >= 80:
            assert "[/x][@click=app.quit]x[/]" in app.text
        for y in range(0, size[1], 3):
            await pilot.click(offset=(min(30, size[0] - 1), y))
        await pilot.pause()
        assert not app._exit


async def test_a_value_that_is_offered_is_run_as_it_is_seen() -> None:
    form = Form(Content("t"), [Field("a", "a", EVIL)], lambda now: now["a"])
    async with on_stage(form) as (app, _):
        assert app.screen.query_one(Input).value == form.values["a"]
        assert not UNSAFE & set(form.values["a"])
