"""The dashboard opened on a real engine without a terminal: keys go in, what is on the screen comes out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Any, TypeVar
from unittest.mock import patch

from textual._context import visible_screen_stack
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from cdbg_tui.config import Config
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.containers import Watch
from cdbg_tui.model.container import Container
from cdbg_tui.tui.app import CdbgApp
from cdbg_tui.tui.panes.logs import LogsPane

T = TypeVar("T")

WIDE, NARROW = (160, 45), (80, 24)
PATIENCE_SECONDS = 20


def picture(app: App[Any]) -> list[Strip]:
    """Return what is on the terminal: the topmost screen, and where it leaves room the ones below."""
    visible_screen_stack.set(app._background_screens)
    return app.screen._compositor.render_strips()


class Opened:
    """An open dashboard."""

    def __init__(self, app: CdbgApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def rows(self) -> list[str]:
        """What is on the terminal, line by line."""
        return ["".join(segment.text for segment in strip) for strip in picture(self.app)]

    @property
    def text(self) -> str:
        """What is on the terminal, in one piece."""
        return "\n".join(self.rows)

    def inside(self, selector: str) -> str:
        """Return what is on the terminal where a pane of the dashboard stands; nothing where it does not."""
        pane = self.app.dashboard.query_one(selector, Widget)
        if pane.region.area == 0 or not getattr(pane, "is_in_view", True):
            return ""
        x, y, width, height = pane.region
        return "\n".join(row[x : x + width] for row in self.rows[y : y + height])

    def row_of(self, name: str) -> str:
        """Return a container's line in the list; nothing where it has none."""
        lines = self.inside("#container-lines").splitlines()
        return next((line for line in lines if f" {name} " in f" {line} "), "")

    @property
    def diagnosis(self) -> str:
        """All words of the triage, also those that do not fit."""
        return str(self.app.dashboard.query_one("#triage-text", Static).render())

    @property
    def log(self) -> list[str]:
        """The lines of the log that are kept, without their times."""
        records = self.app.dashboard.query_one(LogsPane).view.last(100_000)
        return [record.partition(b" ")[2].decode(errors="replace") for record in records]

    @property
    def selected(self) -> Container | None:
        """The container under the cursor."""
        return self.app.dashboard.selected

    def is_about(self, name: str) -> bool:
        """Tell whether the panes have come to a container, and say why it is as it is."""
        looked_at = self.app.following.container
        return bool(looked_at and looked_at.name == name and "created" in self.diagnosis)

    async def press(self, *keys: str) -> None:
        """Press keys, and wait until they have done what they do at once."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Write *text* as fast as a terminal sends it, and wait until it was taken; ``\\x7f`` rubs out."""
        driver = self.app._driver
        assert driver is not None
        for message in XTermParser().feed(text):
            driver.process_message(message)
        await self.pilot.pause()

    async def until(self, condition: Callable[[], T], seconds: float = PATIENCE_SECONDS) -> T:
        """Wait until *condition* is truthy, and return its answer; fail with what is on the screen."""
        deadline = time.monotonic() + seconds
        while not (answer := condition()):
            name = getattr(condition, "__qualname__", repr(condition))
            assert time.monotonic() < deadline, f"{name} was {answer!r} after {seconds} s:\n{self.text}"
            await self.pilot.pause(0.05)
        return answer

    async def go_to(self, name: str) -> None:
        """Go down the list to a container, as a user would, and wait for its panes."""
        await self.until(lambda: any(one.name == name for one in self.app.roster.containers.values()))
        await self.press("1", "g")
        for _ in range(10):  # rows come and go meanwhile
            if self.selected is not None and self.selected.name == name:
                break
            names = [row.container.name for row in self.app.dashboard.containers.lines.rows if row.container]
            at = names.index(self.selected.name) if self.selected is not None else 0
            assert name in names[at:], f"{name} is not below the cursor:\n{self.text}"
            await self.type("j" * max(1, names.index(name) - at))
        await self.until(lambda: self.is_about(name))


@asynccontextmanager
async def opened(
    engine: Engine,
    size: tuple[int, int] = WIDE,
    *,
    config: Config | None = None,
    notifications: bool = True,
    later: float = 0.2,
) -> AsyncIterator[Opened]:
    """Open the dashboard on *engine* in a terminal of *size*; the list is there.

    What can wait, so as to spare the engine at the start, is done *later*, by seconds.
    """
    with ExitStack() as hurry:
        for name in ("triage.rounds.LATER_SECONDS", "triage.rounds.LATER_PACE", "tui.app.LATER_SECONDS"):
            hurry.enter_context(patch(f"cdbg_tui.{name}", later))
        hurry.enter_context(patch("cdbg_tui.triage.rounds.GIVE_WAY_SECONDS", 0.0))
        hurry.enter_context(patch("cdbg_tui.tui.app.LEFTOVERS_SECONDS", 1.0))
        hurry.enter_context(patch("cdbg_tui.engine.containers.CURIOUS_AFTER", 0.0))
        async with _opened(engine, size, config, notifications) as seen:
            yield seen


@asynccontextmanager
async def _opened(
    engine: Engine, size: tuple[int, int], config: Config | None, notifications: bool
) -> AsyncIterator[Opened]:
    watch = Watch(engine)
    watch.start()
    app = CdbgApp(engine, watch, config or Config())
    try:
        async with app.run_test(size=size, notifications=notifications) as pilot:
            seen = Opened(app, pilot)
            await seen.until(lambda: "asking the engine" not in seen.text)
            yield seen
            # Left as by `q`: what was told before is handled while the panes still stand.
            app.exit()
            if app._task is not None:
                await asyncio.wait({app._task}, timeout=PATIENCE_SECONDS)
    finally:
        watch.close()
