"""The screen of an image: what it shows, its keys, and the way there on a real engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from cdbg_tui.engine.client import Engine
from cdbg_tui.model.analysis import Analysis, analyse
from cdbg_tui.model.layers import Step
from cdbg_tui.tui.screens.image import ImageScreen
from cdbg_tui.tui.screens.image_wait import Measured
from tests.support import Docker, Run
from tests.tui.opened import NARROW, WIDE, opened
from tests.tui.stage import NOTHING, Stage, on_stage
from tests.unit.layered import files, image

EVIL = "[/x][@click=app.quit]x[/] \x1b[2J\x1b]52;c;aGk=\x07\x9b1m\u202eevil\r\x00"
UNSAFE = {chr(code) for code in (*range(32), *range(127, 160), 0x202E)}
MIB = 1 << 20
LONG = "RUN apt-get update && " + " && ".join(f"step-{number}" for number in range(40))


def seen() -> Analysis:
    return analyse(
        image(
            files(("bin/", 0), ("bin/sh", MIB), ("etc/", 0), ("etc/passwd", 900)),
            files(("app/", 0), ("app/data.bin", 30 * MIB), ("app/tool", 2 * MIB), ("app/.env", 40)),
            files(("app/", 0), ("app/.wh.data.bin", 0), ("app/tool", 2 * MIB), ("etc/", 0), ("etc/motd", 7)),
            history=[
                Step("/bin/sh -c #(nop) ADD file:1 in / ", 1000.0),
                Step('/bin/sh -c #(nop)  CMD ["sh"]', 1000.0, is_empty=True),
                Step("COPY . /app # buildkit", 2000.0),
                Step(LONG, 3000.0),
            ],
        )
    )


async def shown(app: Stage, pilot: Pilot[None], words: str) -> None:
    """Wait until *words* are on the screen."""
    for _ in range(200):
        if words in app.text:
            return
        await pilot.pause(0.02)
    raise AssertionError(f"{words!r} did not come:\n{app.text}")


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_layers_stand_beside_what_the_selected_one_changed(size: tuple[int, int]) -> None:
    screen = ImageScreen("shop/api:1", now=lambda: 4000.0)
    screen.show(seen())
    async with on_stage(screen, size) as (app, pilot):
        await shown(app, pilot, "layer 1  A 2 added")
        for words in (
            "shop/api:1",
            "35.0 MiB in 3 layers",
            "efficiency",
            "wasted 34.0 MiB",
            'CMD ["sh"]',
            "50 min",
        ):
            assert words in app.text
        await pilot.press("j", "j", "j")
        await shown(app, pilot, "layer 3  A 1 added 7 B · M 1 modified 2.0 MiB · D 1 deleted 30.0 MiB")
        assert "app/" in app.text


async def test_an_empty_step_has_no_tree() -> None:
    screen = ImageScreen("x")
    screen.show(seen())
    async with on_stage(screen) as (app, pilot):
        await pilot.press("j")
        await shown(app, pilot, "it changes no file")


async def test_kinds_are_hidden_by_the_keys_of_the_diff_browser() -> None:
    screen = ImageScreen("x")
    screen.show(seen())
    async with on_stage(screen, WIDE) as (app, pilot):
        await pilot.press("G")
        await shown(app, pilot, "layer 3")
        await pilot.press("tab")
        await shown(app, pilot, "data.bin")
        assert "motd" in app.text
        await pilot.press("d")
        await shown(app, pilot, "(hidden)")
        assert "data.bin" not in app.text
        await pilot.press("a", "m")
        await shown(app, pilot, "all hidden: a, m and d show them")
        await pilot.press("a", "m", "d")
        await shown(app, pilot, "etc/")
        assert "(hidden)" not in app.text


async def test_all_files_up_to_a_layer_can_be_shown() -> None:
    screen = ImageScreen("x")
    screen.show(seen())
    async with on_stage(screen, WIDE) as (app, pilot):
        await pilot.press("G")
        await shown(app, pilot, "layer 3")
        assert "bin/" not in app.text
        await pilot.press("u")
        await shown(app, pilot, "all files up to layer 3")
        assert "bin/" in app.text
        await pilot.press("u")
        await shown(app, pilot, " layer 3  A")


async def test_the_instruction_is_never_cut_and_copied_as_it_is() -> None:
    screen = ImageScreen("x")
    screen.show(seen())
    async with on_stage(screen, WIDE) as (app, pilot):
        await pilot.press("G", "enter", "G")
        await pilot.press(*["down"] * 60)
        await shown(app, pilot, "&& step-39")
        await pilot.press("escape", "y")
        await pilot.pause()
        assert app.result is NOTHING
        assert app.copied == [LONG]


async def test_waste_and_culprits_lead_to_the_layer_and_the_path() -> None:
    screen = ImageScreen("x")
    screen.show(seen())
    async with on_stage(screen, WIDE) as (app, pilot):
        await pilot.press("2")
        await shown(app, pilot, "/app/data.bin   deleted")
        assert "4.0 MiB       2  /app/tool" in app.text
        assert "30.0 MiB  layer 2: COPY . /app" in app.text
        await pilot.press("y", "tab")
        await shown(app, pilot, "settings that often hold secrets: /app/.env")
        assert app.copied == ["/app/data.bin"]
        assert "--mount=type=secret" in app.text
        await pilot.press("j")
        await shown(app, pilot, "deleted by layer 3")
        await pilot.press("enter")
        await shown(app, pilot, "layer 2  A 3 added")
        await shown(app, pilot, "hidden by layer 3")
        assert app.focused is not None
        assert app.focused.id == "image-tree"


async def test_search_finds_in_the_tree_and_in_the_lists() -> None:
    screen = ImageScreen("x")
    screen.show(seen())
    async with on_stage(screen, WIDE) as (app, pilot):
        await pilot.press("G")
        await shown(app, pilot, "layer 3")
        await pilot.press("tab", "slash", *"motd", "enter")
        await shown(app, pilot, "1 of 1")
        await pilot.press("y", "escape", "2", "slash", *"TOOL", "enter")
        await shown(app, pilot, "1 of 1")
        await pilot.press("y")
        await pilot.pause()
        assert app.copied == ["/etc/motd", "/app/tool"]
        await pilot.press("slash", *"zzz")
        await shown(app, pilot, "not found")
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert app.result is None


async def test_the_largest_come_first_if_wanted() -> None:
    screen = ImageScreen("x")
    screen.show(analyse(image(files(("a", 1), ("b", 2)))))
    async with on_stage(screen, WIDE) as (app, pilot):
        await shown(app, pilot, "2 B  b")
        assert app.text.index("1 B  a") < app.text.index("2 B  b")
        await pilot.press("o")
        await pilot.pause()
        assert app.text.index("2 B  b") < app.text.index("1 B  a")


async def test_the_reading_tells_how_far_it_is_and_keys_answer() -> None:
    far = [Measured()]
    screen = ImageScreen("x", measured=lambda: far[0])
    async with on_stage(screen) as (app, pilot):
        await shown(app, pilot, "the engine puts the layers together")
        far[0] = Measured(50 * MIB, 200 * MIB, 1234)
        await shown(app, pilot, "read 50.0 MiB of about 200.0 MiB, 1,234 files")
        far[0] = Measured(210 * MIB, 200 * MIB, 5000, is_read=True)
        await shown(app, pilot, "comparing the layers")
        await pilot.press("2", "tab", "a", "slash", "y", "n")
        await pilot.pause()
        assert app.result is NOTHING
        await pilot.press("escape")
        await pilot.pause()
        assert app.result is None


async def test_a_failure_is_a_sentence() -> None:
    screen = ImageScreen("x")
    async with on_stage(screen) as (app, pilot):
        screen.fail("The image is no longer on the engine.")
        await shown(app, pilot, "The image is no longer on the engine.")
        await pilot.press("q")
        await pilot.pause()
        assert app.result is None


@pytest.mark.parametrize("keys", [(), ("tab", "z"), ("2",), ("3",), ("enter",), ("slash", "e", "v")])
async def test_hostile_text_does_nothing(keys: tuple[str, ...]) -> None:
    lower = files((f"etc/{EVIL}", MIB), (f"app/{EVIL}/.env", 5), ("link", 0, "2"))
    lower.links[2] = EVIL
    upper = files((f"etc/{EVIL}", MIB), (f"app/{EVIL}/.wh..env", 0))
    steps = [Step(f"RUN {EVIL}", 1.0, EVIL), Step(f"LABEL {EVIL}", is_empty=True), Step("", None, EVIL)]
    screen = ImageScreen(EVIL)
    screen.show(analyse(image(lower, upper, history=steps)))
    async with on_stage(screen, WIDE) as (app, pilot):
        await shown(app, pilot, "evil")
        await pilot.press(*keys)
        await pilot.pause(0.2)
        await pilot.press("j", "G")
        await pilot.pause(0.2)
        assert not UNSAFE & set(app.text.replace("\n", ""))
        assert app.result is NOTHING


async def test_paths_of_any_depth_can_be_opened() -> None:
    screen = ImageScreen("x")
    screen.show(analyse(image(files(("d/" * 1500 + "f", 1)))))
    async with on_stage(screen, WIDE) as (app, pilot):
        await shown(app, pilot, "layer 1  A 1 added")
        await pilot.press("tab", "G", "y")
        await pilot.pause()
        assert app.copied == ["/" + "d/" * 1500 + "f"]


# On an engine


@pytest.fixture
def built(docker: Docker, tmp_path: Path) -> Iterator[str]:
    """An image that is removed after the test."""
    (tmp_path / "Dockerfile").write_text(
        "FROM busybox:latest\nRUN head -c 3000000 /dev/zero > /waste\nRUN rm /waste\n"
    )
    docker("build", "--quiet", "--tag", "cdbg-test/screen:1", str(tmp_path))
    yield "cdbg-test/screen:1"
    docker("rmi", "--force", "cdbg-test/screen:1", check=False)


async def test_the_image_of_a_dead_container_is_read_once(engine: Engine, run: Run, built: str) -> None:
    run("true", name="cdbg-t-image", image=built)
    async with opened(engine) as screen:
        await screen.go_to("cdbg-t-image")
        await screen.press("I")
        await screen.until(lambda: "in 3 layers" in screen.text)
        await screen.until(lambda: "wasted 2.9 MiB" in screen.text)
        (kept,) = screen.app.images_read.values()
        await screen.press("q")
        await screen.until(lambda: screen.app.screen is screen.app.dashboard)
        await screen.press("I")
        await screen.until(lambda: "in 3 layers" in screen.text)
        assert list(screen.app.images_read.values()) == [kept]
        await screen.press("q")


async def test_a_removed_image_is_told(engine: Engine, run: Run, built: str, docker: Docker) -> None:
    run("sh", "-c", "exit 0", name="cdbg-t-no-image", image=built, start=False)
    docker("rmi", "--force", built)
    async with opened(engine) as screen:
        await screen.go_to("cdbg-t-no-image")
        await screen.press("I")
        await screen.until(lambda: "is no longer on the engine" in screen.text)
        await screen.press("escape")
        await screen.until(lambda: screen.app.screen is screen.app.dashboard)
