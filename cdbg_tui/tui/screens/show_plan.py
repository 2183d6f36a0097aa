"""What a session is about to run: its command lines and what they do and leave alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from cdbg_tui.model.text import one_line
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.messages import CopyWanted
from cdbg_tui.tui.screens.over import Over


class ShowPlan(Over[bool]):
    """Shows the *commands* of a session before it runs; its result is whether it shall."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "dismiss(True)", "run", priority=True),
        Binding("y", "copy", "copy"),
        Binding("escape,q,n", "dismiss(False)", "leave"),
        Binding("j", "scroll_body(1)", "down", show=False),
        Binding("k", "scroll_body(-1)", "up", show=False),
    ]

    def __init__(self, title: str, notes: Sequence[str], commands: str, shown: str = "") -> None:
        """*notes* are sentences, *commands* the command lines; *shown* has them with secrets masked."""
        super().__init__(classes="dialog")
        self._title = title
        self._notes = tuple(notes)
        self._commands = commands
        self._shown = shown or commands

    def compose(self) -> ComposeResult:
        """Lay out notes and command lines."""
        with Vertical(classes="dialog--box") as box:
            box.border_title = plain(one_line(self._title))
            box.border_subtitle = "enter runs · y copies · esc leaves"
            with VerticalScroll(classes="dialog--scroll"):
                if self._notes:
                    notes = (Content.assemble("• ", plain(note)) for note in self._notes)
                    yield Static(Content("\n").join(notes), classes="dialog--text")
                for line in self._shown.splitlines():
                    yield Static(plain(line), classes="dialog--command")

    def action_copy(self) -> None:
        """Ask for the command lines to be copied, as they are."""
        self.post_message(CopyWanted(self._commands, "the command lines"))

    def action_scroll_body(self, step: int) -> None:
        """Scroll what does not fit."""
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)
