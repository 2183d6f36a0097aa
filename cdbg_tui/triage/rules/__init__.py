"""Evidence in, a finding or nothing out: one small pure function a cause, in files by family."""

from collections.abc import Callable

from cdbg_tui.model.finding import Finding
from cdbg_tui.triage.evidence import Evidence
from cdbg_tui.triage.rules import ended, running, started

Rule = Callable[[Evidence], Finding | None]

RULES: tuple[Rule, ...] = (
    started.could_not_start,
    ended.how_it_ended,
    ended.restart_loop,
    running.paused,
    running.health_check_failing,
    running.cpu_throttled,
    running.memory_near_limit,
    ended.oom_in_child,
    started.never_asked,
)
"""Of findings that weigh the same, the one whose rule stands first is the verdict."""
