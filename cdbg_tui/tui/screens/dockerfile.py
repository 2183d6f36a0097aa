"""The Dockerfile of a debug image before it is built: shown, edited, and chosen anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static, TextArea
from textual.widgets.text_area import Edit, EditResult

from cdbg_tui.model.text import clean
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.messages import CopyWanted
from cdbg_tui.tui.screens.over import Over
from cdbg_tui.tui.screens.prose import prose

_READS = "enter builds · e edits · o options · s saves · y copies · esc back"
_EDITS = "esc ends editing"
_MOST_LINES = 12


class Wanted(StrEnum):
    """What the Dockerfile was left for."""

    RUN = "run"
    CHOOSE = "choose"
    SAVE = "save"
    STATIC = "static"


@dataclass(frozen=True, slots=True)
class Left:
    """With what the screen was left: what is wanted, and the Dockerfile as it is then."""

    wanted: Wanted
    text: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a Dockerfile leads to: sentences, the commands as they are shown, and as they are copied."""

    notes: tuple[str, ...]
    shown: str
    commands: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the build before this one failed, with its last lines."""

    what: str
    lines: tuple[str, ...] = ()
    static_helps: bool = False


class Editor(TextArea):
    """A text in which nothing stands that acts on a terminal, wherever it was pasted from."""

    def edit(self, edit: Edit) -> EditResult:
        """Put in what is typed or pasted, made harmless."""
        edit.text = "\n".join(clean(line) for line in edit.text.split("\n"))
        return super().edit(edit)


class DockerfileScreen(Over[Left | None]):
    """Shows *text* and what comes of it; its result is what it was left for, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "leave('run')", "build and run"),
        Binding("e", "edit", "edit"),
        Binding("o", "leave('choose')", "choose packages, base, user …"),
        Binding("t", "leave('static')", "take the static toolbox"),
        Binding("s", "leave('save')", "save to a file"),
        Binding("y", "copy", "copy the commands"),
        Binding("escape,q", "back", "leave"),
        Binding("j,down", "move('scroll_down')", "down", show=False),
        Binding("k,up", "move('scroll_up')", "up", show=False),
        Binding("space,pagedown", "move('scroll_page_down')", "page down", show=False),
        Binding("b,pageup", "move('scroll_page_up')", "page up", show=False),
    ]
    AUTO_FOCUS = ""

    def __init__(
        self, title: Content, text: str, preview: Callable[[str], Preview | str], trouble: Trouble | None = None
    ) -> None:
        """*preview* tells what a text leads to, or why it cannot be built."""
        super().__init__(classes="dialog")
        self._title = title
        self._text = text
        self._preview = preview
        self._trouble = trouble

    def compose(self) -> ComposeResult:
        """Lay out what went wrong before, what it does, the text, and the commands."""
        trouble = self._trouble
        with Vertical(classes="dialog--box") as box:
            box.border_title = self._title
            with VerticalScroll(classes="dialog--scroll", can_focus=False):
                if trouble:
                    key = " (t)" if trouble.static_helps else ""
                    yield Static(plain(f"It was not built: {trouble.what}{key}"), classes="dockerfile--trouble")
                    lines = "\n".join(trouble.lines[-_MOST_LINES:])
                    yield Static(prose(lines), classes="dockerfile--lines")
                yield Static(classes="dialog--text", id="dockerfile-opening")
                yield Editor(self._text, read_only=True, show_cursor=False)
                yield Static(classes="dialog--text", id="dockerfile-notes")
                yield Static(classes="dialog--command", id="dockerfile-commands")

    def on_mount(self) -> None:
        """Begin with reading."""
        self._read()
        self._show()

    @property
    def _editor(self) -> Editor:
        return self.query_one(Editor)

    @property
    def _box(self) -> Vertical:
        return self.query_one(".dialog--box", Vertical)

    def _read(self) -> None:
        self._editor.read_only, self._editor.show_cursor = True, False
        self._editor.remove_class("-edited")
        self.set_focus(None)
        self._box.border_subtitle = _READS

    @on(TextArea.Changed)
    def _show(self) -> None:
        made = self._preview(self._editor.text)
        opening, *notes = (made,) if isinstance(made, str) else made.notes
        self.query_one("#dockerfile-opening", Static).update(plain(opening))
        bullets = Content("\n").join([Content.assemble("• ", plain(note)) for note in notes])
        self.query_one("#dockerfile-notes", Static).update(bullets)
        shown = "" if isinstance(made, str) else made.shown
        self.query_one("#dockerfile-commands", Static).update(prose(shown))

    def action_edit(self) -> None:
        """Let the text be edited."""
        self._editor.read_only, self._editor.show_cursor = False, True
        self._editor.add_class("-edited")
        self._editor.focus()
        self._box.border_subtitle = _EDITS

    def action_back(self) -> None:
        """End editing, or leave."""
        if self._editor.read_only:
            self.dismiss(None)
        else:
            self._read()

    def action_leave(self, wanted: str) -> None:
        """Leave with the text, unless it cannot be built."""
        one = Wanted(wanted)
        if one is Wanted.STATIC and not (self._trouble and self._trouble.static_helps):
            return
        if one is Wanted.RUN and isinstance(self._preview(self._editor.text), str):
            return
        self.dismiss(Left(one, self._editor.text))

    def action_copy(self) -> None:
        """Ask for the command lines to be copied, as they are."""
        made = self._preview(self._editor.text)
        if not isinstance(made, str):
            self.post_message(CopyWanted(made.commands, "the command lines"))

    def action_move(self, way: str) -> None:
        """Scroll what does not fit."""
        getattr(self.query_one(VerticalScroll), way)(animate=False)
