"""A diagnosis as it leaves the program: one JSON document, the prose of one container, a table of all."""

from __future__ import annotations

import json
import re
import shlex
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cdbg_tui.model.container import Container, State
from cdbg_tui.model.details import hidden, hidden_words
from cdbg_tui.model.finding import Certainty, Diagnosis, Finding, Proof, Step, Weight
from cdbg_tui.model.text import clean, one_line
from cdbg_tui.model.units import rfc3339
from cdbg_tui.triage.causes import BY_ID
from cdbg_tui.triage.checklist import Answer, Check
from cdbg_tui.triage.evidence import Evidence

LONGEST = 2000
"""Characters of one foreign text in prose; the JSON document has all of it."""
LEAST_WIDTH = 40
_NAME, _PROOF = 12, 30
"""The least that the table leaves of a name and of a proof."""

_SIGNS = {
    Weight.FAULT: ("✖", "red"),
    Weight.WARNING: ("▲", "yellow"),
    Weight.NOTE: ("◇", "bold"),
    Weight.FINE: ("●", "green"),
}
_ENDED_WELL = ("○", "dim")
_UNLOOKED = ("?", "yellow")
_RANK = {Weight.FAULT: 0, Weight.WARNING: 1, Weight.NOTE: 3, Weight.FINE: 4}
_ANSWERS = {
    Answer.YES: ("✔", "green"),
    Answer.NO: ("✖", "red"),
    Answer.UNSEEN: ("?", "yellow"),
    Answer.NOT_ASKED: ("-", "dim"),
}
_PLAIN = ("inspect", "exit code")
"""Sources of proofs that every container has, and that tell the least."""
_SGR = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33}


@dataclass(frozen=True, slots=True)
class Looked:
    """One container, and what came of looking at it: a diagnosis, or *why* there is none."""

    container: Container
    evidence: Evidence | None = None
    diagnosis: Diagnosis | None = None
    why: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether something was found that is worth a look."""
        return self.diagnosis is not None and self.diagnosis.is_wrong


def document(looked: Looked, checks: Sequence[Check] | None = None) -> dict[str, Any]:
    """Return the JSON document of one container; its keys and their order are part of the interface."""
    container, evidence, diagnosis = looked.container, looked.evidence, looked.diagnosis
    told: dict[str, Any] = {
        "container": {
            "id": container.id,
            "name": container.name,
            "image": container.image,
            "state": container.state.value,
            "exit_code": container.exit_code,
            "started": _stamp(evidence.started if evidence else None),
            "finished": _stamp(evidence.finished if evidence else None),
            "restarts": container.restarts,
            "health": container.health.value or None,
        },
        "verdict": {"cause": None, "title": "Not looked at", "certainty": None, "weight": None},
        "findings": [],
        "unseen": [{"source": "inspect", "why": _kept(looked.why)}],
    }
    if diagnosis is not None:
        first = diagnosis.verdict
        told["verdict"] = {
            "cause": diagnosis.cause,
            "title": _kept(first.title) if first else "Nothing is wrong that can be seen",
            "certainty": first.certainty.value if first else None,
            "weight": first.weight.value if first else Weight.FINE.value,
        }
        told["findings"] = [_finding(one) for one in diagnosis.findings]
        told["unseen"] = [{"source": _kept(one.source), "why": _kept(one.why)} for one in diagnosis.unseen]
    if checks is not None:
        told["checklist"] = [
            {"question": one.question, "answer": one.answer.value, "shown_by": _kept(one.shown_by)}
            for one in checks
        ]
    return told


def _stamp(when: float | None) -> str | None:
    return None if when is None else rfc3339(when)


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "cause": finding.cause,
        "title": _kept(finding.title),
        "explanation": _kept(finding.explanation),
        "certainty": finding.certainty.value,
        "weight": finding.weight.value,
        "evidence": [_proof(one) for one in finding.proof],
        "next": [_step(one) for one in finding.next],
    }


def _proof(proof: Proof) -> dict[str, Any]:
    told = {"source": _kept(proof.source), "text": _kept(proof.text)}
    return {**told, "path": _kept(proof.path)} if proof.path else told


def _step(step: Step) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if step.key:
        told["key"] = step.key
    if step.command:
        told["command"] = [_kept(word) for word in hidden_words(step.command)]
    return {**told, "text": _kept(step.text)}


def as_json(told: dict[str, Any], *, indent: int | None = None) -> str:
    """Return *told* as JSON in ASCII: no byte of a container's text acts on a terminal."""
    return json.dumps(told, ensure_ascii=True, indent=indent)


_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}")


def _kept(text: str) -> str:
    """Return foreign text as it is, but for its secrets, and for bytes that no JSON can carry."""
    seen = "\n".join(clean(line) for line in text.split("\n"))
    covered = hidden(seen)
    # An escape sequence within the name of a secret would hide it from the mask: then the clean text is told.
    return (hidden(text) if covered == seen else covered).translate(_SURROGATES)


def _shown(text: str) -> str:
    """Return foreign text fit for a terminal: clean, without secrets, on one line, bounded."""
    text = one_line(text)
    return hidden(text if len(text) <= LONGEST else text[:LONGEST] + "…")


class Paint:
    """Puts SGR around words; hands them back as they are where colours are not wanted."""

    def __init__(self, *, on: bool) -> None:
        self._on = on

    def __call__(self, text: str, *styles: str) -> str:
        """Return *text* in *styles*: bold, dim, red, green, yellow."""
        if not self._on or not text or not styles:
            return text
        return f"\x1b[{';'.join(str(_SGR[style]) for style in styles)}m{text}\x1b[0m"


def prose(looked: Looked, *, width: int, paint: Paint, checks: Sequence[Check] | None = None) -> Iterator[str]:
    """Yield the lines that tell of one container: the findings, or the checklist in their place."""
    width = max(LEAST_WIDTH, width)
    container, diagnosis = looked.container, looked.diagnosis or Diagnosis()
    about = " · ".join((_state(container), _shown(container.image), container.id[:12]))
    yield f"{paint(_shown(container.name), 'bold')}  {paint(about, 'dim')}"
    yield ""
    if checks is not None:
        yield from _checklist(looked, checks, width, paint)
    else:
        yield from _findings(looked, width, paint)
        margin = max((len(fact.source) for fact in diagnosis.facts), default=0)
        for fact in diagnosis.facts:
            label = f"{_shown(fact.source):<{margin}}"
            yield from _hung(f"  {label}  ", _shown(fact.text), width, paint, lead="dim")
    if diagnosis.unseen:
        yield ""
    for unseen in diagnosis.unseen:
        text = _shown(f"{unseen.source} not seen: {unseen.why}")
        yield from _hung("  ", text, width, paint, style="dim")


def _findings(looked: Looked, width: int, paint: Paint) -> Iterator[str]:
    findings = looked.diagnosis.findings if looked.diagnosis else ()
    if not findings:
        text = "It runs, and nothing is wrong that can be seen."
        sign, colour = _sign(looked)
        yield f"{paint(sign, colour)} {text if looked.container.is_up else 'Nothing was found.'}"
        yield ""
    for finding in findings:
        sign, colour = _SIGNS[finding.weight]
        title = f"{sign} {_shown(finding.title)}"
        gap = " " * max(3, width - cells(title) - len(finding.certainty))
        yield paint(title, "bold", *({colour} - {"bold"})) + gap + paint(finding.certainty, "dim")
        yield from _hung("  ", _shown(finding.explanation), width, paint)
        for number, proof in enumerate(finding.proof):
            margin = "  proof  " if number == 0 else " " * 9
            yield from _hung(margin, _quoted(proof), width, paint, lead="dim")
        for number, step in enumerate(finding.next):
            yield from _next("  next   " if number == 0 else " " * 9, step, width, paint)
        yield ""


def _quoted(proof: Proof) -> str:
    return f"{_shown(proof.source)}: {_shown(proof.text)}"


def _next(margin: str, step: Step, width: int, paint: Paint) -> Iterator[str]:
    text = _shown(f"in cdbg, {step.key}: {step.text}" if step.key else step.text)
    command = shlex.join(hidden_words([one_line(word) for word in step.command]))
    if command and len(margin) + cells(text) + 2 + cells(command) <= width:
        yield f"{paint(margin, 'dim')}{text}: {paint(command, 'bold')}"
        return
    yield from _hung(margin, text + (":" if command else ""), width, paint, lead="dim")
    if command:
        # Never broken: a line break would be copied along with it.
        yield " " * len(margin) + paint(command, "bold")


def _checklist(looked: Looked, checks: Sequence[Check], width: int, paint: Paint) -> Iterator[str]:
    sign, colour = _sign(looked)
    yield paint(f"{sign} {_title(looked)}", "bold", *({colour} - {"bold"}))
    yield ""
    margin = " " * 13
    for check in checks:
        sign, colour = _ANSWERS[check.answer]
        yield f"{paint(sign, colour)} {paint(f'{check.answer:<11}', colour)}{check.question}"
        yield from _hung(margin, _shown(check.shown_by), width, paint, style="dim")


def _hung(margin: str, text: str, width: int, paint: Paint, *, lead: str = "", style: str = "") -> Iterator[str]:
    """Yield *text* behind *margin*, its further lines under its first."""
    styles = (style,) if style else ()
    for number, line in enumerate(wrapped(text, width - cells(margin))):
        before = margin if number == 0 else " " * cells(margin)
        yield (paint(before, lead) if lead and number == 0 else before) + paint(line, *styles)


def table(all_looked: Sequence[Looked], *, width: int, paint: Paint, whole_names: bool) -> Iterator[str]:
    """Yield a line a container, the worst first, and a summary; *whole_names*: for a program that reads it."""
    rows = sorted(all_looked, key=lambda one: (_rank(one), one.container.name))
    width = max(LEAST_WIDTH, width)
    states = max((len(_state(one.container)) for one in rows), default=0)
    verdicts = max((cells(_word(one)) for one in rows), default=0)
    names = max((cells(one.container.name) for one in rows), default=0)
    if not whole_names:
        names = min(names, max(_NAME, width - states - verdicts - _PROOF - 8))
    for one in rows:
        sign, colour = _sign(one)
        name = _padded(_middle_cut(_shown(one.container.name), names), names)
        state = _padded(_state(one.container), states)
        verdict = _padded(_word(one), verdicts)
        room = max(_PROOF, width - 2 - names - states - verdicts - 6)
        proof = cut(_telling(one), room)
        words = (
            f"{paint(sign, colour)} {name}  {paint(state, 'dim')}  {paint(verdict, colour)}  {paint(proof, 'dim')}"
        )
        yield words.rstrip()
    yield ""
    yield summary(rows)


def summary(rows: Sequence[Looked]) -> str:
    """Return how many of each weight there are."""
    if not rows:
        return "There are no containers on this engine."
    kinds = ("at fault", "to warn of", "not looked at", "to note", "with nothing wrong")
    counts = [0] * len(kinds)
    for one in rows:
        counts[_rank(one)] += 1
    told = ", ".join(f"{count} {kind}" for count, kind in zip(counts, kinds, strict=True) if count)
    return f"{len(rows)} container{'' if len(rows) == 1 else 's'}: {told}"


def _rank(one: Looked) -> int:
    if one.diagnosis is None:
        return 2
    return _RANK[one.diagnosis.verdict.weight] if one.diagnosis.verdict else _RANK[Weight.FINE]


def _sign(one: Looked) -> tuple[str, str]:
    if one.diagnosis is None:
        return _UNLOOKED
    weight = one.diagnosis.verdict.weight if one.diagnosis.verdict else Weight.FINE
    return _ENDED_WELL if weight is Weight.FINE and not one.container.is_up else _SIGNS[weight]


def _title(one: Looked) -> str:
    if one.diagnosis is None:
        return "Not looked at"
    first = one.diagnosis.verdict
    if first is None:
        return "Nothing wrong"
    doubt = "" if first.certainty is Certainty.CERTAIN else f" ({first.certainty})"
    return _shown(first.title) + doubt


def _word(one: Looked) -> str:
    first = one.diagnosis.verdict if one.diagnosis else None
    if first is None:
        return "not looked at" if one.diagnosis is None else ""
    known = BY_ID.get(first.cause)
    return known.word if known and known.word else _shown(first.title)


def _state(container: Container) -> str:
    ended = container.state in (State.EXITED, State.DEAD, State.RESTARTING)
    return f"{container.state} {container.exit_code}" if ended else container.state.value


def _telling(one: Looked) -> str:
    """Return the proof that says most: what was quoted, rather than what inspect counts."""
    if one.diagnosis is None:
        return _shown(one.why)
    if one.diagnosis.verdict is None:
        return ""
    proof = one.diagnosis.verdict.proof
    quoted = [each for each in proof if each.source not in _PLAIN]
    return _quoted((quoted or list(proof))[0]) if proof else _shown(one.diagnosis.verdict.explanation)


def cells(text: str) -> int:
    """Return how many cells of a terminal *text* takes."""
    return len(text) if text.isascii() else sum(_cell(char) for char in text)


def _cell(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut(text: str, room: int) -> str:
    """Return the beginning of *text* that fits into *room* cells."""
    return text if cells(text) <= room else _head(text, room - 1) + "…"


def _head(text: str, room: int) -> str:
    taken = 0
    for index, char in enumerate(text):
        taken += _cell(char)
        if taken > room:
            return text[:index]
    return text


def _middle_cut(text: str, room: int) -> str:
    if cells(text) <= room:
        return text
    tail = (room - 1) // 2
    return f"{_head(text, room - 1 - tail)}…{text[-tail:]}"


def _padded(text: str, room: int) -> str:
    return text + " " * (room - cells(text))


def wrapped(text: str, width: int) -> list[str]:
    """Return *text* in lines of at most *width* cells, broken at spaces; `textwrap` counts characters."""
    width = max(8, width)
    lines, line = [], ""
    for piece in re.findall(r"\S+|\s+", text):
        while cells(line + piece) > width:
            if line.strip() and (piece.isspace() or cells(piece) <= width):
                lines.append(line.rstrip())
                line, piece = "", "" if piece.isspace() else piece
            else:
                # Longer than a line by itself: an address, a path, or a language without spaces.
                head = _head(line + piece, width)
                lines.append(head)
                line, piece = "", (line + piece)[len(head) :]
        line += piece
    return [*lines, line.rstrip()] if line.strip() or not lines else lines
