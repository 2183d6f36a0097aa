"""A stage for one screen: an app that shows it, and keeps what it asks for and leaves with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.app import App
from textual.message import Message
from textual.pilot import Pilot
from textual.screen import Screen

import cdbg_tui
from cdbg_tui.tui.screens.messages import CopyWanted, RetryWanted

NOTHING = object()


class Stage(App[None]):
    """An app with nothing but the screen that is tested."""

    CSS_PATH = str(Path(cdbg_tui.__file__).parent / "tui/screens/screens.tcss")

    def __init__(self) -> None:
        super().__init__()
        self.result: object = NOTHING
        self.asked: list[Message] = []

    def keep(self, result: object) -> None:
        """Keep what the screen leaves with."""
        self.result = result

    def on_copy_wanted(self, message: CopyWanted) -> None:
        """Keep what is asked of the app."""
        self.asked.append(message)

    def on_retry_wanted(self, message: RetryWanted) -> None:
        """Keep what is asked of the app."""
        self.asked.append(message)

    @property
    def copied(self) -> list[str]:
        """What is asked to be copied."""
        return [message.text for message in self.asked if isinstance(message, CopyWanted)]

    @property
    def rows(self) -> list[str]:
        """What is on the terminal."""
        strips = self.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip) for strip in strips]

    @property
    def text(self) -> str:
        """What is on the terminal, in one piece."""
        return "\n".join(self.rows)


@asynccontextmanager
async def on_stage(
    screen: Screen[Any], size: tuple[int, int] = (100, 30)
) -> AsyncIterator[tuple[Stage, Pilot[None]]]:
    """Run an app that shows *screen*."""
    app = Stage()
    async with app.run_test(size=size) as pilot:
        app.push_screen(screen, app.keep)
        await pilot.pause()
        yield app, pilot


async def result_of(screen: Screen[Any], *keys: str) -> object:
    """Return what *screen* leaves with after these keys."""
    async with on_stage(screen) as (app, pilot):
        await pilot.press(*keys)
        await pilot.pause()
        return app.result
