"""The line at the top: which engine and why, how its containers are, what they use."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.engine.gate import shut_by
from cdbg_tui.model.text import clean
from cdbg_tui.model.units import percent, size


class Headline(Static):
    """Shows the engine's state on one line, what matters most from the left."""

    DEFAULT_CSS = "Headline { height: 1; padding: 0 1; background: $panel; color: $text; text-wrap: nowrap; }"

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(id="headline")
        self._endpoint = endpoint
        self._version = ""
        self._trouble = ""
        self._counts: tuple[int, int, int | None] = (0, 0, 0)
        self._totals: tuple[float, int] | None = None
        self._total_memory = 0

    def show_engine(self, version: str, memory: int) -> None:
        """Name the engine's version and its machine's memory in bytes."""
        self._version, self._total_memory = version, memory
        self._draw()

    def show_trouble(self, words: str) -> None:
        """Say that the engine is lost; an empty string takes it back."""
        if words != self._trouble:
            self._trouble = words
            self._draw()

    def show_counts(self, up: int, suffering: int, dead: int | None) -> None:
        """Say how many containers run, run badly, and are dead; None while nobody knows."""
        if (up, suffering, dead) != self._counts:
            self._counts = (up, suffering, dead)
            self._draw()

    def show_totals(self, cpu: float, memory: int) -> None:
        """Say what all of them use: share of one core, bytes."""
        if (cpu, memory) != self._totals:
            self._totals = (cpu, memory)
            self._draw()

    def on_resize(self) -> None:
        """Fit the line anew."""
        self._draw()

    def _draw(self) -> None:
        up, suffering, dead = self._counts
        parts: list[tuple[str, str]] = [("cdbg", "bold $text-accent"), ("   ", "")]
        if shut_by():
            parts += [("read-only", "bold $text-warning"), ("   ", "")]
        if self._trouble:  # first of all: what follows may be out of date
            parts += [(clean(self._trouble), "bold $text-error"), ("   ", "")]
        version = self._version and f"Docker {self._version.partition('+')[0]}"
        where = [word for word in (self._endpoint.place, version, self._endpoint.why) if word]
        parts.append((clean(" · ".join(where)), ""))
        gap = "      " if self.size.width > 100 else "   "
        parts += [(gap, ""), (f"{up} up", "$text-success" if up else "")]
        if suffering:
            parts.append((f" · {suffering} suffering", "$text-warning"))
        parts.append((f" · {'…' if dead is None else dead} dead", "$text-error" if dead else ""))
        left = Content.assemble(*parts)
        right = self._usage()
        room = self.size.width - 2 - left.cell_length - len(right)
        self.update(left + Content(" " * room + right) if right and room > 1 else left)

    def _usage(self) -> str:
        if self._totals is None:
            return ""
        cpu, memory = self._totals
        of = f" of {size(self._total_memory)}" if self._total_memory else ""
        return f"CPU {percent(cpu)}   memory {size(memory)}{of}"
