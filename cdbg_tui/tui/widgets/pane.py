"""The frame of a pane: a number to jump to it, what it shows, and of which container."""

from __future__ import annotations

from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from cdbg_tui.model.text import one_line


class Pane(Vertical):
    """A bordered region; ``<number> <what> · <container>`` stands in its border."""

    NUMBER = 0
    WHAT = ""

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
