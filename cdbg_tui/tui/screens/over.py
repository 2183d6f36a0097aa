"""What every dialog is: a screen over the panes, which stay as they are."""

from __future__ import annotations

from typing import TypeVar

from textual._context import visible_screen_stack
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.strip import Strip

from cdbg_tui.tui.screens.sparing import Sparing

Result = TypeVar("Result")


class Over(Sparing[Result], ModalScreen[Result]):
    """A modal screen through which the screen below is seen undimmed.

    Textual draws what is below anew, cell by cell, several times before a dialog stands; here its lines are taken
    as they are, and nothing but the dialog itself goes to the terminal.
    """

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines of the screen below."""
        below = visible_screen_stack.get([])
        if not below:
            return super().render_lines(crop)
        compositor = below.pop()._compositor  # noqa: SLF001
        # Its width, for this screen's own is known only once it is laid out.
        width = compositor.size.width
        rows = Region(0, crop.y, width, crop.height)
        chops = compositor._render_chops(rows, lambda y: crop.y <= y < crop.bottom)  # noqa: SLF001
        lines = [Strip.join(chop.values()) for chop in chops[crop.y : crop.bottom]]
        if crop.x or crop.width != width:
            return [line.crop(crop.x, crop.right) for line in lines]
        return lines
