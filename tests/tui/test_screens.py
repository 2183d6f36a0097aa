"""Inspect and changed files: their keys; and what hostile text does to any screen: nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input

from cdbg_tui.model.change import Change, Kind
from cdbg_tui.model.container import Mount
from cdbg_tui.model.text import MASK
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.changes import Changes
from cdbg_tui.tui.screens.choose import Choice, Choose
from cdbg_tui.tui.screens.confirm import Confirm
from cdbg_tui.tui.screens.fault import Fault
from cdbg_tui.tui.screens.form import Field, Form
from cdbg_tui.tui.screens.inspect import Inspect
from cdbg_tui.tui.screens.messages import ChangesWanted
from cdbg_tui.tui.screens.show_plan import ShowPlan
from tests.tui.stage import NOTHING, on_stage

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


async def test_inspect_puts_what_people_ask_first() -> None:
    async with on_stage(Inspect(DETAILS)) as (app, _):
        for words in ("inspect web-1", "web:1", "running, started", "always", "memory 64.0 MiB"):
            assert words in app.text


async def test_inspect_masks_secrets_until_they_are_revealed() -> None:
    async with on_stage(Inspect(DETAILS), (120, 70)) as (app, pilot):
        await pilot.press("z")
        await pilot.pause()
        assert "hunter2" not in app.text
        assert MASK in app.text
        await pilot.press("m")
        await pilot.pause()
        assert app.text.count("hunter2") >= 3
        assert "secrets are shown" in app.text
        await pilot.press("m")
        await pilot.pause()
        assert "hunter2" not in app.text


async def test_inspect_search_opens_what_it_finds_and_goes_round() -> None:
    async with on_stage(Inspect(DETAILS)) as (app, pilot):
        await pilot.press("slash", *"db_pass", "enter")
        await pilot.pause()
        assert "1 of 2" in app.text
        assert "DB_PASSWORD" in app.text
        await pilot.press("y", "n")
        await pilot.pause()
        assert "2 of 2" in app.text
        await pilot.press("n", "N", "y", "m", "y")
        await pilot.pause()
        assert app.copied == [".Config.Env[1]", ".Config.Env[1]", "hunter2"]
        await pilot.press("escape")
        await pilot.pause()
        assert app.result is NOTHING
        assert "of 2" not in app.text
        await pilot.press("escape")
        await pilot.pause()
        assert app.result is None


async def test_inspect_search_says_when_there_is_nothing() -> None:
    async with on_stage(Inspect(DETAILS)) as (app, pilot):
        await pilot.press("slash", *"hunter2")
        await pilot.pause()
        assert "not found" in app.text


async def test_inspect_folds_by_enter_and_all_by_z() -> None:
    async with on_stage(Inspect(DETAILS), (100, 70)) as (app, pilot):
        await pilot.press("G", "enter")
        await pilot.pause()
        assert "HostConfig" in app.text
        await pilot.press("enter")
        await pilot.pause()
        assert "HostConfig" not in app.rows[20]
        await pilot.press("z")
        await pilot.pause()
        assert "MaximumRetryCount" not in app.text
        assert "RestartPolicy" in app.text
        await pilot.press("z")
        await pilot.pause()
        assert "RestartPolicy" not in app.text


async def test_inspect_cuts_a_megabyte_and_copies_all_of_it() -> None:
    big = "x" * 1_000_000
    details = DETAILS | {"Config": {"Env": [f"BIG={big}"]}}
    async with on_stage(Inspect(details)) as (app, pilot):
        await pilot.press("slash", *"BIG", "enter")
        await pilot.pause()
        assert "1,000,000 characters in all" in app.text
        await pilot.press("y")
        await pilot.pause()
        assert app.copied == [big]


# Changed files

CHANGES = [
    Change("/etc", Kind.MODIFIED),
    Change("/etc/new", Kind.ADDED),
    Change("/etc/passwd", Kind.MODIFIED),
    Change("/srv", Kind.ADDED),
    Change("/srv/data", Kind.ADDED),
    Change("/usr/bin/gone", Kind.DELETED),
]


async def test_changes_open_at_once_and_fill_later() -> None:
    screen = Changes("id", "web-1", [Mount("volume", "", "/srv/data", True, "data")])
    async with on_stage(screen) as (app, pilot):
        assert "asking the engine" in app.text
        assert "0 added" not in app.text
        screen.show(CHANGES)
        await pilot.pause()
        for words in ("web-1", "2 added", "1 modified", "1 deleted", "etc/", "not compared"):
            assert words in app.text
        await pilot.press("z")
        await pilot.pause()
        for words in ("A new", "C passwd", "D gone", "mount point: volume data"):
            assert words in app.text


async def test_changes_that_came_before_the_screen_are_shown() -> None:
    screen = Changes("id", "web-1")
    screen.show(CHANGES)
    async with on_stage(screen) as (app, _):
        assert "etc/" in app.text


async def test_changes_say_when_there_are_none_or_the_engine_fails() -> None:
    screen = Changes("id", "web-1")
    async with on_stage(screen) as (app, pilot):
        screen.show([])
        await pilot.pause()
        assert "Nothing was changed on disk" in app.text
        screen.fail("There is no such container.")
        await pilot.pause()
        assert "There is no such container." in app.text
        await pilot.press("r")
        await pilot.pause()
        assert [type(message) for message in app.asked] == [ChangesWanted]


async def test_each_kind_of_change_can_be_hidden() -> None:
    screen = Changes("id", "web-1")
    screen.show(CHANGES)
    async with on_stage(screen) as (app, pilot):
        await pilot.press("z", "a")
        await pilot.pause()
        assert "A new" not in app.text
        assert "srv/" not in app.text
        assert "C passwd" in app.text
        assert "2 added (hidden)" in app.text
        await pilot.press("m", "d")
        await pilot.pause()
        assert "Every kind of change is hidden" in app.text
        await pilot.press("a", "m", "d")
        await pilot.pause()
        assert "etc/" in app.text


async def test_changes_search_copies_the_path_as_it_is() -> None:
    screen = Changes("id", "web-1")
    screen.show([*CHANGES, Change(f"/odd/{EVIL}", Kind.ADDED)])
    async with on_stage(screen) as (app, pilot):
        await pilot.press("slash", *"evil", "enter", "y")
        await pilot.pause()
        assert "1 of 1" in app.text
        assert app.copied == [f"/odd/{EVIL}"]
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert app.result is None


async def test_changes_shown_again_keep_what_was_open_and_the_cursor() -> None:
    screen = Changes("id", "web-1")
    screen.show(CHANGES)
    async with on_stage(screen) as (app, pilot):
        await pilot.press("slash", *"passwd", "enter")
        await pilot.pause()
        screen.show([*CHANGES, Change("/etc/another", Kind.ADDED)])
        await pilot.pause()
        assert "A another" in app.text
        await pilot.press("y")
        await pilot.pause()
        assert app.copied == ["/etc/passwd"]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(lambda i: f"/spool/{i}", id="in one directory"),
        pytest.param(lambda i: f"/a{i % 20}/b{i % 400}/c{i % 4000}/{i}", id="in 4,420 directories"),
    ],
)
async def test_20_000_changes_open_and_scroll_at_once(path: Callable[[int], str]) -> None:
    changes = [Change(path(i), Kind.ADDED) for i in range(20_000)]
    screen = Changes("id", "web-1")
    async with on_stage(screen) as (app, pilot):
        began = time.process_time()
        screen.show(changes)
        await pilot.pause()
        opened = time.process_time() - began
        assert "20,000 added" in app.text
        await pilot.press("z")
        await pilot.pause()
        began = time.process_time()
        await pilot.press("G")
        await pilot.pause()
        scrolled = time.process_time() - began
        assert opened < 1
        assert scrolled < 0.5


async def test_a_path_deeper_than_any_stack_can_be_browsed() -> None:
    deep = "/".join(["", *(f"d{i}" for i in range(3_000)), "bottom"])
    screen = Changes("id", "web-1")
    screen.show([Change(deep, Kind.ADDED)])
    async with on_stage(screen) as (app, pilot):
        await pilot.press("z", "slash", *"bottom", "enter", "y")
        await pilot.pause()
        assert app.copied == [deep]


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
