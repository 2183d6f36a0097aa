"""What a command writes that runs in the background, as it comes; it goes on when this is left."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from cdbg_tui.model.text import one_line
from cdbg_tui.sessions.background import Background, Ended
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.messages import CopyWanted
from cdbg_tui.tui.screens.over import Over

REFRESH_SECONDS = 0.2


class Output(Over[None]):
    """Shows the output of *job*, which somebody else runs and tells the end of."""

    DEFAULT_CSS = """
    Output > .dialog--box { height: 80%; }
    Output > .dialog--box > VerticalScroll { margin-top: 1; height: 1fr; }
    Output .output--lines { width: 1fr; height: auto; }
    Output .output--end { width: 1fr; height: auto; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss(None)", "leave"),
        Binding("x", "end", "end it"),
        Binding("y", "copy", "copy the output"),
        Binding("j,down", "move('scroll_down')", "down", show=False),
        Binding("k,up", "move('scroll_up')", "up", show=False),
        Binding("space,pagedown", "move('scroll_page_down')", "page down", show=False),
        Binding("b,pageup", "move('scroll_page_up')", "page up", show=False),
        Binding("g,home", "move('scroll_home')", "top", show=False),
        Binding("G,end", "move('scroll_end')", "end", show=False),
    ]

    def __init__(self, title: Content, command: str, job: Background) -> None:
        super().__init__(classes="dialog")
        self._title = title
        self._command = command
        self._job = job
        self._count = -1
        self._ended: Ended | None = None

    def compose(self) -> ComposeResult:
        """Lay out the command and its output."""
        with Vertical(classes="dialog--box") as box:
            box.border_title = self._title
            yield Static(plain(f"$ {self._command}"), classes="dialog--command")
            with VerticalScroll(classes="dialog--scroll"):
                yield Static(classes="output--lines")
            yield Static("It runs …", classes="output--end")

    def on_mount(self) -> None:
        """Begin to show."""
        self.query_one(VerticalScroll).focus()
        self.set_interval(REFRESH_SECONDS, self._show)
        self._show()

    def _show(self) -> None:
        box = self.query_one(".dialog--box")
        state = "x ends it · esc leaves it running" if self._ended is None else "esc closes"
        box.border_subtitle = f"{state} · y copies"
        if self._count == self._job.count:
            return
        self._count = self._job.count
        scroll = self.query_one(VerticalScroll)
        follows = scroll.is_vertical_scroll_end
        self.query_one(".output--lines", Static).update(Content("\n").join(map(plain, self._job.lines)))
        if follows:
            scroll.scroll_end(animate=False)

    def tell_end(self, how: Ended) -> None:
        """Show the rest, and how it ended."""
        self._ended = how
        self._show()
        style = "bold $text-success" if how.status == 0 else "bold $text-error"
        self.query_one(".output--end", Static).update(plain(f"It {how.words()}.", style))
        if not self._job.lines:
            self.query_one(".output--lines", Static).update(plain("It wrote nothing.", "$foreground-muted"))

    def action_end(self) -> None:
        """Have it ended."""
        if why := self._job.end():
            self.app.notify(one_line(why), severity="error", markup=False)

    def action_copy(self) -> None:
        """Ask for the output to be copied."""
        self.post_message(CopyWanted("\n".join(self._job.lines), "the output"))

    def action_move(self, way: str) -> None:
        """Move in the output."""
        getattr(self.query_one(VerticalScroll), way)(animate=False)
