"""Every debug container, image and volume that still is, with keys to remove one or all."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import ClassVar, TypeAlias

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import DataTable, Static

from cdbg_tui.engine.leftovers import LeftBehind
from cdbg_tui.model.text import one_line
from cdbg_tui.model.units import size, span
from cdbg_tui.tui.paint import plain, shorten
from cdbg_tui.tui.screens.confirm import Confirm
from cdbg_tui.tui.screens.messages import CopyWanted
from cdbg_tui.tui.screens.over import Over

COLUMNS = ("what", "name", "session", "of", "age", "size", "now")
NARROW = ("what", "name", "age", "size", "now")
WIDE_ENOUGH = 110
WIDEST = 30
"""Longer names are cut in their middle."""

RemovalWanted: TypeAlias = tuple[LeftBehind, ...]


class LeftBehindScreen(Over[None]):
    """Lists *items*; what is to be removed is confirmed here, and done by who opened it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "leave"),
        Binding("d,delete", "remove_one", "remove"),
        Binding("a", "remove_all", "remove all"),
        Binding("y", "copy", "copy"),
        Binding("j", "app.simulate_key('down')", "down", show=False),
        Binding("k", "app.simulate_key('up')", "up", show=False),
    ]

    def __init__(
        self,
        items: Sequence[LeftBehind],
        now: float,
        docker: Callable[..., tuple[str, ...]],
        remove: Callable[[RemovalWanted], None],
    ) -> None:
        """*remove* is called with what is to be removed; `show` then tells what is left."""
        super().__init__(classes="dialog")
        self._items = tuple(items)
        self._now = now
        self._docker = docker
        self._remove = remove

    def compose(self) -> ComposeResult:
        """Lay out the table and what its words mean."""
        with Vertical(classes="dialog--box") as box:
            box.border_title = "left behind by debug sessions"
            box.border_subtitle = "d removes one · a removes all · y copies the command · esc leaves"
            yield DataTable(cursor_type="row", zebra_stripes=False)
            yield Static(
                Content("What runs may be a session in another terminal. An image counts with those below it."),
                classes="dialog--text",
            )

    @property
    def _columns(self) -> tuple[str, ...]:
        return COLUMNS if self.app.size.width >= WIDE_ENOUGH else NARROW

    def on_mount(self) -> None:
        """Fill the table."""
        table = self.query_one(DataTable)
        for name in self._columns:
            table.add_column(Text(one_line(name)), key=name)
        self.show(self._items)
        table.focus()

    def show(self, items: Sequence[LeftBehind]) -> None:
        """Show *items* in place of what was shown; leave where there are none."""
        self._items = tuple(items)
        if not items:
            self.dismiss(None)
            return
        table = self.query_one(DataTable)
        at = table.cursor_row
        table.clear()
        for item in items:
            row = cells(item, self._now)
            table.add_row(*(Text(shorten(one_line(row[name]), WIDEST)) for name in self._columns))
        table.move_cursor(row=min(at, len(items) - 1))

    def action_remove_one(self) -> None:
        """Ask, and remove what the cursor is on."""
        self._confirm((self._items[self.query_one(DataTable).cursor_row],))

    def action_remove_all(self) -> None:
        """Ask, and remove everything."""
        self._confirm(self._items)

    def action_copy(self) -> None:
        """Ask for the command that removes this one to be copied."""
        item = self._items[self.query_one(DataTable).cursor_row]
        self.post_message(CopyWanted(shlex.join(self._docker(*item.command)), "the command line"))

    def _confirm(self, items: tuple[LeftBehind, ...]) -> None:
        running = [item for item in items if item.is_running]
        names = Content(", ").join(plain(one_line(item.name)) for item in items)
        what = Content.assemble("remove ", names, "?") if len(items) < 9 else Content(f"remove all {len(items)}?")
        loss = Content("What was kept in it is lost.")
        if running:
            loss = Content.assemble(
                "In use, perhaps by a session in another terminal: ",
                Content(", ").join(plain(one_line(item.name)) for item in running),
                ".",
            )

        def answered(yes: bool | None) -> None:
            if yes:
                self._remove(items)

        command = self._docker(*items[0].command) if len(items) == 1 else ()
        self.app.push_screen(
            Confirm(what, loss=loss, command=command, yes="Remove", dangerous=bool(running)), answered
        )


def cells(item: LeftBehind, now: float) -> dict[str, str]:
    """Return the row of one: what it is, its name, of which session and container, how old and how large."""
    of = item.target_name or (f"{item.target[:12]} (gone)" if item.target else "")
    age = span(max(0.0, now - item.created)) if item.created else ""
    return {
        "what": item.kind,
        "name": item.name,
        "session": item.session,
        "of": of,
        "age": age,
        "size": "" if item.size is None else size(item.size),
        "now": "in use" if item.is_running else "",
    }
