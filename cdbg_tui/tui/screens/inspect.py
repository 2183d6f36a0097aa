"""The screen of inspect: what people ask, all that the engine says, and what differs from another."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static, TabbedContent, TabPane, Tabs

from cdbg_tui.model import compare
from cdbg_tui.model.around import Around
from cdbg_tui.model.details import Entry, nodes, search
from cdbg_tui.model.summary import summary
from cdbg_tui.model.template import go_template
from cdbg_tui.model.text import is_safe, one_line
from cdbg_tui.tui.messages import Wished
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.browse import Browse
from cdbg_tui.tui.screens.compare import CompareTree
from cdbg_tui.tui.screens.entry_tree import LONGEST_ROW, EntryTree
from cdbg_tui.tui.screens.messages import CopyWanted
from cdbg_tui.tui.screens.prose import prose
from cdbg_tui.tui.widgets.key_line import KeyLine

LONGEST_READING = 4_000
"""Characters of a value that are shown of one; an environment may hold megabytes."""
MOST_OPEN = 12
"""A branch with more than so many values begins closed."""
TABS = ("summary", "raw", "compare")
_CLOSED = ("command", "labels")


class Inspect(Browse[Entry]):
    """Everything about one container, in three tabs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "tab,right_square_bracket",
            "turn(1)",
            "tabs",
            key_display="tab 1-3",
            priority=True,
            tooltip="The next tab",
        ),
        Binding("shift+tab,left_square_bracket", "turn(-1)", "The tab before", show=False, priority=True),
        Binding("1", "go_to_tab('summary')", "Summary", show=False),
        Binding("2", "go_to_tab('raw')", "Everything", show=False),
        Binding("3", "go_to_tab('compare')", "Compare", show=False),
        Binding("c", "choose", "with", tooltip="Choose with what it is compared"),
        Binding("a", "everything", "all", tooltip="All values, or those that differ"),
        Binding("p", "copy_template", "path", tooltip="Copy the docker inspect --format that prints it"),
        Binding("Y", "copy_path", "Copy its path as jq takes it", show=False),
        Binding("m", "reveal", "mask", tooltip="Show secrets, or mask them again"),
        Binding("r", "again", "Read the container again", show=False),
    ]

    def __init__(self, details: Mapping[str, Any], docker: Sequence[str] = ("docker",)) -> None:
        """*docker* begins a command line that speaks to the container's engine."""
        self.details = details
        self.around = Around()
        self.other: Mapping[str, Any] | None = None
        """The container that this one is compared with; None for its image."""
        self._docker = tuple(docker)
        self._rows: tuple[compare.Row, ...] = ()
        self._everything = False
        self._note = ""
        self._summary = EntryTree(Entry(""), id="tree-summary")
        self._raw = EntryTree(Entry("", None, nodes(details), "."), id="tree-raw")
        self._compare = CompareTree(id="tree-compare")
        super().__init__(self._summary)

    @property
    def container_id(self) -> str:
        """The id of the container."""
        return str(self.details.get("Id") or "")

    @property
    def container_name(self) -> str:
        """The name of the container."""
        return _name(self.details)

    @property
    def revealed(self) -> bool:
        """Whether secrets are shown."""
        return self._raw.revealed

    @property
    def tab(self) -> str:
        """The tab that is in front."""
        return self.query_one(TabbedContent).active if self.is_mounted else TABS[0]

    def compose(self) -> ComposeResult:
        """Lay out head, tabs with a tree each, reading line, search line and keys."""
        yield Static(self.head(), classes="browse--head")
        with TabbedContent(initial=TABS[0]):
            with TabPane("1 summary", id=TABS[0]):
                yield self._summary
            with TabPane("2 everything", id=TABS[1]):
                yield self._raw
            with TabPane("3 compare", id=TABS[2]):
                yield Static(classes="compare--head")
                yield Static(classes="compare--names")
                yield self._compare
        yield Static(classes="browse--reading")
        with Horizontal(classes="browse--search"):
            yield Static("/", classes="browse--slash")
            yield Input(compact=True)
            yield Static(classes="browse--hits")
        yield KeyLine()

    def on_mount(self, event: events.Mount | None = None) -> None:
        """Show what is known, and give the keys to the tree of the first tab."""
        if event is not None:
            event.prevent_default()  # or else the class above would follow, and fold everything
        super().on_mount()
        self.query_one(Tabs).can_focus = False
        self._raw.refill()
        self._show_summary()
        self._show_comparison()

    def head(self) -> Content:
        """Return whose details these are, and whether secrets are shown."""
        title = Content.assemble(("inspect ", "$foreground-muted"), plain(one_line(self.container_name), "bold"))
        if self.revealed:
            state = Content.styled("secrets are shown: m hides them", "$text-warning")
        else:
            state = Content.styled("secrets are masked: m reveals them", "$foreground-muted")
        return Content("    ").join([title, state])

    # What comes in

    def learn(self, around: Around) -> None:
        """Show what was read besides."""
        self.around = around
        if self.is_mounted:
            self._show_summary()
            if self.other is None:
                self._show_comparison()

    def renew(self, details: Mapping[str, Any]) -> None:
        """Show the container as it is now."""
        self.details = details
        self._raw.renew(Entry("", None, nodes(details), "."))
        self._show_summary()
        self._show_comparison()
        self.renew_head()

    def compare_with(self, other: Mapping[str, Any] | None) -> None:
        """Compare with another container, or with the image."""
        self.other, self._note = other, ""
        self._show_comparison()

    def say(self, note: str) -> None:
        """Say why there is no comparison."""
        self._note = note
        self._show_comparison()

    def _show_summary(self) -> None:
        top = Entry("", None, summary(self.details, self.around))
        self._summary.renew(top, open_first=_open_at_first(top))
        self.search_again()

    def _show_comparison(self) -> None:
        image, note = self.around.image, self._note
        self._rows = ()
        if self.other is not None:
            self._rows = compare.containers(self.other, self.details)
        elif image is not None:
            self._rows = compare.with_image(self.details, image)
        elif not note:
            note = f"its image {self.around.missing('image')}; c chooses a container to compare with"
        self._compare.compare(self._rows, everything=self._everything)
        self.query_one(".compare--head", Static).update(self._comparison_head(note))
        self._show_names()
        self.search_again()
        if self.rows is self._compare:
            self._read()

    def _show_names(self) -> None:
        names = self._compare.heading(*self._sides) if self._rows else Content()
        self.query_one(".compare--names", Static).update(names)

    def on_resize(self) -> None:
        """Put the names above their columns."""
        self.call_after_refresh(self._show_names)

    @property
    def _sides(self) -> tuple[str, str]:
        image = str((self.details.get("Config") or {}).get("Image") or "")
        return (_name(self.other) if self.other is not None else f"image {image}"), self.container_name

    def _comparison_head(self, note: str) -> Content:
        if note:
            return plain(one_line(note), "$text-warning")
        left, right = (plain(one_line(name), "bold") for name in self._sides)
        found = len(compare.differences(self._rows))
        words = f"{found} difference{'' if found == 1 else 's'}" if found else "no difference"
        noise = sum(row.differs and row.is_noise for row in self._rows)
        left_out = ""
        if self._everything:
            left_out = f"; all {len(self._rows)} values are shown, a leaves out what is the same"
        elif noise:
            left_out = f"; left out: {noise} of {compare.NOISE_WORDS}, a shows all"
        if self.other is None:
            words = f"{words}, which run made" if found else "run changed nothing of it"
        return Content.assemble(left, " → ", right, f": {words}", (left_out, "$foreground-muted"))

    # Tabs

    def action_turn(self, step: int) -> None:
        """Go to the next tab or the one before."""
        self.action_go_to_tab(TABS[(TABS.index(self.tab) + step) % len(TABS)])

    def action_go_to_tab(self, name: str) -> None:
        """Go to a tab."""
        self.query_one(TabbedContent).active = name

    @on(TabbedContent.TabActivated)
    def _turned(self) -> None:
        wanted = self.rows.wanted
        self.rows = {"summary": self._summary, "raw": self._raw, "compare": self._compare}[self.tab]
        if not self.query_one(Input).has_focus:
            self.rows.focus()
        if self.rows.wanted != wanted:
            self.search(wanted)
        self._tell_hits()
        self._read()
        self.refresh_bindings()
        self.call_after_refresh(self._show_names)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the keys of the comparison where it is in front."""
        if action in ("choose", "everything"):
            return self.tab == "compare"
        return super().check_action(action, parameters)

    # What the tree asks

    def find(self, text: str) -> Sequence[Sequence[Entry]]:
        """Return the values that *text* finds, as they are shown."""
        top = self.rows.top if isinstance(self.rows, EntryTree) else Entry("")
        return search(top.children, text, revealed=self.revealed)

    def reading(self, item: Entry) -> Content:
        """Return the path and the value, cut where it is very long; of a comparison, both sides."""
        row = self._compare.row_of(item)
        if row is not None:
            return self._compare.reading(row, *self._sides, most=LONGEST_READING // 2)
        value = item.shown(revealed=self.revealed)
        cut = ""
        if len(value) > LONGEST_READING:
            cut = f"{len(value):,} characters in all, y copies them: "
        path = plain(one_line(item.path[:LONGEST_ROW] or item.key[:LONGEST_ROW]), "$foreground-muted")
        note = f"  · {one_line(item.note)}" if item.note else ""
        text = prose(value[:LONGEST_READING])
        return Content.assemble(
            path, "  " if value else "", (cut, "$text-warning"), text, (note, "$foreground-muted")
        )

    def copied(self, item: Entry) -> CopyWanted:
        """Return the value as it is; a masked one or a branch gives its path instead."""
        if item.value is None or (item.secret and not self.revealed):
            return self._path_of(item)
        return CopyWanted(item.value, f"the value of {one_line(item.key)}")

    def _path_of(self, item: Entry) -> CopyWanted:
        return CopyWanted(item.path or item.key, "the path (the value is masked)" if item.secret else "the path")

    def action_copy_path(self) -> None:
        """Ask for the path to be copied, as jq takes it."""
        node = self.rows.cursor_node
        if node is not None and node.data is not None:
            self.post_message(self._path_of(node.data))

    def action_copy_template(self) -> None:
        """Ask for the command that prints this value to be copied."""
        node = self.rows.cursor_node
        if node is None or node.data is None:
            return
        template = go_template(node.data, self.details)
        if not template:
            self.notify("It is drawn together out of several values: there is no path to it.", markup=False)
        elif not is_safe(template):
            self.notify("Its path holds control characters: it is not copied.", severity="warning", markup=False)
        else:
            words = (*self._docker, "inspect", "--format", template, self.container_name)
            self.post_message(CopyWanted(shlex.join(words), "the command that prints it"))

    def action_reveal(self) -> None:
        """Show the secrets, or mask them again."""
        for tree in (self._summary, self._raw, self._compare):
            tree.revealed = not tree.revealed
            tree.repaint()
        self.renew_head()
        self.search_again()
        self._read()

    # What the engine is asked for

    def action_choose(self) -> None:
        """Ask for what it is to be compared with."""
        self.post_message(Wished("compare", None))

    def action_everything(self) -> None:
        """Show all values of the comparison, or those that differ."""
        self._everything = not self._everything
        self._show_comparison()

    def action_again(self) -> None:
        """Ask for everything to be read again."""
        self.post_message(Wished("inspect_again", None))


def _name(details: Mapping[str, Any]) -> str:
    return str(details.get("Name") or details.get("Id") or "").removeprefix("/")


def _open_at_first(top: Entry) -> list[Entry]:
    found = [entry for entry in top.children if entry.key not in _CLOSED and len(entry.children) <= MOST_OPEN]
    nets = (child for entry in found if entry.key == "networks" for child in entry.children)
    return found + [child for child in nets if len(child.children) <= MOST_OPEN]
