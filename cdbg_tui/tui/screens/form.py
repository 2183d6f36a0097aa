"""A few values to enter, with the command line that they make shown below while they are typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.suggester import SuggestFromList
from textual.widgets import Input, Static

from cdbg_tui.model.text import one_line
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.messages import CopyWanted
from cdbg_tui.tui.screens.over import Over
from cdbg_tui.tui.screens.prose import prose
from cdbg_tui.tui.widgets.one_of import OneOf

_TEXT_ONLY = r"[^\x00-\x1f\x7f-\x9f]*"


@dataclass(frozen=True)
class Field:
    """One value to enter; *choices* are offered, others are taken too unless they are *fixed*."""

    id: str
    label: str
    value: str = ""
    choices: tuple[str, ...] = ()
    placeholder: str = ""
    fixed: bool = False
    disabled: Mapping[str, str] = field(default_factory=dict)
    """Of fixed choices those that cannot be had, and why."""


class Form(Over[dict[str, str] | None]):
    """Asks for the values of *fields*; its result maps their ids to them, or is None."""

    # In a split the frames of the fields would leave no room for the command line.
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high")]  # noqa: RUF012 - declared by Textual

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "leave"),
        Binding("enter", "run", "run"),
        Binding("down", "choice(1)", "next choice", show=False),
        Binding("up", "choice(-1)", "previous choice", show=False),
        Binding("pagedown", "scroll_preview(1)", "scroll down", show=False),
        Binding("pageup", "scroll_preview(-1)", "scroll up", show=False),
        Binding("ctrl+y", "copy", "copy the command", priority=True),
    ]

    def __init__(
        self,
        title: Content,
        fields: Sequence[Field],
        preview: Callable[[dict[str, str]], str],
        copied: Callable[[dict[str, str]], str] | None = None,
        enter: str = "runs",
    ) -> None:
        """*preview* makes the command line out of the values entered; *copied* is it where secrets are masked.

        *enter* says what that key does.
        """
        super().__init__(classes="dialog")
        self._title = title
        self._fields: Mapping[str, Field] = {f"field-{i}": one for i, one in enumerate(fields)}
        self._preview = preview
        self._copied = copied or preview
        self._enter = enter

    @property
    def values(self) -> dict[str, str]:
        """What is entered now, by the fields' ids."""
        return {one.id: self._entry(place).value for place, one in self._fields.items()}

    def _entry(self, place: str) -> Input | OneOf:
        where = f"#{place}"
        return self.query_one(where, OneOf) if self._fields[place].fixed else self.query_one(where, Input)

    @property
    def _moves(self) -> str:
        if any(one.choices and not one.fixed for one in self._fields.values()):
            return "↑↓ choices"
        return "↑↓ fields · ←→ choices" if any(one.fixed for one in self._fields.values()) else "↑↓ fields"

    def compose(self) -> ComposeResult:
        """Lay out the fields and the command line."""
        with Vertical(classes="dialog--box") as box:
            box.border_title = self._title
            box.border_subtitle = plain(f"enter {self._enter} · {self._moves} · ctrl+y copies · esc leaves")
            with VerticalScroll(classes="dialog--scroll", can_focus=False):
                for place, one in self._fields.items():
                    yield from _laid_out(place, one)
            with VerticalScroll(classes="form--preview", can_focus=False):
                yield Static(classes="dialog--command")

    def on_mount(self) -> None:
        """Start in the first field."""
        self._entry(next(iter(self._fields))).focus()
        self._show()

    @on(Input.Changed)
    @on(OneOf.Changed)
    def _show(self) -> None:
        self.query_one(".dialog--command", Static).update(prose(self._preview(self.values)))

    @on(Input.Submitted)
    def action_run(self) -> None:
        """Leave with what is entered."""
        self.dismiss(self.values)

    def action_choice(self, step: int) -> None:
        """Put the next or the previous choice into the field, or go to another where there is none."""
        entry = self.focused
        choices = self._fields[entry.id].choices if isinstance(entry, Input) and entry.id else ()
        if not isinstance(entry, Input) or not choices:
            (self.focus_next if step > 0 else self.focus_previous)("Input, OneOf")
            return
        at = choices.index(entry.value) + step if entry.value in choices else min(0, step)
        entry.value = choices[at % len(choices)]
        entry.action_end()

    def action_scroll_preview(self, way: int) -> None:
        """Scroll the command line, where it does not fit."""
        shown = self.query_one(".form--preview")
        (shown.scroll_page_down if way > 0 else shown.scroll_page_up)(animate=False)

    def action_copy(self) -> None:
        """Ask for the command line to be copied."""
        self.post_message(CopyWanted(self._copied(self.values), "the command line"))


def _laid_out(place: str, one: Field) -> ComposeResult:
    if one.fixed:
        with Horizontal(classes="form--field -fixed"):
            yield Static(plain(one.label), classes="form--label")
            yield OneOf(one.choices, one.value, disabled=one.disabled, id=place)
        return
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
