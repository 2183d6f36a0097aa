"""The keys, in groups and columns."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

Group = tuple[str, Sequence[tuple[str, str]]]
"""A heading and its keys, each with its words."""

COLUMN = 36
"""Cells that a column of keys wants."""


class Help(ModalScreen[None]):
    """Shows groups of keys in as many columns as there is room for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss(None)", "close"),
        Binding("j", "scroll_body(1)", "down", show=False),
        Binding("k", "scroll_body(-1)", "up", show=False),
    ]

    def __init__(self, groups: Sequence[Group]) -> None:
        super().__init__(classes="dialog")
        self._groups = tuple(groups)
        self._laid_out = (0, 0)

    def compose(self) -> ComposeResult:
        """Lay out the box; its columns come when its width is known."""
        with Vertical(classes="dialog--box") as box:
            box.border_title = "keys"
            box.border_subtitle = "esc closes"
            with VerticalScroll(classes="dialog--scroll"):
                yield Horizontal(classes="help--columns")

    async def on_resize(self, event: events.Resize) -> None:
        """Lay the groups out in as many columns as fit."""
        inside = min(150, event.size.width * 90 // 100) - 8
        count = max(1, min(len(self._groups), inside // COLUMN))
        if (count, inside) == self._laid_out:
            return
        self._laid_out = (count, inside)
        columns = self.query_one(".help--columns")
        await columns.remove_children()
        await columns.mount_all(
            Static(_painted(groups, inside // count - 2), classes="help--column")
            for groups in balanced(self._groups, count)
        )

    def action_scroll_body(self, step: int) -> None:
        """Scroll what does not fit."""
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)


def balanced(groups: Sequence[Group], count: int) -> list[list[Group]]:
    """Return *groups*, in their order, in *count* columns at most, the longest as short as can be."""
    heights = [len(keys) + 2 for _, keys in groups]
    most = max(heights, default=0)
    while len(columns := _filled(groups, heights, most)) > count:
        most += 1
    return columns


def _filled(groups: Sequence[Group], heights: Sequence[int], most: int) -> list[list[Group]]:
    columns: list[list[Group]] = []
    height = most
    for group, more in zip(groups, heights, strict=True):
        if height + more > most:
            columns.append([])
            height = 0
        columns[-1].append(group)
        height += more
    return columns


def _painted(groups: Sequence[Group], room: int) -> Content:
    width = max((len(key) for _, keys in groups for key, _ in keys), default=0)
    lines: list[Content] = []
    for title, keys in groups:
        lines.append(Content.styled(title, "bold $text-primary"))
        for key, words in keys:
            folded = textwrap.wrap(words, max(10, room - width - 2)) or [""]
            head = (key.rjust(width), "bold $text-accent")
            lines.append(Content.assemble(head, "  ", Content(folded[0])))
            lines += [Content(" " * (width + 2) + more) for more in folded[1:]]
        lines.append(Content(""))
    return Content("\n").join(lines)
