"""Ctrl+C: it leaves the panes, goes back from everything else, and copies where something is selected."""

from __future__ import annotations

import asyncio

import pytest
from textual.widgets import Input

from cdbg_tui.engine.client import Engine
from tests.support import Docker, Run
from tests.tui.opened import PATIENCE_SECONDS, Opened, opened

NAME = "a-name"


def copies_of(seen: Opened, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is copied from now on."""
    copies: list[str] = []
    monkeypatch.setattr(seen.app, "copy_to_clipboard", copies.append)
    return copies


async def test_it_goes_back_from_whatever_is_open_then_leaves(engine: Engine, run: Run, docker: Docker) -> None:
    target = run("sleep", "1000", name=NAME)
    async with opened(engine) as seen:
        await seen.go_to(NAME)
        dashboard = seen.app.dashboard
        for keys, name in (
            ("x", "Choose"),
            ("x d", "Confirm"),
            ("E", "Form"),
            ("y", "Choose"),
            ("i", "Inspect"),
            ("d", "Changes"),
            ("question_mark", "Help"),
            ("ctrl+p", "CommandPalette"),
        ):
            for key in keys.split():
                await seen.press(key)
            await seen.until(lambda name=name: type(seen.app.screen).__name__ == name)  # type: ignore[misc]
            await seen.press("ctrl+c")
            await seen.until(lambda: seen.app.screen is dashboard)
        await seen.press("slash", "q", "x")
        assert isinstance(seen.app.focused, Input)
        assert not seen.row_of(NAME)
        await seen.press("ctrl+c")
        await seen.until(lambda: seen.row_of(NAME) and not isinstance(seen.app.focused, Input))
        assert docker("inspect", "--format", "{{.State.Running}}", target).stdout.strip() == "true"
        task = seen.app._task
        assert task is not None
        await seen.pilot.press("z")
        await seen.pilot.press("ctrl+c")
        await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
        assert task.done()


async def test_what_is_selected_is_copied_and_nothing_is_left(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("sleep", "1000", name=NAME)
    async with opened(engine) as seen:
        await seen.go_to(NAME)
        copies = copies_of(seen, monkeypatch)
        await seen.press("R")
        await seen.until(lambda: type(seen.app.screen).__name__ == "Form")
        await seen.press("home", "shift+right", "shift+right", "shift+right", "ctrl+c")
        assert copies == [NAME[:3]]
        await seen.press("right", "ctrl+c")
        await seen.until(lambda: seen.app.screen is seen.app.dashboard)
        seen.app.dashboard.query_one("#triage-text").text_select_all()
        await seen.press("ctrl+c")
        assert seen.app.is_running
        assert seen.app.screen is seen.app.dashboard
        assert len(copies) == 2
        assert "created" in copies[1]
