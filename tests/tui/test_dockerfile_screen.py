"""The Dockerfile of a debug image on the screen: read, edited, left; and the form behind it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.content import Content

from cdbg_tui.engine.debug_ground import Ground
from cdbg_tui.engine.remains import Remains
from cdbg_tui.engine.toolbox import Toolbox
from cdbg_tui.model.packages import BY_NAME
from cdbg_tui.sessions.debug_image import PLAIN, Base, Choices, Start, Tools, debug_plan
from cdbg_tui.tui.debug_images import chosen_of, fields, previewed
from cdbg_tui.tui.screens.dockerfile import DockerfileScreen, Editor, Left, Preview, Trouble, Wanted
from tests.tui.stage import NOTHING, on_stage, result_of

TEXT = "FROM shop/api:3\nRUN [x]\n"


def preview(text: str) -> Preview | str:
    if "FROM" not in text:
        return "The Dockerfile has no FROM."
    return Preview(
        ("A shell on [/x].", "Copied: all."), "$ docker run --env 'KEY=••••'", "docker run --env KEY=secret"
    )


def screen(trouble: Trouble | None = None) -> DockerfileScreen:
    return DockerfileScreen(Content("debug image of api"), TEXT, preview, trouble)


FAILED = Trouble("its mirror is away: take the static toolbox", ("W: [red]far", "E: away"), static_helps=True)


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_it_shows_what_is_built_and_what_comes_of_it(size: tuple[int, int]) -> None:
    async with on_stage(screen(), size) as (app, _):
        for words in (
            "A shell on [/x].",
            "FROM shop/api:3",
            "RUN [x]",
            "• Copied: all.",
            "docker run",
            "esc back",
        ):
            assert words in app.text, words
        assert "secret" not in app.text


@pytest.mark.parametrize(
    ("keys", "result"),
    [
        (["enter"], Left(Wanted.RUN, TEXT)),
        (["o"], Left(Wanted.CHOOSE, TEXT)),
        (["s"], Left(Wanted.SAVE, TEXT)),
        (["escape"], None),
        (["t"], NOTHING),
        (["e", *"# e", "enter", "escape", "enter"], Left(Wanted.RUN, f"# e\n{TEXT}")),
        (["e", "delete", "escape", "enter"], NOTHING),  # "ROM" begins with nothing
        (["e", "q", "escape", "escape"], None),
    ],
)
async def test_it_is_left_with_the_text_as_it_is(keys: list[str], result: object) -> None:
    assert await result_of(screen(), *keys) == result


async def test_what_was_copied_is_what_runs() -> None:
    async with on_stage(screen()) as (app, pilot):
        await pilot.press("y")
        await pilot.pause()
        assert app.copied == ["docker run --env KEY=secret"]


async def test_after_a_failed_build_it_says_why_with_the_last_lines() -> None:
    async with on_stage(screen(FAILED)) as (app, pilot):
        assert "It was not built: its mirror is away: take the static toolbox (t)" in app.text
        assert "W: [red]far" in app.text
        await pilot.press("t")
        await pilot.pause()
        assert app.result == Left(Wanted.STATIC, TEXT)


async def test_nothing_that_acts_on_a_terminal_can_be_pasted_into_it() -> None:
    async with on_stage(screen()) as (app, pilot):
        await pilot.press("e")
        app.screen.query_one(Editor).insert("# a\x1b]52;c;eA==\x07b\x9b2J\n")
        await pilot.pause()
        text = app.screen.query_one(Editor).text
        assert all(char.isprintable() or char == "\n" for char in text)
        assert text.startswith("# a")


def ground() -> Ground:
    details = {
        "Id": "ab" * 32,
        "Name": "/api",
        "Image": "sha256:cd",
        "Path": "serve",
        "State": {"Status": "exited"},
        "Config": {"User": "1000", "Env": ["API_TOKEN=hunter2"]},
    }
    found = Remains(details, shell="/bin/sh", networks=("bridge",), toolbox=Toolbox("/bin/busybox", "busybox"))
    return Ground(found, image="shop/api:3", manager=BY_NAME["apk"])


def test_the_form_leaves_all_as_it_is_unless_something_is_chosen() -> None:
    values = {one.id: one.value or (one.choices[0] if one.choices else "") for one in fields(ground(), PLAIN)}
    assert chosen_of(ground(), values) == Choices(tools=Tools.PACKAGES)
    values |= {"packages": "jq, gdb", "base": "its files as they are now", "start": "that under strace"}
    values |= {"user": "root", "network": "none", "volumes": "read-only"}
    assert chosen_of(ground(), values) == Choices(
        read_only_volumes=True,
        no_network=True,
        as_root=True,
        base=Base.FILES,
        tools=Tools.PACKAGES,
        packages=("jq", "gdb"),
        start=Start.STRACE,
    )


def test_the_form_says_what_cannot_be_had() -> None:
    found = replace(ground(), manager=None, found=replace(ground().found, toolbox=None, has_image=False))
    by_id = {one.id: one for one in fields(found, PLAIN)}
    assert "no package manager" in by_id["tools"].disabled["its packages"]
    assert "no static busybox" in by_id["tools"].disabled["a static busybox"]
    assert by_id["base"].disabled == {"its image": "it is gone"}
    assert by_id["base"].value == "its files as they are now"


def test_beside_its_dockerfile_a_plan_is_shown_without_it_and_with_its_secrets_masked() -> None:
    made = previewed(debug_plan(ground(), lambda *words: ("docker", *words), "ab12"))
    assert isinstance(made, Preview)
    assert "hunter2" not in made.shown
    assert "RUN apk" not in made.shown
    assert "hunter2" in made.commands
    assert "RUN apk" in made.commands
