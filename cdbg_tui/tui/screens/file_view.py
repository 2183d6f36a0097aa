"""The screen of one file: its text or bytes, what differs from the image's version, and that version."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType

from cdbg_tui.tui.asking import Asking
from cdbg_tui.tui.screens.page_screen import PageScreen


class FileView(PageScreen):
    """Shows what it is handed, and calls *wanted* with what a key asks for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "tab", "want('next')", "diff", tooltip="The file, what differs from the image's version, that version"
        ),
        Binding("shift+tab", "want('previous')", "The version before", show=False),
        Binding("x", "want('hex')", "hex", tooltip="Bytes or text"),
        Binding("o", "want('edit')", "open", tooltip="Open a copy in $PAGER or $EDITOR"),
        Binding("ctrl+s", "want('copy_out')", "copy out", tooltip="Copy the file out"),
        Binding("r", "want('again')", "Read it again", show=False),
    ]

    def __init__(self, asking: Asking, wanted: Callable[[str], None], *, has_versions: bool) -> None:
        super().__init__(asking)
        self._wanted_by_key = wanted
        self._has_versions = has_versions
        self.is_reading = False
        """Whether Esc ends a reading rather than the screen."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the other versions where there are any."""
        if action == "want" and parameters[0] in ("next", "previous"):
            return self._has_versions
        return super().check_action(action, parameters)

    def on_mount(self) -> None:
        """Begin to read, and tell how far that is."""
        self.set_interval(0.2, lambda: self._wanted_by_key("tick") if self.is_reading else None)
        self._wanted_by_key("again")

    def action_want(self, what: str) -> None:
        """Ask for something."""
        self._wanted_by_key(what)

    def leave(self) -> None:
        """End what is being read if something is there already, or else leave."""
        if self.is_reading and self.view.display and len(self.view.page):
            self._wanted_by_key("stop")
        else:
            self.dismiss()

    def on_unmount(self) -> None:
        """Tell that nobody looks any more."""
        self._wanted_by_key("left")
