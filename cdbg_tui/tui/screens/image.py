"""The screen of an image: its layers and what each changed, what is wasted, and the usual culprits."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import ContentSwitcher, Input, Static

from cdbg_tui.model.analysis import Analysis
from cdbg_tui.model.layers import Step
from cdbg_tui.model.layertree import Branch, LayerTree, Shown
from cdbg_tui.model.stacking import What
from cdbg_tui.model.text import one_line
from cdbg_tui.tui.asking import Asking
from cdbg_tui.tui.messages import Answered
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.browse import Browse
from cdbg_tui.tui.screens.image_lines import (
    CULPRITS_HEADING,
    LAYERS_HEADING,
    WASTE_HEADING,
    ImageLines,
    culprit_rows,
    layer_rows,
    waste_rows,
)
from cdbg_tui.tui.screens.image_tree import ImageTree, only_ways
from cdbg_tui.tui.screens.image_wait import ImageWait, Measured
from cdbg_tui.tui.screens.image_words import MUTED, VIEWS, about, about_file, facts, tabs, title
from cdbg_tui.tui.screens.messages import CopyWanted
from cdbg_tui.tui.widgets.key_line import KeyLine
from cdbg_tui.tui.widgets.line_list import LineList

SETTLE_SECONDS = 0.08
TICK_SECONDS = 0.25
KEPT_TREES = 3
_PANES = "The tree of the layer, or the layers; in the other views the next one"


class ImageScreen(Browse[Branch]):
    """An image. It opens at once and shows how far the reading is; `show` or `fail` says what came of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "other", "pane", key_display="tab", priority=True, tooltip=_PANES),
        Binding("shift+tab", "other", show=False, priority=True),
        Binding("1", "view('layers')", "The layers", show=False),
        Binding("2", "view('waste')", "The waste", show=False),
        Binding("3", "view('culprits')", "The culprits", show=False),
        Binding("a", "toggle_kind('ADDED')", "added", tooltip="Hide what was added, or show it"),
        Binding(
            "m,c",
            "toggle_kind('MODIFIED')",
            "modified",
            key_display="m",
            tooltip="Hide what was modified, or show it",
        ),
        Binding("d", "toggle_kind('DELETED')", "deleted", tooltip="Hide what was deleted, or show it"),
        Binding(
            "u,ctrl+a",
            "everything",
            "all",
            key_display="u",
            tooltip="All files up to this layer, or what it changed",
        ),
        Binding("o", "order", "size", tooltip="The largest first, or by name"),
        # A footer of 80 columns has no room for it.
        Binding("z", "fold_all", "Fold or unfold the whole tree", show=False),
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - declared by Textual

    def __init__(
        self,
        name: str,
        *,
        measured: Callable[[], Measured] = lambda: Measured(),
        now: Callable[[], float] = time.time,
    ) -> None:
        """*measured* tells how far the reading is."""
        self._view = ImageTree()
        super().__init__(self._view)
        self.add_class("image")
        self._image_name = name
        self._measured = measured
        self._now = now
        self._began = now()
        self._analysis: Analysis | None = None
        self._fault = ""
        self._is_laid_out = False
        self._asking = Asking(self)
        self._trees: OrderedDict[Shown, LayerTree] = OrderedDict()
        self._wanted_path = ""
        self._hidden: frozenset[What] = frozenset()
        self._by_size = False
        self._everything = False
        self._settling: Timer | None = None
        self._ticking: Timer | None = None
        self._found: list[int] = []

    # Laying out

    def compose(self) -> ComposeResult:
        """Lay out head, the three views, the reading, search line and keys."""
        yield Static(classes="browse--head")
        with ContentSwitcher(initial="image-wait", id="image-views"):
            yield ImageWait(id="image-wait")
            with Horizontal(id="layers"):
                yield ImageLines(LAYERS_HEADING, id="image-layers")
                with Vertical(id="image-right"):
                    yield Static(id="image-title")
                    yield self._view
            yield ImageLines(WASTE_HEADING, id="waste")
            yield ImageLines(CULPRITS_HEADING, id="culprits")
        with VerticalScroll(id="image-reading"):
            yield Static(classes="browse--reading")
        with Horizontal(classes="browse--search"):
            yield Static("/", classes="browse--slash")
            yield Input(compact=True)
            yield Static(classes="browse--hits")
        yield KeyLine()

    def on_mount(self) -> None:
        """Show how far it is, or what has come meanwhile."""
        self._ticking = self.set_interval(TICK_SECONDS, self._tick)
        # After the handler of the class above, which Textual calls as well, and which gives the keys to the tree.
        self.call_later(self._renew)

    def show(self, analysis: Analysis) -> None:
        """Show the image."""
        self._analysis = analysis
        if self._is_laid_out:
            self._renew()

    def fail(self, sentence: str) -> None:
        """Say why there is nothing to show."""
        self._fault = sentence
        if self._is_laid_out:
            self._renew()

    def _renew(self) -> None:
        self._is_laid_out = True
        self.query_one(".browse--search").display = False
        self.renew_head()
        if self._analysis is None:
            self._tick()
            return
        if self._ticking is not None:
            self._ticking.stop()
        self.layer_lines.fill(layer_rows(self._analysis, self._now()))
        self.query_one("#waste", ImageLines).fill(waste_rows(self._analysis))
        self.query_one("#culprits", ImageLines).fill(culprit_rows(self._analysis))
        self.action_view("layers")

    def _tick(self) -> None:
        self.query_one("#image-reading").display = False
        wait = self.query_one(ImageWait)
        if self._fault:
            wait.fail(self._fault)
            if self._ticking is not None:
                self._ticking.stop()
        else:
            wait.tell(self._measured(), self._now() - self._began)

    # What is where

    @property
    def layer_lines(self) -> ImageLines:
        """The list of layers."""
        return self.query_one("#image-layers", ImageLines)

    @property
    def view(self) -> str:
        """Which view is shown; ``image-wait`` before there is any."""
        return self.query_one("#image-views", ContentSwitcher).current or ""

    @property
    def lines(self) -> ImageLines:
        """The list of the view."""
        return self.layer_lines if self.view == "layers" else self.query_one(f"#{self.view}", ImageLines)

    @property
    def _in_list(self) -> bool:
        return self.view != "layers" or self.focused is self.layer_lines

    def head(self) -> Content:
        """Return which image, how large, how efficient, how much is wasted."""
        named = Content.assemble(("image ", MUTED), plain(one_line(self._image_name), "bold"))
        analysis = self._analysis
        if analysis is None:
            return named
        return Content("\n").join(
            [*facts(named, analysis, is_wide=not self.has_class("-narrow")), tabs(analysis, self.view)]
        )

    def on_resize(self) -> None:
        """Say as much in the head as there is room for."""
        self.call_after_refresh(self.renew_head)

    # Moving between views

    def action_view(self, name: str) -> None:
        """Show the layers, the waste or the culprits."""
        if self._analysis is None:
            return
        self.query_one("#image-views", ContentSwitcher).current = name
        self.query_one("#image-reading").display = True
        self.renew_head()
        self.lines.focus()
        self._tell()
        self.refresh_bindings()

    def action_other(self) -> None:
        """Go from the layers to the tree or back; elsewhere, to the next view."""
        if self.view not in VIEWS or isinstance(self.focused, Input):
            return
        if self.view != "layers":
            self.action_view(VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)])
        elif self.focused is self.layer_lines and self._view.display:
            self._view.focus()
        else:
            self.layer_lines.focus()
        self._tell()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer in the footer what there is something to do with."""
        if action in ("toggle_kind", "everything", "order", "fold_all"):
            return self._is_laid_out and self.view == "layers"
        if action in ("view", "other", "search", "copy", "hit"):
            return self._is_laid_out and self._analysis is not None
        return super().check_action(action, parameters)

    @on(LineList.Moved)
    def _moved(self, event: LineList.Moved) -> None:
        if event.lines is self.layer_lines:
            if self._settling is not None:
                self._settling.stop()
            self._settling = self.set_timer(SETTLE_SECONDS, self._ask_tree)
        self._tell()

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        if event.lines is self.layer_lines:
            self.query_one("#image-reading").focus()
            return
        row = self.lines.selected
        if row is not None and row.layer is not None:
            self._go_to(row.layer, row.path)

    def _go_to(self, layer: int, path: str) -> None:
        """Show the tree of a layer, at a path in it."""
        self.action_view("layers")
        self._wanted_path = path
        at = self.layer_lines.index_of_layer(layer)
        if at == self.layer_lines.cursor:
            self._ask_tree()
        else:
            self.layer_lines.move_to(at)
        self._view.focus()

    # The tree

    def _ask_tree(self) -> None:
        self._settling = None
        analysis, row = self._analysis, self.layer_lines.selected
        if analysis is None or row is None:
            return
        if row.layer is None:
            self._show_tree(None)
            return
        shown = Shown(row.layer, self._everything)
        if (known := self._trees.get(shown)) is not None:
            self._show_tree(known)
            return
        self._asking.ask(
            "tree",
            lambda: LayerTree(analysis.image, analysis.changes, shown),
            self._show_tree,
            lambda error: self.fail(error.what),
        )

    @on(Answered)
    def _answered(self, event: Answered) -> None:
        event.stop()
        self._asking.answered(event)

    def _show_tree(self, tree: LayerTree | None) -> None:
        self._view.display = tree is not None and tree.is_shown(tree.root)
        if tree is None:
            self._view.files = None
            self.query_one("#image-title", Static).update(plain("no layer: it changes no file", MUTED))
            return
        self._trees[tree.shown] = tree
        self._trees.move_to_end(tree.shown)
        while len(self._trees) > KEPT_TREES:
            self._trees.popitem(last=False)
        if (tree.hidden, tree.by_size) != (self._hidden, self._by_size):
            tree.hidden = self._hidden
            tree.order(by_size=self._by_size)
        at = self._wanted_path or (self._view.trail()[-1].path if self._view.trail() else "")
        self._wanted_path = ""
        trail = tree.trail(at) if at else []
        before = self._view.files
        opened = self._view.opened() if before is not None else []
        if before is None or before.shown.number != tree.shown.number:
            opened += only_ways(tree)
        self._view.files, self._view.root.data = tree, tree.root
        self._view.refill([one for one in opened if one.path], trail)
        self._name_tree(tree)
        self.search_again()
        self._tell()

    def _name_tree(self, tree: LayerTree) -> None:
        if self._analysis is not None:
            named = title(self._analysis, tree, self._hidden)
            self.query_one("#image-title", Static).update(named)

    def action_toggle_kind(self, name: str) -> None:
        """Hide a kind of change, or show it again."""
        self._hidden ^= {What[name]}
        self._ask_tree()

    def action_everything(self) -> None:
        """Show all files up to this layer, or only what it changed."""
        self._everything = not self._everything
        self._ask_tree()

    def action_order(self) -> None:
        """Put the largest first, or order by name."""
        self._by_size = not self._by_size
        self._ask_tree()

    # The whole of what the cursor is on

    def _tell(self) -> None:
        if self.view not in VIEWS:
            return
        text = self.query_one(".browse--reading", Static)
        node = self._view.cursor_node
        if self._in_list or self.focused is self.query_one("#image-reading"):
            text.update(self._about_row())
        elif node is not None and node.data is not None:
            text.update(self.reading(node.data))

    def on_descendant_focus(self) -> None:
        """Tell of what has the keys now."""
        self._tell()

    def _about_row(self) -> Content:
        row = self.lines.selected
        if self._analysis is None or row is None:
            return Content("")
        return about(self._analysis, row)

    def reading(self, item: Branch) -> Content:
        """Return the whole of a file; of the list while that has the keys."""
        if self._analysis is None:
            return Content("")
        if self._in_list:
            return self._about_row()
        shown = self._view.files.shown.number if self._view.files is not None else -1
        return about_file(self._analysis, item, shown)

    # Searching and copying

    def find(self, text: str) -> Sequence[Sequence[Branch]]:
        """Return what of the tree *text* finds."""
        return self._view.files.search(text) if self._view.files is not None else ()

    def search(self, text: str) -> None:
        """Find *text* in the tree, or in the list of the view, and go to the first hit."""
        if self.view == "layers":
            super().search(text)
            return
        self._found, self._hit = self.lines.find(text), 0
        self._step(0, text)

    def action_hit(self, step: int) -> None:
        """Go to the next hit, or the one before."""
        if self.view == "layers":
            super().action_hit(step)
        else:
            text = self.query_one(Input).value
            self._found = self.lines.find(text)
            self._step(step, text)

    def _step(self, step: int, text: str) -> None:
        words = "not found" if text else ""
        if self._found:
            self._hit = (self._hit + step) % len(self._found)
            self.lines.move_to(self._found[self._hit])
            words = f"{self._hit + 1} of {len(self._found)} · n N"
        line = self.query_one(".browse--hits", Static)
        line.set_class(bool(text) and not self._found, "-none")
        line.update(Content(words))

    def on_input_submitted(self, event: Input.Submitted | None = None) -> None:
        """Leave the search line; what was found stays marked. In the layers, as the class above has it."""
        if self.view == "layers" or event is None:
            return
        event.prevent_default()
        self.lines.focus()
        if not self.query_one(Input).value:
            self.query_one(".browse--search").display = False

    def copied(self, item: Branch) -> CopyWanted:
        """Return the path as it is."""
        return CopyWanted(item.path, "the path")

    def action_copy(self) -> None:
        """Ask for the path, or the layer's instruction as it was written down, to be copied."""
        if not self._in_list and self.focused is self._view:
            super().action_copy()
            return
        row = self.lines.selected
        if row is None:
            return
        if isinstance(row.about, Step):
            self.post_message(CopyWanted(row.about.original, "the instruction"))
        elif row.path:
            self.post_message(CopyWanted(row.path, "the path"))

    def action_back(self) -> None:
        """End the search, leave the instruction, or leave the screen."""
        if not self.query_one(".browse--search").display and self.focused is self.query_one("#image-reading"):
            self.layer_lines.focus()
            return
        searched = self.query_one(".browse--search").display
        super().action_back()
        if searched and self.view != "layers":
            self.lines.focus()
