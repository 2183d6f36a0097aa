"""A menu: one key chooses at once, or the arrows and Enter; long lists are filtered by typing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.over import Over

LONGEST_WITHOUT_FILTER = 12


@dataclass(frozen=True)
class Choice:
    """One line of a menu; *disabled* says why it cannot be chosen now."""

    id: str
    label: Content
    key: str = ""
    detail: Content = field(default_factory=Content.empty)
    disabled: str = ""


class Choose(Over[str | None]):
    """Lets the user choose one of *choices*; its result is the id, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "leave"),
        # Ahead of the filter's own keys: the list moves while a filter is typed.
        Binding("down", "move('cursor_down')", "down", show=False, priority=True),
        Binding("up", "move('cursor_up')", "up", show=False, priority=True),
        Binding("pagedown", "move('page_down')", "page down", show=False, priority=True),
        Binding("pageup", "move('page_up')", "page up", show=False, priority=True),
    ]

    def __init__(self, title: Content, choices: Sequence[Choice]) -> None:
        super().__init__(classes="dialog")
        self._title = title
        self._choices = tuple(choices)
        self._is_filtered = len(self._choices) > LONGEST_WITHOUT_FILTER

    def compose(self) -> ComposeResult:
        """Lay out the list, with a line to filter it if it is long."""
        with Vertical(classes="dialog--box") as box:
            box.border_title = self._title
            box.border_subtitle = "enter chooses · esc leaves"
            if self._is_filtered:
                yield Input(placeholder="type to filter", compact=True)
            yield OptionList(*self._options(""), markup=False)
            yield Static(classes="choose--note")

    def on_mount(self) -> None:
        """Give the keys to the filter, or to the list."""
        self.query_one(".choose--note").display = False
        self.query_one(Input if self._is_filtered else OptionList).focus()

    def _options(self, wanted: str) -> list[Option]:
        shown = [
            choice
            for choice in self._choices
            if wanted.casefold() in f"{choice.label.plain} {choice.detail.plain}".casefold()
        ]
        key = 0 if self._is_filtered else 3 * any(choice.key for choice in self._choices)
        label = max((choice.label.cell_length for choice in shown), default=0)
        return [_option(choice, key, label) for choice in shown]

    @on(Input.Changed)
    def _filter(self, event: Input.Changed) -> None:
        menu = self.query_one(OptionList)
        menu.set_options(self._options(event.value))
        menu.action_first()
        if not menu.option_count:
            self._tell("nothing matches")
        else:
            self._tell("")

    def on_key(self, event: events.Key) -> None:
        """Choose by letter, or move as in vi."""
        if self._is_filtered or event.character is None:
            return
        for choice in self._choices:
            if choice.key == event.character:
                event.stop()
                self._choose(choice)
                return
        if event.character in "jk":
            event.stop()
            self.action_move("cursor_down" if event.character == "j" else "cursor_up")

    def action_move(self, way: str) -> None:
        """Move in the list, wherever the focus is."""
        menu = self.query_one(OptionList)
        getattr(menu, f"action_{way}")()

    @on(Input.Submitted)
    def _submit(self) -> None:
        self.query_one(OptionList).action_select()

    @on(OptionList.OptionSelected)
    def _select(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    def _choose(self, choice: Choice) -> None:
        if choice.disabled:
            self._tell(f"{choice.label.plain}: {choice.disabled}")
        else:
            self.dismiss(choice.id)

    def _tell(self, words: str) -> None:
        note = self.query_one(".choose--note", Static)
        note.display = bool(words)
        note.update(plain(words))


def _option(choice: Choice, key: int, label: int) -> Option:
    muted = "$foreground-muted"
    pieces: list[Content] = []
    if key:
        pieces.append(plain(choice.key.ljust(key), "" if choice.disabled else "bold $text-accent"))
    pieces.append(choice.label.pad_right(max(0, label - choice.label.cell_length)))
    detail = plain(choice.disabled) if choice.disabled else choice.detail
    if detail:
        pieces += [Content("   "), detail.stylize(muted) if not choice.disabled else detail]
    return Option(Content("").join(pieces), choice.id, disabled=bool(choice.disabled))
