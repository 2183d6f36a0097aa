"""Keys are handed on one after the other, however slow what one of them sets off."""

from __future__ import annotations

import asyncio

from textual import on
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.events import Event, Key
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from cdbg_tui.tui.keystrokes import KeyFollowed, Keystrokes

SLOW = 0.05


class Pane(Vertical, can_focus=True):
    """A field that gives the focus back once what stands in it is submitted, which takes a while to arrive."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[str] = []

    def compose(self) -> ComposeResult:
        yield Input()

    async def _busy(self) -> None:
        await asyncio.sleep(SLOW)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.screen.set_focus(self)

    def on_key(self, event: Key) -> None:
        if self.has_focus:
            self.keys.append(event.key)
        elif event.key == "enter":
            self.call_later(self._busy)


class Question(ModalScreen[None]):
    """Opens late, and takes the keys that come behind the one that opened it."""

    def compose(self) -> ComposeResult:
        yield Label("?")

    def on_key(self, event: Key) -> None:
        event.stop()
        Program.answers.append(event.key)
        self.dismiss()


class Program(App[None]):
    """An app whose keys go through `Keystrokes`."""

    answers: list[str] = []  # noqa: RUF012
    BINDINGS = [("f2", "ask", "ask")]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.keystrokes = Keystrokes(self, self._deliver)

    def compose(self) -> ComposeResult:
        yield Pane()

    async def on_mount(self) -> None:
        self.query_one(Input).focus()
        await self.keystrokes.open()

    async def on_event(self, event: Event) -> None:
        if isinstance(event, Key) and not event.is_forwarded:
            await self.keystrokes.typed(event)
        else:
            await super().on_event(event)

    async def _deliver(self, key: Key) -> None:
        await super().on_event(key)

    @on(KeyFollowed)
    async def _key_followed(self, event: KeyFollowed) -> None:
        await self.keystrokes.followed(event)

    def action_ask(self) -> None:
        self.push_screen(Question())


def type_at_once(app: App[None], *keys: str) -> None:
    for key in keys:
        app.post_message(Key(key, key if len(key) == 1 else None))


async def test_what_is_typed_behind_enter_is_not_for_the_field() -> None:
    app = Program()
    async with app.run_test() as pilot:
        pane, field = app.query_one(Pane), app.query_one(Input)
        type_at_once(app, "a", "b", "enter", "e", "q")
        async with asyncio.timeout(10):
            while len(pane.keys) + len(field.value) < 4:
                await pilot.pause(0.01)
        assert field.value == "ab"
        assert pane.keys == ["e", "q"]


async def test_what_is_typed_behind_the_key_of_a_dialog_is_for_the_dialog() -> None:
    app = Program()
    Program.answers.clear()
    async with app.run_test() as pilot:
        type_at_once(app, "f2", "y", "z")
        async with asyncio.timeout(10):
            while not app.query_one(Input).value:
                await pilot.pause(0.01)
        assert Program.answers == ["y"]
        assert app.query_one(Input).value == "z"
