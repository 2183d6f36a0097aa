"""A container, or its image, is renamed or removed under what is open: what was read stays, and it is said."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.screen import Screen

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import find as find_engine
from cdbg_tui.model.container import SESSION_LABEL
from cdbg_tui.tui.screens.changes import Changes
from cdbg_tui.tui.screens.file_view import FileView
from cdbg_tui.tui.screens.image import ImageScreen
from tests.engine.proxy import Fault, Proxy
from tests.support import Docker, Run, eventually
from tests.tui.opened import Opened, opened
from tests.tui.test_browser import browse, find, row

NAME, OTHER, IMAGE = "going", "called-so-now", "cdbg-test-going:latest"
REMOVED = "The container has been removed."
SCRIPT = "mkdir -p /d/e/f; echo its last words > /d/e/f/file; {}; touch /ready; exec sleep 1000"


@pytest.fixture
def through(proxy: Proxy) -> Iterator[Engine]:
    """The engine behind a proxy."""
    engine = Engine(find_engine(host=proxy.url))
    yield engine
    engine.close()


def begun(run: Run, docker: Docker, more: str = ":", name: str = NAME) -> str:
    """Make a container with a file deep in directories, and wait until it is there."""
    made = run("sh", "-c", SCRIPT.format(more), name=name)
    eventually(lambda: "/ready" in docker("diff", made).stdout)
    return made


def screen(seen: Opened) -> type[Screen[object]]:
    """Return of what kind the screen is."""
    return type(seen.app.screen)


def told(seen: Opened) -> str:
    """Return what toasts say."""
    return " ".join(one.message for one in seen.app._notifications)


async def test_under_a_file_and_the_diff_browser(
    engine: Engine, run: Run, docker: Docker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    target = begun(run, docker)
    async with opened(engine) as seen:
        await browse(seen, NAME)
        await find(seen, "file")
        await seen.press("enter")
        await seen.until(lambda: "its last words" in seen.text)
        docker("rm", "--force", target)
        begun(run, docker, "echo another > /d/e/f/file")
        await seen.until(lambda: target not in seen.app.roster.containers)
        await seen.press("r")
        await seen.until(lambda: REMOVED in seen.text)
        assert "its last words" in seen.text
        await seen.press("ctrl+s")
        await seen.until(lambda: f"{target[:12]}:/d/e/f/file" in seen.text)
        await seen.press("enter")
        await seen.until(lambda: REMOVED in told(seen) and screen(seen) is FileView)
        seen.app.clear_notifications()
        await seen.press("escape")
        await seen.until(lambda: row(seen, "A file"))
        assert screen(seen) is Changes
        await seen.press("r")
        await seen.until(lambda: REMOVED in told(seen))
        assert row(seen, "A file")
        await seen.press("enter")
        await seen.until(lambda: screen(seen) is FileView and REMOVED in seen.text)
        await seen.press("escape", "ctrl+s")
        await seen.until(lambda: "copy /d/e/f/file" in seen.text)
        seen.app.clear_notifications()
        await seen.press("enter")
        await seen.until(lambda: REMOVED in told(seen))
        await seen.press("escape")
        await seen.until(lambda: seen.app.screen is seen.app.dashboard)
        await seen.until(lambda: seen.is_about(NAME))
        assert list(tmp_path.iterdir()) == []
    assert not docker("ps", "--all", "--quiet", "--filter", f"label={SESSION_LABEL}").stdout


async def test_its_new_name_stands_wherever_it_is_named(engine: Engine, run: Run, docker: Docker) -> None:
    target = begun(run, docker)
    async with opened(engine) as seen:
        await seen.go_to(NAME)
        docker("rename", target, OTHER)
        await seen.until(lambda: seen.text.count(f"· {OTHER} ") == 4)
        assert f"· {NAME} " not in seen.text
        assert "e shell" in seen.rows[-1]
        docker("kill", target)
        await seen.until(lambda: "c rerun" in seen.rows[-1])
        assert "e shell" not in seen.rows[-1]
        await seen.until(lambda: "memory 0 B" in seen.rows[0])


async def test_under_a_copy_of_many_files(
    through: Engine,
    proxy: Proxy,
    run: Run,
    docker: Docker,
    tmp_path: Path,
    engine_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The engine removes nothing of which it is sending files: all of them come, or none."""
    target = begun(
        run, docker, "for i in $(seq 1 200); do echo $i > /d/e/$i; done; dd if=/dev/zero of=/d/z bs=1M count=1"
    )
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    async with opened(through) as seen:
        await browse(seen, NAME)
        await seen.press("g", "ctrl+s")
        await seen.until(lambda: "copy /d" in seen.text)
        proxy.spoil("/archive", Fault(delay=0.02))
        await seen.press("enter")
        await seen.until(lambda: any(place.glob(".cdbg-copy-*/new/*")))
        removal = subprocess.Popen(
            ["docker", "--host", engine_url, "rm", "--force", target], stdout=subprocess.DEVNULL
        )
        await seen.until(lambda: target not in seen.app.roster.containers)
        removal.wait()
        await seen.until(lambda: told(seen) and screen(seen) is Changes)
        if "written to" in told(seen):
            assert len(list(place.rglob("[0-9]*"))) == 200
            assert (place / "d" / "z").stat().st_size == 1 << 20
            (place / "d").rename(tmp_path / "whole")
        assert list(place.iterdir()) == []
        await seen.press("escape")
        await seen.until(lambda: seen.app.screen is seen.app.dashboard)


async def test_under_its_image(through: Engine, proxy: Proxy, run: Run, docker: Docker) -> None:
    source = run("sh", "-c", "dd if=/dev/urandom of=/big bs=1M count=2", name="source")
    docker("wait", source)
    docker("commit", source, IMAGE)
    target = run("sleep", "1000", name=NAME, image=IMAGE)
    image_id = json.loads(docker("inspect", target).stdout)[0]["Image"]
    async with opened(through) as seen:
        await seen.go_to(NAME)
        await seen.press("I")
        await seen.until(lambda: "2 layers" in seen.text)
        docker("rm", "--force", target)
        docker("rmi", "--force", image_id)
        # Another image of the same name, in another container of the same name.
        docker("tag", "busybox:latest", IMAGE)
        run("sleep", "1000", name=NAME, image=IMAGE)
        await seen.until(lambda: target not in seen.app.roster.containers)
        await seen.press("j")
        await seen.until(lambda: "sha256:" in seen.text and "of=/big" in seen.text)
        await seen.press("escape")
        await seen.until(lambda: seen.app.screen is seen.app.dashboard)
        await seen.go_to(NAME)
        await seen.press("I")
        await seen.until(lambda: "1 layer" in seen.text)
        assert screen(seen) is ImageScreen
        docker("rmi", IMAGE)
