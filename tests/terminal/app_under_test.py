"""The smallest app that gives its terminal away: ``r`` runs the plan that the command line holds as JSON."""

from __future__ import annotations

import json
import sys
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from cdbg_tui.sessions.plan import Plan
from cdbg_tui.tui import foreground
from cdbg_tui.tui.thrifty import ThriftyApp


class AppUnderTest(ThriftyApp):
    """Shows its size, how often ``k`` was pressed, and how the session ended."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run", "Run"),
        Binding("k", "count", "Count"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.presses = 0
        self.told = "none yet"

    def compose(self) -> ComposeResult:
        """Compose the one widget."""
        yield Static()

    def on_resize(self, event: Resize) -> None:
        """Show the new size, once the app has it."""
        self.call_after_refresh(self.show)

    def action_run(self) -> None:
        """Run the plan."""
        outcome = foreground.run(self, self.plan)
        asks = " ASKS" if outcome.asks_to_keep else ""
        self.told = f"[{outcome.severity}] {outcome.line}{asks}"
        self.show()

    def action_count(self) -> None:
        """Count a key press."""
        self.presses += 1
        self.show()

    def show(self) -> None:
        """Say how things are."""
        size = f"{self.size.width}x{self.size.height}"
        text = f"size {size}\nkeys {self.presses}\noutcome: {self.told}\n"
        self.query_one(Static).update(Content(text))


def plan_of(text: str) -> Plan:
    """Return the plan that `text`, a JSON object, holds."""
    values = json.loads(text)
    for name in ("argv", "banner", "pull"):
        values[name] = tuple(values.get(name, ()))
    for name in ("prepare", "cleanup"):
        values[name] = tuple(tuple(argv) for argv in values.get(name, ()))
    return Plan(**values)


if __name__ == "__main__":
    AppUnderTest(plan_of(sys.argv[1])).run()
