"""The tree of the selected container's processes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from cdbg_tui.model.container import Container
from cdbg_tui.model.details import hidden_words
from cdbg_tui.model.process import STATE_WORDS, Branch, Process, tree
from cdbg_tui.model.text import one_line
from cdbg_tui.model.units import percent, size, span
from cdbg_tui.tui.cells import Cell
from cdbg_tui.tui.paint import fit
from cdbg_tui.tui.widgets.line_list import LineList
from cdbg_tui.tui.widgets.pane import Pane

_STATE_ROLES = {"Z": "bad", "D": "warn", "R": "good", "T": "warn", "t": "warn"}


class ProcessLines(LineList):
    """A title line, then a line a process."""

    def __init__(self) -> None:
        super().__init__(id="process-lines")
        self.branches: list[Branch] = []
        self.words = ""

    @property
    def count(self) -> int:
        """Titles and processes, or the one line that says why there are none."""
        return len(self.branches) + 1 if self.branches else 1

    def can_rest(self, index: int) -> bool:
        """Stand on processes only."""
        return 0 < index < self.count

    def line(self, index: int, width: int) -> Sequence[Cell]:
        """Return the titles, a process, or why there is none."""
        if not self.branches:
            return [Cell(_beginning(self.words, width), "dim")]
        narrow = width < 84
        columns = columns_for(self.branches, narrow=narrow)
        return titles(columns) if index == 0 else process_line(self.branches[index - 1], width, columns)


class ProcessesPane(Pane):
    """Shows one container's processes; knows no engine."""

    NUMBER, WHAT = 5, "processes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "t",
            "tools",
            "tools",
            show=False,
            tooltip="strace, gdb, py-spy, lsof on this process; ss, dig, curl, ip, tcpdump in its network",
        ),
    ]

    class ToolsWanted(Message):
        """A tool is wanted for a process; None is the main one."""

        def __init__(self, process: Process | None) -> None:
            super().__init__()
            self.process = process

    def __init__(self) -> None:
        super().__init__(id="processes")

    def compose(self) -> ComposeResult:
        """The lines."""
        yield ProcessLines()

    @property
    def lines(self) -> ProcessLines:
        """The lines."""
        return self.query_one(ProcessLines)

    @property
    def selected(self) -> Process | None:
        """The process under the cursor."""
        lines = self.lines
        return lines.branches[lines.cursor - 1].process if lines.can_rest(lines.cursor) else None

    def action_tools(self) -> None:
        """Ask for what can be done with the process under the cursor."""
        self.post_message(self.ToolsWanted(self.selected))

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        event.stop()
        self.action_tools()

    def show(self, processes: Sequence[Process], source: str) -> None:
        """Show a reading of the processes; the cursor stays on the same one."""
        lines = self.lines
        selected = self.selected
        lines.branches = tree(processes)
        pids = [branch.process.pid for branch in lines.branches]
        index = pids.index(selected.pid) + 1 if selected and selected.pid in pids else min(1, len(pids))
        lines.cursor = index if pids else -1
        lines.lines_changed()
        zombies = sum(process.state == "Z" for process in processes)
        words = [f"{len(pids)} process{'es' * (len(pids) != 1)}"] + ([f"{zombies} zombies"] if zombies else [])
        self.note(" · ".join([*words, "by docker top, zombies not seen"] if source != "/proc" else words))

    def say(self, words: str) -> None:
        """Show words in place of processes."""
        lines = self.lines
        lines.branches, lines.words, lines.cursor = [], words, -1
        lines.lines_changed()
        lines.refresh()
        self.note("")

    def say_of(self, container: Container | None) -> None:
        """Say why there are no processes, or that they are being read."""
        if container is None:
            self.say("no container is selected")
        elif container.is_up:
            self.say("reading the processes…")
        else:
            command = " ".join(hidden_words(container.command.split(" ")))
            self.say(f"none: it is not running. It was: {command}")


def _beginning(text: str, width: int) -> str:
    """Return foreign *text* in at most *width* cells of one line, cut at its end."""
    line = one_line(text)
    return line if cell_len(line) <= width else set_cell_size(line, max(0, width - 1)).rstrip() + "…"


Columns = tuple[tuple[str, int, bool], ...]
# Columns with their widths, and whether they stand to the right; the command has what is left over.
_WIDE: Columns = (
    ("pid", 8, True),
    ("inside", 7, True),
    ("user", 9, False),
    ("state", 9, False),
    ("cpu", 8, True),
    ("memory", 10, True),
    ("threads", 7, True),
    ("age", 7, True),
)
_NARROW: Columns = (
    ("user", 6, False),
    ("s", 1, False),
    ("cpu", 6, True),
    ("memory", 9, True),
    ("thr", 3, True),
    ("age", 6, True),
)


def columns_for(branches: Sequence[Branch], *, narrow: bool) -> Columns:
    """Return the columns; where room is scarce, those of the PIDs are only as wide as the PIDs."""
    if not narrow:
        return _WIDE
    pid = max((len(str(branch.process.pid)) for branch in branches), default=3)
    inner = max((len(str(branch.process.inner_pid or "")) for branch in branches), default=2)
    return (("pid", max(3, pid), True), ("in", max(2, inner), True), *_NARROW)


def titles(columns: Columns) -> list[Cell]:
    """Return the line of column titles."""
    cells = [Cell(fit(name, width, right=right) + " ", "dim") for name, width, right in columns]
    return [*cells, Cell("command", "dim")]


def process_line(branch: Branch, width: int, columns: Columns) -> list[Cell]:
    """Return a process's line."""
    process = branch.process
    state = STATE_WORDS.get(process.state, process.state)
    texts = {
        "pid": str(process.pid),
        "in": "" if process.inner_pid is None else str(process.inner_pid),
        "inside": "" if process.inner_pid is None else str(process.inner_pid),
        "user": process.user,
        "s": process.state,
        "state": state,
        "cpu": ""
        if process.cpu is None
        else percent(process.cpu).replace(" ", "" if columns is not _WIDE else " "),
        "memory": "" if process.memory is None else size(process.memory),
        "thr": "" if process.threads is None else str(process.threads),
        "threads": "" if process.threads is None else str(process.threads),
        "age": "" if process.age is None else span(process.age),
    }
    role = _STATE_ROLES.get(process.state, "dim")
    cells = [
        Cell(fit(texts[name], cells, right=right) + " ", role if name in ("s", "state") else "")
        for name, cells, right in columns
    ]
    left = max(0, width - sum(cell_len(cell.text) for cell in cells) - len(branch.lines))
    # A command is cut at its end: what tells two of them apart stands at the beginning.
    command = set_cell_size(one_line(process.command[:1000]), left).rstrip()
    return [*cells, Cell(one_line(branch.lines), "dim"), Cell(command)]
