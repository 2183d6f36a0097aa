"""Keys and their words, in groups and columns.

As one text of Textual's, whose every word has a style, these took 40 ms to be drawn for the first time.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from cdbg_tui.model.text import one_line
from cdbg_tui.tui.cells import fit, shorten

Group = tuple[str, Sequence[tuple[str, str]]]
"""A heading and its keys, each with its words."""
Line = tuple[str, str, str]
"""A line of a column: a heading, a key, and words; what it has not is empty."""

COLUMN = 36
"""Cells that a column wants."""
GAP = 2
"""Cells between two columns, and between a key and its words."""


class KeyColumns(Widget):
    """Shows groups of keys in as many columns as there is room for."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-columns--heading", "key-columns--key"}
    DEFAULT_CSS = """
    KeyColumns {
        height: auto;
        & > .key-columns--heading { color: $text-primary; text-style: bold; }
        & > .key-columns--key { color: $text-accent; text-style: bold; }
    }
    """

    def __init__(self, groups: Sequence[Group]) -> None:
        super().__init__()
        self._groups = tuple((title, tuple(keys)) for title, keys in groups)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the length of the longest column."""
        return max(map(len, columns(self._groups, width)), default=0)

    def render_line(self, y: int) -> Strip:
        """Paint a line of each column."""
        ground = self.rich_style
        heading, key = (self.get_component_rich_style(f"key-columns--{part}") for part in ("heading", "key"))
        laid_out = columns(self._groups, self.size.width)
        room = _room(self.size.width, len(laid_out))
        segments: list[Segment] = []
        for column in laid_out:
            title, sign, words = column[y] if y < len(column) else ("", "", "")
            left = room + GAP - cell_len(title) - cell_len(sign)
            segments += [
                Segment(one_line(title), heading),
                Segment(one_line(sign), key),
                Segment(fit(words, max(0, left)), ground),
            ]
        return Strip(segments).adjust_cell_length(self.size.width, ground)


def _room(width: int, count: int) -> int:
    return width // max(1, count) - GAP


@lru_cache(maxsize=4)
def columns(groups: tuple[Group, ...], width: int) -> tuple[tuple[Line, ...], ...]:
    """Return the columns for which *width* cells have room, each with the lines of its groups."""
    laid_out = balanced(groups, max(1, min(len(groups), width // COLUMN)))
    room = _room(width, len(laid_out))
    return tuple(tuple(_lines(column, room)) for column in laid_out)


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


def _lines(groups: Sequence[Group], room: int) -> list[Line]:
    width = max((cell_len(sign) for _, keys in groups for sign, _ in keys), default=0)
    lines: list[Line] = []
    for title, keys in groups:
        lines.append((shorten(one_line(title), room), "", ""))
        for sign, words in keys:
            folded = textwrap.wrap(words, max(10, room - width - GAP)) or [""]
            lines.append(("", " " * (width - cell_len(sign)) + sign, " " * GAP + folded[0]))
            lines += [("", "", " " * (width + GAP) + more) for more in folded[1:]]
        lines.append(("", "", ""))
    return lines
