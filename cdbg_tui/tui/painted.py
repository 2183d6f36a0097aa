"""What stands on the terminal, so that only the cells that differ are sent.

Textual sends the whole of every widget that was refreshed, and the whole screen after a change of layout.
A terminal, tmux and an ssh connection pay for each byte, and so does the key that waits behind them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter

from rich.color import ColorSystem
from rich.console import Console
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

Part = tuple[int, str]
"""Where a piece of a line ends, and all that draws it: text with its escape sequences."""


class Painted:
    """The cells of one terminal. It knows what it was given to send, and nothing of who else writes there."""

    def __init__(self) -> None:
        self._lines: dict[int, _Line] = {}
        self.cells_sent = 0
        """How many cells the last update sent."""

    def forget(self) -> None:
        """Assume nothing of what stands there: the terminal was another's, or has another size."""
        self._lines.clear()

    def differences(self, update: CompositorUpdate, console: Console) -> str:
        """Return what makes the terminal show *update*, and take it for shown; empty where it does already."""
        system = console._color_system or ColorSystem.TRUECOLOR  # noqa: SLF001
        sent: list[str] = []
        self.cells_sent = 0
        for y, drawn in groupby(_strips(update), itemgetter(0)):
            if (line := self._lines.get(y)) is None:
                line = self._lines[y] = _Line()
            # One strip may stand in two of the places that are drawn.
            self.cells_sent += line.paint(y, {x: strip for _, x, strip in drawn}, system, sent)
        return "".join(sent)


class _Line:
    """One line: what was drawn from which column on."""

    def __init__(self) -> None:
        self._strips: dict[int, Strip] = {}
        self._parts: dict[int, Part] = {}

    def paint(self, y: int, strips: Mapping[int, Strip], system: ColorSystem, sent: list[str]) -> int:
        """Append to *sent* what draws *strips*, by their ascending columns; return the number of cells in it."""
        parts: dict[int, Part] = {}
        changed: dict[int, Strip] = {}
        at, cells = -1, 0
        for x, strip in strips.items():
            if self._strips.get(x) is strip:
                continue
            changed[x] = strip
            for start, part in _parts(x, strip, system):
                parts[start] = part
                if self._parts.get(start) == part:
                    continue
                if start != at:
                    sent.append(f"\x1b[{y + 1};{start + 1}H")
                sent.append(part[1])
                cells += part[0] - start
                # A terminal may think otherwise of the width of a character: begin anew behind it.
                at = part[0] if part[1].isascii() else -1
        for x, end in _joined((x, x + strip.cell_length) for x, strip in changed.items()):
            self._strips = {
                start: known
                for start, known in self._strips.items()
                if start + known.cell_length <= x or start >= end
            }
            self._parts = {start: part for start, part in self._parts.items() if part[0] <= x or start >= end}
        self._strips |= changed
        self._parts |= parts
        return cells


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield ascending *spans*, those as one of which each begins where the one before it ends."""
    whole: tuple[int, int] | None = None
    for start, end in spans:
        if whole is not None and start != whole[1]:
            yield whole
            whole = None
        whole = (whole[0] if whole else start, end)
    if whole is not None:
        yield whole


def _parts(x: int, strip: Strip, system: ColorSystem) -> Iterator[tuple[int, Part]]:
    """Yield where each segment of a line begins and what it is: the same text in the same style is the same."""
    for segment in strip:
        if not (width := segment.cell_length):
            continue
        text, style, _ = segment
        drawn = text if style is None else Strip.render_style(style, text, color_system=system)
        yield x, (x + width, drawn)
        x += width


def _strips(update: CompositorUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Yield line, column and content of all that an update draws, in order."""
    match update:
        case LayoutUpdate(strips=lines, region=region):
            for y, line in enumerate(lines, region.y):
                yield from _side_by_side(y, region.x, line)
        case ChopsUpdate(chops=chops, spans=spans, chop_ends=ends):
            for y, first, last in spans:
                for end, (x, strip) in zip(ends[y], chops[y].items(), strict=False):
                    if strip is not None and x < last and end > first:
                        yield y, x, strip
        case _:
            raise TypeError(f"cannot tell what {type(update).__name__} draws")


def _side_by_side(y: int, x: int, line: Iterable[Strip]) -> Iterator[tuple[int, int, Strip]]:
    for strip in line:
        yield y, x, strip
        x += strip.cell_length
