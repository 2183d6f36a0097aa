"""Why did it die, or why does it not answer: findings with their proof."""

from __future__ import annotations

import shlex

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from cdbg_tui.model.finding import Diagnosis, Finding, Step, Weight
from cdbg_tui.model.text import clean, one_line
from cdbg_tui.tui.widgets.pane import Pane

_SIGNS = {
    Weight.FAULT: ("✖", "$text-error"),
    Weight.WARNING: ("▲", "$text-warning"),
    Weight.FINE: ("●", "$text-success"),
}


class TriagePane(Pane):
    """Shows a diagnosis; knows no engine."""

    NUMBER, WHAT = 4, "triage"

    def __init__(self) -> None:
        super().__init__(id="triage")
        self._shown: tuple[Diagnosis, bool] | None = None

    def compose(self) -> ComposeResult:
        """A text that can be scrolled and selected."""
        with VerticalScroll(id="triage-scroll"):
            yield Static(id="triage-text")

    def show(self, diagnosis: Diagnosis, *, is_up: bool) -> None:
        """Show what was found."""
        self._shown = (diagnosis, is_up)
        self._draw()

    def say(self, text: str) -> None:
        """Show words in place of findings."""
        self._shown = None
        self.query_one("#triage-text", Static).update(Content.styled(clean(text), "$foreground-muted"))
        self.query_one("#triage-scroll", VerticalScroll).scroll_home(animate=False)

    def on_resize(self) -> None:
        """Wrap to the new width."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        # Not laid out while it is hidden: then any width does until it is shown.
        width = self.query_one("#triage-scroll").scrollable_content_region.width or 72
        if self._shown is not None:
            diagnosis, is_up = self._shown
            self.query_one("#triage-text", Static).update(words(diagnosis, is_up=is_up, width=width))


def words(diagnosis: Diagnosis, *, is_up: bool, width: int) -> Content:
    """Return a diagnosis as text, wrapped to *width* cells under its own margins."""
    blocks = [_finding(finding, width) for finding in diagnosis.findings]
    if not blocks:
        text = "It runs, and nothing is wrong that can be seen." if is_up else "Nothing was found."
        blocks = [_hung(Content.styled("● ", "$text-success"), Content(text), width)]
    if diagnosis.facts:
        margin = max(len(fact.source) for fact in diagnosis.facts)
        rows = (
            _hung(_muted(f"  {clean(fact.source):<{margin}}  "), Content(one_line(fact.text)), width)
            for fact in diagnosis.facts
        )
        blocks.append(Content("\n").join(rows))
    for unseen in diagnosis.unseen:
        text = clean(f"{unseen.source} not seen: {unseen.why}")
        blocks.append(_hung(_muted("  "), _muted(text), width))
    return Content("\n\n").join(blocks)


def _finding(finding: Finding, width: int) -> Content:
    sign, colour = _SIGNS[finding.weight]
    title = Content.assemble(
        (f"{sign} {clean(finding.title)}", f"bold {colour}"), (f"   {finding.certainty}", "$foreground-muted")
    )
    lines = [title, _hung(Content("  "), Content(clean(finding.explanation)), width)]
    for number, proof in enumerate(finding.proof):
        text = f"{clean(proof.source)}: {one_line(proof.text)}"
        lines.append(_hung(_muted("  proof  " if number == 0 else " " * 9), Content(text), width))
    for number, step in enumerate(finding.next):
        lines.append(_hung(_muted("  next   " if number == 0 else " " * 9), _step(step), width))
    return Content("\n").join(lines)


def _step(step: Step) -> Content:
    command = clean(shlex.join(step.command))
    return Content.assemble(
        (f"{step.key}  " if step.key else "", "bold $text-accent"),
        clean(step.text) + (": " if command else ""),
        (command, "$text-accent"),
    )


def _muted(text: str) -> Content:
    return Content.styled(text, "$foreground-muted")


def _hung(margin: Content, text: Content, width: int) -> Content:
    """Return *text* behind *margin*, its further lines under its first."""
    first, *more = text.wrap(max(8, width - margin.cell_length)) or [Content()]
    under = Content(" " * margin.cell_length)
    return Content("\n").join([margin + first, *(under + line for line in more)])
