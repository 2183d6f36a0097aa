"""One container as a line of cells: which columns fit, and what stands in them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import cell_len

from cdbg_tui.model.container import Container, State
from cdbg_tui.model.finding import Weight
from cdbg_tui.model.query import Row
from cdbg_tui.model.sample import Usage
from cdbg_tui.model.text import one_line
from cdbg_tui.model.units import percent, size, span
from cdbg_tui.triage.word import Word
from cdbg_tui.tui.cells import Cell, fit


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its least and greatest width in cells, and what the list is ordered by under it."""

    name: str
    least: int
    most: int
    right: bool
    order: Callable[[Container, Usage | None], object]


COLUMNS = (
    Column("name", 17, 32, False, lambda c, _: c.name.lower()),
    Column("state", 20, 38, False, lambda c, _: (c.state, c.exit_code or 0)),
    Column("cpu", 7, 7, True, lambda _, u: u.cpu if u else None),
    Column("memory", 9, 9, True, lambda _, u: u.memory if u else None),
    Column("ports", 11, 24, False, lambda c, _: tuple(p.public or p.private for p in c.ports) or None),
    Column("rst", 4, 4, True, lambda c, _: c.restarts or None),
    Column("image", 12, 40, False, lambda c, _: c.image.lower()),
    Column("age", 7, 7, True, lambda c, _: c.created),
)
ORDERS = {column.name: column.order for column in COLUMNS} | {
    "how long": lambda c, _: -(c.since or 0.0),
    "exit code": lambda c, _: c.exit_code,
}
ORDERED_UNDER = {"how long": "state", "exit code": "state"}
"""The column that shows what an order without one of its own goes by."""

# What is left out first where the width does not allow for all.
_LEAVE_OUT = ("age", "image", "rst", "ports")
_GROW = ("name", "ports", "image", "state")
_GAP = 1


def layout(width: int, *, restarts: bool = True) -> dict[str, int]:
    """Return the columns that fit into *width* cells with their widths, gaps included.

    Where nothing has restarted, names have the room of that column.
    """
    shown = [column for column in COLUMNS if restarts or column.name != "rst"]
    for name in _LEAVE_OUT:
        if sum(column.least + _GAP for column in shown) <= width:
            break
        shown = [column for column in shown if column.name != name]
    widths = {column.name: column.least + _GAP for column in shown}
    spare = width - sum(widths.values())
    for name in _GROW:
        column = next((one for one in shown if one.name == name), None)
        if column is not None and spare > 0:
            more = min(spare, column.most - column.least)
            widths[name] += more
            spare -= more
    return widths


def heads(widths: dict[str, int], order: str, backwards: bool) -> list[Cell]:
    """Return the line of column titles; the one that orders the list has an arrow."""
    arrow = "▼" if backwards else "▲"
    cells = []
    for column in COLUMNS:
        if column.name in widths:
            title = column.name + (arrow if column.name == ORDERED_UNDER.get(order, order) else "")
            inner = widths[column.name] - _GAP
            indent = "  " if column.name == "name" else ""
            cells.append(Cell(fit(indent + title, inner, right=column.right) + " " * _GAP, "dim"))
    return cells


_FINE = ("●", "good")
_GLYPHS = {
    Weight.FAULT: ("✖", "bad"),
    Weight.WARNING: ("▲", "warn"),
    Weight.NOTE: _FINE,
    Weight.FINE: _FINE,
}


def glyph(container: Container, word: Word) -> Cell:
    """Return the sign of a container's state, told apart by shape as well as by colour."""
    if container.state in (State.EXITED, State.CREATED) and word.weight is Weight.FINE:
        return Cell("○", "dim")
    return Cell(*_GLYPHS[word.weight])


def state_words(container: Container, word: Word, now: float) -> list[tuple[str, str]]:
    """Return what the list says of a container's state, as words and roles, the most telling first."""
    since = span(now - container.since) if container.since else ""
    _, role = _GLYPHS[word.weight]
    if container.state is State.RUNNING:
        if word.weight in (Weight.FAULT, Weight.WARNING):
            # First what is wrong: it is never cut.
            return [(word.text, role), (since, "dim")]
        parts = [(f"up {since}", "")]
        return parts + ([(word.text, role)] if word.text else [])
    if container.state in (State.PAUSED, State.RESTARTING, State.REMOVING):
        code = [] if container.exit_code is None else [(str(container.exit_code), "dim")]
        return [(word.text, role), *code, (since, "dim")]
    calm = word.weight is Weight.FINE
    parts = [(word.text, "dim" if calm else role)]
    if container.exit_code is not None:
        parts.append((str(container.exit_code), "dim"))
    return [*parts, (f"{since} ago", "dim")]


def line(row: Row, widths: dict[str, int], usage: Usage | None, word: Word, now: float, indent: str) -> list[Cell]:
    """Return a container's line."""
    container = row.container
    assert container is not None  # noqa: S101 - headings are painted by `heading`
    branch = "└ " if row.beside else ""
    cells = [Cell(one_line(indent)), *([Cell(branch, "dim")] if branch else []), glyph(container, word)]
    name_width = widths["name"] - _GAP - len(indent) - len(branch) - 2
    cells.append(Cell(" " + fit(container.name, name_width) + " ", "" if container.is_up else "dim"))
    figures = ("cpu", "memory")
    if container.is_up:
        cells += _state(row, word, now, widths["state"])
        cells += [_figure(name, usage, widths[name]) for name in figures]
    else:
        # A dead one uses nothing: its verdict may stand where the figures would.
        room = widths["state"] + sum(widths[name] for name in figures)
        cells += _state(row, word, now, room)
    for name in ("ports", "rst", "image", "age"):
        if name in widths:
            cells.append(_rest(name, container, widths[name], now))
    return cells


def _state(row: Row, word: Word, now: float, width: int) -> list[Cell]:
    container = row.container
    assert container is not None  # noqa: S101 - headings are painted by `heading`
    cells: list[Cell] = []
    left = width - _GAP
    words = state_words(container, word, now)
    if row.beside:
        words = [(f"{one_line(row.beside)} of this", "dim"), *words]
    for number, (text, role) in enumerate(words):
        # A living one's health stands apart; what is known of a death is one phrase.
        gap = "  " if container.state is State.RUNNING else " · "
        is_told = bool(row.beside) or (word.weight is not Weight.FINE and container.is_up)
        if number and is_told and len(gap + text) > left:
            break  # how long it has been so may be missing, what is wrong may not
        if number and left > len(gap):
            cells.append(Cell(gap, "dim"))
            left -= len(gap)
        shown = one_line(text)
        shown = shown if cell_len(shown) <= left else fit(shown, max(0, left))
        cells.append(Cell(shown, role))
        left -= cell_len(shown)
    return [*cells, Cell(" " * (max(0, left) + _GAP))]


def _figure(name: str, usage: Usage | None, width: int) -> Cell:
    text = ""
    if usage is not None and name == "cpu" and usage.cpu is not None:
        text = percent(usage.cpu)
    if usage is not None and name == "memory" and usage.memory is not None:
        text = size(usage.memory)
    return Cell(text.rjust(width - _GAP) + " " * _GAP)


def _rest(name: str, container: Container, width: int, now: float) -> Cell:
    inner = width - _GAP
    if name == "rst":
        text = "" if not container.restarts else str(container.restarts)
        return Cell(fit(text, inner, right=True) + " ", "warn")
    if name == "image":
        short = container.image.rpartition("/")[2] if len(container.image) > inner else container.image
        return Cell(fit(short, inner) + " ", "dim")
    if name == "age":
        return Cell(fit(span(now - container.created), inner, right=True) + " ", "dim")
    return Cell(fit(_ports(container, inner), inner) + " ")


def _ports(container: Container, width: int) -> str:
    """Return as many published ports as fit, and how many more there are."""
    published = [str(port) for port in container.ports if port.public]
    for count in range(len(published), 0, -1):
        more = len(published) - count
        text = " ".join(published[:count]) + (f" +{more}" if more else "")
        if len(text) <= width:
            return text
    return "".join(published[:1]) + "…" * (len(published) > 1)


def heading(row: Row, width: int) -> list[Cell]:
    """Return the line over a project's containers."""
    mark = "▸" if row.folded else "▾"
    name = row.project or "on their own"
    count = f"  {row.count}" if row.folded else ""
    return [Cell(mark + " ", "dim"), Cell(fit(name, max(0, width - 8)).rstrip(), "strong"), Cell(count, "dim")]
