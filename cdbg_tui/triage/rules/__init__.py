"""Evidence in, a finding or nothing out: one small pure function a cause, in files by family.

Which of them is the verdict is weighed elsewhere: the order here says nothing.
"""

from collections.abc import Callable

from cdbg_tui.model.finding import Finding
from cdbg_tui.triage.evidence import Evidence
from cdbg_tui.triage.rules import (
    dependencies,
    ended,
    health,
    lacks,
    limits,
    loop,
    ports,
    program,
    refused,
    started,
    tell,
    words,
)

Rule = Callable[[Evidence], Finding | None]

RULES: tuple[Rule, ...] = (
    *ended.RULES,
    *loop.RULES,
    *program.RULES,
    *started.RULES,
    *words.RULES,
    *lacks.RULES,
    *refused.RULES,
    *dependencies.RULES,
    *ports.RULES,
    *health.RULES,
    *limits.RULES,
    *tell.RULES,
)
