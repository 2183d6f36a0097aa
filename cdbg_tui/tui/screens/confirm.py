"""A question before something is lost: what, from which container, and by which command line."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.messages import CopyWanted
from cdbg_tui.tui.screens.over import Over
from cdbg_tui.tui.screens.prose import prose


class Confirm(Over[bool]):
    """Asks *question*; what is *dangerous* starts on No."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "yes"),
        Binding("n,escape,q", "dismiss(False)", "no"),
        Binding("left,right,h,l", "app.focus_next", "the other", show=False),
        Binding("ctrl+y", "copy", "copy the command"),
    ]

    def __init__(
        self,
        question: Content,
        *,
        loss: Content | None = None,
        command: Sequence[str] = (),
        yes: str = "Yes",
        no: str = "No",
        dangerous: bool = False,
    ) -> None:
        """*loss* says what cannot be had back, *command* is the argv that does the same."""
        super().__init__(classes="dialog -dangerous" if dangerous else "dialog")
        self._question = question
        self._loss = loss
        self._command = shlex.join(command)
        self._yes, self._no = yes, no
        self._dangerous = dangerous

    def compose(self) -> ComposeResult:
        """Lay out question, loss, command line and buttons."""
        with Vertical(classes="dialog--box") as box:
            box.border_subtitle = "y yes · n no" + (" · ctrl+y copy" if self._command else "")
            yield Static(self._question, classes="dialog--text")
            if self._loss is not None:
                yield Static(self._loss, classes="dialog--text -loss")
            if self._command:
                yield Static(prose(self._command), classes="dialog--command")
            with Horizontal(classes="confirm--buttons"):
                yield Button(
                    plain(self._yes),
                    variant="error" if self._dangerous else "primary",
                    id="yes",
                    compact=True,
                )
                yield Button(plain(self._no), id="no", compact=True)

    def on_mount(self) -> None:
        """Put the focus where Enter does no harm."""
        self.query_one("#no" if self._dangerous else "#yes").focus()

    @on(Button.Pressed)
    def _press(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_copy(self) -> None:
        """Ask for the command line to be copied."""
        if self._command:
            self.post_message(CopyWanted(self._command, "the command line"))
