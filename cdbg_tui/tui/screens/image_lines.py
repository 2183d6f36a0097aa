"""The lists of the image screen: its layers, its waste, its culprits, a line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdbg_tui.model.analysis import Analysis, Copy
from cdbg_tui.model.culprits import Culprit
from cdbg_tui.model.layers import NO_HISTORY, Image, Step
from cdbg_tui.model.stacking import Gone, What
from cdbg_tui.model.text import one_line
from cdbg_tui.model.units import size, span
from cdbg_tui.model.waste import Offender
from cdbg_tui.tui.cells import Cell, fit
from cdbg_tui.tui.widgets.line_list import LineList


@dataclass(frozen=True, slots=True)
class Row:
    """A line to stand on: what it says, what of it is searched, and what it is about."""

    cells: tuple[Cell, ...]
    rest: str
    """What fills the line after the cells."""
    role: str = ""
    layer: int | None = None
    """The number of the layer that it is about, from 0."""
    path: str = ""
    about: Step | Offender | Gone | Culprit | None = None
    copies: tuple[Copy, ...] = ()
    by: int | None = None
    """The layer that deleted it."""


class ImageLines(LineList):
    """Rows under a heading that stays where it is put: the first line; the cursor does not rest on it."""

    def __init__(self, heading: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._heading = heading
        self._rows: Sequence[Row | str] = ()

    def fill(self, rows: Sequence[Row | str]) -> None:
        """Show other rows; a plain string is a heading among them."""
        self._rows = [self._heading, *rows]
        self.lines_changed()
        self.refresh()
        if not self.can_rest(self.cursor):
            self.move_to(1)

    @property
    def count(self) -> int:
        """The rows and headings."""
        return len(self._rows)

    def can_rest(self, index: int) -> bool:
        """On rows only."""
        return 0 <= index < len(self._rows) and isinstance(self._rows[index], Row)

    @property
    def selected(self) -> Row | None:
        """The row under the cursor."""
        row = self._rows[self.cursor] if 0 <= self.cursor < len(self._rows) else None
        return row if isinstance(row, Row) else None

    def line(self, index: int, width: int) -> Sequence[Cell]:
        """Return a row: its cells, and the rest of it in the room that is left."""
        row = self._rows[index]
        if isinstance(row, str):
            return (Cell(fit(row, width), "dim"),)
        used = sum(len(cell.text) for cell in row.cells)
        return (*row.cells, Cell(fit(row.rest, max(0, width - used)), row.role))

    def find(self, text: str) -> list[int]:
        """Return where *text* is in a row; case does not matter."""
        wanted = text.casefold()
        return [
            index
            for index, row in enumerate(self._rows)
            if wanted and isinstance(row, Row) and wanted in f"{row.rest}\n{row.path}".casefold()
        ]

    def index_of_layer(self, layer: int) -> int:
        """Return where a layer's row is; that of the first row if there is none."""
        for index, row in enumerate(self._rows):
            if isinstance(row, Row) and row.layer == layer:
                return index
        return 1


LAYERS_HEADING = "  #      size     age  added   mod.   del.  instruction"
WASTE_HEADING = "     size  copies  path"
CULPRITS_HEADING = "     size   files  layer  what and where"


def layer_rows(analysis: Analysis, now: float) -> list[Row]:
    """Return a row for each entry of the history, and for layers without one."""
    image = analysis.image
    largest = max((layer.size for layer in image.layers), default=0)
    rows = []
    for step, number in image.steps:
        age = span(now - step.created) if step is not None and step.created is not None else ""
        words = (step.instruction if step is not None else "") or NO_HISTORY
        if number is None:
            cells = (Cell(f"{'':3} {'0 B':>9} {age:>7}{'':21}  ", "dim"),)
            rows.append(Row(cells, words, "dim", None, about=step))
            continue
        change, own = analysis.changes[number], image.layers[number].size
        counts = [(_count(change.counts[what]), _ROLES[what]) for what in What]
        rows.append(
            Row(
                (
                    Cell(f"{number + 1:>3} "),
                    Cell(f"{size(own):>9}", "strong" if own and own >= largest / 4 else ""),
                    Cell(f" {age:>7}", "dim"),
                    *(Cell(f" {text:>6}", role if text else "dim") for text, role in counts),
                    Cell("  "),
                ),
                words,
                "dim" if words == NO_HISTORY else "",
                number,
                about=step,
            )
        )
    return rows


_ROLES = {What.ADDED: "good", What.MODIFIED: "warn", What.DELETED: "bad"}


def _count(number: int) -> str:
    if not number:
        return ""
    if number < 100_000:
        return f"{number:,}"
    return f"{number // 1000}k" if number < 1_000_000 else f"{number / 1_000_000:.1f}M"


def waste_rows(analysis: Analysis) -> list[Row | str]:
    """Return dive's worst offenders, then the directories that were deleted whole."""
    rows: list[Row | str] = [
        Row(
            (Cell(f"{size(one.size):>9}", "strong"), Cell(f"  {one.count:>6}  ", "dim")),
            one.path + _fate(copies),
            layer=copies[0].layer if copies else None,
            path=one.path,
            about=one,
            copies=copies,
        )
        for one, copies in analysis.offenders
    ]
    if not rows:
        rows.append("  no file is in more than one layer, and none is deleted by a later one")
    if analysis.directories:
        rows += ["", "     size   files  directories that a layer deletes whole: dive does not count them"]
        rows += [
            Row(
                (Cell(f"{size(gone.size):>9}", "strong"), Cell(f"  {_count(gone.files):>6}  ", "dim")),
                f"/{gone.path}/",
                layer=max(0, gone.brought_by),
                path=f"/{gone.path}",
                about=gone,
                by=number,
            )
            for number, gone in analysis.directories
        ]
    return rows


def _fate(copies: Sequence[Copy]) -> str:
    return "   deleted" if copies and copies[-1].size is None else ""


def culprit_rows(analysis: Analysis) -> list[Row | str]:
    """Return what the image carries in vain, secrets first."""
    rows: list[Row | str] = []
    for one in analysis.culprits:
        hidden = (
            f"   deleted in layer {one.hidden_by + 1}, still in the image" if one.hidden_by is not None else ""
        )
        rows.append(
            Row(
                (
                    Cell(f"{size(one.size):>9}", "strong"),
                    Cell(f"  {_count(one.files):>6}  {one.layer + 1:>5}  ", "dim"),
                    Cell(f"{one_line(one.title)}: ", "bad" if one.is_secret else "warn"),
                ),
                one.path + hidden,
                layer=one.layer,
                path=one.path,
                about=one,
                by=one.hidden_by,
            )
        )
    return rows or ["  none of the usual culprits is in it"]


def by_layer(image: Image, number: int) -> str:
    """Return a layer's number and what brought it."""
    return f"layer {number + 1}: {image.layers[number].instruction}"
