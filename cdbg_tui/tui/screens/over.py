"""What every dialog is: a screen over the panes, which stay as they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar

from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget

from cdbg_tui.tui.compositor import Span, SparingCompositor
from cdbg_tui.tui.screens.sparing import Sparing

Result = TypeVar("Result")


class _Through(SparingCompositor):
    """Renders of the screens below what the dialog leaves to be seen."""

    def _rendered(self, widget: Widget, seen: Region, wanted: Mapping[int, Collection[int]]) -> list[Strip]:
        if not isinstance(widget, Over) or (below := _below()) is None:
            return super()._rendered(widget, seen, wanted)
        spans = [
            (y, x, end)
            for y, columns in wanted.items()
            for x, end in zip(self.cuts[y], self.cuts[y][1:], strict=False)
            if x in columns
        ]
        return _lines(below, seen.line_range, spans)


def _below() -> Compositor | None:
    """Return what composes the next screen below; each is asked for once while a picture is made."""
    screens = visible_screen_stack.get([])
    return screens.pop()._compositor if screens else None  # noqa: SLF001


def _lines(below: Compositor, rows: range, spans: Iterable[Span]) -> list[Strip]:
    if isinstance(below, SparingCompositor):
        return below.lines(rows, spans)
    crop = Region(0, rows.start, below.size.width, len(rows))
    chops = below._render_chops(crop, lambda y: y in rows)  # noqa: SLF001
    return [Strip.join(chop.values()) for chop in chops[rows.start : rows.stop]]


class Over(Sparing[Result], ModalScreen[Result]):
    """A modal screen through which the screen below is seen undimmed.

    Textual draws what is below anew, cell by cell, several times before a dialog stands; here its lines are taken
    as they are, and nothing but the dialog itself goes to the terminal.
    """

    COMPOSITOR = _Through

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines of the screen below."""
        below = _below()
        if below is None:
            return super().render_lines(crop)
        # Its width, for this screen's own is known only once it is laid out.
        width = below.size.width
        lines = _lines(below, crop.line_range, [(y, 0, width) for y in crop.line_range])
        if crop.x or crop.width != width:
            return [line.crop(crop.x, crop.right) for line in lines]
        return lines
