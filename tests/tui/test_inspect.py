"""Inspect: its tabs and keys, what comes in later, and the comparison; alone, and on a real engine."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from cdbg_tui.engine.client import Engine
from cdbg_tui.model.around import Around, Listener
from cdbg_tui.model.socket import Holder, Socket
from cdbg_tui.model.text import MASK
from cdbg_tui.tui.app import CdbgApp
from cdbg_tui.tui.messages import Wished
from cdbg_tui.tui.screens.inspect import Inspect
from tests.support import Run, eventually
from tests.tui.opened import Opened, opened
from tests.tui.stage import NOTHING, Stage, on_stage

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
IMAGE = {"Config": {"Env": ["PORT=8080", "DB_PASSWORD=of-image", "PATH=/bin"], "Cmd": ["serve"]}}
EVIL = "[/x][@click=app.quit]x[/] [red]\x1b[2J\x1b]52;c;aGk=\x07\x9b1m\u202eevil\r\x00 [INFO]"
UNSAFE = {chr(code) for code in (*range(32), *range(127, 160), 0x202E)}


async def test_puts_what_people_ask_first() -> None:
    async with on_stage(Inspect(DETAILS)) as (app, _):
        for words in ("inspect web-1", "web:1", "running, started", "always", "memory 64.0 MiB"):
            assert words in app.text


async def test_masks_secrets_until_they_are_revealed() -> None:
    async with on_stage(Inspect(DETAILS), (120, 70)) as (app, pilot):
        await pilot.press("z", "z")
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


async def test_search_opens_what_it_finds_and_goes_round() -> None:
    async with on_stage(Inspect(DETAILS)) as (app, pilot):
        await pilot.press("slash", *"port", "enter")
        await pilot.pause()
        assert "1 of 2" in app.text
        assert "PORT" in app.text
        await pilot.press("n")
        await pilot.pause()
        assert "2 of 2" in app.text
        await pilot.press("y", "n", "N", "y")
        await pilot.pause()
        assert app.copied == ["80", "80"]
        await pilot.press("slash", *(["backspace"] * 4), *"db_pass", "enter", "y", "m", "y")
        await pilot.pause()
        assert app.copied[2:] == [".Config.Env[1]", "hunter2"]
        await pilot.press("escape")
        await pilot.pause()
        assert app.result is NOTHING
        assert "of 1" not in app.text
        await pilot.press("escape")
        await pilot.pause()
        assert app.result is None


async def test_search_says_when_there_is_nothing() -> None:
    async with on_stage(Inspect(DETAILS)) as (app, pilot):
        await pilot.press("slash", *"hunter2")
        await pilot.pause()
        assert "not found" in app.text


async def test_folds_by_enter_and_all_by_z() -> None:
    async with on_stage(Inspect(DETAILS), (100, 70)) as (app, pilot):
        await pilot.press("2", "G", "k", "enter")
        await pilot.pause()
        assert "RestartPolicy" in app.text
        await pilot.press("enter")
        await pilot.pause()
        assert "RestartPolicy" not in app.text
        await pilot.press("z")
        await pilot.pause()
        assert "RestartPolicy" in app.text
        assert "Name" in app.text
        await pilot.press("z")
        await pilot.pause()
        assert "RestartPolicy" not in app.text


async def test_cuts_a_megabyte_and_copies_all_of_it() -> None:
    big = "x" * 1_000_000
    details = DETAILS | {"Config": {"Env": [f"BIG={big}"]}}
    async with on_stage(Inspect(details)) as (app, pilot):
        await pilot.press("slash", *"BIG", "enter")
        await pilot.pause()
        assert "1,000,000 characters in all" in app.text
        await pilot.press("y")
        await pilot.pause()
        assert app.copied == [big]


# Tabs


async def test_tabs_are_turned_by_tab_brackets_and_numbers() -> None:
    screen = Inspect(DETAILS)
    async with on_stage(screen) as (_, pilot):
        seen = [screen.tab]
        for key in ("tab", "right_square_bracket", "tab", "shift+tab", "left_square_bracket", "1", "3", "2"):
            await pilot.press(key)
            await pilot.pause()
            seen.append(screen.tab)
            assert screen.focused is screen.rows
    assert seen == ["summary", "raw", "compare", "summary", "compare", "raw", "summary", "compare", "raw"]


async def test_a_search_goes_along_to_the_next_tab() -> None:
    async with on_stage(Inspect(DETAILS), (120, 40)) as (app, pilot):
        await pilot.press("slash", *"always", "enter", "2")
        await pilot.pause()
        assert "1 of 1" in app.text
        await pilot.press("y")
        await pilot.pause()
        assert app.copied == ["always"]


async def test_numbers_and_brackets_can_be_searched_for() -> None:
    screen = Inspect(DETAILS)
    async with on_stage(screen) as (_, pilot):
        await pilot.press("slash", "2", "left_square_bracket", "3")
        await pilot.pause()
        assert screen.query_one(Input).value == "2[3"
        assert screen.tab == "summary"


# What comes in later


async def test_what_is_read_later_comes_in_and_keeps_what_was_folded() -> None:
    screen = Inspect(DETAILS)
    async with on_stage(screen, (120, 45)) as (app, pilot):
        assert "looking…" in app.text
        assert "PORT" in app.text
        await pilot.press("slash", *"environment", "enter", "enter")
        await pilot.pause()
        assert "PORT" not in app.text
        rows = ({"Id": "b" * 64, "Names": ["/db"], "Mounts": DETAILS["Mounts"], "State": "running"},)
        listener = Listener(Socket("tcp", "0.0.0.0", 80), Holder("tcp", 80, 7, "nginx"))
        screen.learn(Around(image=IMAGE, rows=rows, listeners=(listener,)))
        await pilot.pause()
        assert "also used by db (at /b, read-only)" in app.text
        assert "nginx (PID 7) listens on 0.0.0.0:80" in app.text
        assert "PORT" not in app.text
        assert screen.rows.cursor_node is not None
        assert screen.rows.cursor_node.data is not None
        assert screen.rows.cursor_node.data.key == "environment"
        await pilot.press("enter")
        await pilot.pause()
        assert "given at run; the image has 8080" in app.text


async def test_reading_again_shows_the_container_as_it_is_now() -> None:
    screen = Inspect(DETAILS)
    async with on_stage(screen, (120, 45)) as (app, pilot):
        screen.renew({**DETAILS, "State": {"Status": "exited", "ExitCode": 3}})
        await pilot.pause()
        assert "exited, exit code 3" in app.text
        await pilot.press("2", "slash", *"exitcode", "enter", "y")
        await pilot.pause()
        assert app.copied == ["3"]


# The path as a template


async def test_p_copies_the_command_that_prints_the_value() -> None:
    screen = Inspect(DETAILS, ("docker", "--host", "tcp://x:1"))
    async with on_stage(screen) as (app, pilot):
        await pilot.press("2", "slash", *"destination", "enter", "p")
        await pilot.pause()
        assert app.copied == ["docker --host tcp://x:1 inspect --format '{{(index .Mounts 0).Destination}}' web-1"]


async def test_a_path_with_control_characters_is_not_copied() -> None:
    details = {**DETAILS, "Config": {"Labels": {"evil\x9b": "find me"}}}
    async with on_stage(Inspect(details)) as (app, pilot):
        await pilot.press("2", "slash", *"find me", "enter", "p")
        await pilot.pause()
        assert app.copied == []


# The comparison


async def test_the_comparison_is_first_with_the_image() -> None:
    screen = Inspect(DETAILS)
    async with on_stage(screen, (160, 45)) as (app, pilot):
        await pilot.press("3")
        await pilot.pause()
        assert "its image looking…" in app.text
        screen.learn(Around(image=IMAGE))
        await pilot.pause()
        [port] = [row for row in app.rows if "PORT" in row]
        assert port.split()[-2:] == ["8080", "80"]
        [secret] = [row for row in app.rows if "DB_PASSWORD" in row]
        assert secret.split()[-3:] == [MASK, MASK, "(another)"]
        assert "hunter2" not in app.text
        await pilot.press("m")
        await pilot.pause()
        [secret] = [row for row in app.rows if "DB_PASSWORD" in row]
        assert secret.split()[-2:] == ["of-image", "hunter2"]


async def test_only_differences_are_shown_until_all_are_wanted() -> None:
    screen = Inspect(DETAILS)
    other = {**DETAILS, "Id": "b" * 64, "Name": "/web-2", "Created": "2026-11-23T14:00:00Z", "Args": []}
    async with on_stage(screen, (120, 45)) as (app, pilot):
        screen.compare_with(other)
        await pilot.press("3")
        await pilot.pause()
        assert "web-2 → web-1: 1 difference; left out: 3 of ids, times" in app.text
        assert "command line" in app.text
        assert "Memory" not in app.text
        await pilot.press("a")
        await pilot.pause()
        assert "Memory" in app.text
        assert "Created" in app.text


async def test_both_sides_are_read_in_full_below_and_copied() -> None:
    screen = Inspect(DETAILS)
    other = {**DETAILS, "Id": "b" * 64, "Config": {"Env": ["PORT=" + "x" * 200, "DB_PASSWORD=hunter2"]}}
    async with on_stage(screen, (80, 24)) as (app, pilot):
        screen.compare_with({**other, "Name": "/web-2"})
        await pilot.press("3", "slash", *"port", "enter", "y")
        await pilot.pause()
        assert app.text.count("x") > 200
        assert app.copied == ["x" * 200 + " ⇄ 80"]


async def test_where_nothing_differs_nothing_is_read_below() -> None:
    screen = Inspect({"Id": "id", "Name": "/same", "Config": {"Image": "web:1", "Cmd": ["serve"]}})
    async with on_stage(screen, (110, 30)) as (app, pilot):
        screen.learn(Around(image={"Config": {"Cmd": ["serve"]}}))
        await pilot.press("3")
        await pilot.pause()
        assert "run changed nothing of it" in app.text
        assert ".Id" not in app.text


async def test_the_keys_that_a_narrow_footer_has_no_room_for_are_shown_on_a_key() -> None:
    async with on_stage(Inspect(DETAILS), (80, 60)) as (app, pilot):
        assert "? keys" in app.rows[-1]
        await pilot.press("question_mark")
        await pilot.pause()
        await pilot.pause()
        for words in ("Read the container again", "Copy its path as jq takes it", "Tab ]", "Home g  First"):
            assert words in app.text
        assert "Choose with what it is compared" not in app.text
        await pilot.press("escape", "3", "question_mark")
        await pilot.pause()
        await pilot.pause()
        assert "Choose with what it is compared" in app.text


async def test_without_image_the_comparison_says_why() -> None:
    screen = Inspect(DETAILS)
    async with on_stage(screen) as (app, pilot):
        screen.learn(Around(unseen={"image": "it has been removed"}))
        await pilot.press("3")
        await pilot.pause()
        assert "its image cannot be seen: it has been removed" in app.text


@pytest.mark.parametrize("size", [(160, 45), (80, 24), (20, 8)])
@pytest.mark.parametrize("tab", ["1", "2", "3"])
async def test_hostile_text_reaches_no_terminal(tab: str, size: tuple[int, int]) -> None:
    hostile = {
        **DETAILS,
        "Name": EVIL,
        "Path": EVIL,
        "Config": {"Image": EVIL, "Env": [f"{EVIL}={EVIL}"], "Labels": {EVIL: EVIL}, "ExposedPorts": {EVIL: {}}},
        "NetworkSettings": {"Networks": {EVIL: {"Aliases": [EVIL]}}},
        "Mounts": [{"Type": EVIL, "Source": EVIL, "Destination": EVIL}],
    }
    rows = ({"Id": "b", "Names": [EVIL], "State": EVIL, "NetworkSettings": {"Networks": {EVIL: {}}}},)
    screen = Inspect(hostile)
    async with on_stage(screen, size) as (app, pilot):
        screen.learn(Around(image=IMAGE, rows=rows, unseen={"listeners": EVIL}))
        screen.compare_with({**DETAILS, "Name": EVIL, "Config": {"Labels": {EVIL: "other"}}})
        await pilot.press(tab, "z", "z", "down", "down")
        await pilot.pause()
        assert not UNSAFE & set("".join(app.rows))
        for y in range(0, size[1], 2):
            await pilot.click(offset=(min(30, size[0] - 1), y))
        await pilot.pause()
        assert not app._exit


async def test_what_the_screen_wants_of_the_engine_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    wished: list[str] = []

    def on_wished(_: Stage, message: Wished) -> None:
        wished.append(message.what)

    monkeypatch.setattr(Stage, "on_wished", on_wished, raising=False)
    async with on_stage(Inspect(DETAILS)) as (_, pilot):
        await pilot.press("c", "r", "3", "c")
        await pilot.pause()
    assert wished == ["inspect_again", "compare"]


# On a real engine


def inspected(seen: Opened) -> Inspect:
    screen = seen.app.screen
    assert isinstance(screen, Inspect)
    return screen


async def test_inspect_on_an_engine_fills_and_compares(engine: Engine, run: Run) -> None:
    run("httpd", "-f", name="cdbg-t-one", options=["--env", "MODE=one", "--volume", "cdbg-t-shared:/data"])
    run("httpd", "-f", name="cdbg-t-two", options=["--env", "MODE=two", "--volume", "cdbg-t-shared:/data"])
    async with opened(engine) as seen:
        await seen.go_to("cdbg-t-one")
        await seen.press("i")
        await seen.until(lambda: isinstance(seen.app.screen, Inspect))
        await seen.until(lambda: "also used by cdbg-t-two (at /data)" in seen.text)
        await seen.until(lambda: "given at run" in seen.text and "from the image" in seen.text)
        await seen.press("3")
        await seen.until(lambda: "differences, which run made" in seen.text)
        await seen.press("c")
        await seen.until(lambda: "compare cdbg-t-one with" in seen.text)
        index = [choice.strip() for choice in seen.rows if "cdbg-t-two" in choice]
        assert index
        while "cdbg-t-two" not in str(highlighted(seen.app)):
            await seen.press("down")
        await seen.press("enter")
        await seen.until(lambda: "cdbg-t-two → cdbg-t-one: 1 difference;" in seen.text)
        assert "MODE" in seen.text
        await seen.press("escape")
        await seen.until(lambda: not isinstance(seen.app.screen, Inspect))


def highlighted(app: CdbgApp) -> object:
    from textual.widgets import OptionList

    menu = app.screen.query_one(OptionList)
    return menu.highlighted_option.prompt if menu.highlighted_option else ""


async def test_a_report_is_written_where_it_is_asked_for(engine: Engine, run: Run, tmp_path: Path) -> None:
    one = run("sh", "-c", "exit 3", name="cdbg-t-reported")
    eventually(lambda: engine.get(f"/containers/{one}/json")["State"]["Status"] == "exited")
    async with opened(engine) as seen:
        await seen.go_to("cdbg-t-reported")
        await seen.press("R")
        await seen.until(lambda: "a report on cdbg-t-reported" in seen.text)
        entry = seen.app.screen.query_one(Input)
        assert entry.value.startswith("cdbg-t-reported-")
        entry.value = str(tmp_path / "r.tar.gz")
        await seen.press("enter")
        await seen.until(lambda: "Look through it" in seen.text)
    with tarfile.open(tmp_path / "r.tar.gz") as archive:
        [name] = [name for name in archive.getnames() if name.endswith("/inspect.json")]
        member = archive.extractfile(name)
        assert member is not None
        assert json.load(member)["Id"] == one
