"""Dialogs, help and fault: their keys and their results."""

from __future__ import annotations

import pytest
from textual.content import Content

from cdbg_tui.tui.screens.choose import LONGEST_WITHOUT_FILTER, Choice, Choose
from cdbg_tui.tui.screens.confirm import Confirm
from cdbg_tui.tui.screens.fault import Fault
from cdbg_tui.tui.screens.form import Field, Form
from cdbg_tui.tui.screens.help import Help
from cdbg_tui.tui.screens.messages import RetryWanted
from cdbg_tui.tui.screens.show_plan import ShowPlan
from cdbg_tui.tui.widgets.key_columns import balanced
from tests.tui.stage import NOTHING, on_stage, result_of

# The menu


def menu(count: int = 3) -> Choose:
    """Return a menu, its second choice disabled."""
    choices = [Choice(f"id{i}", Content(f"choice {i}"), "abcdefghijklmnop"[i]) for i in range(count)]
    choices[1] = Choice("id1", Content("choice 1"), "b", disabled="it is running")
    return Choose(Content("title"), choices)


@pytest.mark.parametrize(
    ("keys", "result"),
    [
        (["c"], "id2"),
        (["enter"], "id0"),
        (["down", "enter"], "id2"),  # what is disabled is passed over
        (["j", "enter"], "id2"),
        (["j", "k", "enter"], "id0"),
        (["escape"], None),
        (["z"], NOTHING),
    ],
)
async def test_menu_chooses_by_letter_and_by_arrows(keys: list[str], result: object) -> None:
    assert await result_of(menu(), *keys) == result


async def test_menu_says_why_a_choice_is_disabled() -> None:
    async with on_stage(menu()) as (app, pilot):
        await pilot.press("b")
        await pilot.pause()
        assert app.result is NOTHING
        assert "choice 1: it is running" in app.text


async def test_a_long_menu_is_filtered_by_typing() -> None:
    long = menu(LONGEST_WITHOUT_FILTER + 2)
    async with on_stage(long) as (app, pilot):
        await pilot.press(*"choice 13")
        await pilot.pause()
        assert "choice 12" not in app.text
        await pilot.press("enter")
        await pilot.pause()
        assert app.result == "id13"


async def test_a_filter_that_matches_nothing_says_so_and_chooses_nothing() -> None:
    async with on_stage(menu(LONGEST_WITHOUT_FILTER + 1)) as (app, pilot):
        await pilot.press(*"zzz", "enter")
        await pilot.pause()
        assert "nothing matches" in app.text
        assert app.result is NOTHING


# The question


def question(*, dangerous: bool) -> Confirm:
    """Return a question about removing a container."""
    return Confirm(
        Content("Remove web-1?"),
        loss=Content("Its files are lost."),
        command=("docker", "rm", "web-1", "a b"),
        dangerous=dangerous,
    )


@pytest.mark.parametrize(
    ("dangerous", "keys", "result"),
    [
        (True, ["enter"], False),
        (False, ["enter"], True),
        (True, ["y"], True),
        (True, ["n"], False),
        (True, ["escape"], False),
        (True, ["left", "enter"], True),
        (True, ["tab", "enter"], True),
        (False, ["right", "enter"], False),
        (False, ["l", "h", "enter"], True),
    ],
)
async def test_question(dangerous: bool, keys: list[str], result: bool) -> None:
    assert await result_of(question(dangerous=dangerous), *keys) is result


async def test_question_names_container_loss_and_command_and_copies_it() -> None:
    async with on_stage(question(dangerous=True)) as (app, pilot):
        for words in ("Remove web-1?", "Its files are lost.", "docker rm web-1 'a b'"):
            assert words in app.text
        await pilot.press("ctrl+y")
        await pilot.pause()
        assert app.copied == ["docker rm web-1 'a b'"]
        assert app.result is NOTHING


# The form


def form() -> Form:
    """Return a form with choices in one field and none in the other."""
    fields = [Field("user", "user", "root", ("root", "app")), Field("command", "command")]
    return Form(Content("shell"), fields, lambda now: f"run as {now['user']}: {now['command']}")


async def test_form_shows_the_command_while_it_is_typed_and_leaves_with_the_values() -> None:
    async with on_stage(form()) as (app, pilot):
        assert "run as root:" in app.text
        await pilot.press("tab", *"ls -l")
        await pilot.pause()
        assert "run as root: ls -l" in app.text
        await pilot.press("ctrl+y", "enter")
        await pilot.pause()
        assert app.copied == ["run as root: ls -l"]
        assert app.result == {"user": "root", "command": "ls -l"}


async def test_form_steps_through_choices_and_through_fields_without() -> None:
    async with on_stage(form()) as (app, pilot):
        await pilot.press("down", "tab", "x", "up", "down", "down", "enter")
        await pilot.pause()
        assert app.result == {"user": "app", "command": "x"}


async def test_form_is_left_by_escape() -> None:
    assert await result_of(form(), "x", "escape") is None


# The plan

PLAN = ("docker commit web-1 x\ndocker run -it x", ["keeps its volumes", "leaves out its ports"])


@pytest.mark.parametrize(("key", "result"), [("enter", True), ("escape", False), ("q", False)])
async def test_plan_runs_on_enter_only(key: str, result: bool) -> None:
    assert await result_of(ShowPlan("rerun: web-1", PLAN[1], PLAN[0]), key) is result


async def test_plan_shows_notes_and_every_command_and_copies_them() -> None:
    async with on_stage(ShowPlan("rerun: web-1", PLAN[1], PLAN[0])) as (app, pilot):
        for words in ("rerun: web-1", *PLAN[1], *PLAN[0].splitlines()):
            assert words in app.text
        await pilot.press("y")
        await pilot.pause()
        assert app.copied == [PLAN[0]]
        assert app.result is NOTHING


# Help and fault


async def test_help_shows_every_key_and_closes() -> None:
    groups = [(f"group {i}", [(f"{i}", f"does {i} of what there is to do")]) for i in range(5)]
    for key in ("escape", "question_mark", "q"):
        async with on_stage(Help(groups), (160, 45)) as (app, pilot):
            for i in range(5):
                assert f"group {i}" in app.text
                assert f"does {i} of" in app.text
            await pilot.press(key)
            await pilot.pause()
            assert app.result is None


async def test_help_scrolls_where_it_does_not_fit() -> None:
    groups = [("group", [(str(i), f"does {i}") for i in range(60)])]
    async with on_stage(Help(groups), (80, 24)) as (app, pilot):
        assert "does 59" not in app.text
        await pilot.press("end")
        await pilot.pause()
        assert "does 59" in app.text


def test_columns_are_balanced_in_order() -> None:
    groups = [(str(i), [("k", "w")] * height) for i, height in enumerate((8, 2, 4, 3))]
    columns = balanced(groups, 2)
    assert [[title for title, _ in column] for column in columns] == [["0", "1"], ["2", "3"]]
    assert balanced([], 3) == []


async def test_fault_says_what_is_wrong_and_what_to_do_and_retries() -> None:
    now = 100.0
    screen = Fault("No engine.", "Start it.", "unix:///x.sock", "--host", clock=lambda: now)
    async with on_stage(screen) as (app, pilot):
        for words in ("No engine.", "Start it.", "unix:///x.sock", "--host"):
            assert words in app.text
        assert "trying again" not in app.text
        screen.retry_in(8)
        await pilot.pause()
        assert "trying again in 8 s" in app.text
        now += 3
        screen.tell()
        await pilot.pause()
        assert "trying again in 5 s" in app.text
        await pilot.press("r")
        await pilot.pause()
        assert "trying again …" in app.text
        assert [type(message) for message in app.asked] == [RetryWanted]
        screen.show("Still none.", "")
        await pilot.pause()
        assert "Still none." in app.text
        await pilot.press("q")
        await pilot.pause()
        assert not app.is_running or app._exit
