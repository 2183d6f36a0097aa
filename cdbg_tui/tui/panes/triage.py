"""Why did it die, or why does it not answer: findings with their proof, or the checklist behind them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from cdbg_tui.model.details import hidden
from cdbg_tui.model.finding import Diagnosis, Finding, Proof, Step, Weight
from cdbg_tui.model.text import clean, one_line
from cdbg_tui.tui.widgets.pane import Pane

if TYPE_CHECKING:
    from cdbg_tui.triage.checklist import Check

_SIGNS = {
    Weight.FAULT: ("✖", "$text-error"),
    Weight.WARNING: ("▲", "$text-warning"),
    Weight.NOTE: ("◇", "$text-accent"),
    Weight.FINE: ("●", "$text-success"),
}
_ANSWERS = {"yes": ("✓", "$text-success"), "no": ("✖", "$text-error")}


class Depth(Enum):
    """How far somebody has looked for what is shown."""

    GLANCE = auto()
    """At what the container's state and its meters tell; no further until somebody is there."""
    CLOSER = auto()
    """Further; more may come."""
    WHOLE = auto()
    """At all that is known to be worth a look."""


_COMING = {Depth.GLANCE: "a key looks closer · ", Depth.CLOSER: "looking closer… · ", Depth.WHOLE: ""}


class TriagePane(Pane):
    """Shows a diagnosis, or its checklist; knows no engine."""

    NUMBER, WHAT = 4, "triage"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "t",
            "turn",
            "checklist",
            show=False,
            tooltip="The checklist that people go through by hand, or the findings",
        ),
        Binding(
            "T", "connect", "try to connect", show=False, tooltip="Connect to its ports, to complete the checklist"
        ),
        Binding(
            "f,enter",
            "open_file",
            "file",
            show=False,
            tooltip="The file that proves it, at its line",
            key_display="f",
        ),
    ]

    class ConnectWanted(Message):
        """The checklist's last questions are to be asked, which touch the container."""

    class FileWanted(Message):
        """The file in a finding's proof is to be shown, at its line."""

        def __init__(self, path: str, line: str) -> None:
            self.path = path
            self.line = line
            super().__init__()

    def __init__(self) -> None:
        super().__init__(id="triage")
        self._diagnosis: Diagnosis | None = None
        self._is_up = False
        self._depth = Depth.WHOLE
        self._checks: Callable[[], Sequence[Check]] = tuple
        self._is_turned = False

    def compose(self) -> ComposeResult:
        """A text that can be scrolled and selected."""
        with VerticalScroll(id="triage-scroll"):
            yield Static(id="triage-text")

    def show(
        self,
        diagnosis: Diagnosis,
        *,
        is_up: bool,
        depth: Depth = Depth.WHOLE,
        checks: Callable[[], Sequence[Check]] = tuple,
    ) -> None:
        """Show what was found at *depth*; *checks* is asked for the checklist."""
        self._diagnosis, self._is_up, self._depth, self._checks = diagnosis, is_up, depth, checks
        self._draw()

    def say(self, text: str) -> None:
        """Show words in place of findings."""
        self._diagnosis = None
        self.note("")
        self.query_one("#triage-text", Static).update(Content.styled(clean(text), "$foreground-muted"))
        self.query_one("#triage-scroll", VerticalScroll).scroll_home(animate=False)

    def on_resize(self) -> None:
        """Wrap to the new width."""
        self.call_after_refresh(self._draw)

    def action_turn(self) -> None:
        """Show the checklist, or the findings again."""
        self._is_turned = not self._is_turned
        self.query_one("#triage-scroll", VerticalScroll).scroll_home(animate=False)
        self._draw()

    def action_connect(self) -> None:
        """Have the last questions of the checklist asked."""
        self._is_turned = True
        self._draw()
        self.post_message(self.ConnectWanted())

    def action_open_file(self) -> None:
        """Show the first file that is proof of anything."""
        proof = file_proof(self._diagnosis)
        if proof is not None:
            self.post_message(self.FileWanted(proof.path, proof.line))

    def _draw(self) -> None:
        if self._diagnosis is None:
            return
        self.note(_COMING[self._depth] + ("t: findings  T: try to connect" if self._is_turned else "t: checklist"))
        # Not laid out while it is hidden: then any width does until it is shown.
        width = self.query_one("#triage-scroll").scrollable_content_region.width or 72
        text = (
            checklist_words(self._checks(), width=width)
            if self._is_turned
            else diagnosis_words(self._diagnosis, is_up=self._is_up, depth=self._depth, width=width)
        )
        self.query_one("#triage-text", Static).update(text)


def diagnosis_words(diagnosis: Diagnosis, *, is_up: bool, depth: Depth = Depth.WHOLE, width: int) -> Content:
    """Return a diagnosis as text, wrapped to *width* cells under its own margins."""
    # The key opens one file: the first that proves anything.
    proof = file_proof(diagnosis)
    holder = next((finding for finding in diagnosis.findings if proof in finding.proof), None)
    blocks = [_finding(finding, width, proof if finding is holder else None) for finding in diagnosis.findings]
    if depth is Depth.CLOSER and not diagnosis.is_wrong:
        blocks.insert(0, _muted("looking…"))
    elif diagnosis.verdict is None or diagnosis.verdict.weight is Weight.NOTE:
        seen = "that can be seen" if depth is Depth.WHOLE else "by its state and its meters"
        text = f"It runs, and nothing is wrong {seen}." if is_up else "Nothing was found."
        blocks.insert(0, _hung(Content.styled("● ", "$text-success"), Content(text), width))
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


def checklist_words(checks: Sequence[Check], *, width: int) -> Content:
    """Return a checklist as text: sign, question and answer, and below it what shows it."""
    lines = []
    for check in checks:
        sign, colour = _ANSWERS.get(check.answer.value, ("?", "$foreground-muted"))
        answer = Content.styled(f"{sign} {check.answer.value:<10}", colour)
        lines.append(_hung(answer, Content(clean(check.question)), width))
        lines.append(_hung(_muted(" " * 12), _muted(hidden(one_line(check.shown_by))), width))
    return Content("\n").join(lines)


def _finding(finding: Finding, width: int, file: Proof | None) -> Content:
    sign, colour = _SIGNS[finding.weight]
    title = Content.assemble(
        (f"{sign} {one_line(finding.title)}", f"bold {colour}"), (f"   {finding.certainty}", "$foreground-muted")
    )
    lines = [title, _hung(Content("  "), Content(hidden(one_line(finding.explanation))), width)]
    for number, proof in enumerate(finding.proof):
        text = f"{clean(proof.source)}: {hidden(one_line(proof.text))}"
        lines.append(_hung(_muted("  proof  " if number == 0 else " " * 9), Content(text), width))
    for number, step in enumerate([*_file_steps(file), *finding.next]):
        lines.append(_hung(_muted("  next   " if number == 0 else " " * 9), _step(step), width))
    return Content("\n").join(lines)


def file_proof(diagnosis: Diagnosis | None) -> Proof | None:
    """Return the first proof that is a file of the container."""
    proofs = (proof for finding in diagnosis.findings for proof in finding.proof) if diagnosis else ()
    return next((proof for proof in proofs if proof.path), None)


def _file_steps(proof: Proof | None) -> list[Step]:
    if proof is None:
        return []
    where = f"open {one_line(proof.path)}" + (" at that line" if proof.line else "")
    return [Step(where, "f"), Step("see it among the changed files", "d")]


def _step(step: Step) -> Content:
    command = clean(shlex.join(step.command))
    return Content.assemble(
        (f"{clean(step.key)}  " if step.key else "", "bold $text-accent"),
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
