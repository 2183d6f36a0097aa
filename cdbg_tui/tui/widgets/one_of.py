"""One of a few fixed choices, all of them in sight: a field of a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from cdbg_tui.tui.paint import plain


class OneOf(Widget, can_focus=True):
    """Holds one of *choices*; those *disabled* are passed over, and say why where they are the next to come."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space,l", "step(1)", "next choice", show=False),
        Binding("left,h", "step(-1)", "previous choice", show=False),
    ]
    DEFAULT_CSS = """
    OneOf {
        width: 1fr;
        height: auto;
    }
    """

    class Changed(Message):
        """Another choice was made."""

    value: reactive[str] = reactive("")

    def __init__(
        self,
        choices: Sequence[str],
        value: str = "",
        *,
        disabled: Mapping[str, str],
        id: str | None = None,  # noqa: A002 - as every widget has it
    ) -> None:
        """Begin with *value*, or the first that can be had; *disabled* maps choices to why they cannot."""
        super().__init__(id=id)
        self._choices = tuple(choices)
        self._disabled = dict(disabled)
        self._spans: list[tuple[int, int, str]] = []
        self.set_reactive(OneOf.value, value or next(one for one in choices if one not in disabled))

    def render(self) -> Content:
        """Return all choices, the one that holds marked, and below why others cannot be had."""
        pieces: list[Content] = []
        self._spans = []
        at = 0
        for choice in self._choices:
            if choice == self.value:
                style = "$text-accent reverse bold" if self.has_focus else "$text-accent bold underline"
            else:
                style = "$foreground 50% strike" if choice in self._disabled else "$foreground-muted"
            piece = plain(f" {choice} ").stylize(style)
            self._spans.append((at, at + piece.cell_length, choice))
            at += piece.cell_length + 1
            pieces.append(piece)
        lines = [Content(" ").join(pieces)]
        for choice, why in self._disabled.items():
            lines.append(Content.assemble(" ", plain(choice), ": ", plain(why)).stylize("$foreground-muted"))
        return Content("\n").join(lines)

    def watch_value(self) -> None:
        """Tell the form."""
        self.post_message(self.Changed())

    def action_step(self, step: int) -> None:
        """Go to the next choice that can be had."""
        can = [one for one in self._choices if one not in self._disabled]
        self.value = can[(can.index(self.value) + step) % len(can)]

    def on_click(self, event: events.Click) -> None:
        """Take the choice under the mouse."""
        for start, end, choice in self._spans:
            if event.y == 0 and start <= event.x < end and choice not in self._disabled:
                self.value = choice
