"""The diff browser: the keys of the screen of a container's files."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import Static, Tree

from cdbg_tui.model.change import Kind
from cdbg_tui.model.file import FileKind
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.file_rows import TELLING, Row
from cdbg_tui.tui.screens.file_source import Act, Tab
from cdbg_tui.tui.screens.files import Files

MOST_UNFOLDED = 50_000
"""More rows are not opened by one key: nobody reads them, and it would take its time."""
_TABS = "What was changed; all files; those of the image: at the same place"
_HIDING = Binding.Group("hide", compact=True)


class Changes(Files):
    """What a container changed, and all that it has, to be walked through and looked into."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,right_square_bracket", "tab(1)", "all, image", key_display="tab", tooltip=_TABS),
        Binding("shift+tab,left_square_bracket", "tab(-1)", "The tab before", show=False),
        Binding("ctrl+u", "whole", "All files, or the changed ones", show=False),
        Binding(
            "a,ctrl+a",
            "toggle_kind('ADDED')",
            "added",
            key_display="a",
            tooltip="Hide what was added, or show it",
            group=_HIDING,
        ),
        Binding(
            "m,c",
            "toggle_kind('MODIFIED')",
            "modified",
            key_display="m",
            tooltip="Hide what was modified, or show it",
            group=_HIDING,
        ),
        Binding(
            "d,ctrl+r",
            "toggle_kind('DELETED')",
            "deleted",
            key_display="d",
            tooltip="Hide what was deleted, or show it",
            group=_HIDING,
        ),
        Binding("s", "order", "order", tooltip="Order by path, size, time"),
        Binding("ctrl+s", "wish('copy')", "copy out", key_display="^s", tooltip="Copy the file or directory out"),
        Binding("o", "wish('edit')", "pager", tooltip="Open a copy in $PAGER or $EDITOR"),
        Binding("X", "wish('export')", "export", tooltip="Export or list the whole file system"),
        Binding("r", "again", "again", tooltip="Read it again"),
        Binding("ctrl+@,ctrl+space", "fold_all", "Fold or unfold everything", show=False),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide kinds in the list of changes only."""
        if action == "toggle_kind":
            return self._tab is Tab.CHANGES
        return True

    @on(Tree.NodeSelected)
    def _selected(self) -> None:
        self.action_open()

    @on(Tree.NodeExpanded)
    def _expanded(self, event: Tree.NodeExpanded[Row]) -> None:
        item = event.node.data
        if item is not None and self._view.is_to_enter(item.path) and not item.is_telling:
            self._enter(item.path)

    def action_open(self) -> None:
        """View a file, fold a directory, follow a link, enter a mount."""
        row, shown = self._row, self._shown
        if row is None or shown is None:
            return
        node = self._view.cursor_node
        file = shown.file(row.path)
        if row == TELLING or (shown.has_below(row.path) and not row.is_telling):
            if node is not None:
                node.toggle()
        elif self._view.is_to_enter(row.path):
            self._enter(row.path)
        elif file is not None and file.kind is FileKind.LINK and shown.kind(row.path) is not Kind.DELETED:
            self._follow(row.path)
        elif file is not None and file.is_directory:
            self._say_of(row.path, "empty")
        else:
            self._wish("view", row)

    def _follow(self, path: str) -> None:
        """Go to what a link leads to, in the tree that has everything."""
        shown = self._shown
        assert shown is not None  # noqa: S101 - there is a row
        self._seek, self._follows = shown.real(path), True
        if shown.is_whole:
            self._renew()
        else:
            self._go_to(Tab.CONTAINER)

    def action_wish(self, how: Act) -> None:
        """Ask for a file to be viewed, copied out or opened, or for everything to be exported."""
        row = self._row
        if how == "export":
            if self.source is not None:
                self.source.act(how, "/", None, "", is_image=self._tab is Tab.IMAGE)
        elif row is not None and row != TELLING:
            self._wish(how, row)

    def action_tab(self, step: int) -> None:
        """Go to the next tab, at the same place."""
        tabs = list(Tab)
        self._follows = False
        self._go_to(tabs[(tabs.index(self._tab) + step) % len(tabs)])

    def action_go_to_tab(self, word: str) -> None:
        """Go to a tab, at the same place."""
        self._follows = False
        self._go_to(Tab(word))

    def action_whole(self) -> None:
        """Show all files of the container, or those that were changed."""
        self._follows = False
        self._go_to(Tab.CONTAINER if self._tab is Tab.CHANGES else Tab.CHANGES)

    def _go_to(self, tab: Tab) -> None:
        if tab is self._tab:
            return
        row, shown = self._row, self._shown
        if shown is not None and self._view.shown is shown:
            self._remember()
            if row is not None and row != TELLING and not self._follows:
                self._seek = shown.real(row.path)
        self._tab = tab
        if tab in self._tabs:
            self._renew()
            return
        if tab not in self._progress and tab is not Tab.CHANGES:
            self._list(tab)
        self._tell()

    def action_order(self) -> None:
        """Order each directory by path, size or time."""
        self._order = self._order.next
        for shown in self._tabs.values():
            shown.sort_by(self._order)
        self._renew()

    def action_toggle_kind(self, kind: str) -> None:
        """Hide a kind of change, or show it again."""
        if self._shown is not None:
            self._shown.toggle(Kind[kind])
            self._renew()

    def action_fold_all(self) -> None:
        """Open or close everything, unless that were too much to be read."""
        shown = self._shown
        is_folded = not any(child.is_expanded for child in self._view.root.children)
        if shown is not None and len(shown) > MOST_UNFOLDED and is_folded:
            self.app.notify(f"{len(shown):,} files are too many to open them all at once.", markup=False)
            return
        super().action_fold_all()

    def action_again(self) -> None:
        """Ask for what is shown to be read again: the mount in which the cursor is, or else the tab."""
        at, there = self._row, self._shown
        point = there.mount_above(at.path) if at is not None and there is not None else ""
        if there is not None and there.is_entered(point) and self.source is not None:
            self.source.enter(point)
            return
        if self._tab is Tab.CHANGES:
            asking = plain("asking the engine again …", "$foreground-muted")
            self._notes[Tab.CHANGES] = asking
            self.query_one(".browse--reading", Static).update(asking)
            if self.source is not None:
                self.source.read()
            return
        self._remember()
        row, shown = self._row, self._tabs.pop(self._tab, None)
        if shown is not None:
            self._kept[self._tab] = shown
            if row is not None:
                self._seek = shown.real(row.path)
        self._list(self._tab)
        self._tell()

    def action_back(self) -> None:
        """Cancel what is being read; end the search if there is one; or else leave."""
        progress = self._progress.get(self._tab)
        node = self._view.cursor_node
        if progress is None and node is not None and node.data is not None:
            progress = self._progress.get(node.data.path)
        if progress is not None:
            progress.cancel()
            return
        super().action_back()
