"""The keys that apply, in the last line of a screen.

Textual's Footer is a widget a key, made anew whenever a dialog opens, the focus moves or another container is
selected: 20 to 60 ms of work each time. This is one line, painted when its words change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from cdbg_tui.model.text import one_line
from cdbg_tui.tui.paint import plain


class Shown(NamedTuple):
    """A key as it is shown."""

    key: str
    sign: str
    does: str
    tooltip: str
    is_enabled: bool

    @property
    def width(self) -> int:
        """Cells that it takes."""
        return cell_len(self.sign) + 1 + cell_len(self.does)


class KeyLine(Widget):
    """Shows the bindings of its screen that are to be shown; a click is the key."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-line--key", "key-line--does"}
    DEFAULT_CSS = """
    KeyLine {
        dock: bottom;
        height: 1;
        background: $panel;
        & > .key-line--key { color: $footer-key-foreground; text-style: bold; }
        & > .key-line--does { color: $footer-description-foreground; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[Shown] = []

    def on_mount(self) -> None:
        """Follow what the screen can do."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, screen: Screen[object]) -> None:
        if not self.is_attached or screen is not self.screen:
            return
        if self._keys and not self.app.app_focus:
            return  # while the terminal is not looked at, no widget has the focus
        keys = self._shown()
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def _shown(self) -> list[Shown]:
        found: dict[str, Shown] = {}
        for _, binding, is_enabled, tooltip in self.screen.active_bindings.values():
            if binding.show and binding.action not in found:
                sign = self.app.get_key_display(binding)
                does = one_line(binding.description)
                found[binding.action] = Shown(binding.key, sign, does, tooltip or binding.description, is_enabled)
        return list(found.values())

    def _places(self) -> Iterator[tuple[int, Shown]]:
        """Yield each key with the column where it begins, further apart where there is room."""
        taken = sum(one.width for one in self._keys)
        gap = 2 if taken + 2 * len(self._keys) <= self.size.width else 1
        at = 0
        for one in self._keys:
            yield at, one
            at += one.width + gap

    def render_line(self, y: int) -> Strip:
        """Paint the keys."""
        ground = self.rich_style
        key, does = (self.get_component_rich_style(f"key-line--{part}") for part in ("key", "does"))
        segments: list[Segment] = []
        width = 0
        for at, one in self._places():
            segments.append(Segment(" " * (at - width), ground))
            pale = None if one.is_enabled else Style(dim=True)
            segments += [Segment(one_line(one.sign), key + pale), Segment(one_line(f" {one.does}"), does + pale)]
            width = at + one.width
        return Strip(segments, width).adjust_cell_length(self.size.width, ground)

    def _under(self, x: int) -> Shown | None:
        for at, one in self._places():
            if at <= x < at + one.width:
                return one
        return None

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Say more of the key under the mouse."""
        under = self._under(event.x)
        self.tooltip = plain(one_line(under.tooltip)) if under else None

    def on_click(self, event: events.Click) -> None:
        """Press the key under the mouse."""
        under = self._under(event.x)
        if under is None:
            return
        if under.is_enabled:
            self.app.simulate_key(under.key)
        else:
            self.app.bell()
