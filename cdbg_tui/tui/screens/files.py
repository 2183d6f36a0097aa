"""One container's files as they become known: what it changed, all that it has, and all of its image."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

from textual.app import ComposeResult
from textual.content import Content
from textual.style import Style
from textual.timer import Timer
from textual.widgets import Static

from cdbg_tui.engine.progress import Progress
from cdbg_tui.model.change import Change, Kind
from cdbg_tui.model.container import Mount
from cdbg_tui.model.file import File, as_told
from cdbg_tui.model.filetree import FileTree, Weights
from cdbg_tui.model.owners import Owners
from cdbg_tui.model.reasons import Reason, telling
from cdbg_tui.model.shown import Order, Shown
from cdbg_tui.model.text import is_safe, one_line
from cdbg_tui.model.units import size
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.browse import Browse
from cdbg_tui.tui.screens.file_rows import TELLING, TOP, FilesTree, Row, lexically
from cdbg_tui.tui.screens.file_source import Act, Source, Tab
from cdbg_tui.tui.screens.file_words import reading, totals, why_not_entered
from cdbg_tui.tui.screens.messages import CopyWanted
from cdbg_tui.tui.screens.prose import prose

OPENED_AT_ONCE = 60
"""So few changes are all in view at once."""
MOST_SEARCHED = 50_000
"""In more than these is searched when the text is whole, not at each letter."""
PROGRESS_SECONDS = 0.2

_ASKING = {
    Tab.CHANGES: "asking the engine what was changed …",
    Tab.CONTAINER: "reading the container's file system …",
    Tab.IMAGE: "reading the image's file system …",
}
_HEADS = {
    Tab.CHANGES: "changed files of ",
    Tab.CONTAINER: "all files of ",
    Tab.IMAGE: "files of the image of ",
}


class Files(Browse[Row]):
    """One container's files. It opens empty; what is asked of the engine is shown as it comes."""

    def __init__(
        self,
        container_id: str,
        name: str,
        mounts: Iterable[Mount] = (),
        *,
        is_up: bool = False,
        at: str = "",
        line: str = "",
    ) -> None:
        """Open on a container; the cursor goes *at* a path, whose *line* is what is looked for."""
        self.container_id = container_id
        self.container_name = name
        self.source: Source | None = None
        self._pointed = (at, line)
        self._mounts = tuple(mounts)
        self._mounted_files: tuple[File, ...] = ()
        self._is_up = is_up
        self._ended: float | None = None
        self._tab = Tab.CHANGES
        self._tabs: dict[Tab, Shown] = {}
        self._kept: dict[Tab, Shown] = {}
        """What a tab had before it is read again: it comes back if that fails or is cancelled."""
        self._opened: dict[Tab, set[Row]] = {tab: {TELLING} for tab in Tab}
        self._entered: dict[str, tuple[FileTree, Weights]] = {}
        self._image: tuple[FileTree, Weights] | None = None
        self._notes: dict[Tab, Content] = {tab: plain(_ASKING[tab], "$foreground-muted") for tab in Tab}
        self._progress: dict[str, Progress] = {}
        self._cuts: dict[Tab, str] = {}
        self._telling: list[str] = []
        self._order = Order.PATH
        self._seek, self._follows = at, False
        self._timer: Timer | None = None
        self._is_laid_out = False
        self._view = FilesTree()
        super().__init__(self._view)

    def on_unmount(self) -> None:
        """Let go of what was read for it."""
        if self.source is not None:
            self.source.close()

    def compose(self) -> ComposeResult:
        """Put a note where the tree will be."""
        yield from super().compose()
        yield Static(self._notes[Tab.CHANGES], classes="changes--note")

    def fill(self) -> None:
        """Show what may have arrived before the screen was there."""
        self._is_laid_out = True
        self._timer = self.set_interval(PROGRESS_SECONDS, self._tell_progress, pause=True)
        self._renew()

    @property
    def _shown(self) -> Shown | None:
        return self._tabs.get(self._tab)

    # What is learned of the container

    def know(self, mounts: Iterable[Mount], ended: float | None, *, is_up: bool) -> None:
        """Take note of what is mounted, and of when it ended."""
        self._mounts, self._ended, self._is_up = tuple(mounts), ended, is_up
        for shown in self._tabs.values():
            shown.put_mounts(self._mounts)
        self._renew()

    def show(self, changes: Iterable[Change] | Shown, reasons: Mapping[str, Reason] | None = None) -> None:
        """Show *changes*, and *reasons* why some may tell something; what was open and the cursor stay.

        Many are better handed over as the tree that another thread has made of them.
        """
        shown = changes if isinstance(changes, Shown) else Shown.of_changes(changes, self._mounts)
        is_first = Tab.CHANGES not in self._tabs
        self._view.reasons = reasons or {}
        self._put(Tab.CHANGES, shown)
        self._telling = self._likeliest(shown)
        if self._image:
            shown.learn_deleted(*self._image)
        if is_first and len(shown) <= OPENED_AT_ONCE:
            self._opened[Tab.CHANGES] |= {Row(path) for path in shown.directories()}
        if is_first and not self._seek and self._telling:
            self._renew(at=[TELLING, Row(self._telling[0], is_telling=True)])
        else:
            self._renew()

    def learn(self, batch: Mapping[str, File]) -> None:
        """Fill the columns of changed files; nothing moves."""
        shown = self._tabs.get(Tab.CHANGES)
        if shown is None:
            return
        shown.learn(batch)
        if self._is_laid_out and self._tab is Tab.CHANGES:
            self._view.repaint()
            self.renew_head()
            self._read()

    def learn_mounted(self, files: Iterable[File]) -> None:
        """Take note of what is mounted that is no directory."""
        self._mounted_files = tuple(files)
        for shown in self._tabs.values():
            self._put_mounted(shown)
        self._renew()

    def _put_mounted(self, shown: Shown) -> None:
        for file in self._mounted_files:
            shown.put(file)

    def learned(self, owners: Owners) -> None:
        """Show owners by their names."""
        self._view.owners = owners
        if self._is_laid_out:
            self._view.repaint()
            self._read()

    def complete(self) -> None:
        """Take note that everything there is to know of the changed files is known."""
        shown = self._tabs.get(Tab.CHANGES)
        if shown is None or not self._is_laid_out:
            return
        self._telling = self._likeliest(shown)
        if self._tab is not Tab.CHANGES:
            return
        if not self._view.renew_telling(self._telling) or self._order is not Order.PATH:
            self._renew()
        self._read()

    def _likeliest(self, shown: Shown) -> list[str]:
        found = {path: why for path, why in self._view.reasons.items() if not shown.has_below(path)}
        return telling(found, shown.file, self._ended)

    def fail(self, sentence: str) -> None:
        """Say why there are no changes to show."""
        self.failed(Tab.CHANGES, sentence)

    def failed(self, tab: Tab, sentence: str) -> None:
        """Say why there is nothing to show in *tab*."""
        self._progress.pop(tab, None)
        before = self._kept.pop(tab, None)
        if before is not None and tab not in self._tabs:
            self._tabs[tab] = before
            self._renew()
        there = self._tabs.get(tab)
        if there is not None and not there.is_empty:
            # What is shown was so once, and is all that there is.
            self.app.notify(one_line(sentence), severity="error", markup=False)
            self._read()
            return
        self._tabs.pop(tab, None)
        self._notes[tab] = prose(sentence, "$text-error")
        self._follows = False
        self._renew()

    def listed(self, tab: Tab, tree: FileTree, known_weights: Weights, cut: str = "") -> None:
        """Show a whole file system in its tab."""
        self._progress.pop(tab, None)
        self._kept.pop(tab, None)
        changes = self._tabs.get(Tab.CHANGES)
        kinds = changes.kinds if changes is not None else {}
        here = (Kind.ADDED, Kind.MODIFIED) if tab is Tab.CONTAINER else (Kind.MODIFIED, Kind.DELETED)
        shown = Shown(
            tree,
            {path: kind for path, kind in kinds.items() if kind in here},
            self._mounts,
            known_weights,
            changes.all_counts if changes is not None else None,
        )
        self._cuts[tab] = cut
        if tab is Tab.IMAGE:
            self._image = tree, known_weights
            if Tab.CHANGES in self._tabs:
                self._tabs[Tab.CHANGES].learn_deleted(tree, known_weights)
        self._put(tab, shown)
        if tab is self._tab:
            self._renew()

    def _put(self, tab: Tab, shown: Shown) -> None:
        before = self._tabs.get(tab)
        if tab is self._tab:
            self._remember()
        if before is not None:
            shown.hidden = before.hidden
        shown.sort_by(self._order)
        self._put_mounted(shown)
        for point, entered in self._entered.items():
            if point in shown:
                shown.enter(point, *entered)
        self._tabs[tab] = shown

    # What is mounted

    def entered(self, point: str, tree: FileTree, known_weights: Weights, cut: str = "") -> None:
        """Show what is mounted at *point*, below it."""
        self._progress.pop(point, None)
        file = tree.get(point)
        if file is not None and not file.is_directory:
            # A single file can be mounted, too.
            self.learn_mounted([*self._mounted_files, file])
            self._wish("view", Row(point))
            return
        self._entered[point] = tree, known_weights
        self._view.said[point] = f"cut off {cut}" if cut else "" if tree.has_below(point) else "empty"
        for shown in self._tabs.values():
            if point in shown:
                shown.enter(point, tree, known_weights)
        for opened in self._opened.values():
            opened.add(Row(point))
        self._renew(opened={Row(point)})

    def not_entered(self, point: str, sentence: str) -> None:
        """Say why what is mounted at *point* cannot be shown."""
        self._progress.pop(point, None)
        self._say_of(point, sentence)

    def _enter(self, point: str) -> None:
        mount = self._shown.mount(point) if self._shown else None
        if mount is None or point in self._progress:
            return
        words = why_not_entered(mount, is_up=self._is_up)
        if words:
            self._say_of(point, words)
        elif self.source is not None:
            self.source.enter(point)

    def _say_of(self, path: str, words: str) -> None:
        self._view.said[path] = words
        node = self._view.cursor_node
        if node is not None and node.data is not None and node.data.path == path and node.is_expanded:
            node.collapse()
        self._view.repaint()
        self._read()

    # Progress

    def reads(self, what: str, progress: Progress) -> None:
        """Show how far the reading of a tab or a mount is; Esc ends it."""
        self._progress[what] = progress
        if self._timer is not None:
            self._timer.resume()
        self._tell_progress()

    def _tell_progress(self) -> None:
        if not self._is_laid_out:
            return
        if not self._progress and self._timer is not None:
            self._timer.pause()
        progress = self._progress.get(self._tab)
        if progress is not None:
            words = f"{_ASKING[self._tab]}\n\n{_counted_so_far(progress)}"
            self.query_one(".changes--note", Static).update(Content.styled(words, "$foreground-muted"))
        for point in self._progress.keys() - set(Tab):
            self._view.said[point] = f"reading … {_counted_so_far(self._progress[point])}"
            self._view.repaint()

    # Drawing

    def _renew(self, *, at: Sequence[Row] | None = None, opened: Iterable[Row] = ()) -> None:
        if not self._is_laid_out:
            return
        view, shown = self._view, self._shown
        if shown is None:
            self._tell()
            return
        view.now = time.time()
        self._remember()
        trail = view.trail() if at is None else list(at)
        if self._seek:
            trail, self._seek = self._sought(shown), ""
        view.shown = shown
        view.telling = self._telling if self._tab is Tab.CHANGES else ()
        trail = self._nearest(shown, trail)
        view.refill({*self._opened[self._tab], *opened}, trail)
        self._tell()
        self.search_again()
        self._read()

    def _remember(self) -> None:
        """Keep what is open in the tab that is shown, for when it is shown again or made anew."""
        view = self._view
        if view.shown is self._shown:
            self._opened[self._tab] = set(view.opened()) - {TOP}

    def _sought(self, shown: Shown) -> list[Row]:
        path = self._seek
        if self._follows:
            self._follows = False
            found = shown.resolve(path)
            if found is not None:
                path = found.path
            else:
                self._say_of(path, self._why_nowhere(shown, path))
        if self._tab is Tab.CHANGES:
            path = as_told(path)
        return [Row(one) for one in shown.trail(path)]

    @staticmethod
    def _why_nowhere(shown: Shown, path: str) -> str:
        link = shown.file(path)
        point = shown.mount_above(lexically(link)) if link is not None else ""
        if point and not shown.is_entered(point):
            return f"leads into {one_line(point)}, which has not been entered"
        return "leads nowhere"

    @staticmethod
    def _nearest(shown: Shown, trail: Sequence[Row]) -> list[Row]:
        if not trail or trail[0] == TELLING:
            return list(trail)
        return [Row(one) for one in shown.trail(trail[-1].path)]

    def _tell(self) -> None:
        shown = self._shown
        some = shown is not None and not shown.is_empty
        note = self._notes[self._tab]
        if shown is not None and not some:
            everything = any(shown.totals.values())
            note = plain(_ALL_HIDDEN if everything else _NOTHING, "$foreground-muted")
        self._view.display = some
        line = self.query_one(".changes--note", Static)
        line.display = not some
        self.query_one(".browse--reading").display = some
        line.update(note)
        if some and not self.query_one("Input").has_focus:
            self._view.focus()
        self.renew_head()
        self.refresh_bindings()

    def head(self) -> Content:
        """Return the tabs, whose files these are, how many of each kind, and in which order."""
        tabs = Content(" ").join(self._tab_word(tab) for tab in Tab)
        title = Content.assemble(
            (_HEADS[self._tab], "$foreground-muted"), plain(one_line(self.container_name), "bold")
        )
        parts = [tabs, title]
        shown = self._shown
        lines = []
        if shown is not None:
            order = Content.styled(f"by {self._order.value}", "$foreground-muted")
            lines = [Content("    ").join([totals(shown, self._cuts.get(self._tab, "")), order])]
        return Content("\n").join([Content("   ").join(parts), *lines])

    def _tab_word(self, tab: Tab) -> Content:
        style = "bold reverse" if tab is self._tab else "$foreground-muted"
        word = Content.styled(f" {tab.value} ", style)
        return word.stylize(Style.from_meta({"@click": f"screen.go_to_tab('{tab.value}')"}))

    def find(self, text: str) -> Sequence[Sequence[Row]]:
        """Return the paths that *text* finds, also in what is folded."""
        shown = self._shown
        return [[Row(one) for one in trail] for trail in shown.search(text)] if shown else []

    def finds_at_once(self) -> bool:
        """Tell whether there is little enough to be searched at each letter."""
        return self._shown is None or len(self._shown) <= MOST_SEARCHED

    def copied(self, item: Row) -> CopyWanted | None:
        """Return the path as it is, not as it is shown; a name that could do harm is not copied."""
        if item == TELLING or self._shown is None:
            return None
        path = self._shown.real(item.path)
        if not is_safe(path):
            self.app.notify(
                "The path holds control characters or bytes that are no text: it is not copied.",
                severity="warning",
                markup=False,
            )
            return None
        return CopyWanted(path, "the path")

    def reading(self, item: Row) -> Content:
        """Return the whole path, and all that is known of it."""
        if item == TELLING or self._shown is None:
            return plain("Files whose names and times say that they may tell why it ended.", "$foreground-muted")
        said = self._view.said.get(item.path, "")
        return reading(self._shown, item.path, self._view.owners, self._ended, said)

    def _list(self, tab: Tab) -> None:
        self._notes[tab] = plain(_ASKING[tab], "$foreground-muted")
        if self.source is not None:
            self.source.list_files(tab)

    @property
    def _row(self) -> Row | None:
        node = self._view.cursor_node
        return node.data if node is not None and self._view.display else None

    def _wish(self, how: Act, row: Row) -> None:
        shown = self._shown
        if shown is None:
            return
        path, kind = shown.real(row.path), shown.kind(row.path)
        at, line = self._pointed
        is_image = self._tab is Tab.IMAGE and not shown.mount_above(row.path)
        if self.source is not None:
            self.source.act(
                how,
                path,
                None if is_image else kind,
                line if row.path == as_told(at) else "",
                is_image=is_image,
            )


_NOTHING = "Nothing was changed on disk since the container was made from its image."
_ALL_HIDDEN = "Every kind of change is hidden: a, m and d show them again."


def _counted_so_far(progress: Progress) -> str:
    return f"{progress.files:,} files, {size(progress.bytes)} · Esc cancels"
