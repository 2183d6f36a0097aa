"""The list of containers on the terminal while the dashboard is still being loaded.

Loading Textual takes some 200 ms; the engine has answered by then. So what it answered is painted as the
dashboard will paint it, without Textual, and the dashboard's first frame changes what is new in it. What is
typed meanwhile waits in the terminal for the dashboard.
"""

from __future__ import annotations

import contextlib
import os
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, NamedTuple

from rich.cells import cell_len

from cdbg_tui import crash
from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.engine.containers import Listed, News
from cdbg_tui.engine.gate import shut_by
from cdbg_tui.model.container import Container
from cdbg_tui.model.finding import Weight
from cdbg_tui.model.query import rows
from cdbg_tui.model.text import clean
from cdbg_tui.triage.word import word
from cdbg_tui.tui.cells import Cell
from cdbg_tui.tui.panes import container_line

THEME = "textual-dark"
"""The theme whose colours these are. Under any other, only the terminal's own are used."""
_BACKGROUND, _CURSOR, _BAR = "18;18;18", "12;48;76", "36;47;56"
_FOREGROUND = "224;224;224"
_COLOURS = {
    "good": "138;212;161",
    "warn": "255;196;115",
    "bad": "209;126;146",
    "dim": "141;141;141",
    "title": "160;160;160",
    "frame": "69;80;90",
    "focus": "1;120;212",
    "bar": "226;227;229",
}
_WIDE = 110
PATIENCE_SECONDS = 0.2
"""So long the dashboard waits for a first list that is about to come: both at once would take longer."""
_LEAST = (60, 15)
"""Columns and lines below which nothing is painted; a terminal that does not know its size says 0."""
_ENTER = "\x1b[?1049h\x1b[?25l\x1b[2J"
_LEAVE = "\x1b[0m\x1b[?25h\x1b[?1049l"


class Prelude:
    """Holds the terminal from the start of the program to that of the dashboard: ``with prelude: load``.

    If loading fails, the terminal is as it was before.
    """

    def __init__(self, endpoint: Endpoint, theme: str) -> None:
        self._endpoint = endpoint
        self._palette = Palette(theme)
        self._lock = threading.Lock()
        self._modes: list[Any] | None = None
        self._is_open = False
        self._is_painted = False
        self._heard = threading.Event()

    def __enter__(self) -> Prelude:
        """Let nothing that is typed show up in the list, and keep Enter what it is."""
        with contextlib.suppress(termios.error):
            self._modes = termios.tcgetattr(0)
            quiet = termios.tcgetattr(0)
            quiet[0] &= ~termios.ICRNL
            quiet[3] &= ~(termios.ECHO | termios.ICANON)
            termios.tcsetattr(0, termios.TCSANOW, quiet)
        self._is_open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal to the dashboard, which takes its modes as it finds them; or to the user."""
        with self._lock:
            self._is_open = False
            if self._modes is not None:
                termios.tcsetattr(0, termios.TCSANOW, self._modes)
            if kind is not None and self._is_painted:
                _write(_LEAVE)

    def wait(self) -> None:
        """Wait a moment for the engine's first word, if it has not come while the dashboard was loaded."""
        self._heard.wait(PATIENCE_SECONDS)

    def take_down(self) -> None:
        """Give the terminal back as it was, if no dashboard came to do it."""
        if self._is_painted:
            _write(_LEAVE)

    def hear(self, news: News) -> None:
        """Paint the list if that is what the engine told; in the thread that heard it."""
        if isinstance(news, Listed):
            self._paint(news)
        self._heard.set()

    def _paint(self, news: Listed) -> None:
        try:
            columns, lines = os.get_terminal_size(2)
        except OSError:
            return
        if columns < _LEAST[0] or lines < _LEAST[1]:
            return
        try:
            frame = painted(news, self._endpoint, columns, lines, time.time(), self._palette)
        except Exception as error:  # noqa: BLE001 - only a picture: who hears the engine must go on
            crash.report(error, "while the first list was painted")
            return
        with self._lock:
            if self._is_open and not self._is_painted:
                self._is_painted = True
                _write(_ENTER + frame)


def _write(text: str) -> None:
    with contextlib.suppress(OSError):
        left = text.encode("utf-8", "replace")
        while left:
            left = left[os.write(2, left) :]


class Palette:
    """Escape sequences for roles; none but bold where colours are not wanted or not known."""

    def __init__(self, theme: str) -> None:
        depth = os.environ.get("COLORTERM", "").lower()
        self._on = theme == THEME and depth in ("truecolor", "24bit") and not os.environ.get("NO_COLOR")
        self._last = ""

    def __call__(self, role: str, text: str, *, background: str = _BACKGROUND, bold: bool = False) -> str:
        """Return *text* as it is to be written next; a style that holds already is not written again."""
        style = "\x1b[0m" + ("\x1b[1m" if bold or role == "strong" else "")
        if self._on:
            style += f"\x1b[48;2;{background}m\x1b[38;2;{_COLOURS.get(role, _FOREGROUND)}m"
        if style == self._last:
            return text
        self._last = style
        return style + text


def painted(listed: Listed, endpoint: Endpoint, columns: int, lines: int, now: float, palette: Palette) -> str:
    """Return the first frame of the dashboard as a terminal takes it."""
    blank = palette("", " " * columns)
    written = [_at(0, y, blank) for y in range(lines)]
    written.append(_at(0, 0, _headline(listed, endpoint, columns, palette)))
    boxes = _boxes(columns, lines - 2)
    written += _list(listed.containers, boxes[1], now, palette)
    for number, box in boxes.items():
        written += _frame(box, number, palette)
    return "".join(written)


def _at(x: int, y: int, text: str) -> str:
    return f"\x1b[{y + 1};{x + 1}H{text}"


class _Box(NamedTuple):
    left: int
    top: int
    width: int
    height: int


_TITLES = {1: "containers", 2: "stats", 3: "logs", 4: "triage", 5: "processes"}


def _boxes(width: int, height: int) -> dict[int, _Box]:
    """Return the panes by number, as the style sheet lays them out below the headline (cdbg.tcss)."""
    if width < _WIDE:
        list_height = height * 45 // 100
        return {1: _Box(0, 1, width, list_height), 3: _Box(0, 1 + list_height, width, height - list_height)}
    left, list_height, stats_height = width * 60 // 100, height * 3 // 5, 8
    right = width - left
    processes_height = max(7, -(-(height - stats_height) // 4))
    logs_height = height - stats_height - processes_height
    return {
        1: _Box(0, 1, left, list_height),
        2: _Box(left, 1, right, stats_height),
        3: _Box(left, 1 + stats_height, right, logs_height),
        4: _Box(0, 1 + list_height, left, height - list_height),
        5: _Box(left, 1 + stats_height + logs_height, right, processes_height),
    }


def _frame(box: _Box, number: int, palette: Palette) -> Iterator[str]:
    line, words = ("focus", "") if number == 1 else ("frame", "title")
    name = _TITLES[number]
    top = [
        palette(line, "╭─"),
        palette(words, " "),
        palette(words, str(number), bold=True),
        palette(words, f" {name} "),
        palette(line, "─" * (box.width - 6 - len(name) - 1) + "╮"),
    ]
    yield _at(box.left, box.top, "".join(top))
    for y in range(box.top + 1, box.top + box.height - 1):
        yield _at(box.left, y, palette(line, "│"))
        yield _at(box.left + box.width - 1, y, palette(line, "│"))
    yield _at(box.left, box.top + box.height - 1, palette(line, "╰" + "─" * (box.width - 2) + "╯"))


def _headline(listed: Listed, endpoint: Endpoint, columns: int, palette: Palette) -> str:
    containers = listed.containers
    dead = sum(one.is_dead for one in containers)
    up = sum(not one.is_dead and word(one).weight is Weight.FINE for one in containers)
    suffering = len(containers) - dead - up
    gap = "      " if columns > 100 else "   "
    parts = [
        ("warn", " cdbg"),
        ("warn", "   read-only" if shut_by() else ""),
        ("bar", f"   {clean(f'{endpoint.place} · {endpoint.why}')}{gap}"),
        ("good" if up else "bar", f"{up} up"),
        ("warn", f" · {suffering} suffering" if suffering else ""),
        ("bad" if dead else "bar", f" · {dead if listed.is_whole else '…'} dead"),
    ]
    room = columns - sum(cell_len(text) for _, text in parts)
    parts.append(("bar", " " * max(0, room)))
    return "".join(
        palette(role, text, background=_BAR, bold=number < 2) for number, (role, text) in enumerate(parts)
    )


def _list(containers: Sequence[Container], box: _Box, now: float, palette: Palette) -> Iterator[str]:
    made = rows(containers, order=lambda container: container_line.ORDERS["name"](container, None))
    width, height = box.width - 5, box.height - 3  # a column is the scroll bar's
    widths = container_line.layout(width, restarts=any(one.restarts for one in containers))
    yield _at(box.left + 2, box.top + 1, _line(container_line.heads(widths, "name", False), width, palette))
    indent = "  " if any(row.container is None for row in made) else ""
    cursor = next((index for index, row in enumerate(made) if row.container), -1)
    for index, row in enumerate(made[:height]):
        if row.container is None:
            cells = container_line.heading(row, width)
        else:
            cells = container_line.line(row, widths, None, word(row.container), now, indent)
        painted_line = _line(cells, width, palette, is_cursor=index == cursor)
        yield _at(box.left + 2, box.top + 2 + index, painted_line)


def _line(cells: Sequence[Cell], width: int, palette: Palette, *, is_cursor: bool = False) -> str:
    rest = Cell(" " * (width - sum(cell_len(cell.text) for cell in cells)))
    background = _CURSOR if is_cursor else _BACKGROUND
    return "".join(palette(cell.role, cell.text, background=background, bold=is_cursor) for cell in (*cells, rest))
