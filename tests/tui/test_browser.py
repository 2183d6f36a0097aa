"""The diff browser on a real engine, through the app, with keys."""

from __future__ import annotations

import io
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.screen import Screen

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.image_files import ImageFiles
from cdbg_tui.engine.leftovers import left_behind
from cdbg_tui.tui import browsing
from cdbg_tui.tui.screens.changes import Changes
from cdbg_tui.tui.screens.file_view import FileView
from tests.support import Docker, Run, eventually
from tests.tui.opened import Opened, opened


async def browse(seen: Opened, name: str) -> Changes:
    """Go to a container, and open its diff browser."""
    await seen.go_to(name)
    await seen.press("d")
    await seen.until(lambda: isinstance(seen.app.screen, Changes))
    screen: Screen[object] = seen.app.screen
    assert isinstance(screen, Changes)
    await seen.until(lambda: "asking the engine" not in seen.text)
    return screen


def row(seen: Opened, name: str) -> str:
    """Return the row with a name; nothing where it has none."""
    return next((one for one in seen.rows[2:-2] if name in one), "")


async def find(seen: Opened, name: str) -> None:
    """Search for a name, and go to it."""
    await seen.press("slash")
    await seen.type("\x7f" * 30 + name)
    await seen.press("enter", "escape")


async def test_a_dead_one_with_its_reason_its_deleted_file_and_all_tabs(
    engine: Engine, run: Run, docker: Docker
) -> None:
    script = (
        "mkdir -p /srv/app; echo 'ERROR boom: no such table' > /srv/app/error.log;"
        "echo web:x:1234:1234::/:/bin/sh >> /etc/passwd; rm /etc/group;"
        "chown 1234 /srv/app/error.log; chmod 600 /srv/app/error.log; exit 3"
    )
    docker("wait", run("sh", "-c", script, name="browse-dead"))
    async with opened(engine) as seen:
        await browse(seen, "browse-dead")
        await seen.until(lambda: "web:" in row(seen, "error.log"))
        assert "what may tell why" in seen.text
        assert "◆ error log" in row(seen, "/srv/app/error.log")
        assert "-rw-------" in row(seen, "/srv/app/error.log")
        assert "before its end" in seen.text
        assert row(seen, "D group").split()[:2] == ["├─", "D"]
        await find(seen, "error.log")
        await seen.press("tab")
        await seen.until(lambda: "all files of" in seen.text and row(seen, "error.log"))
        assert "/srv/app/error.log" in "\n".join(seen.rows[-3:])
        await find(seen, "busybox")
        await seen.press("tab")
        await seen.until(lambda: "files of the image" in seen.text and row(seen, "busybox"))
        await find(seen, "/etc/group")
        await seen.until(lambda: row(seen, "D group"))
        await seen.press("tab")
        await seen.until(lambda: "changed files of" in seen.text and row(seen, "D group"))
        assert " B " in row(seen, "D group")
        await find(seen, "group")
        await seen.press("ctrl+s")
        await seen.until(lambda: "copy /etc/group" in seen.text)
        assert str(engine.get("/containers/browse-dead/json")["Id"])[:12] not in seen.text
        await seen.press("escape")
        await seen.until(lambda: isinstance(seen.app.screen, Changes))
        assert any(one.session == "probe" for one in left_behind(engine))
        await seen.press("escape", "escape")
        await seen.until(lambda: seen.app.screen is seen.app.dashboard)
        await seen.until(lambda: not any(one.session == "probe" for one in left_behind(engine)))


@pytest.mark.parametrize("on", [Changes, FileView])
async def test_a_copy_that_is_prepared_when_its_screen_is_left_is_not_asked_about(
    engine: Engine, run: Run, docker: Docker, monkeypatch: pytest.MonkeyPatch, on: type[Screen[object]]
) -> None:
    asked, go = threading.Event(), threading.Event()

    class Held(ImageFiles):
        def container(self) -> str:
            made = super().container()
            asked.set()
            assert go.wait(20)
            return made

    monkeypatch.setattr(browsing, "ImageFiles", Held)
    docker("wait", run("sh", "-c", "rm /etc/group", name="browse-left"))
    async with opened(engine) as seen:
        go.set()
        await browse(seen, "browse-left")
        await find(seen, "group")
        if on is FileView:
            await seen.press("enter")
            await seen.until(lambda: "this is the image's version" in seen.text and "1  " in seen.text)
        assert isinstance(seen.app.screen, on)
        go.clear()
        asked.clear()
        await seen.press("ctrl+s")
        await seen.until(asked.is_set)
        for _ in range(3):  # the search may have to be ended first
            if isinstance(seen.app.screen, on):
                await seen.press("escape")
        left_for = seen.app.screen
        assert not isinstance(left_for, on)
        go.set()
        names = ("ask browse deleted", "ask image of")
        await seen.until(lambda: not [one for one in threading.enumerate() if one.name.startswith(names)])
        await seen.pilot.pause()
        assert seen.app.screen is left_for


async def test_leaving_the_program_removes_what_stood_for_the_image(
    engine: Engine, run: Run, docker: Docker
) -> None:
    docker("wait", run("sh", "-c", "echo > /new", name="browse-quit"))
    async with opened(engine) as seen:
        await browse(seen, "browse-quit")
        await seen.press("shift+tab")
        await seen.until(lambda: row(seen, "bin/"))
        assert any(one.session == "probe" for one in left_behind(engine))
    assert eventually(lambda: not any(one.session == "probe" for one in left_behind(engine)))


async def test_a_created_one(engine: Engine, run: Run, docker: Docker, tmp_path: Path) -> None:
    container = run("true", name="browse-created", start=False)
    (tmp_path / "put").write_text("before its start")
    docker("cp", str(tmp_path / "put"), f"{container}:/srv-put")
    async with opened(engine) as seen:
        await browse(seen, "browse-created")
        await seen.until(lambda: "16 B" in row(seen, "A srv-put"))
        await seen.press("tab")
        await seen.until(lambda: row(seen, "bin/"))


@pytest.mark.parametrize("is_paused", [False, True], ids=["running", "paused"])
async def test_one_that_is_up(engine: Engine, run: Run, docker: Docker, is_paused: bool) -> None:
    name = f"browse-{'paused' if is_paused else 'running'}"
    container = run("sh", "-c", "echo one > /one; exec sleep 1000", name=name)
    eventually(lambda: "/one" in docker("diff", container).stdout)
    if is_paused:
        docker("pause", container)
    try:
        async with opened(engine) as seen:
            await browse(seen, name)
            await seen.until(lambda: "4 B" in row(seen, "A one"))
            if not is_paused:
                docker("exec", container, "touch", "/two")
                await seen.press("r")
                await seen.until(lambda: row(seen, "A two"))
            await seen.press("tab")
            await seen.until(lambda: "A one" in seen.text and row(seen, "bin/"))
    finally:
        docker("unpause", container, check=False)


async def test_one_that_is_removed_meanwhile(engine: Engine, run: Run, docker: Docker) -> None:
    container = run("sh", "-c", "echo > /new", name="browse-removed")
    docker("wait", container)
    async with opened(engine) as seen:
        await browse(seen, "browse-removed")
        await seen.until(lambda: row(seen, "A new"))
        docker("rm", "--force", container)
        await seen.press("tab")
        await seen.until(lambda: "The container has been removed." in seen.text)
        await seen.press("r", "shift+tab", "r")
        await seen.until(lambda: "The container has been removed." in seen.text)
        await seen.press("escape")
        await seen.until(lambda: seen.app.screen is seen.app.dashboard)


@pytest.fixture
def scratch(docker: Docker, tmp_path: Path) -> Iterator[str]:
    """An image with one file, and nothing that could run."""
    with tarfile.open(tmp_path / "scratch.tar", "w") as tar:
        member = tarfile.TarInfo("etc/only.conf")
        member.size = 5
        tar.addfile(member, io.BytesIO(b"only\n"))
    docker("import", str(tmp_path / "scratch.tar"), "cdbg-browse-scratch:1")
    yield "cdbg-browse-scratch:1"
    docker("rmi", "--force", "cdbg-browse-scratch:1", check=False)


async def test_one_without_a_shell_or_users(
    engine: Engine, run: Run, docker: Docker, scratch: str, tmp_path: Path
) -> None:
    container = run("/nothing", name="browse-scratch", image=scratch)
    (tmp_path / "left.log").write_text("a last word")
    docker("cp", str(tmp_path / "left.log"), f"{container}:/left.log")
    async with opened(engine) as seen:
        await browse(seen, "browse-scratch")
        await seen.until(lambda: "0:0" in row(seen, "left.log"))
        assert "◆ log" in row(seen, "left.log")
        await seen.press("tab", "tab")
        await seen.until(lambda: "files of the image" in seen.text and row(seen, "etc/"))
        await find(seen, "only.conf")
        await seen.until(lambda: "5 B" in row(seen, "only.conf"))


async def test_mounts_are_what_they_are_and_are_entered(
    engine: Engine, run: Run, docker: Docker, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/bound.txt").write_text("bound")
    (tmp_path / "one.conf").write_text("configured")
    options = (
        "--volume=/data",
        f"--volume={tmp_path}/in:/bound:ro",
        f"--volume={tmp_path}/one.conf:/etc/one.conf:ro",
        "--tmpfs=/scratch",
    )
    container = run(
        "sh", "-c", "echo v > /data/held; echo t > /scratch/gone", name="browse-mounts", options=options
    )
    docker("wait", container)
    async with opened(engine) as seen:
        await browse(seen, "browse-mounts")
        await seen.until(lambda: "bind" in row(seen, "bound/") and "one.conf/" not in seen.text)
        assert "read-only" in row(seen, "bound/")
        assert "volume" in row(seen, "data/")
        await find(seen, "data")
        await seen.press("right")
        await seen.until(lambda: "2 B" in row(seen, "held"))
        await find(seen, "bound")
        await seen.press("enter")
        await seen.until(lambda: "5 B" in row(seen, "bound.txt"))
        await find(seen, "scratch")
        await seen.press("enter")
        await seen.until(lambda: "in memory" in row(seen, "scratch/"))
        await find(seen, "bound.txt")
        await seen.press("tab")
        await seen.until(lambda: "all files of" in seen.text and row(seen, "bound.txt"))
        assert "/bound/bound.txt" in "\n".join(seen.rows[-3:])


async def test_hostile_names_are_shown_harmless_and_asked_for_as_they_are(
    engine: Engine, run: Run, docker: Docker
) -> None:
    script = r"""mkdir /odd; cd /odd; echo 12345 > "$(printf 'bad\377')"; echo 67890 > "$(printf 'new\nline')";
        touch "$(printf '\033[2Jclear')" '[red]x' ' '; mkfifo fifo; mknod device c 1 3"""
    docker("wait", run("sh", "-c", script, name="browse-odd"))
    async with opened(engine) as seen:
        await browse(seen, "browse-odd")
        await seen.until(lambda: "6 B" in row(seen, "bad\ufffd"))
        assert not {chr(code) for code in range(32)} & set("".join(seen.rows))
        for words in ("new⏎line", "A clear", "[red]x"):
            assert words in seen.text
        assert "named pipe" in row(seen, "fifo")
        assert "character device" in row(seen, "A device")
        await find(seen, "line")
        await seen.press("enter")
        await seen.until(lambda: not isinstance(seen.app.screen, Changes) and "67890" in seen.text)
        await seen.press("escape")
        await seen.until(lambda: isinstance(seen.app.screen, Changes))


async def test_links_stay_inside_the_container(engine: Engine, run: Run, docker: Docker) -> None:
    script = "ln -s ../../../../etc/passwd /up; ln -s /nowhere /dead; ln -s / /top; ln -s goes-round /goes-round"
    docker("wait", run("sh", "-c", script, name="browse-links"))
    async with opened(engine) as seen:
        await browse(seen, "browse-links")
        await seen.until(lambda: "→ ../../../../etc/passwd" in row(seen, "A up"))
        await find(seen, "up")
        await seen.press("enter")
        await seen.until(lambda: "all files of" in seen.text and "/etc/passwd" in "\n".join(seen.rows[-3:]))
        for name in ("dead", "goes-round"):
            await find(seen, name)
            assert "leads nowhere" in row(seen, f"A {name}")


async def test_a_finding_points_at_the_file_and_its_line(engine: Engine, run: Run, docker: Docker) -> None:
    script = (
        "mkdir /srv; for n in 1 2 3; do echo info $n; done > /srv/app.log;"
        "echo 'FATAL: could not open file /srv/db: Permission denied' >> /srv/app.log; exit 1"
    )
    docker("wait", run("sh", "-c", script, name="browse-finding"))
    async with opened(engine) as seen:
        await seen.go_to("browse-finding")
        await seen.until(lambda: "open /srv/app.log at that line" in seen.diagnosis)
        await seen.press("4", "f")
        await seen.until(lambda: "could not open file" in seen.text and "/srv/app.log" in seen.text)
        assert seen.app.screen is not seen.app.dashboard
        await seen.press("escape")
        await seen.until(lambda: seen.app.screen is seen.app.dashboard)
        await seen.press("d")
        await seen.until(lambda: "/srv/app.log" in "\n".join(seen.rows[-3:]))
