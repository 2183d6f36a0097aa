"""A few values to enter, with the command line that they make shown below while they are typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Input, Static

from cdbg_tui.model.text import one_line
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.messages import CopyWanted
from cdbg_tui.tui.screens.prose import prose

_TEXT_ONLY = r"[^\x00-\x1f\x7f-\x9f]*"


@dataclass(frozen=True)
class Field:
    """One value to enter; *choices* are offered, others are taken too."""

    id: str
    label: str
    value: str = ""
    choices: tuple[str, ...] = ()
    placeholder: str = ""


class Form(ModalScreen[dict[str, str] | None]):
    """Asks for the values of *fields*; its result maps their ids to them, or is None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "leave"),
        Binding("enter", "run", "run"),
        Binding("down", "choice(1)", "next choice", show=False),
        Binding("up", "choice(-1)", "previous choice", show=False),
        Binding("ctrl+y", "copy", "copy the command", priority=True),
    ]

    def __init__(
        self,
        title: Content,
        fields: Sequence[Field],
        preview: Callable[[dict[str, str]], str],
    ) -> None:
        """*preview* makes the command line out of the values entered."""
        super().__init__(classes="dialog")
        self._title = title
        self._fields: Mapping[str, Field] = {f"field-{i}": one for i, one in enumerate(fields)}
        self._preview = preview

    @property
    def values(self) -> dict[str, str]:
        """What is entered now, by the fields' ids."""
        return {one.id: self.query_one(f"#{place}", Input).value for place, one in self._fields.items()}

    def compose(self) -> ComposeResult:
        """Lay out the fields and the command line."""
        with Vertical(classes="dialog--box") as box:
            box.border_title = self._title
            box.border_subtitle = "enter runs · ↑↓ choices · ctrl+y copies · esc leaves"
            with VerticalScroll(classes="dialog--scroll", can_focus=False):
                for place, one in self._fields.items():
                    yield from _laid_out(place, one)
            yield Static(classes="dialog--command")

    def on_mount(self) -> None:
        """Start in the first field."""
        self.query(Input).first().focus()
        self._show()

    @on(Input.Changed)
    def _show(self) -> None:
        self.query_one(".dialog--command", Static).update(prose(self._preview(self.values)))

    @on(Input.Submitted)
    def action_run(self) -> None:
        """Leave with what is entered."""
        self.dismiss(self.values)

    def action_choice(self, step: int) -> None:
        """Put the next or the previous choice into the field, or go to another where there is none."""
        entry = self.focused
        if not isinstance(entry, Input) or entry.id is None:
            return
        choices = self._fields[entry.id].choices
        if not choices:
            (self.focus_next if step > 0 else self.focus_previous)(Input)
            return
        at = choices.index(entry.value) + step if entry.value in choices else min(0, step)
        entry.value = choices[at % len(choices)]
        entry.action_end()

    def action_copy(self) -> None:
        """Ask for the command line to be copied."""
        self.post_message(CopyWanted(self._preview(self.values), "the command line"))


def _laid_out(place: str, one: Field) -> ComposeResult:
    choices = tuple(one_line(choice) for choice in one.choices)
    with Horizontal(classes="form--field"):
        yield Static(plain(one.label), classes="form--label")
        with Vertical(classes="form--value"):
            yield Input(
                # What is entered is run: it must be what is seen.
                one_line(one.value),
                placeholder=one_line(one.placeholder),
                suggester=SuggestFromList(choices) if choices else None,
                restrict=_TEXT_ONLY,
                id=place,
            )
            if choices:
                yield Static(Content(" · ".join(choices)), classes="form--choices")
