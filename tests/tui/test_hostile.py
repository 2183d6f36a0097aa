"""The dashboard on an engine and containers that say the worst: through every pane and screen, nothing acts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import find
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.tui.app import CdbgApp
from tests.engine.hostile import TEXTS, hostile_container, hostile_engine
from tests.hostile import acting
from tests.support import Docker, Run, eventually
from tests.tui.opened import NARROW, WIDE, Opened, opened, picture


@pytest.fixture
def hostile(engine_url: str, run: Run, docker: Docker, tmp_path: Path) -> Iterator[Engine]:
    """A hostile engine with hostile containers on it."""
    living, _ = hostile_container(run, docker, "hostile")
    eventually(
        lambda: docker("inspect", "-f", "{{.State.Health.Status}}", living).stdout.strip() == "unhealthy", 30
    )
    with hostile_engine(tmp_path / "hostile.sock", engine_url) as url:
        engine = Engine(find(host=url))
        yield engine
        engine.close()
    docker("rm", "--force", "hostile-dead", check=False)
    docker("rmi", "--force", "hostile:made", check=False)


class Checked:
    """An open dashboard whose every picture is looked at."""

    def __init__(self, seen: Opened) -> None:
        self.seen = seen
        self.shown: list[str] = []
        self.wrong: list[str] = []

    def look(self, where: str) -> None:
        """Look at the picture: nothing in it acts, no row is wider than the screen, and no link is in it."""
        app = self.seen.app
        rows: list[str] = []
        for strip in picture(app):
            text = "".join(segment.text for segment in strip)
            rows.append(text)
            if acting(text):
                self.wrong.append(f"{where}: {text!r}")
            if cell_len(text) != app.size.width:
                self.wrong.append(f"{where}: a row of {cell_len(text)} cells: {text!r}")
            for segment in strip:
                style = segment.style
                if style is not None and (style.link or "app.quit" in str(style.meta)):
                    self.wrong.append(f"{where}: {segment.text!r} is a link: {style.link} {style.meta}")
        self.shown.append("\n".join(rows))

    async def press(self, *groups: str) -> None:
        """Press keys, those of a group at once, and look after each group."""
        for group in groups:
            keys = group.split() if " " in group or len(group) > 1 else [group]
            await self.seen.pilot.press(*keys)
            self.look(f"{type(self.seen.app.screen).__name__} after {group}")
            assert self.seen.app._exit is False, f"{group} has ended the program"

    async def settled(self) -> None:
        """Wait until the picture stays as it is, and look; three seconds at most."""
        for _ in range(12):
            await self.seen.pilot.pause(0.2)
            self.look(f"{type(self.seen.app.screen).__name__} a while later")
            if self.shown[-1] == self.shown[-2]:
                return

    async def back(self) -> None:
        """Go back to the panes."""
        app = self.seen.app
        for _ in range(6):
            if app.screen is app.dashboard:
                return
            await self.press("escape")
            await self.seen.pilot.pause(0.05)
        assert app.screen is app.dashboard, app.screen


async def test_through_every_pane_and_screen(hostile: Engine) -> None:
    async with opened(hostile, WIDE) as seen:
        checked = Checked(seen)
        await at(checked, "hostile")
        await panes(checked)
        await screens(checked)
        await forms(checked, "E", "S", "D", "t", "p", "n", "R", "ctrl+l", "ctrl+p")
        await at(checked, "hostile-dead")
        await forms(checked, "C")
        await seen.pilot.resize_terminal(*NARROW)
        await at(checked, "hostile-unstarted")
        await checked.press("3", "4", "5", "2", "1", "i")
        await checked.settled()
        await checked.back()
        assert not checked.wrong, "\n".join(checked.wrong[:20])
        everything = "\n".join(checked.shown)
        for literal in ("[@click=app.quit]", "[/x]", "[red]red[/red]", "\\[x]", "$name"):
            assert literal in everything, f"{literal} was taken for markup"


async def at(checked: Checked, name: str) -> None:
    """Put the cursor on a container whose name begins so and goes on in a hostile way."""
    seen = checked.seen
    await checked.press("1", "g")
    for _ in range(20):
        selected = seen.selected
        if (
            selected is not None
            and selected.name.startswith(name)
            and not selected.name[len(name) :].startswith("-")
        ):
            break
        await seen.pilot.press("j")
    await seen.until(lambda: seen.app.following.container == seen.selected and "created" in seen.diagnosis)
    checked.look(name)


async def panes(checked: Checked) -> None:
    """Through the panes, with what can be done in them."""
    await checked.press("2 z", "z", "3 z", "w", "t", "g", "G", "w", "slash P W N E D enter", "n", "escape")
    await checked.press(
        "ampersand [ / x ] enter", "escape escape", "z", "4 z", "t", "pagedown", "t", "pagedown", "z"
    )
    await checked.press("5 z", "j j", "z 1", "slash [ / x ]", "escape", "o", "escape", "question_mark", "escape")


async def screens(checked: Checked) -> None:
    """Through the screens."""
    await checked.press("y", "escape", "x", "r")
    await checked.settled()
    await checked.back()
    await checked.press("i")
    await checked.settled()
    await checked.press("z", "j j j", "j j j j", "m", "G", "2", "j j j j j j", "z", "j j j j j", "3", "a j j")
    await checked.press("c")
    await checked.settled()
    await checked.back()
    await checked.press("d")
    await checked.settled()
    await checked.press("z", "j j j", "j j", "j j j j", "slash a l l enter")
    await checked.settled()
    await checked.press("enter")
    await checked.settled()
    await checked.press("w pagedown", "x", "pagedown", "G", "slash P W N E D enter", "y", "tab")
    await checked.settled()
    await checked.back()
    await checked.press("I")
    await checked.settled()
    await checked.press("j j", "tab", "j j", "tab", "j", "tab", "j")
    await checked.back()


async def forms(checked: Checked, *keys: str) -> None:
    """Through what is asked before something is done."""
    for key in keys:
        await checked.press(key)
        await checked.settled()
        await checked.back()


async def test_toasts_titles_and_the_first_error(hostile: Engine) -> None:
    async with opened(hostile, WIDE) as seen:
        checked = Checked(seen)
        for text in TEXTS:
            seen.app.say(text, "error")
        await seen.pilot.pause()
        checked.look("toasts")
        seen.app._was_listed = False
        for text in TEXTS[:5]:
            seen.app._lost(EngineError("refused", text, text), 3.0)
            await seen.pilot.pause()
            checked.look("the engine is lost")
        assert not checked.wrong, "\n".join(checked.wrong[:20])
        assert isinstance(seen.app, CdbgApp)
        assert seen.app.title == "cdbg"
