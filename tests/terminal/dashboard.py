"""The dashboard in a real terminal: how it is opened, gone about in, and left."""

from __future__ import annotations

import re
from typing import Protocol

from tests.support import eventually
from tests.terminal.tmux import Tmux


class Open(Protocol):
    """Opens the dashboard in a terminal."""

    def __call__(
        self, name: str = "", *, size: tuple[int, int] = (160, 45), settings: str = "", host: str = ""
    ) -> Tmux:
        """Open it on the test engine (or *host*) with *settings*, and go to the container *name*."""


def type_filter(terminal: Tmux, name: str) -> None:
    """Filter the list for *name*, whose prompt is open, and be back in the list with it selected."""
    terminal.type(name)
    terminal.wait_for(f"/{name} ─╯")
    eventually(lambda: not re.search(rf"│ {name} +│", terminal.screen()))
    terminal.wait_for(re.compile(rf"(triage|logs) · {name}"))


def leaves_well(terminal: Tmux) -> None:
    """After q the terminal is as it was before the program came."""
    assert terminal.flag("alternate_on") == "1"
    terminal.keys("q")
    terminal.wait_for("[left 0]")
    assert terminal.tty() == terminal.tty_before
    assert terminal.modes() == terminal.modes_before
