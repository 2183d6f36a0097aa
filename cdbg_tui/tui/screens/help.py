"""The keys, in groups and columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll

from cdbg_tui.tui.screens.over import Over
from cdbg_tui.tui.widgets.key_columns import Group, KeyColumns


class Help(Over[None]):
    """Shows groups of keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss(None)", "close"),
        Binding("j", "scroll_body(1)", "down", show=False),
        Binding("k", "scroll_body(-1)", "up", show=False),
    ]

    def __init__(self, groups: Sequence[Group]) -> None:
        super().__init__(classes="dialog")
        self._groups = groups

    def compose(self) -> ComposeResult:
        """Lay out the box."""
        with Vertical(classes="dialog--box") as box:
            box.border_title = "keys"
            box.border_subtitle = "esc closes"
            with VerticalScroll(classes="dialog--scroll"):
                yield KeyColumns(self._groups)

    def on_screen_resume(self) -> None:
        """Begin at the top, also where it was shown before."""
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def action_scroll_body(self, step: int) -> None:
        """Scroll what does not fit."""
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)
