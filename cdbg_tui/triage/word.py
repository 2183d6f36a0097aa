"""The one word that the list shows of a container: at once from its state, then from what was found.

Apart from the rules, which the first frame need not wait for.
"""

from __future__ import annotations

from dataclasses import dataclass

from cdbg_tui.model.container import Container, Health, State
from cdbg_tui.model.finding import Diagnosis, Weight
from cdbg_tui.model.sample import Usage
from cdbg_tui.triage.causes import BY_ID
from cdbg_tui.triage.exits import explain, never_started

THROTTLED_FROM = 0.25
BUSY_FROM = 0.3
MEMORY_FROM = 0.9
"""Shares from which a limit is said to hurt."""


def is_throttled(usage: Usage) -> bool:
    """Tell whether a CPU limit holds a container back that needs it: short bursts of an idle one do not count."""
    if (usage.throttled or 0.0) < THROTTLED_FROM:
        return False
    return usage.cpu_of_limit is None or usage.cpu_of_limit >= BUSY_FROM


def is_short_of_memory(usage: Usage) -> bool:
    """Tell whether a container is about to run out of memory."""
    return (usage.memory_needed_of_limit or 0.0) >= MEMORY_FROM


@dataclass(frozen=True, slots=True)
class Word:
    """What the list says of a container: a word or two, and how bad it is."""

    text: str
    weight: Weight


_FINE = {health: Word(health.value, Weight.FINE) for health in Health}
"""What is said of hundreds every two seconds."""


def word_of(diagnosis: Diagnosis) -> Word | None:
    """Return the list's word for what was found; None where its state alone says it better."""
    verdict = diagnosis.verdict
    if verdict is None or verdict.weight in (Weight.FINE, Weight.NOTE):
        return None
    return Word(BY_ID[verdict.cause].word, verdict.weight)


def word(container: Container, usage: Usage | None = None) -> Word:
    """Return the list's word: the verdict of a dead one, the trouble of a living one, else its health."""
    match container.state:
        case State.RUNNING:
            return _running(container, usage)
        case State.RESTARTING:
            return Word("restarting", Weight.FAULT)
        case State.PAUSED:
            return Word("paused", Weight.WARNING)
        case State.REMOVING:
            return Word("removing", Weight.WARNING)
        case State.CREATED:
            if container.error:
                return Word(never_started(container.exit_code or 0).word, Weight.FAULT)
            return Word("created", Weight.FINE)
        case State.EXITED | State.DEAD:
            return _ended(container)


def _ended(container: Container) -> Word:
    if container.exit_code is None:
        return Word("dead", Weight.FAULT)
    if container.exit_code == 137 and container.oom_killed:
        return Word("OOM-killed", Weight.FAULT)
    if container.error and container.exit_code in (126, 127, 128):
        return Word(never_started(container.exit_code).word, Weight.FAULT)
    told = explain(container.exit_code)
    # An ordinary stop leaves these; they are no fault by themselves.
    calm = container.exit_code == 0 or told.signal in ("SIGTERM", "SIGINT")
    return Word(told.word, Weight.FINE if calm else Weight.FAULT)


def _running(container: Container, usage: Usage | None) -> Word:
    if container.health is Health.UNHEALTHY:
        return Word("unhealthy", Weight.WARNING)
    if usage and is_throttled(usage):
        return Word("throttled", Weight.WARNING)
    if usage and is_short_of_memory(usage):
        return Word("memory full", Weight.WARNING)
    return _FINE[container.health]
