"""A compositor that asks the widgets for no more than what has to be painted.

Where a few places of the screen have changed, Textual's has every widget between the first of them and the last
render its lines, those behind others included, and cuts all of them to pieces. A moved row and a renewed footer
are the whole screen then; and a selected container changes its panes half a dozen times until all is known of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip

Span = tuple[int, int, int]
"""A line, the column where it begins, and the one before which it ends."""


class SparingCompositor(Compositor):
    """Textual's compositor, rendering only what an update shows."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """Return what draws the places that have changed; None where there are none."""
        screen = self.size.region
        changed = [part for region in self._dirty_regions if (part := region.intersection(screen))]
        self._dirty_regions.clear()
        if not changed:
            return None
        spans = list(self._regions_to_spans(changed))
        return ChopsUpdate(self._pieces(spans), spans, [cuts[1:] for cuts in self.cuts])

    def _render_chops(
        self, crop: Region, is_rendered_line: Callable[[int], bool]
    ) -> Sequence[Mapping[int, Strip]]:
        spans = [(y, crop.x, crop.right) for y in crop.line_range if is_rendered_line(y)]
        return self._pieces(spans)  # type: ignore[return-value]  # Textual's has None where nothing was asked for

    def _pieces(self, spans: Iterable[Span]) -> list[dict[int, Strip | None]]:
        """Return for each line of the screen its pieces by their columns: of those that no span touches, None."""
        cuts = self.cuts
        pieces: list[dict[int, Strip | None]] = [dict.fromkeys(line[:-1]) for line in cuts]
        missing: dict[int, set[int]] = {}
        for y, first, last in spans:
            if y < len(cuts):
                touched = {x for x, end in zip(cuts[y], cuts[y][1:], strict=False) if x < last and end > first}
                missing[y] = missing.get(y, set()) | touched
        # From front to back: what is behind has to fill what is left.
        for widget, (region, clip) in self.visible_widgets.items():
            if not missing:
                break
            shown = region.intersection(clip)
            first, last = shown.column_span
            rows = [
                y
                for y, columns in missing.items()
                if shown.y <= y < shown.bottom and any(first <= x < last for x in columns)
            ]
            if not rows:
                continue
            top = min(rows)
            seen = Region(shown.x - region.x, top - region.y, shown.width, max(rows) + 1 - top)
            strips = widget.render_lines(seen)
            for y in rows:
                edges = [cut for cut in cuts[y] if first <= cut <= last]
                divided = strips[y - top].divide([cut - first for cut in edges[1:]])
                columns = missing[y]
                for x, piece in zip(edges, divided, strict=False):
                    if x in columns:
                        pieces[y][x] = piece
                        columns.discard(x)
                if not columns:
                    del missing[y]
        return pieces
