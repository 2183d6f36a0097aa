"""The meters of the selected container: figures, and bars over the last minutes."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult

from cdbg_tui.model.container import Container
from cdbg_tui.model.sample import History, Usage
from cdbg_tui.model.units import bars, percent, rate, size
from cdbg_tui.tui.cells import Cell
from cdbg_tui.tui.widgets.line_list import LineList
from cdbg_tui.tui.widgets.pane import Pane

LABEL = 11


class StatsLines(LineList):
    """The lines of the meters; nothing to stand on."""

    can_focus = False

    def __init__(self) -> None:
        super().__init__(id="stats-lines")
        self.lines: list[list[Cell]] = []

    @property
    def count(self) -> int:
        """The number of meters."""
        return len(self.lines)

    def can_rest(self, index: int) -> bool:
        """Meters cannot be chosen."""
        return False

    def line(self, index: int, width: int) -> Sequence[Cell]:
        """Return one meter."""
        return self.lines[index]


class StatsPane(Pane):
    """Shows one container's usage; knows no engine."""

    NUMBER, WHAT = 2, "stats"
    can_focus = True

    def __init__(self) -> None:
        super().__init__(id="stats")
        self._container: Container | None = None
        self._history: History | None = None

    def compose(self) -> ComposeResult:
        """The lines."""
        yield StatsLines()

    def show(self, container: Container | None, history: History | None) -> None:
        """Show a container's meters, or why there are none."""
        self._container, self._history = container, history
        self.tick()

    def tick(self) -> None:
        """Repaint what changed."""
        lines = self.query_one(StatsLines)
        width = lines.size.width
        if width:
            lines.lines = meters(self._container, self._history, width)
            lines.lines_changed()

    def on_resize(self) -> None:
        """Draw the bars to the new width."""
        self.call_after_refresh(self.tick)


def meters(container: Container | None, history: History | None, width: int) -> list[list[Cell]]:
    """Return the lines for a container's meters in *width* cells."""
    if container is None:
        return [[Cell("no container is selected", "dim")]]
    if not container.is_up:
        return [[Cell(f"not running ({container.state.value}): it uses no CPU, memory or network", "dim")]]
    if history is None or history.last is None:
        return [[Cell("reading the meters…", "dim")]]
    now = history.last
    room = max(8, min(60, width - LABEL - 40))

    def meter(name: str, figure: str, top: float, words: str, role: str = "") -> list[Cell]:
        line = bars(history.series(figure), room, top)
        return [Cell(name.ljust(LABEL), "dim"), Cell(line, role or "accent"), Cell("  " + words)]

    cpu_top = now.cpu_limit or 1.0
    throttled = (now.throttled or 0.0) >= 0.25
    lines = [
        meter("cpu", "cpu", cpu_top, _cpu(now)),
        meter("throttled", "throttled", 1.0, _throttled(now), "warn" if throttled else ""),
        meter("memory", "memory", _memory_top(history, now), _memory(now)),
    ]
    lines.append([Cell("network".ljust(LABEL), "dim"), *_network(container, now)])
    lines.append([Cell("disk".ljust(LABEL), "dim"), Cell(_two("read", now.read, "written", now.written))])
    lines.append([Cell("processes".ljust(LABEL), "dim"), Cell(_pids(now))])
    return lines


def _memory_top(history: History, now: Usage) -> float:
    return float(now.memory_limit or max(history.series("memory"), default=1.0) * 1.25 or 1.0)


def _cpu(now: Usage) -> str:
    if now.cpu is None:
        return "measuring…"
    text = f"{percent(now.cpu)} of a core"
    if now.cpu_of_limit is None:
        return text + ", no limit"
    return f"{text}, {percent(now.cpu_of_limit)} of its {now.cpu_limit:g}"


def _throttled(now: Usage) -> str:
    if now.cpu_limit is None:
        return "never: no CPU limit"
    return "measuring…" if now.throttled is None else f"{percent(now.throttled)} of periods"


def _memory(now: Usage) -> str:
    if now.memory is None:
        return "not to be had: no memory cgroup"
    if not now.memory_limit:
        return f"{size(now.memory)}, no limit"
    return f"{size(now.memory)} of {size(now.memory_limit)}, {percent(now.memory_of_limit or 0)}"


def _network(container: Container, now: Usage) -> list[Cell]:
    if container.network_mode == "host":
        return [Cell("not to be had: it uses the host's own network", "dim")]
    if container.network_mode == "none":
        return [Cell("none: it has no network", "dim")]
    return [Cell(_two("↓", now.received, "↑", now.sent))]


def _two(first: str, one: float | None, second: str, other: float | None) -> str:
    if one is None or other is None:
        return "measuring…"
    return f"{first} {rate(one)}   {second} {rate(other)}"


def _pids(now: Usage) -> str:
    if now.pids is None:
        return "not to be had: no pids cgroup"
    return f"{now.pids} of at most {now.pids_limit}" if now.pids_limit else f"{now.pids}, no limit"
