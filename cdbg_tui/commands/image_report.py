"""What `cdbg image` prints: for people, and as one JSON document."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from cdbg_tui.model.analysis import Analysis
from cdbg_tui.model.culprits import Culprit
from cdbg_tui.model.layers import NO_HISTORY
from cdbg_tui.model.stacking import What
from cdbg_tui.model.text import one_line
from cdbg_tui.model.units import percent, rfc3339, size, span

WORST = 15
"""So many offenders, and culprits, are printed; the JSON document has all."""
_RED, _YELLOW, _GREEN, _DIM, _BOLD = "31", "33", "32", "2", "1"


class _Paint:
    def __init__(self, *, on: bool) -> None:
        self._on = on

    def __call__(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._on and text else text


def prose(analysis: Analysis, *, width: int, coloured: bool, lowest: float | None, now: float) -> Iterator[str]:
    """Yield the lines of the report."""
    paint = _Paint(on=coloured)
    image, waste = analysis.image, analysis.waste
    yield f"{paint(one_line(image.name), _BOLD)}  {one_line(image.id)}  {one_line(image.platform)}".rstrip()
    score = f"efficiency {percent(waste.efficiency)}"
    colour = _GREEN if waste.efficiency >= 0.9 else _YELLOW if waste.efficiency >= 0.7 else _RED
    figures = [f"{size(waste.size)} in {len(image.layers)} layers", paint(score, colour)]
    share = f", {percent(waste.user_share)} of all above layer 1" if waste.user_share and waste.wasted else ""
    figures.append(f"wasted {size(waste.wasted)}{share}")
    if analysis.unseen:
        figures.append(f"{size(analysis.unseen)} that no container sees")
    yield " · ".join(figures)
    if not image.is_whole:
        known = sum(layer.step is not None for layer in image.layers)
        yield paint(f"its history tells of {known} of {len(image.layers)} layers: it may be another's", _DIM)
    yield ""
    yield from _layers(analysis, paint, width, now)
    yield from _offenders(analysis, paint, width)
    yield from _culprits(analysis, paint, width)
    if lowest is not None and waste.efficiency < lowest:
        yield ""
        yield paint(f"below --lowest-efficiency {lowest:g}: {waste.efficiency:.4f}", _RED)


def _layers(analysis: Analysis, paint: _Paint, width: int, now: float) -> Iterator[str]:
    yield paint("  #       size       age    added     mod.     del.  instruction", _DIM)
    for step, number in analysis.image.steps:
        words = (step.instruction if step is not None else "") or NO_HISTORY
        age = span(now - step.created) if step is not None and step.created is not None else ""
        if number is None:
            head, code = f"     {'0 B':>9}  {age:>8} {'':27}  ", _DIM
        else:
            counts = analysis.changes[number].counts
            shown = " ".join(f"{counts[what] or '':>8}" for what in What)
            head, code = f"{number + 1:>3}  {size(analysis.image.layers[number].size):>9}  {age:>8} {shown}  ", ""
        wrapped = textwrap.wrap(
            one_line(words), max(30, width - len(head)), break_on_hyphens=False, break_long_words=True
        )
        for at, line in enumerate(wrapped or [""]):
            text = (head if not at else " " * len(head)) + line
            yield paint(text, code) if code else text


def _offenders(analysis: Analysis, paint: _Paint, width: int) -> Iterator[str]:
    if not analysis.offenders and not analysis.directories:
        return
    yield ""
    yield paint("wasted: in more than one layer, or deleted (all copies together, as dive counts)", _BOLD)
    for one, copies in analysis.offenders[:WORST]:
        layers = ", ".join(f"{copy.layer + 1}{' deleted' if copy.size is None else ''}" for copy in copies[:8])
        yield f"{size(one.size):>10}  {one_line(one.path)}  {paint(f'layers {layers}', _DIM)}"
    if len(analysis.offenders) > WORST:
        yield paint(f"{'':10}  and {len(analysis.offenders) - WORST:,} more", _DIM)
    if analysis.directories:
        yield paint("directories that a layer deletes whole: dive does not count them", _BOLD)
        for number, gone in analysis.directories[:WORST]:
            words = f"layers {gone.brought_by + 1}, {number + 1} deleted"
            yield f"{size(gone.size):>10}  /{one_line(gone.path)}/  {paint(words, _DIM)}"


def _culprits(analysis: Analysis, paint: _Paint, width: int) -> Iterator[str]:
    if not analysis.culprits:
        return
    yield ""
    yield paint("culprits", _BOLD)
    for one in analysis.culprits[:WORST]:
        yield f"{size(one.size):>10}  {paint(one.title, _RED if one.is_secret else _YELLOW)}: {one_line(one.path)}"
        where = f"layer {one.layer + 1}: {analysis.image.layers[one.layer].instruction}"
        hidden = f"deleted in layer {one.hidden_by + 1}, still in the image; " if one.hidden_by is not None else ""
        indent = " " * 12
        for words in (hidden + where, f"instead: {one.remedy}"):
            yield from (
                paint(line, _DIM)
                for line in textwrap.wrap(
                    one_line(words), max(40, width), initial_indent=indent, subsequent_indent=indent
                )[:4]
            )
    if len(analysis.culprits) > WORST:
        yield paint(f"{'':10}  and {len(analysis.culprits) - WORST:,} more", _DIM)


def as_json(analysis: Analysis, lowest: float | None) -> str:
    """Return the document as ASCII; names that are no UTF-8 keep their bytes as lone surrogates."""
    return json.dumps(document(analysis, lowest), indent=2)


def document(analysis: Analysis, lowest: float | None = None) -> dict[str, Any]:
    """Return all that is known as plain data. Layers are counted from 1, as on the screen."""
    image, waste = analysis.image, analysis.waste
    return {
        "image": {
            "id": image.id,
            "names": list(image.names),
            "platform": image.platform,
            "created": None if image.created is None else rfc3339(image.created),
            "size": waste.size,
        },
        "efficiency": waste.efficiency,
        "wasted": waste.wasted,
        "user_size": waste.user_size,
        "user_wasted_share": waste.user_share,
        "unseen": analysis.unseen,
        "lowest_efficiency": lowest,
        "passed": lowest is None or waste.efficiency >= lowest,
        "history_is_whole": image.is_whole,
        "steps": [_step(analysis, index) for index in range(len(image.steps))],
        "offenders": [
            {
                "path": one.path,
                "size": one.size,
                "count": one.count,
                "layers": [
                    {"layer": copy.layer + 1, "size": copy.size, "deleted": copy.size is None} for copy in copies
                ],
            }
            for one, copies in analysis.offenders
        ],
        "deleted_directories": [
            {
                "path": "/" + gone.path,
                "size": gone.size,
                "files": gone.files,
                "layer": gone.brought_by + 1,
                "deleted_by": number + 1,
            }
            for number, gone in analysis.directories
        ],
        "culprits": [_culprit(one) for one in analysis.culprits],
    }


def _step(analysis: Analysis, index: int) -> dict[str, Any]:
    step, number = analysis.image.steps[index]
    told: dict[str, Any] = {
        "layer": None if number is None else number + 1,
        "instruction": step.instruction if step is not None else None,
        "created": None if step is None or step.created is None else rfc3339(step.created),
        "size": 0,
    }
    if number is not None:
        layer, change = analysis.image.layers[number], analysis.changes[number]
        told |= {"size": layer.size, "digest": layer.digest, "hides": change.hides}
        told |= {what.word: {"files": change.counts[what], "size": change.bytes[what]} for what in What}
    return told


def _culprit(one: Culprit) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "title": one.title,
        "path": one.path,
        "size": one.size,
        "files": one.files,
        "layer": one.layer + 1,
        "deleted_by": None if one.hidden_by is None else one.hidden_by + 1,
        "is_secret": one.is_secret,
        "remedy": one.remedy,
    }
