"""The command palette: every action that applies to the selected container, and going to one by name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from cdbg_tui.tui.actions import ACTIONS, Action
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.dashboard import Dashboard

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp


class ActionProvider(Provider):
    """Offers what the keys of the dashboard do."""

    def _actions(self) -> Iterator[Action]:
        if isinstance(self.screen, Dashboard):
            selected = self.screen.selected
            yield from (action for action in ACTIONS if action.applies(selected))

    async def discover(self) -> Hits:
        """Offer all actions before anything is typed."""
        for action in self._actions():
            yield DiscoveryHit(
                Content(action.words),
                partial(self.screen.run_action, action.action),
                action.words,
                action.shown_key,
            )

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
        app = cast("CdbgApp", self.app)
        for container in app.containers.values():
            if (score := matcher.match(container.name)) > 0:
                go = partial(app.dashboard.containers.go_to, container.id)
                yield Hit(score * 0.9, plain("go to " + container.name), go, container.name)
