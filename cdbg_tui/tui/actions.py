"""Every action of the dashboard once: its key, its words, and when it applies.

Footer, help, command palette and the README's table of keys are made from this list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.binding import Binding

from cdbg_tui.model.container import Container, State

Applies = Callable[[Container | None], bool]


def always(_: Container | None) -> bool:
    """It needs no container."""
    return True


def on_any(container: Container | None) -> bool:
    """It needs a container, in whatever state."""
    return container is not None


def on_running(container: Container | None) -> bool:
    """It needs a running container."""
    return container is not None and container.state is State.RUNNING


def on_up(container: Container | None) -> bool:
    """It needs a container with a main process, be it frozen."""
    return container is not None and container.is_up


def on_dead(container: Container | None) -> bool:
    """It needs a container without a main process: ended, never started, or between two restarts."""
    return container is not None and (container.is_dead or container.state is State.RESTARTING)


@dataclass(frozen=True, slots=True)
class Action:
    """Something a key does: a method ``action_<id>`` of the dashboard, or else a wish that the app fulfils."""

    id: str
    key: str
    label: str
    words: str
    group: str
    applies: Applies = always
    footer: bool = False
    wish: bool = False

    @property
    def changes(self) -> bool:
        """Whether it is there to change or run something, so that ``--read-only`` refuses it."""
        return self.group == "Sessions" or self.id == "control"

    @property
    def action(self) -> str:
        """The action as Textual runs it."""
        return f"wish('{self.id}')" if self.wish else self.id

    @property
    def binding(self) -> Binding:
        """The key binding of this action."""
        return Binding(
            self.key,
            self.action,
            self.label,
            show=self.footer,
            id=f"dashboard.{self.id}",
            tooltip=self.words,  # gate: the words are those of this file
            key_display=self.shown_key,
        )

    @property
    def shown_key(self) -> str:
        """The key as it is printed."""
        return " ".join(shown(key) for key in self.key.split(","))


def shown(key: str) -> str:
    """Return a key's name as it is printed."""
    return _SHOWN.get(key, key)


_SHOWN = {
    "slash": "/",
    "question_mark": "?",
    "ctrl+c": "Ctrl+C",
    "ctrl+p": "Ctrl+P",
    "ctrl+s": "Ctrl+S",
    "ctrl+l": "Ctrl+L",
    "ampersand": "&",
    "space": "Space",
    "left": "←",
    "right": "→",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
    "escape": "Esc",
    "enter": "Enter",
}

ACTIONS = (
    Action("shell", "e", "shell", "A shell inside", "Sessions", on_running, footer=True, wish=True),
    Action(
        "shell_as",
        "E",
        "shell as…",
        "A shell inside: choose user, command, directory, variables",
        "Sessions",
        on_running,
        wish=True,
    ),
    Action("attach", "a", "attach", "The terminal of its main process", "Sessions", on_running, wish=True),
    Action(
        "sidecar",
        "s",
        "sidecar",
        "A toolbox beside it, in its namespaces",
        "Sessions",
        on_up,
        footer=True,
        wish=True,
    ),
    Action(
        "sidecar_as",
        "S",
        "sidecar as…",
        "A toolbox beside: choose profile, image, root, volumes, IPC, user",
        "Sessions",
        on_up,
        wish=True,
    ),
    Action(
        "host_tools",
        "n",
        "host tools",
        "Tools of this machine in its namespaces: its network, with tcpdump from here",
        "Sessions",
        on_up,
        wish=True,
    ),
    Action(
        "recipes",
        "t",
        "tools…",
        "Tools: strace, gdb, lsof on its main process; ss, dig, curl, ip, tcpdump in its network",
        "Sessions",
        on_any,
        wish=True,
    ),
    Action("capture", "p", "packets…", "Capture its packets to a .pcap file here", "Sessions", on_any, wish=True),
    Action(
        "rerun", "c", "rerun", "Commit and rerun it under a shell", "Sessions", on_dead, footer=True, wish=True
    ),
    Action(
        "rerun_as",
        "C",
        "rerun as…",
        "Commit and rerun: choose volumes, network, user, root, strace",
        "Sessions",
        on_dead,
        wish=True,
    ),
    Action(
        "debug_image",
        "B",
        "debug image…",
        "Build a debug image: its own with tools, run in its place",
        "Sessions",
        on_any,
        wish=True,
    ),
    Action("changes", "d", "changes", "What it changed on disk", "Look", on_any, footer=True, wish=True),
    Action("inspect", "i", "inspect", "Everything the engine knows of it", "Look", on_any, footer=True, wish=True),
    Action("image", "I", "image", "The layers of its image, and what they waste", "Look", on_any, wish=True),
    Action("report", "R", "report", "Write a report of it for a colleague", "Look", on_any, wish=True),
    Action(
        "control", "x", "stop…", "Stop, start, restart, pause, kill, remove", "Act", on_any, footer=True, wish=True
    ),
    Action("copy", "y", "copy…", "Copy its id, name, image or a command", "Act", on_any, footer=True, wish=True),
    Action("filter", "slash", "filter", "Filter the list", "List", footer=True),
    Action("order", "o", "order", "Order the list by a column", "List"),
    Action("hide_dead", "h", "hide dead", "Hide the dead, or show them again", "List"),
    Action("zoom", "z", "zoom", "Give this pane the whole screen, or back", "Panes", footer=True),
    Action("pane(1)", "1", "containers", "Go to the containers", "Panes"),
    Action("pane(2)", "2", "stats", "Go to the stats", "Panes"),
    Action("pane(3)", "3", "logs", "Go to the logs", "Panes"),
    Action("pane(4)", "4", "triage", "Go to the triage", "Panes"),
    Action("pane(5)", "5", "processes", "Go to the processes", "Panes"),
    Action("next_pane(1)", "tab", "next pane", "Go to the next pane", "Panes"),
    Action("next_pane(-1)", "shift+tab", "previous pane", "Go to the pane before", "Panes"),
    Action("back", "escape", "back", "Leave the zoom, go back to the list, drop its filter", "Panes"),
    Action("help", "question_mark", "keys", "All keys", "App", footer=True),
    Action(
        "left_behind", "ctrl+l", "left behind", "What debug sessions left behind, to remove it", "App", wish=True
    ),
    Action(
        "open_in", "O", "open in…", "Where sessions open: here, in a split or window of tmux", "App", wish=True
    ),
    Action("app.background", "ctrl+z", "to the shell", "Go back to the shell for a while: fg comes back", "App"),
    Action("app.quit", "q", "quit", "Leave cdbg", "App"),
    Action(
        "app.interrupt",
        "ctrl+c",
        "leave",
        "Leave cdbg, or what is open over its panes; where text is selected, copy that",
        "App",
    ),
)
BY_ACTION = {action.action: action for action in ACTIONS}
