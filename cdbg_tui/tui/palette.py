"""The command palette: every action that applies to the selected container, and going to one by name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from cdbg_tui.model.text import one_line
from cdbg_tui.tui.actions import ACTIONS, Action
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.dashboard import Dashboard

if TYPE_CHECKING:
    from cdbg_tui.sessions.custom import CustomCommand
    from cdbg_tui.tui.app import CdbgApp


class ActionProvider(Provider):
    """Offers what the keys of the dashboard do."""

    def _actions(self) -> Iterator[Action]:
        if isinstance(self.screen, Dashboard):
            selected = self.screen.selected
            yield from (action for action in ACTIONS if action.applies(selected))

    def _commands(self) -> Iterator[tuple[CustomCommand, partial[None]]]:
        app = cast("CdbgApp", self.app)
        if isinstance(self.screen, Dashboard):
            selected = self.screen.selected
            for number, command in enumerate(app.config.command):
                if not command.lacks(selected):
                    yield command, partial(app.action_custom, number)

    async def discover(self) -> Hits:
        """Offer all actions before anything is typed."""
        for action in self._actions():
            yield DiscoveryHit(
                plain(action.words),
                partial(self.screen.run_action, action.action),
                action.words,
                action.shown_key,
            )
        for command, run in self._commands():
            yield DiscoveryHit(plain(one_line(command.name)), run, command.name, command.key)

    async def search(self, query: str) -> Hits:
        """Offer the actions and the containers that fit what was typed."""
        matcher = self.matcher(query)
        for action in self._actions():
            if (score := matcher.match(action.words)) > 0:
                yield Hit(
                    score,
                    matcher.highlight(action.words),
                    partial(self.screen.run_action, action.action),
                    action.words,
                    action.shown_key,
                )
        for command, run in self._commands():
            if (score := matcher.match(command.name)) > 0:
                yield Hit(score, plain(one_line(command.name)), run, command.name, command.key)
        app = cast("CdbgApp", self.app)
        for container in app.roster.containers.values():
            if (score := matcher.match(container.name)) > 0:
                go = partial(app.dashboard.containers.go_to, container.id)
                yield Hit(score * 0.9, plain("go to " + container.name), go, container.name)
