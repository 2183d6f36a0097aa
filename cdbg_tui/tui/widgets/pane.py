"""The frame of a pane: a number to jump to it, what it shows, and of which container."""

from __future__ import annotations

from typing import Any

from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from cdbg_tui.model.text import one_line


class _Edge:
    """Words in a border. When Textual's own change, it paints all that the border surrounds."""

    def __init__(self, *, is_upper: bool) -> None:
        self._is_upper = is_upper

    def __set_name__(self, owner: type[Widget], name: str) -> None:
        self._name = f"_{name}"  # where Textual looks for it

    def __get__(self, pane: Widget, owner: type[Widget] | None = None) -> str | None:
        words: Content | None = getattr(pane, self._name, None)
        return words.markup if words is not None else None

    def __set__(self, pane: Widget, words: Content) -> None:
        before: Content | None = getattr(pane, self._name)
        if before is not None and before.is_same(words):
            return
        setattr(pane, self._name, words)
        width, height = pane.outer_size
        row = Region(0, 0 if self._is_upper else height - 1, width, 1)
        pane.refresh(row.translate((-pane.content_offset.x, -pane.content_offset.y)))


class Pane(Vertical):
    """A bordered region; ``<number> <what> · <container>`` stands in its border."""

    NUMBER = 0
    WHAT = ""
    border_title: Any = _Edge(is_upper=True)
    border_subtitle: Any = _Edge(is_upper=False)

    def on_mount(self) -> None:
        """Name the pane."""
        self.name_subject("")

    def name_subject(self, name: str) -> None:
        """Write which container the pane is about."""
        title = Content.styled(str(self.NUMBER), "bold") + Content(f" {self.WHAT}")
        self.border_title = title + Content(f" · {one_line(name)}") if name else title

    @property
    def is_in_view(self) -> bool:
        """Whether it is displayed: a narrow or zoomed dashboard hides panes."""
        return all(node.display for node in self.ancestors_with_self if isinstance(node, Widget))

    def note(self, words: str) -> None:
        """Write a few words into the lower border."""
        self.border_subtitle = Content(one_line(words))
