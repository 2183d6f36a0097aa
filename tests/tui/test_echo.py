"""What a key does stands on the terminal at once, without waiting for the timer by which Textual paints."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from textual._compositor import Compositor
from textual.events import Key, MouseMove, Paste
from textual.message import Message

from cdbg_tui.engine.client import Engine
from cdbg_tui.tui.screens.choose import Choose
from tests.support import Run
from tests.tui.opened import Opened, opened
from tests.tui.test_dashboard import FOREVER


class Painted:
    """Tells how often the dashboard was painted while its timer stands still."""

    def __init__(self, seen: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        original = Compositor.render_update

        def render_update(compositor: Compositor, **options: object) -> object:
            self.count += compositor is seen.app.dashboard._compositor and bool(compositor._dirty_regions)
            return original(compositor, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(Compositor, "render_update", render_update)
        seen.app.dashboard._update_timer.stop()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until it is true, without the pilot, whose pauses have all painted."""
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.01)


MOVED = MouseMove(None, x=3, y=3, delta_x=1, delta_y=0, button=0, shift=False, meta=False, ctrl=False)


@pytest.mark.parametrize(
    "typed",
    [[Key("a", "a"), Key("b", "b")], [Paste("ab")], [Key("a", "a"), MOVED]],
    ids=["two letters read at once", "a paste", "a letter behind which the mouse moves"],
)
async def test_what_is_typed_into_a_field(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch, typed: list[Message]
) -> None:
    run(*FOREVER, name="a-target")
    async with opened(engine) as seen:
        await seen.go_to("a-target")
        await seen.press("slash")
        field = seen.app.focused
        painted = Painted(seen, monkeypatch)
        before = seen.app.touched_at
        for one in typed:
            seen.app.post_message(one)
        await painted.until(lambda: getattr(field, "value", "") == ("a" if MOVED in typed else "ab"))
        await painted.until(lambda: painted.count > 0)
        assert seen.app.touched_at > before


async def test_a_menu_that_a_letter_closes(engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run(*FOREVER, name="a-target")
    async with opened(engine) as seen:
        await seen.go_to("a-target")
        await seen.press("y")
        await seen.until(lambda: isinstance(seen.app.screen, Choose))
        painted = Painted(seen, monkeypatch)
        seen.app.post_message(Key("n", "n"))
        await painted.until(lambda: seen.app.screen is seen.app.dashboard)
        await painted.until(lambda: painted.count > 0)
