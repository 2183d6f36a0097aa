"""What a container said before it ended, weighed: which of its lines tells the cause, and which only noise.

A line's weight is the sum of how loud it is meant to be, how near it stands to the end, and how much its wording
proves by itself. A line that speaks of carrying on weighs less. The sums are compared, never shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from cdbg_tui.model.container import State
from cdbg_tui.triage.evidence import Evidence, Line
from cdbg_tui.triage.exits import explain
from cdbg_tui.triage.words.heard import Heard, Level, hear
from cdbg_tui.triage.words.meant import Meaning, meant
from cdbg_tui.triage.words.phrases import PHRASES, Phrase

LOUDNESS = {Level.QUIET: -8, Level.WARNING: 0, Level.PLAIN: 20, Level.ERROR: 30, Level.FATAL: 38}
BORNE_OUT = 4
"""The rank of a phrase that the rest of the evidence says too."""
PROOF = {1: 18, 2: 25, 3: 30, BORNE_OUT: 34}
"""What a phrase of a rank is worth."""
LAST_LINE = 30
"""What the last line of a source is worth; each telling line after it takes 2 away."""
CARRIES_ON = -30
A_FRAME = -14
OLD = -25
"""Of a line that was written long before the end."""
OLD_SECONDS = 600.0
FROM_A_FILE = -3
CLOSE = 12
"""Lines that weigh so much less than the best are told too; what weighs less is not even read closely."""
READ_CLOSELY = 120
"""So many lines at most are looked through for phrases, those first that could weigh most."""
ENOUGH = 46
"""Below it, nothing is claimed."""


_Matches = tuple[tuple[Phrase, Mapping[str, str]], ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A line that tells a cause."""

    cause: str
    phrase: Phrase
    line: Line
    groups: Mapping[str, str] = field(default_factory=dict)
    """The named parts of the phrase that the line fills."""
    text: str = ""
    """What the line says; of a JSON line its message."""
    weight: int = 0
    is_borne_out: bool = False
    """Whether the rest of the evidence says the same."""
    is_loud: bool = True
    """Whether it is meant as an error, or carries no level: a warning or less is not."""


def said(evidence: Evidence) -> tuple[Said, ...]:
    """Return the lines that tell why the container ended, best first; empty where none outweighs the noise.

    Of one that was killed or asked to end, and of one that runs, no line does.
    """
    if not ended_by_itself(evidence):
        return ()
    spoken = _spoken(evidence)
    # At first what a farewell without a cause weighs, then what the best line found so far does.
    least = max((_weight(heard, evidence, 0) for heard in spoken if _is_plaint(heard)), default=0)
    least, found = max(least, ENOUGH), []
    hopes = ((_weight(heard, evidence, PROOF[BORNE_OUT]), heard) for heard in spoken)
    for hope, heard in sorted(hopes, key=lambda pair: -pair[0])[:READ_CLOSELY]:
        if hope < least:
            break
        one = _told(heard, _matches(heard.text), evidence)
        if one is not None and one.weight >= least:
            found.append(one)
            least = max(least, one.weight - CLOSE)
    return tuple(sorted(found, key=lambda one: -one.weight))


def told(evidence: Evidence, *causes: str) -> Said | None:
    """Return what was said of the end, if it tells one of *causes*; None if another cause is told better."""
    best = next(iter(said(evidence)), None)
    return best if best and best.cause in causes else None


REPEATED = 0.75
"""Share of the last lines from which on a complaint is what goes on."""
_FEW, _SEVERAL = 4, 8


def keeps_saying(evidence: Evidence, *causes: str) -> Said | None:
    """Return what a running container says over and over, if it tells one of *causes* and nothing else goes on."""
    spoken = [heard for heard in _spoken(evidence) if heard.line.source == "log" and not heard.is_detail]
    lines = spoken[-_SEVERAL:]
    if evidence.container.state is not State.RUNNING or len(lines) < _FEW:
        return None
    tells = [one for heard in lines if (one := _told(heard, _matches(heard.text), evidence))]
    same = [one for one in tells if one.cause in causes and one.cause == tells[-1].cause]
    is_newest = bool(same) and same[-1].line in (lines[-1].line, lines[-2].line)
    return same[-1] if is_newest and len(same) >= REPEATED * len(lines) else None


def ended_by_itself(evidence: Evidence) -> bool:
    """Tell whether it failed of its own: not killed, not asked to end, not shot down for touching wrong memory.

    An abort is its own when it says so: what a runtime does with an error that nobody handles.
    """
    if not evidence.has_failed or set(evidence.signals_sent()) & {2, 3, 9, 15}:
        return False
    signal = explain(evidence.exit_code or 0).signal
    if signal in ("SIGABRT", "SIGSEGV", "SIGTRAP", "SIGILL"):
        return signal == "SIGABRT" or any(_ABORTS.search(heard.text) for heard in _spoken(evidence)[-40:])
    if signal == "SIGKILL":
        return not evidence.was_out_of_memory and _is_full(evidence)
    return not signal


_ABORTS = re.compile(
    r"terminate called|what\(\): |panicked|memory allocation of|FATAL ERROR: |Aborted|OutOfMemory|Out of memory",
)


def _is_full(evidence: Evidence) -> bool:
    """A runtime may be told to kill itself when its heap is full."""
    return any("OutOfMemoryError" in heard.text for heard in _spoken(evidence)[-60:])


def last_words(evidence: Evidence) -> tuple[Line, ...]:
    """Return the lines that best quote why it failed, the best first; its last line where none sounds like it."""
    spoken = _spoken(evidence)
    if not spoken:
        return ()
    plaints = [heard for heard in spoken if _is_plaint(heard)]
    if not plaints:
        telling = [heard for heard in spoken if not heard.is_detail and heard.line.source == spoken[0].line.source]
        ours = telling or list(spoken)
        errors = [heard for heard in ours[-8:] if heard.line.is_error or _COMPLAINS.search(heard.text)]
        return ((errors or ours)[-1].line,)
    best = max(plaints, key=lambda heard: (_weight(heard, evidence, 0), plaints.index(heard)))
    inner = _innermost_cause(plaints, best)
    near = [heard for heard in plaints if heard is not inner and abs(heard.after - inner.after) <= 3][-2:]
    same = [heard.line for heard in near if heard.line.source == inner.line.source]
    return (inner.line, *same)


_COMPLAINS = re.compile(
    r"\b(?:fail(?:s|ed|ure)?|errors?|cannot|can't|couldn't|could not|unable|not found|denied|refused|invalid"
    r"|abort(?:ed|ing)?|missing|unknown|no such|illegal|unexpected|giving up|exceeded|mismatch"
    r"|corrupt(?:ed)?|conflict)\b",
    re.IGNORECASE,
)


def _innermost_cause(plaints: list[Heard], best: Heard) -> Heard:
    """Return the last "Caused by" behind *best*, as Java prints it; else *best*."""
    later = plaints[plaints.index(best) :]
    return next((heard for heard in reversed(later) if heard.text.startswith("Caused by: ")), best)


def _is_plaint(heard: Heard) -> bool:
    return heard.level >= Level.ERROR and not heard.is_detail


def _weight(heard: Heard, evidence: Evidence, proof: int) -> int:
    weight = LOUDNESS[heard.level] + proof + max(0, LAST_LINE - int(2 * heard.after))
    if heard.carries_on:
        weight += CARRIES_ON
    if heard.is_detail:
        weight += A_FRAME
    if heard.line.source != "log":
        weight += FROM_A_FILE
    if heard.line.time and evidence.finished and evidence.finished - heard.line.time > OLD_SECONDS:
        weight += OLD
    return weight


@lru_cache(maxsize=8)
def _heard(words: tuple[Line, ...]) -> tuple[Heard, ...]:
    return hear(words)


def _spoken(evidence: Evidence) -> tuple[Heard, ...]:
    return _heard(tuple(evidence.words))


def _by_hint() -> dict[str, tuple[int, ...]]:
    rows: dict[str, list[int]] = {}
    for index, phrase in enumerate(PHRASES):
        for hint in phrase.hints:
            rows.setdefault(hint, []).append(index)
    return {hint: tuple(indexes) for hint, indexes in rows.items()}


_BY_HINT = _by_hint()


@lru_cache(maxsize=2048)
def _matches(text: str) -> _Matches:
    """Return the phrases that a line holds. Each rule asks again, so that the answers are kept."""
    low = text.lower()
    tried = {index for hint, indexes in _BY_HINT.items() if hint in low for index in indexes}
    found = ((PHRASES[index], PHRASES[index].pattern.search(text)) for index in sorted(tried))
    return tuple((phrase, _filled(match)) for phrase, match in found if match)


def _filled(match: re.Match[str]) -> Mapping[str, str]:
    return {name: value for name, value in match.groupdict().items() if value is not None}


def _told(heard: Heard, matches: _Matches, evidence: Evidence) -> Said | None:
    """Return the one cause that a line tells: of those that the evidence allows, the most specific."""
    best: tuple[int, int, int] = (0, 0, 0)
    chosen: tuple[Phrase, Meaning] | None = None
    parts: dict[str, dict[str, str]] = {}
    for phrase, groups in matches:
        meaning = meant(phrase, groups, heard, evidence)
        if meaning is None:
            continue
        rank = BORNE_OUT if meaning.is_borne_out else phrase.rank
        for name, value in meaning.groups.items():
            parts.setdefault(meaning.cause, {}).setdefault(name, value)
        proof = (rank, phrase.rank, len(meaning.groups))
        if proof > best:
            best, chosen = proof, (phrase, meaning)
    if chosen is None:
        return None
    phrase, meaning = chosen
    return Said(
        meaning.cause,
        phrase,
        heard.line,
        {**parts.get(meaning.cause, {}), **meaning.groups},
        heard.text,
        _weight(heard, evidence, PROOF[best[0]]),
        meaning.is_borne_out,
        heard.level >= Level.PLAIN,
    )
