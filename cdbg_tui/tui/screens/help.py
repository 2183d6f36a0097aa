"""The keys, in groups and columns."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import zip_longest
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.over import Over

Group = tuple[str, Sequence[tuple[str, str]]]
"""A heading and its keys, each with its words."""

COLUMN = 36
"""Cells that a column of keys wants."""


class Help(Over[None]):
    """Shows groups of keys in as many columns as there is room for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss(None)", "close"),
        Binding("j", "scroll_body(1)", "down", show=False),
        Binding("k", "scroll_body(-1)", "up", show=False),
    ]

    def __init__(self, groups: Sequence[Group]) -> None:
        super().__init__(classes="dialog")
        self._groups = tuple(groups)
        self._laid_out = 0

    def compose(self) -> ComposeResult:
        """Lay out the box."""
        with Vertical(classes="dialog--box") as box:
            box.border_title = "keys"
            box.border_subtitle = "esc closes"
            with VerticalScroll(classes="dialog--scroll"):
                self._laid_out = self._inside(self.app.size.width)
                yield Static(columns(self._groups, self._laid_out), classes="help--columns")

    def on_screen_resume(self) -> None:
        """Begin at the top, also where it was shown before."""
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def on_resize(self, event: events.Resize) -> None:
        """Lay the groups out anew, in as many columns as fit."""
        if (inside := self._inside(event.size.width)) != self._laid_out:
            self._laid_out = inside
            self.query_one(".help--columns", Static).update(columns(self._groups, inside))

    @staticmethod
    def _inside(width: int) -> int:
        return min(150, width * 90 // 100) - 8

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


def columns(groups: Sequence[Group], width: int) -> Content:
    """Return *groups* side by side, in as many columns as *width* cells have room for."""
    count = max(1, min(len(groups), width // COLUMN))
    room = width // count - 2
    painted = [_painted(column, room) for column in balanced(groups, count)]
    gap = Content("  ")
    return Content("\n").join(
        gap.join(line.pad_right(max(0, room - line.cell_length)) for line in row)
        for row in zip_longest(*painted, fillvalue=Content(""))
    )


def _painted(groups: Sequence[Group], room: int) -> list[Content]:
    width = max((len(key) for _, keys in groups for key, _ in keys), default=0)
    lines: list[Content] = []
    for title, keys in groups:
        lines.append(Content.styled(title, "bold $text-primary"))
        for key, words in keys:
            folded = textwrap.wrap(words, max(10, room - width - 2)) or [""]
            head = (key.rjust(width), "bold $text-accent")
            lines.append(Content.assemble(head, "  ", plain(folded[0])))
            lines += [plain(" " * (width + 2) + more) for more in folded[1:]]
        lines.append(Content(""))
    return lines
