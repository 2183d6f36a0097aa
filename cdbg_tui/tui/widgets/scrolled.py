"""A scrollable region whose bars are drawn when they change, not as in Textual at each layout of the screen."""

from __future__ import annotations

from typing import Any

from textual.geometry import Size
from textual.scroll_view import ScrollView


class Scrolled(ScrollView):
    """What lists and logs are made on."""

    def __init__(self, *children: Any, **options: Any) -> None:
        super().__init__(*children, **options)
        self._bars: tuple[Size, Size] | None = None
        """For what content, seen in what frame, they stand."""

    def _scroll_update(self, virtual_size: Size) -> None:
        bars = virtual_size, self._container_size
        if bars != self._bars:
            self._bars = bars
            super()._scroll_update(virtual_size)
