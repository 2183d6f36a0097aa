"""The dialogs of commit and rerun: fixed choices, what is shown masked, and the list of what is left behind."""

from __future__ import annotations

from textual.content import Content

from cdbg_tui.engine.leftovers import LeftBehind
from cdbg_tui.engine.remains import Remains
from cdbg_tui.engine.toolbox import Strace, Toolbox
from cdbg_tui.model.container import Container, State
from cdbg_tui.sessions.rerun import Choices, Start
from cdbg_tui.tui.leftovers import abandoned
from cdbg_tui.tui.rerunning import chosen, fields
from cdbg_tui.tui.screens.confirm import Confirm
from cdbg_tui.tui.screens.form import Field, Form
from cdbg_tui.tui.screens.left_behind import LeftBehindScreen
from cdbg_tui.tui.screens.show_plan import ShowPlan
from tests.tui.stage import NOTHING, on_stage, result_of

EVIL = "[/x]\x1b[2Jevil\n"
NOW = 10_000.0


def form() -> Form:
    fixed = [
        Field("volumes", "volumes", "", ("as it was", "read-only"), fixed=True),
        Field("start", "start", "", ("shell", "toolbox", "strace"), fixed=True, disabled={"shell": "it has none"}),
    ]
    return Form(Content("rerun"), fixed, lambda now: f"shown {now['volumes']}", lambda _: "copied")


async def test_fixed_choices_begin_with_the_first_that_can_be_had_and_say_why_others_cannot() -> None:
    assert await result_of(form(), "enter") == {"volumes": "as it was", "start": "toolbox"}
    async with on_stage(form(), (80, 24)) as (app, _):
        assert "shell: it has none" in app.text


async def test_arrows_move_among_fields_and_choices_past_what_cannot_be_had() -> None:
    async with on_stage(form()) as (app, pilot):
        await pilot.press("right", "down", "left", "left", "left")
        await pilot.pause()
        assert "shown read-only" in app.text
        await pilot.press("enter")
        await pilot.pause()
        assert app.result == {"volumes": "read-only", "start": "strace"}


async def test_a_choice_is_taken_by_the_mouse_and_one_that_cannot_be_had_is_not() -> None:
    async with on_stage(form()) as (app, pilot):
        await pilot.click("#field-0", offset=(15, 0))
        await pilot.click("#field-1", offset=(2, 0))
        await pilot.press("enter")
        await pilot.pause()
        assert app.result == {"volumes": "read-only", "start": "toolbox"}


async def test_what_is_copied_is_what_runs_and_not_what_is_shown() -> None:
    async with on_stage(form()) as (app, pilot):
        await pilot.press("ctrl+y")
        await pilot.pause()
        assert app.copied == ["copied"]
    async with on_stage(ShowPlan("rerun", (), "run --password x", "run --password ••")) as (app, pilot):
        assert "--password x" not in app.text
        await pilot.press("y")
        await pilot.pause()
        assert app.copied == ["run --password x"]


async def test_foreign_names_do_no_harm_as_choices() -> None:
    screen = Form(
        Content("t"), [Field("a", EVIL, "", (EVIL, "b"), fixed=True, disabled={"b": EVIL})], lambda now: now["a"]
    )
    async with on_stage(screen) as (app, _):
        assert "[/x]" in app.text
        assert "\x1b" not in app.text


def details(**host: object) -> dict[str, object]:
    return {"Id": "1" * 64, "Config": {"User": "app"}, "HostConfig": host}


def test_what_can_be_chosen_is_what_can_be_had() -> None:
    box, strace = Toolbox("/bin/busybox", "b"), Strace("/usr/bin/strace")
    every = {
        one.id: one for one in fields(Remains(details(ReadonlyRootfs=True), "/bin/sh", toolbox=box, strace=strace))
    }
    assert not any(one.disabled for one in every.values())
    assert every["root"].choices == ("read-only, as it was", "writable")
    assert every["user"].choices == ("its own (app)", "root")
    few = {one.id: one for one in fields(Remains(details(), toolbox=box, strace="no strace", unknown_user="app"))}
    assert few["root"].choices == ("writable, as it was",)
    assert few["user"].disabled == {"its own (app)": "its files know no app"}
    assert few["start"].disabled == {"shell": "it has none", "the original under strace": "no strace"}


def test_what_was_chosen_becomes_choices() -> None:
    found = Remains(details(ReadonlyRootfs=True), "/bin/sh", toolbox=Toolbox("/b"), strace=Strace("/s"))
    first = {one.id: one.choices[0] for one in fields(found)}
    assert chosen(first) == Choices()
    last = {one.id: one.choices[-1] for one in fields(found)}
    assert chosen(last) == Choices(
        read_only_volumes=True, no_network=True, as_root=True, writable_root=True, start=Start.STRACE
    )


# What is left behind

LEFT = (
    LeftBehind(
        "container", "1", "cdbg-web-1-beef", "rerun", "2", created=NOW - 60, size=2048, target_name="web-1"
    ),
    LeftBehind("container", "3", EVIL, "sidecar", "4" * 64, is_running=True, created=NOW - 7200, size=0),
    LeftBehind("image", "5", "cdbg-rerun/web-1:beef", "rerun", created=NOW - 60, size=1 << 20),
)


def docker(*words: str) -> tuple[str, ...]:
    return ("docker", *words)


def listed(removed: list[tuple[LeftBehind, ...]]) -> LeftBehindScreen:
    return LeftBehindScreen(LEFT, NOW, docker, removed.append)


async def test_each_is_shown_with_its_session_target_age_size_and_whether_it_is_used() -> None:
    async with on_stage(listed([]), (140, 30)) as (app, _):
        first, second, third = (row.split() for row in app.rows if "rerun" in row or "sidecar" in row)
        assert first[1:] == ["container", "cdbg-web-1-beef", "rerun", "web-1", "1", "min", "2.0", "KiB", "│"]
        assert second[-3:] == ["in", "use", "│"]
        assert "444444444444 (gone)" in app.text
        assert third[1:4] == ["image", "cdbg-rerun/web-1:beef", "rerun"]
        assert "\x1b" not in app.text


async def test_one_is_removed_after_a_question_and_its_command_can_be_copied() -> None:
    removed: list[tuple[LeftBehind, ...]] = []
    async with on_stage(listed(removed)) as (app, pilot):
        await pilot.press("j", "j", "y", "d")
        await pilot.pause()
        assert app.copied == ["docker rmi cdbg-rerun/web-1:beef"]
        assert isinstance(app.screen, Confirm)
        await pilot.press("n")
        await pilot.pause()
        assert removed == []
        await pilot.press("d", "y")
        await pilot.pause()
        assert removed == [(LEFT[2],)]


async def test_before_all_are_removed_those_in_use_are_named_and_no_is_the_default() -> None:
    removed: list[tuple[LeftBehind, ...]] = []
    async with on_stage(listed(removed)) as (app, pilot):
        await pilot.press("a")
        await pilot.pause()
        assert "In use, perhaps by a session in another terminal" in app.text
        await pilot.press("enter")
        await pilot.pause()
        assert removed == []
        await pilot.press("a", "y")
        await pilot.pause()
        assert removed == [LEFT]


async def test_it_closes_when_nothing_is_left() -> None:
    screen = listed([])
    async with on_stage(screen) as (app, pilot):
        screen.show(LEFT[:1])
        await pilot.pause()
        assert "cdbg-rerun" not in app.text
        assert app.result is NOTHING
        screen.show(())
        await pilot.pause()
        assert app.result is None


def test_only_what_nobody_can_be_in_is_told_at_the_start() -> None:
    def made(session: str, state: State, age: float) -> Container:
        return Container(
            "1", "x", "i", state, created=NOW - age, labels={"dev.cdbg.session": session} if session else {}
        )

    young_probe, old_probe = made("probe", State.CREATED, 60), made("probe", State.CREATED, 7200)
    kept, running = made("rerun", State.EXITED, 60), made("rerun", State.RUNNING, 60)
    others = made("", State.EXITED, 60)
    assert abandoned([young_probe, old_probe, kept, running, others], NOW) == [old_probe, kept]
