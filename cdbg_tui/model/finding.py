"""A cause with its proof: what a diagnosis is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Certainty(StrEnum):
    """How sure a finding is of itself."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Weight(StrEnum):
    """How bad it is for the container: what its glyph and colour say."""

    FAULT = "fault"
    WARNING = "warning"
    NOTE = "note"
    """Worth telling; it works all the same."""
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class Proof:
    """A line or a figure that shows it, and where it was read."""

    source: str
    text: str
    path: str = ""
    """The file of the container that it was read from; empty where it was none."""
    line: str = ""
    """The line as it stands in that file, by which it can be found there: nothing is cleaned or cut, and bytes
    that are no UTF-8 are lone surrogates. Empty where the file itself is the proof."""


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next: a key of the dashboard, or a command to copy."""

    text: str
    key: str = ""
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause, in words, with its proof and the next steps."""

    cause: str
    """The id of the cause, as scripts see it: ``oom-killed``."""
    title: str
    explanation: str
    certainty: Certainty = Certainty.CERTAIN
    weight: Weight = Weight.FAULT
    proof: tuple[Proof, ...] = ()
    next: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Unseen:
    """A source that could not be read, and why."""

    source: str
    why: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything that is known of one container's state: findings in order, the verdict first."""

    findings: tuple[Finding, ...] = ()
    facts: tuple[Proof, ...] = field(default=())
    """What is plainly so, whether or not it explains anything: when it ran, how often it restarted."""
    unseen: tuple[Unseen, ...] = ()

    @property
    def verdict(self) -> Finding | None:
        """The finding that explains what an engineer sees; None where there is nothing to explain.

        What is merely worth telling and only possible is none.
        """
        first = self.findings[0] if self.findings else None
        if first and first.weight is Weight.NOTE and first.certainty is Certainty.POSSIBLE:
            return None
        return first

    @property
    def cause(self) -> str:
        """The id of the verdict: ``healthy`` where there is none."""
        return self.verdict.cause if self.verdict else "healthy"

    @property
    def is_wrong(self) -> bool:
        """Whether something was found that is worth a look."""
        return self.verdict is not None and self.verdict.weight is not Weight.FINE
