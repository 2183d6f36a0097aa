"""Keys one after the other: none is handed on before what the one before it did has been done.

Textual hands every key to what has the focus at that moment, though an earlier one, still on its way, may
be about to move the focus or open a dialog. So of what is typed fast, or while the app is busy or still
loading, the first letters went to the wrong place. Here a message follows each key on its way through the
widgets, and the next key waits for its return.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from textual.events import Key
from textual.message import Message
from textual.message_pump import MessagePump

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

LAPS = 2
"""The first is behind the key, the second behind what its action posted, by the same way: Enter in a field has
the app post the field a message, which moves the focus once it has come from there to the field's pane."""
LOST_SECONDS = 0.5
"""After so long it is seen whether the widget that has the message is still there: else it does not return."""


class KeyFollowed(Message):
    """Came back from where a key was: whatever that key did has been done."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class Keystrokes:
    """The keys that wait. All of it runs on the app's thread."""

    def __init__(self, app: App[Any], deliver: Callable[[Key], Awaitable[None]]) -> None:
        self._app = app
        self._deliver = deliver
        self._waiting: deque[Key] = deque()
        self._is_open = False
        self._number = 0
        self._laps = 0
        self._screen: Screen[Any] | None = None
        self._carrier: MessagePump | None = None
        """What the message was last handed to."""

    @property
    def more_wait(self) -> bool:
        """Whether there are keys behind the one that is under way."""
        return bool(self._waiting)

    async def typed(self, key: Key) -> None:
        """Deliver *key*, at once if nothing is under way."""
        self._waiting.append(key)
        if self._is_open and not self._laps:
            await self._next()
        elif self._laps:
            self._expect(self._number)

    def _expect(self, number: int) -> None:
        """Count the message as returned where it cannot return; an app that is busy only takes longer."""

        def see() -> None:
            if number != self._number or not self._laps:
                return
            if self._carrier is not None and self._carrier.is_attached:
                self._expect(number)
            else:
                self._app.post_message(KeyFollowed(number))

        self._app.set_timer(LOST_SECONDS, see)

    async def open(self) -> None:
        """Begin: there is something that keys can be meant for."""
        self._is_open = True
        if not self._laps:
            await self._next()

    async def followed(self, message: KeyFollowed) -> None:
        """Send it round again, or deliver the next key."""
        if message.number != self._number or not self._laps:
            return
        self._laps -= 1
        if self._laps or self._screen is not self._app.screen:
            self._laps = max(self._laps, 1)
            self._send()
        else:
            await self._next()

    async def _next(self) -> None:
        if self._waiting:
            key = self._waiting.popleft()
            self._number += 1
            self._laps = LAPS
            where = self._carrier = self._app.focused or self._app.screen
            self._screen = self._app.screen
            await self._deliver(key)
            where.post_message(KeyFollowed(self._number))

    def _send(self) -> None:
        screen = self._app.screen
        if self._carrier is None or self._screen is not screen or not self._carrier.is_attached:
            self._carrier = screen
        self._screen = screen
        self._carrier.post_message(KeyFollowed(self._number))
