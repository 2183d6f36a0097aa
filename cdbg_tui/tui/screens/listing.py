"""The screen of a listing: every file of a container's file system, to be searched and saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from cdbg_tui.model.page import Page
from cdbg_tui.tui.asking import Asking
from cdbg_tui.tui.screens.page_screen import PageScreen


class ListingView(PageScreen):
    """Shows one page, and calls *save* when it is wanted in a file."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "save", "save", tooltip="Save the listing")]

    def __init__(
        self, asking: Asking, words: Content, page: Page, cells: Sequence[int], save: Callable[[], None]
    ) -> None:
        super().__init__(asking)
        self._words = words
        self._page, self._cells = page, cells
        self._save = save

    def on_mount(self) -> None:
        """Show the page."""
        self.head(self._words)
        self.show(self._page, self._cells)

    def action_save(self) -> None:
        """Ask for the listing to be saved."""
        self._save()
