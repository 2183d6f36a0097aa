"""A compositor that asks the widgets for no more than what has to be painted.

Where a few places of the screen have changed, Textual's has every widget between the first of them and the last
render its lines, those behind others included, and cuts all of them to pieces. A moved row and a renewed footer
are the whole screen then; and a selected container changes its panes half a dozen times until all is known of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

Span = tuple[int, int, int]
"""A line, the column where it begins, and the one before which it ends."""


class SparingCompositor(Compositor):
    """Textual's compositor, rendering only what an update shows."""

    cells_at_once: int | None = None
    """About so many cells are drawn by one update of places that have changed; None is all of them."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """Return what draws the places that have changed; None where there are none."""
        screen = self.size.region
        changed = [part for region in self._dirty_regions if (part := region.intersection(screen))]
        self._dirty_regions.clear()
        if not changed:
            return None
        if self.cells_at_once is not None:
            changed, left = first_of(changed, self.cells_at_once)
            self._dirty_regions.update(left)
        spans = list(self._regions_to_spans(changed))
        return ChopsUpdate(self._pieces(spans), spans, [cuts[1:] for cuts in self.cuts])

    def _render_chops(
        self, crop: Region, is_rendered_line: Callable[[int], bool]
    ) -> Sequence[Mapping[int, Strip]]:
        spans = [(y, crop.x, crop.right) for y in crop.line_range if is_rendered_line(y)]
        return self._pieces(spans)  # type: ignore[return-value]  # Textual's has None where nothing was asked for

    def lines(self, rows: range, spans: Iterable[Span]) -> list[Strip]:
        """Return *rows*, whole lines, rendered where *spans* touch them, and blank elsewhere."""
        pieces = self._pieces(spans)
        return [
            Strip.join(
                Strip.blank(end - x) if piece is None else piece
                for end, (x, piece) in zip(self.cuts[y][1:], pieces[y].items(), strict=True)
            )
            for y in rows
        ]

    def uncovered(self, regions: Iterable[Region]) -> list[Region]:
        """Return what of *regions* of the screen below can be seen."""
        covers: list[Region] = []
        # Whoever holds others comes behind them: the largest at last.
        for widget, (region, clip) in reversed(self.visible_widgets.items()):
            shown = region.intersection(clip)
            is_opaque = widget is not self.root and widget.styles.background.a == widget.styles.opacity == 1
            if is_opaque and not any(cover.contains_region(shown) for cover in covers):
                covers.append(shown)
        seen = list(regions)
        for cover in covers:
            seen = [part for region in seen for part in beside(region, cover)]
        return seen

    def _rendered(self, widget: Widget, seen: Region, wanted: Mapping[int, Collection[int]]) -> list[Strip]:
        """Return the lines of *widget* in *seen*; it is the pieces at the *wanted* columns that are looked at."""
        return widget.render_lines(seen)

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
            strips = self._rendered(widget, seen, {y: missing[y] for y in rows})
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


def beside(region: Region, cover: Region) -> list[Region]:
    """Return what of *region* is not behind *cover*."""
    if not (hidden := region.intersection(cover)):
        return [region]
    parts = (
        Region.from_corners(region.x, region.y, region.right, hidden.y),
        Region.from_corners(region.x, hidden.bottom, region.right, region.bottom),
        Region.from_corners(region.x, hidden.y, hidden.x, hidden.bottom),
        Region.from_corners(hidden.right, hidden.y, region.right, hidden.bottom),
    )
    return [part for part in parts if part]


def first_of(regions: Iterable[Region], cells: int) -> tuple[list[Region], list[Region]]:
    """Return what of *regions* is drawn first, about so many *cells*, and what is left.

    Small ones come first: the lines of a cursor that has moved are such.
    """
    first: list[Region] = []
    left: list[Region] = []
    for region in sorted(regions, key=lambda one: (one.area, one.y, one.x)):
        rows = min(region.height, -(-max(0, cells) // region.width))
        above, below = region.split_horizontal(rows)
        first += [above] * bool(above)
        left += [below] * bool(below)
        cells -= above.area
    return first, left
