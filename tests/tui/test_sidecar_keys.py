"""`s` and `S` in the dashboard, and what sessions made under its target in the list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cdbg_tui.config import Config
from cdbg_tui.engine.client import Engine
from cdbg_tui.sessions.recent import Used, remember
from cdbg_tui.tui import sidecars
from cdbg_tui.tui.panes.containers import ContainersPane
from cdbg_tui.tui.screens.choose import Choose
from cdbg_tui.tui.screens.form import Form
from tests.support import IMAGE, Docker, Run
from tests.tui.opened import opened


@pytest.fixture(autouse=True)
def _own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def flat(text: str) -> str:
    return re.sub(r"[\s│]+", " ", text)


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_the_form_shows_the_command_and_what_the_profile_can(
    engine: Engine, run: Run, tmp_path: Path, size: tuple[int, int]
) -> None:
    config = Config(toolbox=IMAGE)
    run("sleep", "1000", name="cdbg-t-form", options=["--user", "1000", "--ipc", "shareable"])
    remember(tmp_path / "cdbg", Used("once/used:1", "sha256:1", "/bin/sh"))
    async with opened(engine, size, config=config) as seen:
        await seen.go_to("cdbg-t-form")
        await seen.press("S")
        await seen.until(lambda: isinstance(seen.app.screen, Form))
        await seen.until(lambda: "docker --host" in flat(seen.text))
        assert "once/used:1" in seen.text
        assert IMAGE.removesuffix(":latest") in seen.text
        assert "general: it sees every file" in flat(seen.text)
        assert size == (80, 24) or "--cap-add SYS_PTRACE" in flat(seen.text)
        await seen.press("right")
        await seen.until(lambda: "stay out of reach: it runs as uid 1000" in flat(seen.text))
        await seen.press("right", "right", "right")
        await seen.until(lambda: "restricted, as user 1000:" in flat(seen.text))
        await seen.press("escape")


async def test_what_was_chosen_is_started(engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("sleep", "1000", name="cdbg-t-chosen", options=["--volume", "/data", "--ipc", "shareable"])
    started: list[str] = []
    monkeypatch.setattr(sidecars, "launch", lambda _app, made: started.append(made.commands()))
    async with opened(engine, config=Config(toolbox=IMAGE)) as seen:
        await seen.go_to("cdbg-t-chosen")
        await seen.press("S")
        await seen.until(lambda: isinstance(seen.app.screen, Form))
        await seen.press("right", "tab", "tab", "right", "tab", "right", "tab", "right", "tab", "0", "enter")
        await seen.until(lambda: bool(started))
    for words in ("NET_RAW", "--volumes-from", "--ipc container:", "/bin/busybox chroot", "--user 0"):
        assert words in started[0], words


async def test_a_toolbox_that_is_not_here_can_be_pulled(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("sleep", "1000", name="cdbg-t-pull")
    started: list[str] = []
    monkeypatch.setattr(sidecars, "launch", lambda _app, made: started.append(made.commands()))
    async with opened(engine, config=Config(toolbox="cdbg.invalid/toolbox:1")) as seen:
        await seen.go_to("cdbg-t-pull")
        await seen.press("s")
        await seen.until(lambda: isinstance(seen.app.screen, Choose) and "/bin/sh" in seen.text)
        await seen.press("p")
        await seen.until(lambda: bool(started))
    assert "pull cdbg.invalid/toolbox:1 &&\n" in started[0]


async def test_sessions_stand_under_their_target_and_can_be_gone_to(
    engine: Engine, run: Run, docker: Docker
) -> None:
    project = "--label=com.docker.compose.project=cdbg-t-shop"
    target = run("sleep", "1000", name="cdbg-t-zz", options=[project])
    labels = ["--label=dev.cdbg.session=sidecar", f"--label=dev.cdbg.target={target}"]
    made = run("sleep", "1000", name="a-sidecar", options=labels)
    async with opened(engine) as seen:
        await seen.until(lambda: "sidecar of this" in seen.text)
        listed = seen.inside("#container-lines").splitlines()
        lines = [line for line in listed if "cdbg-t-zz" in line or "a-sidecar" in line]
        assert "cdbg-t-zz" in lines[0]
        assert "└ ● a-sidecar" in lines[1]
        await seen.go_to("cdbg-t-zz")
        await seen.press("left")
        await seen.until(lambda: "a-sidecar" not in seen.text)
        seen.app.dashboard.query_one(ContainersPane).go_to(made)
        await seen.until(lambda: seen.selected is not None and seen.selected.id == made)
        docker("rm", "--force", made)
        await seen.until(lambda: "sidecar of this" not in seen.text)
