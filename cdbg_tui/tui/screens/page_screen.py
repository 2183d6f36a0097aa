"""A full screen around one page: head, search, keys; and a sentence where there is no page."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from cdbg_tui.model.page import MOST_HITS, Hit, Page
from cdbg_tui.model.search import query
from cdbg_tui.tui.asking import Asking
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.help import Help
from cdbg_tui.tui.screens.messages import CopyWanted
from cdbg_tui.tui.screens.own_keys import own_keys
from cdbg_tui.tui.screens.sparing import Sparing
from cdbg_tui.tui.widgets.key_line import KeyLine
from cdbg_tui.tui.widgets.page_view import PageView, Spans


class PageScreen(Sparing[None]):
    """Shows one page after the other; who made the screen says which."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "search", key_display="/", tooltip="Search; Enter goes back to the lines"),
        Binding("n", "hit(1)", "The next hit", show=False),
        Binding("N", "hit(-1)", "The hit before", show=False),
        Binding("w", "wrap", "wrap", tooltip="Long lines go on in the next row"),
        Binding("y", "copy", "copy", tooltip="Copy the line, or what the mouse selected"),
        Binding("escape", "back", "back", key_display="esc", tooltip="End the search or the reading, or leave"),
        Binding("q", "dismiss", "Leave", show=False),
        Binding("question_mark", "keys", "keys", key_display="?", tooltip="All keys of this screen"),
    ]
    DEFAULT_CSS = """
    PageScreen {
        background: $background;
        & > .page--head { height: auto; max-height: 6; padding: 0 1; background: $panel; }
        & > .page--said { height: 1fr; padding: 2 4; }
        & > .page--search { height: 1; padding: 0 1; background: $surface; display: none; }
        & > .page--search > .page--slash { width: 2; color: $text-accent; }
        & > .page--search > Input { width: 1fr; }
        & > .page--search > .page--hits { width: auto; padding: 0 1; color: $text-muted; }
        & > .page--search > .page--hits.-none { color: $text-error; }
    }
    """

    def __init__(self, asking: Asking) -> None:
        super().__init__()
        self._asking = asking
        self.view = PageView()
        self._said = Static(classes="page--said")
        self._head = Static(classes="page--head")
        self._hits_line = Static(classes="page--hits")
        self._wanted = ""
        self._hits: Sequence[Hit] = ()
        self._hit = -1
        self._from = 0
        """The line from which a search that is being typed goes on."""

    def compose(self) -> ComposeResult:
        """Lay out head, page, search line and keys."""
        yield self._head
        yield self.view
        yield self._said
        with Horizontal(classes="page--search"):
            yield Static("/", classes="page--slash")
            yield Input(compact=True)
            yield self._hits_line
        yield KeyLine()

    def on_mount(self) -> None:
        """Give the keys to the page."""
        self.view.focus()

    def head(self, words: Content) -> None:
        """Show *words* above the page."""
        self._head.update(words)

    def show(self, page: Page, cells: Sequence[int] | None, *, at: int = 0) -> None:
        """Show a page, the cursor on line *at*; what was searched is searched in it."""
        self.view.display, self._said.display = True, False
        self.view.show(page, cells, at=at)
        if not self.query_one(Input).has_focus:
            self.view.focus()
        self._hits, self._hit, self._from = (), -1, at
        if self._wanted:
            self.search(self._wanted, go=False)

    def colour(self, page: Page, colours: Spans) -> None:
        """Show the colours of *page*, if it is still there."""
        if self.view.page is page:
            self.view.colour(colours)

    def say(self, sentence: Content) -> None:
        """Say why there is no page."""
        self.view.display, self._said.display = False, True
        self._said.update(sentence)

    # Searching

    def action_search(self) -> None:
        """Open the search line."""
        self.query_one(".page--search").display = True
        self._from = max(0, self.view.current)
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Go to the first hit while the user types."""
        self.search(event.value)

    def on_input_submitted(self) -> None:
        """Leave the search line; what was found stays marked."""
        self.view.focus()
        if not self._wanted:
            self.query_one(".page--search").display = False

    def search(self, text: str, *, go: bool = True) -> None:
        """Find *text* in the background and mark it; with *go*, go to the first hit. An empty one ends it."""
        self._wanted = text
        page = self.view.page

        def found(hits: list[Hit]) -> None:
            if page is not self.view.page:
                return
            self._hits = hits
            first = bisect_left(hits, (self._from,))
            self._hit = (first % len(hits) if hits else -1) if go else -1
            self.view.mark(hits, self._hit)
            self._tell_hits()

        if text:
            wanted = query(text)
            self._asking.ask(self._search_key, lambda: page.find(wanted), found, lambda _: found([]))
        else:
            self._asking.forget(self._search_key)
            found([])

    @property
    def _search_key(self) -> str:
        return f"search {id(self)}"

    def _tell_hits(self) -> None:
        words = ""
        if self._wanted:
            words = "not found"
            if self._hits:
                more = "+" if len(self._hits) == MOST_HITS else ""
                at = f"{self._hit + 1:,} of " if self._hit >= 0 else ""
                words = f"{at}{len(self._hits):,}{more} · n N"
            if self.view.page.unsearched:
                words += f" · {self.view.page.unsearched}"
        self._hits_line.set_class(bool(self._wanted) and not self._hits, "-none")
        self._hits_line.update(plain(words))

    def action_hit(self, step: int) -> None:
        """Go to the next or the previous hit from the cursor; after the last comes the first."""
        if not self._hits:
            return
        at, here = self._hit, max(0, self.view.current)
        if at < 0 or self._hits[at].line != here:
            at = bisect_left(self._hits, (here + 1,)) - 1 if step > 0 else bisect_left(self._hits, (here,))
        self._hit = (at + step) % len(self._hits)
        self.view.mark(self._hits, self._hit)
        self._tell_hits()

    # Keys

    def action_keys(self) -> None:
        """Show the keys of this screen."""
        self.app.push_screen(Help(own_keys(self)))

    def action_wrap(self) -> None:
        """Let long lines go on in the next row, or not."""
        self.view.wrap = not self.view.wrap

    def action_copy(self) -> None:
        """Ask for what is selected, or else the line under the cursor, to be copied as it is."""
        selected = self.get_selected_text()
        if selected:
            self.post_message(CopyWanted(selected, "the selection"))
        elif self.view.display and self.view.current >= 0:
            self.post_message(CopyWanted(self.view.page[self.view.current].original, "the line"))

    def action_back(self) -> None:
        """End the search if there is one, or else leave."""
        if self.query_one(".page--search").display:
            with self.prevent(Input.Changed):
                self.query_one(Input).clear()
            self.search("")
            self.query_one(".page--search").display = False
            self.view.focus()
        else:
            self.leave()

    def leave(self) -> None:
        """Leave the screen."""
        self.dismiss()

    def on_unmount(self) -> None:
        """Drop the answer to a search that is not through."""
        self._asking.forget(self._search_key)
