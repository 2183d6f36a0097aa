"""A scrollable region whose bars are drawn when they look otherwise, not as in Textual at each layout and line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip


class Bar(ScrollBar):
    """A scroll bar that is drawn when it looks otherwise: at the end of a long log it hardly ever does."""

    _drawn: object = None
    """How it looked when it was drawn last."""
    _strips: Sequence[Strip] = ()

    def _look(self) -> object:
        bar = self.render()
        if not isinstance(bar, ScrollBarRender):
            return bar
        length = self.size.height if self.vertical else self.size.width
        cells = bar.render_bar(length, bar.virtual_size, bar.window_size, bar.position, vertical=bar.vertical)
        return self.size, bar.style, cells.segments

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return what is in *crop*, drawn anew if it looks otherwise."""
        if self.parent is None:  # its list was taken away since the screen was laid out
            return [Strip.blank(crop.width)] * crop.height
        if (look := self._look()) != self._drawn:
            self._drawn, self._strips = look, super().render_lines(self.size.region)
        return [strip.crop(crop.x, crop.right) for strip in self._strips[crop.y : crop.bottom]]

    def _check_refresh(self) -> None:
        # Once all is said that there is to say: the size of a log that grows is told before its new end.
        if self._repaint_required and self.parent is not None and self._look() == self._drawn:
            self._repaint_required = False
        super()._check_refresh()


class Scrolled(ScrollView):
    """What lists and logs are made on."""

    def __init__(self, *children: Any, **options: Any) -> None:
        super().__init__(*children, **options)
        self._bars: tuple[Size, Size] | None = None
        """For what content, seen in what frame, they stand."""

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        """The bar at its right, made when it is wanted."""
        if self._vertical_scrollbar is None:
            self._vertical_scrollbar = bar = Bar(name="vertical", thickness=self.scrollbar_size_vertical)
            bar.display = False
            self.app._start_widget(self, bar)  # noqa: SLF001
        return self._vertical_scrollbar

    def _scroll_update(self, virtual_size: Size) -> None:
        bars = virtual_size, self._container_size
        if bars != self._bars:
            self._bars = bars
            super()._scroll_update(virtual_size)
