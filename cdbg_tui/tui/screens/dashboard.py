"""The panes on one screen: where they stand, which has the focus, which of them a narrow terminal shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.css.query import NoMatches
from textual.events import DescendantFocus
from textual.timer import Timer
from textual.widget import Widget

from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.model.container import Container
from cdbg_tui.model.text import one_line
from cdbg_tui.tui.actions import ACTIONS, BY_ACTION, shown
from cdbg_tui.tui.messages import PanesShown, Settled, Wished
from cdbg_tui.tui.panes.container_line import ORDERS
from cdbg_tui.tui.panes.containers import ContainerLines, ContainersPane
from cdbg_tui.tui.panes.logs import LogsPane
from cdbg_tui.tui.panes.processes import ProcessesPane
from cdbg_tui.tui.panes.stats import StatsPane
from cdbg_tui.tui.panes.triage import TriagePane
from cdbg_tui.tui.screens.choose import Choice, Choose
from cdbg_tui.tui.screens.help import Help
from cdbg_tui.tui.screens.sparing import Sparing
from cdbg_tui.tui.widgets.headline import Headline
from cdbg_tui.tui.widgets.key_line import KeyLine
from cdbg_tui.tui.widgets.pane import Pane

if TYPE_CHECKING:
    from cdbg_tui.sessions.custom import CustomCommand

SETTLE_SECONDS = 0.12
"""So long the cursor must rest before anything is asked about a container: holding j starts nothing."""
STRAINED_SETTLE_SECONDS = 0.6
"""Where the machine leaves the app little time: at the pace of somebody who steps from one container to the next,
what each tells would still be painted as the next key comes."""


class Dashboard(Sparing[None]):
    """The main screen."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in ACTIONS]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - declared by Textual

    def __init__(self, endpoint: Endpoint, commands: Sequence[CustomCommand] = ()) -> None:
        """*commands* are the user's own."""
        super().__init__()
        self._commands = tuple(commands)
        self._endpoint = endpoint
        self._settling: Timer | None = None
        self._settled_id: str | None = None
        self._described: Container | None = None
        """The container that titles and footer are about, as it was then."""
        self._second = 3
        """The pane that a narrow terminal shows beside the list."""

    def on_screen_resume(self) -> None:
        """Be seen again, unless it was only a dialog that went."""
        self.post_message(PanesShown())

    def compose(self) -> ComposeResult:
        """Put the panes where the design has them."""
        yield Headline(self._endpoint)
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield ContainersPane()
                yield TriagePane()
            with Vertical(id="right"):
                yield StatsPane()
                yield LogsPane(id="logs")
                yield ProcessesPane()
        yield KeyLine()

    def on_mount(self) -> None:
        """Begin in the list."""
        self._show_second(self._second)
        self.containers.lines.focus()

    @property
    def containers(self) -> ContainersPane:
        """The list."""
        return self.query_one(ContainersPane)

    @property
    def selected(self) -> Container | None:
        """The container under the cursor."""
        try:
            return self.containers.selected
        except NoMatches:  # the panes are still to come
            return None

    # What the footer shows

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys to show: those that apply. The others still answer, with a sentence why not."""
        selected = self.selected
        return {
            key: active
            for key, active in super().active_bindings.items()
            if (action := BY_ACTION.get(active.binding.action)) is None or action.applies(selected)
        }

    # The selection

    @on(ContainersPane.Selected)
    def _follow(self, event: ContainersPane.Selected) -> None:
        event.stop()
        if isinstance(event, ContainersPane.Opened):
            self._open()
            return
        if self._settling is not None:
            self._settling.stop()
            self._settling = None
        if self._settled_id is None:
            # The list first: what is read of the selected one takes its time.
            self.call_after_refresh(self._settle)
        else:
            rest = STRAINED_SETTLE_SECONDS if self.strain.is_high else SETTLE_SECONDS
            self._settling = self.set_timer(rest, self._settle)

    def _settle(self) -> None:
        container = self.selected
        if self._settled_id is not None:
            self.wait_for_more()
        self._settled_id = container.id if container else None
        self._describe(container)
        self.post_message(Settled(container))

    def _describe(self, container: Container | None) -> None:
        self._described = container
        for pane in self.query(Pane):
            if pane.NUMBER != 1:
                pane.name_subject(container.name if container else "")
        self.refresh_bindings()

    def renew(self) -> None:
        """Let titles and footer follow the container that they are about: it may be renamed, or end."""
        now, before = self.selected, self._described
        if now is None or before is None or now.id != before.id:
            return  # that is soon told by the cursor
        if (now.name, now.state) != (before.name, before.state):
            self._describe(now)

    def _open(self) -> None:
        """Show the selected container's log on the whole screen."""
        self._focus_pane(3)
        if not self.has_class("zoomed"):
            self.action_zoom()

    # Panes

    def pane(self, number: int) -> Pane:
        """Return the pane of that number."""
        return next(pane for pane in self.query(Pane) if number == pane.NUMBER)

    @property
    def focused_pane(self) -> Pane:
        """The pane that has the focus; the list if none has."""
        for node in self.focused.ancestors_with_self if self.focused else ():
            if isinstance(node, Pane):
                return node
        return self.containers

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Bring the pane that got the focus into view on a narrow terminal."""
        number = self.focused_pane.NUMBER
        if number != 1:
            self._show_second(number)

    def _show_second(self, number: int) -> None:
        self._second = number
        for pane in self.query(Pane):
            pane.set_class(number == pane.NUMBER, "second")
        self.set_class(number == 4, "second-left")
        self._tell_panes()

    def _focus_pane(self, number: int) -> None:
        pane = self.pane(number)
        if self.has_class("zoomed"):
            self._zoom(pane)
        if number != 1:
            self._show_second(number)
        target: Widget = pane
        if not pane.focusable:
            target = next(widget for widget in pane.query("*") if widget.can_focus and widget.display)
        # At once: the next key is already meant for the pane.
        self.set_focus(target)

    def action_pane(self, number: int) -> None:
        """Go to a pane."""
        self._focus_pane(number)

    def action_next_pane(self, step: int) -> None:
        """Go to the next pane, or the one before."""
        self._focus_pane((self.focused_pane.NUMBER - 1 + step) % 5 + 1)

    def action_zoom(self) -> None:
        """Give the focused pane the whole screen, or take it back."""
        if self.has_class("zoomed"):
            self._zoom(None)
        else:
            self._zoom(self.focused_pane)

    def _zoom(self, pane: Pane | None) -> None:
        for other in self.query(Pane):
            other.set_class(other is pane, "zoom")
        self.set_class(pane is not None, "zoomed")
        self.set_class(pane is not None and pane.NUMBER in (1, 4), "zoom-left")
        self._tell_panes()

    def on_resize(self) -> None:
        """Show all panes, or two of them, as the width allows."""
        self._tell_panes()

    def _tell_panes(self) -> None:
        # Which panes are displayed is settled only when the styles have been applied.
        self.call_after_refresh(lambda: self.post_message(PanesShown()))

    def action_back(self) -> None:
        """Leave the zoom and go back to the list; there already, drop its filter."""
        in_list = self.focused_pane.NUMBER == 1
        if self.has_class("zoomed"):
            self._zoom(None)
        elif in_list:
            self.containers.drop_filter()
        self._focus_pane(1)

    # What the keys of the list do

    def action_wish(self, what: str) -> None:
        """Tell the app what is to be done with the selected container."""
        self.post_message(Wished(what, self.selected))

    def action_filter(self) -> None:
        """Let the user type a filter for the list."""
        if self.has_class("zoomed") and self.focused_pane.NUMBER != 1:
            self._zoom(None)
        self.containers.open_filter()

    def action_order(self) -> None:
        """Let the user choose what the list is ordered by."""
        pane = self.containers
        arrow = "▼" if pane.backwards else "▲"
        choices = [
            Choice(name, Content(name + (f"  {arrow} again: the other way round" if name == pane.order else "")))
            for name in ORDERS
        ]

        def chosen(order: str | None) -> None:
            if order is not None:
                pane.set_order(order)

        self.app.push_screen(Choose(Content("order by"), choices), chosen)

    def action_hide_dead(self) -> None:
        """Hide the dead containers, or show them again."""
        self.containers.toggle_dead()

    def action_help(self) -> None:
        """Show all keys."""
        self._install_keys()
        self.app.push_screen("keys")

    async def draw_keys(self) -> None:
        """Draw all keys without showing them: the first time takes three times as long as the next."""
        if self._install_keys():
            screen, mounted = self.app._get_screen("keys")  # noqa: SLF001
            await mounted
            if isinstance(screen, Sparing) and not screen.is_current:
                screen.draw_ahead()

    def _install_keys(self) -> bool:
        """Have them among the app's screens; tell whether they were not."""
        is_new = not self.app.is_screen_installed("keys")
        if is_new:
            self.app.install_screen(Help(help_groups(self._commands)), "keys")
        return is_new


_PANES: tuple[tuple[str, type[Widget]], ...] = (
    ("In the list", ContainerLines),
    ("In the logs", LogsPane),
    ("In the triage", TriagePane),
    ("In the processes", ProcessesPane),
)


def pane_keys() -> dict[str, str]:
    """Return the keys of lists and panes, each with whose it is, as a sentence goes on."""
    owners: dict[str, str] = {}
    for name, pane in _PANES:
        for kind in pane.__mro__:
            for binding in vars(kind).get("BINDINGS", ()):
                if isinstance(binding, Binding):
                    owners |= dict.fromkeys(binding.key.split(","), f"of “{binding.description}” {name.lower()}")
    return owners


def help_groups(
    commands: Sequence[CustomCommand] = (),
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return every key with its words: those of the dashboard by group, then those of the panes.

    *commands* are the user's own.
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    for action in ACTIONS:
        groups.setdefault(action.group, []).append((action.shown_key, action.words))
    if commands:
        groups["Your own"] = [(" ".join(map(shown, one.key.split(","))), one_line(one.name)) for one in commands]
    for name, pane in _PANES:
        for binding in pane.BINDINGS:
            if isinstance(binding, Binding):
                key = " ".join(shown(key) for key in binding.key.split(","))
                groups.setdefault(name, []).append((key, binding.tooltip or binding.description))
    groups["In every list"] = [
        ("j k ↓ ↑", "Down, up"),
        ("g G", "First, last"),
        ("PgUp PgDn", "A screenful"),
        ("Enter", "Open: the log of a container, the folded project"),
    ]
    return list(groups.items())
