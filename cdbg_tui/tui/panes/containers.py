"""The list of containers: grouped, ordered, filtered, and always the same one selected."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from cdbg_tui.model.container import SESSION_LABEL, Container
from cdbg_tui.model.query import Row, arranged, families, matches
from cdbg_tui.model.sample import Usage
from cdbg_tui.model.text import one_line
from cdbg_tui.triage.word import Word, word
from cdbg_tui.tui.cells import Cell
from cdbg_tui.tui.panes import container_line
from cdbg_tui.tui.panes.container_line import ORDERS
from cdbg_tui.tui.widgets.line_list import LineList
from cdbg_tui.tui.widgets.pane import Pane


class Heads(Widget):
    """The titles of the columns; a click orders by one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"heads--dim"}
    DEFAULT_CSS = "Heads { height: 1; & > .heads--dim { color: $foreground-muted; } }"
    ALLOW_SELECT = False

    class Clicked(Message):
        """A column's title was clicked."""

        def __init__(self, column: str) -> None:
            super().__init__()
            self.column = column

    def __init__(self, widths: Callable[[], dict[str, int]]) -> None:
        """*widths* tells the columns that fit as it is painted."""
        super().__init__()
        self._widths = widths
        self._order, self._backwards = "name", False
        self._painted: list[Cell] = []

    def show(self, order: str, backwards: bool) -> None:
        """Show the titles, the one that orders the list marked."""
        self._order, self._backwards = order, backwards
        if self._cells() != self._painted:
            self.refresh()

    def _cells(self) -> list[Cell]:
        return container_line.heads(self._widths(), self._order, self._backwards)

    def render_line(self, y: int) -> Strip:
        """Paint the titles."""
        self._painted = self._cells()
        style = self.get_component_rich_style("heads--dim")
        strip = Strip([Segment(cell.text, style) for cell in self._painted])
        return strip.adjust_cell_length(self.size.width, style)

    def on_click(self, event: events.Click) -> None:
        """Tell which title was hit."""
        right = 0
        for name, width in self._widths().items():
            right += width
            if event.x < right:
                self.post_message(self.Clicked(name))
                return


class ContainerLines(LineList):
    """The lines themselves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "fold", "Fold the project", show=False),
        Binding("left", "fold(True)", "Fold the project", show=False),
        Binding("right", "fold(False)", "Unfold the project", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="container-lines")
        self.rows: list[Row] = []
        self.usages: Mapping[str, Usage] = {}
        self.word_of: Callable[[Container], Word] = word
        self.now = 0.0
        self.empty = "asking the engine…"
        self._widths: dict[str, int] = {}
        self._restarts = False
        self._indent = ""

    @property
    def widths(self) -> dict[str, int]:
        """The columns that fit now, with their widths."""
        width = self.scrollable_content_region.width
        if sum(self._widths.values()) != width:
            self._widths = container_line.layout(width, restarts=self._restarts)
        return self._widths

    def show(self, rows: list[Row]) -> None:
        """Show these rows; the cursor stays on what it stood on."""
        old = self.selected_row
        place = self.cursor
        self.rows = rows
        restarts = any(row.container.restarts for row in rows if row.container)
        if restarts != self._restarts:
            self._restarts, self._widths = restarts, {}
        self._indent = "  " if any(row.container is None for row in rows) else ""
        index = next((i for i, row in enumerate(rows) if old and row.key == old.key), None)
        if index is None:
            index = min(max(place, 0), len(rows) - 1)
            self.cursor = -1
            self.move_to(index)
            if self.cursor == -1:
                self.move_to(index, -1)
        else:
            self.cursor = index
        self.lines_changed()

    @property
    def selected_row(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if 0 <= self.cursor < len(self.rows) else None

    @property
    def count(self) -> int:
        """The number of rows; one for the words that say why there is none."""
        return len(self.rows) or 1

    def can_rest(self, index: int) -> bool:
        """Stand on containers, and on headings that hide some."""
        if not 0 <= index < len(self.rows):
            return False
        row = self.rows[index]
        return row.container is not None or row.folded

    def line(self, index: int, width: int) -> Sequence[Cell]:
        """Return a row as cells."""
        if not self.rows:
            return [Cell("  " + one_line(self.empty), "dim")]
        row = self.rows[index]
        if row.container is None:
            return container_line.heading(row, width)
        usage = self.usages.get(row.container.id)
        said = self.word_of(row.container)
        return container_line.line(row, self.widths, usage, said, self.now, self._indent)

    class FoldWanted(Message):
        """A project should be folded, unfolded, or (None) the other way round."""

        def __init__(self, project: str, folded: bool | None) -> None:
            super().__init__()
            self.project = project
            self.folded = folded

    def action_fold(self, folded: bool | None = None) -> None:
        """Fold or unfold the project under the cursor."""
        row = self.selected_row
        if row is not None and any(other.container is None for other in self.rows):
            self.post_message(self.FoldWanted(row.project, folded))

    def action_open(self) -> None:
        """Unfold a heading, open a container."""
        row = self.selected_row
        if row is not None and row.container is None:
            self.action_fold(False)
        else:
            super().action_open()

    def on_click(self, event: events.Click) -> None:
        """Fold a project by a click on its heading."""
        index = self.scroll_offset.y + event.y
        if 0 <= index < len(self.rows) and self.rows[index].container is None:
            self.post_message(self.FoldWanted(self.rows[index].project, None))


def _place(container: Container) -> tuple[object, ...]:
    """Return what decides where a container stands in a list by name, and whether restarts have a column."""
    labels = container.labels
    # By their age stand those beside a target; the list knows it less exactly than an inspection.
    return container.name, labels, bool(container.restarts), SESSION_LABEL in labels and container.created


class ContainersPane(Pane):
    """The list with its titles and its filter; knows no engine."""

    NUMBER, WHAT = 1, "containers"

    class Selected(Message):
        """Another container (or none) is the one that is looked at."""

        def __init__(self, container: Container | None) -> None:
            super().__init__()
            self.container = container

    class Opened(Selected):
        """A container is to be looked at closely."""

    def __init__(self) -> None:
        super().__init__(id="containers")
        self.containers: dict[str, Container] = {}
        self.order, self.backwards = "name", False
        self.hide_dead = False
        self._filter = ""
        self._folded: frozenset[str] = frozenset()
        self._selected_id: str | None = None

    def compose(self) -> ComposeResult:
        """Titles, lines, and the filter that appears when asked for."""
        lines = ContainerLines()
        yield Heads(lambda: lines.widths)
        yield lines
        yield Input(placeholder="name, image, state, exit code, label:key=value, !not", id="container-filter")

    @property
    def lines(self) -> ContainerLines:
        """The lines."""
        return self.query_one(ContainerLines)

    @property
    def selected(self) -> Container | None:
        """The container under the cursor, None on the heading of a folded project."""
        row = self.lines.selected_row
        return row.container if row else None

    def show(
        self,
        containers: dict[str, Container],
        usages: Mapping[str, Usage],
        now: float,
        word_of: Callable[[Container], Word] = word,
    ) -> None:
        """Show these containers; *usages* and *word_of* are asked again at each `tick`."""
        before = self.containers
        self.containers = {key: one for key, one in containers.items() if not one.is_probe}
        self.lines.usages = usages
        self.lines.word_of = word_of
        self.lines.now = now
        if not self._put_in_place(before):
            self.rearrange()

    def _put_in_place(self, before: Mapping[str, Container]) -> bool:
        """Take over what has changed where nothing moves by that, and tell whether so: all else is dear."""
        if not before or before.keys() != self.containers.keys():
            return False
        return self._exchange(before, [one for key, one in self.containers.items() if one is not before[key]])

    def change(self, containers: Collection[Container], now: float) -> bool:
        """Take over what is known of these now where nothing moves by that, and tell whether so."""
        self.lines.now = now
        return self._exchange(self.containers, containers)

    def _exchange(self, before: Mapping[str, Container], containers: Collection[Container]) -> bool:
        is_plain = self.order == "name" and not self._filter and not self.hide_dead
        if not is_plain or any(
            one.id not in before or _place(before[one.id]) != _place(one) for one in containers
        ):
            return False
        changed = {one.id: one for one in containers}
        self.containers |= changed
        lines = self.lines
        for row in lines.rows if changed else ():
            if row.container is not None:
                row.container = changed.get(row.container.id, row.container)
        lines.lines_changed()
        return True

    def reword(self, now: float) -> None:
        """Repaint the words that changed; what a filter shows may go by them."""
        if self._filter:
            self.lines.now = now
            self.rearrange()
        else:
            self.tick(now)

    def tick(self, now: float) -> None:
        """Repaint figures and ages that changed; order anew where the order is by a figure."""
        self.lines.now = now
        if self.order in ("cpu", "memory"):
            self.rearrange()
        else:
            self.lines.lines_changed()

    def rearrange(self) -> None:
        """Filter, order and group anew."""
        lines = self.lines
        usages, order = lines.usages, ORDERS[self.order]

        def keep(container: Container) -> bool:
            if self.hide_dead and container.is_dead:
                return False
            if not self._filter:
                return True
            return matches(container, self._filter, lines.word_of(container).text)

        own, sessions = families(self.containers.values())
        made = arranged(
            own,
            sessions,
            order=lambda container: order(container, usages.get(container.id)),
            backwards=self.backwards,
            keep=keep if self.hide_dead or self._filter else None,
            folded=frozenset() if self._filter else self._folded,
        )
        lines.empty = self._why_empty()
        lines.show(made)
        self.query_one(Heads).show(self.order, self.backwards)
        shown = sum(row.count for row in made) or sum(not row.beside for row in made)
        self.note(self._note(shown, len(own)))
        self._tell_selection()

    def _why_empty(self) -> str:
        if not self.containers:
            return "this engine has no containers"
        return "no container fits the filter: Esc in the filter shows all" if self._filter else "all are dead"

    def _note(self, shown: int, count: int) -> str:
        parts = []
        if shown != count:
            parts.append(f"{shown} of {count}")
        if self._filter:
            parts.append(f"/{self._filter}")
        if self.hide_dead:
            parts.append("dead ones hidden")
        return " · ".join(parts)

    def _tell_selection(self) -> None:
        container = self.selected
        if container is None or container.id != self._selected_id:
            self._selected_id = container.id if container else None
            self.post_message(self.Selected(container))

    def set_order(self, order: str) -> None:
        """Order by a column; by the same again, backwards."""
        self.backwards = not self.backwards if order == self.order else order in ("cpu", "memory", "rst")
        self.order = order
        self.rearrange()

    def toggle_dead(self) -> None:
        """Hide the dead, or show them again."""
        self.hide_dead = not self.hide_dead
        self.rearrange()

    def open_filter(self) -> None:
        """Let the user type a filter."""
        box = self.query_one(Input)
        box.add_class("open")
        # At once, not with the next message: what is typed behind the slash is the filter.
        self.screen.set_focus(box)

    @on(Input.Changed)
    def _filter_typed(self, event: Input.Changed) -> None:
        event.stop()
        self._filter = event.value
        self.rearrange()

    @on(Input.Submitted)
    def _filter_kept(self, event: Input.Submitted) -> None:
        event.stop()
        self._close_filter()

    def on_key(self, event: events.Key) -> None:
        """Esc in the filter drops it; the arrows leave it for the list."""
        box = self.query_one(Input)
        if box.has_focus and event.key == "escape":
            event.stop()
            box.value = ""
            self._close_filter()
        elif box.has_focus and event.key in ("down", "up"):
            event.stop()
            self._close_filter()

    def drop_filter(self) -> None:
        """Show all containers again."""
        self.query_one(Input).value = ""
        self._close_filter()

    def _close_filter(self) -> None:
        # What is kept stands in the border.
        self.query_one(Input).remove_class("open")
        self.screen.set_focus(self.lines)

    @on(Heads.Clicked)
    def _title_clicked(self, event: Heads.Clicked) -> None:
        event.stop()
        self.set_order("how long" if event.column == "state" else event.column)

    @on(ContainerLines.FoldWanted)
    def _fold(self, event: ContainerLines.FoldWanted) -> None:
        event.stop()
        folded = event.folded if event.folded is not None else event.project not in self._folded
        self._folded = self._folded | {event.project} if folded else self._folded - {event.project}
        self.rearrange()
        if folded:
            heads = (i for i, row in enumerate(self.lines.rows) if row.folded and row.project == event.project)
            self.lines.move_to(next(heads, 0))

    @on(LineList.Moved)
    def _moved(self, event: LineList.Moved) -> None:
        event.stop()
        if isinstance(event, LineList.Opened):
            self.post_message(self.Opened(self.selected))
        else:
            self._tell_selection()

    def on_resize(self) -> None:
        """Fit the titles to the lines."""
        self.call_after_refresh(lambda: self.query_one(Heads).show(self.order, self.backwards))

    def visible_ids(self) -> frozenset[str]:
        """Return the containers whose lines can be seen."""
        lines = self.lines
        top = lines.scroll_offset.y
        seen = lines.rows[top : top + lines.scrollable_content_region.height]
        return frozenset(row.container.id for row in seen if row.container)

    def go_to(self, container_id: str) -> None:
        """Put the cursor on a container, wherever folds and filters have hidden it."""
        container = self.containers.get(container_id)
        if container is None:
            return
        own, sessions = families(self.containers.values())
        under = next((one for one in own if container in sessions.get(one.id, ())), container)
        self._folded -= {under.project}
        self.query_one(Input).value = ""
        self._filter = ""
        self.hide_dead = False
        self.rearrange()
        index = next(i for i, row in enumerate(self.lines.rows) if row.key == container_id)
        self.lines.move_to(index)
